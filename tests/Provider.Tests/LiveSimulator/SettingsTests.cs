using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

/// <summary>
/// Every variation of every switch changes what a client sees: for each switch one scenario, told in a few words, and for each of its values
/// the words expected.
/// </summary>
public sealed class SettingsTests
{
    static readonly (string Name, string Value)[] Session =
        [("MonitorName", "wall"), ("Domain", "live.example.com"), ("OutputTemplate", "lp_hd")];

    static readonly Dictionary<string, Func<SimulatorClient, string>> Scenarios = new(StringComparer.Ordinal)
    {
        ["DuplicateDestination"] = client =>
        {
            client.CreateTask();
            return Outcome(client.Call("CreateLivePullToPush", client.TaskParameters()));
        },
        ["PastStartTime"] = client => Outcome(client.Call("CreateLivePullToPush", client.TaskParameters(start: -60))),
        ["SevenDayLimit"] = client => Outcome(client.Call("CreateLivePullToPush", client.TaskParameters(end: (7 * 86_400) + 1))),
        ["SourceProtocols"] = client => string.Join(' ', new[] { "rtmp", "rtsp", "srt", "http-flv", "flv", "hls" }
            .Where(protocol => client.Call("CreateLivePullToPush", client.TaskParameters(others: ("SourceProtocol", protocol))).Status == 200)),
        ["OffsetZeroRefused"] = client => Outcome(client.Call("CreateLivePullToPush", client.TaskParameters(others: ("Offset", "0")))),
        ["ShenzhenOnlyForCreate"] = client =>
        {
            var id = client.CreateTask(others: ("Region", "cn-shenzhen"));
            return Outcome(client.Call("DescribeLivePullToPush", ("Region", "cn-shenzhen"), ("TaskId", id)));
        },
        ["ProtocolEcho"] = client => Info(client, client.CreateTask(others: ("SourceProtocol", "http-flv")), "SourceProtocol"),
        ["FileProtocolEcho"] = client =>
            Info(client, client.CreateTask(others: [("SourceType", "vod"), ("SourceUrls", """["id"]""")]), "SourceProtocol"),
        ["UnsetTaskFields"] = client =>
        {
            var id = client.CreateTask(others: ("TaskName", ""));
            return $"{Info(client, id, "TaskName")} {Info(client, id, "CallbackURL")}";
        },
        ["InapplicableTaskFields"] = client =>
        {
            var task = client.Describe(client.CreateTask()).Json;
            return $"{Shown(task, "TaskInvalidReason")} {Shown(task, "TaskExitTime")} {Shown(task, "TaskExitReason")}";
        },
        ["InvalidReasonWhileRecovering"] = client =>
        {
            var id = client.CreateTask();
            client.Service.LoseSource(id);
            return Shown(client.Describe(id).Json, "TaskInvalidReason");
        },
        ["StopReasonShown"] = client =>
        {
            var id = client.CreateTask();
            client.OnTask("StopLivePullToPush", id);
            return Shown(client.Describe(id).Json, "TaskInvalidReason");
        },
        ["ListOrder"] = client =>
        {
            string[] ids = [client.CreateTask(), client.CreateTask(), client.CreateTask(), client.CreateTask()];
            var orders = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [string.Join(' ', ids)] = "oldest first",
                [string.Join(' ', ids.Reverse())] = "newest first",
                [string.Join(' ', ids.Order(StringComparer.Ordinal))] = "by id",
            };
            orders.Count.ShouldBe(3);
            return orders[string.Join(' ', Listed(client))];
        },
        ["ListLag"] = client =>
        {
            client.CreateTask();
            client.Clock.Time += TimeSpan.FromSeconds(1);
            var early = Listed(client).Count;
            client.Clock.Time += TimeSpan.FromSeconds(1);
            return $"{early} {Listed(client).Count}";
        },
        ["ExitedVisibleFor"] = client =>
        {
            var id = client.CreateTask(end: 60);
            client.Pass(60);
            var atOnce = Outcome(client.Describe(id));
            client.Pass(86_400);
            return $"{atOnce}, {Outcome(client.Describe(id))} {Listed(client).Count}";
        },
        ["ExitedListed"] = client =>
        {
            client.CreateTask(end: 60);
            client.Pass(60);
            return $"{Listed(client).Count}";
        },
        ["AfterDelete"] = client =>
        {
            var id = client.CreateTask();
            client.OnTask("DeleteLivePullToPush", id);
            var described = client.Describe(id);
            return described.Status == 200 ? $"{described.Integer("TaskStatus")} {described.Text("TaskExitReason")}" : Outcome(described);
        },
        ["CallOnExited"] = client =>
        {
            var id = client.CreateTask(end: 60);
            client.Pass(60);
            var outcomes = new[] { "Stop", "Restart", "Update", "Delete" }.Select(name => Outcome(client.OnTask($"{name}LivePullToPush", id)));
            return string.Join(' ', outcomes.ToHashSet(StringComparer.Ordinal));
        },
        ["StopOnIdle"] = client => OnIdle(client, "StopLivePullToPush"),
        ["RestartOnIdle"] = client => OnIdle(client, "RestartLivePullToPush"),
        ["RestartChangesTaskId"] = client =>
        {
            var id = client.CreateTask();
            var answered = client.OnTask("RestartLivePullToPush", id).Text("TaskId");
            client.Task(answered).State.ShouldBe(RelayState.Running);
            client.Task(answered).Config.ShouldBe(client.Task(id).Config);
            return $"{(answered == id ? "same id" : "another id")}, old one {Outcome(client.Describe(id))}";
        },
        ["DisallowedUpdate"] = client =>
        {
            var id = client.CreateTask();
            var answer = client.OnTask("UpdateLivePullToPush", id, ("FileIndex", "2"), ("RepeatNumber", "3"));
            return $"{Outcome(answer)} {client.Task(id).Config.FileIndex} {client.Task(id).Config.RepeatNumber}";
        },
        ["SourceUrlsWhileRunning"] = client =>
        {
            var id = client.CreateTask();
            client.OnTask("UpdateLivePullToPush", id, ("SourceUrls", """["rtmp://new/a/b"]"""));
            return $"{client.Task(id).Config.SourceUrls[0]} {client.Task(id).OnAir!.SourceUrls[0]} {client.Task(id).Interruptions}";
        },
        ["EndTimeWhileRunning"] = client =>
        {
            var id = client.CreateTask(end: 60);
            client.OnTask("UpdateLivePullToPush", id, ("EndTime", client.In(120)));
            client.Pass(60);
            return client.Task(id).State.ToString();
        },
        ["EmptyCallbackUrl"] = client =>
        {
            var id = client.CreateTask(others: ("CallbackUrl", "https://example.com/hook"));
            return $"{Outcome(client.OnTask("UpdateLivePullToPush", id, ("CallbackUrl", "")))} {client.Task(id).Config.CallbackUrl}";
        },
        ["OmittedTaskValues"] = client =>
        {
            var id = client.CreateTask(
                start: 60, others: [("CallbackUrl", "https://example.com/hook"), ("RepeatNumber", "1"), ("Offset", "2"), ("FileIndex", "3")]);
            client.OnTask("UpdateLivePullToPush", id, ("EndTime", client.In(7200)));
            var config = client.Task(id).Config;
            return $"{config.CallbackUrl} {config.RepeatNumber} {config.Offset} {config.FileIndex}";
        },
        ["ErrorsAsRetCode"] = client =>
        {
            var unknown = client.Describe("unknown");
            return unknown.Status == 200 ? $"200 {unknown.Text("Description")} {unknown.Integer("RetCode")}" : Outcome(unknown);
        },
        ["DeleteRunningMonitor"] = client => Outcome(client.Call("DeleteLiveStreamMonitor", ("MonitorId", Started(client)))),
        ["InputListMayBeEmpty"] = client => Outcome(client.Call("CreateLiveStreamMonitor", [.. Session, ("InputList", "[]")])),
        ["BitrateThreshold"] = client => string.Join(' ', new[] { "brLowThres", "brHighThres" }.Where(name => client.Call("CreateLiveStreamMonitor",
            [.. Session, ("InputList", SimulatorClientExtensions.Inputs), ("MonitorConfig", $$"""{"{{name}}":1}""")]).Status == 200)),
        ["MonitorConfigDoublyQuoted"] = client =>
            Shown(client.Monitor(client.CreateMonitor(("MonitorConfig", """{"fpsLowThres":0.60}"""))), "MonitorConfig"),
        ["NumbersRewritten"] = client =>
        {
            var monitor = client.Monitor(client.CreateMonitor(("MonitorConfig", """{"fpsLowThres":0.60}""")));
            var volume = monitor.GetProperty("InputList")[0].GetProperty("PlayConfig").GetProperty("VolumeRate");
            return $"{Shown(monitor, "MonitorConfig")} {volume.GetRawText()}";
        },
        ["KeysReordered"] = client =>
            Shown(client.Monitor(client.CreateMonitor(("MonitorConfig", """{"fpsLowThres":1,"brLowThres":2}"""))), "MonitorConfig"),
        ["OmittedMonitorValues"] = client =>
        {
            var id = client.CreateMonitor(("App", "control"), ("Stream", "wall"), ("CallbackUrl", "https://example.com/hook"));
            client.Succeed("UpdateLiveStreamMonitor", ("MonitorId", id), ("InputList", SimulatorClientExtensions.Inputs));
            var config = client.Service.Monitors[id].Config;
            return $"{config.App} {(config.Stream == "wall" ? "wall" : "random")} {config.CallbackUrl}";
        },
        ["EmptyMonitorValues"] = client =>
        {
            var id = client.CreateMonitor(("CallbackUrl", "https://example.com/hook"));
            var answer = client.Call(
                "UpdateLiveStreamMonitor", ("MonitorId", id), ("InputList", SimulatorClientExtensions.Inputs), ("CallbackUrl", ""));
            return $"{Outcome(answer)} {client.Service.Monitors[id].Config.CallbackUrl}";
        },
        ["MonitorUpdateWhileRunning"] = client =>
        {
            var id = Started(client);
            var answer = client.Call("UpdateLiveStreamMonitor", ("MonitorId", id), ("InputList", """[{"LayoutId":2}]"""), ("MonitorName", "new"));
            var config = client.Service.Monitors[id].Config;
            var inputs = config.InputList == SimulatorClientExtensions.Inputs ? "old" : "new";
            return $"{Outcome(answer)} {config.MonitorName} {inputs} inputs";
        },
        ["MonitorPageSizeCap"] = client =>
        {
            for (var count = 0; count < 12; count++) client.CreateMonitor();
            var list = client.Succeed("DescribeLiveStreamMonitorList", ("PageSize", "12"));
            return $"{list.Json.GetProperty("LiveStreamMonitorList").GetArrayLength()} of {list.Integer("Total")}";
        },
        ["UnknownMonitor"] = client => Outcome(client.Call("DescribeLiveStreamMonitorList", ("MonitorId", "unknown"))),
        ["MonitorIdIsFuzzy"] = client =>
        {
            var id = client.CreateMonitor();
            return $"{client.Succeed("DescribeLiveStreamMonitorList", ("MonitorId", id[2..])).Integer("Total")}";
        },
        ["UnsetMonitorTimes"] = client => Shown(client.Monitor(client.CreateMonitor()), "StartTime"),
        ["GetOnlyRefusesPost"] = client => Outcome(client.Send(HttpMethod.Post, "DescribeLivePullToPushList", ("Region", "cn-shanghai"))),
        ["ThrottlingRetryAfter"] = client => Throttled(client).Message.Headers.Contains("x-acs-retry-after").ToString(),
        ["ThrottlingStatus"] = client => Outcome(Throttled(client)),
        ["SignatureMismatchStatus"] = client =>
        {
            client.Secret = "another";
            return Outcome(client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai")));
        },
        ["UnknownAccessKeyStatus"] = client =>
        {
            client.AccessKeyId = "unknown";
            return Outcome(client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai")));
        },
    };

    static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["DuplicateDestination=PushFails"] = "200",
        ["DuplicateDestination=RefusedAtCreate"] = "400 InvalidParameter",
        ["PastStartTime=StartsNow"] = "200",
        ["PastStartTime=Refused"] = "400 InvalidParam.CodeIllegalDuration",
        ["SevenDayLimit=False"] = "200",
        ["SevenDayLimit=True"] = "400 InvalidParam.CodeIllegalDuration",
        ["SourceProtocols=Current"] = "rtmp srt http-flv hls",
        ["SourceProtocols=Older"] = "rtmp rtsp srt http-flv flv",
        ["OffsetZeroRefused=True"] = "400 InvalidParameter",
        ["OffsetZeroRefused=False"] = "200",
        ["ShenzhenOnlyForCreate=True"] = "400 InvalidParameter",
        ["ShenzhenOnlyForCreate=False"] = "200",
        ["ProtocolEcho=AsSent"] = "http-flv",
        ["ProtocolEcho=UpperCase"] = "HTTP-FLV",
        ["ProtocolEcho=FlvForHttpFlv"] = "flv",
        ["FileProtocolEcho=AsSent"] = "rtmp",
        ["FileProtocolEcho=Empty"] = "empty",
        ["FileProtocolEcho=Absent"] = "absent",
        ["UnsetTaskFields=Empty"] = "empty empty",
        ["UnsetTaskFields=Absent"] = "absent absent",
        ["InapplicableTaskFields=Absent"] = "absent absent absent",
        ["InapplicableTaskFields=Empty"] = "empty 0 empty",
        ["InvalidReasonWhileRecovering=False"] = "absent",
        ["InvalidReasonWhileRecovering=True"] = "PullStreamFailed",
        ["StopReasonShown=False"] = "absent",
        ["StopReasonShown=True"] = "TriggerByUser",
        ["ListOrder=NewestFirst"] = "newest first",
        ["ListOrder=OldestFirst"] = "oldest first",
        ["ListOrder=ByTaskId"] = "by id",
        ["ListLag=00:00:00"] = "1 1",
        ["ListLag=00:00:02"] = "0 1",
        ["ExitedVisibleFor=01:00:00"] = "200, 400 CodeTaskNotExist 0",
        ["ExitedVisibleFor=00:00:00"] = "400 CodeTaskNotExist, 400 CodeTaskNotExist 0",
        ["ExitedVisibleFor=3650.00:00:00"] = "200, 200 1",
        ["ExitedListed=True"] = "1",
        ["ExitedListed=False"] = "0",
        ["AfterDelete=NotExist"] = "400 CodeTaskNotExist",
        ["AfterDelete=Exited"] = "-1 TriggerByUser",
        ["CallOnExited=NotExist"] = "400 CodeTaskNotExist",
        ["CallOnExited=HasStopped"] = "400 CodeTaskHasStopped",
        ["CallOnExited=Silence"] = "200",
        ["StopOnIdle=Silence"] = "200",
        ["StopOnIdle=HasStopped"] = "400 CodeTaskHasStopped",
        ["StopOnIdle=InvalidParameter"] = "400 InvalidParameter",
        ["RestartOnIdle=Silence"] = "200",
        ["RestartOnIdle=HasStopped"] = "400 CodeTaskHasStopped",
        ["RestartOnIdle=InvalidParameter"] = "400 InvalidParameter",
        ["RestartChangesTaskId=False"] = "same id, old one 200",
        ["RestartChangesTaskId=True"] = "another id, old one 400 CodeTaskNotExist",
        ["DisallowedUpdate=FieldIgnored"] = "200 0 3",
        ["DisallowedUpdate=CallIgnored"] = "200 0 0",
        ["DisallowedUpdate=Refused"] = "400 InvalidParameter 0 0",
        ["SourceUrlsWhileRunning=False"] = "rtmp://pull.example.com/app/source rtmp://pull.example.com/app/source 0",
        ["SourceUrlsWhileRunning=True"] = "rtmp://new/a/b rtmp://new/a/b 0",
        ["EndTimeWhileRunning=True"] = "Running",
        ["EndTimeWhileRunning=False"] = "Exit",
        ["EmptyCallbackUrl=Clears"] = "200 ",
        ["EmptyCallbackUrl=Ignored"] = "200 https://example.com/hook",
        ["EmptyCallbackUrl=Refused"] = "400 InvalidParameter https://example.com/hook",
        ["OmittedTaskValues=Kept"] = "https://example.com/hook 1 2 3",
        ["OmittedTaskValues=Reset"] = " 0 0 0",
        ["ErrorsAsRetCode=False"] = "400 CodeTaskNotExist",
        ["ErrorsAsRetCode=True"] = "200 CodeTaskNotExist 400",
        ["DeleteRunningMonitor=Unauthorized"] = "401 IllegalOperation",
        ["DeleteRunningMonitor=BadRequest"] = "400 IllegalOperation",
        ["InputListMayBeEmpty=False"] = "400 InvalidParameter.Malformed",
        ["InputListMayBeEmpty=True"] = "200",
        ["BitrateThreshold=Both"] = "brLowThres brHighThres",
        ["BitrateThreshold=LowOnly"] = "brLowThres",
        ["BitrateThreshold=HighOnly"] = "brHighThres",
        ["MonitorConfigDoublyQuoted=False"] = """{"fpsLowThres":0.60}""",
        ["MonitorConfigDoublyQuoted=True"] = """
            "{\"fpsLowThres\":0.60}"
            """,
        ["NumbersRewritten=False"] = """{"fpsLowThres":0.60} 0.50""",
        ["NumbersRewritten=True"] = """{"fpsLowThres":0.6} 0.5""",
        ["KeysReordered=False"] = """{"fpsLowThres":1,"brLowThres":2}""",
        ["KeysReordered=True"] = """{"brLowThres":2,"fpsLowThres":1}""",
        ["OmittedMonitorValues=Kept"] = "control wall https://example.com/hook",
        ["OmittedMonitorValues=Reset"] = "monitor random ",
        ["EmptyMonitorValues=Clears"] = "200 ",
        ["EmptyMonitorValues=Ignored"] = "200 https://example.com/hook",
        ["EmptyMonitorValues=Refused"] = "400 InvalidParameter.Malformed https://example.com/hook",
        ["MonitorUpdateWhileRunning=Applied"] = "200 new new inputs",
        ["MonitorUpdateWhileRunning=Ignored"] = "200 wall new inputs",
        ["MonitorUpdateWhileRunning=Refused"] = "401 IllegalOperation wall old inputs",
        ["MonitorPageSizeCap=100"] = "12 of 12",
        ["MonitorPageSizeCap=10"] = "10 of 12",
        ["UnknownMonitor=EmptyList"] = "200",
        ["UnknownMonitor=NotExist"] = "404 StreamMonitorNotExist",
        ["MonitorIdIsFuzzy=False"] = "0",
        ["MonitorIdIsFuzzy=True"] = "1",
        ["UnsetMonitorTimes=Empty"] = "empty",
        ["UnsetMonitorTimes=Absent"] = "absent",
        ["GetOnlyRefusesPost=True"] = "400 UnsupportedOperation",
        ["GetOnlyRefusesPost=False"] = "200",
        ["ThrottlingRetryAfter=00:00:00"] = "False",
        ["ThrottlingRetryAfter=00:00:00.2500000"] = "True",
        ["ThrottlingStatus=400"] = "400 Throttling.User",
        ["ThrottlingStatus=429"] = "429 Throttling.User",
        ["ThrottlingStatus=503"] = "503 Throttling.User",
        ["SignatureMismatchStatus=400"] = "400 SignatureDoesNotMatch",
        ["SignatureMismatchStatus=403"] = "403 SignatureDoesNotMatch",
        ["UnknownAccessKeyStatus=404"] = "404 InvalidAccessKeyId.NotFound",
        ["UnknownAccessKeyStatus=400"] = "400 InvalidAccessKeyId.NotFound",
    };

    public static TheoryData<string> EveryValue => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(EveryValue))]
    public void Each_value_of_each_switch_shows_in_what_a_client_sees(string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        using var client = new SimulatorClient();
        client.Settings.Set(setting[..equals], setting[(equals + 1)..]);
        Scenarios[setting[..equals]](client).ShouldBe(Expected[setting]);
    }

    [Fact]
    public void Without_any_setting_each_switch_has_one_of_the_values_that_are_tested()
    {
        foreach (var (name, scenario) in Scenarios)
        {
            using var client = new SimulatorClient();
            var usual = SettingVariations.Read(client.Settings).Single(setting => setting.Name == name).Value;
            scenario(client).ShouldBe(Expected[$"{name}={usual}"], name);
        }
    }

    [Fact]
    public void Every_variation_is_tested_here()
    {
        var names = SimulatorSettings.Variations.Select(variation => variation.Name).ToList();
        names.Count.ShouldBeGreaterThan(40);
        names.ShouldAllBe(name => Expected.ContainsKey(name));
    }

    [Fact]
    public void A_variation_changes_exactly_one_switch()
    {
        var usual = SettingVariations.Read(new SimulatorSettings()).ToList();
        foreach (var (name, apply) in SimulatorSettings.Variations)
        {
            var settings = new SimulatorSettings();
            apply(settings);
            var (changed, value) = SettingVariations.Read(settings).Except(usual).ShouldHaveSingleItem(name);
            name.ShouldBe($"{changed}={value}");
        }
    }

    [Theory]
    [InlineData("Nothing", "1", "There is no setting Nothing")]
    [InlineData("StopOnIdle", "Perhaps", "Silence, HasStopped, InvalidParameter")]
    [InlineData("StopOnIdle", "1", "Silence, HasStopped, InvalidParameter")]
    [InlineData("SevenDayLimit", "1", "true or false")]
    [InlineData("ListLag", "soon", "00:00:02")]
    [InlineData("RateLimitFactor", "x", "a number")]
    public void A_setting_that_does_not_exist_or_fit_is_explained(string name, string value, string explanation) =>
        Should.Throw<ArgumentException>(() => new SimulatorSettings().Set(name, value)).Message.ShouldContain(explanation);

    static string Outcome(Answered answer) => answer.ErrorCode is { } code ? $"{answer.Status} {code}" : $"{answer.Status}";

    static string Info(SimulatorClient client, string id, string field) => Shown(client.Info(id), field);

    static string Shown(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) ? "absent" : value.ToString() is { Length: > 0 } text ? text : "empty";

    static List<string> Listed(SimulatorClient client) => client.ListedTasks();

    static string OnIdle(SimulatorClient client, string operation)
    {
        var id = client.CreateTask(start: 60);
        var outcome = Outcome(client.OnTask(operation, id));
        client.Task(id).State.ShouldBe(RelayState.Idle);
        return outcome;
    }

    static string Started(SimulatorClient client)
    {
        var id = client.CreateMonitor();
        client.Succeed("StartLiveStreamMonitor", ("MonitorId", id));
        return id;
    }

    static Answered Throttled(SimulatorClient client)
    {
        client.Settings.RateLimitFactor = 0.1;
        client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        return client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }
}
