using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Creates a monitor session exactly once: a lost answer is resolved by its name and the rest of its configuration; see
/// <see cref="ExactlyOnce"/>.
/// </summary>
sealed class MonitorSessionCreation(MonitorSession resource, Session session, Deadline deadline, string urn, IReadOnlyDictionary<string, string> parameters)
{
    /// <summary>The id of the new session.</summary>
    public async Task<string> RunAsync(PropertyMap inputs)
    {
        var attempt = $"create monitor session {ErrorTexts.Name(inputs["monitorName"]!)}";
        try
        {
            var seen = (await session.Client.ListLiveStreamMonitorsAsync(deadline)).Select(monitor => monitor.MonitorId).ToHashSet(StringComparer.Ordinal);
            var once = new ExactlyOnce(
                session, deadline, urn, attempt, "session", "getMonitorSessions", "pulumi import aliyun-live:index:MonitorSession <name> <monitorId>",
                limit => MadeSinceAsync(inputs, seen, limit), session.Client.DeleteLiveStreamMonitorAsync);
            return await once.RunAsync(() => session.Client.CreateLiveStreamMonitorAsync(parameters, deadline));
        }
        catch (LiveException error)
        {
            throw error.Explain(attempt);
        }
    }

    /// <summary>The sessions of this name that were not there before; exact are those that also have the configuration.</summary>
    async Task<IReadOnlyList<Candidate>> MadeSinceAsync(PropertyMap inputs, HashSet<string> seen, Deadline limit) =>
    [
        .. (await session.Client.ListLiveStreamMonitorsAsync(limit))
            .Where(monitor => !seen.Contains(monitor.MonitorId) && monitor.Fields.Text("MonitorName") == parameters["MonitorName"])
            .Select(monitor => new Candidate(monitor.MonitorId, resource.IsMadeOf(monitor, inputs))),
    ];
}
