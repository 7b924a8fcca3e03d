using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Tests.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class AssumeRoleTests
{
    const string Arn = "acs:ram::1234567890:role/live";

    static readonly LiveCredentials Caller = new("caller-id", "caller-secret", null, "test");

    [Fact]
    public async Task The_role_is_asked_for_by_the_official_names_signed_with_the_callers_key()
    {
        var clock = new TestClock();
        using var network = new ScriptedHandler(Answer("STS.1", "2026-01-02T04:04:05Z"));
        using var service = new SecurityTokenClient(new LiveClientOptions(), clock, network);
        var role = new AssumeRoleOptions(Arn) { SessionName = "ci@job", SessionExpiration = 1800, Policy = """{"Version":"1"}""", ExternalId = "ext-1" };

        var taken = await service.AssumeRoleAsync(Caller, role, CancellationToken.None);

        taken.Credentials.ShouldBe(new LiveCredentials("STS.1", "secret-of-STS.1", "token-of-STS.1", $"role {Arn}"));
        taken.Expiry.ShouldBe(TestClock.Start + TimeSpan.FromHours(1));
        var sent = network.Requests.ShouldHaveSingleItem();
        sent.Address.Host.ShouldBe("sts.aliyuncs.com");
        sent.Method.ShouldBe(HttpMethod.Post);
        sent.Headers["x-acs-version"].ShouldBe("2015-04-01");
        sent.Action.ShouldBe("AssumeRole");
        sent.Headers["authorization"].ShouldContain("Credential=caller-id,");
        sent.Parameters.ShouldBe(
            ClientFixture.Given(
                ("RoleArn", Arn), ("RoleSessionName", "ci@job"), ("DurationSeconds", "1800"), ("Policy", """{"Version":"1"}"""), ("ExternalId", "ext-1")),
            ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_not_said_is_not_sent_and_defaults_are_filled_in()
    {
        using var network = new ScriptedHandler(Answer("STS.1", "2026-01-02T04:04:05Z"));
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        await service.AssumeRoleAsync(Caller, new AssumeRoleOptions(Arn), CancellationToken.None);

        network.Requests.ShouldHaveSingleItem().Parameters.ShouldBe(
            ClientFixture.Given(("RoleArn", Arn), ("RoleSessionName", "pulumi-aliyun-live"), ("DurationSeconds", "3600")), ignoreOrder: true);
    }

    [Fact]
    public async Task The_expiry_is_told_by_the_clock_of_this_machine_however_wrong_it_is()
    {
        var clock = new TestClock();
        using var network = new ScriptedHandler(
            Error(400, "InvalidTimeStamp.Expired", headers: ("Date", "Fri, 02 Jan 2026 05:04:05 GMT")),
            Answer("STS.1", "2026-01-02T06:04:05Z", ("Date", "Fri, 02 Jan 2026 05:04:05 GMT")));
        using var service = new SecurityTokenClient(new LiveClientOptions(), clock, network);

        var taken = await service.AssumeRoleAsync(Caller, new AssumeRoleOptions(Arn), CancellationToken.None);

        taken.Expiry.ShouldBe(TestClock.Start + TimeSpan.FromHours(1));
        network.Requests.Select(request => request.Headers["x-acs-date"]).ShouldBe(["2026-01-02T03:04:05Z", "2026-01-02T05:04:05Z"]);
    }

    [Fact]
    public async Task A_refused_role_names_the_operation_and_holds_no_secret()
    {
        using var network = new ScriptedHandler(Error(403, "NoPermission", "You are not allowed; ExternalId agreed-on-id caller-secret"));
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        var failure = await Should.ThrowAsync<LiveException>(
            () => service.AssumeRoleAsync(Caller, new AssumeRoleOptions(Arn) { ExternalId = "agreed-on-id" }, CancellationToken.None));

        failure.Kind.ShouldBe(LiveErrorKind.Denied);
        failure.Message.ShouldBe("AssumeRole answered NoPermission: You are not allowed; ExternalId [hidden] [hidden] (request REQ-NoPermission)");
    }

    [Theory]
    [InlineData("""{"RequestId":"R"}""", "Credentials")]
    [InlineData("""{"RequestId":"R","Credentials":{"AccessKeyId":"a","AccessKeySecret":"b"}}""", "SecurityToken")]
    public async Task An_answer_without_keys_is_named_and_left_nothing_behind(string body, string field)
    {
        using var network = new ScriptedHandler(Json(body));
        using var service = new SecurityTokenClient(new LiveClientOptions(), new TestClock(), network);

        var failure = await Should.ThrowAsync<LiveException>(() => service.AssumeRoleAsync(Caller, new AssumeRoleOptions(Arn), CancellationToken.None));

        failure.Message.ShouldContain($"the field {field} is missing");
        failure.MaybeDone.ShouldBeFalse();
    }

    [Fact]
    public async Task Keys_are_taken_once_and_renewed_five_minutes_before_they_run_out()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1));
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);

        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
        clock.Advance(TimeSpan.FromMinutes(54));
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
        clock.Advance(TimeSpan.FromMinutes(2));
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");
        service.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Keys_of_a_short_life_are_used_for_two_thirds_of_it()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromSeconds(600));
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);

        await source.GetAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(399));
        await source.GetAsync(CancellationToken.None);
        service.Calls.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await source.GetAsync(CancellationToken.None);
        service.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Many_callers_take_the_role_once()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1)) { Takes = TimeSpan.FromSeconds(3) };
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);

        var keys = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => source.GetAsync(CancellationToken.None).AsTask()));

        keys.ShouldAllBe(key => key.AccessKeyId == "STS.1");
        service.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_that_is_cancelled_does_not_take_the_others_with_it()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1)) { Takes = TimeSpan.FromSeconds(3) };
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);
        using var cancellation = new CancellationTokenSource();
        Task<LiveCredentials> first, second;
        using (clock.Hold())
        {
            first = source.GetAsync(cancellation.Token).AsTask();
            second = source.GetAsync(CancellationToken.None).AsTask();
            await cancellation.CancelAsync();
        }

        await Should.ThrowAsync<OperationCanceledException>(first);
        (await second).AccessKeyId.ShouldBe("STS.2");
    }

    [Fact]
    public async Task A_key_reported_as_expired_is_renewed_unless_that_has_been_done()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1));
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);
        var old = await source.GetAsync(CancellationToken.None);

        source.Expire(old);
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");
        source.Expire(old);
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");
    }

    [Fact]
    public async Task A_failed_renewal_matters_only_when_the_old_keys_no_longer_serve()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1));
        using var source = new AssumeRoleSource(new KeyRing(Caller), new AssumeRoleOptions(Arn), service, clock);
        await source.GetAsync(CancellationToken.None);
        service.Failure = new LiveException(LiveErrorKind.Transient, "AssumeRole", "InternalError", "", null);

        clock.Advance(TimeSpan.FromMinutes(56));
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
        service.Calls.ShouldBe(2);

        clock.Advance(TimeSpan.FromMinutes(4));
        await Should.ThrowAsync<LiveException>(async () => await source.GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_create_behind_a_role_that_cannot_be_taken_was_not_done_and_is_made_when_it_can()
    {
        var clock = new TestClock();
        using var tokens = new ScriptedHandler(Error(500, "InternalError"), Throws(new HttpRequestException(HttpRequestError.ResponseEnded)), Answer("STS.1", "2026-01-02T04:04:05Z"));
        using var network = new ScriptedHandler(Json("""{"RequestId":"R","TaskId":"t-1"}"""));
        using var service = new SecurityTokenClient(new LiveClientOptions(), clock, tokens);
        var source = Chain(
            new CredentialOptions { AccessKey = "id", SecretKey = "secret", AssumeRole = new AssumeRoleOptions(Arn) }, _ => null, service, clock);
        using var client = new LiveClient(new LiveClientOptions(), source, clock, () => 0, network);

        (await client.CreateLivePullToPushAsync("r", ClientFixture.Nothing, new Deadline(clock, TimeSpan.FromMinutes(1), CancellationToken.None))).ShouldBe("t-1");

        tokens.Requests.Count.ShouldBe(3);
        network.Requests.ShouldHaveSingleItem().Headers["x-acs-security-token"].ShouldBe("token-of-STS.1");
    }

    [Fact]
    public async Task The_environment_may_name_the_role()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1));
        var source = Chain(new CredentialOptions(), Environment(("ALICLOUD_ASSUME_ROLE_ARN", Arn)), service, clock);

        (await source.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
        service.Asked!.ShouldBe(new AssumeRoleOptions(Arn) { SessionName = "nightly", SessionExpiration = 900 });
    }

    [Fact]
    public async Task A_role_meant_for_an_oidc_token_is_not_taken_with_a_key()
    {
        var clock = new TestClock();
        var service = new Roles(clock, TimeSpan.FromHours(1));

        var plain = Chain(
            new CredentialOptions(), Environment(("ALIBABA_CLOUD_ROLE_ARN", Arn), ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/k8s")), service, clock);
        (await plain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("env-id");

        var role = Chain(new CredentialOptions(), Environment(("ALIBABA_CLOUD_ROLE_ARN", Arn)), service, clock);
        (await role.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.1");
    }

    [Fact]
    public async Task A_role_without_a_key_to_take_it_says_where_keys_were_looked_for()
    {
        var clock = new TestClock();
        var source = Chain(
            new CredentialOptions { AssumeRole = new AssumeRoleOptions(Arn) }, _ => null, new Roles(clock, TimeSpan.FromHours(1)), clock);

        (await Should.ThrowAsync<CredentialsException>(async () => await source.GetAsync(CancellationToken.None))).Message.ShouldContain("ALICLOUD_ACCESS_KEY");
    }

    static ICredentialSource Chain(CredentialOptions options, Func<string, string?> environment, ISecurityTokenService service, TestClock clock) =>
        CredentialChain.Create(options, () => new World().Surroundings() with { Environment = environment, SecurityTokens = service, Clock = clock });

    static Func<HttpRequestMessage, HttpResponseMessage> Answer(string id, string expiration, params (string Name, string Value)[] headers) => Json(
        $$$"""{"RequestId":"R","AssumedRoleUser":{"Arn":"a"},"Credentials":{"AccessKeyId":"{{{id}}}","AccessKeySecret":"secret-of-{{{id}}}","SecurityToken":"token-of-{{{id}}}","Expiration":"{{{expiration}}}"}}""",
        200, headers);

    static Func<string, string?> Environment(params (string Name, string Value)[] more) => name =>
        new[]
        {
            ("ALICLOUD_ACCESS_KEY", "env-id"), ("ALICLOUD_SECRET_KEY", "env-secret"),
            ("ALICLOUD_ASSUME_ROLE_SESSION_NAME", "nightly"), ("ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION", "900"),
        }.Concat(more).Where(variable => variable.Item1 == name).Select(variable => variable.Item2).FirstOrDefault();

    /// <summary>Gives out numbered keys.</summary>
    sealed class Roles(TestClock clock, TimeSpan life) : ISecurityTokenService
    {
        int _calls;

        public int Calls => _calls;

        public TimeSpan Takes { get; init; }

        public Exception? Failure { get; set; }

        public AssumeRoleOptions? Asked { get; private set; }

        public Task<TakenKeys> AssumeRoleWithOidcAsync(string providerArn, string token, AssumeRoleOptions role, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<string> GetAccountIdAsync(LiveCredentials caller, CancellationToken cancellation) => throw new NotSupportedException();

        public ServiceTrouble TroubleOf(Exception failure) => new StandInTokens().TroubleOf(failure);

        public async Task<TakenKeys> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation)
        {
            var number = Interlocked.Increment(ref _calls);
            Asked = role;
            if (Takes > TimeSpan.Zero) await Task.Delay(Takes, clock, cancellation);
            if (Failure is not null) throw Failure;
            return new TakenKeys(new LiveCredentials($"STS.{number}", "s", "t", "role"), clock.GetUtcNow() + life);
        }
    }
}
