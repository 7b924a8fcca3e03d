using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Kind = PulumiAliyunLive.Protocol.Wire.PropertyDiff.Types.Kind;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Traffic;

/// <summary>
/// What two releases of the real engine sent, answered by the real provider, here and as a process: command by command, what the answers
/// mean and what the service holds afterwards.
/// </summary>
public sealed class TrafficTests
{
    const string InterruptionWords = "interrupts the push";

    [Theory]
    [InlineData("3.200", Ground.ThisProcess)]
    [InlineData("3.259", Ground.ThisProcess)]
    [InlineData("3.200", Ground.Processes)]
    [InlineData("3.259", Ground.Processes)]
    public async Task A_stack_of_a_relay_task_and_a_monitor_session_lives_from_preview_to_destroy(string version, Ground ground)
    {
        await using var stack = await ReplayedStack.StartAsync(version, ground);
        await PreviewAsync(stack);
        await UpAsync(stack);
        await UpWithoutChangeAsync(stack);
        await UpdateInPlaceAsync(stack);
        await ReplaceAsync(stack);
        await RefreshAsync(stack);
        await ImportAsync(stack);
        await RejectedByTheLanguageHostAsync(stack);
        await AutonamingAsync(stack);
        await ExplicitProviderAsync(stack);
        await RotatedSecretAsync(stack);
        await DestroyAsync(stack);
        stack.Service.Conflicts.ShouldBeEmpty();
        await stack.EndAsync();
    }

    [Theory]
    [InlineData("3.200", Ground.ThisProcess)]
    [InlineData("3.259", Ground.ThisProcess)]
    [InlineData("3.200", Ground.Processes)]
    [InlineData("3.259", Ground.Processes)]
    public async Task Drift_of_the_run_state_is_found_and_repaired_and_forced_replacements_never_push_twice(string version, Ground ground)
    {
        await using var stack = await ReplayedStack.StartAsync(version, ground);
        await stack.ExistingAsync("13-refresh-finds-drift");
        await RefreshFindsDriftAsync(stack);
        await UpRepairsDriftAsync(stack, "14-up-repairs-drift", refreshes: false);
        stack.Service.StopBehindOurBack(stack.Task.TaskId);
        await UpRepairsDriftAsync(stack, "15-up-with-refresh-repairs-drift", refreshes: true);
        await ForcedReplacementAsync(stack, "16-target-replace");
        await ForcedReplacementAsync(stack, "17-tainted");
        await ReplaceOnChangesAsync(stack);
        await CheckAgainAsync(stack);
        stack.Service.Conflicts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("3.200", Ground.ThisProcess)]
    [InlineData("3.259", Ground.ThisProcess)]
    [InlineData("3.200", Ground.Processes)]
    [InlineData("3.259", Ground.Processes)]
    public async Task A_create_that_fails_after_the_task_exists_keeps_it_and_the_next_up_completes_it(string version, Ground ground)
    {
        await using var stack = await ReplayedStack.StartAsync(version, ground);
        stack.Service.FailNext("DescribeLivePullToPush", Fault.Refuse("InternalFault") with { Times = 20 });
        var up = await stack.RunAsync("20-create-fails-after-the-object-exists");
        var failure = up.Single(call => call is { Method: "Create", Preview: false }).Error.ShouldNotBeNull();
        var partial = failure.Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull();
        partial.Id.ShouldBe($"cn-shanghai/{stack.Task.TaskId}");
        partial.Reasons.ShouldNotBeEmpty();
        partial.Inputs.ShouldNotBeNull();
        ValueCodec.Decode(partial.Properties)["taskId"]!.Text.ShouldBe(stack.Task.TaskId);
        ValueCodec.Decode(partial.Properties)["dstUrl"]!.IsSecret.ShouldBeTrue();

        stack.Service.ClearFaults();
        var next = await stack.RunAsync("21-next-up-completes-it");
        next.Where(call => call.Method == "Diff").ShouldAllBe(call => call.Diff.Count == 0);
        next.Where(call => call.Method == "Update").ShouldAllBe(call => call.Error == null);
        var done = next.Single(call => call is { Method: "Update", Preview: false }).Outputs;
        done["taskId"]!.Text.ShouldBe(stack.Task.TaskId);
        done["startTime"].ShouldNotBeNull();
        Changes(stack).ShouldBeEmpty("the task is as it should be");
        stack.Service.Tasks.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("3.200", Ground.ThisProcess)]
    [InlineData("3.259", Ground.ThisProcess)]
    [InlineData("3.200", Ground.Processes)]
    [InlineData("3.259", Ground.Processes)]
    public async Task A_plugin_that_dies_in_create_leaves_a_task_that_the_next_up_names_instead_of_making_a_second(string version, Ground ground)
    {
        await using var stack = await ReplayedStack.StartAsync(version, ground);
        stack.DiesAfter = "CreateLivePullToPush";
        var killed = await stack.RunAsync("22-plugin-dies-in-create");
        stack.StateOf("relay").ShouldBeNull();
        var left = stack.Task;

        stack.DiesAfter = null;
        var next = await stack.RunAsync("23-up-after-it");
        TaskName(next).ShouldNotBe(TaskName(killed), "the seed is another, and nothing is in the state");
        var refusal = next.Single(call => call is { Method: "Create", Preview: false }).Error.ShouldNotBeNull();
        refusal.Code.ShouldBe(ProviderStatus.FailedPrecondition);
        refusal.Message.ShouldContain($"pulumi import aliyun-live:index:RelayTask <name> cn-shanghai/{left.TaskId}");
        refusal.Detail<Wire.ErrorResourceInitFailed>().ShouldBeNull("nothing was made, so nothing is kept");
        stack.Task.TaskId.ShouldBe(left.TaskId);
        stack.Service.Conflicts.ShouldBeEmpty();

        static string TaskName(IReadOnlyList<Exchange> calls) => calls.Last(call => call.Method == "Check").Inputs["taskName"]!.Text!;
    }

    [Theory]
    [InlineData("3.200", Ground.ThisProcess)]
    [InlineData("3.259", Ground.ThisProcess)]
    [InlineData("3.200", Ground.Processes)]
    [InlineData("3.259", Ground.Processes)]
    public async Task A_provider_that_asks_for_it_is_read_before_each_update(string version, Ground ground)
    {
        await using var stack = await ReplayedStack.StartAsync(version, ground);
        stack.ExtraConfig = new() { ["refreshBeforeUpdate"] = "true" };
        var up = await stack.RunAsync("24-create-asking-for-refresh-before-update");
        Real<Wire.CreateResponse>(up, "Create").RefreshBeforeUpdate.ShouldBeTrue();

        stack.Pass(TimeSpan.FromMinutes(1));
        stack.Service.StopBehindOurBack(stack.Task.TaskId);
        var next = await stack.RunAsync("25-up-with-refresh-before-update");
        next.First(call => call.Method is "Read" or "Check").Method.ShouldBe("Read");
        foreach (var read in next.Where(call => call.Method == "Read"))
        {
            read.Inputs["desiredStatus"]!.Text.ShouldBe("Stopped");
            ((Wire.ReadResponse)read.Reply!).RefreshBeforeUpdate.ShouldBeTrue();
        }

        next.Where(call => call.Method == "Diff").ShouldAllBe(call => call.Diff.Count == 1 && call.Diff["desiredStatus"] == Kind.Update);
        Real<Wire.UpdateResponse>(next, "Update").RefreshBeforeUpdate.ShouldBeTrue();
        Changes(stack).ShouldBe(["RestartLivePullToPush"]);
        stack.Task.OnAir.ShouldNotBeNull();

        var destroy = await stack.RunAsync("26-destroy");
        destroy.Count(call => call.Method == "Delete" && call.Error is null).ShouldBe(1);
        stack.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
    }

    static async Task PreviewAsync(ReplayedStack stack)
    {
        var preview = await stack.RunAsync("01-preview", commits: false);
        ShouldRefuseHalfAKeyPair(preview);

        var invoke = preview.Single(call => call.Method == "Invoke").Error.ShouldNotBeNull();
        invoke.Code.ShouldBe(ProviderStatus.NotFound);
        invoke.Message.ShouldContain("cn-shanghai/abc");

        var inputs = Checked(preview, "relay");
        inputs["taskName"]!.Text.ShouldNotBeNull().ShouldMatch("^relay-[0-9a-f]{7}$");
        inputs["dstUrl"]!.IsSecret.ShouldBeTrue();
        inputs["sourceUrls"]!.IsSecret.ShouldBeFalse();
        inputs["sourceUrls"]!.Elements.ShouldHaveSingleItem().IsSecret.ShouldBeTrue("it carries a key, although the program did not mark it");
        (inputs["retryCount"]!.Number, inputs["retryInterval"]!.Number, inputs["awaitRunning"]!.Boolean, inputs["onDelete"]!.Text)
            .ShouldBe((3, 60, false, "Delete"));
        inputs.ContainsKey("startTime").ShouldBeFalse("it is decided when the task is made");
        var relay = preview.Single(call => call is { Method: "Create", Name: "relay" });
        ((Wire.CreateResponse)relay.Reply!).Id.ShouldBeEmpty();
        foreach (var name in (string[])["taskId", "status", "startTime"]) relay.Outputs[name]
            .ShouldNotBeNull(name).IsUnknown.ShouldBeTrue(name);
        relay.Outputs["endTime"]!.Text.ShouldBe($"{ReplayedStack.Year}-01-01T00:00:00Z");

        Checked(preview, "wall")["inputList"]!.Elements.ShouldHaveSingleItem().Members["inputUrl"]!.IsUnknown.ShouldBeTrue();
        var wall = preview.Single(call => call is { Method: "Create", Name: "wall" }).Outputs;
        wall["inputList"]!.Elements[0].Members["inputUrl"]!.IsUnknown.ShouldBeTrue();
        foreach (var name in (string[])["monitorId", "status", "stream", "outputUrls"]) wall[name]
            .ShouldNotBeNull(name).IsUnknown.ShouldBeTrue(name);
        (wall["monitorName"]!.Text, wall["app"]!.Text).ShouldBe(("wall", "monitor"));
        stack.CallsOfResources.ShouldBe(0, "a preview of new resources needs no service");
    }

    static async Task UpAsync(ReplayedStack stack)
    {
        var up = await stack.RunAsync("02-up");
        ShouldRefuseHalfAKeyPair(up);
        var created = Real<Wire.CreateResponse>(up, "Create", "relay");
        created.Id.ShouldBe($"cn-shanghai/{stack.Task.TaskId}");
        created.RefreshBeforeUpdate.ShouldBeFalse();
        var config = stack.Task.Config;
        (config.Region, config.SourceType, config.SourceProtocol, config.DstUrl)
            .ShouldBe(("cn-shanghai", "live", "rtmp", "rtmp://push.example.com/live/b?auth_key=PUSHKEY"));
        config.SourceUrls.ShouldBe(["rtmp://pull.example.com/live/a?auth_key=SOURCEKEY"]);
        config.EndTime.ShouldBe(new DateTimeOffset(ReplayedStack.Year, 1, 1, 0, 0, 0, TimeSpan.Zero));
        stack.StateOf("relay")!.Outputs["taskId"]!.Text.ShouldBe(stack.Task.TaskId);
        stack.StateOf("relay")!.Outputs["startTime"]!.Text.ShouldBe(Times.ToText(config.StartTime));

        stack.StateOf("wall")!.Id.ShouldBe(stack.Monitor.MonitorId);
        stack.Monitor.Config.InputList.ShouldContain($"rtmp://pull.example.com/live/{stack.Task.TaskId}");
        stack.Monitor.Running.ShouldBeFalse("desiredStatus is not stated");
        stack.Logged.ShouldContain(line => line.Message.Contains("not monitoring", StringComparison.Ordinal)
            && line.Urn.EndsWith("::wall", StringComparison.Ordinal));
        Changes(stack).ShouldBe(["CreateLivePullToPush", "CreateLiveStreamMonitor"]);
    }

    static async Task UpWithoutChangeAsync(ReplayedStack stack)
    {
        var up = await stack.RunAsync("03-up-no-change");
        up.Count(call => call.Method == "Diff").ShouldBe(4, "two resources in two passes");
        up.Where(call => call.Method is "Diff" or "DiffConfig")
            .ShouldAllBe(call => call.Diff.Count == 0 && call.DiffReply.Changes == Wire.DiffResponse.Types.DiffChanges.DiffNone);
        stack.CallsOfResources.ShouldBe(0);
    }

    static async Task UpdateInPlaceAsync(ReplayedStack stack)
    {
        var before = stack.Task;
        before.OnAir.ShouldNotBeNull();
        var up = await stack.RunAsync("04-update-in-place");
        foreach (var diff in up.Where(call => call is { Method: "Diff", Name: "relay" }))
        {
            diff.Diff.ShouldHaveSingleItem().ShouldBe(new("endTime", Kind.Update));
            diff.DiffReply.DetailedDiff["endTime"].InputDiff.ShouldBeTrue();
            diff.DiffReply.DeleteBeforeReplace.ShouldBeTrue("should the user turn this into a replacement: the destination stays the same");
        }

        // The preview has an unknown where the stand-in had lost its outputs; the real pass has what it was.
        up.Where(call => call is { Method: "Diff", Name: "wall" }).Select(call => string.Join(' ', call.Diff))
            .ShouldBe(["[inputList[0].inputUrl, Update]", ""]);
        var wall = up.Single(call => call is { Method: "Update", Name: "wall", Preview: true }).Outputs;
        wall["inputList"]!.Elements[0].Members["inputUrl"]!.IsUnknown.ShouldBeTrue();
        wall["monitorId"]!.Text.ShouldBe(stack.Monitor.MonitorId);
        var preview = up.Single(call => call is { Method: "Update", Name: "relay", Preview: true }).Outputs;
        (preview["taskId"]!.Text, preview["endTime"]!.Text).ShouldBe((before.TaskId, $"{ReplayedStack.Year}-02-01T00:00:00Z"));
        stack.Warnings.ShouldBeEmpty("an end can be moved without an interruption");

        stack.Task.TaskId.ShouldBe(before.TaskId);
        stack.Task.Config.EndTime.ShouldBe(new DateTimeOffset(ReplayedStack.Year, 2, 1, 0, 0, 0, TimeSpan.Zero));
        stack.Task.Interruptions.ShouldBe(0);
        Changes(stack).ShouldBe(["UpdateLivePullToPush"]);
    }

    static async Task ReplaceAsync(ReplayedStack stack)
    {
        var before = stack.Task;
        var up = await stack.RunAsync("05-replace-delete-first");
        foreach (var diff in up.Where(call => call is { Method: "Diff", Name: "relay" }))
        {
            diff.Diff.ShouldHaveSingleItem().ShouldBe(new("dstUrl", Kind.UpdateReplace));
            diff.DiffReply.Replaces.ShouldBe(["dstUrl"]);
            diff.DiffReply.DeleteBeforeReplace.ShouldBeFalse("another destination: the new task may be on air before the old one is gone");
        }

        up.Where(call => call is { Method: "Diff", Name: "wall" }).Select(call => string.Join(' ', call.Diff))
            .ShouldBe(["[inputList, Update]", "[inputList[0].inputUrl, Update]", "[inputList, Update]", "[inputList[0].inputUrl, Update]"]);
        up.Where(call => call is { Method: "Create", Name: "relay", Preview: true }).ShouldAllBe(call => call.Outputs["taskId"]!.IsUnknown);
        stack.Task.TaskId.ShouldNotBe(before.TaskId);
        stack.Task.Config.DstUrl.ShouldBe("rtmp://push.example.com/live/c?auth_key=PUSHKEY");
        stack.Task.Config.TaskName.ShouldNotBe(before.Config.TaskName, "a replacement is named anew");
        stack.Monitor.Config.InputList.ShouldContain($"rtmp://pull.example.com/live/{stack.Task.TaskId}");
        Changes(stack).ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush", "CreateLivePullToPush", "UpdateLiveStreamMonitor"]);
    }

    static async Task RefreshAsync(ReplayedStack stack)
    {
        var refresh = await stack.RunAsync("06-refresh");
        foreach (var read in refresh.Where(call => call is { Method: "Read", Name: "relay" }))
        {
            ((Wire.ReadResponse)read.Reply!).Id.ShouldBe($"cn-shanghai/{stack.Task.TaskId}");
            read.Outputs["status"]!.Text.ShouldBe("Running");
            read.Inputs.ContainsKey("startTime").ShouldBeFalse();
            read.Inputs.ContainsKey("desiredStatus").ShouldBeFalse("the program does not manage it");
            read.Inputs["dstUrl"]!.IsSecret.ShouldBeTrue();
        }

        refresh.Count(call => call.Method == "Read").ShouldBe(4);
        refresh.Where(call => call.Method == "Diff").ShouldAllBe(call => call.Diff.Count == 0);
        Changes(stack).ShouldBeEmpty();
    }

    static async Task ImportAsync(ReplayedStack stack)
    {
        var missing = await stack.RunAsync("07-import", commits: false);
        foreach (var read in missing.Where(call => call.Method == "Read").Select(call => (Wire.ReadResponse)call.Reply!))
        {
            (read.Id, read.Properties, read.Inputs).ShouldBe(("", null, null), "no such task");
        }

        var program = new PropertyMap
        {
            ["taskName"] = "adopted", ["sourceType"] = "live", ["sourceProtocol"] = "rtmp",
            ["sourceUrls"] = PropertyValue.Of("rtmp://pull.example.com/live/a"),
            ["dstUrl"] = "rtmp://push.example.com/live/adopted", ["endTime"] = $"{ReplayedStack.Year}-01-01T00:00:00Z",
        };
        await stack.MakeAsync("adopted", RelayTask.Token, program, "cn-shanghai/abc");
        stack.Forget("adopted");
        var import = await stack.RunAsync("07-import");
        import.Where(call => call.Method == "Read")
            .ShouldAllBe(call => call.Inputs["taskName"]!.Text == "adopted" && call.Inputs["region"]!.Text == "cn-shanghai");
        foreach (var check in import.Where(call => call.Method == "Check"))
        {
            ((Wire.CheckResponse)check.Reply!).Failures.ShouldBeEmpty();
            SchemaDiff.Compare(LiveProvider.Schema.Resources[RelayTask.Token].Inputs, stack.StateOf("adopted")!.Inputs, check.Inputs, [])
                .ShouldBeEmpty();
        }

        Changes(stack).ShouldBeEmpty();
    }

    static async Task RejectedByTheLanguageHostAsync(ReplayedStack stack)
    {
        var calls = await stack.RunAsync("08-null-and-wrong-type", commits: false);
        calls.ShouldAllBe(call => call.Error == null);
        stack.CallsOfResources.ShouldBe(0);
    }

    static async Task AutonamingAsync(ReplayedStack stack)
    {
        var kept = stack.Service.Tasks.Values.Single(task => task.IsLive
            && task.Config.DstUrl.Contains("live/c", StringComparison.Ordinal)).Config.TaskName;
        var preview = await stack.RunAsync("09-autonaming-verbatim", commits: false);
        preview.Where(call => call is { Method: "Check", Name: "relay" }).Select(call => call.Inputs["taskName"]!.Text)
            .ShouldBe([kept, "relay"], "an existing name is kept, a new one is what the rule says");
        preview.Single(call => call is { Method: "Create", Name: "relay" }).Outputs["taskName"]!.Text.ShouldBe("relay");
        preview.First(call =>
            call is { Method: "Diff", Name: "relay" }).Diff.ShouldBe([new("endTime", Kind.Update), new("dstUrl", Kind.UpdateReplace)],
            ignoreOrder: true);
        Checked(preview, "wall")["monitorName"]!.Text.ShouldBe("wall");
        stack.CallsOfResources.ShouldBe(0);
    }

    static async Task ExplicitProviderAsync(ReplayedStack stack)
    {
        stack.Service.AddAccessKey("AK", "SK");
        stack.Route = name => name == "relay" ? "sg" : null;
        var up = await stack.RunAsync("10-explicit-provider-timeouts-ignore");
        up.Where(call => call.Method == "CheckConfig").ShouldAllBe(call => ((Wire.CheckResponse)call.Reply!).Failures.Count == 0);
        foreach (var diff in up.Where(call => call.Method == "DiffConfig"))
        {
            diff.Diff.Keys.ShouldBe(["accessKey", "secretKey", "region"],
                ignoreOrder: true, "the same role as JSON text and as an object is no change");
            diff.DiffReply.Replaces.ShouldBeEmpty("other keys or regions replace no provider, and so no task");
        }

        foreach (var diff in up.Where(call => call is { Method: "Diff", Name: "relay" }))
        {
            diff.Diff.ShouldBe(
                [
                    new("region", Kind.UpdateReplace), new("sourceType", Kind.UpdateReplace), new("sourceProtocol", Kind.DeleteReplace),
                        new("sourceUrls[0]", Kind.Update),
                    new("dstUrl", Kind.UpdateReplace), new("repeatNumber", Kind.Update),
                ],
                ignoreOrder: true);
            diff.DiffReply.DeleteBeforeReplace.ShouldBeFalse();
        }

        var config = stack.Task.Config;
        (config.Region, config.SourceType, config.RepeatNumber, config.DstUrl)
            .ShouldBe(("ap-southeast-1", "url", -1, "rtmp://push.example.com/live/z"));
        stack.StateOf("relay")!.Id.ShouldBe($"ap-southeast-1/{stack.Task.TaskId}");
        stack.StateOf("relay")!.Outputs["dstUrl"]!.IsSecret.ShouldBeTrue();
        stack.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        up.Where(call => call.Method == "Delete").ShouldAllBe(call => call.Error == null);
        up.Count(call => call.Method == "Delete").ShouldBe(3, "the old task, the wall and the adopted task");
    }

    static async Task RotatedSecretAsync(ReplayedStack stack)
    {
        stack.Service.AddAccessKey("AK", "SK2");
        var up = await stack.RunAsync("11-provider-secret-rotated");
        foreach (var diff in up.Where(call => call.Method == "DiffConfig"))
        {
            diff.Diff.ShouldHaveSingleItem().ShouldBe(new("secretKey", Kind.Update));
            diff.DiffReply.Replaces.ShouldBeEmpty("a rotated key cuts no broadcast");
        }

        up.Where(call => call.Method == "Diff").ShouldAllBe(call => call.Diff.Count == 0);
        stack.CallsOfResources.ShouldBe(0);
    }

    static async Task DestroyAsync(ReplayedStack stack)
    {
        var destroy = await stack.RunAsync("12-destroy");
        destroy.Where(call => call.Method == "Delete").ShouldHaveSingleItem().Error.ShouldBeNull();
        stack.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        Changes(stack).ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush"]);
    }

    static async Task RefreshFindsDriftAsync(ReplayedStack stack)
    {
        stack.Service.StopBehindOurBack(stack.Task.TaskId);
        var refresh = await stack.RunAsync("13-refresh-finds-drift");
        foreach (var read in refresh.Where(call => call.Method == "Read"))
        {
            (read.Inputs["desiredStatus"]!.Text, read.Outputs["status"]!.Text).ShouldBe(("Stopped", "Offline"));
            read.Inputs["sourceUrls"]!.Elements.ShouldAllBe(url => url.IsSecret);
        }

        ShouldDiffInRunState(refresh, count: 2);
        Changes(stack).ShouldBeEmpty();
    }

    static async Task UpRepairsDriftAsync(ReplayedStack stack, string command, bool refreshes)
    {
        var before = stack.Task.TaskId;
        var up = await stack.RunAsync(command);
        ShouldDiffInRunState(up, refreshes ? 4 : 2);
        up.Count(call => call.Method == "Read").ShouldBe(refreshes ? 2 : 0);
        up.Single(call => call is { Method: "Update", Preview: true }).Outputs["taskId"].ShouldNotBeNull();
        up.Single(call => call is { Method: "Update", Preview: false }).Outputs["status"]!.Text.ShouldBe("Running");
        stack.Warnings.ShouldNotContain(line =>
            line.Contains(InterruptionWords, StringComparison.Ordinal), "what is off the air cannot be interrupted");
        stack.Task.TaskId.ShouldBe(before);
        stack.Task.OnAir.ShouldNotBeNull();
        Changes(stack).ShouldBe(["RestartLivePullToPush"]);
    }

    /// <summary>The engine makes the new one first, without asking Diff; on one destination that is refused before anything is on
    /// air.</summary>
    static async Task ForcedReplacementAsync(ReplayedStack stack, string command)
    {
        var before = stack.Task;
        var up = await stack.RunAsync(command);
        up.ShouldNotContain(call => call.Method == "Diff");
        up.Single(call => call is { Method: "Create", Preview: true }).Error.ShouldBeNull();
        var refusal = up.Single(call => call is { Method: "Create", Preview: false }).Error.ShouldNotBeNull();
        refusal.Code.ShouldBe(ProviderStatus.FailedPrecondition);
        foreach (var words in (string[])[before.TaskId, "`deleteBeforeReplace: true`", "`aliases`", "pulumi import", "Nothing was created"]) refusal.Message.ShouldContain(words);
        refusal.Detail<Wire.ErrorResourceInitFailed>().ShouldBeNull();
        stack.Task.TaskId.ShouldBe(before.TaskId);
        stack.Task.Interruptions.ShouldBe(before.Interruptions);
        stack.Task.OnAir.ShouldNotBeNull();
        Changes(stack).ShouldBeEmpty();
    }

    static async Task ReplaceOnChangesAsync(ReplayedStack stack)
    {
        var before = stack.Task;
        var up = await stack.RunAsync("18-replace-on-changes");
        foreach (var diff in up.Where(call => call.Method == "Diff"))
        {
            diff.Diff.ShouldHaveSingleItem().ShouldBe(new("endTime", Kind.Update));
            diff.DiffReply.Replaces.ShouldBeEmpty();
            diff.DiffReply.DeleteBeforeReplace.ShouldBeTrue("the replacement that the user's replaceOnChanges makes of it inherits this");
        }

        stack.Task.TaskId.ShouldNotBe(before.TaskId);
        stack.Task.Config.EndTime.ShouldBe(new DateTimeOffset(ReplayedStack.Year, 2, 1, 0, 0, 0, TimeSpan.Zero));
        Changes(stack).ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush", "CreateLivePullToPush"]);
    }

    /// <summary>Where the stand-in invented failures, there is nothing wrong.</summary>
    static async Task CheckAgainAsync(ReplayedStack stack)
    {
        var up = await stack.RunAsync("19-check-failures", commits: false);
        var check = (Wire.CheckResponse)up.Single(call => call.Method == "Check").Reply!;
        check.Failures.ShouldBeEmpty();
        ValueCodec.Decode(check.Inputs)["taskName"]!.Text.ShouldBe(stack.Task.Config.TaskName);
    }

    /// <summary>The recorded stack configuration has a secret key and no access key.</summary>
    static void ShouldRefuseHalfAKeyPair(IReadOnlyList<Exchange> calls)
    {
        foreach (var check in calls.Where(call => call.Method == "CheckConfig").Select(call => (Wire.CheckResponse)call.Reply!))
        {
            var failure = check.Failures.ShouldHaveSingleItem();
            (failure.Property, failure.Reason).ShouldBe(("", "accessKey: must be stated together with secretKey"));
            ValueCodec.Decode(check.Inputs)["assumeRole"]!.Text.ShouldBe("""{"roleArn":"acs:ram::1:role/live"}""", "configuration goes into the state as it was stated");
        }
    }

    static void ShouldDiffInRunState(IReadOnlyList<Exchange> calls, int count)
    {
        var diffs = calls.Where(call => call.Method == "Diff").ToList();
        diffs.Count.ShouldBe(count);
        foreach (var diff in diffs)
        {
            diff.Diff.ShouldHaveSingleItem().ShouldBe(new("desiredStatus", Kind.Update));
            diff.DiffReply.DetailedDiff["desiredStatus"].InputDiff.ShouldBeTrue();
            diff.DiffReply.Replaces.ShouldBeEmpty();
        }
    }

    static PropertyMap Checked(IReadOnlyList<Exchange> calls, string name)
    {
        var check = calls.First(call => call.Method == "Check" && call.Name == name);
        ((Wire.CheckResponse)check.Reply!).Failures.ShouldBeEmpty();
        return check.Inputs;
    }

    static T Real<T>(IReadOnlyList<Exchange> calls, string method, string name = "relay") =>
        (T)calls.Single(call => call.Method == method && call.Name == name && !call.Preview).Reply.ShouldNotBeNull();

    /// <summary>The operations of this command that changed something, in their order.</summary>
    static IReadOnlyList<string> Changes(ReplayedStack stack) =>
        [.. stack.Service.Calls.Select(call => call.Operation)
            .Where(operation => !operation.StartsWith("Describe", StringComparison.Ordinal) && operation != "AssumeRole")];
}
