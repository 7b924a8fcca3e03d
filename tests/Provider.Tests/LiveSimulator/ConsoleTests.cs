using System.Net;
using System.Text.Json;
using LiveSimulator;
using LiveSimulator.WebConsole;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class ConsoleTests : IAsyncDisposable
{
    readonly SimulatorClient _client = new();
    readonly RunningSimulator _simulator;
    readonly HttpClient _http;

    public ConsoleTests()
    {
        _simulator = SimulatorServer.Start(_client.Service);
        _http = new HttpClient { BaseAddress = _simulator.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client.Dispose();
        await _simulator.DisposeAsync();
    }

    [Theory]
    [InlineData("", "text/html", "<title>live-simulator</title>")]
    [InlineData("console.css", "text/css", "prefers-color-scheme: dark")]
    [InlineData("console.js", "text/javascript", "\"use strict\";")]
    public async Task A_browser_gets_the_page_and_nothing_lets_it_ask_elsewhere(string path, string type, string content)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none';");
        (await response.Content.ReadAsStringAsync()).ShouldContain(content);
        _client.Service.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_browser_asks_for_by_itself_is_no_call_of_the_service()
    {
        using var response = await _http.GetAsync(new Uri("favicon.ico", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _client.Service.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/?Action=DescribeLivePullToPushList", null)]
    [InlineData("/", "x-acs-action")]
    [InlineData("/", "Authorization")]
    public async Task A_request_with_an_action_or_a_signature_is_for_the_service(string path, string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (header is not null) request.Headers.TryAddWithoutValidation(header, "DescribeLivePullToPushList");
        using var response = await _http.SendAsync(request);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        _client.Service.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Pages_of_other_addresses_cannot_change_anything()
    {
        (await Post("clock?by=60", "http://elsewhere.example.com")).ShouldBe(HttpStatusCode.Forbidden);
        _client.Service.Now.ShouldBe(_client.Clock.Time);
        (await Post("clock?by=60", _simulator.Address.GetLeftPart(UriPartial.Authority))).ShouldBe(HttpStatusCode.OK);
        _client.Service.Now.ShouldBe(_client.Clock.Time.AddMinutes(1));
    }

    [Fact]
    public async Task An_empty_simulator_says_how_a_stack_comes_to_it()
    {
        var state = await State();
        state.GetProperty("tasks").GetArrayLength().ShouldBe(0);
        state.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        var configure = state.GetProperty("configure").EnumerateArray().Select(line => line.GetString()!);
        StackConfiguration.Commands(_simulator.Address).ShouldBe(
            [$"pulumi config set aliyun-live:endpoint {_http.BaseAddress!.GetLeftPart(UriPartial.Authority)}", .. configure]);
    }

    [Fact]
    public async Task A_tasks_history_reason_and_next_event_are_shown()
    {
        var task = _client.CreateTask(start: 60, others: [("RetryCount", "3"), ("RetryInterval", "60")]);
        Next(await State()).ShouldBe(("relay", "starts", 60));
        _client.Pass(60);
        Next(await State()).ShouldBe(("relay", "ends", 3540));
        _client.Service.LoseSource(task);
        var state = await State();
        Next(state).ShouldBe(("relay", "gives up", 180));
        var shown = state.GetProperty("tasks")[0];
        (Text(shown, "state"), Text(shown, "reason"), shown.GetProperty("sourceLost").GetBoolean())
            .ShouldBe(("Recovering", "PullStreamFailed", true));
        shown.GetProperty("history").EnumerateArray().Select(change => $"{Text(change, "at")[11..19]} {Text(change, "state")} {Text(change, "reason")}")
            .ShouldBe(["12:00:00 Idle Create", "12:01:00 Running StartTime", "12:01:00 Recovering PullStreamFailed"]);
        state.GetProperty("moved").GetDouble().ShouldBe(60);
    }

    [Fact]
    public async Task A_task_that_cannot_push_shows_who_pushes()
    {
        _client.CreateTask(others: ("TaskName", "first"));
        _client.CreateTask(others: ("TaskName", "second"));
        var tasks = (await State()).GetProperty("tasks");
        Text(tasks[1], "conflict").ShouldBe("first");
        tasks[0].GetProperty("conflict").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task No_key_of_an_address_reaches_the_page()
    {
        _client.CreateTask(others:
        [
            ("SourceUrls", """["rtmp://user:hush1@pull.example.com/live/hush2?auth_key=hush3"]"""),
            ("DstUrl", "rtmp://push.example.com/live/hush4?key=hush5"), ("CallbackUrl", "https://hooks.example.com/T0/hush6?k=hush7"),
        ]);
        _client.CreateMonitor(
            ("InputList", """[{"LayoutId":1,"StreamName":"one","InputUrl":"pull.example.com/one?auth_key=hush8"}]"""),
            ("CallbackUrl", "https://hooks.example.com/hush9"), ("DingTalkWebHookUrl", "https://oapi.dingtalk.com/robot/send?access_token=hush0"));
        var text = await _http.GetStringAsync(new Uri("simulator/console", UriKind.Relative));
        text.ShouldNotContain("hush");
        using var state = JsonDocument.Parse(text);
        Text(state.RootElement.GetProperty("tasks")[0], "destination").ShouldBe("rtmp://push.example.com/live/•••");
        Text(state.RootElement.GetProperty("calls")[0].GetProperty("parameters"), "SourceUrls").ShouldBe("""["rtmp://pull.example.com/live/•••"]""");
    }

    [Theory]
    [InlineData("rtmp://push.example.com/live/key", "rtmp://push.example.com/live/•••")]
    [InlineData("rtmp://push.example.com/key", "rtmp://push.example.com/•••")]
    [InlineData("srt://host.example.com:8890?streamid=key", "srt://host.example.com:8890/•••")]
    [InlineData("https://user:key@host.example.com/", "https://host.example.com/")]
    [InlineData("host.example.com/one?key", "host.example.com/one?•••")]
    [InlineData("a name", "a name")]
    public void Addresses_keep_what_cannot_be_a_key(string address, string shown) => AddressRedaction.Shown(address).ShouldBe(shown);

    [Theory]
    [InlineData("topLeft", 0.1, 0.2)]
    [InlineData("topRight", 0.6, 0.2)]
    [InlineData("bottomLeft", 0.1, 0.4)]
    [InlineData("bottomRight", 0.6, 0.4)]
    public void An_input_stands_where_its_corner_and_offset_put_it(string corner, double x, double y)
    {
        var input = SessionPicture.Inputs($$$"""
            [{"LayoutId":1,"LayoutConfig":{"PositionRefer":"{{{corner}}}","PositionNormalized":[0.1,0.2],"SizeNormalized":[0.3,0.4]}}]
            """)[0]!;
        ((double)input["place"]!["x"]!, (double)input["place"]!["y"]!).ShouldBe((x, y));
        ((double)input["place"]!["width"]!, (double)input["place"]!["height"]!).ShouldBe((0.3, 0.4));
    }

    [Fact]
    public void Inputs_lie_over_each_other_by_their_layout_and_have_no_place_without_a_size()
    {
        var inputs = SessionPicture.Inputs("""
            [{"LayoutId":2,"StreamName":"above","LayoutConfig":{"SizeNormalized":[0.5,0.5]}},{"LayoutId":1,"StreamName":"below","LayoutConfig":{"PositionNormalized":[0,0]}},{}]
            """);
        inputs.Select(input => (string)input!["name"]!).ShouldBe(["", "below", "above"]);
        inputs.Select(input => input!["place"] is not null).ShouldBe([false, false, true]);
    }

    [Fact]
    public async Task A_sessions_life_is_shown_to_its_end()
    {
        var monitor = _client.CreateMonitor();
        _client.Pass(10);
        _client.Service.StartBehindOurBack(monitor);
        _client.Pass(10);
        _client.Service.DeleteBehindOurBack(monitor);
        var session = (await State()).GetProperty("sessions")[0];
        Text(session, "state").ShouldBe("Deleted");
        session.GetProperty("history").EnumerateArray().Select(change => $"{Text(change, "at")[17..19]} {Text(change, "state")}")
            .ShouldBe(["00 Stopped", "10 Running", "20 Stopped", "20 Deleted"]);
    }

    [Fact]
    public async Task Faults_are_listed_until_they_have_hit()
    {
        _client.Service.FailNext("*", Fault.DropAfter() with { AfterCalls = 1 });
        _client.Service.FailNext("StopLivePullToPush", Fault.Throttle() with { Times = 2 });
        _client.OnTask("StopLivePullToPush", "unknown").ErrorCode.ShouldBe("Throttling.User");
        var faults = (await State()).GetProperty("faults");
        (Text(faults[0], "operation"), Text(faults[0], "kind"), faults[0].GetProperty("passing").GetInt32()).ShouldBe(("*", "DropAfter", 0));
        (Text(faults[1], "code"), faults[1].GetProperty("left").GetInt32()).ShouldBe(("Throttling.User", 1));
    }

    [Fact]
    public async Task Calls_over_a_socket_show_how_long_the_caller_waited()
    {
        _client.Settings.VerifiesRequests = false;
        await Call();
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        _client.Service.FailNext("*", Fault.LateAnswer());
        var late = Call();
        JsonElement third;
        do third = (await State()).GetProperty("calls").EnumerateArray().ElementAtOrDefault(2);
        while (third.ValueKind == JsonValueKind.Undefined || !third.GetProperty("waits").GetBoolean());
        third.GetProperty("took").ValueKind.ShouldBe(JsonValueKind.Null);
        await Call();
        await late;

        JsonElement[] calls;
        do calls = [.. (await State()).GetProperty("calls").EnumerateArray()];
        while (calls.Any(call => call.GetProperty("waits").GetBoolean()));
        calls.Select(call => call.GetProperty("took").ValueKind)
            .ShouldBe([JsonValueKind.Number, JsonValueKind.Null, JsonValueKind.Number, JsonValueKind.Number]);
        calls.Select(call => call.GetProperty("number").GetInt32()).ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public async Task Only_the_latest_calls_are_sent_with_the_number_of_all()
    {
        for (var number = 0; number < 205; number++) _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        var state = await State();
        state.GetProperty("callsTotal").GetInt32().ShouldBe(205);
        state.GetProperty("calls").GetArrayLength().ShouldBe(200);
        state.GetProperty("calls")[0].GetProperty("number").GetInt32().ShouldBe(5);
    }

    [Fact]
    public async Task Of_very_many_tasks_the_living_and_the_newest_are_sent()
    {
        var first = _client.CreateTask(others: ("TaskName", "living"));
        for (var number = 0; number < 305; number++)
            _client.Service.DeleteBehindOurBack(_client.CreateTask(others: [("TaskName", $"{number}"), ("DstUrl", $"rtmp://a/b/{number}")]));
        var state = await State();
        state.GetProperty("leftOut").GetInt32().ShouldBe(6);
        var tasks = state.GetProperty("tasks");
        (tasks.GetArrayLength(), Text(tasks[0], "id"), Text(tasks[1], "name")).ShouldBe((300, first, "6"));
    }

    [Fact]
    public void Times_of_calls_are_kept_for_the_latest_alone()
    {
        var times = new CallTimes();
        for (var number = 0; number <= 1000; number++) times.Begin($"{number}");
        times.End("0", TimeSpan.FromSeconds(1));
        times.End("1000", TimeSpan.FromSeconds(2));
        times.TryGet("0", out _).ShouldBeFalse();
        times.TryGet("1", out var waits).ShouldBeTrue();
        waits.ShouldBeNull();
        times.TryGet("1000", out var took).ShouldBeTrue();
        took.ShouldBe(TimeSpan.FromSeconds(2));
    }

    static (string Task, string What, double In) Next(JsonElement state) =>
        (Text(state.GetProperty("next"), "taskName"), Text(state.GetProperty("next"), "what"), state.GetProperty("next").GetProperty("in").GetDouble());

    static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    async Task Call()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?Region=cn-shanghai");
        request.Headers.Add("x-acs-action", "DescribeLivePullToPushList");
        request.Headers.Add("x-acs-version", "2016-11-01");
        using var response = await _http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    async Task<JsonElement> State()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri("simulator/console", UriKind.Relative)));
        return document.RootElement.Clone();
    }

    async Task<HttpStatusCode> Post(string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"simulator/{path}");
        request.Headers.Add("Origin", origin);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }
}
