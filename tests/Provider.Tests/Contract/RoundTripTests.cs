using FsCheck.Fluent;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Model;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>
/// Whatever a program may state: it is created, a refresh finds nothing changed, the next up does nothing, an import gives inputs that need
/// nothing changed, and a destroy leaves nothing.
/// </summary>
public sealed class RoundTripTests
{
    const int Tests = 150;

    [Fact]
    public void Any_relay_task_makes_the_round() =>
        RandomInputs.ForAll(RandomInputs.RelayTask, Tests, program => RoundAsync(RelayTask.Token, program, _ => { }));

    [Fact]
    public void Any_monitor_session_makes_the_round() =>
        RandomInputs.ForAll(RandomInputs.MonitorSession, Tests, program => RoundAsync(MonitorSession.Token, program, _ => { }));

    [Theory]
    [InlineData(RelayTask.Token)]
    [InlineData(MonitorSession.Token)]
    public void The_round_is_made_however_the_service_turns_out_to_work(string token)
    {
        var variations = SimulatorSettings.Variations.ToArray();
        var done = 0;
        RandomInputs.ForAll(Gen.Elements(variations)
            .SelectMany(variation => (token == RelayTask.Token ? RandomInputs.RelayTask : RandomInputs.MonitorSession)
            .Select(program => (variation, program))), Tests, async round =>
        {
            try
            {
                await RoundAsync(token, round.program, round.variation.Apply);
                done++;
            }
            catch (RpcException refused) when (refused.Message.StartsWith("Could not create", StringComparison.Ordinal))
            {
                // Some ways of the service refuse some values (a protocol, a region); then nothing is made.
            }
            catch (ShouldAssertException failure)
            {
                throw new InvalidOperationException($"service with {round.variation.Name}, program {TestSchema.Show(round.program)}: {failure.Message}", failure);
            }
        });
        done.ShouldBeGreaterThan(Tests / 2);
    }

    static async Task RoundAsync(string token, PropertyMap program, Action<SimulatorSettings> settings)
    {
        using var rig = new Rig(token, settings);
        (await rig.UpAsync(program)).ShouldBe(Step.Create);
        ShouldKeepMarks(program, rig.State!, "Create");
        var stated = rig.State!.Inputs;
        var shown = TestSchema.Show(program);
        (await rig.RefreshAsync()).ShouldNotBeNull(shown).ShouldBeEmpty(shown);
        ShouldKeepMarks(program, rig.State!, "Read");
        (await rig.UpAsync(program)).ShouldBe(Step.Same, shown);
        Secrets.ShouldNotLeak(rig);

        var id = rig.State!.Id;
        var imported = await rig.ImportAsync(id);
        var again = await rig.CheckAsync(imported, imported);
        (await rig.DiffAsync(again)).DetailedDiff.Keys.ShouldBeEmpty(shown);
        ShouldDescribe(LiveProvider.Registry.Value[token], imported, stated);
        foreach (var property in LiveProvider.Schema.Resources[token].Inputs.Ordered.Where(property => property.Default is not null))
        {
            (imported[property.Name] is { } value && PropertyValue.SameValue(value, property.Default!))
                .ShouldBeFalse($"{property.Name} is its default, which a program need not state");
        }

        Secrets.ShouldNotLeak(rig);
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        rig.Service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        rig.Service.Conflicts.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);
    }

    /// <summary>What the program marked as secret is marked in the state, inputs and outputs alike.</summary>
    static void ShouldKeepMarks(PropertyMap program, ResourceState state, string after)
    {
        foreach (var (name, value) in program)
        {
            if (value.IsNull || !value.IsSecret) continue;
            if (state.Inputs[name] is { } input) input.IsSecret.ShouldBeTrue($"input {name} after {after}");
            state.Outputs[name].ShouldNotBeNull(name).IsSecret.ShouldBeTrue($"output {name} after {after}");
        }
    }

    /// <summary>The imported inputs say what the checked program said, as far as the service tells it.</summary>
    static void ShouldDescribe(Resource resource, PropertyMap imported, PropertyMap stated)
    {
        foreach (var field in resource.Fields.Where(field => field.Response is not null && field.Name != "startTime"))
        {
            var byDefault = LiveProvider.Schema.Resources[resource is RelayTask ? RelayTask.Token
                : MonitorSession.Token].Inputs.Properties[field.Name].Default;
            var (told, meant) = (imported[field.Name] ?? byDefault, stated[field.Name] ?? byDefault);
            if (meant is null || (told is null && RaisesNoAlarm(meant))) told.ShouldBeNull(field.Name);
            else resource.Means(field.Name, meant, told.ShouldNotBeNull(field.Name))
                .ShouldBeTrue($"{field.Name}: {TestSchema.Show(told!)} is not {TestSchema.Show(meant)}");
        }
    }

    /// <summary>Thresholds of 0 raise no alarm, as none do, so they need not be told.</summary>
    static bool RaisesNoAlarm(PropertyValue value) =>
        value.Bare is ObjectValue { Fields: var thresholds } && thresholds.Values.All(threshold => threshold.Number == 0);
}
