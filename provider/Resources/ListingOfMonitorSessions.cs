using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>Finds monitor sessions, in all of the account. Filters: <c>monitorName</c>, <c>monitorNamePrefix</c>, <c>status</c>.</summary>
sealed class ListingOfMonitorSessions(MonitorSession resource, ObjectSchema query) : Listing(query)
{
    public override string What => "monitor session";

    protected override string ImportForms =>
        "State the monitor id, for example `445409ec-7eaa-461d-8f29-4bec2eb9aaaa`, or the session's name where only one has it.";

    public override void Check(PropertyMap filters, Session session, CheckFailures failures)
    {
        // Whatever the schema takes can be searched with.
    }

    protected override async IAsyncEnumerable<Found> EachAsync(PropertyMap filters, Session session, Deadline deadline)
    {
        var (name, prefix, status) = (filters["monitorName"]?.Text, filters["monitorNamePrefix"]?.Text, filters["status"]?.Text);
        await foreach (var monitor in session.Client.EachLiveStreamMonitorAsync(deadline))
        {
            var monitorName = monitor.Fields.Text("MonitorName") ?? "";
            if (!IsNamed(monitorName, name, prefix) || (status is not null && status == "Running" != monitor.Running)) continue;
            yield return new(monitor.MonitorId, monitor.MonitorId, monitorName, Ended: false, () => OutputsOf(monitor));
        }
    }

    /// <summary>What functions return of a session.</summary>
    public PropertyMap OutputsOf(LiveMonitor monitor) => new(resource.OutputsOf(monitor)) { ["id"] = monitor.MonitorId };

    protected override bool MayBeId(string text) => IsMonitorId(text);

    /// <summary>Whether the service takes the text for an id.</summary>
    public static bool IsMonitorId(string text) =>
        text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    protected override (PropertyMap Filters, string Name) ByName(string text, Session session) => (new() { ["monitorName"] = text }, text);

    protected override PropertyMap Everything(PropertyMap filters) => PropertyMap.Empty;
}
