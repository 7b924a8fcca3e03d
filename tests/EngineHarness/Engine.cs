using PulumiAliyunLive.Model;
using YamlDotNet.RepresentationModel;

namespace EngineHarness;

/// <summary>
/// The Pulumi engine's part for one stack: every command as a preview and a real run, each with plugins of its own, as the command line
/// tool does it. The stack's state is given in and handed out after every step.
/// </summary>
/// <param name="save">Keeps the state; called after every step of a real run.</param>
sealed class Engine(EngineOptions options, IPluginHost host, StackState start, Action<StackState> save, TextWriter output)
{
    /// <summary>The state after the last real run.</summary>
    public StackState State { get; private set; } = start;

    /// <summary>Shows what <see cref="UpAsync"/> would do.</summary>
    public Task<RunResult> PreviewAsync() => PassAsync("Previewing update", preview: true, RunProgramAsync);

    /// <summary>Brings the stack to what the program wants.</summary>
    public Task<RunResult> UpAsync() => TwoPassesAsync("Previewing update", "Updating", RunProgramAsync);

    /// <summary>Brings the state to what exists.</summary>
    public Task<RunResult> RefreshAsync() => TwoPassesAsync("Previewing refresh", "Refreshing", async pass =>
    {
        pass.Display.Row(StepKind.Refresh, pass.StackUrn, pass.Preview ? "refreshing" : "refreshing (0s)");
        pass.Display.Row(StepKind.Same, pass.StackUrn, "running");
        await new Refresher(pass, beforeUpdate: false).RunAsync(_ => true);
        return Finish(pass, StackOutputs(pass));
    });

    /// <summary>Deletes everything.</summary>
    public Task<RunResult> DestroyAsync() => TwoPassesAsync("Previewing destroy", "Destroying", DestroyAsync);

    /// <summary>Takes an existing object into the state and prints the program text for it, or writes it to a file.</summary>
    public async Task<RunResult> ImportAsync(string type, string name, string id, string? outputFile = null)
    {
        ResourceState? adopted = null;
        var stackExists = State.Resources.Any(state => state.IsStack);
        var result = await TwoPassesAsync("Previewing import", "Importing", async pass =>
        {
            adopted = await ImportAsync(pass, Tokens.Canonical(type), name, id);
            return Finish(pass, StackOutputs(pass), quietStack: !pass.Preview, count: stackExists);
        });
        if (result.Succeeded && adopted is not null)
        {
            var generated = await GenerateAsync(adopted);
            if (outputFile is not null)
            {
                await File.WriteAllTextAsync(outputFile, generated);
                return result;
            }
            await output.WriteAsync("Please copy the following code into your Pulumi application. Not doing so\n"
                + "will cause Pulumi to report that an update will happen on the next update command.\n\n" + generated);
        }
        return result;
    }

    /// <summary>Marks a resource for replacement by the next update.</summary>
    public void Taint(string urn)
    {
        if (State.Find(urn) is not { } found)
            throw new InvalidOperationException($"no resource '{urn}' in the state");
        var resources = State.Resources.Select(state => ReferenceEquals(state, found) ? state with { Taint = true } : state);
        State = State with { Resources = [.. resources] };
        save(State);
    }

    async Task<RunResult> TwoPassesAsync(string planned, string running, Func<Pass, Task<Ending>> work)
    {
        if (!options.SkipPreview)
        {
            var plan = await PassAsync(planned, preview: true, work);
            if (!plan.Succeeded)
                return plan;
        }
        return await PassAsync(running, preview: false, work);
    }

    async Task<RunResult> PassAsync(string heading, bool preview, Func<Pass, Task<Ending>> work)
    {
        var begun = options.Time.GetTimestamp();
        var display = new Display(output, preview, options.Debug, options.ShowPaths, options.Time);
        display.Begin($"{heading} ({options.Stack}):");
        var program = options.ProgramText is null ? YamlProgram.Load(options.ProgramFolder) : YamlProgram.Parse(options.ProgramText);
        var old = State;
        var ending = new Ending(null, ShowOutputs: false);
        var pass = new Pass(options, program, preview, old, save, host, display);
        await using (pass)
        {
            try
            {
                if (!preview)
                    WarnOfPending(pass, old);
                ending = await work(pass);
            }
            catch (StepFailedException)
            {
                ShowFailure(pass, old);
            }
        }
        if (!preview)
            State = pass.Running.Current;
        var oldOutputs = old.Find(pass.StackUrn)?.Outputs;
        display.End(ending.ShowOutputs ? ending.Outputs : null, oldOutputs, preview ? null : options.Time.GetElapsedTime(begun));
        if (!preview && heading == "Destroying" && !display.Failed)
        {
            await output.WriteAsync("The resources in the stack have been deleted, but the history and configuration associated with the "
                + $"stack are still maintained. \nIf you want to remove the stack completely, run `pulumi stack rm {options.Stack}`.\n");
        }
        var succeeded = !display.Failed && !ending.Refused;
        return new(succeeded, display.Steps, display.Counts, display.Diagnostics, ending.Outputs ?? PropertyMap.Empty);
    }

    static void WarnOfPending(Pass pass, StackState old)
    {
        foreach (var pending in old.Pending)
        {
            pass.Display.Report(new(pending.Urn, "warning",
                $"an earlier run was interrupted while {pending.Kind} this resource; if the object exists, import it, otherwise go on"));
        }
    }

    static void ShowFailure(Pass pass, StackState old)
    {
        if (pass.Preview)
        {
            pass.Display.Same(pass.StackUrn);
            pass.Display.Row(StepKind.Same, pass.StackUrn, "");
            return;
        }
        pass.Display.Report(new(pass.StackUrn, "error", "update failed"));
        var created = old.Find(pass.StackUrn) is null;
        pass.Display.FailedRow(created ? StepKind.Create : StepKind.Same, pass.StackUrn, created ? "**creating failed**" : "**failed**");
        if (created)
            pass.Display.Count(pass.StackUrn, StepKind.Create);
        else
            pass.Display.Same(pass.StackUrn);
    }

    async Task<Ending> RunProgramAsync(Pass pass)
    {
        var refresh = new Refresher(pass, beforeUpdate: true);
        if (options.Refresh)
        {
            // Once as a resource of the state and once as the place of the program, as the command line tool has it.
            for (var row = 0; row < 2; row++)
                pass.Display.Row(StepKind.Refresh, pass.StackUrn, pass.Preview ? "refreshing" : "refreshing (0s)");
            await refresh.RunAsync(_ => true);
            pass.Display.Row(StepKind.Same, pass.StackUrn, "running");
        }
        else
        {
            await refresh.RunAsync(state => state.RefreshBeforeUpdate);
        }
        var schema = await pass.Providers.SchemaAsync();
        try
        {
            schema.Bind(pass.Program);
        }
        catch (BindingException error)
        {
            return Refuse(pass, error.Message);
        }

        var oldStack = pass.Running.Current.Find(pass.StackUrn);
        var stack = new ResourceState
        {
            Urn = pass.StackUrn,
            Type = Tokens.Stack,
            Custom = false,
            Outputs = oldStack?.Outputs ?? PropertyMap.Empty,
        };
        pass.Running.Settle(oldStack, stack);
        var created = oldStack is null ? pass.Display.Step(StepKind.Create, pass.StackUrn) : null;
        var registration = new Registration(pass, schema);
        PropertyMap outputs;
        try
        {
            outputs = await new Evaluation(pass.Program, options.Stack, pass.Config, registration).RunAsync();
        }
        catch (ProgramException error)
        {
            throw pass.Fail(null, pass.StackUrn, error.Message);
        }
        if (!pass.Display.Failed)
            await DeleteUntouchedAsync(pass, registration.Replaced);
        pass.Running.Replace(stack, stack with { Outputs = outputs });
        if (created is null)
            return Finish(pass, outputs);
        if (pass.Preview)
            pass.Display.Row(StepKind.Create, pass.StackUrn, "create");
        created.Done();
        return new(outputs, ShowOutputs: true);
    }

    static Ending Refuse(Pass pass, string message)
    {
        pass.Display.Place(StepKind.Same, pass.StackUrn, "running");
        pass.Display.Report(new(pass.StackUrn, "info", message));
        pass.Display.Same(pass.StackUrn);
        return new(null, ShowOutputs: false, Refused: true);
    }

    /// <summary>Deletes what the run has not touched: resources the program no longer has, and replaced originals; newest first.</summary>
    static async Task DeleteUntouchedAsync(Pass pass, Dictionary<string, IReadOnlyList<ChangedPath>> replaced)
    {
        var steps = new ResourceSteps(pass);
        foreach (var old in pass.Running.Untouched.Where(state => !state.IsStack).Reverse().OrderBy(state => state.IsProvider ? 1 : 0))
        {
            await steps.DeleteAsync(
                old.Delete ? StepKind.DeleteReplaced : StepKind.Delete, old, old.Delete ? replaced.GetValueOrDefault(old.Urn) ?? [] : []);
        }
    }

    static async Task<Ending> DestroyAsync(Pass pass)
    {
        await DeleteUntouchedAsync(pass, []);
        if (pass.Running.Untouched.FirstOrDefault(state => state.IsStack) is { } stack)
        {
            var step = pass.Display.Step(StepKind.Delete, stack.Urn);
            pass.Running.Settle(stack, null);
            if (pass.Preview)
                pass.Display.Row(StepKind.Delete, stack.Urn, "delete");
            pass.Display.Row(StepKind.Same, stack.Urn, "");
            step.Done();
        }
        return new(null, ShowOutputs: false);
    }

    async Task<ResourceState> ImportAsync(Pass pass, string type, string name, string id)
    {
        var urn = pass.Urn(type, name);
        if (pass.Running.Current.Find(urn) is not null)
            throw pass.Fail(null, urn, $"resource '{urn}' already exists");
        foreach (var same in pass.Running.Current.Resources)
        {
            pass.Running.Settle(same, same);
            if (same is { Custom: true, IsDefaultProvider: false })
                pass.Display.Same(same.Urn);
        }
        var oldStack = pass.Running.Current.Find(pass.StackUrn);
        if (oldStack is null)
        {
            pass.Running.Settle(null, new() { Urn = pass.StackUrn, Type = Tokens.Stack, Custom = false });
            pass.Display.Mark(StepKind.Create, pass.StackUrn, []);
        }
        var providerUrn = pass.Urn(Tokens.Provider(Tokens.Package(type)), "default");
        var known = pass.Running.Current.Find(providerUrn);
        var wanted = new ResourceState { Urn = urn, Type = type };
        var provider = known is null
            ? await pass.Providers.DefaultAsync(Tokens.Package(type))
            : await pass.Providers.FromStateAsync(wanted with { Provider = known.Reference });
        wanted = wanted with { Provider = provider.State.Reference };

        var step = pass.Display.Step(StepKind.Import, urn);
        var read = await new ResourceSteps(pass).ReadForImportAsync(step, wanted, id, provider);
        var seed = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        var rule = provider.Plugin.SupportsAutonaming ? new Autonaming(options, pass.Project).For(name, seed, out _) : null;
        var check = await pass.CallAsync(step, urn, () => provider.Plugin.CheckAsync(new(urn), read.Inputs, read.Inputs, seed, rule));
        if (check.Failures.Count > 0)
            pass.Display.Report(new(urn, "warning", "the imported inputs do not pass the plugin's own check: a fault of the plugin"));
        foreach (var failure in check.Failures)
            pass.Display.Report(new(urn, "warning", CheckFailures.Text(new(urn), failure, read.Inputs)));
        // What was read is what is kept; the check was only asked for its opinion.
        var imported = read with { ImportId = "" };
        pass.Running.Settle(null, imported);
        step.Done();
        return imported;
    }

    /// <summary>The program text for an imported resource: its inputs, as far as the schema knows them.</summary>
    async Task<string> GenerateAsync(ResourceState imported)
    {
        await using var pass = new Pass(
            options, YamlProgram.Parse("name: import\nruntime: yaml"), preview: true, StackState.Empty, null, host,
            new(TextWriter.Null, preview: true, debug: false, paths: false, options.Time));
        var names = (await pass.Providers.SchemaAsync()).Inputs(imported.Type);
        var properties = new YamlMappingNode();
        foreach (var (name, value) in imported.Inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (names.Contains(name, StringComparer.Ordinal))
                properties.Add(name, ProgramText.Of(value));
        }
        return ProgramText.Write(new YamlMappingNode
        {
            { "resources", new YamlMappingNode
                {
                    { imported.Name, new YamlMappingNode { { "type", Tokens.Short(imported.Type) }, { "properties", properties } } },
                }
            },
        });
    }

    static PropertyMap? StackOutputs(Pass pass) => pass.Running.Current.Find(pass.StackUrn)?.Outputs;

    static Ending Finish(Pass pass, PropertyMap? outputs, bool quietStack = false, bool count = true)
    {
        if (count)
            pass.Display.Same(pass.StackUrn);
        if (!quietStack)
            pass.Display.Row(StepKind.Same, pass.StackUrn, "");
        return new(outputs, ShowOutputs: true);
    }

    /// <param name="Refused">The program was not run at all.</param>
    sealed record Ending(PropertyMap? Outputs, bool ShowOutputs, bool Refused = false);
}
