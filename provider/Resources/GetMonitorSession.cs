using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>One monitor session, by its id or its unique name.</summary>
sealed class GetMonitorSession(ObjectSchema arguments, ListingOfMonitorSessions listing) : Function(arguments)
{
    public const string Token = "aliyun-live:index:getMonitorSession";

    protected override void Check(PropertyMap args, Session session, CheckFailures failures)
    {
        CheckOneOf(args, failures, "monitorId", "monitorName");
        if (args["monitorId"]?.Text is { Length: > 0 } id && !ListingOfMonitorSessions.IsMonitorId(id))
        {
            failures.Add("monitorId", "must hold letters, digits, `_` and `-` only");
        }
    }

    protected override async Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline)
    {
        if (args["monitorId"]?.Text is { } id)
        {
            return await new MonitorSessionRun(session, deadline, "", id).DescribeAsync("read") is { } monitor
                ? listing.OutputsOf(monitor)
                : throw listing.NotFound(id, await listing.NearAsync(id, args, session, deadline));
        }

        var name = args["monitorName"] is { IsSecret: false } stated ? stated.Text : null;
        return (await listing.OnlyAsync(args, name is null ? "of the given name" : $"`{name}`", name, session, deadline)).Outputs();
    }
}
