using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class EnvironmentKeysTests
{
    static readonly string[] Ids = ["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID"];
    static readonly string[] Secrets = ["ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_ACCESS_KEY_SECRET"];
    static readonly string[] Tokens = ["ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Each_family_of_environment_variables_serves(int family)
    {
        var key = await Find((Ids[family], "id"), (Secrets[family], " secret\n"), (Tokens[family], "token"));

        key.ShouldBe(new LiveCredentials("id", "secret", "token", $"environment {Ids[family]}, {Secrets[family]} and {Tokens[family]}"));
    }

    [Fact]
    public async Task The_first_whole_family_wins()
    {
        (await Find((Ids[0], "a"), (Secrets[0], "a"), (Ids[1], "b"), (Secrets[1], "b"))).AccessKeyId.ShouldBe("a");
        (await Find((Ids[0], "a"), (Ids[1], "b"), (Secrets[1], "b"), (Ids[2], "c"), (Secrets[2], "c"))).AccessKeyId.ShouldBe("b");
        (await Find((Ids[0], ""), (Secrets[0], " "), (Ids[2], "c"), (Secrets[2], "c"))).AccessKeyId.ShouldBe("c");
    }

    [Fact]
    public async Task Parts_of_two_families_make_a_key_where_no_family_is_whole() =>
        (await Find((Ids[0], "id"), (Secrets[1], "secret"), (Tokens[2], "token")))
            .ShouldBe(new LiveCredentials("id", "secret", "token", $"environment {Ids[0]}, {Secrets[1]} and {Tokens[2]}"));

    [Fact]
    public async Task A_token_that_belongs_to_another_key_is_left_alone()
    {
        (await Find((Ids[0], "a"), (Secrets[0], "a"), (Ids[1], "b"), (Secrets[1], "b"), (Tokens[1], "of-b"))).SecurityToken.ShouldBeNull();
        (await Find((Ids[0], "a"), (Secrets[0], "a"), (Tokens[1], "of-nobody-else"))).SecurityToken.ShouldBe("of-nobody-else");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Half_a_key_in_the_environment_is_named(int family)
    {
        (await Should.ThrowAsync<CredentialsException>(() => Find((Ids[family], "id")))).Message
            .ShouldContain($"{Ids[family]} is set but {Secrets[family]} is not");
        (await Should.ThrowAsync<CredentialsException>(() => Find((Secrets[family], "hush-hush")))).Message
            .ShouldSatisfyAllConditions(
                text => text.ShouldContain($"{Secrets[family]} is set but {Ids[family]} is not"),
                text => text.ShouldNotContain("hush-hush"));
    }

    [Theory]
    [InlineData("i d", "hush-hush", "The access key from")]
    [InlineData("id", "se\ncret", "The secret key from")]
    [InlineData("id", "“secret”", "The secret key from")]
    public async Task A_key_that_cannot_be_one_is_named_and_not_shown(string id, string secret, string words)
    {
        var failure = await Should.ThrowAsync<CredentialsException>(() => Find((Ids[0], id), (Secrets[0], secret)));

        failure.Message.ShouldContain(words);
        failure.Message.ShouldNotContain(secret);
    }

    [Theory]
    [InlineData("ALICLOUD_REGION", "ALIBABA_CLOUD_REGION")]
    [InlineData("ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID")]
    [InlineData("ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID")]
    [InlineData("ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID")]
    public void The_region_comes_from_the_first_variable_that_names_one(string first, string second)
    {
        EnvironmentKeys.Region(Environment((second, "cn-beijing"), (first, " cn-shanghai "))).ShouldBe(("cn-shanghai", first));
        EnvironmentKeys.Region(Environment((second, "cn-beijing"), (first, ""))).ShouldBe(("cn-beijing", second));
    }

    [Fact]
    public void Without_a_variable_there_is_no_region() => EnvironmentKeys.Region(Environment()).ShouldBeNull();

    static Task<LiveCredentials> Find(params (string Name, string Value)[] variables)
    {
        var world = new World();
        foreach (var (name, value) in variables) world.Variables[name] = value;
        return world.FindAsync();
    }

    static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault();
}
