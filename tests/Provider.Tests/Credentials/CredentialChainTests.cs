using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class CredentialChainTests
{
    const string Arn = "acs:ram::1234567890123456:role/live";

    [Fact]
    public async Task The_configuration_comes_before_the_environment()
    {
        var world = Everywhere();
        var options = new CredentialOptions { AccessKey = "config-id", SecretKey = "config-secret", SecurityToken = "config-token" };

        (await world.FindAsync(options)).ShouldBe(
            new LiveCredentials("config-id", "config-secret", "config-token", "provider configuration aliyun-live:accessKey"));
        world.Network.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_places_are_asked_in_order_each_one_when_those_before_it_have_nothing()
    {
        var world = Everywhere();
        List<string> found = [];
        foreach (var takeAway in (Action[])
        [
            () => world.Variables.Remove("ALICLOUD_ACCESS_KEY"),
            () => world.Variables.Remove("ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
            () => world.Files.Remove($"{World.Home}/.aliyun/config.json"),
            () => world.Files.Remove($"{World.Home}/.alibabacloud/credentials"),
            () => world.Variables["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true",
            () => { },
        ])
        {
            found.Add((await world.FindAsync()).AccessKeyId);
            takeAway();
        }

        found.ShouldBe(["env-id", "STS.1", "profile-id", "ini-id", "of-ecs", "of-uri"]);
    }

    [Theory]
    [InlineData("profile")]
    [InlineData("file")]
    [InlineData("ecs")]
    [InlineData("uri")]
    [InlineData("oidc")]
    public async Task A_source_that_the_configuration_names_is_used_alone_and_its_failure_is_an_error(string source)
    {
        var world = Everywhere();
        var options = source switch
        {
            "profile" => new CredentialOptions { Profile = "other" },
            "file" => new CredentialOptions { SharedCredentialsFile = "/nowhere.json" },
            "ecs" => new CredentialOptions { EcsRoleName = "node" },
            "uri" => new CredentialOptions { CredentialsUri = "http://127.0.0.1:8080/keys?auth=hush-hush" },
            _ => new CredentialOptions { AssumeRoleWithOidc = new OidcOptions { TokenFile = "/nowhere/token" } },
        };
        world.Network.Answer = _ => StandInNetwork.Text("", 404);

        var words = await world.FailAsync(options);

        words.ShouldStartWith("The keys that the provider's configuration names cannot be used. ");
        words.ShouldContain(source switch
        {
            "profile" => "has no profile `other`",
            "file" => "the file /nowhere.json does not exist",
            "ecs" => "no such RAM role is attached to the ECS instance",
            "uri" => "127.0.0.1:8080 answered HTTP 404",
            _ => "the file /nowhere/token does not exist",
        });
        words.ShouldNotContain("hush-hush");
        words.ShouldNotContain("env-id");
    }

    [Fact]
    public async Task Without_keys_every_place_is_named_with_what_it_lacks_and_the_way_out()
    {
        var world = new World();
        world.Variables["ALICLOUD_SECRET_KEY"] = "hush-hush";
        world.Variables["ALIBABA_CLOUD_ROLE_ARN"] = Arn;
        world.Variables["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"] = "acs:ram::1:oidc-provider/k8s";

        var words = await world.FailAsync();

        foreach (var part in (string[])
        [
            "provider configuration: it names no key", "ALICLOUD_SECRET_KEY is set but ALICLOUD_ACCESS_KEY is not",
            "neither ALIBABA_CLOUD_OIDC_TOKEN_FILE nor ALIBABA_CLOUD_OIDC_TOKEN is set", "the file ~/.aliyun/config.json does not exist",
            "the file ~/.alibabacloud/credentials does not exist", "there is no metadata service here",
            "neither ALICLOUD_CREDENTIALS_URI nor ALIBABA_CLOUD_CREDENTIALS_URI is set", "Set aliyun-live:accessKey",
        ])
        {
            words.ShouldContain(part);
        }

        words.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task Without_a_home_directory_the_files_in_it_are_passed_over()
    {
        var world = new World();
        world.Variables.Clear();

        (await world.FailAsync()).ShouldContain("there is no home directory to look for ~/.aliyun/config.json in (HOME is not set)");
    }

    [Fact]
    public async Task A_search_in_vain_is_not_repeated_for_every_resource()
    {
        var world = new World();
        var chain = world.Chain();
        for (var resource = 0; resource < 100; resource++)
            await Should.ThrowAsync<CredentialsException>(async () => await chain.GetAsync(CancellationToken.None));
        world.Network.Requests.ShouldHaveSingleItem();

        world.Variables["ALICLOUD_ACCESS_KEY"] = "id";
        world.Variables["ALICLOUD_SECRET_KEY"] = "secret";
        world.Clock.Advance(CredentialLimits.SearchPause);
        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("id");
    }

    [Fact]
    public async Task A_place_that_may_come_back_is_not_passed_over_for_keys_of_perhaps_another_account()
    {
        var world = Everywhere();
        world.Variables.Remove("ALICLOUD_ACCESS_KEY");
        world.Tokens.Failure = number => number == 1 ? StandInTokens.Refusal(LiveErrorKind.Transient, "InternalError") : null;
        var chain = world.Chain();

        (await Should.ThrowAsync<LiveException>(async () => await chain.GetAsync(CancellationToken.None))).Kind.ShouldBe(LiveErrorKind.Transient);
        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");
    }

    [Fact]
    public async Task A_place_that_refuses_is_passed_over_and_the_log_says_so()
    {
        var world = Everywhere();
        world.Variables.Remove("ALICLOUD_ACCESS_KEY");
        world.Tokens.Failure = _ => StandInTokens.Refusal(LiveErrorKind.Denied);

        (await world.FindAsync()).AccessKeyId.ShouldBe("profile-id");

        var line = world.Told.ShouldHaveSingleItem();
        line.ShouldStartWith("Using keys from profile `main` of ~/.aliyun/config.json. Passed over: environment: ");
        line.ShouldContain($"OIDC token of the environment: could not take on the role {Arn}: AssumeRole answered NoPermission");
    }

    [Fact]
    public async Task The_place_that_had_keys_is_kept_to_although_an_earlier_one_has_some_later()
    {
        var world = Everywhere();
        world.Variables.Remove("ALICLOUD_ACCESS_KEY");
        var chain = world.Chain();
        var first = await chain.GetAsync(CancellationToken.None);

        world.Variables["ALICLOUD_ACCESS_KEY"] = "env-id";
        chain.Expire(first);

        (await chain.GetAsync(CancellationToken.None)).AccessKeyId.ShouldBe("STS.2");
    }

    [Theory]
    [InlineData("id", null, null, "has aliyun-live:accessKey but not aliyun-live:secretKey")]
    [InlineData(null, "hush-hush", null, "has aliyun-live:secretKey but not aliyun-live:accessKey")]
    [InlineData(" ", "", "hush-hush", "has aliyun-live:securityToken but not aliyun-live:accessKey and aliyun-live:secretKey")]
    public async Task Half_a_key_in_the_configuration_is_an_error_although_the_environment_has_one(string? id, string? secret, string? token, string words)
    {
        var told = await Everywhere().FailAsync(new CredentialOptions { AccessKey = id, SecretKey = secret, SecurityToken = token });

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task Nothing_is_looked_at_before_the_first_key_is_asked_for()
    {
        var touched = false;
        var chain = CredentialChain.Create(new CredentialOptions(), () =>
        {
            touched = true;
            return new World().Surroundings();
        });
        touched.ShouldBeFalse();

        await Should.ThrowAsync<CredentialsException>(async () => await chain.GetAsync(CancellationToken.None));
        touched.ShouldBeTrue();
    }

    [Fact]
    public async Task A_role_is_taken_once_more_when_the_callers_own_key_has_run_out_and_is_renewed()
    {
        var world = Everywhere();
        world.Tokens.Failure = number => number == 1 ? StandInTokens.Refusal(LiveErrorKind.Expired, "InvalidSecurityToken.Expired") : null;
        var answers = 0;
        world.Network.Answer = request => StandInNetwork.Text(request.Method == "PUT" ? "token" : world.Keys($"of-ecs-{++answers}"));

        await world.FindAsync(new CredentialOptions { EcsRoleName = "node", AssumeRole = new AssumeRoleOptions(Arn) });

        world.Tokens.Asked.Select(asked => asked.Caller!.AccessKeyId).ShouldBe(["of-ecs-1", "of-ecs-2"]);
    }

    [Fact]
    public async Task A_role_that_may_not_be_taken_is_told_with_the_key_that_tried()
    {
        var world = Everywhere();
        world.Tokens.Failure = _ => StandInTokens.Refusal(LiveErrorKind.Denied);

        var words = await world.FailAsync(new CredentialOptions { AccessKey = "id", SecretKey = "hush-hush", AssumeRole = new AssumeRoleOptions(Arn) });

        words.ShouldStartWith($"Could not take on the role {Arn} with the key from provider configuration aliyun-live:accessKey: AssumeRole answered NoPermission");
        words.ShouldNotContain("hush-hush");
    }

    [Fact]
    public void Options_do_not_print_their_secrets()
    {
        new CredentialOptions { AccessKey = "id", SecretKey = "hush-hush" }.ToString().ShouldBe("CredentialOptions");
        new OidcOptions { Token = "hush-hush" }.ToString().ShouldBe("OidcOptions");
    }

    /// <summary>A machine on which every place has keys of its own.</summary>
    static World Everywhere()
    {
        var world = new World().WithProfiles("""{"name":"main","mode":"AK","access_key_id":"profile-id","access_key_secret":"profile-secret"}""");
        world.Variables["ALICLOUD_ACCESS_KEY"] = "env-id";
        world.Variables["ALICLOUD_SECRET_KEY"] = "env-secret";
        world.Variables["ALIBABA_CLOUD_ROLE_ARN"] = Arn;
        world.Variables["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"] = "acs:ram::1:oidc-provider/k8s";
        world.Variables["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] = "/var/run/token";
        world.Variables["ALIBABA_CLOUD_CREDENTIALS_URI"] = "http://127.0.0.1:8080/keys";
        world.Files["/var/run/token"] = "header.body.sign\n";
        world.Files[$"{World.Home}/.alibabacloud/credentials"] = "[default]\ntype = access_key\naccess_key_id = ini-id\naccess_key_secret = ini-secret\n";
        world.Network.Answer = request => StandInNetwork.Text(
            request.Address.Host == "127.0.0.1" ? world.Keys("of-uri") :
            request.Method == "PUT" ? "metadata-token" :
            request.Path.EndsWith('/') ? "node\n" : world.Keys("of-ecs"));
        return world;
    }
}
