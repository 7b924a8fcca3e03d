using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>Brings the state up to what exists: reads every resource, and asks the plugin what the differences amount to.</summary>
/// <param name="beforeUpdate">Whether an update follows in the same run; steps are then worded as refreshes.</param>
sealed class Refresher(Pass pass, bool beforeUpdate)
{
    public async Task RunAsync(Func<ResourceState, bool> which)
    {
        var managed = pass.Running.Current.Resources.Where(state => state is { Custom: true, IsProvider: false, Delete: false });
        foreach (var old in managed.Where(which))
        {
            pass.ThrowIfInterrupted();
            await RefreshAsync(old);
        }
    }

    async Task RefreshAsync(ResourceState old)
    {
        var provider = await pass.Providers.FromStateAsync(old);
        var step = pass.Display.Step(StepKind.Refresh, old.Urn);
        Wire.ReadResponse reply;
        try
        {
            reply = await pass.CallAsync(step, old.Urn, () =>
                provider.Plugin.ReadAsync(new(old.Urn), old.Id.Text!, old.Outputs, old.Inputs, old.Timeouts.Read), mayBePartial: true);
        }
        catch (RpcException error)
        {
            var partial = error.Detail<Wire.ErrorResourceInitFailed>()!;
            foreach (var reason in partial.Reasons)
                pass.Display.Report(new(old.Urn, "warning", reason));
            reply = new()
            {
                Id = partial.Id,
                Properties = partial.Properties,
                Inputs = partial.Inputs,
                RefreshBeforeUpdate = partial.RefreshBeforeUpdate,
            };
            await FoundAsync(step, provider, old, reply, [.. partial.Reasons]);
            return;
        }
        if (reply.Id.Length > 0)
        {
            await FoundAsync(step, provider, old, reply, []);
            return;
        }
        Forget(old);
        step.Done(StepKind.Delete);
    }

    async Task FoundAsync(
        Display.RunningStep step, Provider provider, ResourceState old, Wire.ReadResponse reply, IReadOnlyList<string> initErrors)
    {
        var inputs = reply.Inputs is null ? old.Inputs : ValueCodec.Decode(reply.Inputs);
        var read = old with
        {
            Id = reply.Id,
            Inputs = inputs,
            Outputs = Secrets.MarkOutputs(ValueCodec.Decode(reply.Properties), inputs, old.AdditionalSecretOutputs),
            InitErrors = initErrors,
            RefreshBeforeUpdate = reply.RefreshBeforeUpdate || old.RefreshBeforeUpdate,
        };
        var diff = old.External
            ? new DiffAnswer(false, false, [])
            : DiffAnswer.From(
                await pass.CallAsync(step, old.Urn, () => provider.Plugin.DiffAsync(
                    new(old.Urn), old.Id.Text!, read.Outputs, read.Inputs, old.Inputs, old.IgnoreChanges)),
                read.Inputs, old.Inputs);
        pass.Running.Replace(old, read);
        step.Done(
            !diff.Changed ? StepKind.Same : beforeUpdate ? StepKind.Refresh : StepKind.Update,
            [.. diff.Changes.Select(change => change.Inverted with { Replace = false })]);
    }

    /// <summary>Takes a vanished resource out of the state, and out of what others depend on.</summary>
    void Forget(ResourceState gone)
    {
        pass.Running.Settle(gone, null);
        foreach (var other in pass.Running.Current.Resources.Where(state => state.Dependencies.Contains(gone.Urn, StringComparer.Ordinal)))
        {
            pass.Running.Replace(other, other with
            {
                Dependencies = [.. other.Dependencies.Where(urn => urn != gone.Urn)],
                PropertyDependencies = other.PropertyDependencies.ToDictionary(
                    pair => pair.Key, pair => (IReadOnlyList<string>)[.. pair.Value.Where(urn => urn != gone.Urn)], StringComparer.Ordinal),
            });
        }
    }
}
