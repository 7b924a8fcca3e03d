using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The relay tasks of a region that match the filters.</summary>
sealed class GetRelayTasks(ObjectSchema arguments, ListingOfRelayTasks listing) : Function(arguments)
{
    public const string Token = "aliyun-live:index:getRelayTasks";

    protected override void Check(PropertyMap args, Session session, CheckFailures failures) => listing.Check(args, session, failures);

    protected override async Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline)
    {
        var found = await listing.SortedAsync(args, session, deadline);
        return new()
        {
            ["region"] = ListingOfRelayTasks.RegionOf(args, session),
            ["ids"] = PropertyValue.Of(found.Select(task => (PropertyValue)task.Id)),
            ["tasks"] = PropertyValue.Of(found.Select(task => (PropertyValue)task.Outputs())),
        };
    }
}
