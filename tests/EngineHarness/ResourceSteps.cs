using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>Single steps on resources: the call, what becomes of the state, and what is shown.</summary>
sealed class ResourceSteps(Pass pass)
{
    /// <summary>Nothing is to be done; the program's view of the resource is recorded.</summary>
    public RegisteredResource Keep(ResourceState wanted, ResourceState old)
    {
        var kept = wanted with
        {
            Id = old.Id,
            Outputs = old.Outputs,
            RefreshBeforeUpdate = old.RefreshBeforeUpdate,
            ImportId = old.ImportId,
        };
        pass.Running.Settle(old, kept);
        pass.Display.Same(wanted.Urn);
        return new(kept.Urn, kept.Id, kept.Outputs, Incomplete: false);
    }

    /// <param name="exists">Called as soon as there is a new object, be it incomplete.</param>
    public async Task<RegisteredResource> CreateAsync(
        StepKind kind, ResourceState wanted, Provider provider, IReadOnlyList<ChangedPath> changes, Action? exists = null)
    {
        pass.ThrowIfInterrupted();
        var step = pass.Display.Step(kind, wanted.Urn, changes);
        if (!provider.Configured)
            return Settled(wanted with { Id = PropertyValue.Unknown, Outputs = wanted.Inputs });
        Wire.CreateResponse reply;
        try
        {
            reply = await pass.WorkAsync(step, wanted.Urn, "creating", () =>
                provider.Plugin.CreateAsync(new(wanted.Urn), wanted.Inputs, wanted.Timeouts.Create, pass.Preview));
        }
        catch (RpcException error)
        {
            var partial = error.Detail<Wire.ErrorResourceInitFailed>()!;
            if (partial.Id.Length == 0)
                throw pass.Fail(step, wanted.Urn, Reasons(partial)); // nobody could find the object again
            pass.Running.Settle(null, wanted with
            {
                Id = partial.Id,
                Outputs = Outputs(partial.Properties, wanted),
                InitErrors = [.. partial.Reasons],
                RefreshBeforeUpdate = partial.RefreshBeforeUpdate,
            });
            exists?.Invoke();
            throw pass.Fail(step, wanted.Urn, Reasons(partial));
        }
        if (!pass.Preview && reply.Id.Length == 0)
            throw pass.Fail(step, wanted.Urn, "provider did not return an ID from Create");
        return Settled(wanted with
        {
            Id = pass.Preview ? PropertyValue.Unknown : reply.Id,
            Outputs = Known(step, wanted, Outputs(reply.Properties, wanted)),
            RefreshBeforeUpdate = reply.RefreshBeforeUpdate,
        });

        RegisteredResource Settled(ResourceState created)
        {
            pass.Running.Settle(null, created);
            exists?.Invoke();
            step.Done();
            return new(created.Urn, created.Id, created.Outputs, pass.Preview);
        }
    }

    /// <param name="settled">The state's entry to take the place of; <paramref name="old"/> itself where not given.</param>
    public async Task<RegisteredResource> UpdateAsync(
        ResourceState wanted, ResourceState old, Provider provider, IReadOnlyList<ChangedPath> changes, ResourceState? settled = null)
    {
        pass.ThrowIfInterrupted();
        var step = pass.Display.Step(StepKind.Update, wanted.Urn, changes);
        var same = wanted with { Id = old.Id, ImportId = old.ImportId };
        if (!provider.Configured)
            return Settled(same with { Outputs = wanted.Inputs });
        Wire.UpdateResponse reply;
        try
        {
            reply = await pass.WorkAsync(step, wanted.Urn, "updating", () => provider.Plugin.UpdateAsync(
                new(wanted.Urn), old, wanted.Inputs, wanted.IgnoreChanges, wanted.Timeouts.Update, pass.Preview));
        }
        catch (RpcException error)
        {
            // The old inputs stay, so that the next run sees the difference again.
            var partial = error.Detail<Wire.ErrorResourceInitFailed>()!;
            pass.Running.Settle(settled ?? old, same with
            {
                Inputs = old.Inputs,
                Outputs = Outputs(partial.Properties, old),
                InitErrors = [.. partial.Reasons],
                RefreshBeforeUpdate = partial.RefreshBeforeUpdate,
            });
            throw pass.Fail(step, wanted.Urn, Reasons(partial));
        }
        return Settled(same with
        {
            Outputs = Known(step, wanted, Outputs(reply.Properties, wanted)),
            RefreshBeforeUpdate = reply.RefreshBeforeUpdate,
        });

        RegisteredResource Settled(ResourceState updated)
        {
            pass.Running.Settle(settled ?? old, updated);
            step.Done();
            return new(updated.Urn, updated.Id, updated.Outputs, pass.Preview);
        }
    }

    /// <summary>Deletes an object, or only forgets it where it is not to be touched.</summary>
    public async Task DeleteAsync(StepKind kind, ResourceState old, IReadOnlyList<ChangedPath> changes)
    {
        pass.ThrowIfInterrupted();
        if (old.Protect && kind == StepKind.Delete)
        {
            throw pass.Fail(null, old.Urn, $"resource \"{old.Urn}\" cannot be deleted\nbecause it is protected. To unprotect the resource, "
                + "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n"
                + $"`pulumi state unprotect '{old.Urn}'`");
        }
        var managed = old is { Custom: true, External: false, IsProvider: false };
        var provider = managed ? await pass.Providers.FromStateAsync(old) : null;
        var step = old.IsDefaultProvider || old.External ? null : pass.Display.Step(kind, old.Urn, changes);
        if (provider is not null && !pass.Preview && !old.RetainOnDelete)
        {
            await pass.WorkAsync(step!, old.Urn, "deleting", async () =>
            {
                await provider.Plugin.DeleteAsync(old);
                return true;
            });
        }
        pass.Running.Settle(old, null);
        step?.Done();
    }

    /// <summary>Reads an object that the program does not manage.</summary>
    public async Task<RegisteredResource> ReadAsync(ResourceState wanted, ResourceState? old, PropertyValue id, Provider provider)
    {
        var step = pass.Display.Step(StepKind.Read, wanted.Urn);
        if (id.Text is not { Length: > 0 } text || !provider.Configured)
        {
            if (!pass.Preview)
                throw pass.Fail(step, wanted.Urn, "'get' needs an id");
            step.Done();
            return new(wanted.Urn, PropertyValue.Unknown, PropertyMap.Empty, Incomplete: true);
        }
        if (old is { External: false })
        {
            throw pass.Fail(
                step, wanted.Urn, "this harness cannot turn a managed resource into one that is only read: give it another name");
        }
        var reply = await pass.CallAsync(step, wanted.Urn, () =>
            provider.Plugin.ReadAsync(new(wanted.Urn), text, wanted.Inputs, wanted.Inputs, wanted.Timeouts.Read));
        if (reply.Properties is null)
            throw pass.Fail(step, wanted.Urn, $"resource '{text}' does not exist");
        var read = wanted with { Id = reply.Id, External = true, Outputs = Outputs(reply.Properties, wanted) };
        pass.Running.Settle(old, read);
        step.Done();
        return new(read.Urn, read.Id, read.Outputs, Incomplete: false);
    }

    /// <summary>Reads an object by its id alone, to be managed from now on.</summary>
    public async Task<ResourceState> ReadForImportAsync(Display.RunningStep step, ResourceState wanted, string id, Provider provider)
    {
        var reply = await pass.CallAsync(step, wanted.Urn, () => provider.Plugin.ReadForImportAsync(new(wanted.Urn), id));
        if (reply.Properties is null)
            throw pass.Fail(step, wanted.Urn, $"resource '{id}' does not exist");
        if (reply.Inputs is null)
            throw pass.Fail(step, wanted.Urn, "provider does not support importing resources");
        var inputs = ValueCodec.Decode(reply.Inputs);
        return wanted with
        {
            Id = reply.Id,
            ImportId = id,
            Inputs = inputs,
            Outputs = Outputs(reply.Properties, wanted with { Inputs = inputs }),
            RefreshBeforeUpdate = reply.RefreshBeforeUpdate,
        };
    }

    static PropertyMap Outputs(Google.Protobuf.WellKnownTypes.Struct? wire, ResourceState of) =>
        Secrets.MarkOutputs(ValueCodec.Decode(wire), of.Inputs, of.AdditionalSecretOutputs);

    PropertyMap Known(Display.RunningStep step, ResourceState wanted, PropertyMap outputs) =>
        pass.Preview || !outputs.ContainsUnknown
            ? outputs
            : throw pass.Fail(step, wanted.Urn, "the plugin answered with an unknown value outside of a preview");

    /// <summary>The reasons of a partial failure, as Go prints several errors.</summary>
    static string Reasons(Wire.ErrorResourceInitFailed partial) =>
        $"{partial.Reasons.Count} error{(partial.Reasons.Count == 1 ? "" : "s")} occurred:\n"
        + string.Concat(partial.Reasons.Select(reason => $"\t* {reason}\n")) + "\n";
}
