using System.Collections.Immutable;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>
/// Operations that are cut off at each single call: the service fails, the answer is lost, the engine cancels, the plugin is killed. The next
/// up leaves the task on air with the new values; no task is made twice, and none is lost.
/// </summary>
public sealed class RelayTaskInterruptionTests
{
    static readonly ImmutableArray<string> Cuts =
        ["refused", "failed before doing", "failed after doing", "dropped before", "dropped after", "cancelled before", "cancelled after", "killed before", "killed after"];

    static readonly string[] NewSource = ["rtmp://pull.example.com/live/new"];

    public static TheoryData<string, string, int, bool> UpdateCuts()
    {
        var data = new TheoryData<string, string, int, bool>();
        foreach (var cut in Cuts)
        {
            foreach (var desired in (string[])["Running", ""])
            {
                for (var call = 1; call <= 7; call++)
                {
                    data.Add(cut, desired, call, false);
                    data.Add(cut, desired, call, true);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(UpdateCuts))]
    public async Task A_cut_off_stop_update_restart_is_healed_by_the_next_up(string cut, string desired, int call, bool refreshed)
    {
        using var rig = new Rig(RelayTask.Token);
        var (_, changed) = await CutUpdateAsync(rig, cut, desired, call);
        rig.State.ShouldNotBeNull();

        // A refresh in between hides nothing, but for a killed plugin of a task whose run state nobody manages: that one looks like somebody's stop.
        if (refreshed && (desired == "Running" || !cut.StartsWith("killed", StringComparison.Ordinal))) await rig.RefreshAsync();
        await UntilDoneAsync(rig, changed);
        rig.Task.OnAir.ShouldNotBeNull().SourceUrls.ShouldBe(NewSource);
        rig.Task.Config.CallbackUrl.ShouldBe("https://hooks.example.com/new");
        rig.State!.Outputs.Keys.ShouldNotContain(key => key.StartsWith("__", StringComparison.Ordinal), "nothing is pending");
        rig.Service.Conflicts.ShouldBeEmpty();
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        Secrets.ShouldNotLeak(rig);
    }

    [Theory]
    [MemberData(nameof(UpdateCuts))]
    public async Task A_program_that_is_taken_back_after_a_cut_off_update_is_followed(string cut, string desired, int call, bool freed)
    {
        using var rig = new Rig(RelayTask.Token);
        var (program, _) = await CutUpdateAsync(rig, cut, desired, call);

        // A killed plugin leaves the state as it was: what it did before shows in a refresh.
        if (cut.StartsWith("killed", StringComparison.Ordinal)) await rig.RefreshAsync();
        if (freed) program = program.With(("desiredStatus", null));
        await UntilDoneAsync(rig, program);
        if (!cut.StartsWith("killed", StringComparison.Ordinal) || (desired == "Running" && !freed)) rig.Task.OnAir.ShouldNotBeNull();
        rig.Task.Config.SourceUrls.ShouldBe([Programs.Source]);
        rig.Task.Config.CallbackUrl.ShouldBeEmpty();
        (rig.Task.OnAir?.SourceUrls ?? [Programs.Source]).ShouldBe([Programs.Source]);
        rig.Service.Conflicts.ShouldBeEmpty();
    }

    /// <summary>A task on air whose change of source and callback is cut off: the program that it was made from, and the changed one.</summary>
    static async Task<(PropertyMap Program, PropertyMap Changed)> CutUpdateAsync(Rig rig, string cut, string desired, int call)
    {
        var program = Programs.Relay().With(("desiredStatus", desired.Length == 0 ? null : (PropertyValue)desired), ("endTime", rig.Clock.In(TimeSpan.FromDays(3))));
        await rig.UpAsync(program);
        await RelayTaskChangeTests.BringAsync(rig, "Running");
        var changed = program.With(
            ("sourceUrls", PropertyValue.Of(NewSource.Select(url => (PropertyValue)url))), ("callbackUrl", "https://hooks.example.com/new"));
        await CutAsync(rig, cut, call, () => rig.UpAsync(changed));
        return (program, changed);
    }

    public static TheoryData<string, string, int> CreateCuts()
    {
        var data = new TheoryData<string, string, int>();
        foreach (var cut in Cuts)
        {
            foreach (var desired in (string[])["Running", "Stopped"])
            {
                for (var call = 1; call <= 6; call++) data.Add(cut, desired, call);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(CreateCuts))]
    public async Task A_cut_off_creation_makes_one_task_and_loses_none(string cut, string desired, int call)
    {
        using var rig = new Rig(RelayTask.Token);
        var program = Programs.Relay().With(("desiredStatus", desired), ("endTime", rig.Clock.In(TimeSpan.FromDays(3))), ("awaitRunning", true));
        await CutAsync(rig, cut, call, () => rig.UpAsync(program));
        var live = rig.Service.Tasks.Values.Where(task => task.IsLive).ToList();
        live.Count.ShouldBeLessThanOrEqualTo(1);
        if (rig.State is null && live is [var left] && left.State != RelayState.Offline)
        {
            // Only a killed plugin may leave a task that the state does not know; the next up refuses by its id.
            cut.ShouldStartWith("killed");
            var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program));
            error.Message.ShouldContain($"pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/{left.TaskId}");
            await rig.ImportAsync($"cn-shanghai/{left.TaskId}");
            program = program.With(("taskName", left.Config.TaskName));
        }
        else if (rig.State is null)
        {
            // A stopped one pushes nothing and is in nobody's way.
            live.ShouldAllBe(task => cut.StartsWith("killed"));
            foreach (var task in live) rig.Service.DeleteBehindOurBack(task.TaskId);
        }

        await UntilDoneAsync(rig, program);
        (rig.Task.OnAir is not null).ShouldBe(desired == "Running");
        rig.Service.Conflicts.ShouldBeEmpty();
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        Secrets.ShouldNotLeak(rig);
    }

    public static TheoryData<string, int> DeleteCuts()
    {
        var data = new TheoryData<string, int>();
        foreach (var cut in Cuts)
        {
            for (var call = 1; call <= 3; call++) data.Add(cut, call);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(DeleteCuts))]
    public async Task A_cut_off_destroy_is_finished_by_the_next_one(string cut, int call)
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Relay().With(("endTime", rig.Clock.In(TimeSpan.FromDays(3)))));
        await RelayTaskChangeTests.BringAsync(rig, "Running");
        await CutAsync(rig, cut, call, async () =>
        {
            await rig.DestroyAsync();
            return Step.Same;
        });
        if (rig.State is not null) await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
    }

    [Theory]
    [InlineData("DropAfter")]
    [InlineData("ErrorAfterDoing")]
    [InlineData("MalformedJson")]
    [InlineData("HtmlBadGateway")]
    [InlineData("DropBefore")]
    [InlineData("ErrorBeforeDoing")]
    [InlineData("Throttle")]
    public async Task A_lost_answer_to_Create_makes_exactly_one_task(string kind)
    {
        foreach (var lag in (int[])[0, 2, 5])
        {
            foreach (var name in (string?[])[null, "named"])
            {
                using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromSeconds(lag));
                rig.Service.FailNext("CreateLivePullToPush", kind switch
                {
                    "DropAfter" => Fault.DropAfter(),
                    "ErrorAfterDoing" => Fault.ErrorAfterDoing(),
                    "MalformedJson" => Fault.MalformedJson(),
                    "HtmlBadGateway" => Fault.HtmlBadGateway(),
                    "DropBefore" => Fault.DropBefore(),
                    "ErrorBeforeDoing" => Fault.ErrorBeforeDoing(),
                    _ => Fault.Throttle(),
                });
                (await rig.UpAsync(Programs.Relay().With(("taskName", name is null ? null : (PropertyValue)name)))).ShouldBe(Step.Create);
                rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
                rig.Service.Conflicts.ShouldBeEmpty();
            }
        }
    }

    [Theory]
    [InlineData("expired token")]
    [InlineData("lost permission")]
    [InlineData("unusable answer")]
    public async Task Whatever_fails_once_the_task_exists_its_id_is_kept(string failure)
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.AddAccessKey("temporary-id", "temporary-secret", "temporary-token");
        rig.Config["accessKey"] = "temporary-id";
        rig.Config["secretKey"] = ((PropertyValue)"temporary-secret").AsSecret();
        rig.Config["securityToken"] = ((PropertyValue)"temporary-token").AsSecret();
        await rig.RestartPluginAsync();
        rig.Service.AfterCall = operation =>
        {
            if (operation != "CreateLivePullToPush") return;
            if (failure == "expired token") rig.Service.ExpireToken("temporary-token");
            if (failure == "lost permission") rig.Service.FailNext("DescribeLivePullToPush", Fault.Refuse("Forbidden.RAM", 403));
            if (failure == "unusable answer") rig.Service.FailNext("DescribeLivePullToPush", Fault.HtmlBadGateway() with { Times = 1000 });
        };
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay()));
        error.Message.ShouldContain("relay task cn-shanghai/");
        rig.State.ShouldNotBeNull().Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        rig.State.Outputs["taskId"]!.Text.ShouldBe(rig.Task.TaskId);
        rig.Service.AfterCall = null;
        rig.Service.ClearFaults();
        Secrets.ShouldNotLeak(rig);
    }

    [Theory]
    [InlineData("InvalidParameter", 400)]
    [InlineData("Forbidden.RAM", 403)]
    public async Task A_stop_that_was_refused_is_no_reason_to_restart(string code, int status)
    {
        using var rig = await OnAirAsync();
        rig.Service.FailNext("StopLivePullToPush", Fault.Refuse(code, status));
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(WithNewSource(rig)));
        rig.TakeChanges().ShouldBe([$"StopLivePullToPush {code}"], "a restart would interrupt the push");
        rig.Task.OnAir.ShouldNotBeNull();
        await UntilDoneAsync(rig, WithNewSource(rig));
        rig.Task.OnAir.ShouldNotBeNull().SourceUrls.ShouldBe(NewSource);
    }

    [Theory]
    [InlineData("refused", "UpdateLivePullToPush")]
    [InlineData("dropped after", "UpdateLivePullToPush")]
    [InlineData("failed after doing", "RestartLivePullToPush")]
    public async Task A_task_that_was_stopped_is_on_air_when_the_failed_up_ends(string cut, string operation)
    {
        using var rig = await OnAirAsync();
        await CutAsync(rig, cut, await CallNumberAsync(operation), () => rig.UpAsync(WithNewSource(rig)));
        rig.Task.OnAir.ShouldNotBeNull();
        await UntilDoneAsync(rig, WithNewSource(rig));
    }

    [Fact]
    public async Task A_restart_that_is_cancelled_is_made_all_the_same()
    {
        using var rig = await OnAirAsync();
        var restarted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var restarts = 0;
        rig.Service.BeforeCall = operation =>
        {
            if (operation == "RestartLivePullToPush" && ++restarts == 1) rig.CancelCalls();
        };
        rig.Service.AfterCall = operation =>
        {
            if (operation == "RestartLivePullToPush") restarted.SetResult();
        };
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(WithNewSource(rig)));
        await restarted.Task.WaitAsync(TimeSpan.FromMinutes(1));
        rig.Task.OnAir.ShouldNotBeNull().SourceUrls.ShouldBe(NewSource);
    }

    [Fact]
    public async Task A_restart_that_failed_is_made_by_the_up_after_a_refresh()
    {
        using var rig = await OnAirAsync();
        rig.Service.FailNext("RestartLivePullToPush", Fault.Refuse("Forbidden.RAM", 403) with { Times = 2 });
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(WithNewSource(rig)));
        rig.Task.State.ShouldBe(RelayState.Offline);
        (await rig.RefreshAsync()).ShouldNotBeNull().ShouldContain("status", "the engine forgets the failure; the state does not");
        (await rig.UpAsync(WithNewSource(rig))).ShouldBe(Step.Update);
        rig.Task.OnAir.ShouldNotBeNull().SourceUrls.ShouldBe(NewSource);
        (await rig.UpAsync(WithNewSource(rig))).ShouldBe(Step.Same);
    }

    [Fact]
    public async Task A_new_id_that_a_restart_gave_is_kept_whatever_fails_then()
    {
        using var rig = await OnAirAsync(settings => settings.RestartChangesTaskId = true);
        rig.Service.AfterCall = operation =>
        {
            if (operation == "RestartLivePullToPush") rig.Service.FailNext("DescribeLivePullToPush", Fault.Refuse("Forbidden.RAM", 403));
        };
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(WithNewSource(rig)));
        rig.Service.AfterCall = null;
        rig.State!.Outputs["taskId"]!.Text.ShouldBe(rig.Task.TaskId);
        await UntilDoneAsync(rig, WithNewSource(rig));
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
    }

    [Theory]
    [InlineData("taken", 1, 3)]
    [InlineData("refused", 10, 9)]
    public async Task The_state_of_a_failed_update_has_the_end_that_is_in_force(string end, int before, int after)
    {
        using var rig = new Rig(RelayTask.Token);
        var program = Programs.Relay().With(("endTime", rig.Clock.In(TimeSpan.FromHours(before))));
        await rig.UpAsync(program);
        await RelayTaskChangeTests.BringAsync(rig, "Running");
        var changed = WithNewSource(rig).With(("endTime", rig.Clock.In(TimeSpan.FromHours(after))));

        // A change that was taken is followed by a restart that fails.
        var refused = end == "refused" ? "UpdateLivePullToPush" : "RestartLivePullToPush";
        rig.Service.FailNext(refused, Fault.Refuse("InvalidParameter") with { Times = 2 });
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(changed));
        rig.Service.ClearFaults();

        // Between the old and the new end, whichever comes first, the task lives: nothing may take it for ended and replace it.
        rig.Clock.Advance(TimeSpan.FromHours(Math.Min(before, after) + 0.5));
        var longer = changed.With(("endTime", rig.Clock.In(TimeSpan.FromHours(12))));
        var task = rig.Task.TaskId;
        (await rig.UpAsync(longer)).ShouldBe(Step.Update);
        rig.Task.TaskId.ShouldBe(task);
        rig.Task.OnAir.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_offset_that_cannot_be_taken_back_interrupts_nothing()
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Playlist().With(("offset", 30)));
        await RelayTaskChangeTests.BringAsync(rig, "Running");
        rig.TakeChanges();
        var error = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Playlist()));
        error.Message.ShouldContain("an offset cannot be taken back");
        rig.TakeChanges().ShouldBeEmpty();
        rig.Log.Warnings.ShouldNotContain(line => line.Contains("interrupts the push", StringComparison.Ordinal));
        rig.Task.OnAir.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("destroy")]
    [InlineData("create")]
    public async Task A_stop_that_never_shows_is_no_success(string operation)
    {
        using var rig = new Rig(RelayTask.Token);
        var program = Programs.Relay().With(("onDelete", "Stop"), ("desiredStatus", operation == "create" ? (PropertyValue)"Stopped" : null));
        if (operation == "destroy") await rig.UpAsync(program);
        if (operation == "destroy") await RelayTaskChangeTests.BringAsync(rig, "Running");
        rig.Service.AfterCall = call =>
        {
            if (call == "StopLivePullToPush") rig.Service.StartBehindOurBack(rig.Task.TaskId);
        };
        var error = await Should.ThrowAsync<RpcException>(() => operation == "create" ? rig.UpAsync(program) : rig.DestroyAsync());
        error.Message.ShouldContain($"the service still shows it as Running. Run {(operation == "create" ? "up" : "destroy")} again.");
        rig.Service.AfterCall = null;
        if (operation == "create") await UntilDoneAsync(rig, program);
        else await rig.DestroyAsync();
        rig.Task.State.ShouldBe(RelayState.Offline);
    }

    static async Task<Rig> OnAirAsync(Action<SimulatorSettings>? settings = null)
    {
        var rig = new Rig(RelayTask.Token, settings);
        await rig.UpAsync(Programs.Relay());
        await RelayTaskChangeTests.BringAsync(rig, "Running");
        rig.TakeChanges();
        return rig;
    }

    static PropertyMap WithNewSource(Rig rig) => new(rig.State!.Inputs) { ["sourceUrls"] = PropertyValue.Of(NewSource.Select(url => (PropertyValue)url)) };

    /// <summary>Which call of an up with a new source is the first of an operation.</summary>
    static async Task<int> CallNumberAsync(string operation)
    {
        using var rig = await OnAirAsync();
        await rig.UpAsync(WithNewSource(rig));
        return rig.Service.Calls.TakeWhile(call => call.Operation != operation).Count() + 1;
    }

    /// <summary>Lets one run of an operation go wrong at its n-th service call.</summary>
    static async Task CutAsync(Rig rig, string cut, int at, Func<Task<Step>> run)
    {
        var before = rig.State;
        var count = 0;
        var dead = false;
        var service = rig.Service;
        service.BeforeCall = operation =>
        {
            if (dead) throw new HttpRequestException("the plugin is dead");
            if (++count != at) return;
            switch (cut)
            {
                case "refused": service.FailNext(operation, Fault.Refuse("InvalidParameter")); break;
                case "failed before doing": service.FailNext(operation, Fault.ErrorBeforeDoing() with { Times = 1000 }); break;
                case "failed after doing": service.FailNext(operation, Fault.ErrorAfterDoing()); break;
                case "dropped before": service.FailNext(operation, Fault.DropBefore() with { Times = 1000 }); break;
                case "dropped after": service.FailNext(operation, Fault.DropAfter()); break;
                case "cancelled before": rig.Rpc.Dispatcher.CancelRunning(); break;
                case "killed before":
                    dead = true;
                    throw new HttpRequestException("the plugin is dead");
            }
        };
        service.AfterCall = _ =>
        {
            if (count != at || dead) return;
            if (cut == "cancelled after") rig.Rpc.Dispatcher.CancelRunning();
            if (cut != "killed after") return;
            dead = true;
            throw new HttpRequestException("the plugin is dead");
        };
        try
        {
            await run();
        }
        catch (RpcException)
        {
            // What a person would see; the state is looked at by the caller.
        }

        service.BeforeCall = null;
        service.AfterCall = null;
        service.ClearFaults();
        if (!dead) return;

        // A dead plugin answers nothing: the engine keeps what it had.
        rig.State = before;
        await rig.RestartPluginAsync();
    }

    /// <summary>The next up heals it; where the fault hit a later call of the same up, nothing is left to do.</summary>
    static async Task UntilDoneAsync(Rig rig, PropertyMap program)
    {
        await rig.UpAsync(program);
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
    }
}
