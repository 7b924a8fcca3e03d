using System.Collections.Immutable;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>
/// Every input changed alone, in every state of the task, under every way the service may turn out to work: what preview says is what up does,
/// or up fails and names the property; a push is never interrupted unless preview said so, and nothing is left behind.
/// </summary>
public sealed class RelayTaskChangeTests
{
    /// <summary>A change of one input, and what of the task's configuration must show it.</summary>
    sealed record Change(string Property, Func<Rig, PropertyMap, PropertyMap> Apply, Func<RelayConfig, PropertyMap, bool>? Shows = null);

    static readonly ImmutableArray<Change> Changes =
    [
        new("region", (_, program) => program.With(("region", "cn-beijing")), (config, _) => config.Region == "cn-beijing"),
        new("taskName", (_, program) => program.With(("taskName", "another")), (config, _) => config.TaskName == "another"),
        new("endTime", (rig, program) => program.With(("endTime", rig.Clock.In(TimeSpan.FromDays(2)))), (config, program) => Times.ToText(config.EndTime) == program["endTime"]!.Text),
        new("sourceUrls", (_, program) => program.With(("sourceUrls", PropertyValue.Of("https://v.example.com/c.mp4"))), (config, _) => config.SourceUrls is ["https://v.example.com/c.mp4"]),
        new("dstUrl", (_, program) => program.With(("dstUrl", "rtmp://push.example.com/live/elsewhere")), (config, _) => config.DstUrl == "rtmp://push.example.com/live/elsewhere"),
        new("repeatNumber", (_, program) => program.With(("repeatNumber", -1)), (config, _) => config.RepeatNumber == -1),
        new("offset", (_, program) => program.With(("offset", 30)), (config, _) => config.Offset == 30),
        new("fileIndex", (_, program) => program.With(("fileIndex", 1)), (config, _) => config.FileIndex == 1),
        new("retryCount", (_, program) => program.With(("retryCount", 7)), (config, _) => config.RetryCount == 7),
        new("retryInterval", (_, program) => program.With(("retryInterval", 90)), (config, _) => config.RetryInterval == 90),
        new("callbackUrl", (_, program) => program.With(("callbackUrl", "https://hooks.example.com/other?token=HOOKKEY")), (config, _) => config.CallbackUrl.EndsWith("other?token=HOOKKEY", StringComparison.Ordinal)),
        new("callbackUrl removed", (_, program) => program.With(("callbackUrl", null)), (config, _) => config.CallbackUrl.Length == 0),
        new("startTime", (rig, program) => program.With(("startTime", rig.Clock.In(TimeSpan.FromHours(3)))), (config, program) => Times.ToText(config.StartTime) == program["startTime"]!.Text),
        new("startTime past", (_, program) => program.With(("startTime", Times.ToText(TestClock.Start.AddDays(-1))))),
        new("awaitRunning", (_, program) => program.With(("awaitRunning", true))),
        new("restartTriggers", (_, program) => program.With(("restartTriggers", PropertyValue.Of("2")))),
        new("onDelete", (_, program) => program.With(("onDelete", "Stop"))),
        new("desiredStatus Running", (_, program) => program.With(("desiredStatus", "Running"))),
        new("desiredStatus Stopped", (_, program) => program.With(("desiredStatus", "Stopped"))),
    ];

    static readonly ImmutableArray<string> States = ["Idle", "Running", "Running, not refreshed", "Recovering", "Offline", "Exit"];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var change in Changes)
        {
            foreach (var state in States) cases.Add(change.Property, state);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_change_does_what_preview_says(string property, string state)
    {
        var change = Changes.Single(candidate => candidate.Property == property);
        Action<SimulatorSettings> nothing = _ => { };
        foreach (var (name, apply) in SimulatorSettings.Variations.Prepend(("as documented", nothing)))
        {
            try
            {
                await RunAsync(change, state, apply);
            }
            catch (Exception failure) when (failure is ShouldAssertException or RpcException or CheckFailedException or InvalidOperationException or NullReferenceException)
            {
                throw new InvalidOperationException($"{property} changed while {state}, service with {name}: {failure.Message}", failure);
            }
        }
    }

    static async Task RunAsync(Change change, string state, Action<SimulatorSettings> settings)
    {
        using var rig = new Rig(RelayTask.Token, settings);
        var program = Programs.Playlist().With(("callbackUrl", "https://hooks.example.com/relay"), ("restartTriggers", PropertyValue.Of("1")));
        if (state == "Idle") program = program.With(("startTime", rig.Clock.In(TimeSpan.FromHours(1))));
        await rig.UpAsync(program);
        await BringAsync(rig, state);
        var before = rig.Service.Tasks.Values.Single();
        rig.Log.Clear();
        var changed = change.Apply(rig, program);
        if (state == "Exit" && change.Property == "startTime") changed = changed.With(("endTime", rig.Clock.In(TimeSpan.FromDays(2))));
        var planned = await rig.PreviewAsync(changed);
        var warned = rig.Log.Warnings.Any(line => line.Contains("interrupts the push", StringComparison.Ordinal));
        rig.Log.Clear();
        rig.Service.ClearCalls();

        string? failure = null;
        try
        {
            (await rig.UpAsync(changed)).ShouldBe(planned);
        }
        catch (RpcException error)
        {
            // The service may refuse or ignore what it must not do; then the failure names the property and nothing is lost.
            failure = error.Message;
            failure.ShouldContain(change.Property.Split(' ')[0]);
            rig.State.ShouldNotBeNull();
        }

        if (planned == Step.Update && !warned && before.OnAir is not null && change.Property != "desiredStatus Stopped")
        {
            rig.TakeChanges().ShouldNotContain(call => call.StartsWith("Stop", StringComparison.Ordinal) || call.StartsWith("Restart", StringComparison.Ordinal), "no interruption that preview did not announce");
        }

        rig.Service.Conflicts.ShouldBeEmpty();
        if (failure is null)
        {
            var live = rig.Service.Tasks.Values.Where(task => task.IsLive).ToList();
            if (state != "Exit" || change.Property is "endTime" or "startTime") live.Count.ShouldBe(1);
            else live.ShouldBeEmpty("an ended task is not made anew by a change of anything but its end");
            if (change.Shows is { } shows && live is [var task]) shows(task.Config, changed).ShouldBeTrue("the task has the new value");
            if (change.Shows is null && live is [var running] && before.OnAir is not null && change.Property != "desiredStatus Stopped") running.OnAir.ShouldNotBeNull("a broadcast stays on air");
            (await rig.PreviewAsync(changed)).ShouldBe(Step.Same, "the next up has nothing to do");
        }

        await rig.DestroyAsync();
        rig.Service.Tasks.Values.Where(task => task.IsLive && (task.State != RelayState.Offline || change.Property != "onDelete")).ShouldBeEmpty("destroy leaves nothing");
        Secrets.ShouldNotLeak(rig);
    }

    internal static async Task BringAsync(Rig rig, string state)
    {
        if (state == "Idle") return;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        switch (state)
        {
            case "Recovering": rig.Service.LoseSource(rig.Task.TaskId); break;
            case "Offline": rig.Service.StopBehindOurBack(rig.Task.TaskId); break;
            case "Exit": rig.Clock.Advance(TimeSpan.FromHours(11)); break;
            case "Running, not refreshed": return;
        }

        (await rig.RefreshAsync()).ShouldNotBeNull();
        rig.State!.Outputs["status"]!.Text.ShouldBe(state);
    }
}
