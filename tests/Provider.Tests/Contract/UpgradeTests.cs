using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Model;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>State that an earlier version wrote, before a property and its default existed, needs no change.</summary>
public sealed class UpgradeTests
{
    public static TheoryData<string, string> Defaulted()
    {
        var data = new TheoryData<string, string>();
        foreach (var (token, resource) in LiveProvider.Schema.Resources)
        {
            foreach (var property in resource.Inputs.Ordered.Where(property => property.Default is not null)) data.Add(token,
                property.Name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Defaulted))]
    public async Task State_from_before_a_default_existed_needs_no_change(string token, string property)
    {
        foreach (var program in (PropertyMap[])(token == RelayTask.Token ? [Programs.Relay(), Programs.Playlist()] : [Programs.Monitor()]))
        {
            using var rig = new Rig(token);
            await rig.UpAsync(program);
            rig.State!.Inputs.ContainsKey(property).ShouldBeTrue();
            rig.State = rig.State with
            {
                Inputs = rig.State.Inputs.With((property, null)),
                Outputs = rig.State.Outputs.With((property, null))
            };
            (await rig.PreviewAsync(program)).ShouldBe(Step.Same);
            (await rig.RefreshAsync()).ShouldNotBeNull().ShouldBeEmpty();
            (await rig.UpAsync(program)).ShouldBe(Step.Same);
            rig.State.Inputs.ContainsKey(property).ShouldBeTrue("the next up records it");
        }
    }

    [Theory]
    [InlineData(RelayTask.Token)]
    [InlineData(MonitorSession.Token)]
    public void State_without_any_default_needs_no_change(string token) =>
        RandomInputs.ForAll(token == RelayTask.Token ? RandomInputs.RelayTask : RandomInputs.MonitorSession, 50, async program =>
    {
        using var rig = new Rig(token);
        await rig.UpAsync(program);
        var schema = LiveProvider.Schema.Resources[token].Inputs;
        rig.State = rig.State! with
        {
            Inputs = TestSchema.WithoutDefaults(schema, rig.State.Inputs),
            Outputs = TestSchema.WithoutDefaults(schema, rig.State.Outputs)
        };
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
        await rig.DestroyAsync();
    });

    [Theory]
    [InlineData(RelayTask.Token)]
    [InlineData(MonitorSession.Token)]
    public async Task State_with_a_property_that_is_not_known_any_more_needs_no_change(string token)
    {
        using var rig = new Rig(token);
        var program = token == RelayTask.Token ? Programs.Relay() : Programs.Monitor();
        await rig.UpAsync(program);
        rig.State = rig.State! with
        {
            Inputs = rig.State.Inputs.With(("formerInput", "x")),
            Outputs = rig.State.Outputs.With(("formerInput", "x"), ("formerOutput", "y"))
        };
        (await rig.UpAsync(program)).ShouldBe(Step.Same);
        (await rig.RefreshAsync()).ShouldNotBeNull().ShouldBeEmpty();
        await rig.DestroyAsync();
    }
}
