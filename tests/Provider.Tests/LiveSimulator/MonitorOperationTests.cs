using System.Text.Json;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class MonitorOperationTests : IDisposable
{
    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_new_session_does_not_monitor_and_shows_its_configuration_in_the_services_spelling()
    {
        var id = _client.CreateMonitor(("MonitorConfig", """{"fpsLowThres": 0.60, "brLowThres": 1.1}"""));
        var monitor = _client.Monitor(id);
        monitor.EnumerateObject().Select(field => field.Name).ShouldBe(
            ["MonitorId", "MonitorName", "Status", "Region", "Domain", "OutputTemplate", "CallbackUrl", "DingTalkWebHookUrl", "MonitorConfig",
                "InputList", "OutputUrls", "AudioFrom", "StartTime", "StopTime"],
            ignoreOrder: true);
        monitor.GetProperty("Status").GetInt32().ShouldBe(0);
        monitor.GetProperty("Region").GetString().ShouldBe("cn-shanghai");
        monitor.GetProperty("MonitorConfig").GetString().ShouldBe("""{"fpsLowThres": 0.60, "brLowThres": 1.1}""");
        monitor.GetProperty("InputList")[0].GetProperty("PlayConfig").GetProperty("VolumeRate").GetRawText().ShouldBe("0.50");
        monitor.GetProperty("OutputUrls").GetProperty("RtmpUrl").GetString().ShouldBe($"rtmp://live.example.com/monitor/{id}");
        monitor.GetProperty("OutputUrls").GetProperty("FlvUrl").GetString().ShouldBe($"http://live.example.com/monitor/{id}.flv");
    }

    [Fact]
    public void A_stated_app_and_stream_make_the_output_addresses()
    {
        var id = _client.CreateMonitor(("App", "control"), ("Stream", "wall"));
        _client.Monitor(id).GetProperty("OutputUrls").GetProperty("RtmpUrl").GetString().ShouldBe("rtmp://live.example.com/control/wall");
    }

    [Fact]
    public void Start_and_stop_are_refused_when_it_is_so_already()
    {
        var id = _client.CreateMonitor();
        OnMonitor("Stop", id, "StreamMonitorAlreadyStop");
        OnMonitor("Start", id);
        _client.Monitor(id).GetProperty("StartTime").GetString().ShouldBe("2026-03-01T12:00:00Z");
        OnMonitor("Start", id, "StreamMonitorAlreadyStarted");
        _client.Clock.Time += TimeSpan.FromMinutes(1);
        OnMonitor("Stop", id);
        _client.Monitor(id).GetProperty("StopTime").GetString().ShouldBe("2026-03-01T12:01:00Z");
        _client.Service.Monitors[id].Periods.Length.ShouldBe(1);
    }

    [Fact]
    public void A_running_session_is_not_deleted_and_a_stopped_one_is_gone_afterwards()
    {
        var id = _client.CreateMonitor();
        OnMonitor("Start", id);
        _client.Refused(401, "IllegalOperation", "DeleteLiveStreamMonitor", ("MonitorId", id));
        OnMonitor("Stop", id);
        OnMonitor("Delete", id);
        foreach (var operation in new[] { "Start", "Stop", "Delete" })
            _client.Refused(404, "StreamMonitorNotExist", operation + "LiveStreamMonitor", ("MonitorId", id));
        _client.Succeed("DescribeLiveStreamMonitorList", ("MonitorId", id)).Integer("Total").ShouldBe(0);
        _client.Service.Monitors[id].Deleted.ShouldBeTrue();
    }

    [Fact]
    public void An_id_of_another_form_is_malformed() =>
        _client.Refused(400, "InvalidMonitorId.Malformed", "StartLiveStreamMonitor", ("MonitorId", "a/b"));

    [Theory]
    [InlineData("MonitorName", "", "MissingParameter")]
    [InlineData("Domain", "", "MissingParameter")]
    [InlineData("OutputTemplate", "lp_xx", "InvalidParameter.Malformed")]
    [InlineData("InputList", "", "MissingParameter")]
    [InlineData("InputList", "[]", "InvalidParameter.Malformed")]
    [InlineData("InputList", "{}", "InvalidParameter.Malformed")]
    [InlineData("InputList", "[{", "InvalidParameter.Malformed")]
    [InlineData("InputList", """[{"LayoutId":0}]""", "InvalidParameter.Malformed")]
    [InlineData("InputList", """[{"Unknown":1}]""", "InvalidParameter.Malformed")]
    [InlineData("InputList", """[{"PlayConfig":{"VolumeRate":1.1}}]""", "InvalidParameter.Malformed")]
    [InlineData("InputList", """[{"LayoutConfig":{"PositionRefer":"centre"}}]""", "InvalidParameter.Malformed")]
    [InlineData("InputList", """[{"LayoutConfig":{"SizeNormalized":[0.1]}}]""", "InvalidParameter.Malformed")]
    [InlineData("MonitorConfig", "[]", "InvalidParameter.Malformed")]
    [InlineData("MonitorConfig", """{"fpsLowThres":"0.6"}""", "InvalidParameter.Malformed")]
    [InlineData("MonitorConfig", """{"unknown":1}""", "InvalidParameter.Malformed")]
    [InlineData("DingTalkWebHookUrl", "ftp://a", "InvalidParameter.Malformed")]
    public void Create_refuses_a_wrong_value_and_makes_nothing(string name, string value, string code)
    {
        (string Name, string Value)[] usual =
            [("MonitorName", "wall"), ("Domain", "live.example.com"), ("OutputTemplate", "lp_hd"), ("InputList", SimulatorClientExtensions.Inputs)];
        _client.Refused(400, code, "CreateLiveStreamMonitor", [.. usual.Where(parameter => parameter.Name != name), (name, value)]);
        _client.Service.Monitors.ShouldBeEmpty();
    }

    [Fact]
    public void Every_field_of_an_input_is_accepted()
    {
        const string input = """
            {"Index":1,"LayoutId":1,"StreamName":"a","InputUrl":"rtmp://a/b/c","LayoutConfig":{"FillMode":"none","PositionNormalized":[0.1,0.2],
            "PositionRefer":"topLeft","SizeNormalized":[0.3,1]},"PlayConfig":{"VolumeRate":0.5}}
            """;
        var id = _client.CreateMonitor(("InputList", $"[{input}]"));
        JsonElement.DeepEquals(_client.Monitor(id).GetProperty("InputList")[0], JsonDocument.Parse(input).RootElement).ShouldBeTrue();
    }

    [Fact]
    public void Every_update_needs_the_inputs_and_keeps_what_is_left_out()
    {
        var id = _client.CreateMonitor(("App", "control"), ("CallbackUrl", "https://example.com/hook"));
        _client.Refused(400, "MissingParameter", "UpdateLiveStreamMonitor", ("MonitorId", id), ("MonitorName", "new"));
        var answer = _client.Succeed("UpdateLiveStreamMonitor", ("MonitorId", id), ("MonitorName", "new"), ("InputList", """[{"LayoutId":2}]"""));
        answer.Json.EnumerateObject().Select(field => field.Name).ShouldBe(["RequestId"]);

        var config = _client.Service.Monitors[id].Config;
        (config.MonitorName, config.App, config.CallbackUrl).ShouldBe(("new", "control", "https://example.com/hook"));
        config.InputList.ShouldBe("""[{"LayoutId":2}]""");
    }

    [Fact]
    public void Thresholds_in_two_layers_of_quotes_are_understood()
    {
        var id = _client.CreateMonitor(("MonitorConfig", """ "{\"fpsLowThres\": 0.6}" """));
        _client.Monitor(id).GetProperty("MonitorConfig").GetString().ShouldBe("""{"fpsLowThres": 0.6}""");
    }

    [Fact]
    public void The_list_can_be_filtered_by_status_ordered_and_paged()
    {
        var ids = Enumerable.Range(0, 12).Select(_ => _client.CreateMonitor()).ToList();
        foreach (var id in ids.Take(2))
        {
            _client.Clock.Time += TimeSpan.FromMinutes(1);
            OnMonitor("Start", id);
        }
        Listed().Count.ShouldBe(10);
        Listed().Take(2).ShouldBe(ids.Take(2), ignoreOrder: true);
        Listed(("PageNum", "2")).Count.ShouldBe(2);
        Listed(("Status", "1")).ShouldBe(ids.Take(2), ignoreOrder: true);
        Listed(("Status", "0"), ("PageSize", "100")).ShouldBe(ids.Skip(2), ignoreOrder: true);
        Listed(("OrderRule", "1")).Take(2).ShouldBe([ids[1], ids[0]]);
        Listed(("OrderRule", "2")).Take(2).ShouldBe([ids[0], ids[1]]);
        _client.Refused(400, "InvalidParameter.Malformed", "DescribeLiveStreamMonitorList", ("PageNum", "0"));
        _client.Refused(400, "InvalidParameter.Malformed", "DescribeLiveStreamMonitorList", ("PageNumber", "1"));
    }

    [Fact]
    public void Both_methods_are_taken()
    {
        _client.CreateMonitor();
        _client.Send(HttpMethod.Get, "DescribeLiveStreamMonitorList").Integer("Total").ShouldBe(1);
        _client.Send(HttpMethod.Post, "DescribeLiveStreamMonitorList").Integer("Total").ShouldBe(1);
    }

    [Fact]
    public void Somebody_else_can_start_stop_edit_and_delete_a_session()
    {
        var id = _client.CreateMonitor();
        _client.Service.StartBehindOurBack(id);
        _client.Monitor(id).GetProperty("Status").GetInt32().ShouldBe(1);
        _client.Service.EditBehindOurBack(id, "OutputTemplate", "lp_ld");
        _client.Monitor(id).GetProperty("OutputTemplate").GetString().ShouldBe("lp_ld");
        _client.Service.StopBehindOurBack(id);
        _client.Monitor(id).GetProperty("Status").GetInt32().ShouldBe(0);
        _client.Service.DeleteBehindOurBack(id);
        OnMonitor("Start", id, "StreamMonitorNotExist");
        Should.Throw<ArgumentException>(() => _client.Service.EditBehindOurBack(id, "Region", "x"));
    }

    void OnMonitor(string operation, string id, string? refusal = null) =>
        _client.Call(operation + "LiveStreamMonitor", ("MonitorId", id)).ErrorCode.ShouldBe(refusal);

    List<string> Listed(params (string Name, string Value)[] parameters) =>
        [.. _client.Succeed("DescribeLiveStreamMonitorList", parameters).Json.GetProperty("LiveStreamMonitorList").EnumerateArray()
            .Select(monitor => monitor.GetProperty("MonitorId").GetString()!)];
}
