using System.Security.Authentication;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Resources;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Live;

public sealed class LiveErrorsTests
{
    [Theory]
    [InlineData(400, "CodeTaskNotExist", nameof(LiveErrorKind.Gone))]
    [InlineData(404, "StreamMonitorNotExist", nameof(LiveErrorKind.Gone))]
    [InlineData(400, "CodeTaskHasStopped", nameof(LiveErrorKind.AlreadySo))]
    [InlineData(400, "StreamMonitorAlreadyStop", nameof(LiveErrorKind.AlreadySo))]
    [InlineData(400, "StreamMonitorAlreadyStarted", nameof(LiveErrorKind.AlreadySo))]
    [InlineData(401, "IllegalOperation", nameof(LiveErrorKind.NotAllowed))]
    [InlineData(400, "IllegalOperation", nameof(LiveErrorKind.NotAllowed))]
    [InlineData(400, "CodeInvalidAliUid", nameof(LiveErrorKind.Denied))]
    [InlineData(400, "LiveServiceNotFound", nameof(LiveErrorKind.Denied))]
    [InlineData(403, "Forbidden.RAM", nameof(LiveErrorKind.Denied))]
    [InlineData(403, "Forbidden.RiskControl", nameof(LiveErrorKind.Denied))]
    [InlineData(401, "Forbidden", nameof(LiveErrorKind.Denied))]
    [InlineData(403, "NoPermission", nameof(LiveErrorKind.Denied))]
    [InlineData(403, "SomethingNew", nameof(LiveErrorKind.Denied))]
    [InlineData(400, "InvalidUserId.Malformed", nameof(LiveErrorKind.Denied))]
    [InlineData(400, "InvalidIdentity.ServiceDisabled", nameof(LiveErrorKind.Denied))]
    [InlineData(403, "SignatureDoesNotMatch", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "IncompleteSignature", nameof(LiveErrorKind.Credentials))]
    [InlineData(404, "InvalidAccessKeyId.NotFound", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "InvalidAccessKeyId.Inactive", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "InvalidSecurityToken.Malformed", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "InvalidSecurityToken.MismatchWithAccessKey", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "MissingSecurityToken", nameof(LiveErrorKind.Credentials))]
    [InlineData(400, "InvalidParameter", nameof(LiveErrorKind.Invalid))]
    [InlineData(400, "InvalidParam.CodeIllegalDuration", nameof(LiveErrorKind.Invalid))]
    [InlineData(400, "MissingParameter", nameof(LiveErrorKind.Invalid))]
    [InlineData(403, "UserQuotaExceed", nameof(LiveErrorKind.Invalid))]
    [InlineData(404, "InvalidAction.NotFound", nameof(LiveErrorKind.Invalid))]
    [InlineData(404, "InvalidDomain.NotFound", nameof(LiveErrorKind.Invalid))]
    public async Task Each_refusal_is_told_by_its_code(int status, string code, string kind)
    {
        (await FailureOf(Error(status, code))).Kind.ToString().ShouldBe(kind);
    }

    [Theory]
    [InlineData(400, "Throttling")]
    [InlineData(400, "Throttling.User")]
    [InlineData(400, "Throttling.Api")]
    [InlineData(503, "Rejected.Throttling")]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(429, "TooMany")]
    public void Flow_control_is_throttling(int status, string code)
    {
        LiveErrors.Classify((System.Net.HttpStatusCode)status, code, retryAfter: false, temporaryKey: false).ShouldBe(LiveErrorKind.Throttled);
    }

    [Fact]
    public void Any_error_with_a_time_to_come_back_is_throttling() =>
        LiveErrors.Classify(System.Net.HttpStatusCode.Forbidden, "CodeTaskNotExist", retryAfter: true, temporaryKey: false).ShouldBe(LiveErrorKind.Throttled);

    [Fact]
    public async Task A_page_of_a_proxy_that_refuses_is_not_told_as_a_missing_permission()
    {
        var told = (await FailureOf(Text("<html>Blocked</html>", "text/html", 403))).Explain("stop the relay task").Message;

        told.ShouldContain("HTTP403 with a body of type text/html");
        told.ShouldEndWith("check the endpoint and HTTPS_PROXY.");
    }

    [Fact]
    public async Task Fields_in_lower_case_are_understood()
    {
        var failure = await FailureOf(Json("""{"code":"CodeTaskNotExist","message":"Task does not exist.","requestId":"low-1"}""", 400));

        failure.Kind.ShouldBe(LiveErrorKind.Gone);
        failure.Message.ShouldBe("StopLivePullToPush answered CodeTaskNotExist: Task does not exist. (request low-1)");
    }

    [Fact]
    public async Task The_request_id_of_the_header_stands_in_for_a_missing_one()
    {
        (await FailureOf(Json("""{"Code":"InvalidParameter"}""", 400, ("x-acs-request-id", "head-1")))).RequestId.ShouldBe("head-1");
        (await FailureOf(Text("<html/>", "text/html", 404, ("x-acs-request-id", "head-2")))).RequestId.ShouldBe("head-2");
    }

    [Fact]
    public async Task An_error_without_a_code_is_named_by_its_status()
    {
        var failure = await FailureOf(Json("""{"Message":"Nothing here."}""", 404));

        failure.Kind.ShouldBe(LiveErrorKind.Invalid);
        failure.Message.ShouldBe("StopLivePullToPush answered HTTP404: Nothing here.");
    }

    [Fact]
    public async Task A_page_of_something_on_the_way_is_not_taken_for_the_service_and_not_repeated()
    {
        var failure = await FailureOf(Text("<html>rtmp://push/app/SECRET blocked</html>", "text/html", 403));

        failure.Kind.ShouldBe(LiveErrorKind.Denied);
        failure.Message.ShouldContain("HTTP403 with a body of type text/html");
        failure.Message.ShouldContain("HTTPS_PROXY");
        failure.Message.ShouldNotContain("SECRET");
    }

    [Theory]
    [InlineData("""{"RequestId":"R","RetCode":400,"Description":"no"}""", "RetCode400", false)]
    [InlineData("""{"RequestId":"R","RetCode":"5","Description":"no"}""", "RetCode5", false)]
    [InlineData("""{"RequestId":"R","RetCode":1,"Description":"no","TaskId":"t-1"}""", "RetCode1", true)]
    [InlineData("""{"RequestId":"R","RetCode":1,"Code":"CodeOfItsOwn","Description":"no"}""", "CodeOfItsOwn", false)]
    public async Task A_result_other_than_zero_is_an_error_although_the_status_is_200(string body, string code, bool maybeDone)
    {
        var failure = await FailureOf(Json(body));

        failure.ShouldSatisfyAllConditions(
            () => failure.Kind.ShouldBe(LiveErrorKind.Invalid),
            () => failure.Code.ShouldBe(code),
            () => failure.MaybeDone.ShouldBe(maybeDone),
            () => failure.Message.ShouldBe($"StopLivePullToPush answered {code}: no (request R)"));
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\uDFFF")]
    public async Task Half_a_letter_makes_an_answer_malformed(string half)
    {
        using var fixture = new ClientFixture(Json($$"""{"TaskId":"t-1","Description":"{{half}}"}"""));

        var failure = await Should.ThrowAsync<LiveException>(
            () => fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline()));

        failure.Code.ShouldBe(LiveErrors.BadAnswer);
    }

    [Fact]
    public async Task A_byte_order_mark_and_letters_beyond_the_basic_plane_do_no_harm()
    {
        using var fixture = new ClientFixture(Json("\uFEFF{\"TaskId\":\"t-1\",\"Description\":\"\\ud83d\\udcfa\"}"));

        (await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).ShouldBe("t-1");
    }

    [Fact]
    public async Task Codes_and_ids_that_are_none_and_endless_words_are_not_shown()
    {
        var failure = await FailureOf(Json($$"""{"Code":"<b>no code</b>","Message":"{{new string('m', 5000)}}","RequestId":"{{new string('r', 500)}}"}""", 400));

        failure.Code.ShouldBe("HTTP400");
        failure.RequestId.ShouldBeEmpty();
        failure.Message.Length.ShouldBeLessThan(1100);
    }

    [Fact]
    public async Task What_was_sent_in_secret_is_not_repeated_from_an_answer()
    {
        const string Bad = "push.example.com/live/stream-key-77";
        const string Source = "pull.example.com/other-key-88";
        using var fixture = new ClientFixture(Error(
            400, "InvalidParameter", $"DstUrl {Bad} or {Uri.EscapeDataString(Bad)} or {Source} is wrong; Region=ap-southeast-1 secret the-key-secret"));

        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.CreateLivePullToPushAsync(
            ClientFixture.Region, ClientFixture.Given(("DstUrl", Bad), ("SourceUrls", $"[\"{Source}\"]")), fixture.Deadline()));

        failure.Message.ShouldBe("CreateLivePullToPush answered InvalidParameter: DstUrl [hidden] or [hidden] or [hidden] is wrong; Region=ap-southeast-1 secret [hidden] (request REQ-InvalidParameter)");
    }

    [Fact]
    public async Task A_connection_that_nobody_vouches_for_is_not_tried_again()
    {
        var failure = await FailureOf(Throws(new HttpRequestException(
            HttpRequestError.SecureConnectionError, "The SSL connection could not be established.", new AuthenticationException("The remote certificate is invalid."))));

        failure.Kind.ShouldBe(LiveErrorKind.Invalid);
        failure.MaybeDone.ShouldBeFalse();
        failure.Message.ShouldBe("StopLivePullToPush could not reach the service: no secure connection to live.aliyuncs.com: The remote certificate is invalid.");
    }

    [Fact]
    public async Task A_proxy_that_wants_a_password_is_named_and_not_asked_again()
    {
        var failure = await FailureOf(Throws(new HttpRequestException(
            HttpRequestError.ProxyTunnelError, "The proxy tunnel request failed.", statusCode: System.Net.HttpStatusCode.ProxyAuthenticationRequired)));

        failure.Kind.ShouldBe(LiveErrorKind.Invalid);
        failure.Message.ShouldContain("HTTPS_PROXY");
    }

    [Fact]
    public async Task A_connection_not_made_in_time_was_not_used()
    {
        using var fixture = new ClientFixture(
            Throws(new TaskCanceledException("timed out", new TimeoutException())), Json("""{"TaskId":"t-1"}"""));

        (await fixture.Client.CreateLivePullToPushAsync(ClientFixture.Region, ClientFixture.Nothing, fixture.Deadline())).ShouldBe("t-1");
    }

    static async Task<LiveException> FailureOf(Func<HttpRequestMessage, HttpResponseMessage> answer)
    {
        using var fixture = new ClientFixture(answer);
        var failure = await Should.ThrowAsync<LiveException>(() => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t-1", fixture.Deadline()));
        fixture.Network.Requests.Count.ShouldBe(1);
        return failure;
    }
}
