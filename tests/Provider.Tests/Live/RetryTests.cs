using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Live;

public sealed class RetryTests
{
    const string Ok = """{"RequestId":"R","RetCode":0,"Description":"OK","TaskId":"t-1"}""";

    static readonly Func<HttpRequestMessage, HttpResponseMessage> Refused =
        Throws(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused (live.aliyuncs.com:443)"));

    static readonly Func<HttpRequestMessage, HttpResponseMessage> Lost = Throws(new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."));

    /// <summary>Answers after which a call may be made again, whatever the operation.</summary>
    public static TheoryData<string> CertainlyNotDone => ["throttled", "throttled by header", "throttled with 503", "refused"];

    /// <summary>Answers that leave open whether the operation was carried out.</summary>
    public static TheoryData<string> MaybeDone => ["lost", "faulty", "faulty with header", "overloaded", "overloaded with header", "html", "empty", "not json", "array", "nonce used", "too long", "gateway", "broken off"];

    [Theory]
    [MemberData(nameof(CertainlyNotDone))]
    [MemberData(nameof(MaybeDone))]
    public async Task A_call_that_may_happen_twice_is_made_until_it_succeeds(string answer)
    {
        using var fixture = new ClientFixture(Answers(answer), Answers(answer), Json(Ok));

        await fixture.Client.RestartLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        fixture.Network.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(CertainlyNotDone))]
    public async Task A_create_is_made_again_when_it_certainly_was_not_done(string answer)
    {
        using var fixture = new ClientFixture(Answers(answer), Answers(answer), Json(Ok));

        (await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).ShouldBe("t-1");

        fixture.Network.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(MaybeDone))]
    public async Task A_create_is_made_once_when_it_may_have_been_done(string answer)
    {
        using var fixture = new ClientFixture(Answers(answer), Json(Ok));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline()));

        failure.MaybeDone.ShouldBeTrue();
        fixture.Network.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_create_lost_after_a_throttled_attempt_is_not_made_a_third_time()
    {
        using var fixture = new ClientFixture(Answers("throttled"), Lost, Json(Ok));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.CreateLiveStreamMonitorAsync(ClientFixture.Nothing, fixture.Deadline()));

        failure.MaybeDone.ShouldBeTrue();
        fixture.Network.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"RequestId":"R","RetCode":0,"Description":"OK"}""")]
    [InlineData("""{"RequestId":"R","TaskId":""}""")]
    [InlineData("""{"RequestId":"R","TaskId":["t-1"]}""")]
    public async Task A_create_answered_without_an_id_may_have_been_done(string body)
    {
        using var fixture = new ClientFixture(Json(body));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline()));

        failure.ShouldSatisfyAllConditions(
            () => failure.Kind.ShouldBe(LiveErrorKind.Transient),
            () => failure.MaybeDone.ShouldBeTrue(),
            () => failure.Message.ShouldBe("CreateLivePullToPush got an answer that cannot be understood: the field TaskId is missing or malformed (request R)"));
        fixture.Network.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("InvalidParameter", 400)]
    [InlineData("CodeTaskNotExist", 400)]
    [InlineData("CodeTaskHasStopped", 400)]
    [InlineData("Forbidden.RAM", 403)]
    [InlineData("IllegalOperation", 401)]
    [InlineData("SignatureDoesNotMatch", 403)]
    public async Task A_clear_refusal_is_final_and_nothing_was_done(string code, int status)
    {
        using var fixture = new ClientFixture(Error(status, code));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline()));

        failure.ShouldSatisfyAllConditions(
            () => failure.Code.ShouldBe(code),
            () => failure.MaybeDone.ShouldBeFalse(),
            () => failure.RequestId.ShouldBe($"REQ-{code}"),
            () => failure.Message.ShouldBe($"StopLivePullToPush answered {code}: Words of the service. (request REQ-{code})"));
        fixture.Network.Requests.Count.ShouldBe(1);
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(0.0, new[] { 0.25, 0.5, 1, 2, 4, 8, 10, 10 })]
    [InlineData(1.0, new[] { 0.5, 1, 2, 4, 8, 16, 20, 20 })]
    public async Task Waits_double_up_to_a_bound_and_chance_takes_off_up_to_half(double jitter, double[] seconds)
    {
        var moments = new List<TimeSpan>();
        TestClock? clock = null;
        using var fixture = new ClientFixture(Enumerable.Repeat(Noting(Answers("faulty")), seconds.Length).Append(Noting(Json(Ok)))) { Jitter = jitter };
        clock = fixture.Clock;
        Func<HttpRequestMessage, HttpResponseMessage> Noting(Func<HttpRequestMessage, HttpResponseMessage> answer) => request =>
        {
            moments.Add(clock!.Elapsed);
            return answer(request);
        };

        await fixture.Client.DeleteLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline(600));

        moments.Zip(moments.Skip(1), (first, next) => (next - first).TotalSeconds).ShouldBe(seconds);
    }

    [Theory]
    [InlineData("7000", 7)]
    [InlineData("3600000", 60)]
    [InlineData("99999999999999999999", 0.25)]
    [InlineData("0", 0.25)]
    [InlineData("-5", 0.25)]
    [InlineData("soon", 0.25)]
    [InlineData("100", 0.25)]
    public async Task The_wait_that_the_service_asks_for_is_kept_within_sane_bounds(string header, double seconds)
    {
        using var fixture = new ClientFixture(Error(400, "Throttling.User", headers: ("x-acs-retry-after", header)), Json(Ok));

        await fixture.Client.DeleteLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline(600));

        fixture.Clock.Elapsed.TotalSeconds.ShouldBe(seconds);
    }

    [Fact]
    public async Task The_time_limit_ends_the_trying_before_a_wait_in_vain()
    {
        using var fixture = new ClientFixture(Error(500, "InternalError", "Come back later."));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.DeleteLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline(30)));

        // 0.25 + 0.5 + 1 + 2 + 4 + 8 + 10 seconds are waited; the next 10 would pass the limit.
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.FromSeconds(25.75));
        failure.ShouldSatisfyAllConditions(
            () => failure.Kind.ShouldBe(LiveErrorKind.Transient),
            () => failure.MaybeDone.ShouldBeTrue(),
            () => failure.Message.ShouldBe(
                "DeleteLivePullToPush ran out of time: gave up after 8 attempts in 25.8 s, the time limit being 30 s; " +
                "last, DeleteLivePullToPush answered InternalError: Come back later. (request REQ-InternalError)"));
    }

    [Fact]
    public async Task A_wait_asked_for_beyond_the_time_limit_is_not_begun()
    {
        using var fixture = new ClientFixture(Error(503, "Throttling.Api", headers: ("x-acs-retry-after", "20000")));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline(20)));

        failure.MaybeDone.ShouldBeFalse();
        failure.Message.ShouldContain("gave up after 1 attempt in 0 s");
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Nothing_is_sent_when_the_time_limit_is_over()
    {
        using var fixture = new ClientFixture(Json(Ok));
        var deadline = fixture.Deadline(5);
        fixture.Clock.Advance(TimeSpan.FromSeconds(5));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", deadline));

        failure.Kind.ShouldBe(LiveErrorKind.Transient);
        failure.Code.ShouldBe(LiveErrors.OutOfTime);
        failure.MaybeDone.ShouldBeFalse();
        fixture.Network.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_operation_ends_at_once_and_sends_nothing_more()
    {
        using var cancellation = new CancellationTokenSource();
        using var fixture = new ClientFixture(request =>
        {
            cancellation.Cancel();
            return Answers("throttled")(request);
        });

        await Should.ThrowAsync<OperationCanceledException>(
            () => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline(60, cancellation.Token)));

        fixture.Network.Requests.Count.ShouldBe(1);
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task An_operation_cancelled_before_it_begins_sends_nothing()
    {
        using var fixture = new ClientFixture(Json(Ok));

        await Should.ThrowAsync<OperationCanceledException>(() => fixture.Client.CreateLivePullToPushAsync(
            ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline(60, new CancellationToken(canceled: true))));

        fixture.Network.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_create_that_is_answered_in_spite_of_a_cancellation_gives_its_id()
    {
        using var cancellation = new CancellationTokenSource();
        using var fixture = new ClientFixture(request =>
        {
            cancellation.Cancel();
            return Json(Ok)(request);
        });

        var id = await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline(60, cancellation.Token));

        id.ShouldBe("t-1");
    }

    [Theory]
    [InlineData("InvalidTimeStamp.Expired")]
    [InlineData("IllegalTimestamp")]
    public async Task A_clock_that_differs_is_put_right_from_the_answer_and_stays_so(string code)
    {
        using var fixture = new ClientFixture(Error(400, code, headers: ("Date", "Fri, 02 Jan 2026 05:00:00 GMT")), Json(Ok));

        await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline());
        await fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline());

        fixture.Network.Requests.Select(request => request.Headers["x-acs-date"])
            .ShouldBe(["2026-01-02T03:04:05Z", "2026-01-02T05:00:00Z", "2026-01-02T05:00:00Z"]);
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_clock_that_is_refused_again_and_again_is_tried_with_waits_and_never_a_fault_of_the_inputs()
    {
        using var fixture = new ClientFixture(Error(400, "InvalidTimeStamp.Expired"), Error(400, "InvalidTimeStamp.Expired"), Error(400, "InvalidTimeStamp.Expired"), Json(Ok));

        await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline());
        fixture.Network.Requests.Count.ShouldBe(4);
        fixture.Clock.Elapsed.ShouldBeGreaterThan(TimeSpan.Zero);

        using var never = new ClientFixture(Error(400, "InvalidTimeStamp.Expired"));
        var failure = await Should.ThrowAsync<LiveException>(() => never.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", never.Deadline()));
        failure.Kind.ShouldBe(LiveErrorKind.Transient);
        failure.MaybeDone.ShouldBeFalse();
    }

    [Theory]
    [InlineData("InvalidSecurityToken.Expired")]
    [InlineData("InvalidAccessKeyId.NotFound")]
    public async Task An_expired_key_is_renewed_once_and_the_call_made_again(string code)
    {
        using var fixture = new ClientFixture(Error(400, code), Json(Ok));
        fixture.Keys.More.Clear();
        fixture.Keys.More.AddRange([new LiveCredentials("old", "old-secret", "old-token", "test"), new LiveCredentials("new", "new-secret", "new-token", "test")]);

        await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline());

        fixture.Network.Requests.Select(request => request.Headers["x-acs-accesskey-id"]).ShouldBe(["old", "new"]);
        fixture.Keys.Expired.ShouldHaveSingleItem().AccessKeyId.ShouldBe("old");
        fixture.Clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_key_that_is_expired_again_after_its_renewal_is_an_error()
    {
        using var fixture = new ClientFixture(Error(400, "InvalidSecurityToken.Expired"));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline()));

        failure.Kind.ShouldBe(LiveErrorKind.Expired);
        fixture.Network.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_permanent_key_that_nobody_knows_is_not_tried_twice()
    {
        using var fixture = new ClientFixture(Error(404, "InvalidAccessKeyId.NotFound"));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline()));

        failure.Kind.ShouldBe(LiveErrorKind.Credentials);
        fixture.Network.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"RequestId":"R"}""", "TaskInfo")]
    [InlineData("""{"RequestId":"R","TaskStatus":1,"TaskInfo":[]}""", "TaskInfo")]
    [InlineData("""{"RequestId":"R","TaskStatus":1,"TaskInfo":{}}""", "TaskId")]
    [InlineData("""{"RequestId":"R","TaskStatus":9,"TaskInfo":{"TaskId":"t"}}""", "TaskStatus")]
    [InlineData("""{"RequestId":"R","TaskStatus":"up","TaskInfo":{"TaskId":"t"}}""", "TaskStatus")]
    public async Task A_task_described_in_another_shape_is_asked_for_again_and_then_named(string body, string field)
    {
        using var fixture = new ClientFixture(Json(body));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.DescribeLivePullToPushAsync(ClientFixture.Region, "t", fixture.Deadline(2)));

        failure.Kind.ShouldBe(LiveErrorKind.Transient);
        failure.Message.ShouldContain($"the field {field} is missing or malformed (request R)");
        fixture.Network.Requests.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("""{"RequestId":"R","Total":0}""")]
    [InlineData("""{"RequestId":"R","Total":1,"TaskList":null,"LiveStreamMonitorList":{}}""")]
    [InlineData("""{"RequestId":"R","Total":1,"TaskList":["t-1"],"LiveStreamMonitorList":["m-1"]}""")]
    public async Task A_listing_without_its_list_is_an_error_and_not_an_empty_account(string body)
    {
        using var fixture = new ClientFixture(Json(body));

        await Should.ThrowAsync<LiveException>(() => fixture.Client.ListLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline(1)));
        await Should.ThrowAsync<LiveException>(() => fixture.Client.ListLiveStreamMonitorsAsync(fixture.Deadline(1)));
    }

    static Func<HttpRequestMessage, HttpResponseMessage> Answers(string name) => name switch
    {
        "throttled" => Error(400, "Throttling.User"),
        "throttled by header" => Error(400, "AnyCode", headers: ("x-acs-retry-after", "300")),
        "throttled with 503" => Error(503, "Rejected.Throttling"),
        "overloaded" => Error(503, "ServiceUnavailable"),
        "overloaded with header" => Error(503, "ServiceUnavailable", headers: ("x-acs-retry-after", "300")),
        "refused" => Refused,
        "lost" => Lost,
        "faulty" => Error(500, "InternalError"),
        "faulty with header" => Error(500, "InternalError", headers: ("x-acs-retry-after", "300")),
        "html" => Text("<html>Welcome to the hotel</html>", "text/html"),
        "empty" => Json(""),
        "not json" => Json("""{"TaskId":"t-1" """),
        "array" => Json("""["t-1"]"""),
        "nonce used" => Error(400, "SignatureNonceUsed"),
        "too long" => Json($$"""{"TaskId":"t-1","More":"{{new string('x', Limits.MaxAnswerBytes)}}"}"""),
        "gateway" => Text("<html>Bad gateway</html>", "text/html", 502),
        "broken off" => _ => new HttpResponseMessage { Content = new StreamContent(new BrokenStream()) },
        _ => throw new ArgumentException(name),
    };

    /// <summary>A body whose connection breaks.</summary>
    sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
    }
}
