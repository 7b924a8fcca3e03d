using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Credentials;

/// <summary>What becomes of the settings of the provider.</summary>
public sealed class ProviderConfigTests
{
    [Fact]
    public void Settings_arrive_as_text_from_a_stack_and_typed_from_a_program()
    {
        var text = Read(new PropertyMap
        {
            ["profile"] = "prod", ["sharedCredentialsFile"] = "/keys", ["ecsRoleName"] = "node", ["credentialsUri"] = "http://127.0.0.1/keys",
            ["assumeRoleWithOidc"] = """{"roleArn":"acs:ram::1:role/a","oidcProviderArn":"acs:ram::1:oidc-provider/b","oidcTokenFile":"/t","roleSessionName":"ci","sessionExpiration":900,"policy":"{}"}""",
            ["allowedAccountIds"] = """["1111","2222"]""", ["maxRetryTimeout"] = "60", ["clientConnectTimeout"] = "1500", ["clientReadTimeout"] = "2500",
        });

        text.Credentials.Profile.ShouldBe("prod");
        text.Credentials.SharedCredentialsFile.ShouldBe("/keys");
        text.Credentials.EcsRoleName.ShouldBe("node");
        text.Credentials.CredentialsUri.ShouldBe("http://127.0.0.1/keys");
        text.Credentials.AssumeRoleWithOidc.ShouldBe(new OidcOptions
        {
            RoleArn = "acs:ram::1:role/a", ProviderArn = "acs:ram::1:oidc-provider/b", TokenFile = "/t", SessionName = "ci", SessionExpiration = 900, Policy = "{}",
        });
        text.Credentials.AllowedAccountIds.ShouldBe(["1111", "2222"]);
        text.Timing.MaxRetryTime.ShouldBe(TimeSpan.FromMinutes(1));
        text.Timing.ConnectTimeout.ShouldBe(TimeSpan.FromMilliseconds(1500));
        text.Timing.ReadTimeout.ShouldBe(TimeSpan.FromMilliseconds(2500));

        var typed = Read(new PropertyMap
        {
            ["assumeRoleWithOidc"] = new PropertyMap { ["oidcToken"] = ((PropertyValue)"a.b.c").AsSecret() },
            ["allowedAccountIds"] = PropertyValue.Of("1111"), ["maxRetryTimeout"] = 60,
        });
        typed.Credentials.AssumeRoleWithOidc.ShouldBe(new OidcOptions { Token = "a.b.c" });
        typed.Credentials.AllowedAccountIds.ShouldBe(["1111"]);
        typed.Timing.MaxRetryTime.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Without_settings_the_defaults_hold()
    {
        var config = Read(new PropertyMap { ["maxRetryTimeout"] = 0, ["profile"] = "" });

        config.Timing.ShouldBe(new LiveClientOptions { UserAgentVersion = PackageVersion.Text });
        config.Credentials.Profile.ShouldBeNull();
        config.Credentials.AssumeRoleWithOidc.ShouldBeNull();
    }

    [Fact]
    public async Task A_wrong_account_is_refused_by_the_provider_before_anything_is_read_or_changed()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Config["allowedAccountIds"] = PropertyValue.Of("1");
        await rig.ConfigureAsync();

        var failure = await Should.ThrowAsync<Exception>(() => rig.UpAsync(Programs.Relay()));

        failure.Message.ShouldContain($"belongs to the account {rig.Service.Settings.AccountId}, but `allowedAccountIds` of the provider lists 1.");
        rig.Service.Calls.Select(call => call.Operation).ShouldBe(["GetCallerIdentity"]);
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task The_right_account_is_asked_for_once()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Config["allowedAccountIds"] = PropertyValue.Of("1", rig.Service.Settings.AccountId);
        await rig.ConfigureAsync();

        await rig.UpAsync(Programs.Relay());
        await rig.RefreshAsync();

        rig.Service.Calls.Count(call => call.Operation == "GetCallerIdentity").ShouldBe(1);
    }

    [Fact]
    public void A_token_that_is_stated_twice_is_refused_without_showing_it()
    {
        var news = new PropertyMap { ["assumeRoleWithOidc"] = """{"oidcToken":"hush-hush","oidcTokenFile":"/t"}""" };

        ProviderConfig.Check(LiveProvider.Schema.Config, news).Failures.ShouldBe(
            [new CheckFailure("", "assumeRoleWithOidc.oidcToken: must not be stated together with oidcTokenFile")]);
    }

    [Theory]
    [InlineData(null, "The environment variable LIVE_ENDPOINT holds no address that serves: it must begin with https://")]
    [InlineData("ftp://stated", "endpoint must begin with https://")]
    public void An_address_that_does_not_serve_is_told_with_the_place_it_comes_from(string? stated, string told)
    {
        var config = stated is null ? PropertyMap.Empty : new PropertyMap { ["endpoint"] = stated };

        Should.Throw<ProviderException>(() => ProviderConfig.Read(LiveProvider.Schema.Config, config, name => name == "LIVE_ENDPOINT" ? "ftp://x" : null))
            .Message.ShouldBe(told);
    }

    static ProviderConfig Read(PropertyMap config) => ProviderConfig.Read(LiveProvider.Schema.Config, config, _ => null);
}
