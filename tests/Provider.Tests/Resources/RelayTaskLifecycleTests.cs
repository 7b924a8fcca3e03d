using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>The life of a relay task through the engine's calls: create, refresh, drift, end, replacement, import, destroy.</summary>
public sealed class RelayTaskLifecycleTests
{
    static Rig NewRig(Action<SimulatorSettings>? settings = null) => new(RelayTask.Token, settings);

    static readonly ResourceOptions IgnoringRunState = new() { IgnoreChanges = ["desiredStatus"] };

    [Fact]
    public async Task A_task_is_created_read_and_deleted()
    {
        using var rig = NewRig();
        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Create);
        rig.TakeChanges().ShouldBe(["CreateLivePullToPush"]);
        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        rig.State.Outputs["status"]!.Text.ShouldBe("Idle");

        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await rig.RefreshAsync()).ShouldBeEmpty();
        rig.State.Outputs["status"]!.Text.ShouldBe("Running");
        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
        rig.TakeChanges().ShouldBeEmpty();

        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        rig.TakeChanges().ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush"]);
        Secrets.ShouldNotLeak(rig);
    }

    public static TheoryData<string> Variations() => [.. SimulatorSettings.Variations.Select(variation => variation.Name).Prepend("")];

    static Action<SimulatorSettings> Variation(string name) => name.Length == 0 ? _ => { } : SimulatorSettings.Variations.Single(variation => variation.Name == name).Apply;

    [Theory]
    [MemberData(nameof(Variations))]
    public async Task Refresh_without_an_outside_change_shows_nothing_in_any_state(string variation)
    {
        using var rig = NewRig(Variation(variation));
        foreach (var state in (string[])["Idle", "Running", "Recovering", "Exit"])
        {
            var program = state == "Idle" ? Programs.Playlist().With(("startTime", rig.Clock.In(TimeSpan.FromHours(1)))) : Programs.Relay().With(("endTime", rig.Clock.In(TimeSpan.FromHours(10))));
            await rig.UpAsync(program);
            await RelayTaskChangeTests.BringAsync(rig, state);
            (await rig.RefreshAsync()).ShouldBeEmpty();
            (await rig.UpAsync(program)).ShouldBe(Step.Same);
            await rig.DestroyAsync();
            rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        }

        Secrets.ShouldNotLeak(rig);
    }

    [Theory]
    [MemberData(nameof(Variations))]
    public async Task Destroy_leaves_nothing_from_any_state(string variation)
    {
        foreach (var state in (string[])["Idle", "Running", "Running, not refreshed", "Recovering", "Offline", "Exit", "already deleted"])
        {
            using var rig = NewRig(Variation(variation));
            var program = Programs.Relay();
            if (state == "Idle") program = program.With(("startTime", rig.Clock.In(TimeSpan.FromHours(1))));
            await rig.UpAsync(program);
            if (state == "already deleted") rig.Service.DeleteBehindOurBack(rig.Task.TaskId);
            else await RelayTaskChangeTests.BringAsync(rig, state);
            await rig.DestroyAsync();
            rig.Clock.Advance(TimeSpan.FromHours(5));
            rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
            rig.Service.Tasks.Values.ShouldAllBe(task => state != "Idle" || task.Pushes.IsEmpty, "an idle task does not start later");
        }
    }

    [Fact]
    public async Task Stopping_a_stopped_task_counts_as_success_and_is_logged()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        await RelayTaskChangeTests.BringAsync(rig, "Offline");
        rig.Service.ClearCalls();
        await rig.DestroyAsync();
        rig.TakeChanges().ShouldBe(["StopLivePullToPush CodeTaskHasStopped", "DeleteLivePullToPush"]);
        rig.Log.Lines.ShouldContain(line => line.Severity == LogSeverity.Debug && line.Message.Contains("CodeTaskHasStopped") && line.Message.Contains("taken as success"));
    }

    [Fact]
    public async Task Destroy_goes_on_to_delete_when_stop_is_refused_and_stops_at_lost_permission()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        rig.Service.FailNext("StopLivePullToPush", Fault.Refuse("InvalidParameter"));
        rig.Service.FailNext("DeleteLivePullToPush", Fault.Refuse("InvalidParameter", message: "no"));
        var both = await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
        both.Message.ShouldContain("delete relay task");
        both.Message.ShouldContain("stopping it failed before");

        rig.Service.FailNext("StopLivePullToPush", Fault.Refuse("Forbidden.RAM", 403));
        var denied = await Should.ThrowAsync<RpcException>(() => rig.DestroyAsync());
        denied.Code.ShouldBe(ProviderStatus.PermissionDenied);
        denied.Message.ShouldContain("live:StopLivePullToPush");
        rig.Task.IsLive.ShouldBeTrue();

        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
    }

    [Theory]
    [InlineData("Running", true)]
    [InlineData("Offline", true)]
    [InlineData("Idle", false)]
    public async Task With_onDelete_Stop_a_stopped_task_stays_but_an_idle_one_does_not(string state, bool stays)
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(("onDelete", "Stop"));
        if (state == "Idle") program = program.With(("startTime", rig.Clock.In(TimeSpan.FromHours(1))));
        await rig.UpAsync(program);
        await RelayTaskChangeTests.BringAsync(rig, state);
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.Count(task => task.IsLive).ShouldBe(stays ? 1 : 0);
        rig.Service.Tasks.Values.ShouldAllBe(task => task.OnAir == null);
        rig.Log.Warnings.Any(line => line.Contains("onDelete")).ShouldBe(!stays);
    }

    [Theory]
    [MemberData(nameof(Variations))]
    public async Task An_ended_task_stays_as_Exit_until_a_later_end_replaces_it(string variation)
    {
        foreach (var refreshed in (bool[])[true, false])
        {
            using var rig = NewRig(Variation(variation));
            var program = Programs.Relay();
            await rig.UpAsync(program);
            rig.Clock.Advance(TimeSpan.FromHours(11));
            if (refreshed)
            {
                (await rig.RefreshAsync()).ShouldBeEmpty();
                rig.State!.Outputs["status"]!.Text.ShouldBe("Exit");
                rig.Log.Lines.Count(line => line.Message.Contains("ended at")).ShouldBe(1, "the end is told");
                await rig.RefreshAsync();
                rig.Log.Lines.Count(line => line.Message.Contains("ended at")).ShouldBe(1, "and told once");
            }

            (await rig.UpAsync(program)).ShouldBe(Step.Same);
            rig.Service.ClearCalls();
            (await rig.UpAsync(program.With(("callbackUrl", "https://hooks.example.com/late"), ("retryCount", 9)))).ShouldBe(Step.Update);
            rig.TakeChanges().ShouldBeEmpty("what changes on an ended task is recorded only");
            (await rig.UpAsync(program.With(("endTime", rig.Clock.In(TimeSpan.FromHours(2)))))).ShouldBe(Step.ReplaceDeleteFirst);
            rig.Task.State.ShouldBe(RelayState.Idle);
            await rig.DestroyAsync();
        }
    }

    [Fact]
    public async Task A_task_that_ends_while_the_program_changes_says_so_and_is_replaced_after_a_refresh()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        rig.Service.DeleteBehindOurBack(rig.Task.TaskId);
        var changed = Programs.Relay().With(("callbackUrl", "https://hooks.example.com/x"));
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(changed));
        error.Message.ShouldContain("pulumi refresh");
        rig.State.ShouldNotBeNull();
        (await rig.RefreshAsync()).ShouldBeNull("deleted before its end: gone");
        (await rig.UpAsync(changed)).ShouldBe(Step.Create);
    }

    [Fact]
    public async Task Drift_of_the_run_state_shows_in_refresh_and_the_next_up_repairs_it()
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(("desiredStatus", "Running"));
        await rig.UpAsync(program);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        rig.Service.StopBehindOurBack(rig.Task.TaskId);
        (await rig.RefreshAsync()).ShouldBe(["desiredStatus"]);
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        rig.Task.OnAir.ShouldNotBeNull();
        rig.TakeChanges().ShouldBe(["CreateLivePullToPush", "RestartLivePullToPush"]);
        (await rig.RefreshAsync()).ShouldBeEmpty();

        var stopped = program.With(("desiredStatus", "Stopped"));
        (await rig.UpAsync(stopped)).ShouldBe(Step.Update);
        rig.Task.OnAir.ShouldBeNull();
        rig.Service.StartBehindOurBack(rig.Task.TaskId);
        (await rig.RefreshAsync()).ShouldBe(["desiredStatus"]);
        (await rig.UpAsync(stopped)).ShouldBe(Step.Update);
        rig.Task.OnAir.ShouldBeNull();
    }

    [Theory]
    [InlineData("Running", true)]
    [InlineData("Running", false)]
    [InlineData("Stopped", true)]
    [InlineData("Stopped", false)]
    public async Task An_unrelated_update_never_moves_the_run_state(string desired, bool ignored)
    {
        using var rig = NewRig();
        var options = ignored ? IgnoringRunState : new();
        var program = Programs.Relay().With(("desiredStatus", desired));
        await rig.UpAsync(program);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        if (desired == "Running") rig.Service.StopBehindOurBack(rig.Task.TaskId);
        else rig.Service.StartBehindOurBack(rig.Task.TaskId);
        if (ignored) (await rig.RefreshAsync(options)).ShouldBeEmpty("ignored drift is not shown");
        rig.Service.ClearCalls();
        (await rig.UpAsync(program.With(("callbackUrl", "https://hooks.example.com/x")), options)).ShouldBe(Step.Update);
        rig.TakeChanges().ShouldBe(["UpdateLivePullToPush"]);
        (rig.Task.OnAir is not null).ShouldBe(desired == "Stopped", "as somebody else left it");
    }

    [Fact]
    public async Task A_change_of_the_source_on_a_task_whose_run_state_is_ignored_puts_it_back_on_air()
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(("desiredStatus", "Stopped"));
        await rig.UpAsync(program);
        rig.Service.StartBehindOurBack(rig.Task.TaskId);
        (await rig.RefreshAsync(IgnoringRunState)).ShouldBeEmpty();
        rig.Service.ClearCalls();
        await rig.UpAsync(program.With(("sourceUrls", PropertyValue.Of("rtmp://pull.example.com/live/new"))), IgnoringRunState);
        rig.TakeChanges().ShouldBe(["StopLivePullToPush", "UpdateLivePullToPush", "RestartLivePullToPush"]);
        rig.Task.OnAir!.SourceUrls.ShouldBe(["rtmp://pull.example.com/live/new"]);
    }

    [Fact]
    public async Task Stopped_at_create_is_stopped_as_soon_as_it_has_started()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay().With(("desiredStatus", "Stopped")));
        rig.TakeChanges().ShouldBe(["CreateLivePullToPush", "StopLivePullToPush"]);
        rig.State!.Outputs["status"]!.Text.ShouldBe("Offline");
        rig.Task.BilledMinutes(rig.Service.Now).ShouldBeLessThanOrEqualTo(1);
        (await rig.UpAsync(Programs.Relay().With(("desiredStatus", "Stopped")))).ShouldBe(Step.Same);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stopped_before_a_later_start_is_told_and_the_up_after_the_start_stops_it(bool refreshed)
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(("desiredStatus", "Stopped"), ("startTime", rig.Clock.In(TimeSpan.FromHours(1))));
        await rig.UpAsync(program);
        rig.Log.Lines.ShouldContain(line => line.Severity == LogSeverity.Info && line.Message.Contains("starts by itself at"));
        (await rig.RefreshAsync()).ShouldBeEmpty();
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
        rig.Clock.Advance(TimeSpan.FromHours(2));
        if (refreshed) (await rig.RefreshAsync()).ShouldBe(["desiredStatus"]);
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        rig.Task.State.ShouldBe(RelayState.Offline);
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
    }

    [Fact]
    public async Task AwaitRunning_waits_for_the_air_and_a_failed_wait_is_finished_by_the_next_up()
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(("awaitRunning", true));
        await rig.UpAsync(program);
        rig.State!.Outputs["status"]!.Text.ShouldBe("Running");
        await rig.DestroyAsync();

        // The source is lost as soon as the task exists: it retries, goes offline, and the wait ends with the service's reason.
        rig.Service.AfterCall = operation =>
        {
            if (operation == "CreateLivePullToPush") rig.Service.LoseSource(rig.Task.TaskId);
        };
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program));
        error.Message.ShouldContain("Offline, reason PullStreamFailed");
        rig.State.ShouldNotBeNull().InitErrors.ShouldNotBeEmpty();

        rig.Service.AfterCall = null;
        rig.Service.RestoreSource(rig.Task.TaskId);
        rig.Service.ClearCalls();
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        rig.TakeChanges().ShouldBe(["RestartLivePullToPush"]);
        rig.State!.Outputs["status"]!.Text.ShouldBe("Running");
        rig.State.Outputs.Keys.ShouldNotContain(key => key.StartsWith("__", StringComparison.Ordinal));
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
    }

    [Fact]
    public async Task A_replacement_with_the_same_destination_deletes_first_and_with_a_new_one_creates_first()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        rig.TakeChanges();
        (await rig.UpAsync(Programs.Relay().With(("retryCount", 5)))).ShouldBe(Step.ReplaceDeleteFirst);
        rig.TakeChanges().ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush", "CreateLivePullToPush"]);
        (await rig.UpAsync(Programs.Relay().With(("retryCount", 5), ("dstUrl", "rtmp://push.example.com/live/c")))).ShouldBe(Step.ReplaceCreateFirst);
        rig.TakeChanges().ShouldBe(["CreateLivePullToPush", "StopLivePullToPush", "DeleteLivePullToPush"]);
        rig.Service.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_update_that_the_user_declares_a_replacement_deletes_first()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        var longer = Programs.Relay().With(("endTime", rig.Clock.In(TimeSpan.FromHours(20))));
        (await rig.UpAsync(longer, new() { ReplaceOnChanges = ["endTime"] })).ShouldBe(Step.ReplaceDeleteFirst);
        rig.Service.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_replacement_without_Diff_puts_nothing_on_air_twice_and_names_the_way_out()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        var old = rig.Task;
        await rig.ReplaceAsync(Programs.Relay(), new(), deleteFirst: false, preview: true);
        var error = await Should.ThrowAsync<RpcException>(() => rig.ReplaceAsync(Programs.Relay(), new(), deleteFirst: false, preview: false));
        error.Code.ShouldBe(ProviderStatus.FailedPrecondition);
        error.Message.ShouldContain($"cn-shanghai/{old.TaskId}");
        error.Message.ShouldContain("deleteBeforeReplace: true");
        error.Message.ShouldContain($"pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/{old.TaskId}");
        rig.Task.TaskId.ShouldBe(old.TaskId);
        rig.Task.OnAir.ShouldNotBeNull();
        rig.Service.Conflicts.ShouldBeEmpty();

        await rig.ReplaceAsync(Programs.Relay(), new(), deleteFirst: true, preview: false);
        rig.Service.Conflicts.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task Forcing_the_new_one_first_is_refused_while_the_old_one_is_on_air()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay().With(("retryCount", 5)), new() { DeleteBeforeReplace = false }));
        error.Message.ShouldContain("deleteBeforeReplace: true");
        rig.Service.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rename_without_alias_and_a_swap_of_destinations_are_refused_with_the_way_out()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        var first = rig.State;
        rig.State = null;
        rig.Name = "renamed";
        await rig.RestartPluginAsync();
        var rename = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));
        rename.Message.ShouldContain("aliases");

        var second = Programs.Relay().With(("dstUrl", "rtmp://push.example.com/live/second"));
        await rig.UpAsync(second);
        await rig.RestartPluginAsync();
        var swap = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));
        swap.Message.ShouldContain("two runs");
        rig.Service.Conflicts.ShouldBeEmpty();
        rig.Service.Tasks.Values.Count(task => task.IsLive).ShouldBe(2);
        first.ShouldNotBeNull();
    }

    [Fact]
    public async Task Two_tasks_may_use_one_destination_one_after_the_other()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay().With(("endTime", rig.Clock.In(TimeSpan.FromHours(1)))));
        rig.State = null;
        await rig.UpAsync(Programs.Relay().With(("startTime", rig.Clock.In(TimeSpan.FromHours(2)))));
        rig.Clock.Advance(TimeSpan.FromHours(3));
        rig.Service.Conflicts.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Variations))]
    public async Task An_imported_task_has_an_empty_next_preview(string variation)
    {
        using var rig = NewRig(Variation(variation));
        foreach (var program in (PropertyMap[])[Programs.Relay(), Programs.Playlist().With(("startTime", rig.Clock.In(TimeSpan.FromHours(1))), ("callbackUrl", "https://hooks.example.com/a?token=HOOKKEY"), ("repeatNumber", 2), ("offset", 5))])
        {
            await rig.UpAsync(program);
            var id = rig.State!.Id;
            rig.State = null;
            var inputs = await rig.ImportAsync(id);
            foreach (var name in (string[])["status", "taskId", "onDelete", "awaitRunning", "retryCount", "desiredStatus"]) inputs[name].ShouldBeNull($"{name} is not what a program would state");
            Secrets.ShouldNotLeak(rig);
            (await rig.UpAsync(inputs)).ShouldBe(Step.Same);

            // The bare task id serves too, with the provider's region.
            rig.State = null;
            await rig.ImportAsync(id.Split('/')[1]);
            rig.State!.Id.ShouldBe(id);
            await rig.DestroyAsync();
        }
    }

    [Fact]
    public async Task An_unknown_or_malformed_import_id_says_what_is_right()
    {
        using var rig = NewRig();
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync("cn-shanghai/11111111-2222-3333-4444-555555555555"));
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync("cn-shanghai/some/thing"));
        rig.Log.Warnings.Count(line => line.Contains("<region>/<taskId>", StringComparison.Ordinal)).ShouldBe(2);

        await rig.UpAsync(Programs.Relay());
        var id = rig.State!.Id;
        rig.Clock.Advance(TimeSpan.FromHours(10.5));
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync(id));
        rig.Log.Warnings.ShouldContain(line => line.Contains("ended at"), "an import of an ended task says when it ended");
    }

    [Fact]
    public async Task A_region_from_the_environment_never_moves_a_task()
    {
        using var rig = NewRig();
        await rig.UpAsync(Programs.Relay());
        rig.Config.Remove("region");
        var before = Environment.GetEnvironmentVariable("ALICLOUD_REGION");
        Environment.SetEnvironmentVariable("ALICLOUD_REGION", "cn-beijing");
        try
        {
            await rig.RestartPluginAsync();
            (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
            (await rig.UpAsync(Programs.Relay().With(("retryCount", 5)))).ShouldBe(Step.ReplaceDeleteFirst);
            rig.State!.Id.ShouldStartWith("cn-shanghai/");

            await rig.RestartPluginAsync();
            await rig.DestroyAsync();
            await rig.UpAsync(Programs.Relay());
            rig.State!.Id.ShouldStartWith("cn-beijing/");
        }
        finally
        {
            Environment.SetEnvironmentVariable("ALICLOUD_REGION", before);
        }
    }

    [Fact]
    public async Task Everything_wrong_is_reported_at_once_without_a_value_and_without_a_call()
    {
        using var rig = NewRig();
        var program = Programs.Relay().With(
            ("dstUrl", ((PropertyValue)"http://push.example.com/live?auth_key=BADKEY").AsSecret()),
            ("sourceUrls", PropertyValue.Of("ftp://x/?BADKEY", "rtmp://ok/live")),
            ("callbackUrl", "gopher://hooks/?BADKEY"),
            ("endTime", "2020-01-01T00:00:00Z"),
            ("startTime", "tomorrow"),
            ("retryInterval", 5),
            ("retryCount", -1),
            ("repeatNumber", -2),
            ("offset", 5),
            ("dstUrll", "rtmp://typo/?BADKEY"),
            ("desiredStatus", "running"));
        var failures = (await rig.CheckRawAsync(program, PropertyMap.Empty)).Failures;
        string[] paths = [.. failures.Select(failure => failure.Property.Length > 0 ? failure.Property : failure.Reason.Split(':')[0])];
        foreach (var path in (string[])["dstUrl", "sourceUrls", "sourceUrls[0]", "callbackUrl", "endTime", "startTime", "retryInterval", "retryCount", "repeatNumber", "offset", "desiredStatus"])
        {
            paths.ShouldContain(path, $"{path} is reported");
        }

        failures.ShouldContain(failure => failure.Reason.Contains("did you mean `dstUrl`"));
        rig.Service.Calls.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task Missing_credentials_are_told_by_the_first_call_that_needs_them()
    {
        using var rig = NewRig();
        rig.Config.Remove("accessKey");
        rig.Config.Remove("secretKey");
        await rig.RestartPluginAsync();
        (await rig.PreviewAsync(Programs.Relay())).ShouldBe(Step.Create);
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));
        error.Code.ShouldBe(ProviderStatus.Unauthenticated);
        error.Message.ShouldContain("accessKey");
        error.Message.ShouldContain("ALIBABA_CLOUD_ACCESS_KEY_ID");
    }
}
