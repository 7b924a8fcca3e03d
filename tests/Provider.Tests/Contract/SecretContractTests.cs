using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>What is declared secret, or carries a key, is marked in every answer that goes into the state.</summary>
public sealed class SecretContractTests
{
    [Fact]
    public void Exactly_these_properties_are_secret_as_a_whole()
    {
        Secret(LiveProvider.Schema.Resources[RelayTask.Token].Inputs).ShouldBe(["dstUrl"]);
        Secret(LiveProvider.Schema.Resources[MonitorSession.Token].Inputs).ShouldBe(["dingTalkWebHookUrl"]);
        Secret(LiveProvider.Schema.Config).ShouldBe(["secretKey", "securityToken"]);
    }

    static IEnumerable<string> Secret(ObjectSchema schema) =>
        schema.Ordered.Where(property => property.Secret).Select(property => property.Name);

    public static TheoryData<string> Tokens() => [.. LiveProvider.Registry.Value.Keys];

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task A_secret_property_is_secret_in_every_answer_although_the_program_did_not_mark_it(string token)
    {
        using var rig = new Rig(token);
        var program = Unmarked(token);
        ShouldBeMarked(token, await rig.CheckAsync(program, PropertyMap.Empty));
        var inputs = await rig.CheckAsync(program, PropertyMap.Empty);
        var preview = await rig.Rpc.Create(new Wire.CreateRequest
        {
            Urn = rig.Urn, Name = rig.Name, Type = token,
            Properties = ValueCodec.Encode(inputs), Preview = true
        });
        ShouldBeMarked(token, ValueCodec.Decode(preview.Properties));

        await rig.UpAsync(program);
        ShouldBeMarked(token, rig.State!.Outputs);
        await rig.RefreshAsync();
        ShouldBeMarked(token, rig.State!.Inputs);
        ShouldBeMarked(token, rig.State!.Outputs);

        await rig.UpAsync(program.With((token == RelayTask.Token ? "endTime" : "streamName", null)).With(token == RelayTask.Token
            ? ("endTime", "2026-02-01T00:00:00Z") : ("monitorName", "other")));
        ShouldBeMarked(token, rig.State!.Outputs);

        var id = rig.State!.Id;
        ShouldBeMarked(token, await rig.ImportAsync(id));
        ShouldBeMarked(token, rig.State!.Outputs);
        Secrets.ShouldNotLeak(rig);
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task A_preview_of_an_update_marks_what_the_real_one_marks(string token)
    {
        using var rig = new Rig(token);
        await rig.UpAsync(Unmarked(token));
        var news = await rig.CheckAsync(Unmarked(token).With(token == RelayTask.Token ? ("endTime", "2026-02-01T00:00:00Z")
            : ("monitorName", "other")), rig.State!.Inputs);
        foreach (var preview in (bool[])[true, false])
        {
            var reply = await rig.Rpc.Update(new Wire.UpdateRequest
            {
                Id = rig.State!.Id, Urn = rig.Urn, Name = rig.Name, Type = token, Preview = preview,
                Olds = ValueCodec.Encode(rig.State.Outputs), OldInputs = ValueCodec.Encode(rig.State.Inputs),
                News = ValueCodec.Encode(news),
            });
            ShouldBeMarked(token, ValueCodec.Decode(reply.Properties));
        }
    }

    [Fact]
    public async Task A_failing_create_marks_the_state_it_leaves()
    {
        using var rig = new Rig(RelayTask.Token);
        rig.Service.BeforeCall = operation =>
        {
            if (operation == "DescribeLivePullToPush"
                && rig.Service.Tasks.Values.FirstOrDefault() is
                {
                    OnAir: not null,
                    SourceLost: false
                } task) rig.Service.StopBehindOurBack(task.TaskId);
        };
        await Should.ThrowAsync<RpcException>(() => rig.UpAsync(Unmarked(RelayTask.Token).With(("awaitRunning", true))));
        rig.State.ShouldNotBeNull().InitErrors.ShouldNotBeEmpty();
        ShouldBeMarked(RelayTask.Token, rig.State!.Outputs);
        Secrets.ShouldNotLeak(rig);
    }

    /// <summary>A program with keys everywhere and no mark anywhere.</summary>
    static PropertyMap Unmarked(string token) => token == RelayTask.Token
        ? Programs.Relay().With(("dstUrl", Programs.Destination), ("callbackUrl", "https://hooks.example.com/a?token=HOOKKEY"))
        : Programs.Monitor().With(("callbackUrl", "https://me:HOOKKEY@hooks.example.com/"));

    static void ShouldBeMarked(string token, PropertyMap values)
    {
        foreach (var name in Secret(LiveProvider.Schema.Resources[token].Inputs)) values[name]
            .ShouldNotBeNull(name).IsSecret.ShouldBeTrue(name);
        values["callbackUrl"]!.IsSecret.ShouldBeTrue();
        if (token == RelayTask.Token)
        {
            values["sourceUrls"]!.IsSecret.ShouldBeFalse("only the elements that carry a key");
            values["sourceUrls"]!.Elements.ShouldAllBe(url => url.IsSecret);
        }
        else
        {
            values["inputList"]!.IsSecret.ShouldBeFalse("only the addresses that carry a key");
            values["inputList"]!.Elements.Select(input => input.Members["inputUrl"]!.IsSecret).ShouldBe([true, false]);
        }
    }
}
