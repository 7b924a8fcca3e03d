using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Refreshing many objects through the engine's calls, with the service's documented limits on.</summary>
public sealed class SharedListingRefreshTests
{
    const string Describe = "DescribeLivePullToPush";
    const string List = "DescribeLivePullToPushList";
    const string ListMonitors = "DescribeLiveStreamMonitorList";

    static string? Text(Wire.ReadResponse reply, string name) => ValueCodec.Decode(reply.Properties)[name]?.Text;

    /// <summary>Refreshes so many that the last ones are answered by a listing.</summary>
    static async Task WarmUpAsync(Fleet fleet, IEnumerable<string> ids)
    {
        foreach (var id in ids) (await fleet.RefreshTaskAsync(id)).Id.ShouldEndWith(id);
        fleet.Count(List).ShouldBeGreaterThan(0, "reads kept coming, so they share a listing");
        fleet.Service.ClearCalls();
    }

    [Fact]
    public async Task A_thousand_tasks_are_refreshed_with_at_most_twenty_calls_and_three_seconds()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(1000);
        var before = fleet.Clock.GetUtcNow();

        var replies = await Fleet.InParallelAsync(ids, 8, id => fleet.RefreshTaskAsync(id));

        replies.Select(reply => reply.Id).ShouldBe(ids.Select(id => $"{Fleet.Region}/{id}"));
        replies.Select(reply => Text(reply, "taskName")).ShouldBe(Enumerable.Range(0, 1000).Select(number => $"task-{number:0000}"));
        replies.ShouldAllBe(reply => Text(reply, "status") == "Running");
        fleet.Service.Calls.Count.ShouldBeLessThanOrEqualTo(20);
        fleet.Service.Calls.ShouldAllBe(call => call.Code == null);
        (fleet.Clock.GetUtcNow() - before).ShouldBeLessThan(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Three_hundred_sessions_are_refreshed_with_a_dozen_calls()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddMonitorsAsync(300);

        var replies = await Fleet.InParallelAsync(ids, 8, fleet.RefreshMonitorAsync);

        replies.Select(reply => reply.Id).ShouldBe(ids);
        replies.Select(reply => Text(reply, "monitorName")).ShouldBe(Enumerable.Range(0, 300).Select(number => $"wall-{number:0000}"));
        fleet.Service.Calls.Count.ShouldBeLessThanOrEqualTo(12);
    }

    [Fact]
    public async Task A_service_with_small_monitor_pages_is_listed_in_as_many()
    {
        using var fleet = new Fleet(settings => settings.MonitorPageSizeCap = 10);
        var ids = await fleet.AddMonitorsAsync(80);

        var replies = await Fleet.InParallelAsync(ids, 8, fleet.RefreshMonitorAsync);

        replies.Select(reply => reply.Id).ShouldBe(ids);
        fleet.Service.Calls.Count.ShouldBeLessThanOrEqualTo(20);
    }

    [Fact]
    public async Task A_service_that_refuses_large_monitor_pages_is_asked_for_each_session_with_one_call()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddMonitorsAsync(30);
        var refusal = Fault.Refuse("InvalidParameter.Malformed") with { Times = 1000, Where = call => call["PageSize"] == "100" };
        fleet.Service.FailNext(ListMonitors, refusal);

        var replies = await Fleet.InParallelAsync(ids, 8, fleet.RefreshMonitorAsync);

        replies.Select(reply => reply.Id).ShouldBe(ids);
        fleet.Service.Calls.Count(call => call.Parameters.ContainsKey("MonitorId")).ShouldBe(30);
        fleet.Service.Calls.Count(call => call.Code != null).ShouldBe(1, "the shared listing is not tried again and again");
        fleet.Service.Calls.Count.ShouldBe(31);
    }

    [Fact]
    public async Task A_single_read_is_one_exact_call()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(30);

        await fleet.RefreshTaskAsync(ids[7]);

        fleet.Service.Calls.Select(call => call.Operation).ShouldBe([Describe]);
    }

    [Fact]
    public async Task What_somebody_else_changes_is_seen_after_a_few_seconds()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));

        fleet.Service.StopBehindOurBack(ids[10]);
        fleet.Clock.Advance(SharedListing<LiveTask>.Fresh);

        Text(await fleet.RefreshTaskAsync(ids[10]), "status").ShouldBe("Offline");
    }

    [Fact]
    public async Task A_task_is_declared_gone_by_an_exact_read_only_and_never_shown_again()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));

        fleet.Service.DeleteBehindOurBack(ids[10]);
        fleet.Clock.Advance(SharedListing<LiveTask>.Fresh);
        for (var read = 0; read < 12; read++) (await fleet.RefreshTaskAsync(ids[10])).Id.ShouldBe("");

        fleet.Count(Describe).ShouldBe(12, "each time the service itself said so");
    }

    [Fact]
    public async Task A_task_made_after_the_listing_is_found()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));

        var late = await fleet.AddTaskAsync("late");
        (await fleet.RefreshTaskAsync(late)).Id.ShouldBe($"{Fleet.Region}/{late}");
    }

    [Fact]
    public async Task Our_own_change_and_our_own_deletion_are_seen_at_once()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));

        var found = await fleet.ImportAsync(RelayTask.Token, $"{Fleet.Region}/{ids[10]}");
        var (urn, inputs) = ($"urn:pulumi:dev::demo::{RelayTask.Token}::ours", ValueCodec.Decode(found.Inputs));
        await fleet.Rpc.Update(new Wire.UpdateRequest
        {
            Id = found.Id, Urn = urn, Olds = found.Properties, OldInputs = found.Inputs,
            News = ValueCodec.Encode(inputs.With(("callbackUrl", "https://hooks.example.com/new"))),
        });
        Text(await fleet.RefreshTaskAsync(ids[10]), "callbackUrl").ShouldBe("https://hooks.example.com/new");

        await fleet.Rpc.Delete(new Wire.DeleteRequest { Id = $"{Fleet.Region}/{ids[11]}", Urn = urn, Properties = ValueCodec.Encode(new PropertyMap { ["taskId"] = ids[11] }) });
        (await fleet.RefreshTaskAsync(ids[11])).Id.ShouldBe("");
        (await fleet.RefreshTaskAsync(ids[12])).Id.ShouldEndWith(ids[12]);
        fleet.Service.Calls.ShouldNotContain(call => call.Operation == List, "none of this made the listing at hand useless for the others");
    }

    [Fact]
    public async Task Only_refreshes_use_the_listing()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));

        await fleet.ImportAsync(RelayTask.Token, $"{Fleet.Region}/{ids[12]}");
        await fleet.CallAsync(GetRelayTask.Token, new() { ["taskId"] = ids[13] });

        fleet.Service.Calls.Select(call => call.Operation).ShouldBe([Describe, Describe]);
    }

    [Fact]
    public async Task A_refused_listing_leaves_every_read_to_an_exact_call()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        fleet.Service.FailNext(List, Fault.Refuse("Forbidden.RAM", 403) with { Times = 100 });

        var replies = await Fleet.InParallelAsync(ids, 8, id => fleet.RefreshTaskAsync(id));

        replies.Select(reply => reply.Id).ShouldBe(ids.Select(id => $"{Fleet.Region}/{id}"));
        fleet.Count(List).ShouldBe(1);
        fleet.Count(Describe).ShouldBe(20);
    }

    [Fact]
    public async Task A_few_tasks_among_thousands_of_foreign_ones_are_asked_for_one_by_one()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(1500);

        await Fleet.InParallelAsync([.. ids.Take(6)], 1, id => fleet.RefreshTaskAsync(id));

        fleet.Count(List).ShouldBe(1);
        fleet.Count(Describe).ShouldBe(6);
    }

    [Fact]
    public async Task A_cancelled_refresh_ends_at_once()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(20);
        await WarmUpAsync(fleet, ids.Take(8));
        fleet.Clock.Advance(SharedListing<LiveTask>.Fresh);
        using var cancelled = new CancellationTokenSource();
        fleet.Service.BeforeCall = _ => cancelled.Cancel();

        var error = await Should.ThrowAsync<RpcException>(() => fleet.RefreshTaskAsync(ids[3], cancelled.Token));
        error.Code.ShouldBe(ProviderStatus.Cancelled);
    }

    [Fact]
    public async Task Sessions_gone_or_changed_are_seen_too()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddMonitorsAsync(20);
        foreach (var id in ids.Take(8)) await fleet.RefreshMonitorAsync(id);
        fleet.Count(ListMonitors).ShouldBeLessThan(8);

        fleet.Service.DeleteBehindOurBack(ids[10]);
        fleet.Service.StartBehindOurBack(ids[11]);
        fleet.Clock.Advance(SharedListing<LiveTask>.Fresh);

        (await fleet.RefreshMonitorAsync(ids[10])).Id.ShouldBe("");
        Text(await fleet.RefreshMonitorAsync(ids[11]), "status").ShouldBe("Running");
    }
}
