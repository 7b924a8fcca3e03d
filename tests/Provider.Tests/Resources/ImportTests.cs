using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Import by id and by name; the id in the state is always the canonical one.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task A_task_is_imported_by_region_and_id_by_id_and_by_name()
    {
        using var fleet = new Fleet();
        await fleet.AddTaskAsync("show-2");
        var id = await fleet.AddTaskAsync("show");

        foreach (var text in (string[])[$"{Fleet.Region}/{id}", id, $"{Fleet.Region}/show", "show"])
        {
            var read = await fleet.ImportAsync(RelayTask.Token, text);
            read.Id.ShouldBe($"{Fleet.Region}/{id}", text);
            ValueCodec.Decode(read.Properties)["taskId"]!.Text.ShouldBe(id);
            ValueCodec.Decode(read.Inputs)["taskName"]!.Text.ShouldBe("show");
        }

        fleet.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_may_hold_what_no_id_may()
    {
        using var fleet = new Fleet();
        var id = await fleet.AddTaskAsync("早间 news/live");

        (await fleet.ImportAsync(RelayTask.Token, $"{Fleet.Region}/早间 news/live")).Id.ShouldBe($"{Fleet.Region}/{id}");
        fleet.Count("DescribeLivePullToPush").ShouldBe(1, "no id looks so, thus none is asked for");
    }

    [Fact]
    public async Task An_import_by_name_has_an_empty_next_preview()
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Relay().With(("taskName", "evening")));
        var id = rig.State!.Id;
        rig.State = null;

        var inputs = await rig.ImportAsync("evening");

        rig.State!.Id.ShouldBe(id);
        (await rig.UpAsync(inputs)).ShouldBe(Step.Same);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await rig.RefreshAsync()).ShouldBeEmpty();
        await rig.DestroyAsync();
        rig.Service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task A_name_that_several_have_is_an_error_that_lists_their_ids()
    {
        using var fleet = new Fleet();
        string[] ids = [await fleet.AddTaskAsync("twin", ("DstUrl", "rtmp://push.example.com/live/1")), await fleet.AddTaskAsync("twin", ("DstUrl", "rtmp://push.example.com/live/2"))];

        var error = await Should.ThrowAsync<RpcException>(() => fleet.ImportAsync(RelayTask.Token, "twin"));
        error.Code.ShouldBe(ProviderStatus.InvalidArgument);
        foreach (var id in ids) error.Message.ShouldContain($"{Fleet.Region}/{id}");
    }

    [Fact]
    public async Task What_is_not_found_is_told_with_the_form_and_near_matches()
    {
        using var fleet = new Fleet();
        var id = await fleet.AddTaskAsync("morning-show");
        var other = $"{id[..^1]}{(id[^1] == '0' ? '1' : '0')}";

        foreach (var text in (string[])["morning-shaw", "Morning", $"{Fleet.Region}/{other}"])
        {
            fleet.Log.Clear();
            (await fleet.ImportAsync(RelayTask.Token, text)).Properties.ShouldBeNull();
            var warning = fleet.Log.Warnings.ShouldHaveSingleItem();
            warning.ShouldContain($"there is no relay task `{text}`");
            warning.ShouldContain("<region>/<taskId>");
            warning.ShouldContain($"{Fleet.Region}/{id} (`morning-show`)");
        }
    }

    [Fact]
    public async Task An_ended_task_is_told_once_and_not_as_one_that_never_was()
    {
        using var fleet = new Fleet();
        var id = await fleet.AddTaskAsync("short", ("EndTime", Times.ToText(fleet.Clock.GetUtcNow().AddMinutes(5))));
        fleet.Clock.Advance(TimeSpan.FromMinutes(10));

        (await fleet.ImportAsync(RelayTask.Token, id)).Properties.ShouldBeNull();
        fleet.Log.Warnings.ShouldHaveSingleItem().ShouldContain("ended at");
    }

    [Fact]
    public async Task Without_any_region_the_form_is_told()
    {
        using var fleet = new Fleet(config: []);
        foreach (var text in (string[])["show", "11111111-2222-3333-4444-555555555555", "early show", "/", "cn-shanghai/"])
        {
            var error = await Should.ThrowAsync<RpcException>(() => fleet.ImportAsync(RelayTask.Token, text));
            error.Code.ShouldBe(ProviderStatus.InvalidArgument);
            error.Message.ShouldContain("<region>/<taskId>");
        }
    }

    [Fact]
    public async Task A_session_is_imported_by_id_and_by_name()
    {
        using var fleet = new Fleet();
        await fleet.AddMonitorAsync("wall of fame");
        var id = await fleet.AddMonitorAsync("wall");

        (await fleet.ImportAsync(MonitorSession.Token, id)).Id.ShouldBe(id);
        (await fleet.ImportAsync(MonitorSession.Token, "wall")).Id.ShouldBe(id);
        fleet.Log.Lines.ShouldBeEmpty();

        (await fleet.ImportAsync(MonitorSession.Token, "wal")).Properties.ShouldBeNull();
        fleet.Log.Warnings.ShouldHaveSingleItem().ShouldContain($"{id} (`wall`)");
    }

    [Fact]
    public async Task A_failing_look_up_is_an_error_and_never_taken_for_not_found()
    {
        using var fleet = new Fleet();
        fleet.Service.FailNext("DescribeLivePullToPushList", global::LiveSimulator.Fault.Refuse("Forbidden.RAM", 403));

        (await Should.ThrowAsync<RpcException>(() => fleet.ImportAsync(RelayTask.Token, "show"))).Code.ShouldBe(ProviderStatus.PermissionDenied);
    }
}
