using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Creates a monitor session exactly once: a lost answer is resolved by its name and the rest of its configuration before anything is tried
/// again.
/// </summary>
sealed class MonitorSessionCreation(MonitorSession resource, Session session, Deadline deadline, string urn, IReadOnlyDictionary<string, string> parameters)
{
    const int MaxTries = 3;
    const string Import = "pulumi import aliyun-live:index:MonitorSession <name> <monitorId>";

    readonly string _attempt = $"create monitor session {parameters["MonitorName"]}";

    /// <summary>The id of the new session.</summary>
    public async Task<string> RunAsync(PropertyMap inputs)
    {
        try
        {
            var seen = (await ListAsync(deadline)).Select(monitor => monitor.MonitorId).ToHashSet(StringComparer.Ordinal);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await session.Client.CreateLiveStreamMonitorAsync(parameters, deadline);
                }
                catch (LiveException error) when (error.MaybeDone)
                {
                    await session.Log.LogAsync(LogSeverity.Info, $"the answer to {error.Operation} was lost; looking whether the session was created", urn);
                    if (await AdoptAsync(inputs, seen, deadline) is { } id) return id;
                    if (attempt == MaxTries || deadline.Remaining == TimeSpan.Zero) throw;
                }
                catch (OperationCanceledException)
                {
                    if (await AdoptAsync(inputs, seen, new Deadline(deadline.Clock, Waiting.AfterCancelLimit, CancellationToken.None)) is { } id) return id;
                    throw;
                }
            }
        }
        catch (LiveException error)
        {
            throw error.Explain(_attempt);
        }
    }

    Task<IReadOnlyList<LiveMonitor>> ListAsync(Deadline limit) => session.Client.ListLiveStreamMonitorsAsync(limit);

    /// <summary>Looks for the one session that this call made: not seen before, of the same name and configuration.</summary>
    async Task<string?> AdoptAsync(PropertyMap inputs, HashSet<string> seen, Deadline limit)
    {
        IReadOnlyList<LiveMonitor> named;
        try
        {
            named = await Waiting.UntilAsync(
                async () => (await ListAsync(limit))
                    .Where(monitor => !seen.Contains(monitor.MonitorId) && monitor.Fields.Text("MonitorName") == parameters["MonitorName"])
                    .ToList(),
                monitors => monitors.Exists(monitor => resource.IsMadeOf(monitor, inputs)),
                Waiting.ReadBackLimit,
                limit,
                session.Log,
                urn,
                "looking for the session whose creation was not confirmed");
        }
        catch (Exception error) when (error is LiveException or CredentialsException)
        {
            throw new ProviderException(
                ProviderStatus.Unknown,
                $"The answer that should confirm how to {_attempt} was lost, and looking for the session failed: {error.Message}. "
                + $"It may exist: look for that name before the next up, and import it: {Import}",
                error);
        }

        var made = named.Where(monitor => resource.IsMadeOf(monitor, inputs)).ToList();
        return (named, made) switch
        {
            ([], _) => null,
            (_, [var monitor]) => monitor.MonitorId,
            _ => throw new ProviderException(
                ProviderStatus.Unknown,
                $"The answer that should confirm how to {_attempt} was lost, and it is not clear which session it made: "
                + $"{string.Join(", ", named.Select(monitor => monitor.MonitorId))} came since. Delete what is too much and import the other: {Import}"),
        };
    }
}
