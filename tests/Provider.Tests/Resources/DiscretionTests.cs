using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>No secret gets out, wherever a text took it from.</summary>
public sealed class DiscretionTests
{
    const string Name = "rtmp://push.example.com/live/b?auth_key=PUSHKEY";

    [Fact]
    public async Task A_key_in_a_name_appears_in_no_error()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.FailNext("CreateLivePullToPush", Fault.Refuse("Forbidden.RAM", 403));

        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Programs.Relay().With(("taskName", Name))));

        failure.Message.ShouldContain("create relay task rtmp://push.example.com/[hidden]");
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task A_key_in_a_name_appears_in_no_log_line()
    {
        using var rig = new Rig(RelayTask.Token, settings => settings.ListLag = TimeSpan.FromHours(1));
        rig.Service.FailNext("CreateLivePullToPush", Fault.DropAfter());

        await rig.UpAsync(Programs.Relay().With(("taskName", Name)));

        rig.Log.Warnings.ShouldContain(line => line.Contains("create relay task rtmp://push.example.com/[hidden]", StringComparison.Ordinal));
        rig.Log.Lines.ShouldNotContain(line => line.Message.Contains("PUSHKEY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_of_the_configuration_are_hidden_before_any_of_them_is_used()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Config = rig.Config.With(("accessKey", "an-id"), ("secretKey", "a-secret-of-the-configuration"), ("securityToken", "a-token-of-the-configuration"));
        await rig.ConfigureAsync();

        Redaction.Text("with a-secret-of-the-configuration and a-token-of-the-configuration").ShouldBe("with [hidden] and [hidden]");
        rig.Service.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void The_reasons_of_a_partial_failure_lose_their_secrets_and_keep_the_rest()
    {
        var outputs = new PropertyMap { ["taskId"] = "t-1" };
        var error = Discreet.Error(new PartialFailureException("cn-shanghai/t-1", outputs, PropertyMap.Empty, [$"{Name} is wrong", "plain"]));

        var partial = error.ShouldBeOfType<PartialFailureException>();
        partial.Id.ShouldBe("cn-shanghai/t-1");
        partial.Outputs.ShouldBe(outputs);
        partial.Reasons.ShouldBe(["rtmp://push.example.com/[hidden] is wrong", "plain"]);
        partial.Message.ShouldNotContain("PUSHKEY");
        Discreet.Error(new ProviderException(ProviderStatus.NotFound, "see https://help.example.com for more")).Message.ShouldBe("see https://help.example.com for more");
    }
}
