using LiveSimulator;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>A creation whose answer is lost, under listings that tell late or what is no more.</summary>
public sealed class ExactlyOnceTests
{
    const string Create = "CreateLivePullToPush";
    const string CreateMonitor = "CreateLiveStreamMonitor";

    [Theory]
    [InlineData(15, 1)]
    [InlineData(15, 2)]
    [InlineData(30, 1)]
    [InlineData(30, 2)]
    [InlineData(45, 1)]
    public async Task A_task_that_is_listed_only_after_the_creation_was_repeated_is_deleted(int lag, int lost)
    {
        foreach (var past in Enum.GetValues<PastStartTime>())
        {
            using var rig = new Rig(RelayTask.Token, settings => (settings.ListLag, settings.PastStartTime) = (TimeSpan.FromSeconds(lag), past));
            rig.Service.FailNext(Create, Fault.DropAfter() with { Times = lost });

            await rig.UpAsync(Programs.Relay());

            rig.Service.Tasks.Count.ShouldBeGreaterThan(1);
            rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}", "one task lives, and the state knows it");
            (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
            Secrets.ShouldNotLeak(rig);
        }
    }

    [Fact]
    public async Task A_session_that_is_listed_only_after_the_creation_was_repeated_is_deleted()
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.ListLag = TimeSpan.FromSeconds(30));
        rig.Service.FailNext(CreateMonitor, Fault.DropAfter());

        await rig.UpAsync(Programs.Monitor());

        rig.Service.Monitors.Count.ShouldBe(2);
        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
        rig.Log.Lines.ShouldContain(line => line.Message.Contains("an earlier try had made session", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listing_that_never_shows_the_new_task_leads_to_a_warning_and_not_to_a_failure()
    {
        using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromHours(1));
        rig.Service.FailNext(Create, Fault.DropAfter());

        await rig.UpAsync(Programs.Relay());

        rig.State.ShouldNotBeNull();
        rig.Log.Warnings.ShouldContain(line => line.Contains("may have made a second task", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listed_task_that_does_not_exist_is_not_taken_over()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext(Create, Fault.ErrorAfterDoing());
        rig.Service.FailNext("DescribeLivePullToPushList", Fault.ListGhosts(TimeSpan.FromHours(1)) with { Times = 100 });
        rig.Service.AfterCall = operation =>
        {
            // The service takes back what it could not finish, and its listing has not heard of it.
            if (operation != Create || rig.Service.Tasks.Count > 1) return;
            rig.Service.DeleteBehindOurBack(rig.Task.TaskId);
        };

        await rig.UpAsync(Programs.Relay());

        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        rig.Service.Tasks.Count.ShouldBe(2);
    }

    [Fact]
    public async Task More_candidates_than_tries_are_told_with_the_command_that_imports_one_and_none_is_deleted()
    {
        using var rig = new Rig(RelayTask.Token);
        using var somebody = new LiveClient(
            new LiveClientOptions(), new FixedKey(), rig.Clock, () => 0, new SimulatorHandler(rig.Service));
        rig.Service.FailNext(Create, Fault.DropAfter());
        rig.Service.AfterCall = operation =>
        {
            if (operation != Create || rig.Service.Tasks.Count > 1) return;
            var same = rig.Service.Calls[^1].Parameters.Where(parameter => parameter.Key != "Region").ToDictionary(StringComparer.Ordinal);
            somebody.CreateLivePullToPushAsync(Rig.Region, same, new Deadline(rig.Clock, TimeSpan.FromMinutes(1), default)).GetAwaiter().GetResult();
        };

        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));

        foreach (var task in rig.Service.Tasks.Values) error.Message.ShouldContain(task.TaskId);
        error.Message.ShouldContain("pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/<taskId>");
        rig.Service.Tasks.Values.Count(task => task.IsLive).ShouldBe(2);
        rig.State.ShouldBeNull();
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task A_creation_that_was_cancelled_before_it_was_sent_ends_at_once()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext(Create, Fault.Throttle() with { Times = 1000 });
        rig.Service.AfterCall = operation =>
        {
            if (operation == Create) rig.Rpc.Dispatcher.CancelRunning();
        };

        // The refusal of the first try has come back, and the engine cancels during the wait before the second.
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));

        error.Code.ShouldBe(ProviderStatus.Cancelled);
        rig.Service.Tasks.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_creation_that_runs_out_of_time_still_looks_for_its_task()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext(Create, Fault.DropAfter());
        rig.Service.BeforeCall = operation =>
        {
            if (operation == Create) rig.Clock.Advance(TimeSpan.FromSeconds(29));
        };

        await rig.UpAsync(Programs.Relay(), new ResourceOptions { Timeout = TimeSpan.FromSeconds(30) });

        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
    }

    [Fact]
    public async Task A_repeated_creation_that_is_refused_because_the_first_made_the_task_after_all_takes_it_over()
    {
        using var rig = new Rig(
            RelayTask.Token,
            settings =>
            {
                settings.ListLag = TimeSpan.FromSeconds(15);
                settings.DuplicateDestination = DuplicateDestination.RefusedAtCreate;
            });
        rig.Service.FailNext(Create, Fault.DropAfter());

        await rig.UpAsync(Programs.Relay());

        rig.Service.Calls.Where(call => call.Operation == Create).Select(call => call.Code)
            .ShouldBe(["ConnectionDropped", "InvalidParameter"]);
        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
    }

    [Fact]
    public async Task A_creation_that_a_gateway_calls_unavailable_after_it_was_done_makes_no_second_task()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext(Create, new Fault(FaultKind.FailAfterDoing, "ServiceUnavailable", 503));

        await rig.UpAsync(Programs.Relay());

        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Service.Tasks.Values.ShouldHaveSingleItem().TaskId}");
        rig.Service.Calls.Count(call => call.Operation == Create).ShouldBe(1);
    }

    [Theory]
    [InlineData("Forbidden.RAM", 403)]
    [InlineData("Throttling.User", 400)]
    [InlineData("InvalidAccessKeyId.Inactive", 400)]
    public async Task A_repeated_creation_that_is_refused_still_says_that_the_first_may_have_made_the_task(string code, int status)
    {
        using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromHours(1));
        rig.Service.FailNext(Create, Fault.DropAfter());
        rig.Service.FailNext(Create, Fault.Refuse(code, status) with { Times = 1000 });

        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));

        error.Code.ShouldBe(ProviderStatus.Unknown);
        error.Message.ShouldContain(code);
        error.Message.ShouldContain("Whether the task was made is not known: none was found yet, but it may exist");
        error.Message.ShouldContain("pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/<taskId>");
        rig.Service.Tasks.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(3600, false)]
    public async Task A_repeated_creation_that_is_cancelled_before_it_is_sent_looks_once_more_for_the_task_of_the_first(int lag, bool found)
    {
        using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromSeconds(lag));
        rig.Service.FailNext(Create, Fault.DropAfter());
        rig.Service.FailNext(Create, Fault.Throttle() with { Times = 1000 });
        DateTimeOffset? cancelled = null;
        rig.Service.AfterCall = operation =>
        {
            if (operation != Create || cancelled is not null || rig.Service.Calls.Count(call => call.Operation == Create) < 2) return;
            cancelled = rig.Clock.GetUtcNow();
            rig.CancelCalls();
        };

        var error = await Record.ExceptionAsync(() => rig.UpAsync(Programs.Relay()));

        (rig.Clock.GetUtcNow() - cancelled!.Value).ShouldBeLessThanOrEqualTo(Waiting.AfterCancelLimit);
        if (found) rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        else error!.Message.ShouldContain("it was cancelled. Whether the task was made is not known: none was found yet, but it may exist");
    }

    [Theory]
    [InlineData("task")]
    [InlineData("session")]
    public async Task A_creation_that_fails_does_not_show_a_name_that_is_marked_as_secret(string noun)
    {
        var (type, name, program) = noun == "task"
            ? (RelayTask.Token, "taskName", Programs.Relay())
            : (MonitorSession.Token, "monitorName", Programs.Monitor());
        using var rig = new Rig(type);
        rig.Service.FailNext(noun == "task" ? Create : CreateMonitor, Fault.Refuse("Forbidden.RAM", 403));

        var secret = program.With((name, ((PropertyValue)"acme-launch").AsSecret()));
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(secret));

        error.Message.ShouldNotContain("acme-launch");
        error.Message.ShouldContain($"{noun} of the given name");
    }

    [Fact]
    public async Task A_task_in_the_way_is_told_without_a_name_that_is_marked_as_secret()
    {
        using var rig = new Rig(RelayTask.Token);
        var program = Programs.Relay().With(("taskName", ((PropertyValue)"acme-launch").AsSecret()));
        await rig.UpAsync(program);
        rig.State = null;

        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program));

        error.Message.ShouldContain($"task cn-shanghai/{rig.Task.TaskId} pushes to the same destination");
        error.Message.ShouldNotContain("acme-launch");
    }

    [Fact]
    public async Task A_creation_of_which_nothing_is_found_says_what_to_do_if_it_turns_up()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext(Create, Fault.DropBefore() with { Times = 1000 });

        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));

        error.Message.ShouldContain("Whether the task was made is not known: none was found yet, but it may exist. Look for it by its name with getRelayTasks");
        error.Message.ShouldContain("pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/<taskId>");
        rig.Service.Calls.Count(call => call.Operation == Create).ShouldBe(3);
    }

    sealed class FixedKey : ICredentialSource
    {
        public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) =>
            ValueTask.FromResult(new LiveCredentials(LiveService.DefaultAccessKeyId, LiveService.DefaultAccessKeySecret, null, "test"));

        public void Expire(LiveCredentials stale)
        {
        }
    }
}
