using System.Collections.Immutable;
using System.Text.Json;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>
/// Every input changed alone, in every state of the session, under every way the service may turn out to work: what preview says is what up
/// does, or up fails, names the property and how to get there; a session is started and stopped only where the program says so.
/// </summary>
public sealed class MonitorSessionChangeTests
{
    const string Callback = "https://hooks.example.com/alarm?token=HOOKKEY";
    const string Robot = "https://oapi.dingtalk.com/robot/send?access_token=DINGKEY";

    /// <summary>Inputs before and after a change, as differences from <see cref="Programs.Monitor"/>, and what of the configuration must show it.</summary>
    sealed record Change(string Name, Func<PropertyMap, PropertyMap> Before, Func<PropertyMap, PropertyMap> After, Func<MonitorConfiguration, bool> Shows)
    {
        public string Property => Name.Split(' ')[0];
    }

    static readonly ImmutableArray<Change> Changes =
    [
        Set("monitorName", null, "another", config => config.MonitorName == "another"),
        Set("domain", "monitor.example.com", "other.example.com", config => config.RtmpUrl.StartsWith("rtmp://other.example.com/", StringComparison.Ordinal)),
        Set("outputTemplate", "lp_hd", "lp_ud", config => config.OutputTemplate == "lp_ud"),
        Set("app", null, "studio", config => config.App == "studio"),
        Set("app changed", "studio", "other", config => config.App == "other"),
        Set("app removed", "studio", null, config => config.App == "monitor"),
        Set("stream", null, "main", config => config.Stream == "main"),
        Set("stream changed", "main", "other", config => config.Stream == "other"),
        Set("stream removed", "main", null, config => config.Stream == "main"),
        Set("callbackUrl", null, Callback, config => config.CallbackUrl == Callback),
        Set("callbackUrl changed", "https://hooks.example.com/alarm", Callback, config => config.CallbackUrl == Callback),
        Set("callbackUrl removed", Callback, null, config => config.CallbackUrl.Length == 0),
        Set("dingTalkWebHookUrl", null, Robot, config => config.DingTalkWebHookUrl == Robot),
        Set("dingTalkWebHookUrl changed", Robot, "https://oapi.dingtalk.com/robot/other", config => config.DingTalkWebHookUrl.EndsWith("other", StringComparison.Ordinal)),
        Set("dingTalkWebHookUrl removed", Robot, null, config => config.DingTalkWebHookUrl.Length == 0),
        Set("monitorConfig", null, Thresholds(("fpsLowThres", 0.6)), config => Threshold(config, "fpsLowThres") == 0.6),
        Set("monitorConfig threshold added", Thresholds(("fpsLowThres", 0.6)), Thresholds(("fpsLowThres", 0.6), ("brLowThres", 1.1)), config => Threshold(config, "brLowThres") == 1.1),
        Set("monitorConfig threshold of the other name added", Thresholds(("fpsLowThres", 0.6)), Thresholds(("fpsLowThres", 0.6), ("brHighThres", 9)), config => Threshold(config, "brHighThres") == 9),
        Set("monitorConfig threshold changed", Thresholds(("fpsLowThres", 0.6)), Thresholds(("fpsLowThres", 0.65)), config => Threshold(config, "fpsLowThres") == 0.65),
        Set("monitorConfig threshold removed", Thresholds(("fpsLowThres", 0.6), ("eofDurationThresSec", 10)), Thresholds(("fpsLowThres", 0.6)), config => Threshold(config, "eofDurationThresSec") is null),
        Set("monitorConfig emptied", Thresholds(("fpsLowThres", 0.6)), Thresholds(), config => Threshold(config, "fpsLowThres") is null),
        Set("monitorConfig removed", Thresholds(("fpsLowThres", 0.6)), null, config => Threshold(config, "fpsLowThres") is null),
        List("inputList element added", inputs => [.. inputs, Programs.Input("three", "rtmp://pull.example.com/live/c?auth_key=SOURCEKEY", 0.5)], inputs => inputs is [_, _, var third] && Url(third).Contains("/c?", StringComparison.Ordinal)),
        List("inputList element removed", inputs => inputs[1..], inputs => inputs is [var only] && Url(only).EndsWith("/b", StringComparison.Ordinal)),
        List("inputList elements reordered", inputs => [inputs[1], inputs[0]], inputs => Url(inputs[0]).EndsWith("/b", StringComparison.Ordinal) && inputs[0].GetProperty("LayoutId").GetInt32() == 1),
        List("inputList url changed", inputs => [inputs[0], With(inputs[1], ("inputUrl", "srt://pull.example.com:1105?streamid=SOURCEKEY"))], inputs => Url(inputs[1]).StartsWith("srt:", StringComparison.Ordinal)),
        List("inputList layout changed", inputs => [inputs[0], With(inputs[1], ("layoutConfig", new PropertyMap { ["positionNormalized"] = PropertyValue.Of(0.1, 0.35) }))], inputs => inputs[1].GetProperty("LayoutConfig").GetProperty("PositionNormalized")[1].GetDouble() == 0.35),
        List("inputList layout removed", inputs => [inputs[0], With(inputs[1], ("layoutConfig", null))], inputs => !inputs[1].TryGetProperty("LayoutConfig", out _)),
        List("inputList volume changed", inputs => [With(inputs[0], ("playConfig", new PropertyMap { ["volumeRate"] = 0.25 })), inputs[1]], inputs => inputs[0].GetProperty("PlayConfig").GetProperty("VolumeRate").GetDouble() == 0.25),
        List("inputList name changed", inputs => [With(inputs[0], ("streamName", "left")), inputs[1]], inputs => inputs[0].GetProperty("StreamName").GetString() == "left"),
        new("desiredStatus Running", program => program, program => program.With(("desiredStatus", "Running")), _ => true),
        new("desiredStatus Stopped", program => program, program => program.With(("desiredStatus", "Stopped")), _ => true),
        new("desiredStatus removed", program => program, program => program.With(("desiredStatus", null)), _ => true),
    ];

    /// <summary>How a session got where it is, and what its program says of its run state.</summary>
    static readonly IReadOnlyDictionary<string, string?> States = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["never started"] = null,
        ["never started and to be stopped"] = "Stopped",
        ["running"] = "Running",
        ["running and not managed"] = null,
        ["stopped after running"] = "Stopped",
        ["found stopped"] = "Running",
        ["stopped by others"] = "Running",
        ["started by others"] = "Stopped",
        ["found edited"] = "Running",
        ["edited by others"] = "Running",
        ["deleted by others"] = "Running",
    };

    /// <summary>The switches that concern sessions; those of relay tasks are met in the whole life below.</summary>
    static IEnumerable<(string Name, Action<SimulatorSettings> Apply)> Services =>
        SimulatorSettings.Variations.Where(variation => variation.Name.Contains("Monitor", StringComparison.Ordinal)
                || variation.Name.Split('=')[0] is "ListLag" or "InputListMayBeEmpty" or "BitrateThreshold" or "NumbersRewritten" or "KeysReordered" or "UnsetMonitorTimes")
            .Prepend(("as documented", _ => { }
    )).Append(("everything shown otherwise", ShownOtherwise));

    static void ShownOtherwise(SimulatorSettings settings)
    {
        settings.NumbersRewritten = settings.KeysReordered = settings.MonitorConfigDoublyQuoted = settings.MonitorIdIsFuzzy = true;
        settings.OmittedMonitorValues = OmittedValues.Reset;
        settings.UnknownMonitor = UnknownMonitor.NotExist;
        settings.UnsetMonitorTimes = UnsetField.Absent;
        settings.DeleteRunningMonitor = DeleteRunningMonitor.BadRequest;
        settings.ListLag = TimeSpan.FromSeconds(2);
    }

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var change in Changes)
        {
            foreach (var state in States.Keys.Order(StringComparer.Ordinal)) cases.Add(change.Name, state);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_change_does_what_preview_says(string name, string state)
    {
        var change = Changes.Single(candidate => candidate.Name == name);
        foreach (var (service, apply) in Services)
        {
            try
            {
                await RunAsync(change, state, apply);
            }
            catch (Exception failure) when (failure is ShouldAssertException or RpcException or CheckFailedException or InvalidOperationException or NullReferenceException)
            {
                throw new InvalidOperationException($"{name}, {state}, service with {service}: {failure.Message}", failure);
            }
        }
    }

    static async Task RunAsync(Change change, string state, Action<SimulatorSettings> settings)
    {
        using var rig = new Rig(MonitorSession.Token, settings);
        var program = change.Before(Programs.Monitor()).With(("desiredStatus", States[state] is { } stated ? (PropertyValue)stated : null));
        await BringAsync(rig, program, state);
        var before = rig.Service.Monitors.Values.Single();
        var changed = change.After(program);
        var moves = rig.State!.Inputs["desiredStatus"]?.Text != changed["desiredStatus"]?.Text;
        rig.Service.ClearCalls();

        string? failure = null;
        try
        {
            await rig.UpAsync(changed);
        }
        catch (RpcException error)
        {
            failure = error.Message;
            rig.State.ShouldNotBeNull();
            rig.State.Id.ShouldBe(before.MonitorId);
        }

        foreach (var call in rig.Service.Calls.Where(call => call.Operation == "UpdateLiveStreamMonitor")) ShouldBeComplete(call, before, change);
        string[] calls = [.. rig.Service.Calls.Select(call => call.Operation)];
        if (!moves) calls.ShouldNotContain(call => call.StartsWith("Stop", StringComparison.Ordinal) || call.StartsWith("Start", StringComparison.Ordinal), "nothing but desiredStatus starts or stops a session");

        if (before.Deleted) await ShouldBeMadeAnewAsync(rig, program, changed, failure);
        else if (failure is null) await ShouldBeDoneAsync(rig, change, changed, before, moves);
        else await ShouldHaveAWayAsync(rig, change, program, changed, before, failure);

        await rig.DestroyAsync();
        rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        Secrets.ShouldNotLeak(rig);
    }

    internal static async Task BringAsync(Rig rig, PropertyMap program, string state)
    {
        await rig.UpAsync(state == "stopped after running" ? program.With(("desiredStatus", "Running")) : program);
        var id = rig.Monitor.MonitorId;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        switch (state)
        {
            case "stopped after running": (await rig.UpAsync(program)).ShouldBe(Step.Update); break;
            case "running and not managed" or "started by others": rig.Service.StartBehindOurBack(id); break;
            case "found stopped" or "stopped by others": rig.Service.StopBehindOurBack(id); break;
            case "found edited" or "edited by others": rig.Service.EditBehindOurBack(id, "OutputTemplate", "lp_ld"); break;
            case "deleted by others": rig.Service.DeleteBehindOurBack(id); break;
        }

        if (state == "running and not managed") (await rig.RefreshAsync()).ShouldBeEmpty();
        if (state == "found stopped") (await rig.RefreshAsync()).ShouldBe(["desiredStatus"]);
        if (state == "found edited") (await rig.RefreshAsync()).ShouldBe(["outputTemplate"]);
    }

    /// <summary>What is left out may be reset, so each update names all there is; what no answer tells is kept by naming it again.</summary>
    static void ShouldBeComplete(ServiceCall call, MonitorSnapshot before, Change change)
    {
        foreach (var name in (string[])["MonitorName", "Domain", "OutputTemplate", "InputList", "App", "Stream"]) call.Parameters.ContainsKey(name).ShouldBeTrue(name);
        if (change.Property != "app") call.Parameters["App"].ShouldBe(before.Config.App);
        if (change.Name is not ("stream" or "stream changed")) call.Parameters["Stream"].ShouldBe(before.Config.Stream);
        if (change.Property != "callbackUrl" && before.Config.CallbackUrl.Length > 0) call.Parameters["CallbackUrl"].ShouldBe(before.Config.CallbackUrl);
        if (change.Property != "dingTalkWebHookUrl" && before.Config.DingTalkWebHookUrl.Length > 0) call.Parameters["DingTalkWebHookUrl"].ShouldBe(before.Config.DingTalkWebHookUrl);
        if (change.Property != "monitorConfig" && before.Config.MonitorConfig.Length > 0) call.Parameters["MonitorConfig"].ShouldBe(before.Config.MonitorConfig);
    }

    static async Task ShouldBeMadeAnewAsync(Rig rig, PropertyMap program, PropertyMap changed, string? failure)
    {
        failure?.ShouldContain("pulumi refresh");
        (await rig.RefreshAsync()).ShouldBeNull();
        try
        {
            (await rig.UpAsync(changed)).ShouldBe(Step.Create);
            (await rig.PreviewAsync(changed)).ShouldBe(Step.Same);
        }
        catch (RpcException refused) when (refused.Message.Contains("MonitorConfig has no field", StringComparison.Ordinal))
        {
            (await rig.UpAsync(program)).ShouldBe(Step.Create);
        }
    }

    static async Task ShouldBeDoneAsync(Rig rig, Change change, PropertyMap changed, MonitorSnapshot before, bool moves)
    {
        var after = rig.Monitor;
        var asked = moves ? changed["desiredStatus"]?.Text : null;
        after.Running.ShouldBe(asked is null ? before.Running : asked == "Running");
        after.Periods.Length.ShouldBe(before.Periods.Length + (after.Running && !before.Running ? 1 : 0), "no interruption in between");
        change.Shows(after.Config).ShouldBeTrue("the session has the new value");
        if (rig.Service.Calls.Count > 0) rig.State!.Outputs["status"]!.Text.ShouldBe(after.Running ? "Running" : "Stopped");
        rig.State!.Outputs["app"]!.Text.ShouldBe(after.Config.App);
        rig.State.Outputs["stream"]!.Text.ShouldBe(after.Config.Stream);
        rig.State.Outputs.ContainsKey("__unfinished").ShouldBeFalse();

        (await rig.PreviewAsync(changed)).ShouldBe(Step.Same, "the next up has nothing to do");
        if (!(rig.State.Inputs["desiredStatus"]?.Text is { } kept && kept == "Running" != after.Running) && after.Config.OutputTemplate != "lp_ld")
        {
            (await rig.RefreshAsync())!.ShouldBeEmpty();
            (await rig.UpAsync(changed)).ShouldBe(Step.Same);
        }
    }

    /// <summary>A failure names the property; what it advises works, and taking the change back does, too.</summary>
    static async Task ShouldHaveAWayAsync(Rig rig, Change change, PropertyMap program, PropertyMap changed, MonitorSnapshot before, string failure)
    {
        (failure.Contains(change.Property, StringComparison.Ordinal) || failure.Contains("outputTemplate", StringComparison.Ordinal)).ShouldBeTrue(failure);
        if (failure.Contains("set `desiredStatus: Stopped`", StringComparison.Ordinal))
        {
            rig.Monitor.Running.ShouldBeTrue();
            (rig.State!.Inputs["desiredStatus"]?.Text == "Stopped").ShouldBeFalse();
            try
            {
                await rig.UpAsync(changed.With(("desiredStatus", "Stopped")));
                rig.Monitor.Running.ShouldBeFalse();
                await rig.UpAsync(changed.With(("desiredStatus", "Running")));
                change.Shows(rig.Monitor.Config).ShouldBeTrue();
                rig.Monitor.Running.ShouldBeTrue();
                (await rig.PreviewAsync(changed.With(("desiredStatus", "Running")))).ShouldBe(Step.Same);
                return;
            }
            catch (RpcException error) when (change.Name.EndsWith("removed", StringComparison.Ordinal))
            {
                // Not taken while stopped either: the value cannot be unset.
                error.Message.ShouldContain("pulumi up --replace");
            }
        }

        if (failure.Contains("run `pulumi refresh`", StringComparison.Ordinal))
        {
            (await rig.RefreshAsync())!.ShouldContain(path => path == "desiredStatus");
            try
            {
                await rig.UpAsync(changed);
                change.Shows(rig.Monitor.Config).ShouldBeTrue();
                rig.Monitor.Running.ShouldBeFalse();
                (await rig.PreviewAsync(changed)).ShouldBe(Step.Same);
                return;
            }
            catch (RpcException error) when (change.Name.EndsWith("removed", StringComparison.Ordinal))
            {
                error.Message.ShouldContain("pulumi up --replace");
            }
        }

        await rig.UpAsync(program);
        (rig.Monitor.Config with { InputList = "" }).ShouldBe(before.Config with { InputList = "", OutputTemplate = rig.Monitor.Config.OutputTemplate });
        (await rig.PreviewAsync(program)).ShouldBe(Step.Same);
    }

    static readonly ImmutableArray<string> Hostile = ["MonitorUpdateWhileRunning=Ignored", "MonitorUpdateWhileRunning=Refused"];

    [Fact]
    public async Task A_change_that_a_running_session_does_not_take_is_taken_back_without_a_stop()
    {
        foreach (var (name, apply) in SimulatorSettings.Variations.Where(variation => Hostile.Contains(variation.Name, StringComparer.Ordinal)))
        {
            using var rig = new Rig(MonitorSession.Token, apply);
            var program = Programs.Monitor().With(("callbackUrl", Callback));
            await rig.UpAsync(program);
            var inputs = program["inputList"]!.Elements;
            var mixed = program.With(("outputTemplate", "lp_ud"), ("callbackUrl", null), ("inputList", PropertyValue.Of(inputs[0])));
            var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(mixed));
            failure.Message.ShouldContain("outputTemplate", customMessage: name);
            failure.Message.ShouldContain("callbackUrl");
            failure.Message.ShouldContain("desiredStatus: Stopped");
            rig.State!.Outputs["outputTemplate"]!.Text.ShouldBe("lp_hd", "the state holds what is there");
            rig.TakeChanges();

            (await rig.UpAsync(program)).ShouldBe(Step.Update);
            InputsOf(rig.Monitor.Config).Length.ShouldBe(2, "an input list that was taken is put back");
            rig.Monitor.Config.CallbackUrl.ShouldBe(Callback);
            rig.TakeChanges().ShouldNotContain(call => call == "StopLiveStreamMonitor");
            (await rig.UpAsync(program)).ShouldBe(Step.Same);
        }
    }

    [Fact]
    public async Task A_stop_whose_update_is_refused_is_taken_back_when_the_program_is()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Programs.Monitor());
        rig.Service.FailNext("UpdateLiveStreamMonitor", Fault.Refuse("InvalidParameter.Malformed"));
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Monitor().With(("desiredStatus", "Stopped"), ("outputTemplate", "lp_ud"))));
        failure.Message.ShouldContain("outputTemplate");
        rig.Monitor.Running.ShouldBeFalse();

        (await rig.UpAsync(Programs.Monitor())).ShouldBe(Step.Update);
        rig.Monitor.Running.ShouldBeTrue();
        rig.Monitor.Config.OutputTemplate.ShouldBe("lp_hd");
        (await rig.UpAsync(Programs.Monitor())).ShouldBe(Step.Same);
    }

    [Fact]
    public async Task A_failed_update_does_not_start_a_session_that_others_have_stopped()
    {
        using var rig = new Rig(MonitorSession.Token);
        var options = new ResourceOptions { IgnoreChanges = ["desiredStatus"] };
        await rig.UpAsync(Programs.Monitor(), options);
        rig.Service.StopBehindOurBack(rig.Monitor.MonitorId);
        rig.TakeChanges();
        rig.Service.FailNext("UpdateLiveStreamMonitor", Fault.Refuse("InvalidParameter.Malformed"));
        var program = Programs.Monitor().With(("outputTemplate", "lp_ud"));
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program, options));
        (await rig.UpAsync(program, options)).ShouldBe(Step.Update);
        rig.Monitor.Config.OutputTemplate.ShouldBe("lp_ud");
        rig.Monitor.Running.ShouldBeFalse();
        rig.TakeChanges().ShouldNotContain(call => call == "StartLiveStreamMonitor");
    }

    [Fact]
    public async Task Settings_and_run_state_change_in_one_up_in_the_order_that_interrupts_least()
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.MonitorUpdateWhileRunning = MonitorUpdateWhileRunning.Refused);
        await rig.UpAsync(Programs.Monitor());
        rig.TakeChanges();
        await rig.UpAsync(Programs.Monitor().With(("desiredStatus", "Stopped"), ("outputTemplate", "lp_ud")));
        rig.TakeChanges().ShouldBe(["StopLiveStreamMonitor", "UpdateLiveStreamMonitor"]);
        await rig.UpAsync(Programs.Monitor().With(("outputTemplate", "lp_sd")));
        rig.TakeChanges().ShouldBe(["UpdateLiveStreamMonitor", "StartLiveStreamMonitor"]);
    }

    [Theory]
    [InlineData("callbackUrl", "CallbackUrl", "https://hooks.example.com/theirs")]
    [InlineData("monitorName", "MonitorName", "theirs")]
    [InlineData("app", "App", "theirs")]
    [InlineData("stream", "Stream", "theirs")]
    [InlineData("inputList[0].inputUrl", "InputList", """[{"Index":1,"LayoutId":1,"InputUrl":"rtmp://pull.example.com/live/theirs"}]""")]
    public async Task What_ignoreChanges_leaves_to_others_is_sent_as_they_have_it(string path, string field, string theirs)
    {
        foreach (var omitted in Enum.GetValues<OmittedValues>())
        {
            using var rig = new Rig(MonitorSession.Token, settings => settings.OmittedMonitorValues = omitted);
            var options = new ResourceOptions { IgnoreChanges = path.Contains('[', StringComparison.Ordinal) ? [] : [path] };
            var program = Programs.Monitor().With(("stream", "main"), ("callbackUrl", Callback));
            await rig.UpAsync(program, options);
            rig.Service.EditBehindOurBack(rig.Monitor.MonitorId, field, theirs);
            var edited = rig.Monitor.Config;

            // The engine hands ignored paths to Update as they are; only whole inputs are put back by this rig.
            var news = await rig.CheckAsync(program.With(("outputTemplate", "lp_ud")), rig.State!.Inputs);
            var request = new Wire.UpdateRequest
            {
                Id = rig.State.Id, Urn = rig.Urn, Name = rig.Name, Type = MonitorSession.Token,
                Olds = ValueCodec.Encode(rig.State.Outputs), OldInputs = ValueCodec.Encode(rig.State.Inputs), News = ValueCodec.Encode(news),
            };
            request.IgnoreChanges.Add(path);
            await rig.Rpc.Update(request);
            var after = rig.Monitor.Config;
            JsonElement.DeepEquals(Json(after.InputList), Json(edited.InputList)).ShouldBeTrue();
            (after with { InputList = "", MonitorConfig = "" }).ShouldBe(edited with { InputList = "", MonitorConfig = "", OutputTemplate = "lp_ud" });
        }
    }

    [Fact]
    public async Task A_preview_tells_outputs_that_come_true_or_none()
    {
        foreach (var change in Changes)
        {
            foreach (var stated in (string?[])["Running", "Stopped", null])
            {
                using var rig = new Rig(MonitorSession.Token);
                var program = change.Before(Programs.Monitor()).With(("desiredStatus", stated is null ? null : (PropertyValue)stated));
                await rig.UpAsync(program);
                var changed = change.After(program);
                var news = await rig.CheckAsync(changed, rig.State!.Inputs);
                var request = new Wire.UpdateRequest
                {
                    Id = rig.State.Id, Urn = rig.Urn, Name = rig.Name, Type = MonitorSession.Token, Preview = true,
                    Olds = ValueCodec.Encode(rig.State.Outputs), OldInputs = ValueCodec.Encode(rig.State.Inputs), News = ValueCodec.Encode(news),
                };
                var previewed = ValueCodec.Decode((await rig.Rpc.Update(request)).Properties);
                if (await rig.UpAsync(changed) == Step.Same) continue;
                foreach (var (name, value) in previewed)
                {
                    if (value.ContainsUnknown) continue;
                    PropertyValue.SameValue(value, rig.State.Outputs[name] ?? PropertyValue.Null).ShouldBeTrue($"{change.Name}: {name}");
                }

                foreach (var name in rig.State.Outputs.Keys) previewed.ContainsKey(name).ShouldBeTrue($"{change.Name}: {name}");
            }
        }
    }

    [Fact]
    public async Task A_session_goes_through_its_life_under_every_way_the_service_may_work()
    {
        foreach (var (name, apply) in SimulatorSettings.Variations.Append(("everything shown otherwise", ShownOtherwise)))
        {
            using var rig = new Rig(MonitorSession.Token, apply);
            (await rig.UpAsync(Programs.Monitor())).ShouldBe(Step.Create, name);
            rig.TakeChanges().ShouldBe(["CreateLiveStreamMonitor", "StartLiveStreamMonitor"], name);
            (await rig.UpAsync(Programs.Monitor())).ShouldBe(Step.Same, name);
            (await rig.RefreshAsync())!.ShouldBeEmpty(name);
            (await rig.UpAsync(Programs.Monitor())).ShouldBe(Step.Same, name);
            rig.TakeChanges().ShouldBeEmpty(name);
            (await rig.UpAsync(Programs.Monitor().With(("desiredStatus", "Stopped")))).ShouldBe(Step.Update, name);
            (await rig.UpAsync(Programs.Monitor().With(("outputTemplate", "lp_ud")))).ShouldBe(Step.Update, name);
            rig.TakeChanges().ShouldBe(["StopLiveStreamMonitor", "UpdateLiveStreamMonitor", "StartLiveStreamMonitor"], name);
            rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
            await rig.DestroyAsync();
            rig.TakeChanges().ShouldBe(["StopLiveStreamMonitor", "DeleteLiveStreamMonitor"], name);
            rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
            Secrets.ShouldNotLeak(rig);
        }
    }

    [Theory]
    [InlineData("outputTemplate", "main", true)]
    [InlineData("domain", "main", false)]
    [InlineData("app", "main", false)]
    [InlineData("stream", "main", false)]
    [InlineData("domain", null, false)]
    public async Task A_forced_replacement_deletes_first_where_both_would_publish_one_stream(string property, string? stream, bool deleteFirst)
    {
        using var rig = new Rig(MonitorSession.Token);
        var program = Programs.Monitor().With(("stream", stream is null ? null : (PropertyValue)stream));
        await rig.UpAsync(program);
        var value = property switch { "outputTemplate" => "lp_ud", "domain" => "other.example.com", _ => "other" };
        var options = new ResourceOptions { ReplaceOnChanges = [property] };
        (await rig.UpAsync(program.With((property, value)), options)).ShouldBe(deleteFirst ? Step.ReplaceDeleteFirst : Step.ReplaceCreateFirst);
        rig.Monitor.Running.ShouldBeTrue();
    }

    static Change Set(string name, PropertyValue? before, PropertyValue? after, Func<MonitorConfiguration, bool> shows)
    {
        var property = name.Split(' ')[0];
        return new(name, program => program.With((property, before)), program => program.With((property, after)), shows);
    }

    static Change List(string name, Func<PropertyValue[], PropertyValue[]> edit, Func<JsonElement[], bool> shows) =>
        new(name, program => program, program => program.With(("inputList", PropertyValue.Of(edit([.. program["inputList"]!.Elements])))), config => shows(InputsOf(config)));

    static PropertyMap Thresholds(params (string Name, double Value)[] values)
    {
        var thresholds = new PropertyMap();
        foreach (var (name, value) in values) thresholds[name] = value;
        return thresholds;
    }

    static PropertyMap With(PropertyValue input, params (string Name, PropertyValue? Value)[] changes) => input.Members.With(changes);

    static double? Threshold(MonitorConfiguration config, string name) =>
        config.MonitorConfig.Length > 0 && Json(config.MonitorConfig).TryGetProperty(name, out var value) ? value.GetDouble() : null;

    static JsonElement[] InputsOf(MonitorConfiguration config) => [.. Json(config.InputList).EnumerateArray()];

    static string Url(JsonElement input) => input.GetProperty("InputUrl").GetString()!;

    static JsonElement Json(string text) => JsonElement.Parse(text);
}
