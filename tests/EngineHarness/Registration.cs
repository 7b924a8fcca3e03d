using System.Security.Cryptography;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;

namespace EngineHarness;

/// <summary>
/// Turns what the program registers into steps: decides between nothing, creation, update, replacement in either order, reading and
/// import, makes the calls, and keeps the state.
/// </summary>
sealed class Registration(Pass pass, PackageSchema schema) : IProgramHost
{
    readonly HashSet<string> _registered = new(StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<ChangedPath>> _deletedEarly = new(StringComparer.Ordinal);
    readonly Autonaming _autonaming = new(pass.Options, pass.Project);
    readonly ResourceSteps _steps = new(pass);

    public bool Preview => pass.Preview;

    /// <summary>Why the originals that are still to be deleted were replaced, by URN.</summary>
    public Dictionary<string, IReadOnlyList<ChangedPath>> Replaced { get; } = new(StringComparer.Ordinal);

    public async Task<PropertyMap> InvokeAsync(string token, PropertyMap arguments)
    {
        var provider = await pass.Providers.DefaultAsync(Tokens.Package(token));
        if (!provider.Configured)
            return PropertyMap.Empty;
        var reply = await pass.CallAsync(null, pass.StackUrn, () => provider.Plugin.InvokeAsync(token, arguments, pass.Preview));
        foreach (var failure in reply.Failures)
        {
            var place = failure.Property.Length > 0 ? failure.Property + ": " : "";
            pass.Display.Report(new(pass.StackUrn, "error", $"{token}: {place}{failure.Reason}"));
        }
        return reply.Failures.Count == 0
            ? ValueCodec.Decode(reply.Return)
            : throw new StepFailedException($"{token} refused its arguments");
    }

    public async Task<RegisteredResource> RegisterAsync(ResourceGoal goal)
    {
        pass.ThrowIfInterrupted();
        var declaration = goal.Declaration;
        var urn = pass.Urn(declaration.Type, declaration.Name);
        if (!_registered.Add(urn))
            throw pass.Fail(null, urn, $"Duplicate resource URN '{urn}'; try giving it a unique name");
        if (declaration.IsProvider)
            return await RegisterProviderAsync(urn, goal);
        var provider = goal.Provider is null
            ? await pass.Providers.DefaultAsync(Tokens.Package(declaration.Type))
            : pass.Providers.Explicit(goal.Provider);
        var wanted = Wanted(urn, goal, provider);
        var old = FindOld(urn, declaration);
        if (declaration.Get is not null)
            return await _steps.ReadAsync(wanted, old, goal.Id!, provider);
        var known = old is { External: false } ? new[] { old.Id.Text, old.ImportId } : [];
        if (goal.Id is { IsUnknown: false, Text: { } importId } && !known.Contains(importId, StringComparer.Ordinal))
            return await ImportAsync(wanted, old, importId, goal, provider);
        return await ManageAsync(wanted, old, goal, provider);
    }

    async Task<RegisteredResource> RegisterProviderAsync(string urn, ResourceGoal goal)
    {
        var provider = await pass.Providers.RegisterAsync(new()
        {
            Urn = urn,
            Type = goal.Declaration.Type,
            Inputs = goal.Inputs,
            Dependencies = goal.Dependencies,
            PropertyDependencies = goal.PropertyDependencies,
            Protect = goal.Declaration.Options.Protect,
        });
        return new(urn, provider.State.Id, provider.State.Outputs, pass.Preview);
    }

    ResourceState Wanted(string urn, ResourceGoal goal, Provider provider)
    {
        var options = goal.Declaration.Options;
        var secret = options.AdditionalSecretOutputs.Union(schema.SecretOutputs(goal.Declaration.Type), StringComparer.Ordinal);
        return new()
        {
            Urn = urn,
            Type = goal.Declaration.Type,
            Inputs = goal.Inputs,
            Provider = provider.State.Reference,
            Protect = options.Protect,
            RetainOnDelete = options.RetainOnDelete,
            Dependencies = goal.Dependencies,
            PropertyDependencies = goal.PropertyDependencies,
            Timeouts = options.Timeouts,
            IgnoreChanges = options.IgnoreChanges,
            AdditionalSecretOutputs = [.. secret],
        };
    }

    /// <summary>The resource's old state, under its own name or a former one.</summary>
    ResourceState? FindOld(string urn, ResourceDeclaration declaration)
    {
        var state = pass.Running.Current;
        return declaration.Options.Aliases
            .Select(alias => alias.StartsWith("urn:", StringComparison.Ordinal) ? alias : pass.Urn(declaration.Type, alias))
            .Prepend(urn)
            .Select(state.Find)
            .FirstOrDefault(found => found is not null);
    }

    async Task<RegisteredResource> ManageAsync(ResourceState wanted, ResourceState? old, ResourceGoal goal, Provider provider)
    {
        var id = new Identity(wanted.Urn);
        var options = goal.Declaration.Options;
        var targeted = old is not null && (old.Taint || pass.Options.TargetReplace.Contains(wanted.Urn, StringComparer.Ordinal));
        var continues = old is { External: false } && !targeted;
        var seed = RandomNumberGenerator.GetBytes(32);
        var autonaming = _autonaming.For(id.Name, seed, out var namesCollide);

        var news = continues ? Unchanging(goal.Inputs, old!.Inputs, options.IgnoreChanges) : goal.Inputs;
        var inputs = await CheckAsync(continues ? old!.Inputs : PropertyMap.Empty, news);
        if (old is null)
            return await CreateAsync(wanted with { Inputs = inputs }, provider);
        if (old.External)
        {
            pass.Running.Settle(old, null);
            return await CreateAsync(wanted with { Inputs = inputs }, provider);
        }

        var order = options.DeleteBeforeReplace ?? (namesCollide ? true : null);
        if (targeted)
        {
            IEnumerable<ChangedPath> taint = old.Taint ? [new ChangedPath("taint", PathChange.Update, Replace: true)] : [];
            var changes = DiffAnswer.Compare(old.Inputs, inputs).Concat(taint);
            return await ReplaceAsync(wanted with { Inputs = inputs }, old, provider, [.. changes], order ?? false);
        }

        var diff = await DiffAsync(wanted, old, inputs, provider, options);
        if (diff.Replace)
        {
            var fresh = await CheckAsync(PropertyMap.Empty, goal.Inputs);
            return await ReplaceAsync(wanted with { Inputs = fresh }, old, provider, diff.Changes, order ?? diff.DeleteBeforeReplace);
        }
        return diff.Changed || old.InitErrors.Count > 0
            ? await _steps.UpdateAsync(wanted with { Inputs = inputs }, old, provider, diff.Changes)
            : _steps.Keep(wanted with { Inputs = inputs }, old);

        async Task<PropertyMap> CheckAsync(PropertyMap olds, PropertyMap values)
        {
            if (!provider.Configured)
                return values;
            var rule = provider.Plugin.SupportsAutonaming ? autonaming : null;
            var reply = await pass.CallAsync(null, wanted.Urn, () => provider.Plugin.CheckAsync(id, olds, values, seed, rule));
            if (reply.Failures.Count > 0)
                throw CheckFailures.Report(pass, id, reply.Failures, values);
            return ValueCodec.Decode(reply.Inputs);
        }
    }

    /// <summary>The program's inputs with the old ones where the user wants changes ignored.</summary>
    static PropertyMap Unchanging(PropertyMap inputs, PropertyMap olds, IReadOnlyList<string> ignoreChanges) =>
        ignoreChanges.Aggregate(inputs, (values, path) => AccessPath.Parse(path).Reset(values, olds));

    async Task<DiffAnswer> DiffAsync(
        ResourceState wanted, ResourceState old, PropertyMap inputs, Provider provider, ResourceOptions options)
    {
        if (old.Provider != wanted.Provider && await ProviderReplacesAsync(old, provider))
            return new(true, false, [new("provider", PathChange.Update, Replace: true)]);
        if (!provider.Configured)
            return new(true, false, DiffAnswer.Compare(old.Inputs, inputs));
        var reply = await pass.CallAsync(null, wanted.Urn, () => provider.Plugin.DiffAsync(
            new(wanted.Urn), old.Id.Text!, old.Outputs, old.Inputs, inputs, options.IgnoreChanges));
        return DiffAnswer.From(reply, old.Inputs, inputs).ReplacingOn(options.ReplaceOnChanges);
    }

    /// <summary>Whether a resource that comes under another provider must be made anew.</summary>
    async Task<bool> ProviderReplacesAsync(ResourceState old, Provider provider)
    {
        var former = pass.Running.Current.Resources.FirstOrDefault(state => state.IsProvider && state.Reference == old.Provider);
        if (former is null)
            return false;
        var reply = await pass.CallAsync(null, provider.State.Urn, () => provider.Plugin.DiffConfigAsync(
            new(provider.State.Urn), former.Outputs, former.Inputs, provider.State.Inputs));
        return DiffAnswer.From(reply, former.Inputs, provider.State.Inputs).Replace;
    }

    async Task<RegisteredResource> CreateAsync(ResourceState wanted, Provider provider)
    {
        if (!_deletedEarly.Remove(wanted.Urn, out var changes))
            return await _steps.CreateAsync(StepKind.Create, wanted, provider, []);
        pass.Display.Mark(StepKind.Replace, wanted.Urn, changes);
        return await _steps.CreateAsync(StepKind.CreateReplacement, wanted, provider, changes);
    }

    async Task<RegisteredResource> ReplaceAsync(
        ResourceState wanted, ResourceState old, Provider provider, IReadOnlyList<ChangedPath> changes, bool deleteFirst)
    {
        if (old.Protect)
        {
            throw pass.Fail(null, wanted.Urn, $"unable to replace resource \"{wanted.Urn}\"\nas it is currently marked for protection. "
                + "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`");
        }
        if (deleteFirst)
        {
            foreach (var (dependant, why) in await ReplacedDependantsAsync(old))
            {
                await _steps.DeleteAsync(StepKind.DeleteReplaced, dependant, []);
                _deletedEarly[dependant.Urn] = why;
            }
            await _steps.DeleteAsync(StepKind.DeleteReplaced, old, []);
            pass.Display.Mark(StepKind.Replace, wanted.Urn, changes);
            return await _steps.CreateAsync(StepKind.CreateReplacement, wanted, provider, changes);
        }
        // Whatever becomes of the creation, once there is a new one the old one is on its way out.
        var created = await _steps.CreateAsync(StepKind.CreateReplacement, wanted, provider, changes, () =>
            pass.Running.Replace(old, old with { Delete = true, Taint = false }));
        pass.Display.Mark(StepKind.Replace, wanted.Urn, changes);
        Replaced[old.Urn] = changes;
        return created;
    }

    /// <summary>
    /// The resources that must go before one of their own dependencies goes: those for which the plugin says that an unknown value in
    /// place of the dependency would replace them. Dependants first.
    /// </summary>
    async Task<List<(ResourceState Dependant, IReadOnlyList<ChangedPath> Why)>> ReplacedDependantsAsync(ResourceState root)
    {
        var going = new HashSet<string>(StringComparer.Ordinal) { root.Urn };
        var result = new List<(ResourceState, IReadOnlyList<ChangedPath>)>();
        foreach (var candidate in pass.Running.Untouched)
        {
            if (candidate is not { Custom: true, External: false, Delete: false, IsProvider: false })
                continue;
            var affected = candidate.PropertyDependencies
                .Where(pair => candidate.Inputs.ContainsKey(pair.Key) && pair.Value.Any(going.Contains))
                .Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
            if (affected.Count == 0 || going.Contains(candidate.Urn))
                continue;
            var news = new PropertyMap();
            foreach (var (name, value) in candidate.Inputs)
                news[name] = affected.Contains(name) ? PropertyValue.Unknown : value;
            var provider = await pass.Providers.FromStateAsync(candidate);
            var reply = await pass.CallAsync(null, candidate.Urn, () => provider.Plugin.DiffAsync(
                new(candidate.Urn), candidate.Id.Text!, candidate.Outputs, candidate.Inputs, news, []));
            var diff = DiffAnswer.From(reply, candidate.Inputs, news);
            if (!diff.Replace)
                continue;
            going.Add(candidate.Urn);
            result.Insert(0, (candidate, diff.Changes));
        }
        return result;
    }

    /// <summary>
    /// Takes over an object that exists: what the program states must describe it, or differ only in what an update can change.
    /// </summary>
    async Task<RegisteredResource> ImportAsync(
        ResourceState wanted, ResourceState? old, string importId, ResourceGoal goal, Provider provider)
    {
        var id = new Identity(wanted.Urn);
        var options = goal.Declaration.Options;
        var step = pass.Display.Step(old is null or { External: true } ? StepKind.Import : StepKind.ImportReplacement, wanted.Urn);
        var read = await _steps.ReadForImportAsync(step, wanted, importId, provider);
        var seed = RandomNumberGenerator.GetBytes(32);
        var rule = provider.Plugin.SupportsAutonaming ? _autonaming.For(id.Name, seed, out _) : null;
        var news = Unchanging(goal.Inputs, read.Inputs, options.IgnoreChanges);
        var check = await pass.CallAsync(step, wanted.Urn, () => provider.Plugin.CheckAsync(id, read.Inputs, news, seed, rule));
        if (check.Failures.Count > 0)
            throw CheckFailures.Report(pass, id, check.Failures, news);
        var inputs = ValueCodec.Decode(check.Inputs);
        var reply = await pass.CallAsync(step, wanted.Urn, () => provider.Plugin.DiffAsync(
            id, read.Id.Text!, read.Outputs, read.Inputs, inputs, options.IgnoreChanges));
        var diff = DiffAnswer.From(reply, read.Inputs, inputs).ReplacingOn(options.ReplaceOnChanges);
        if (diff.Replace)
        {
            throw pass.Fail(step, wanted.Urn,
                "inputs to import do not match the existing resource; importing this resource would require a replacement "
                    + Display.Info(diff.Changes));
        }
        if (old is not null)
            pass.Running.Replace(old, old with { Delete = !old.External });
        step.Done(found: diff.Changes);
        var imported = read with { Inputs = inputs };
        pass.Running.Settle(null, imported);
        return diff.Changed
            ? await _steps.UpdateAsync(imported, read with { Inputs = read.Inputs }, provider, diff.Changes, settled: imported)
            : new(wanted.Urn, imported.Id, imported.Outputs, Incomplete: false);
    }
}
