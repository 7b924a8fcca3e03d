using System.Collections.Concurrent;

namespace PulumiAliyunLive.Live;

/// <summary>
/// The listings that refreshes share: one of the relay tasks of each region, one of all monitor sessions.
/// See <see cref="SharedListing{T}"/>.
/// </summary>
sealed class SharedListings
{
    static readonly Dictionary<string, string> NoFilters = new(StringComparer.Ordinal);

    readonly ConcurrentDictionary<string, SharedListing<LiveTask>> _tasks = new(StringComparer.Ordinal);
    readonly SharedListing<LiveMonitor> _monitors;
    readonly Func<string, SharedListing<LiveTask>> _newRegion;

    public SharedListings(LiveClient client, TimeProvider clock)
    {
        var exact = new ExactCalls(clock);
        client.Addressed += exact.Note;
        _newRegion = region => new(
            clock,
            exact,
            async (page, deadline) =>
            {
                var answer = await client.DescribeLivePullToPushListAsync(region, NoFilters, page, Limits.TaskPageSize, deadline);
                return (answer.Total, answer.TaskList);
            },
            task => task.TaskId,
            task => task.Status != TaskStatus.Exit);
        _monitors = new(
            clock,
            exact,
            async (page, deadline) =>
            {
                var answer = await client.DescribeLiveStreamMonitorListAsync(null, page, Limits.SharedMonitorPageSize, deadline);
                return (answer.Total, answer.LiveStreamMonitorList);
            },
            monitor => monitor.MonitorId,
            _ => true);
    }

    /// <summary>A task as a listing of its region shows it alive; null where it is to be asked for exactly.</summary>
    public Task<LiveTask?> FindTaskAsync(string region, string taskId, Deadline deadline) =>
        _tasks.GetOrAdd(region, _newRegion).FindAsync(taskId, deadline);

    /// <summary>A monitor session as the listing shows it; null where it is to be asked for exactly.</summary>
    public Task<LiveMonitor?> FindMonitorAsync(string monitorId, Deadline deadline) => _monitors.FindAsync(monitorId, deadline);
}
