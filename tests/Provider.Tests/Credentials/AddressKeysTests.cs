using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class AddressKeysTests
{
    static readonly CredentialOptions s_address = new() { CredentialsUri = "http://127.0.0.1:8080/keys?auth=hush-hush" };

    [Theory]
    [InlineData("ALICLOUD_CREDENTIALS_URI")]
    [InlineData("ALIBABA_CLOUD_CREDENTIALS_URI")]
    public async Task The_environment_may_name_the_address(string variable)
    {
        var world = new World();
        world.Variables[variable] = "https://keys.example.com/a";
        world.Variables["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true";
        world.Network.Answer = _ => StandInNetwork.Text(world.Keys("id"));

        (await world.FindAsync()).ShouldBe(new LiveCredentials("id", "secret-of-id", "token-of-id", $"credentials address of {variable}"));
        world.Network.Requests.ShouldHaveSingleItem().Address.ShouldBe(new Uri("https://keys.example.com/a"));
    }

    [Fact]
    public async Task A_wrong_clock_of_this_machine_does_not_make_the_keys_run_out()
    {
        var world = new World();
        var there = TestClock.Start.AddDays(-30);
        world.Network.Answer = _ => StandInNetwork.Text(
            $$"""{"AccessKeyId":"id","AccessKeySecret":"s","SecurityToken":"t","Expiration":"{{there.AddHours(1):O}}"}""", date: there);
        var chain = world.Chain(s_address);

        await chain.GetAsync(CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromMinutes(50));
        await chain.GetAsync(CancellationToken.None);

        world.Network.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_helper_that_is_not_up_yet_is_waited_for()
    {
        var world = new World();
        var nobody = world.Network.Answer;
        world.Network.Answer = request => world.Network.Requests.Count < 3 ? nobody(request) : StandInNetwork.Text(world.Keys("id"));

        (await world.FindAsync(s_address)).AccessKeyId.ShouldBe("id");
    }

    [Fact]
    public async Task One_that_never_comes_is_named_by_its_host_alone()
    {
        var words = await new World().FailAsync(s_address);

        words.ShouldContain("127.0.0.1:8080 could not be reached: Connection refused");
        words.ShouldNotContain("hush-hush");
        words.ShouldNotContain("/keys");
    }

    [Theory]
    [InlineData("not an address?auth=hush-hush")]
    [InlineData("ftp://hush-hush/keys")]
    public async Task What_is_no_web_address_is_refused_without_showing_it(string address)
    {
        var words = await new World().FailAsync(new CredentialOptions { CredentialsUri = address });

        words.ShouldContain("the address must be a whole http:// or https:// address");
        words.ShouldNotContain("hush-hush");
    }
}
