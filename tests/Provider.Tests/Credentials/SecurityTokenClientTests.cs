using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class SecurityTokenClientTests
{
    const string Arn = "acs:ram::1:role/live";
    const string Provider = "acs:ram::1:oidc-provider/k8s";

    static readonly LiveCredentials s_caller = new("caller-id", "caller-secret", null, "test");

    [Fact]
    public async Task An_oidc_token_is_exchanged_without_a_signature_and_travels_in_the_body()
    {
        using var network = new StandInNetwork { Answer = _ => Answer() };
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);
        var role = new AssumeRoleOptions(Arn) { SessionName = "pod", SessionExpiration = 900, Policy = "{}" };

        var taken = await service.AssumeRoleWithOidcAsync(Provider, "a.b+c.d=", role, CancellationToken.None);

        taken.Credentials.ShouldBe(new LiveCredentials("STS.1", "s", "t", $"role {Arn}"));
        taken.Expiry.ShouldBe(TestClock.Start + TimeSpan.FromHours(1));
        var sent = network.Requests.ShouldHaveSingleItem();
        sent.Method.ShouldBe("POST");
        sent.Address.Host.ShouldBe("sts.aliyuncs.com");
        Pairs(sent.Address.Query.TrimStart('?')).Where(pair => pair.Key != "SignatureNonce").ShouldBe(
        [
            new("Action", "AssumeRoleWithOIDC"), new("Format", "JSON"), new("Timestamp", "2026-01-02T03:04:05Z"), new("Version", "2015-04-01"),
        ]);
        Pairs(sent.Body).ShouldBe(
        [
            new("RoleArn", Arn), new("RoleSessionName", "pod"), new("DurationSeconds", "900"), new("Policy", "{}"),
            new("OIDCProviderArn", Provider), new("OIDCToken", "a.b+c.d="),
        ]);
        sent.Headers.Keys.ShouldNotContain("Authorization");
    }

    [Fact]
    public async Task A_refused_token_is_not_shown()
    {
        using var network = new StandInNetwork
        {
            Answer = _ => StandInNetwork.Text("""{"Code":"AuthenticationFail.OIDCToken.Invalid","Message":"The token the-oidc-token is invalid","RequestId":"R"}""", 400),
        };
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        var failure = await Should.ThrowAsync<LiveException>(
            () => service.AssumeRoleWithOidcAsync(Provider, "the-oidc-token", new AssumeRoleOptions(Arn), CancellationToken.None));

        failure.Message.ShouldBe("AssumeRoleWithOIDC answered AuthenticationFail.OIDCToken.Invalid: The token [hidden] is invalid (request R)");
        service.TroubleOf(failure).ShouldBe(ServiceTrouble.Refused);
    }

    [Theory]
    [InlineData(null, false, "https://sts.aliyuncs.com/")]
    [InlineData("cn-shanghai", false, "https://sts.cn-shanghai.aliyuncs.com/")]
    [InlineData("cn-shanghai", true, "https://sts-vpc.cn-shanghai.aliyuncs.com/")]
    public async Task A_role_may_be_taken_from_a_regions_service(string? region, bool withinVpc, string address)
    {
        using var network = new StandInNetwork { Answer = _ => Answer() };
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        await service.AssumeRoleAsync(s_caller, new AssumeRoleOptions(Arn) { StsRegion = region, StsWithinVpc = withinVpc }, CancellationToken.None);

        network.Requests.ShouldHaveSingleItem().Address.GetLeftPart(UriPartial.Path).ShouldBe(address);
    }

    [Fact]
    public async Task With_the_simulator_nothing_leaves_for_the_real_service()
    {
        using var network = new StandInNetwork { Answer = _ => Answer() };
        var options = new LiveClientOptions { SecurityTokenEndpoint = new Uri("http://127.0.0.1:7788") };
        using var service = new SecurityTokenClient(options, new TestClock(), network);

        await service.AssumeRoleAsync(s_caller, new AssumeRoleOptions(Arn) { StsRegion = "cn-shanghai" }, CancellationToken.None);

        network.Requests.ShouldHaveSingleItem().Address.Authority.ShouldBe("127.0.0.1:7788");
    }

    [Theory]
    [InlineData("")]
    [InlineData("evil.example.com/")]
    [InlineData("cn shanghai")]
    public void What_is_no_region_makes_no_address(string region) =>
        Should.Throw<CredentialsException>(() => SecurityTokenClient.Address(region, withinVpc: false));

    [Fact]
    public async Task The_account_of_a_key_is_asked_for_with_a_signature()
    {
        using var network = new StandInNetwork { Answer = _ => StandInNetwork.Text("""{"AccountId":"1234567890123456","RequestId":"R"}""") };
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        (await service.GetAccountIdAsync(s_caller, CancellationToken.None)).ShouldBe("1234567890123456");

        var sent = network.Requests.ShouldHaveSingleItem();
        sent.Headers["x-acs-action"].ShouldBe("GetCallerIdentity");
        sent.Headers["Authorization"].ShouldContain("Credential=caller-id,");
    }

    [Theory]
    [InlineData(LiveErrorKind.Expired, "Expired")]
    [InlineData(LiveErrorKind.Transient, "Passing")]
    [InlineData(LiveErrorKind.Throttled, "Passing")]
    [InlineData(LiveErrorKind.Denied, "Refused")]
    [InlineData(LiveErrorKind.Invalid, "Refused")]
    [InlineData(LiveErrorKind.Credentials, "Refused")]
    public void Failures_are_told_apart(object kind, string trouble) =>
        new StandInTokens().TroubleOf(StandInTokens.Refusal((LiveErrorKind)kind)).ToString().ShouldBe(trouble);

    [Fact]
    public void Other_failures_are_none_of_the_services() =>
        new StandInTokens().TroubleOf(new InvalidOperationException()).ShouldBe(ServiceTrouble.None);

    static HttpResponseMessage Answer() => StandInNetwork.Text(
        """{"RequestId":"R","Credentials":{"AccessKeyId":"STS.1","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2026-01-02T04:04:05Z"}}""");

    static IEnumerable<KeyValuePair<string, string>> Pairs(string text) => text.Split('&').Select(pair => pair.Split('=', 2))
        .Select(pair => new KeyValuePair<string, string>(Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1])));
}
