using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The monitor sessions of the account that match the filters.</summary>
sealed class GetMonitorSessions(ObjectSchema arguments, ListingOfMonitorSessions listing) : Function(arguments)
{
    public const string Token = "aliyun-live:index:getMonitorSessions";

    protected override void Check(PropertyMap args, Session session, CheckFailures failures) => listing.Check(args, session, failures);

    protected override async Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline)
    {
        var found = await listing.SortedAsync(args, session, deadline);
        return new()
        {
            ["ids"] = PropertyValue.Of(found.Select(monitor => (PropertyValue)monitor.Id)),
            ["sessions"] = PropertyValue.Of(found.Select(monitor => (PropertyValue)monitor.Outputs())),
        };
    }
}
