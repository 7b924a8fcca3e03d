using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>Only a listing tells of monitor sessions, and listings may lag behind: what one of them misses is not gone yet.</summary>
public sealed class LaggingListingTests
{
    const string Listing = "DescribeLiveStreamMonitorList";

    static readonly PropertyMap Program = Programs.Monitor().With(("monitorName", "wall"));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task A_refresh_right_after_the_creation_keeps_a_session_that_is_not_listed_yet(int lag)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        rig.Service.Settings.ListLag = TimeSpan.FromSeconds(lag);
        await rig.RestartPluginAsync();

        (await rig.RefreshAsync())!.ShouldBeEmpty();

        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
        (await rig.UpAsync(Program)).ShouldBe(Step.Same);
        rig.Service.Monitors.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_update_right_after_the_creation_waits_for_a_session_that_is_not_listed_yet()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        rig.Service.Settings.ListLag = TimeSpan.FromSeconds(5);
        await rig.RestartPluginAsync();

        (await rig.UpAsync(Program.With(("outputTemplate", "lp_ud")))).ShouldBe(Step.Update);

        rig.Monitor.Config.OutputTemplate.ShouldBe("lp_ud");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task One_listing_that_misses_a_session_while_it_starts_or_changes_fails_nothing(int listing)
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.FailNext(Listing, Fault.ListLags(TimeSpan.FromHours(1)) with { AfterCalls = listing - 1 });
        (await rig.UpAsync(Program)).ShouldBe(Step.Create);
        rig.Service.ClearFaults();

        rig.Service.FailNext(Listing, Fault.ListLags(TimeSpan.FromHours(1)) with { AfterCalls = listing - 1 });
        (await rig.UpAsync(Program.With(("outputTemplate", "lp_ud"), ("desiredStatus", "Stopped")))).ShouldBe(Step.Update);

        rig.Monitor.Running.ShouldBeFalse();
        rig.Monitor.Config.OutputTemplate.ShouldBe("lp_ud");
        rig.Service.Monitors.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_session_that_is_listed_costs_a_refresh_one_call_and_no_wait()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        await rig.RestartPluginAsync();
        rig.Service.ClearCalls();
        var began = rig.Clock.GetUtcNow();

        (await rig.RefreshAsync())!.ShouldBeEmpty();

        rig.Service.Calls.Count.ShouldBe(1);
        rig.Clock.GetUtcNow().ShouldBe(began);
    }

    [Fact]
    public async Task A_session_that_stays_away_from_several_listings_is_gone()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        rig.Service.DeleteBehindOurBack(rig.Monitor.MonitorId);
        rig.Service.ClearCalls();

        (await rig.RefreshAsync()).ShouldBeNull();

        rig.Service.Calls.Count.ShouldBeGreaterThan(3);
        rig.Log.Lines.ShouldContain(line => line.Ephemeral && line.Message.Contains("to be listed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_somebody_names_and_that_does_not_exist_is_not_waited_for()
    {
        using var rig = new Rig(MonitorSession.Token);
        var began = rig.Clock.GetUtcNow();
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync("0a1b2c3d-1111-2222-3333-444455556666"));
        rig.Clock.GetUtcNow().ShouldBe(began);
    }

    [Fact]
    public async Task A_cancelled_creation_looks_once_more_right_before_its_time_is_over()
    {
        // Found by random programs: the last look was seconds earlier than it could be.
        using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromSeconds(8));
        rig.Service.FailNext("CreateLivePullToPush", Fault.DropAfter());
        rig.Service.AfterCall = operation =>
        {
            if (operation == "CreateLivePullToPush") rig.CancelCalls();
        };

        // The task is found, and its id reaches the state although the call was cancelled.
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));

        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
    }
}
