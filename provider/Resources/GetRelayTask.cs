using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>One relay task, by its id, its unique name or its destination.</summary>
sealed class GetRelayTask(ObjectSchema arguments, ListingOfRelayTasks listing) : Function(arguments)
{
    public const string Token = "aliyun-live:index:getRelayTask";

    protected override void Check(PropertyMap args, Session session, CheckFailures failures)
    {
        listing.Check(args, session, failures);
        CheckOneOf(args, failures, "taskId", "taskName", "dstUrl");
        if (args["taskId"]?.Text is { } id && !RelayTaskId.IsTaskId(id))
        {
            failures.Add("taskId", "must hold letters, digits, `_` and `-` only; the region is an argument of its own");
        }
    }

    protected override async Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline)
    {
        var region = ListingOfRelayTasks.RegionOf(args, session);
        if (args["taskId"]?.Text is { } taskId)
        {
            var id = new RelayTaskId(region, taskId);
            return await new RelayTaskRun(session, deadline, "", id.ToString(), id).DescribeAsync("read") switch
            {
                { Status: not TaskStatus.Exit } task => listing.OutputsOf(id, task),
                { TaskExitTime: { } exit } => throw listing.NotFound($"{id} any more: it ended at {Times.ToText(exit)}", ""),
                _ => throw listing.NotFound($"{id}", await listing.NearAsync(taskId, args, session, deadline)),
            };
        }

        var name = args["taskName"] is { IsSecret: false } stated ? stated.Text : null;
        var wanted = args["taskName"] is null ? "with the given dstUrl" : name is null ? "of the given name" : $"`{name}`";
        return (await listing.OnlyAsync(args, $"{wanted} in {region}", name, session, deadline)).Outputs();
    }
}
