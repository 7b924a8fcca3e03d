using LiveSimulator;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Live;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>A session is made exactly once and never lost, whatever happens to the calls that make it; and updates that are cut off go on where they were.</summary>
public sealed class MonitorSessionCreateTests
{
    static readonly PropertyMap Program = Programs.Monitor().With(("monitorName", "wall"), ("stream", "main"));

    [Fact]
    public async Task A_session_whose_run_state_is_not_managed_is_not_started_and_says_so_once()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program.With(("desiredStatus", null)));
        rig.TakeChanges().ShouldBe(["CreateLiveStreamMonitor"]);
        rig.Log.Lines.Where(line => !line.Ephemeral && line.Message.Contains("created, not monitoring", StringComparison.Ordinal)).ShouldHaveSingleItem().Urn.ShouldBe(rig.Urn);
    }

    [Theory]
    [InlineData("Running")]
    [InlineData("Stopped")]
    public async Task A_session_whose_run_state_is_managed_says_nothing(string desired)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program.With(("desiredStatus", desired)));
        rig.Log.Lines.ShouldNotContain(line => !line.Ephemeral);
        rig.Monitor.Running.ShouldBe(desired == "Running");
    }

    [Fact]
    public async Task A_start_that_fails_after_the_creation_is_made_up_by_the_next_up_alone()
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.FailNext("StartLiveStreamMonitor", Fault.Refuse("Forbidden.RAM", 403));
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program));
        failure.Message.ShouldContain("live:StartLiveStreamMonitor");
        failure.Message.ShouldContain(rig.Monitor.MonitorId);
        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
        rig.State.Outputs["stream"]!.Text.ShouldBe("main");
        rig.State.Outputs["status"]!.Text.ShouldBe("Stopped");
        rig.TakeChanges();

        (await rig.UpAsync(Program)).ShouldBe(Step.Update);
        rig.TakeChanges().ShouldBe(["StartLiveStreamMonitor"]);
        rig.Monitor.Running.ShouldBeTrue();
        rig.State.Outputs["status"]!.Text.ShouldBe("Running");
        (await rig.UpAsync(Program)).ShouldBe(Step.Same);
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task A_start_that_failed_is_made_up_together_with_another_change()
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.FailNext("StartLiveStreamMonitor", Fault.Refuse("UserQuotaExceed", 403));
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program));
        rig.TakeChanges();
        await rig.UpAsync(Program.With(("outputTemplate", "lp_ud")));
        rig.TakeChanges().ShouldBe(["UpdateLiveStreamMonitor", "StartLiveStreamMonitor"]);
        rig.Monitor.Running.ShouldBeTrue();
    }

    public static TheoryData<string, string, int> LostAnswers()
    {
        var cases = new TheoryData<string, string, int>();
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            foreach (var lag in (int[])[0, 2])
            {
                cases.Add("CreateLiveStreamMonitor", kind.ToString(), lag);
                cases.Add("StartLiveStreamMonitor", kind.ToString(), lag);
                cases.Add("DescribeLiveStreamMonitorList", kind.ToString(), lag);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(LostAnswers))]
    public async Task A_lost_answer_never_makes_two_sessions_nor_none(string operation, string kind, int lag)
    {
        foreach (var after in (int[])[0, 1])
        {
            using var rig = new Rig(MonitorSession.Token, settings => settings.ListLag = TimeSpan.FromSeconds(lag));
            rig.Service.FailNext(operation, new Fault(Enum.Parse<FaultKind>(kind)) { AfterCalls = operation.StartsWith("Describe", StringComparison.Ordinal) ? after : 0 });
            (await rig.UpAsync(Program)).ShouldBe(Step.Create);
            rig.Service.Monitors.Count.ShouldBe(1);
            rig.Monitor.Running.ShouldBeTrue();
            rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
            (await rig.UpAsync(Program)).ShouldBe(Step.Same);
            (await rig.RefreshAsync())!.ShouldBeEmpty();
            await rig.DestroyAsync();
            Secrets.ShouldNotLeak(rig);
        }
    }

    [Theory]
    [InlineData("all settings", true)]
    [InlineData("one setting", true)]
    [InlineData("one setting", false)]
    public async Task A_lost_creation_is_recognised_by_more_than_its_name(string others, bool stated)
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.ListLag = TimeSpan.FromSeconds(2));
        var program = stated ? Program : Program.With(("stream", null));
        using var elsewhere = new Elsewhere(rig);
        var once = true;
        rig.Service.AfterCall = operation =>
        {
            if (operation != "CreateLiveStreamMonitor" || !once) return;
            once = false;
            elsewhere.Create(others == "all settings" ? [] : [("OutputTemplate", "lp_ld")]);
        };
        rig.Service.FailNext("CreateLiveStreamMonitor", Fault.DropAfter());
        if (others == "all settings")
        {
            var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(program));
            foreach (var id in rig.Service.Monitors.Keys) failure.Message.Contains(id, StringComparison.Ordinal).ShouldBeTrue();
            failure.Message.ShouldContain("pulumi import");
            rig.Service.Monitors.Count.ShouldBe(2);
        }
        else
        {
            await rig.UpAsync(program);
            rig.Service.Monitors.Count.ShouldBe(2);
            rig.Service.Monitors[rig.State!.Id].Config.OutputTemplate.ShouldBe("lp_hd");
        }

        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task A_session_of_the_same_name_and_settings_that_was_there_before_is_not_taken_over()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        var first = rig.State!.Id;
        rig.State = null;
        rig.Service.FailNext("CreateLiveStreamMonitor", Fault.DropAfter());
        await rig.UpAsync(Program);
        (rig.State!.Id == first).ShouldBeFalse();
        rig.Service.Monitors.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_lost_creation_that_cannot_be_looked_for_says_that_the_session_may_exist()
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.FailNext("CreateLiveStreamMonitor", Fault.DropAfter());
        rig.Service.FailNext("DescribeLiveStreamMonitorList", Fault.Refuse("Forbidden.RAM", 403) with { AfterCalls = 1 });
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program));
        failure.Message.ShouldContain("create monitor session wall");
        failure.Message.ShouldContain("it may exist. Look for it by its name with getMonitorSessions");
        failure.Message.ShouldContain("pulumi import aliyun-live:index:MonitorSession <name> <monitorId>");
    }

    [Theory]
    [InlineData("DescribeLiveStreamMonitorList", "live:DescribeLiveStreamMonitorList")]
    [InlineData("CreateLiveStreamMonitor", "live:CreateLiveStreamMonitor")]
    public async Task A_denied_creation_makes_nothing_and_names_the_action(string operation, string action)
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.FailNext(operation, Fault.Refuse("Forbidden.RAM", 403));
        (await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program))).Message.ShouldContain(action);
        rig.State.ShouldBeNull();
        rig.Service.Monitors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refused_setting_is_told_in_the_services_words()
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.BitrateThreshold = BitrateThreshold.HighOnly);
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program.With(("monitorConfig", new PropertyMap { ["brLowThres"] = 1 }))));
        failure.Message.ShouldContain("create monitor session wall");
        failure.Message.ShouldContain("brLowThres");
        rig.Service.Monitors.ShouldBeEmpty();
    }

    public static TheoryData<int, bool> Cuts()
    {
        var cases = new TheoryData<int, bool>();
        for (var call = 0; call < 8; call++)
        {
            cases.Add(call, true);
            cases.Add(call, false);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_creation_cancelled_at_any_call_keeps_what_exists(int call, bool before)
    {
        foreach (var (lag, refresh) in ((int, bool)[])[(0, false), (2, false), (0, true), (2, true)])
        {
            using var rig = new Rig(MonitorSession.Token, settings => settings.ListLag = TimeSpan.FromSeconds(lag));
            await CutAsync(rig, call, before, () => rig.UpAsync(Program));
            rig.Service.Monitors.Count.ShouldBe(rig.State is null ? 0 : 1, "what exists is in the state");
            if (rig.State is { } state) state.Id.ShouldBe(rig.Monitor.MonitorId);
            if (refresh && rig.State is not null) (await rig.RefreshAsync()).ShouldNotBeNull("a session that is not listed yet is not taken for gone");

            await rig.UpAsync(Program);
            rig.Service.Monitors.Count.ShouldBe(1);
            rig.Monitor.Running.ShouldBeTrue();
            (await rig.UpAsync(Program)).ShouldBe(Step.Same);
            (await rig.RefreshAsync())!.ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task An_update_cancelled_at_any_call_is_finished_or_taken_back_by_the_next(int call, bool before)
    {
        foreach (var (from, to) in ((string?, string?)[])[("Running", "Stopped"), ("Stopped", "Running"), ("Running", "Running"), ("Stopped", null)])
        {
            foreach (var (finish, refresh) in ((bool, bool)[])[(true, false), (false, false), (true, true), (false, true)])
            {
                using var rig = new Rig(MonitorSession.Token);
                var old = Program.With(("desiredStatus", from!));
                var changed = Program.With(("desiredStatus", to is null ? null : (PropertyValue)to), ("outputTemplate", "lp_ud"), ("callbackUrl", "https://hooks.example.com/alarm?token=HOOKKEY"));
                await rig.UpAsync(old);
                var id = rig.State!.Id;
                await CutAsync(rig, call, before, () => rig.UpAsync(changed));
                rig.State!.Id.ShouldBe(id);
                if (refresh) (await rig.RefreshAsync()).ShouldNotBeNull();
                var wanted = finish ? changed : old;
                await rig.UpAsync(wanted);
                rig.Monitor.Config.OutputTemplate.ShouldBe(wanted["outputTemplate"]!.Text);
                rig.Monitor.Config.CallbackUrl.ShouldBe(wanted["callbackUrl"]?.Text ?? "");
                rig.Monitor.Running.ShouldBe(wanted["desiredStatus"]?.Text == "Running");
                (await rig.RefreshAsync())!.ShouldBeEmpty();
                (await rig.UpAsync(wanted)).ShouldBe(Step.Same);
                Secrets.ShouldNotLeak(rig);
            }
        }
    }

    /// <summary>Cancels at one call of the service, counted from 0.</summary>
    static async Task CutAsync(Rig rig, int call, bool before, Func<Task> up)
    {
        var calls = 0;
        void Cancel(string operation)
        {
            if (calls++ == call) rig.CancelCalls();
        }

        if (before) rig.Service.BeforeCall = Cancel;
        else rig.Service.AfterCall = Cancel;
        try
        {
            await up();
        }
        catch (RpcException error)
        {
            error.Message.ShouldContain("ancelled");
        }

        rig.Service.BeforeCall = rig.Service.AfterCall = null;
    }

    [Theory]
    [InlineData("CreateLiveStreamMonitor")]
    [InlineData("StartLiveStreamMonitor")]
    public async Task A_token_that_runs_out_in_the_middle_loses_no_session(string last)
    {
        using var rig = new Rig(MonitorSession.Token);
        rig.Service.AddAccessKey("temporary-key", "temporary-secret", "temporary-token");
        var permanent = rig.Config;
        rig.Config = rig.Config.With(("accessKey", "temporary-key"), ("secretKey", "temporary-secret"), ("securityToken", "temporary-token"));
        await rig.ConfigureAsync();
        rig.Service.AfterCall = operation =>
        {
            if (operation == last) rig.Service.ExpireToken("temporary-token");
        };
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program));
        failure.Message.ShouldContain("DescribeLiveStreamMonitorList");
        failure.Message.ShouldContain("The temporary credentials have run out");
        failure.Message.ShouldNotContain("temporary-secret");
        failure.Message.ShouldNotContain("temporary-token");
        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);

        rig.Config = permanent;
        await rig.ConfigureAsync();
        await rig.UpAsync(Program);
        rig.Monitor.Running.ShouldBeTrue();
        rig.Service.Monitors.Count.ShouldBe(1);
        (await rig.UpAsync(Program)).ShouldBe(Step.Same);
    }

    [Theory]
    [InlineData("StopLiveStreamMonitor", "Stopped")]
    [InlineData("UpdateLiveStreamMonitor", "Running")]
    [InlineData("DescribeLiveStreamMonitorList", "Running")]
    public async Task A_denied_step_of_an_update_keeps_the_state_and_names_the_action(string operation, string desired)
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Program);
        var changed = Program.With(("desiredStatus", desired), ("outputTemplate", "lp_ud"));
        rig.Service.FailNext(operation, Fault.Refuse("Forbidden.RAM", 403));
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(changed));
        failure.Message.ShouldContain($"live:{operation}");
        failure.Message.ShouldNotContain("desiredStatus");
        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
        rig.State.Inputs["outputTemplate"]!.Text.ShouldBe("lp_hd");
        rig.Monitor.Running.ShouldBeTrue();
        (await rig.UpAsync(changed)).ShouldBe(Step.Update);
        rig.Monitor.Config.OutputTemplate.ShouldBe("lp_ud");
        rig.Monitor.Running.ShouldBe(desired == "Running");
    }

    [Fact]
    public async Task A_limit_of_time_that_is_over_keeps_the_session()
    {
        using var rig = new Rig(MonitorSession.Token, settings => settings.ListLag = TimeSpan.FromSeconds(30));
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Program, new() { Timeout = TimeSpan.FromSeconds(5) }));
        failure.Message.ShouldContain("does not know it yet");
        rig.State!.Id.ShouldBe(rig.Monitor.MonitorId);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await rig.UpAsync(Program)).ShouldBe(Step.Update);
        rig.Service.Monitors.Count.ShouldBe(1);
        rig.Monitor.Running.ShouldBeTrue();
    }

    /// <summary>Somebody else with a key of the account.</summary>
    sealed class Elsewhere(Rig rig) : IDisposable
    {
        readonly LiveClient _client = new(
            new LiveClientOptions { UserAgentVersion = "1.2.3" },
            new KeyRing(new LiveCredentials(LiveService.DefaultAccessKeyId, LiveService.DefaultAccessKeySecret, null, "test")),
            rig.Clock,
            () => 0,
            new SimulatorHandler(rig.Service));

        /// <summary>Makes a session as the latest call made one, but for some parameters.</summary>
        public void Create(params (string Name, string Value)[] others)
        {
            var parameters = new Dictionary<string, string>(rig.Service.Calls[^1].Parameters, StringComparer.Ordinal);
            foreach (var (name, value) in others) parameters[name] = value;
            _client.CreateLiveStreamMonitorAsync(parameters, new Deadline(rig.Clock, TimeSpan.FromMinutes(1), CancellationToken.None)).GetAwaiter().GetResult();
        }

        public void Dispose() => _client.Dispose();
    }
}
