using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>What others did to a session, as refresh and import show it, and how the next up repairs it.</summary>
public sealed class MonitorSessionDriftTests
{
    static PropertyMap Whole() => Programs.Monitor().With(
        ("monitorName", "wall"), ("app", "studio"), ("stream", "main"), ("callbackUrl", "https://hooks.example.com/alarm?token=HOOKKEY"),
        ("monitorConfig", new PropertyMap { ["fpsLowThres"] = 0.6, ["brLowThres"] = 1.1, ["eofDurationThresSec"] = 10 }));

    /// <summary>A session with nothing but what must be stated.</summary>
    static PropertyMap Bare() => new()
    {
        ["domain"] = "monitor.example.com",
        ["outputTemplate"] = "lp_ld",
        ["inputList"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "rtmp://pull.example.com/live/a" }),
    };

    [Fact]
    public async Task A_refresh_without_an_outside_change_shows_nothing()
    {
        PropertyMap[] programs =
        [
            Bare(), Whole(), Whole().With(("desiredStatus", null)), Whole().With(("desiredStatus", "Stopped")), Bare().With(("monitorConfig", PropertyMap.Empty)),
            Whole().With(("monitorConfig", new PropertyMap { ["fpsLowThres"] = 0.1 + 0.2 })), Whole().With(("domain", "Monitor.Example.com"), ("stream", "Bühne-1"), ("app", "a.b~c")),
            Whole().With(("monitorName", "Wand \"eins\" \\ 告警 & <mehr>")),
        ];
        foreach (var (name, apply) in SimulatorSettings.Variations.Prepend(("as documented", _ => { }
        )))
        {
            foreach (var program in programs)
            {
                if (name.StartsWith("BitrateThreshold=High", StringComparison.Ordinal) && program["monitorConfig"]?.Members["brLowThres"] is not null) continue;
                using var rig = new Rig(MonitorSession.Token, apply);
                await rig.UpAsync(program);
                var (inputs, outputs) = (rig.State!.Inputs, rig.State.Outputs);
                (await rig.RefreshAsync())!.ShouldBeEmpty(name);
                rig.State.Inputs.Equals(inputs).ShouldBeTrue(name);
                rig.State.Outputs.Equals(outputs).ShouldBeTrue(name);
                (await rig.UpAsync(program)).ShouldBe(Step.Same, name);
                Secrets.ShouldNotLeak(rig);
            }
        }
    }

    [Theory]
    [InlineData("MonitorName", "theirs", "monitorName")]
    [InlineData("Domain", "theirs.example.com", "domain")]
    [InlineData("OutputTemplate", "lp_sd", "outputTemplate")]
    [InlineData("App", "theirs", "app")]
    [InlineData("Stream", "theirs", "stream")]
    [InlineData("CallbackUrl", "", "callbackUrl")]
    [InlineData("CallbackUrl", "https://hooks.example.com/theirs?token=HOOKKEY", "callbackUrl")]
    [InlineData("DingTalkWebHookUrl", "", "dingTalkWebHookUrl")]
    [InlineData("DingTalkWebHookUrl", "https://oapi.dingtalk.com/robot/send?access_token=DINGKEY2", "dingTalkWebHookUrl")]
    [InlineData("MonitorConfig", "", "monitorConfig")]
    [InlineData("MonitorConfig", "{}", "monitorConfig")]
    [InlineData("MonitorConfig", """{"fpsLowThres":0.6,"brLowThres":1.1,"eofDurationThresSec":11}""", "monitorConfig")]
    [InlineData("MonitorConfig", """{"fpsLowThres":0.6,"brLowThres":1.1,"eofDurationThresSec":10,"brHighThres":5}""", "monitorConfig")]
    [InlineData("InputList", """[{"Index":1,"LayoutId":1,"InputUrl":"rtmp://pull.example.com/live/theirs?auth_key=SOURCEKEY"}]""", "inputList")]
    public async Task An_edit_in_the_console_shows_in_refresh_and_is_repaired_by_the_next_up(string field, string theirs, string property)
    {
        foreach (var (name, apply) in SimulatorSettings.Variations.Where(variation => variation.Name.Contains("Monitor", StringComparison.Ordinal) || variation.Name.Contains("ewritten", StringComparison.Ordinal)))
        {
            foreach (var desired in (string?[])["Running", "Stopped", null])
            {
                using var rig = new Rig(MonitorSession.Token, apply);
                var program = Whole().With(("desiredStatus", desired is null ? null : (PropertyValue)desired));
                await rig.UpAsync(program);
                var before = rig.Monitor;
                rig.Service.EditBehindOurBack(before.MonitorId, field, theirs);

                var options = new ResourceOptions { IgnoreChanges = [property] };
                (await rig.RefreshAsync(options))!.ShouldBeEmpty(name);
                (await rig.UpAsync(program, options)).ShouldBe(Step.Same, name);
                rig.State!.Inputs[property].ShouldNotBe(program[property]);

                var read = rig.State.Inputs;
                rig.State = rig.State with { Inputs = await rig.CheckAsync(program, read) };
                var shown = await rig.RefreshAsync();
                shown.ShouldNotBeNull().ShouldNotBeEmpty(name);
                shown.ShouldAllBe(path => path.StartsWith(property, StringComparison.Ordinal));
                Secrets.ShouldNotLeak(rig);
                if (desired == "Running" && name.StartsWith("MonitorUpdateWhileRunning", StringComparison.Ordinal) && property != "inputList")
                {
                    (await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program))).Message.ShouldContain(property);
                    continue;
                }

                (await rig.UpAsync(program)).ShouldBe(Step.Update, name);
                var after = rig.Monitor;
                (after.Config with { InputList = "", MonitorConfig = "" }).ShouldBe(before.Config with { InputList = "", MonitorConfig = "" }, name);
                after.Running.ShouldBe(desired == "Running");
                after.Periods.ShouldBe(before.Periods, "nothing was interrupted");
                (await rig.RefreshAsync())!.ShouldBeEmpty(name);
                (await rig.UpAsync(program)).ShouldBe(Step.Same, name);
            }
        }
    }

    [Theory]
    [InlineData("Running")]
    [InlineData("Stopped")]
    public async Task A_run_state_that_others_changed_is_repaired_after_a_refresh_and_never_by_the_way(string desired)
    {
        using var rig = new Rig(MonitorSession.Token);
        var program = Whole().With(("desiredStatus", desired));
        await rig.UpAsync(program);
        Flip(rig);
        rig.TakeChanges();

        (await rig.UpAsync(program.With(("outputTemplate", "lp_ud")))).ShouldBe(Step.Update);
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        rig.TakeChanges().ShouldBe(["UpdateLiveStreamMonitor", "UpdateLiveStreamMonitor"]);
        (await rig.UpAsync(program)).ShouldBe(Step.Same);

        (await rig.RefreshAsync())!.ShouldBe(["desiredStatus"]);
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        rig.TakeChanges().ShouldBe([desired == "Running" ? "StartLiveStreamMonitor" : "StopLiveStreamMonitor"]);
        (await rig.RefreshAsync())!.ShouldBeEmpty();
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
    }

    [Theory]
    [InlineData("Running", true)]
    [InlineData("Stopped", true)]
    [InlineData("Running", false)]
    [InlineData(null, false)]
    public async Task A_run_state_left_to_others_is_never_touched(string? desired, bool ignored)
    {
        using var rig = new Rig(MonitorSession.Token);
        var program = Whole().With(("desiredStatus", desired is null ? null : (PropertyValue)desired));
        await rig.UpAsync(program);
        program = ignored ? program : program.With(("desiredStatus", null));
        var options = new ResourceOptions { IgnoreChanges = ignored ? ["desiredStatus"] : [] };
        await rig.UpAsync(program, options);
        rig.TakeChanges();
        for (var round = 0; round < 2; round++)
        {
            Flip(rig);
            await rig.UpAsync(program.With(("outputTemplate", "lp_ud")), options);
            (await rig.RefreshAsync(options))!.ShouldBeEmpty();
            await rig.UpAsync(program, options);
            (await rig.UpAsync(program, options)).ShouldBe(Step.Same);
        }

        rig.TakeChanges().ShouldAllBe(call => call == "UpdateLiveStreamMonitor");
    }

    [Fact]
    public async Task A_session_that_others_deleted_is_dropped_by_refresh_and_made_anew()
    {
        foreach (var unknown in Enum.GetValues<UnknownMonitor>())
        {
            using var rig = new Rig(MonitorSession.Token, settings => settings.UnknownMonitor = unknown);
            await rig.UpAsync(Whole());
            rig.Service.DeleteBehindOurBack(rig.Monitor.MonitorId);
            (await rig.RefreshAsync()).ShouldBeNull();
            (await rig.UpAsync(Whole())).ShouldBe(Step.Create);
            rig.Monitor.Running.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("live:DescribeLiveStreamMonitorList", "Forbidden.RAM", 403)]
    [InlineData("LiveServiceNotFound", "LiveServiceNotFound", 400)]
    [InlineData("InvalidUserId.Malformed", "InvalidUserId.Malformed", 400)]
    [InlineData("DescribeLiveStreamMonitorList", "InternalError", 500)]
    public async Task A_refused_read_never_drops_a_session(string said, string code, int status)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Whole());
        rig.Service.FailNext("DescribeLiveStreamMonitorList", Fault.Refuse(code, status) with { Times = 1000 });
        (await Should.ThrowAsync<RpcException>(() => rig.RefreshAsync())).Message.ShouldContain(said);
        rig.State.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_import_gives_no_more_inputs_than_needed_and_the_next_preview_is_empty()
    {
        foreach (var (name, apply) in SimulatorSettings.Variations.Prepend(("as documented", _ => { }
        )))
        {
            foreach (var program in (PropertyMap[])[Whole(), Bare(), Whole().With(("app", null), ("stream", null))])
            {
                if (name.StartsWith("BitrateThreshold=High", StringComparison.Ordinal) && program["monitorConfig"] is not null) continue;
                using var rig = new Rig(MonitorSession.Token, apply);
                await rig.UpAsync(program);
                rig.Clock.Advance(TimeSpan.FromMinutes(1));
                var id = rig.Monitor.MonitorId;
                var stated = rig.State!.Inputs;
                rig.State = null;
                rig.TakeChanges();

                var imported = await rig.ImportAsync(id);
                rig.State!.Id.ShouldBe(id);
                var expected = stated.Keys.Where(key => key is not ("desiredStatus" or "stream") && !(key == "app" && stated["app"]!.Text == "monitor"));
                imported.Keys.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal), name);
                (await rig.UpAsync(imported)).ShouldBe(Step.Same, name);
                (await rig.RefreshAsync())!.ShouldBeEmpty(name);
                rig.TakeChanges().ShouldBeEmpty();
                Secrets.ShouldNotLeak(rig);

                if (!name.StartsWith("MonitorUpdateWhileRunning", StringComparison.Ordinal)) (await rig.UpAsync(imported.With(("outputTemplate", "lp_ud")))).ShouldBe(Step.Update, name);
                rig.Monitor.Config.Stream.ShouldBe(rig.State.Outputs["stream"]!.Text);
                if (program["stream"] is { } stream) rig.Monitor.Config.Stream.ShouldBe(stream.Text);
                await rig.DestroyAsync();
            }
        }
    }

    [Fact]
    public async Task A_session_that_the_console_made_without_numbers_and_thresholds_is_imported()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Bare().With(("inputList", PropertyValue.Of(new PropertyMap { ["inputUrl"] = "pull.example.com" }, new PropertyMap { ["inputUrl"] = "pull.example.com" }))));
        var id = rig.Monitor.MonitorId;
        rig.Service.EditBehindOurBack(id, "InputList", """[{"InputUrl":"pull.example.com"},{"InputUrl":"pull2.example.com","LayoutConfig":{},"PlayConfig":{}}]""");
        rig.Service.EditBehindOurBack(id, "MonitorConfig", "{}");
        rig.State = null;
        var imported = await rig.ImportAsync(id);
        imported.Keys.Order(StringComparer.Ordinal).ShouldBe(["domain", "inputList", "monitorName", "outputTemplate"]);
        imported["inputList"]!.Elements[0].Members.Keys.ShouldBe(["inputUrl"]);
        (await rig.UpAsync(imported)).ShouldBe(Step.Same);
        (await rig.RefreshAsync())!.ShouldBeEmpty();
        (await rig.UpAsync(imported)).ShouldBe(Step.Same);
        (await rig.UpAsync(imported.With(("outputTemplate", "lp_ud")))).ShouldBe(Step.Update);
        (await rig.RefreshAsync())!.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_program_keeps_secret_stays_so_when_others_edit_it()
    {
        using var rig = new Rig(MonitorSession.Token);
        static PropertyValue Secret(string text) => ((PropertyValue)text).AsSecret();
        var program = Programs.Monitor().With(
            ("app", Secret("studio")), ("stream", Secret("BADKEY-1")), ("callbackUrl", Secret("https://hooks.example.com/BADKEY-1")), ("domain", Secret("monitor.example.com")),
            ("inputList", PropertyValue.Of(new PropertyMap { ["inputUrl"] = Secret("rtmp://pull.example.com/live/BADKEY-1"), ["streamName"] = "one" })));
        await rig.UpAsync(program);
        Secrets.ShouldNotLeak(rig);
        (await rig.RefreshAsync())!.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);

        var id = rig.Monitor.MonitorId;
        rig.Service.EditBehindOurBack(id, "Stream", "BADKEY-2");
        rig.Service.EditBehindOurBack(id, "CallbackUrl", "https://hooks.example.com/BADKEY-2");
        rig.Service.EditBehindOurBack(id, "InputList", """[{"Index":1,"LayoutId":1,"InputUrl":"rtmp://pull.example.com/live/BADKEY-2","StreamName":"two"}]""");
        (await rig.RefreshAsync())!.ShouldBe(["inputList[0].inputUrl", "inputList[0].streamName", "stream", "callbackUrl"], ignoreOrder: true);
        Secrets.ShouldNotLeak(rig);
        rig.State!.Inputs["inputList"]!.Elements[0].Members["streamName"]!.IsSecret.ShouldBeFalse();
        (await rig.UpAsync(program)).ShouldBe(Step.Update);
        (await rig.RefreshAsync())!.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task An_unknown_id_is_not_found()
    {
        foreach (var unknown in Enum.GetValues<UnknownMonitor>())
        {
            using var rig = new Rig(MonitorSession.Token, settings => settings.UnknownMonitor = unknown);
            await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync("445409ec-7eaa-461d-8f29-4bec2eb9aaaa"));
        }
    }

    [Fact]
    public async Task A_session_is_found_among_many_although_pages_are_short_and_filters_loose()
    {
        using var rig = new Rig(MonitorSession.Token, settings =>
        {
            settings.MonitorPageSizeCap = 10;
            settings.MonitorIdIsFuzzy = true;
        });
        var states = new List<ResourceState>();
        for (var number = 0; number < 25; number++)
        {
            rig.State = null;
            await rig.UpAsync(Bare().With(("monitorName", $"wall-{number}")));
            states.Add(rig.State!);
        }

        foreach (var state in states)
        {
            rig.State = state;
            (await rig.RefreshAsync())!.ShouldBeEmpty();
            rig.State.Outputs["monitorName"].ShouldBe(state.Outputs["monitorName"]);
        }

        // A part of an id matches that session in a loose filter, but is no id.
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync(states[3].Id[..8]));
        await Should.ThrowAsync<InvalidOperationException>(() => rig.ImportAsync("-"));
    }

    static void Flip(Rig rig)
    {
        if (rig.Monitor.Running) rig.Service.StopBehindOurBack(rig.Monitor.MonitorId);
        else rig.Service.StartBehindOurBack(rig.Monitor.MonitorId);
    }
}
