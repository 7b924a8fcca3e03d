using System.Collections.Immutable;

namespace LiveSimulator;

/// <summary>State of a relay task, with the numbers of the service.</summary>
public enum RelayState
{
    /// <summary>Past its end time or deleted.</summary>
    Exit = -1,

    /// <summary>Created, start time not reached.</summary>
    Idle = 0,

    /// <summary>Pulling and pushing.</summary>
    Running = 1,

    /// <summary>An error while running; retries go on.</summary>
    Recovering = 2,

    /// <summary>Stopped by a call, or retries exhausted.</summary>
    Offline = 3,
}

/// <summary>What is stored of a task's configuration, by the service's names.</summary>
/// <param name="SourceProtocol">As sent; null when it was not.</param>
/// <param name="RetryInterval">Seconds.</param>
/// <param name="Offset">Seconds.</param>
public sealed record RelayConfig(
    string Region, string TaskName, DateTimeOffset StartTime, DateTimeOffset EndTime, string SourceType, string? SourceProtocol,
    ImmutableArray<string> SourceUrls, string DstUrl, int RepeatNumber, int Offset, int FileIndex, int RetryCount, int RetryInterval,
    string CallbackUrl)
{
    /// <summary>How long retries go on before the task gives up.</summary>
    public TimeSpan RetryTime => TimeSpan.FromSeconds((double)RetryCount * RetryInterval);
}

/// <summary>A change of a task's state.</summary>
/// <param name="Reason">What caused it: a call, the start or end time, or the service's invalid reason.</param>
public sealed record StateChange(DateTimeOffset At, RelayState State, string Reason);

/// <summary>
/// A time in which a task pushed (retries included), and what it pushed. What a later update changes on air shows in place.
/// </summary>
/// <param name="To">Null while it lasts.</param>
public sealed record PushPeriod(
    DateTimeOffset From, DateTimeOffset? To, string DstUrl, ImmutableArray<string> SourceUrls, int FileIndex, int Offset, int RepeatNumber);

/// <summary>A moment in which two live tasks pushed to one address.</summary>
/// <param name="TaskId">The task that came second.</param>
public sealed record PushConflict(DateTimeOffset At, string DstUrl, string TaskId, string OtherTaskId);

/// <summary>A relay task as it was when asked for.</summary>
/// <param name="InvalidReason">Why it is Recovering or Offline.</param>
/// <param name="ExitReason"><c>TriggerByUser</c> or <c>OverEndTime</c>, once it has exited.</param>
/// <param name="History">Every change of state, the first one being its creation.</param>
public sealed record TaskSnapshot(
    string TaskId, RelayState State, RelayConfig Config, DateTimeOffset CreatedAt, string? InvalidReason, DateTimeOffset? ExitTime,
    string? ExitReason, bool SourceLost, ImmutableArray<PushPeriod> Pushes, ImmutableArray<StateChange> History)
{
    /// <summary>Whether the task exists for the service: all states but Exit.</summary>
    public bool IsLive => State != RelayState.Exit;

    /// <summary>What is pushed now; null while nothing is.</summary>
    public PushPeriod? OnAir => Pushes is [.., { To: null } last] ? last : null;

    /// <summary>How often pushing ended before the task's own end: by stops, restarts, and retries exhausted.</summary>
    public int Interruptions => Pushes.Count(push => push.To is { } to && to != ExitTime);

    /// <summary>The minutes that are billed up to this time: each started minute of each push.</summary>
    public int BilledMinutes(DateTimeOffset until) =>
        Pushes.Sum(push => (int)Math.Ceiling(((push.To ?? until) - push.From).TotalMinutes));
}

/// <summary>A relay task's state while it lives; changed by <see cref="RelayLifeCycle"/> alone.</summary>
sealed class SimulatedTask(string id, RelayConfig config, DateTimeOffset createdAt, long number)
{
    public string Id { get; } = id;

    /// <summary>Place in the order of creation.</summary>
    public long Number { get; } = number;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public RelayConfig Config { get; set; } = config;

    public RelayState State { get; set; } = RelayState.Idle;

    public string? InvalidReason { get; set; }

    public DateTimeOffset? ExitTime { get; set; }

    public string? ExitReason { get; set; }

    /// <summary>Nothing can be pulled; retries fail.</summary>
    public bool SourceLost { get; set; }

    /// <summary>Another task pushes to the same address; retries fail.</summary>
    public bool PushBlocked { get; set; }

    /// <summary>When retries are given up; only while Recovering.</summary>
    public DateTimeOffset RetriesEnd { get; set; }

    /// <summary>Counts plans for the next change; an older plan is void.</summary>
    public int Plan { get; set; }

    public List<PushPeriod> Pushes { get; } = [];

    public List<StateChange> History { get; } = [];

    public bool Pushing => State is RelayState.Running or RelayState.Recovering;

    /// <summary>An exited task as it was shown before.</summary>
    public SimulatedTask BeforeItsEnd() => new(Id, Config, CreatedAt, Number) { State = History[^2].State };

    public TaskSnapshot Snapshot() =>
        new(Id, State, Config, CreatedAt, InvalidReason, ExitTime, ExitReason, SourceLost, [.. Pushes], [.. History]);
}
