using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>The functions through the engine's call.</summary>
public sealed class FunctionTests
{
    const string Destination = "rtmp://push.example.com/live/one?auth_key=PUSHKEY";

    static string?[] Texts(PropertyMap result, string name) => [.. result[name]!.Elements.Select(element => element.Text)];

    static async Task<string> ErrorAsync(Fleet fleet, string token, PropertyMap args)
    {
        var error = await Should.ThrowAsync<RpcException>(() => fleet.InvokeAsync(token, args));
        error.Code.ShouldBeOneOf(ProviderStatus.NotFound, ProviderStatus.InvalidArgument);
        error.Message.ShouldNotContain("PUSHKEY");
        return error.Message;
    }

    static async Task<IReadOnlyList<string>> FailuresAsync(Fleet fleet, string token, PropertyMap args)
    {
        var reply = await fleet.InvokeAsync(token, args);
        return [.. reply.Failures.Select(failure => $"{failure.Property} {failure.Reason}".Trim())];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_is_found_by_id_by_name_and_by_destination(bool preview)
    {
        using var fleet = new Fleet();
        await fleet.AddTaskAsync("one-more");
        var id = await fleet.AddTaskAsync("one");

        foreach (var args in (PropertyMap[])
        [
            new() { ["taskId"] = id },
            new() { ["taskName"] = "one", ["region"] = Fleet.Region },
            new() { ["dstUrl"] = ((PropertyValue)Destination).AsSecret() },
            new() { ["dstUrl"] = "rtmp://push.example.com/live/one" },
        ])
        {
            var task = await fleet.CallAsync(GetRelayTask.Token, args, preview);
            task["id"]!.Text.ShouldBe($"{Fleet.Region}/{id}");
            task["taskId"]!.Text.ShouldBe(id);
            task["region"]!.Text.ShouldBe(Fleet.Region);
            task["taskName"]!.Text.ShouldBe("one");
            task["status"]!.Text.ShouldBe("Idle");
            task["retryCount"]!.Number.ShouldBe(3);
        }

        fleet.Service.Calls.ShouldAllBe(call => call.Operation.StartsWith("Describe", StringComparison.Ordinal) || call.Operation.StartsWith("Create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_function_returns_is_what_its_schema_declares_with_every_secret_marked()
    {
        using var fleet = new Fleet();
        var task = await fleet.AddTaskAsync("one");
        var monitor = await fleet.AddMonitorAsync("wall");

        foreach (var (token, args) in ((string, PropertyMap)[])
        [
            (GetRelayTask.Token, new() { ["taskId"] = task }), (GetRelayTasks.Token, []),
            (GetMonitorSession.Token, new() { ["monitorId"] = monitor }), (GetMonitorSessions.Token, []),
        ])
        {
            var result = await fleet.CallAsync(token, args);
            ShouldFit(LiveProvider.Schema.Functions[token].Outputs, result, token);
            ShouldHoldNoOpenKey(result, token);
        }
    }

    static void ShouldFit(ObjectSchema schema, PropertyMap value, string place)
    {
        value.Keys.ShouldBeSubsetOf(schema.Properties.Keys, place);
        foreach (var property in schema.Ordered)
        {
            if (value[property.Name] is not { } member)
            {
                property.Required.ShouldBeFalse($"{place} {property.Name}");
                continue;
            }

            if (property.Secret) member.IsSecret.ShouldBeTrue($"{place} {property.Name}");
            if (property.Type is ArrayType { Item: ObjectType item })
            {
                member.Elements.ShouldNotBeEmpty();
                foreach (var element in member.Elements) ShouldFit(item.Schema, element.Members, $"{place} {property.Name}");
            }

            if (property.Type is EnumType choice) choice.Declares(member).ShouldBeTrue($"{place} {property.Name}");
        }
    }

    static void ShouldHoldNoOpenKey(PropertyValue value, string place)
    {
        if (value is SecretValue) return;
        if (value.Text is { } text) text.ShouldNotContain("KEY", Case.Sensitive, place);
        foreach (var element in value.Elements) ShouldHoldNoOpenKey(element, place);
        foreach (var (name, member) in value.Members) ShouldHoldNoOpenKey(member, $"{place}.{name}");
    }

    [Fact]
    public async Task What_is_not_there_is_told_with_what_is_near()
    {
        using var fleet = new Fleet();
        var task = await fleet.AddTaskAsync("morning-show");
        var monitor = await fleet.AddMonitorAsync("morning-wall");

        (await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskName"] = "morning-shaw" })).ShouldBe(
            $"There is no relay task `morning-shaw` in {Fleet.Region}. Near to it: {Fleet.Region}/{task} (`morning-show`).");
        (await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskId"] = task[..8] })).ShouldContain($"{Fleet.Region}/{task} (`morning-show`)");
        (await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskName"] = "zzz" })).ShouldContain("Nothing near to it is among the 1 relay tasks");
        (await ErrorAsync(fleet, GetRelayTask.Token, new() { ["dstUrl"] = "rtmp://push.example.com/none?auth_key=PUSHKEY" })).ShouldContain("with the given dstUrl");
        (await ErrorAsync(fleet, GetMonitorSession.Token, new() { ["monitorName"] = "Morning" })).ShouldContain($"{monitor} (`morning-wall`)");
        (await ErrorAsync(fleet, GetMonitorSession.Token, new() { ["monitorId"] = "11111111-2222" })).ShouldContain("There is no monitor session 11111111-2222.");
    }

    [Fact]
    public async Task An_ended_task_is_not_found()
    {
        using var fleet = new Fleet();
        var id = await fleet.AddTaskAsync("short", ("EndTime", Times.ToText(fleet.Clock.GetUtcNow().AddMinutes(5))));
        fleet.Clock.Advance(TimeSpan.FromMinutes(10));

        (await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskId"] = id })).ShouldContain("it ended at 2026-01-02T03:09:05Z");
        await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskName"] = "short" });
        Texts(await fleet.CallAsync(GetRelayTasks.Token, []), "ids").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_several_have_is_an_error_that_lists_them()
    {
        using var fleet = new Fleet();
        var first = await fleet.AddTaskAsync("twin", ("DstUrl", "rtmp://push.example.com/live/1"));
        var second = await fleet.AddTaskAsync("twin", ("DstUrl", "rtmp://push.example.com/live/2"));

        var error = await ErrorAsync(fleet, GetRelayTask.Token, new() { ["taskName"] = "twin" });
        error.ShouldContain($"{Fleet.Region}/{first}");
        error.ShouldContain($"{Fleet.Region}/{second}");
    }

    [Fact]
    public async Task Wrong_arguments_are_failures_all_at_once()
    {
        using var fleet = new Fleet(config: []);

        (await FailuresAsync(fleet, GetRelayTask.Token, [])).ShouldBe(
        [
            "region: must be stated here or with `pulumi config set aliyun-live:region`, for example cn-shanghai",
            "exactly one of taskId, taskName, dstUrl must be stated, but none is",
        ]);
        (await FailuresAsync(fleet, GetRelayTask.Token, new() { ["region"] = "cn-shanghai", ["taskId"] = "cn-shanghai/1", ["taskName"] = "" })).Count.ShouldBe(3);
        (await FailuresAsync(fleet, GetRelayTasks.Token, new() { ["region"] = "cn-shanghai", ["statuses"] = PropertyValue.Of("Exit"), ["taskname"] = "a" })).ShouldContain(
            failure => failure.Contains("did you mean `taskName`?", StringComparison.Ordinal));
        (await FailuresAsync(fleet, GetMonitorSession.Token, new() { ["monitorId"] = "a b" })).Count.ShouldBe(1);
        (await FailuresAsync(fleet, GetMonitorSessions.Token, new() { ["status"] = "Idle" })).Count.ShouldBe(1);
        fleet.Service.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_function_is_named()
    {
        using var fleet = new Fleet();
        (await ErrorAsync(fleet, "aliyun-live:index:getNothing", [])).ShouldContain("aliyun-live:index:getNothing");
    }

    [Fact]
    public async Task Tasks_are_listed_to_the_end_and_filtered()
    {
        using var fleet = new Fleet();
        await fleet.AddTasksAsync(230);
        var odd = await fleet.AddTaskAsync("odd");

        Texts(await fleet.CallAsync(GetRelayTasks.Token, []), "ids").Length.ShouldBe(231);
        (await fleet.CallAsync(GetRelayTasks.Token, []))["tasks"]!.Elements.Select(task => task.Members["taskName"]!.Text).ShouldBe(
            [.. new[] { "odd" }.Concat(Enumerable.Range(0, 230).Select(number => $"task-{number:0000}"))]);
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["taskNamePrefix"] = "task-002" }), "ids").Length.ShouldBe(10);
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["taskName"] = "task-00" }), "ids").ShouldBeEmpty();
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["taskName"] = "odd", ["statuses"] = PropertyValue.Of("Running") }), "ids").ShouldBeEmpty();
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["statuses"] = PropertyValue.Of("Idle", "Offline") }), "ids").ShouldBe([$"{Fleet.Region}/{odd}"]);
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["dstUrl"] = "rtmp://push.example.com/live/odd" }), "ids").ShouldBe([$"{Fleet.Region}/{odd}"]);
        Texts(await fleet.CallAsync(GetRelayTasks.Token, new() { ["region"] = "cn-beijing" }), "ids").ShouldBeEmpty();
    }

    [Fact]
    public async Task Sessions_are_found_by_name_and_listed_and_filtered()
    {
        using var fleet = new Fleet(config: []);
        var ids = await fleet.AddMonitorsAsync(45);
        fleet.Service.StartBehindOurBack(ids[3]);

        (await fleet.CallAsync(GetMonitorSession.Token, new() { ["monitorName"] = "wall-0007" }))["monitorId"]!.Text.ShouldBe(ids[7]);
        var found = await fleet.CallAsync(GetMonitorSession.Token, new() { ["monitorId"] = ids[3] });
        found["status"]!.Text.ShouldBe("Running");
        found["app"]!.Text.ShouldBe("monitor");
        found["dingTalkWebHookUrl"]!.IsSecret.ShouldBeTrue();
        Texts(await fleet.CallAsync(GetMonitorSessions.Token, []), "ids").ShouldBe(ids);
        Texts(await fleet.CallAsync(GetMonitorSessions.Token, new() { ["monitorNamePrefix"] = "wall-001" }), "ids").Length.ShouldBe(10);
        Texts(await fleet.CallAsync(GetMonitorSessions.Token, new() { ["status"] = "Running" }), "ids").ShouldBe([ids[3]]);
    }

    [Fact]
    public async Task A_refused_listing_says_what_was_attempted_and_what_to_do()
    {
        using var fleet = new Fleet();
        fleet.Service.FailNext("DescribeLivePullToPushList", Fault.Refuse("Forbidden.RAM", 403));

        var error = await Should.ThrowAsync<RpcException>(() => fleet.InvokeAsync(GetRelayTasks.Token, []));
        error.Code.ShouldBe(ProviderStatus.PermissionDenied);
        error.Message.ShouldContain("list relay tasks");
        error.Message.ShouldContain("live:DescribeLivePullToPushList");
    }
}
