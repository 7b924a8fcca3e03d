using System.Security.Cryptography;
using System.Text;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class RequestVerificationTests : IDisposable
{
    const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void The_official_example_of_the_signature_is_reproduced()
    {
        var request = new ServiceRequest("POST", "/", "RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        [
            new("x-acs-version", "2014-05-26"),
            new("x-acs-action", "RunInstances"),
            new("user-agent", "not signed"),
            new("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            new("x-acs-date", "2023-10-26T10:22:32Z"),
            new("x-acs-content-sha256", EmptyHash),
            new("host", "ecs.cn-shanghai.aliyuncs.com"),
        ], Array.Empty<byte>());

        var canonical = RequestVerification.CanonicalRequest(request, EmptyHash, out var signedHeaders);
        signedHeaders.ShouldBe("host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version");
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))
            .ShouldBe("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        RequestVerification.Sign(canonical, "YourAccessKeySecret")
            .ShouldBe("06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }

    [Theory]
    [InlineData("a b", "a%20b")]
    [InlineData("a+b", "a%2Bb")]
    [InlineData("a*b/c~d", "a%2Ab%2Fc~d")]
    [InlineData("告警", "%E5%91%8A%E8%AD%A6")]
    [InlineData("!'()", "%21%27%28%29")]
    public void Values_are_encoded_as_the_signature_demands(string value, string encoded)
    {
        var request = new ServiceRequest("GET", "/", $"Name={Uri.EscapeDataString(value)}", [], Array.Empty<byte>());
        RequestVerification.CanonicalRequest(request, EmptyHash, out _).Split('\n')[2].ShouldBe($"Name={encoded}");
    }

    [Fact]
    public void An_unencoded_plus_sign_is_a_blank_and_breaks_the_signature()
    {
        _client.Tamper = request => Rewrite(request, "%2B", "+");
        _client.Refused(400, "SignatureDoesNotMatch", "DescribeLivePullToPushList", ("Region", "cn-shanghai"), ("TaskName", "a+b"));
    }

    [Fact]
    public void A_signed_request_is_accepted()
    {
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"), ("TaskName", "a b*c&d=e告"));
        _client.Service.Calls.ShouldHaveSingleItem().Parameters["TaskName"].ShouldBe("a b*c&d=e告");
    }

    [Fact]
    public void A_wrong_secret_does_not_match()
    {
        _client.Secret = "another";
        ListIsRefused(400, "SignatureDoesNotMatch");
        _client.Settings.SignatureMismatchStatus = 403;
        ListIsRefused(403, "SignatureDoesNotMatch");
    }

    [Fact]
    public void A_parameter_changed_on_the_way_does_not_match()
    {
        _client.Tamper = request => Rewrite(request, "shanghai", "beijing");
        ListIsRefused(400, "SignatureDoesNotMatch");
    }

    [Fact]
    public void A_body_that_is_not_covered_by_the_hash_does_not_match()
    {
        _client.Tamper = request => request.Content = new ByteArrayContent([1]);
        ListIsRefused(400, "SignatureDoesNotMatch");
    }

    [Fact]
    public void A_service_header_that_is_not_signed_makes_the_signature_incomplete()
    {
        _client.Tamper = request => request.Headers.Add("x-acs-added", "later");
        ListIsRefused(400, "IncompleteSignature");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic abc")]
    [InlineData("ACS3-HMAC-SHA256 Credential=test-access-key-id, SignedHeaders=host, Signature=00")]
    public void An_authorization_of_another_form_is_incomplete(string? authorization)
    {
        _client.Tamper = request =>
        {
            request.Headers.Remove("Authorization");
            if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        };
        ListIsRefused(400, "IncompleteSignature");
    }

    [Fact]
    public void An_unknown_key_is_not_found()
    {
        _client.AccessKeyId = "unknown";
        ListIsRefused(404, "InvalidAccessKeyId.NotFound");
        _client.Settings.UnknownAccessKeyStatus = 400;
        ListIsRefused(400, "InvalidAccessKeyId.NotFound");
    }

    [Fact]
    public void An_added_key_is_accepted()
    {
        _client.Service.AddAccessKey("other", "its-secret");
        (_client.AccessKeyId, _client.Secret) = ("other", "its-secret");
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }

    [Fact]
    public void A_nonce_works_once_and_again_only_after_its_time()
    {
        _client.FixedNonce = "always the same";
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        ListIsRefused(400, "SignatureNonceUsed");
        _client.Clock.Time += TimeSpan.FromMinutes(31);
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }

    [Fact]
    public void A_request_that_was_refused_for_its_signature_does_not_use_up_its_nonce()
    {
        _client.FixedNonce = "always the same";
        _client.Secret = "another";
        ListIsRefused(400, "SignatureDoesNotMatch");
        _client.Secret = LiveService.DefaultAccessKeySecret;
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }

    [Theory]
    [InlineData(-15, true)]
    [InlineData(15, true)]
    [InlineData(-16, false)]
    [InlineData(16, false)]
    public void A_date_may_be_a_quarter_of_an_hour_off(int minutes, bool accepted)
    {
        _client.Skew = TimeSpan.FromMinutes(minutes);
        if (accepted) _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        else ListIsRefused(400, "InvalidTimeStamp.Expired");
    }

    [Fact]
    public void A_client_need_not_notice_moved_time_unless_the_settings_say_so()
    {
        _client.Service.MoveClock(TimeSpan.FromHours(2));
        var answer = _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        answer.Message.Headers.Date.ShouldBe(_client.Clock.Time.AddHours(2));
        _client.Skew = TimeSpan.FromHours(2);
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        _client.Skew = TimeSpan.FromHours(1);
        ListIsRefused(400, "InvalidTimeStamp.Expired");

        _client.Settings.SkewReference = SkewReference.SimulatedTime;
        _client.Skew = TimeSpan.Zero;
        ListIsRefused(400, "InvalidTimeStamp.Expired");
        _client.Skew = TimeSpan.FromHours(2);
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }

    [Fact]
    public void A_date_of_another_form_is_refused()
    {
        _client.Tamper = request =>
        {
            request.Headers.Remove("x-acs-date");
            request.Headers.Add("x-acs-date", "2026-03-01 12:00:00");
        };
        ListIsRefused(400, "InvalidTimeStamp.Format");
    }

    [Fact]
    public void A_temporary_key_needs_its_own_unexpired_token()
    {
        _client.Service.AddAccessKey("temporary", "its-secret", "its-token");
        (_client.AccessKeyId, _client.Secret) = ("temporary", "its-secret");
        ListIsRefused(400, "MissingSecurityToken");
        _client.Token = "another-token";
        ListIsRefused(400, "InvalidSecurityToken.MismatchWithAccessKey");
        _client.Token = "its-token";
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        _client.Service.ExpireToken("its-token");
        ListIsRefused(400, "InvalidSecurityToken.Expired");
    }

    [Fact]
    public void A_permanent_key_takes_no_token()
    {
        _client.Token = "a-token";
        ListIsRefused(400, "InvalidSecurityToken.Malformed");
    }

    [Fact]
    public void An_assumed_role_gives_credentials_that_work_until_they_expire()
    {
        _client.Version = "2015-04-01";
        var assumed = _client.Succeed("AssumeRole",
            ("RoleArn", "acs:ram::1000000000000001:role/live"), ("RoleSessionName", "pulumi"), ("DurationSeconds", "900")).Json.GetProperty("Credentials");
        assumed.GetProperty("Expiration").GetString().ShouldBe("2026-03-01T12:15:00Z");
        _client.AccessKeyId = assumed.GetProperty("AccessKeyId").GetString()!;
        _client.Secret = assumed.GetProperty("AccessKeySecret").GetString()!;
        _client.Token = assumed.GetProperty("SecurityToken").GetString();

        var identity = _client.Succeed("GetCallerIdentity");
        identity.Text("AccountId").ShouldBe("1000000000000001");
        identity.Text("Arn").ShouldBe("acs:ram::1000000000000001:assumed-role/live/pulumi");
        _client.Version = "2016-11-01";
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        _client.Clock.Time += TimeSpan.FromSeconds(900);
        ListIsRefused(400, "InvalidSecurityToken.Expired");
    }

    [Theory]
    [InlineData("live", "pulumi", "900")]
    [InlineData("acs:ram::1000000000000001:role/live", "p", "900")]
    [InlineData("acs:ram::1000000000000001:role/live", "pulumi", "899")]
    public void A_role_that_cannot_be_assumed_is_refused(string role, string session, string duration)
    {
        _client.Version = "2015-04-01";
        _client.Refused(400, "InvalidParameter", "AssumeRole", ("RoleArn", role), ("RoleSessionName", session), ("DurationSeconds", duration));
    }

    [Fact]
    public void Verification_can_be_switched_off()
    {
        _client.Settings.VerifiesRequests = false;
        _client.Secret = "another";
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
    }

    [Fact]
    public void Unknown_actions_versions_and_methods_are_refused_with_their_codes()
    {
        _client.Refused(404, "InvalidAction.NotFound", "DescribeNothing");
        _client.Version = "2014-05-26";
        ListIsRefused(400, "InvalidVersion");
        _client.Version = "2016-11-01";
        _client.Send(HttpMethod.Put, "DescribeLivePullToPushList", ("Region", "cn-shanghai")).ErrorCode.ShouldBe("UnsupportedOperation");
    }

    [Fact]
    public void Errors_have_every_field_that_clients_read()
    {
        _client.Secret = "another";
        var error = _client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        error.Text("HostId").ShouldBe("live.aliyuncs.com");
        error.Text("Message").ShouldNotBeEmpty();
        error.Text("Recommend").ShouldContain("q=SignatureDoesNotMatch");
        error.Message.Headers.GetValues("x-acs-request-id").ShouldHaveSingleItem().ShouldBe(error.Text("RequestId"));
    }

    static void Rewrite(HttpRequestMessage request, string part, string other) =>
        request.RequestUri = new Uri(request.RequestUri!.OriginalString.Replace(part, other, StringComparison.Ordinal));

    void ListIsRefused(int status, string code) => _client.Refused(status, code, "DescribeLivePullToPushList", ("Region", "cn-shanghai"));
}
