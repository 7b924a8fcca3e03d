using LiveSimulator;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

public sealed class RelayTaskLifecycleTests
{
    static Rig NewRig(Action<SimulatorSettings>? settings = null) => new(RelayTask.Token, settings);

    [Fact]
    public async Task A_task_is_created_read_and_deleted()
    {
        using var rig = NewRig();
        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Create);
        rig.TakeChanges().ShouldBe(["CreateLivePullToPush"]);
        rig.State!.Id.ShouldBe($"cn-shanghai/{rig.Task.TaskId}");
        rig.State.Outputs["status"]!.Text.ShouldBe("Idle");

        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await rig.RefreshAsync()).ShouldBeEmpty();
        rig.State.Outputs["status"]!.Text.ShouldBe("Running");
        (await rig.UpAsync(Programs.Relay())).ShouldBe(Step.Same);
        rig.TakeChanges().ShouldBeEmpty();

        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        rig.TakeChanges().ShouldBe(["StopLivePullToPush", "DeleteLivePullToPush"]);
    }
}
