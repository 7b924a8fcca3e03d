using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Live;

public sealed class LiveClientTests
{
    const string Ok = """{"RequestId":"R","RetCode":0,"Description":"OK","TaskId":"t-1","MonitorId":"m-1","Total":0,"TaskList":[],"LiveStreamMonitorList":[]}""";

    const string DescribedTask =
        """
        {"RequestId":"R","RetCode":0,"Description":"OK","TaskId":"t-1","TaskStatus":2,"TaskInvalidReason":"PullStreamFailed","CurrentOffset":0,"Unheard":{"of":[1]},
         "TaskInfo":{"TaskId":"t-1","TaskName":"evening","DstUrl":"rtmp://push.example.com/app/key","SourceUrls":["rtmp://a/b/c"],"RetryCount":3}}
        """;

    /// <summary>Every operation: what calls it, the method it is sent with, its name, and its parameters.</summary>
    public static TheoryData<string, string, string, string> Operations => new()
    {
        { "create task", "POST", "CreateLivePullToPush", "A=1&Region=ap-southeast-1" },
        { "update task", "GET", "UpdateLivePullToPush", "A=1&Region=ap-southeast-1&TaskId=t-1" },
        { "list tasks", "GET", "DescribeLivePullToPushList", "A=1&PageNumber=2&PageSize=50&Region=ap-southeast-1" },
        { "stop task", "GET", "StopLivePullToPush", "Region=ap-southeast-1&TaskId=t-1" },
        { "restart task", "GET", "RestartLivePullToPush", "Region=ap-southeast-1&TaskId=t-1" },
        { "delete task", "GET", "DeleteLivePullToPush", "Region=ap-southeast-1&TaskId=t-1" },
        { "create monitor", "POST", "CreateLiveStreamMonitor", "A=1" },
        { "update monitor", "POST", "UpdateLiveStreamMonitor", "A=1&MonitorId=m-1" },
        { "list monitors", "POST", "DescribeLiveStreamMonitorList", "MonitorId=m-1&PageNum=3&PageSize=7" },
        { "start monitor", "POST", "StartLiveStreamMonitor", "MonitorId=m-1" },
        { "stop monitor", "POST", "StopLiveStreamMonitor", "MonitorId=m-1" },
        { "delete monitor", "POST", "DeleteLiveStreamMonitor", "MonitorId=m-1" },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Each_operation_is_sent_as_the_official_client_sends_it(string call, string method, string action, string query)
    {
        using var fixture = new ClientFixture(Json(Ok));
        var (client, deadline) = (fixture.Client, fixture.Deadline());
        var given = ClientFixture.Given(("A", "1"));

        await (call switch
        {
            "create task" => client.CreateLivePullToPushAsync(ClientFixture.Region, given, deadline),
            "update task" => client.UpdateLivePullToPushAsync(ClientFixture.Region, "t-1", given, deadline),
            "list tasks" => client.DescribeLivePullToPushListAsync(ClientFixture.Region, given, 2, 50, deadline),
            "stop task" => client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", deadline),
            "restart task" => client.RestartLivePullToPushAsync(ClientFixture.Region, "t-1", deadline),
            "delete task" => client.DeleteLivePullToPushAsync(ClientFixture.Region, "t-1", deadline),
            "create monitor" => client.CreateLiveStreamMonitorAsync(given, deadline),
            "update monitor" => client.UpdateLiveStreamMonitorAsync("m-1", given, deadline),
            "list monitors" => client.DescribeLiveStreamMonitorListAsync("m-1", 3, 7, deadline),
            "start monitor" => client.StartLiveStreamMonitorAsync("m-1", deadline),
            "stop monitor" => client.StopLiveStreamMonitorAsync("m-1", deadline),
            "delete monitor" => client.DeleteLiveStreamMonitorAsync("m-1", deadline),
            _ => throw new ArgumentException(call),
        });

        var sent = fixture.Network.Requests.ShouldHaveSingleItem();
        sent.Method.Method.ShouldBe(method);
        sent.Action.ShouldBe(action);
        sent.Address.AbsoluteUri.ShouldBe($"https://live.aliyuncs.com/?{query}");
    }

    [Fact]
    public async Task A_request_carries_the_headers_of_the_official_client_and_a_signature_over_them()
    {
        using var fixture = new ClientFixture(Json(DescribedTask));

        await fixture.Client.DescribeLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        var headers = fixture.Network.Requests.ShouldHaveSingleItem().Headers;
        headers["host"].ShouldBe("live.aliyuncs.com");
        headers["x-acs-action"].ShouldBe("DescribeLivePullToPush");
        headers["x-acs-version"].ShouldBe("2016-11-01");
        headers["x-acs-date"].ShouldBe("2026-01-02T03:04:05Z");
        headers["x-acs-signature-nonce"].ShouldMatch("^[0-9a-f]{32}$");
        headers["x-acs-content-sha256"].ShouldBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        headers["accept"].ShouldBe("application/json");
        headers["user-agent"].ShouldBe("pulumi-aliyun-live/1.2.3");
        headers["authorization"].ShouldMatch(
            "^ACS3-HMAC-SHA256 Credential=the-key-id,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=[0-9a-f]{64}$");
        headers.ContainsKey("x-acs-security-token").ShouldBeFalse();
        headers.ContainsKey("content-type").ShouldBeFalse();
    }

    [Fact]
    public async Task A_temporary_key_sends_its_token_and_signs_it()
    {
        using var fixture = new ClientFixture(Json(Ok));
        fixture.Keys.More[0] = new LiveCredentials("STS.id", "sts-secret", "sts-token", "test");

        await fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        var headers = fixture.Network.Requests.ShouldHaveSingleItem().Headers;
        headers["x-acs-security-token"].ShouldBe("sts-token");
        headers["x-acs-accesskey-id"].ShouldBe("STS.id");
        headers["authorization"].ShouldContain("SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,");
    }

    [Fact]
    public async Task A_query_goes_out_byte_for_byte_as_it_was_signed()
    {
        const string Sources = """["rtmp://源.example.com/a b/~*?k=1&t=%41"]""";
        using var fixture = new ClientFixture(Json(Ok));

        await fixture.Client.UpdateLivePullToPushAsync(
            ClientFixture.Region, "t-1", ClientFixture.Given(("SourceUrls", Sources), ("CallbackUrl", "")), fixture.Deadline());

        var sent = fixture.Network.Requests.ShouldHaveSingleItem();
        sent.Address.Query.ShouldBe(
            "?CallbackUrl=&Region=ap-southeast-1&SourceUrls=%5B%22rtmp%3A%2F%2F%E6%BA%90.example.com%2Fa%20b%2F~%2A%3Fk%3D1%26t%3D%2541%22%5D&TaskId=t-1");
        sent.Parameters["SourceUrls"].ShouldBe(Sources);
    }

    [Fact]
    public async Task Each_attempt_has_a_nonce_of_its_own()
    {
        using var fixture = new ClientFixture(Error(500, "InternalError"), Error(400, "SignatureNonceUsed"), Json(Ok));

        await fixture.Client.DeleteLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        fixture.Network.Requests.Select(request => request.Headers["x-acs-signature-nonce"]).Distinct(StringComparer.Ordinal).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Create_returns_the_id()
    {
        using var fixture = new ClientFixture(Json(Ok));

        (await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).ShouldBe("t-1");
        (await fixture.Client.CreateLiveStreamMonitorAsync(ClientFixture.Nothing, fixture.Deadline())).ShouldBe("m-1");
    }

    [Fact]
    public async Task A_described_task_has_its_state_and_its_configuration_and_unheard_of_fields_do_no_harm()
    {
        using var fixture = new ClientFixture(Json(DescribedTask));

        var task = await fixture.Client.DescribeLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        task.TaskId.ShouldBe("t-1");
        task.Status.ShouldBe(PulumiAliyunLive.Live.TaskStatus.Recovering);
        task.TaskInvalidReason.ShouldBe("PullStreamFailed");
        task.TaskExitReason.ShouldBeNull();
        task.TaskExitTime.ShouldBeNull();
        task.TaskInfo.Text("TaskName").ShouldBe("evening");
        task.TaskInfo.TextList("SourceUrls").ShouldBe(["rtmp://a/b/c"]);
        task.TaskInfo.Integer("RetryCount").ShouldBe(3);
    }

    [Fact]
    public async Task An_ended_task_is_returned_with_time_and_reason()
    {
        using var fixture = new ClientFixture(Json(
            """{"RetCode":0,"TaskStatus":-1,"TaskInvalidReason":"","TaskExitTime":1767323045,"TaskExitReason":"OverEndTime","TaskInfo":{"TaskId":"t-9"}}"""));

        var task = await fixture.Client.DescribeLivePullToPushAsync(ClientFixture.Region, "t-9", fixture.Deadline());

        task.ShouldSatisfyAllConditions(
            () => task.TaskId.ShouldBe("t-9"),
            () => task.Status.ShouldBe(PulumiAliyunLive.Live.TaskStatus.Exit),
            () => task.TaskInvalidReason.ShouldBeNull(),
            () => task.TaskExitReason.ShouldBe("OverEndTime"),
            () => task.TaskExitTime.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)));
    }

    [Fact]
    public async Task A_monitor_is_read_with_all_its_fields()
    {
        using var fixture = new ClientFixture(Json(
            """{"RequestId":"R","Total":7,"LiveStreamMonitorList":[{"MonitorId":"m-1","Status":1,"OutputUrls":{"RtmpUrl":"rtmp://d/a/s"}},{"MonitorId":"m-2","Status":0}]}"""));

        var page = await fixture.Client.DescribeLiveStreamMonitorListAsync("m", 1, 10, fixture.Deadline());

        page.Total.ShouldBe(7);
        page.LiveStreamMonitorList.Select(monitor => (monitor.MonitorId, monitor.Running)).ShouldBe([("m-1", true), ("m-2", false)]);
        page.LiveStreamMonitorList[0].Fields.Object("OutputUrls")!.Value.Text("RtmpUrl").ShouldBe("rtmp://d/a/s");
    }

    [Fact]
    public async Task The_clock_of_the_service_is_learnt_from_every_answer()
    {
        using var fixture = new ClientFixture(Json(Ok, headers: ("Date", "Fri, 02 Jan 2026 03:14:05 GMT")), Error(400, "InvalidParameter", headers: ("Date", "Fri, 02 Jan 2026 03:03:05 GMT")));
        fixture.Client.ServerNow.ShouldBe(TestClock.Start);

        await fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());
        fixture.Client.ServerNow.ShouldBe(TestClock.Start + TimeSpan.FromMinutes(10));

        await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline()));
        fixture.Client.ServerNow.ShouldBe(TestClock.Start - TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(99, 1)]
    [InlineData(100, 2)]
    [InlineData(101, 2)]
    [InlineData(250, 3)]
    public async Task A_listing_reads_pages_of_a_hundred_until_a_short_or_empty_one(int tasks, int pages)
    {
        using var fixture = new ClientFixture(TaskPages(tasks, total: tasks, pageCap: 100));

        var found = await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Given(("DstUrl", "rtmp://x")), fixture.Deadline());

        found.Select(task => task.TaskId).ShouldBe(Enumerable.Range(0, tasks).Select(Id));
        fixture.Network.Requests.Count.ShouldBe(pages);
        fixture.Network.Requests.ShouldAllBe(request => request.Parameters["PageSize"] == "100" && request.Parameters["DstUrl"] == "rtmp://x");
        fixture.Network.Requests.Select(request => request.Parameters["PageNumber"]).ShouldBe(Enumerable.Range(1, pages).Select(page => $"{page}"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(100000)]
    public async Task A_listing_finds_everything_although_the_announced_total_is_wrong(int total)
    {
        using var fixture = new ClientFixture(TaskPages(230, total, pageCap: 100));

        (await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).Count.ShouldBe(230);
        fixture.Network.Requests.Count.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public async Task A_listing_finds_everything_although_the_service_gives_smaller_pages_than_asked_for()
    {
        using var fixture = new ClientFixture(TaskPages(120, total: 120, pageCap: 50));

        (await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).Count.ShouldBe(120);
    }

    [Fact]
    public async Task A_task_that_moved_to_the_next_page_is_listed_once()
    {
        var full = string.Join(",", Enumerable.Range(0, 100).Select(Task));
        using var fixture = new ClientFixture(
            Json($$"""{"Total":101,"TaskList":[{{full}}]}"""), Json($$"""{"Total":101,"TaskList":[{{Task(99)}},{{Task(100)}}]}"""));

        (await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline()))
            .Select(task => task.TaskId).ShouldBe(Enumerable.Range(0, 101).Select(Id));
    }

    [Fact]
    public async Task A_listing_ends_when_the_service_repeats_the_same_page()
    {
        var full = string.Join(",", Enumerable.Range(0, 100).Select(Task));
        using var fixture = new ClientFixture(Json($$"""{"Total":100000,"TaskList":[{{full}}]}"""));

        (await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).Count.ShouldBe(100);
        fixture.Network.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_listing_without_end_is_an_error()
    {
        var page = 0;
        using var fixture = new ClientFixture(_ => TasksPage(page++ * 100, 100, int.MaxValue));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline(36_000)));

        failure.Message.ShouldContain("does not end after 1000 pages");
    }

    [Fact]
    public async Task All_monitors_are_listed_page_by_page()
    {
        using var fixture = new ClientFixture(request =>
        {
            var number = int.Parse(SentRequest.Of(request).Parameters["PageNum"]);
            var items = Enumerable.Range((number - 1) * 20, number == 3 ? 5 : 20).Select(index => $$"""{"MonitorId":"m-{{index}}","Status":0}""");
            return Json($$"""{"Total":45,"LiveStreamMonitorList":[{{string.Join(",", items)}}]}""")(request);
        });

        var found = await fixture.Client.ListLiveStreamMonitorsAsync(fixture.Deadline());

        found.Select(monitor => monitor.MonitorId).ShouldBe(Enumerable.Range(0, 45).Select(index => $"m-{index}"));
        fixture.Network.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_thousand_tasks_are_listed_in_a_dozen_calls()
    {
        using var fixture = new ClientFixture(TaskPages(1000, 1000, 100));

        (await fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).Count.ShouldBe(1000);
        fixture.Network.Requests.Count.ShouldBeLessThanOrEqualTo(12);
    }

    [Fact]
    public async Task Without_keys_the_call_that_needs_them_says_so_and_nothing_is_sent()
    {
        using var network = new ScriptedHandler(Json(Ok));
        var clock = new TestClock();
        using var client = new LiveClient(new LiveClientOptions(), Credentials.World.WithoutKeys(), clock, () => 0, network);

        var failure = await Should.ThrowAsync<CredentialsException>(() => client.StopLivePullToPushAsync("r", "t", new Deadline(clock, TimeSpan.FromMinutes(1), default)));

        failure.Message.ShouldContain("ALICLOUD_ACCESS_KEY");
        network.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void An_endpoint_that_would_carry_stream_keys_in_clear_is_refused_and_named()
    {
        var failure = Should.Throw<ArgumentException>(() =>
            new LiveClient(new LiveClientOptions { Endpoint = new Uri("http://live.example.com") }, new KeyRing(), new TestClock(), () => 0));

        failure.Message.ShouldContain("http://live.example.com");
        failure.Message.ShouldContain("https://");
    }

    [Fact]
    public async Task Another_endpoint_is_called_and_signed_with_its_port()
    {
        using var network = new ScriptedHandler(Json(Ok));
        var clock = new TestClock();
        using var client = new LiveClient(
            new LiveClientOptions { Endpoint = new Uri("http://127.0.0.1:8443") }, new KeyRing(new LiveCredentials("id", "secret", null, "test")), clock, () => 0, network);

        await client.StopLivePullToPushAsync("r", "t", new Deadline(clock, TimeSpan.FromMinutes(1), default));

        var sent = network.Requests.ShouldHaveSingleItem();
        sent.Headers["host"].ShouldBe("127.0.0.1:8443");
        sent.Address.GetLeftPart(UriPartial.Path).ShouldBe("http://127.0.0.1:8443/");
    }

    static string Id(int index) => $"task-{index}";

    static string Task(int index) => $$$"""{"TaskId":"{{{Id(index)}}}","TaskStatus":1,"TaskInfo":{"TaskName":"n"}}""";

    static HttpResponseMessage TasksPage(int first, int count, int total) =>
        Json($$"""{"RequestId":"R","Total":{{total}},"TaskList":[{{string.Join(",", Enumerable.Range(first, Math.Max(0, count)).Select(Task))}}]}""")(null!);

    static Func<HttpRequestMessage, HttpResponseMessage> TaskPages(int tasks, int total, int pageCap) => request =>
    {
        var parameters = SentRequest.Of(request).Parameters;
        var size = Math.Min(pageCap, int.Parse(parameters["PageSize"]));
        var first = (int.Parse(parameters["PageNumber"]) - 1) * size;
        return TasksPage(first, Math.Min(size, tasks - first), total);
    };
}
