using LiveSimulator;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Destroy leaves nothing, whatever state a session is in and however the service refuses; what it may not do it says.</summary>
public sealed class MonitorSessionDeleteTests
{
    [Theory]
    [InlineData("never started and to be stopped", "StopLiveStreamMonitor StreamMonitorAlreadyStop", "DeleteLiveStreamMonitor")]
    [InlineData("running", "StopLiveStreamMonitor", "DeleteLiveStreamMonitor")]
    [InlineData("stopped after running", "StopLiveStreamMonitor StreamMonitorAlreadyStop", "DeleteLiveStreamMonitor")]
    [InlineData("started by others", "StopLiveStreamMonitor", "DeleteLiveStreamMonitor")]
    [InlineData("deleted by others", "StopLiveStreamMonitor StreamMonitorNotExist", "DeleteLiveStreamMonitor StreamMonitorNotExist")]
    public async Task A_session_is_deleted_in_any_state(string state, string stop, string delete)
    {
        foreach (var (name, apply) in SimulatorSettings.Variations)
        {
            using var rig = new Rig(MonitorSession.Token, apply);
            var desired = state == "running" || state.StartsWith("deleted", StringComparison.Ordinal) ? "Running" : "Stopped";
            await MonitorSessionChangeTests.BringAsync(rig, Programs.Monitor().With(("desiredStatus", desired)), state);
            rig.TakeChanges();
            await rig.DestroyAsync();
            rig.TakeChanges().ShouldBe([stop, delete], name);
            rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        }
    }

    [Theory]
    [InlineData(DeleteRunningMonitor.BadRequest)]
    [InlineData(DeleteRunningMonitor.Unauthorized)]
    public async Task A_session_that_is_started_between_stop_and_delete_is_stopped_again(DeleteRunningMonitor refusal)
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.DeleteRunningMonitor = refusal);
        await rig.UpAsync(Programs.Monitor());
        var id = rig.State!.Id;
        var starts = 2;
        rig.Service.BeforeCall = operation =>
        {
            if (operation == "DeleteLiveStreamMonitor" && starts-- > 0) rig.Service.StartBehindOurBack(id);
        };
        rig.TakeChanges();
        await rig.DestroyAsync();
        rig.TakeChanges().ShouldBe(
        [
            "StopLiveStreamMonitor", "DeleteLiveStreamMonitor IllegalOperation", "StopLiveStreamMonitor", "DeleteLiveStreamMonitor IllegalOperation",
            "StopLiveStreamMonitor", "DeleteLiveStreamMonitor",
        ]);
    }

    [Theory]
    [InlineData(DeleteRunningMonitor.BadRequest)]
    [InlineData(DeleteRunningMonitor.Unauthorized)]
    public async Task A_session_that_is_started_again_and_again_ends_the_trying(DeleteRunningMonitor refusal)
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.DeleteRunningMonitor = refusal);
        await rig.UpAsync(Programs.Monitor());
        var id = rig.State!.Id;
        rig.Service.BeforeCall = operation =>
        {
            if (operation == "DeleteLiveStreamMonitor") rig.Service.StartBehindOurBack(id);
        };
        rig.TakeChanges();
        var failure = await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
        failure.Message.ShouldContain($"delete monitor session {id}");
        failure.Message.ShouldContain("IllegalOperation");
        rig.TakeChanges().Count(call => call.StartsWith("Delete", StringComparison.Ordinal)).ShouldBe(5);
        rig.State.ShouldNotBeNull();

        rig.Service.BeforeCall = null;
        await rig.DestroyAsync();
        rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
    }

    [Theory]
    [InlineData("StopLiveStreamMonitor")]
    [InlineData("DeleteLiveStreamMonitor")]
    public async Task A_denied_action_is_named_and_nothing_is_taken_for_deleted(string operation)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Programs.Monitor());
        rig.Service.FailNext(operation, Fault.Refuse("Forbidden.RAM", 403) with { Times = 10 });
        rig.TakeChanges();
        var failure = await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
        failure.Message.ShouldContain($"live:{operation}");
        failure.Message.ShouldContain(rig.State!.Id);
        if (operation == "StopLiveStreamMonitor") rig.TakeChanges().ShouldBe(["StopLiveStreamMonitor Forbidden.RAM"]);
        rig.Monitor.Deleted.ShouldBeFalse();
        rig.Service.ClearFaults();
        await rig.DestroyAsync();
    }

    [Theory]
    [InlineData("IllegalOperation", 401)]
    [InlineData("InvalidParameter.Malformed", 400)]
    public async Task A_refused_stop_leads_on_to_delete_and_is_told_where_that_fails(string code, int status)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Programs.Monitor());
        rig.Service.FailNext("StopLiveStreamMonitor", Fault.Refuse(code, status) with { Times = 10 });
        var failure = await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
        failure.Message.ShouldContain("stopping it failed before");
        rig.Service.ClearFaults();

        rig.Service.StopBehindOurBack(rig.State!.Id);
        rig.Service.FailNext("StopLiveStreamMonitor", Fault.Refuse(code, status));
        await rig.DestroyAsync();
        rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
    }

    [Fact]
    public async Task A_lost_answer_of_any_step_leaves_nothing()
    {
        foreach (var operation in (string[])["StopLiveStreamMonitor", "DeleteLiveStreamMonitor", "DescribeLiveStreamMonitorList"])
        {
            foreach (var kind in Enum.GetValues<FaultKind>())
            {
                using var rig = new Rig(MonitorSession.Token);
                await rig.UpAsync(Programs.Monitor());
                rig.Service.FailNext(operation, new Fault(kind));
                await rig.DestroyAsync();
                rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
                Secrets.ShouldNotLeak(rig);
            }
        }
    }

    [Fact]
    public async Task A_cancelled_destroy_is_finished_by_the_next()
    {
        for (var cut = 0; cut < 3; cut++)
        {
            using var rig = new Rig(MonitorSession.Token);
            await rig.UpAsync(Programs.Monitor());
            var calls = 0;
            rig.Service.AfterCall = _ =>
            {
                if (calls++ == cut) rig.CancelCalls();
            };
            await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
            rig.State.ShouldNotBeNull();
            rig.Service.AfterCall = null;
            await rig.DestroyAsync();
            rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        }
    }
}
