using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Finds relay tasks, in one region at a time.
/// Filters: <c>region</c>, <c>taskName</c>, <c>taskNamePrefix</c>, <c>dstUrl</c>, <c>statuses</c>.
/// </summary>
sealed class ListingOfRelayTasks(RelayTask resource, ObjectSchema query) : Listing(query)
{
    public override string What => "relay task";

    protected override string ImportForms =>
        "State `<region>/<taskId>`, for example `cn-shanghai/8c218232-5ce2-4eae-829a-8ab15bdab2eb`, or `<region>/<task name>` where only "
        + "one task has the name; `<region>/` may be left out for the provider's region.";

    /// <summary>The region that is searched; the stated one, else the provider's.</summary>
    public static string RegionOf(PropertyMap filters, Session session) => filters["region"]?.Text ?? session.DefaultRegion!;

    public override void Check(PropertyMap filters, Session session, CheckFailures failures)
    {
        if (filters["region"]?.Text is { Length: 0 } || (filters["region"] is null && session.DefaultRegion is null))
        {
            failures.Add("region", "must be stated here or with `pulumi config set aliyun-live:region`, for example cn-shanghai");
        }
    }

    protected override async IAsyncEnumerable<Found> EachAsync(PropertyMap filters, Session session, Deadline deadline)
    {
        var region = RegionOf(filters, session);
        var (name, prefix, destination) = (filters["taskName"]?.Text, filters["taskNamePrefix"]?.Text, filters["dstUrl"]?.Text);
        var statuses = filters["statuses"]?.Elements.Select(status => status.Text).ToHashSet(StringComparer.Ordinal);
        var loose = new Dictionary<string, string>(StringComparer.Ordinal);
        if ((name ?? prefix) is { Length: > 0 } part) loose["TaskName"] = part;
        if (destination is { Length: > 0 }) loose["DstUrl"] = destination;
        await foreach (var task in session.Client.EachLivePullToPushAsync(region, loose, deadline))
        {
            var taskName = task.TaskInfo.Text("TaskName") ?? "";
            if (!IsNamed(taskName, name, prefix) || !PushesTo(task, destination)) continue;
            if (statuses is not null && !statuses.Contains(task.Status.ToString())) continue;
            var id = new RelayTaskId(region, task.TaskId);
            yield return new(id.ToString(), task.TaskId, taskName, task.Status == TaskStatus.Exit, () => OutputsOf(id, task));
        }
    }

    /// <summary>What functions return of a task.</summary>
    public PropertyMap OutputsOf(RelayTaskId id, LiveTask task) => new(resource.OutputsOf(id, task)) { ["id"] = id.ToString() };

    /// <summary>
    /// Whether a task pushes to the given address. One given without a query, where stream keys stand, matches whatever the query is.
    /// </summary>
    static bool PushesTo(LiveTask task, string? destination)
    {
        if (destination is null) return true;
        var address = task.TaskInfo.Text("DstUrl") ?? "";
        return address == destination || (!destination.Contains('?', StringComparison.Ordinal) && address.Split('?', 2)[0] == destination);
    }

    protected override bool MayBeId(string text) => RelayTaskId.IsTaskId(text.Split('/', 2)[^1]);

    protected override (PropertyMap Filters, string Name) ByName(string text, Session session) => text.Split('/', 2) switch
    {
        [{ Length: > 0 } region, { Length: > 0 } name] => (new() { ["region"] = region, ["taskName"] = name }, name),
        [{ Length: > 0 } name] when session.DefaultRegion is { } region => (new() { ["region"] = region, ["taskName"] = name }, name),
        _ => throw new ProviderException(ProviderStatus.InvalidArgument, $"`{text}` names no relay task. {ImportForms}"),
    };

    protected override PropertyMap Everything(PropertyMap filters)
    {
        var all = new PropertyMap();
        if (filters["region"] is { } region) all["region"] = region;
        return all;
    }
}
