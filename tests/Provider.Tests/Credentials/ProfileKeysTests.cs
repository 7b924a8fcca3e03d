using System.Text;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class ProfileKeysTests
{
    const string Key = "\"access_key_id\":\"id\",\"access_key_secret\":\"hush-hush\"";
    const string Role = "\"ram_role_arn\":\"acs:ram::1:role/live\"";

    static readonly CredentialOptions s_main = new() { Profile = "main" };

    [Theory]
    [InlineData("\"mode\":\"AK\"," + Key, "id", null)]
    [InlineData("\"mode\":\"StsToken\",\"sts_token\":\"token\"," + Key, "id", "token")]
    [InlineData(Key, "id", null)]
    [InlineData("\"sts_token\":\"token\"," + Key, "id", "token")]
    [InlineData("\"mode\":\"\"," + Role + "," + Key, "STS.1", "token-of-STS.1")]
    public async Task A_profile_with_a_key_gives_it(string members, string id, string? token)
    {
        var key = await new World().WithProfiles($$"""{"name":"other"}""", $$"""{"name":"main",{{members}}}""").FindAsync(s_main);

        key.AccessKeyId.ShouldBe(id);
        key.SecurityToken.ShouldBe(token);
        key.Source.ShouldStartWith("profile `main` of ~/.aliyun/config.json");
    }

    [Fact]
    public async Task The_current_profile_is_used_unless_one_is_named()
    {
        var world = new World().WithProfiles(Ak("main"), Ak("blue"), Ak("green"));
        (await world.FindAsync()).AccessKeyId.ShouldBe("of-main");

        world.Variables["ALIBABACLOUD_PROFILE"] = "blue";
        (await world.FindAsync()).AccessKeyId.ShouldBe("of-blue");
        (await world.FindAsync(new CredentialOptions { Profile = "green" })).AccessKeyId.ShouldBe("of-green");
    }

    [Theory]
    [InlineData("ALICLOUD_SHARED_CREDENTIALS_FILE")]
    [InlineData("ALIBABA_CLOUD_CONFIG_FILE")]
    [InlineData("ALIBABA_CLOUD_CREDENTIALS_FILE")]
    public async Task The_environment_may_name_the_file(string variable)
    {
        var world = new World();
        world.Variables[variable] = "~/elsewhere.json";
        world.Files[$"{World.Home}/elsewhere.json"] = $$"""{"current":"main","profiles":[{{Ak("main")}}]}""";

        (await world.FindAsync()).Source.ShouldBe("profile `main` of ~/elsewhere.json");
    }

    [Theory]
    [InlineData("\"id\"", "id")]
    [InlineData(" 'id' ", "id")]
    [InlineData("id ; of the laptop", "id")]
    [InlineData("id# of the laptop", "id")]
    [InlineData("\"", "\"")]
    [InlineData("\"id'", "\"id'")]
    public async Task Values_of_an_ini_file_may_stand_in_quotes_or_before_a_remark(string written, string id)
    {
        var world = new World { Files = { ["/f"] = $"[default]\naccess_key_id = {written}\naccess_key_secret = secret\n" } };

        (await world.FindAsync(new CredentialOptions { SharedCredentialsFile = "/f" })).ShouldBe(
            new LiveCredentials(id, "secret", null, "section [default] of /f"));
    }

    [Fact]
    public async Task The_file_may_be_an_ini_file()
    {
        var world = new World();
        world.Files["/keys"] = "[prod]\naccess_key_id=id\naccess_key_secret=secret\n";

        (await world.FindAsync(new CredentialOptions { SharedCredentialsFile = "/keys", Profile = "prod" })).ShouldBe(
            new LiveCredentials("id", "secret", null, "section [prod] of /keys"));
    }

    [Theory]
    [InlineData("ALIBABA_CLOUD_CLI_PROFILE_DISABLED")]
    [InlineData("ALIBABA_CLOUD_IGNORE_PROFILE")]
    public async Task The_search_may_be_told_to_leave_profiles_alone(string variable)
    {
        var world = new World().WithProfiles(Ak("main"));
        world.Variables[variable] = "TRUE";

        (await world.FailAsync()).ShouldContain($"it is not to be read: {variable} is true");
        (await world.FindAsync(s_main)).AccessKeyId.ShouldBe("of-main");
    }

    [Fact]
    public async Task A_role_is_taken_as_the_profile_says()
    {
        var world = new World().WithProfiles(
            $$"""{"name":"main","mode":"RamRoleArn",{{Key}},{{Role}},"ram_session_name":"ci","expired_seconds":1800,"policy":"{}","external_id":"ext","sts_region":"cn-hangzhou","enable_vpc":true}""");

        var key = await world.FindAsync(s_main);

        key.Source.ShouldBe("profile `main` of ~/.aliyun/config.json, role acs:ram::1:role/live");
        var (caller, role) = world.Tokens.Asked.ShouldHaveSingleItem();
        caller!.AccessKeyId.ShouldBe("id");
        role.ShouldBe(new AssumeRoleOptions("acs:ram::1:role/live")
        {
            SessionName = "ci", SessionExpiration = 1800, Policy = "{}", ExternalId = "ext", StsRegion = "cn-hangzhou", StsWithinVpc = true,
        });
    }

    [Fact]
    public async Task Roles_are_chained_from_the_first_key_on()
    {
        var world = new World().WithProfiles(
            $$"""{"name":"main","mode":"ChainableRamRoleArn","source_profile":"middle","ram_role_arn":"acs:ram::1:role/c"}""",
            $$"""{"name":"middle","mode":"ChainableRamRoleArn","source_profile":"base","ram_role_arn":"acs:ram::1:role/b"}""",
            Ak("base"));

        (await world.FindAsync(s_main)).AccessKeyId.ShouldBe("STS.2");

        world.Tokens.Asked.Select(asked => (asked.Caller!.AccessKeyId, asked.Role.RoleArn)).ShouldBe(
            [("of-base", "acs:ram::1:role/b"), ("STS.1", "acs:ram::1:role/c")]);
    }

    [Theory]
    [InlineData("main", "main → main")]
    [InlineData("middle", "main → middle → main")]
    public async Task Profiles_that_lead_in_a_circle_are_named(string source, string circle)
    {
        var world = new World().WithProfiles(
            $$"""{"name":"main","mode":"ChainableRamRoleArn","source_profile":"{{source}}",{{Role}}}""",
            $$"""{"name":"middle","mode":"ChainableRamRoleArn","source_profile":"main",{{Role}}}""");

        (await world.FailAsync(s_main)).ShouldContain($"the profiles {circle} lead in a circle");
    }

    [Fact]
    public async Task A_token_is_read_from_its_file_again_for_every_exchange()
    {
        var world = new World().WithProfiles(
            $$"""{"name":"main","mode":"OIDC",{{Role}},"oidc_provider_arn":"acs:ram::1:oidc-provider/k8s","oidc_token_file":"/var/run/token","ram_session_name":"pod"}""");
        world.Files["/var/run/token"] = "first\n";
        var chain = world.Chain(s_main);
        await chain.GetAsync(CancellationToken.None);

        world.Files["/var/run/token"] = "second\n";
        world.Clock.Advance(TimeSpan.FromMinutes(56));
        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");

        world.Tokens.Exchanged.ShouldBe([("acs:ram::1:oidc-provider/k8s", "first"), ("acs:ram::1:oidc-provider/k8s", "second")]);
    }

    [Theory]
    [InlineData("", "the token file /var/run/token is empty")]
    [InlineData("two words of hush-hush", "the file /var/run/token holds characters that no OIDC token has")]
    public async Task A_token_file_without_a_token_is_named_and_not_shown(string text, string words)
    {
        var world = new World();
        world.Files["/var/run/token"] = text;
        var oidc = new OidcOptions { RoleArn = "acs:ram::1:role/live", ProviderArn = "acs:ram::1:oidc-provider/k8s", TokenFile = "/var/run/token" };

        var told = await world.FailAsync(new CredentialOptions { AssumeRoleWithOidc = oidc });

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Theory]
    [InlineData("\"mode\":\"AK\",\"access_key_secret\":\"hush-hush\"", "the profile `main` has no access_key_id")]
    [InlineData("\"mode\":\"StsToken\"," + Key, "the profile `main` has no sts_token")]
    [InlineData("\"mode\":\"RamRoleArn\"," + Key, "the profile `main` has no ram_role_arn")]
    [InlineData("\"mode\":\"ChainableRamRoleArn\"," + Role, "the profile `main` has no source_profile")]
    [InlineData("\"mode\":\"OIDC\"," + Role, "the profile `main` has no oidc_provider_arn")]
    [InlineData("\"mode\":\"CredentialsURI\"", "the profile `main` has no credentials_uri")]
    [InlineData("\"mode\":\"External\"", "the profile `main` has no process_command")]
    [InlineData("\"mode\":\"CloudSSO\"", "it has no cloud_sso_sign_in_url. Log in: aliyun configure --mode CloudSSO --profile main")]
    [InlineData("\"mode\":\"OAuth\",\"oauth_refresh_token\":\"hush-hush\"", "the mode OAuth of the profile `main` does not serve here")]
    [InlineData("\"mode\":\"hush-hush\"", "the profile `main` has a mode that is not known here")]
    [InlineData("\"mode\":\"AK\",\"access_key_id\":\"id\",\"access_key_secret\":\"hush hush-hush\"", "The secret key from profile `main`")]
    public async Task What_a_profile_lacks_is_named_and_nothing_of_it_shown(string members, string words)
    {
        var told = await new World().WithProfiles($$"""{"name":"main",{{members}}}""").FailAsync(s_main);

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Theory]
    [InlineData("""{"profiles":[""", "the file /f is no JSON (line 1, byte")]
    [InlineData("""{"current":"main"}""", "the file /f has no profile `main`")]
    [InlineData("""{"current":"main","profiles":[1,{"name":7},{"name":"other"}]}""", "the file /f has no profile `main`")]
    [InlineData("hush-hush", "the file /f has no section [default]")]
    public async Task A_broken_file_is_named(string text, string words)
    {
        var world = new World();
        world.Files["/f"] = text;
        var told = await world.FailAsync(new CredentialOptions { SharedCredentialsFile = "/f" });

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task A_file_that_may_not_be_read_says_why()
    {
        var chain = CredentialChain.Create(
            new CredentialOptions { SharedCredentialsFile = "/f" },
            () => new World().Surroundings() with { ReadFile = _ => throw new UnauthorizedAccessException("Access to the path is denied.") });

        (await Should.ThrowAsync<CredentialsException>(async () => await chain.GetAsync(CancellationToken.None)))
            .Message.ShouldContain("the file /f cannot be read: Access to the path is denied.");
    }

    [Fact]
    public async Task Keys_that_the_command_line_keeps_of_a_login_are_used_while_they_are_good()
    {
        var soon = TestClock.Start.AddMinutes(30).ToUnixTimeSeconds();
        var world = new World().WithProfiles(Sso($"\"access_key_id\":\"kept\",\"access_key_secret\":\"s\",\"sts_token\":\"t\",\"sts_expiration\":{soon}"));
        world.Network.Answer = _ => StandInNetwork.Text($$"""{"CloudCredential":{{world.Keys("exchanged")}}}""");
        var chain = world.Chain(s_main);

        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("kept");
        world.Network.Requests.ShouldBeEmpty();

        world.Clock.Advance(TimeSpan.FromMinutes(26));
        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("exchanged");
        var sent = world.Network.Requests.ShouldHaveSingleItem();
        sent.Method.ShouldBe("POST");
        sent.Address.ShouldBe(new Uri("https://signin.example.com/cloud-credentials"));
        sent.Headers["Authorization"].ShouldBe("Bearer the-login");
        sent.Body.ShouldBe("""{"AccountId":"123","AccessConfigurationId":"ac-1"}""");
    }

    [Theory]
    [InlineData(200, 1, "its CloudSSO login has run out. Log in: aliyun configure --mode CloudSSO --profile main")]
    [InlineData(401, 4000000000, "signin.example.com refuses its CloudSSO login. Log in: aliyun configure --mode CloudSSO --profile main")]
    [InlineData(400, 4000000000, "signin.example.com answered HTTP 400")]
    [InlineData(200, 4000000000, "the answer of signin.example.com has no CloudCredential")]
    public async Task A_login_that_no_longer_serves_says_how_to_log_in(int status, long end, string words)
    {
        var world = new World().WithProfiles(Sso("\"ignored\":1", end));
        world.Network.Answer = _ => StandInNetwork.Text("{}", status);

        var told = await world.FailAsync(s_main);

        told.ShouldContain(words);
        told.ShouldNotContain("the-login");
    }

    [Fact]
    public async Task A_program_may_give_the_keys()
    {
        IReadOnlyList<string> ran = [];
        var world = new World
        {
            RunProcess = (command, limit, _) =>
        {
            ran = [.. command, limit.TotalSeconds.ToString("0")];
            return Task.FromResult(Encoding.UTF8.GetBytes("""{"mode":"AK","access_key_id":"id","access_key_secret":"s"}"""));
        }
        };
        world.WithProfiles("""{"name":"main","mode":"External","process_command":"give-keys --for 'two words' \"a b\"c"}""");

        (await world.FindAsync(s_main)).ShouldBe(new LiveCredentials("id", "s", null, "profile `main` of ~/.aliyun/config.json"));
        ran.ShouldBe(["give-keys", "--for", "two words", "a bc", "60"]);
    }

    [Theory]
    [InlineData("hush-hush", "the output of give-keys is no JSON")]
    [InlineData("""{"mode":"RamRoleArn","access_key_id":"hush-hush"}""", "the output of give-keys has a mode that is neither AK nor StsToken")]
    [InlineData("""{"mode":"StsToken","access_key_id":"id","access_key_secret":"hush-hush"}""", "the output of give-keys has no sts_token")]
    [InlineData("""{"mode":"AK","access_key_id":"id"}""", "the output of give-keys has no access_key_secret")]
    [InlineData("""{"access_key_id":"id","access_key_secret":"hush-hush","expiration":"soon"}""", "the output of give-keys has an expiration that is no time")]
    [InlineData("""{"access_key_id":"id","access_key_secret":"hush-hush","expiration":"2026-01-01T00:00:00Z"}""", "had run out at 2026-01-01T00:00:00Z")]
    public async Task What_is_wrong_with_a_programs_output_is_told_without_showing_it(string output, string words)
    {
        var world = new World { RunProcess = (_, _, _) => Task.FromResult(Encoding.UTF8.GetBytes(output)) };
        world.WithProfiles("""{"name":"main","mode":"External","process_command":"give-keys"}""");

        var told = await world.FailAsync(s_main);

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task No_program_is_run_where_that_is_forbidden()
    {
        var world = new World().WithProfiles("""{"name":"main","mode":"External","process_command":"give-keys"}""");
        world.Variables["ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"] = "true";

        (await world.FailAsync(s_main)).ShouldContain("it runs a program, which ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids");
    }

    [Theory]
    [InlineData("access_key", "id")]
    [InlineData("sts", "id")]
    public async Task A_section_with_a_key_gives_it(string type, string id)
    {
        var world = new World();
        world.Variables["ALIBABA_CLOUD_CREDENTIALS_FILE"] = "/keys.ini";
        world.Variables["ALIBABA_CLOUD_PROFILE"] = "prod";
        world.Files["/keys.ini"] = $"""
            # comment = no
            [default]
            type = access_key
            access_key_id = wrong
            [ prod ]
            type={type}
            access_key_id = {id}
            access_key_secret = a=b
            ; comment
            """;

        (await world.FindAsync()).ShouldBe(new LiveCredentials(id, "a=b", null, "section [prod] of /keys.ini"));
    }

    [Theory]
    [InlineData("type = rsa_key_pair\nprivate_key_file = hush-hush", "the section [default] has a type that does not serve here")]
    [InlineData("type = access_key\naccess_key_secret = hush-hush", "the section [default] has no access_key_id")]
    [InlineData("type = ram_role_arn\naccess_key_id = id\naccess_key_secret = hush-hush", "the section [default] has no role_arn")]
    [InlineData("type = oidc_role_arn\nrole_arn = r", "the section [default] has no oidc_provider_arn")]
    public async Task What_a_section_lacks_is_named_and_nothing_of_it_shown(string lines, string words)
    {
        var world = new World();
        world.Files["/keys.ini"] = $"[default]\n{lines}\n";

        var told = await world.FailAsync(new CredentialOptions { SharedCredentialsFile = "/keys.ini" });

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task A_section_may_name_the_role_of_the_instance()
    {
        var world = new World();
        world.Files[$"{World.Home}/.alibabacloud/credentials"] = "[default]\r\ntype = ecs_ram_role\r\nrole_name = node\r\n";
        world.Network.Answer = request => StandInNetwork.Text(request.Method == "PUT" ? "t" : world.Keys("of-node"));

        (await world.FindAsync()).Source.ShouldBe("role `node` of the ECS instance");
    }

    static string Ak(string name) => $$"""{"name":"{{name}}","mode":"AK","access_key_id":"of-{{name}}","access_key_secret":"secret"}""";

    static string Sso(string more, long end = 4000000000) =>
        $$"""{"name":"main","mode":"CloudSSO","cloud_sso_sign_in_url":"https://signin.example.com/org/login","cloud_sso_account_id":"123","cloud_sso_access_config":"ac-1","access_token":"the-login","cloud_sso_access_token_expire":{{end}},{{more}}}""";
}
