using System.Net;
using System.Text;
using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class SimulatorServerTests : IAsyncDisposable
{
    readonly LiveService _service;
    readonly RunningSimulator _simulator;
    readonly HttpClient _http;
    readonly SimulatorClient _client = new();

    public SimulatorServerTests()
    {
        _service = _client.Service;
        _simulator = SimulatorServer.Start(_service);
        _http = new HttpClient { BaseAddress = _simulator.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client.Dispose();
        await _simulator.DisposeAsync();
    }

    [Fact]
    public async Task Signed_requests_are_verified_as_they_come_over_the_socket()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?DstUrl=rtmp%3A%2F%2Fa%2Fb%20c%2A%3Fd&Region=cn-shanghai");
        request.Headers.Host = "live.aliyuncs.com";
        request.Headers.Add("x-acs-action", "DescribeLivePullToPushList");
        request.Headers.Add("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        request.Headers.Add("x-acs-date", "2026-03-01T12:00:00Z");
        request.Headers.Add("x-acs-signature-nonce", "over-the-socket");
        request.Headers.Add("x-acs-version", "2016-11-01");
        // Computed apart, with openssl, from the canonical request of the headers above.
        const string signature = "17da1c216dfbb354ba97dfca5caa88170fbc0d6a374015412e3feeeb42a82822";
        request.Headers.TryAddWithoutValidation("Authorization", "ACS3-HMAC-SHA256 Credential=test-access-key-id,"
            + "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," + $"Signature={signature}");
        using var response = await _http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Headers.Date.ShouldBe(_client.Clock.Time);
        _service.Calls.ShouldHaveSingleItem().Parameters["DstUrl"].ShouldBe("rtmp://a/b c*?d");
    }

    [Fact]
    public async Task A_dropped_connection_ends_without_an_answer()
    {
        _service.FailNext("DescribeLivePullToPushList", Fault.DropBefore());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?Region=cn-shanghai");
        request.Headers.Add("x-acs-action", "DescribeLivePullToPushList");
        await Should.ThrowAsync<HttpRequestException>(() => _http.SendAsync(request));
        _service.Calls.ShouldHaveSingleItem().Code.ShouldBe("ConnectionDropped");
    }

    [Fact]
    public async Task The_admin_door_shows_the_state_and_changes_it()
    {
        var task = _client.CreateTask(start: 60);
        var monitor = _client.CreateMonitor(("MonitorConfig", """{"fpsLowThres":0.6}"""));
        await Post("clock?by=60");
        await Post($"tasks/{task}/lose-source");
        await Post($"monitors/{monitor}/start");
        var state = await Get("state");
        state.GetProperty("now").GetString().ShouldBe("2026-03-01T12:01:00Z");
        var shown = state.GetProperty("tasks")[0];
        (shown.GetProperty("taskId").GetString(), shown.GetProperty("state").GetString()).ShouldBe((task, "Recovering"));
        shown.GetProperty("pushes")[0].GetProperty("from").GetString().ShouldBe("2026-03-01T12:01:00Z");
        state.GetProperty("monitors")[0].GetProperty("running").GetBoolean().ShouldBeTrue();

        await Post($"tasks/{task}/restore-source");
        _client.Task(task).State.ShouldBe(RelayState.Running);
        await Post($"tasks/{task}/stop");
        _client.Task(task).State.ShouldBe(RelayState.Offline);
        await Post($"tasks/{task}/start");
        await Post($"tasks/{task}/edit", """{"SourceUrls": ["rtmp://new/a/b"], "RepeatNumber": 3}""");
        _client.Task(task).OnAir!.SourceUrls.ShouldBe(["rtmp://new/a/b"]);
        _client.Task(task).Config.RepeatNumber.ShouldBe(3);
        await Post($"tasks/{task}/delete");
        await Post($"monitors/{monitor}/delete");
        (_client.Task(task).State, _service.Monitors[monitor].Deleted).ShouldBe((RelayState.Exit, true));
        await Post("clock", """{"by": "1.00:00:00"}""");
        _service.Now.ShouldBe(_client.Clock.Time.AddSeconds(60).AddDays(1));
    }

    [Fact]
    public async Task The_admin_door_counts_calls_per_operation()
    {
        var task = _client.CreateTask();
        _client.OnTask("StopLivePullToPush", task);
        _client.OnTask("StopLivePullToPush", task);
        var calls = await Get("calls");
        calls.GetProperty("total").GetInt32().ShouldBe(3);
        var stops = calls.GetProperty("operations").GetProperty("StopLivePullToPush");
        (stops.GetProperty("calls").GetInt32(), stops.GetProperty("succeeded").GetInt32()).ShouldBe((2, 1));
        calls.GetProperty("calls")[2].GetProperty("code").GetString().ShouldBe("CodeTaskHasStopped");
        calls.GetProperty("calls")[2].GetProperty("parameters").GetProperty("TaskId").GetString().ShouldBe(task);
        (await Send(HttpMethod.Delete, "calls", null)).Status.ShouldBe(HttpStatusCode.OK);
        (await Get("calls")).GetProperty("total").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task The_admin_door_sets_switches_faults_and_keys()
    {
        var settings = await Post("settings", """{"StopOnIdle": "HasStopped", "ListLag": "00:00:05", "RateLimitFactor": 2}""");
        settings.GetProperty("StopOnIdle").GetString().ShouldBe("HasStopped");
        _service.Settings.ListLag.ShouldBe(TimeSpan.FromSeconds(5));
        (await Get("settings")).GetProperty("RateLimitFactor").GetString().ShouldBe("2");

        await Post("fail", """{"operation": "CreateLivePullToPush", "kind": "Refuse", "code": "Throttling", "status": 400, "retryAfter": 1500}""");
        var refused = _client.Call("CreateLivePullToPush", _client.TaskParameters());
        refused.ErrorCode.ShouldBe("Throttling");
        refused.Message.Headers.GetValues("x-acs-retry-after").ShouldBe(["1500"]);
        await Post("fail?operation=CreateLivePullToPush&kind=FailAfterDoing");
        (await Send(HttpMethod.Delete, "fail", null)).Status.ShouldBe(HttpStatusCode.OK);
        _client.CreateTask();

        await Post("keys?id=temporary&secret=its-secret&token=its-token");
        (_client.AccessKeyId, _client.Secret, _client.Token) = ("temporary", "its-secret", "its-token");
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        await Post("expire-token?token=its-token");
        _client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai")).ErrorCode.ShouldBe("InvalidSecurityToken.Expired");
    }

    [Theory]
    [InlineData("POST", "nothing", null, HttpStatusCode.NotFound, "README.md")]
    [InlineData("GET", "fail", null, HttpStatusCode.NotFound, "README.md")]
    [InlineData("POST", "settings", """{"Nothing": 1}""", HttpStatusCode.BadRequest, "There is no setting Nothing")]
    [InlineData("POST", "settings", "{", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("POST", "settings", "[]", HttpStatusCode.BadRequest, "JSON object")]
    [InlineData("POST", "clock", null, HttpStatusCode.BadRequest, "argument by is missing")]
    [InlineData("POST", "clock?by=soon", null, HttpStatusCode.BadRequest, "soon")]
    [InlineData("POST", "clock?by=-1", null, HttpStatusCode.BadRequest, "by")]
    [InlineData("POST", "fail?operation=CreateLivePullToPush&kind=Explode", null, HttpStatusCode.BadRequest, "DropBefore")]
    [InlineData("POST", "fail?operation=Nothing&kind=DropBefore", null, HttpStatusCode.BadRequest, "no operation Nothing")]
    [InlineData("POST", "tasks/unknown/stop", null, HttpStatusCode.BadRequest, "unknown")]
    public async Task The_admin_door_explains_what_it_cannot_do(
        string method, string path, string? body, HttpStatusCode status, string explanation)
    {
        var answer = await Send(new HttpMethod(method), path, body);
        answer.Status.ShouldBe(status);
        answer.Json.GetProperty("error").GetString()!.ShouldContain(explanation);
    }

    [Fact]
    public async Task Calls_from_many_threads_do_not_disturb_each_other()
    {
        _service.Settings.VerifiesRequests = false;
        using var http = new HttpClient(new SimulatorHandler(_service));
        var query = SimulatorClientExtensions.Query(_client.TaskParameters(others: ("DstUrl", "-")));
        await Parallel.ForAsync(0, 400, async (number, cancellation) =>
        {
            var address = $"http://live.aliyuncs.com/?{query}&DstUrl=rtmp%3A%2F%2Fa%2Fb%2F{number}";
            using var request = new HttpRequestMessage(HttpMethod.Post, address);
            request.Headers.Add("x-acs-action", "CreateLivePullToPush");
            request.Headers.Add("x-acs-version", "2016-11-01");
            using var response = await http.SendAsync(request, cancellation);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            _service.Tasks.Count.ShouldBeGreaterThan(0);
            if (number % 50 == 0) _service.MoveClock(TimeSpan.FromSeconds(1));
        });
        _service.Tasks.Count.ShouldBe(400);
        _service.Calls.Count.ShouldBe(400);
        _service.Conflicts.ShouldBeEmpty();
    }

    async Task<JsonElement> Get(string path)
    {
        var (status, json) = await Send(HttpMethod.Get, path, null);
        status.ShouldBe(HttpStatusCode.OK, json.GetRawText());
        return json;
    }

    async Task<JsonElement> Post(string path, string? body = null)
    {
        var (status, json) = await Send(HttpMethod.Post, path, body);
        status.ShouldBe(HttpStatusCode.OK, json.GetRawText());
        return json;
    }

    async Task<(HttpStatusCode Status, JsonElement Json)> Send(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, "/simulator/" + path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, document.RootElement.Clone());
    }
}
