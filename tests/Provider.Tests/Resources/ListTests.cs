using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using System.Text.Json;
using LiveSimulator;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>The List call through the engine's wire.</summary>
public sealed class ListTests
{
    const string List = "DescribeLivePullToPushList";

    [Fact]
    public async Task Tasks_are_listed_with_ids_that_import_takes()
    {
        using var fleet = new Fleet();
        var ids = await fleet.AddTasksAsync(3);

        var listed = await fleet.ListAsync(RelayTask.Token, []);

        listed.ShouldBe([($"{Fleet.Region}/{ids[2]}", "task-0002"), ($"{Fleet.Region}/{ids[1]}", "task-0001"), ($"{Fleet.Region}/{ids[0]}", "task-0000")]);
        foreach (var (id, name) in listed)
        {
            var read = await fleet.ImportAsync(RelayTask.Token, id);
            read.Id.ShouldBe(id);
            ValueCodec.Decode(read.Inputs)["taskName"]!.Text.ShouldBe(name);
        }
    }

    [Fact]
    public async Task Sessions_are_listed_with_ids_that_import_takes()
    {
        using var fleet = new Fleet(config: []);
        var ids = await fleet.AddMonitorsAsync(25);

        (await fleet.ListAsync(MonitorSession.Token, [])).Select(item => item.Id).ShouldBe(ids, ignoreOrder: true);
        var (id, _) = (await fleet.ListAsync(MonitorSession.Token, new() { ["monitorName"] = "wall-0010" })).ShouldHaveSingleItem();
        (await fleet.ImportAsync(MonitorSession.Token, id)).Id.ShouldBe(ids[10]);
    }

    [Fact]
    public async Task A_limit_ends_the_listing_with_the_page_that_holds_the_last_one()
    {
        using var fleet = new Fleet();
        await fleet.AddTasksAsync(250);

        (await fleet.ListAsync(RelayTask.Token, [], limit: 120)).Count.ShouldBe(120);
        fleet.Count(List).ShouldBe(2);

        fleet.Service.ClearCalls();
        (await fleet.ListAsync(RelayTask.Token, [])).Count.ShouldBe(250);
        fleet.Count(List).ShouldBe(3);
    }

    [Fact]
    public async Task Pages_follow_each_other_by_continuation_and_miss_nothing()
    {
        using var fleet = new Fleet();
        await fleet.AddTasksAsync(23);
        List<string> ids = [];
        var (token, pages) = ("", 0);
        do
        {
            var replies = await fleet.Rpc.List(new Wire.ListRequest { Token = RelayTask.Token, PageSize = 10, ContinuationToken = token });
            ids.AddRange(replies.Where(reply => reply.Result is not null).Select(reply => reply.Result.Id));
            token = replies[^1].Continuation?.ContinuationToken ?? "";
            pages++;
        }
        while (token.Length > 0);

        pages.ShouldBe(3);
        ids.ShouldBeUnique();
        ids.Count.ShouldBe(23);
    }

    [Fact]
    public async Task A_query_names_the_region_and_filters()
    {
        using var fleet = new Fleet(config: []);
        await fleet.AddTasksAsync(12);

        (await fleet.ListAsync(RelayTask.Token, new() { ["region"] = Fleet.Region, ["taskNamePrefix"] = "task-001" })).Select(item => item.Name).ShouldBe(["task-0011", "task-0010"]);
        (await fleet.ListAsync(RelayTask.Token, new() { ["region"] = Fleet.Region, ["statuses"] = PropertyValue.Of("Offline") })).ShouldBeEmpty();
        var error = await Should.ThrowAsync<RpcException>(() => fleet.ListAsync(RelayTask.Token, new() { ["taskNam"] = "a" }));
        error.Code.ShouldBe(ProviderStatus.InvalidArgument);
        error.Message.ShouldContain("aliyun-live:region");
        error.Message.ShouldContain("did you mean `taskName`?");
    }

    [Fact]
    public async Task A_failing_listing_and_an_unknown_type_are_told()
    {
        using var fleet = new Fleet();
        fleet.Service.FailNext(List, Fault.Refuse("Forbidden.RAM", 403));

        (await Should.ThrowAsync<RpcException>(() => fleet.ListAsync(RelayTask.Token, []))).Code.ShouldBe(ProviderStatus.PermissionDenied);
        (await Should.ThrowAsync<RpcException>(() => fleet.ListAsync("aliyun-live:index:Nothing", []))).Code.ShouldBe(ProviderStatus.InvalidArgument);
    }

    [Theory]
    [InlineData(RelayTask.Token, GetRelayTasks.Token)]
    [InlineData(MonitorSession.Token, GetMonitorSessions.Token)]
    public void A_list_query_is_declared_as_the_function_that_lists(string type, string function)
    {
        using var fleet = new Fleet();
        using var schema = JsonDocument.Parse(PackageSchema.WithVersion(SchemaText(), "1.0.0"));
        var query = schema.RootElement.GetProperty("resources").GetProperty(type).GetProperty("listInputs").GetProperty("properties");
        JsonElement.DeepEquals(query, schema.RootElement.GetProperty("functions").GetProperty(function).GetProperty("inputs").GetProperty("properties")).ShouldBeTrue();
    }

    static byte[] SchemaText()
    {
        using var stream = typeof(LiveProvider).Assembly.GetManifestResourceStream("schema.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
