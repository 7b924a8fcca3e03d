using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class RelayStateMachineTests : IDisposable
{
    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_task_is_idle_until_its_start_time_and_exits_at_its_end_time()
    {
        var id = _client.CreateTask(start: 60, end: 120);
        State(id).ShouldBe(RelayState.Idle);
        _client.Pass(60);
        State(id).ShouldBe(RelayState.Running);
        _client.Pass(59);
        State(id).ShouldBe(RelayState.Running);
        _client.Pass(1);

        var ended = _client.Describe(id);
        ended.Integer("TaskStatus").ShouldBe(-1);
        ended.Text("TaskExitReason").ShouldBe("OverEndTime");
        ended.Integer("TaskExitTime").ShouldBe((int)_client.Clock.Time.AddSeconds(120).ToUnixTimeSeconds());
    }

    [Fact]
    public void Time_that_the_clock_itself_passes_counts_like_moved_time()
    {
        var id = _client.CreateTask(start: 60);
        _client.Clock.Time += TimeSpan.FromSeconds(60);
        State(id).ShouldBe(RelayState.Running);
    }

    [Fact]
    public void A_lost_source_is_retried_and_the_task_goes_offline_after_all_retries()
    {
        var id = _client.CreateTask(others: [("RetryCount", "2"), ("RetryInterval", "100")]);
        _client.Service.LoseSource(id);
        State(id).ShouldBe(RelayState.Recovering);
        _client.Pass(199);
        State(id).ShouldBe(RelayState.Recovering);
        _client.Pass(1);

        var offline = _client.Describe(id);
        offline.Integer("TaskStatus").ShouldBe(3);
        offline.Text("TaskInvalidReason").ShouldBe("PullStreamFailed");
    }

    [Fact]
    public void A_source_that_comes_back_in_time_lets_the_task_run_on_without_interruption()
    {
        var id = _client.CreateTask();
        _client.Service.LoseSource(id);
        _client.Pass(100);
        _client.Service.RestoreSource(id);
        _client.Pass(100);

        State(id).ShouldBe(RelayState.Running);
        _client.Task(id).Interruptions.ShouldBe(0);
        _client.Task(id).Pushes.Length.ShouldBe(1);
    }

    [Fact]
    public void A_task_whose_source_is_lost_before_the_start_retries_from_the_start_on()
    {
        var id = _client.CreateTask(start: 60);
        _client.Service.LoseSource(id);
        State(id).ShouldBe(RelayState.Idle);
        _client.Pass(60);
        State(id).ShouldBe(RelayState.Recovering);
    }

    [Fact]
    public void No_retries_mean_offline_at_once()
    {
        var id = _client.CreateTask(others: ("RetryCount", "0"));
        _client.Service.LoseSource(id);
        State(id).ShouldBe(RelayState.Offline);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stop_takes_running_and_recovering_tasks_offline_and_is_refused_the_second_time(bool recovering)
    {
        var id = _client.CreateTask();
        if (recovering) _client.Service.LoseSource(id);
        var stopped = _client.OnTask("StopLivePullToPush", id);
        stopped.Status.ShouldBe(200);
        stopped.Text("TaskId").ShouldBe(id);
        stopped.Json.TryGetProperty("RetCode", out _).ShouldBeFalse();
        State(id).ShouldBe(RelayState.Offline);
        _client.Task(id).OnAir.ShouldBeNull();

        var again = _client.OnTask("StopLivePullToPush", id);
        again.Status.ShouldBe(400);
        again.ErrorCode.ShouldBe("CodeTaskHasStopped");
    }

    [Fact]
    public void Restart_interrupts_a_running_task_and_runs_what_is_stored()
    {
        _client.Settings.DisallowedUpdate = DisallowedUpdate.FieldIgnored;
        const string files = """["http://a.example.com/1.mp4","http://a.example.com/2.mp4"]""";
        var id = _client.CreateTask(others: [("SourceType", "url"), ("SourceUrls", files)]);
        _client.OnTask("StopLivePullToPush", id).Status.ShouldBe(200);
        _client.OnTask("UpdateLivePullToPush", id, ("FileIndex", "1")).Status.ShouldBe(200);
        _client.Task(id).OnAir.ShouldBeNull();
        _client.OnTask("RestartLivePullToPush", id).Text("TaskId").ShouldBe(id);

        _client.Task(id).OnAir!.FileIndex.ShouldBe(1);
        _client.OnTask("RestartLivePullToPush", id).Status.ShouldBe(200);
        _client.Task(id).Interruptions.ShouldBe(2);
        State(id).ShouldBe(RelayState.Running);
    }

    [Fact]
    public void A_stopped_task_still_exits_at_its_end_time()
    {
        var id = _client.CreateTask();
        _client.OnTask("StopLivePullToPush", id);
        _client.Pass(3600);
        _client.Describe(id).Integer("TaskStatus").ShouldBe(-1);
    }

    [Theory]
    [InlineData("Idle")]
    [InlineData("Running")]
    [InlineData("Recovering")]
    [InlineData("Offline")]
    public void Delete_works_in_every_state_and_the_task_is_unknown_afterwards(string state)
    {
        var id = _client.CreateTask(start: state == "Idle" ? 60 : 0);
        if (state == "Recovering") _client.Service.LoseSource(id);
        if (state == "Offline") _client.OnTask("StopLivePullToPush", id);
        State(id).ToString().ShouldBe(state);

        var deleted = _client.OnTask("DeleteLivePullToPush", id);
        deleted.Integer("RetCode").ShouldBe(0);
        deleted.Text("Description").ShouldBe("OK");
        deleted.Json.TryGetProperty("TaskId", out _).ShouldBeFalse();
        _client.Describe(id).ErrorCode.ShouldBe("CodeTaskNotExist");
        _client.OnTask("DeleteLivePullToPush", id).ErrorCode.ShouldBe("CodeTaskNotExist");
        _client.Pass(3600);
        _client.Task(id).ExitReason.ShouldBe("TriggerByUser");
    }

    [Fact]
    public void Two_pushes_to_one_address_are_recorded_and_the_second_one_fails_until_the_first_ends()
    {
        var first = _client.CreateTask();
        var second = _client.CreateTask();
        _client.Service.Conflicts.ShouldHaveSingleItem().ShouldBe(
            new PushConflict(_client.Clock.Time, SimulatorClientExtensions.Destination, second, first));
        State(second).ShouldBe(RelayState.Recovering);
        _client.Task(second).InvalidReason.ShouldBe("PushStreamFailed");

        _client.OnTask("StopLivePullToPush", first);
        State(second).ShouldBe(RelayState.Running);
    }

    [Fact]
    public void A_task_that_starts_when_another_one_ends_does_not_conflict_with_it()
    {
        var next = _client.CreateTask(start: 60, end: 120);
        var first = _client.CreateTask(end: 60);
        _client.Pass(60);
        State(first).ShouldBe(RelayState.Exit);
        State(next).ShouldBe(RelayState.Running);
        _client.Service.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public void Each_started_minute_on_air_is_billed_retries_included()
    {
        var id = _client.CreateTask(start: 30);
        _client.Pass(30 + 61);
        _client.Task(id).BilledMinutes(_client.Service.Now).ShouldBe(2);
        _client.Service.LoseSource(id);
        _client.Pass(1000);
        _client.Task(id).BilledMinutes(_client.Service.Now).ShouldBe(5);
    }

    [Fact]
    public void The_history_tells_every_state_in_order()
    {
        var id = _client.CreateTask(start: 10, end: 1000, others: ("RetryCount", "1"));
        _client.Pass(20);
        _client.Service.LoseSource(id);
        _client.Pass(2000);
        _client.Task(id).History.Select(change => change.State)
            .ShouldBe([RelayState.Idle, RelayState.Running, RelayState.Recovering, RelayState.Offline, RelayState.Exit]);
        _client.Task(id).History.Select(change => (int)(change.At - _client.Clock.Time).TotalSeconds).ShouldBe([0, 10, 20, 80, 1000]);
    }

    RelayState State(string id)
    {
        var state = _client.Task(id).State;
        if (state != RelayState.Exit) _client.Describe(id).Integer("TaskStatus").ShouldBe((int)state);
        return state;
    }
}
