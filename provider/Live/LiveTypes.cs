namespace PulumiAliyunLive.Live;

/// <summary>State of a relay task, <c>TaskStatus</c> of the service.</summary>
enum TaskStatus
{
    /// <summary>Past its end time or deleted; may stay visible for some time.</summary>
    Exit = -1,

    /// <summary>Created, start time not reached.</summary>
    Idle = 0,

    /// <summary>Pulling and pushing.</summary>
    Running = 1,

    /// <summary>An error while running, retrying; billed.</summary>
    Recovering = 2,

    /// <summary>Stopped by a call or after the retries ran out.</summary>
    Offline = 3,
}

/// <summary>A relay task as DescribeLivePullToPush and DescribeLivePullToPushList return it.</summary>
/// <param name="TaskInvalidReason">Why it is Offline or Recovering, for example <c>PullStreamFailed</c>; null when not given.</param>
/// <param name="TaskExitTime">When it ended; only with <see cref="TaskStatus.Exit"/>.</param>
/// <param name="TaskExitReason"><c>TriggerByUser</c> or <c>OverEndTime</c>; only with <see cref="TaskStatus.Exit"/>.</param>
/// <param name="TaskInfo">The configuration, by the service's names: <c>TaskName</c>, <c>DstUrl</c>, <c>CallbackURL</c>, …</param>
sealed record LiveTask(
    string TaskId, TaskStatus Status, string? TaskInvalidReason, DateTimeOffset? TaskExitTime, string? TaskExitReason, LiveObject TaskInfo);

/// <summary>One page of DescribeLivePullToPushList.</summary>
sealed record LiveTaskPage(int Total, IReadOnlyList<LiveTask> TaskList);

/// <summary>A monitor session as DescribeLiveStreamMonitorList returns it.</summary>
/// <param name="Running">Whether it monitors now (<c>Status</c> 1).</param>
/// <param name="Fields">All of its fields by the service's names: <c>MonitorName</c>, <c>InputList</c>, <c>OutputUrls</c>, …</param>
sealed record LiveMonitor(string MonitorId, bool Running, LiveObject Fields);

/// <summary>One page of DescribeLiveStreamMonitorList.</summary>
sealed record LiveMonitorPage(int Total, IReadOnlyList<LiveMonitor> LiveStreamMonitorList);
