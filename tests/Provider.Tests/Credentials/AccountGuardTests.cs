using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Tests.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class AccountGuardTests
{
    static readonly CredentialOptions s_options = new() { AccessKey = "id", SecretKey = "hush-hush", AllowedAccountIds = ["1111", "2222"] };

    [Fact]
    public async Task The_account_is_asked_for_once_for_all_calls()
    {
        var world = new World { Delay = TimeSpan.FromSeconds(2) };
        world.Tokens.AccountId = "2222";
        var chain = world.Chain(s_options);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => chain.GetAsync(CancellationToken.None).AsTask()));
        await chain.GetAsync(CancellationToken.None);

        world.Tokens.Identified.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_list_nobody_is_asked()
    {
        var world = new World();
        await world.FindAsync(s_options with { AllowedAccountIds = [] });
        world.Tokens.Identified.ShouldBe(0);
    }

    [Fact]
    public async Task A_wrong_account_is_refused_before_anything_is_sent_and_is_not_asked_for_again()
    {
        var world = new World();
        using var network = new ScriptedHandler(Json("""{"RequestId":"R"}"""));
        using var client = new LiveClient(new LiveClientOptions(), world.Chain(s_options), world.Clock, () => 0, network);
        var deadline = new Deadline(world.Clock, TimeSpan.FromMinutes(1), CancellationToken.None);

        for (var call = 0; call < 3; call++)
        {
            (await Should.ThrowAsync<CredentialsException>(() => client.DescribeLivePullToPushAsync("cn-shanghai", "t", deadline))).Message.ShouldBe(
                "The key from provider configuration aliyun-live:accessKey belongs to the account 1234567890123456, but `allowedAccountIds` of the provider " +
                "lists 1111, 2222. Nothing was read or changed. Use a key of a listed account, or add this one to the list.");
        }

        network.Requests.ShouldBeEmpty();
        world.Tokens.Identified.ShouldBe(1);
    }

    [Fact]
    public async Task A_fault_that_passes_is_met_by_asking_again()
    {
        var world = new World();
        world.Tokens.AccountId = "1111";
        world.Tokens.Failure = number => number == 1 ? StandInTokens.Refusal(LiveErrorKind.Throttled, "Throttling.User") : null;
        using var network = new ScriptedHandler(Json("""{"RequestId":"R"}"""));
        using var client = new LiveClient(new LiveClientOptions(), world.Chain(s_options), world.Clock, () => 0, network);

        await client.StopLivePullToPushAsync("cn-shanghai", "t", new Deadline(world.Clock, TimeSpan.FromMinutes(1), CancellationToken.None));

        world.Tokens.Identified.ShouldBe(2);
        network.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Who_may_not_ask_for_the_account_may_do_nothing()
    {
        var world = new World();
        world.Tokens.Failure = _ => StandInTokens.Refusal(LiveErrorKind.Denied);

        var words = await world.FailAsync(s_options);

        words.ShouldStartWith("Could not find out which account the key from provider configuration aliyun-live:accessKey belongs to");
        words.ShouldNotContain("hush-hush");
    }
}
