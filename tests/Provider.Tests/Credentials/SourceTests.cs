using System.Globalization;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Tests.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Credentials;

/// <summary>What holds for every source of temporary keys alike.</summary>
public sealed class SourceTests
{
    const string Arn = "acs:ram::1234567890123456:role/live";

    public static TheoryData<string> Sources { get; } =
        ["role on top", "oidc", "RamRoleArn", "ChainableRamRoleArn", "RamRoleArnWithRoleName", "ecs", "uri", "external", "cloud sso", "ini role", "ini oidc"];

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Fifty_callers_at_once_take_the_keys_once(string source)
    {
        var world = new Numbered(source);
        world.World.Delay = TimeSpan.FromSeconds(3);

        var keys = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => world.Chain.GetAsync(CancellationToken.None).AsTask()));

        keys.Distinct().ShouldHaveSingleItem();
        world.Takes.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Keys_are_renewed_before_they_run_out_and_once_for_all(string source)
    {
        var world = new Numbered(source);
        var first = await world.Chain.GetAsync(CancellationToken.None);
        world.World.Clock.Advance(TimeSpan.FromMinutes(54));
        (await world.Chain.GetAsync(CancellationToken.None)).ShouldBe(first);
        world.Takes.ShouldBe(1);

        world.World.Clock.Advance(TimeSpan.FromMinutes(2));
        world.World.Delay = TimeSpan.FromSeconds(3);
        var keys = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Chain.GetAsync(CancellationToken.None).AsTask()));

        keys.Distinct().ShouldHaveSingleItem().ShouldNotBe(first);
        world.Takes.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Keys_that_run_out_in_the_middle_of_an_update_are_renewed_and_the_call_made_again(string source)
    {
        var world = new Numbered(source);
        using var network = new ScriptedHandler(
            Json("""{"RequestId":"R"}"""), Error(403, "InvalidSecurityToken.Expired"), Json("""{"RequestId":"R"}"""));
        using var client = new LiveClient(new LiveClientOptions(), world.Chain, world.World.Clock, () => 0, network);
        var deadline = new Deadline(world.World.Clock, TimeSpan.FromMinutes(5), CancellationToken.None);

        await client.StopLivePullToPushAsync("cn-shanghai", "t", deadline);
        await client.UpdateLivePullToPushAsync("cn-shanghai", "t", ClientFixture.Nothing, deadline);

        network.Requests.Count.ShouldBe(3);
        world.Takes.ShouldBe(2);
        var used = network.Requests.Select(request => request.Headers["x-acs-accesskey-id"]).ToList();
        used[1].ShouldBe(used[0]);
        used[2].ShouldNotBe(used[1]);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task A_failed_renewal_matters_only_when_the_old_keys_no_longer_serve(string source)
    {
        var world = new Numbered(source);
        var first = await world.Chain.GetAsync(CancellationToken.None);
        world.Broken = true;

        world.World.Clock.Advance(TimeSpan.FromMinutes(56));
        (await world.Chain.GetAsync(CancellationToken.None)).ShouldBe(first);
        var asked = world.Asked;
        (await world.Chain.GetAsync(CancellationToken.None)).ShouldBe(first);
        world.Asked.ShouldBe(asked, "not at every call");

        world.World.Clock.Advance(TimeSpan.FromMinutes(5));
        var failure = await Should.ThrowAsync<Exception>(async () => await world.Chain.GetAsync(CancellationToken.None));
        (failure is CredentialsException or LiveException).ShouldBeTrue(failure.ToString());
        failure.Message.ShouldNotContain("secret-of");
        failure.Message.ShouldNotContain("token-of");

        world.Broken = false;
        (await world.Chain.GetAsync(CancellationToken.None)).ShouldNotBe(first);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task The_log_says_once_which_source_is_used_and_shows_nothing_of_it(string source)
    {
        var world = new Numbered(source);
        var key = await world.Chain.GetAsync(CancellationToken.None);
        world.Chain.Expire(key);
        await world.Chain.GetAsync(CancellationToken.None);

        var line = world.World.Told.ShouldHaveSingleItem();
        line.ShouldStartWith("Using keys from ");
        line.ShouldNotContain("secret");
        line.ShouldNotContain("token-of");
        key.ToString().ShouldNotContain(key.AccessKeySecret);
    }

    /// <summary>A source that gives out other keys each time.</summary>
    sealed class Numbered
    {
        int _answers;

        public Numbered(string source)
        {
            var options = new CredentialOptions { Profile = "main" };
            var oidc = new OidcOptions { RoleArn = Arn, ProviderArn = "acs:ram::1:oidc-provider/k8s", TokenFile = "/var/run/token" };
            World.Files["/var/run/token"] = "header.body.sign";
            World.Tokens.Failure = _ => Broken ? StandInTokens.Refusal(LiveErrorKind.Transient, "InternalError") : null;
            World.Network.Answer = request => Broken ? StandInNetwork.Text("", 503) : request.Path switch
            {
                "/latest/api/token" => StandInNetwork.Text("metadata-token"),
                "/cloud-credentials" => StandInNetwork.Text($$"""{"CloudCredential":{{World.Keys(Next())}}}"""),
                _ => StandInNetwork.Text(World.Keys(Next())),
            };
            World.RunProcess = async (_, _, _) =>
            {
                var number = Next();
                await World.Network.Delay();
                if (Broken) throw new CredentialsException("it failed");
                var end = World.Clock.GetUtcNow().AddHours(1);
                return System.Text.Encoding.UTF8.GetBytes(
                    $$"""{"mode":"StsToken","access_key_id":"{{number}}","access_key_secret":"secret-of-{{number}}","sts_token":"token-of-{{number}}","expiration":"{{end:O}}"}""");
            };
            const string Key = "\"access_key_id\":\"id\",\"access_key_secret\":\"secret-of-id\"";
            switch (source)
            {
                case "role on top":
                    options = new CredentialOptions { AccessKey = "id", SecretKey = "secret-of-id", AssumeRole = new AssumeRoleOptions(Arn) };
                    break;
                case "oidc":
                    options = new CredentialOptions { AssumeRoleWithOidc = oidc };
                    break;
                case "RamRoleArn":
                    World.WithProfiles($$"""{"name":"main","mode":"RamRoleArn",{{Key}},"ram_role_arn":"{{Arn}}"}""");
                    break;
                case "ChainableRamRoleArn":
                    World.WithProfiles(
                        $$"""{"name":"main","mode":"ChainableRamRoleArn","source_profile":"base","ram_role_arn":"{{Arn}}"}""",
                        $$"""{"name":"base","mode":"AK",{{Key}}}""");
                    break;
                case "RamRoleArnWithRoleName":
                    World.WithProfiles($$"""{"name":"main","mode":"RamRoleArnWithRoleName","ram_role_name":"node","ram_role_arn":"{{Arn}}"}""");
                    break;
                case "ecs":
                    options = new CredentialOptions { EcsRoleName = "node" };
                    break;
                case "uri":
                    options = new CredentialOptions { CredentialsUri = "http://127.0.0.1:8080/keys?auth=token-of-uri" };
                    break;
                case "external":
                    World.WithProfiles("""{"name":"main","mode":"External","process_command":"give-keys --now"}""");
                    break;
                case "cloud sso":
                    World.WithProfiles(
                        """{"name":"main","mode":"CloudSSO","cloud_sso_sign_in_url":"https://signin.example.com/org/login","cloud_sso_account_id":"1","cloud_sso_access_config":"ac-1","access_token":"token-of-login","cloud_sso_access_token_expire":4000000000}""");
                    break;
                case "ini role":
                    options = new CredentialOptions { SharedCredentialsFile = "/keys.ini" };
                    World.Files["/keys.ini"] = $"[default]\ntype = ram_role_arn\naccess_key_id = id\naccess_key_secret = secret-of-id\nrole_arn = {Arn}\nrole_session_name = ci\n";
                    break;
                case "ini oidc":
                    options = new CredentialOptions { SharedCredentialsFile = "/keys.ini" };
                    World.Files["/keys.ini"] = $"[default]\ntype = oidc_role_arn\nrole_arn = {Arn}\noidc_provider_arn = acs:ram::1:oidc-provider/k8s\noidc_token_file_path = /var/run/token\nrole_session_name = ci\n";
                    break;
                default:
                    throw new ArgumentException(source);
            }

            Chain = World.Chain(options);
        }

        public World World { get; } = new();

        public ICredentialSource Chain { get; }

        public bool Broken { get; set; }

        /// <summary>How often keys were asked for; a role taken with the keys of another source counts as one.</summary>
        public int Takes => World.Tokens.Calls > 0 ? World.Tokens.Calls : _answers;

        /// <summary>How often anything was asked, answered or not.</summary>
        public int Asked => World.Tokens.Calls + World.Network.Requests.Count + _answers;

        string Next() => $"STS.{Interlocked.Increment(ref _answers).ToString(CultureInfo.InvariantCulture)}";
    }
}
