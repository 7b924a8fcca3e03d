using System.Collections.Immutable;

namespace LiveSimulator;

/// <summary>What is stored of a monitor session's configuration, by the service's names.</summary>
/// <param name="InputList">The inputs as JSON text, as it was sent.</param>
/// <param name="MonitorConfig">The thresholds as JSON text, as it was sent but for a second layer of quotes; empty for none.</param>
public sealed record MonitorConfiguration(
    string MonitorName, string Domain, string OutputTemplate, string InputList, string App, string Stream, string MonitorConfig,
    string CallbackUrl, string DingTalkWebHookUrl)
{
    public string RtmpUrl => $"rtmp://{Domain}/{App}/{Stream}";

    public string FlvUrl => $"http://{Domain}/{App}/{Stream}.flv";
}

/// <summary>A time in which a session monitored.</summary>
/// <param name="To">Null while it lasts.</param>
public sealed record MonitorPeriod(DateTimeOffset From, DateTimeOffset? To);

/// <summary>A monitor session as it was when asked for.</summary>
/// <param name="Deleted">Whether it is gone; snapshots of deleted sessions remain.</param>
public sealed record MonitorSnapshot(
    string MonitorId, bool Running, bool Deleted, MonitorConfiguration Config, DateTimeOffset CreatedAt,
    ImmutableArray<MonitorPeriod> Periods)
{
    /// <summary>When it went; null while it exists.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? StartTime => Periods is [.., var last] ? last.From : null;

    public DateTimeOffset? StopTime => Periods.LastOrDefault(period => period.To is not null)?.To;
}

/// <summary>A monitor session's state: stopped after its creation, then started and stopped by calls alone.</summary>
sealed class SimulatedMonitor(string id, MonitorConfiguration config, DateTimeOffset createdAt, long number)
{
    readonly List<MonitorPeriod> _periods = [];

    public string Id { get; } = id;

    /// <summary>Place in the order of creation.</summary>
    public long Number { get; } = number;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public MonitorConfiguration Config { get; set; } = config;

    public DateTimeOffset? DeletedAt { get; set; }

    public bool Deleted => DeletedAt is not null;

    public bool Running => _periods is [.., { To: null }];

    public void Start(DateTimeOffset now)
    {
        if (!Running) _periods.Add(new MonitorPeriod(now, null));
    }

    public void Stop(DateTimeOffset now)
    {
        if (Running) _periods[^1] = _periods[^1] with { To = now };
    }

    public MonitorSnapshot Snapshot() => new(Id, Running, Deleted, Config, CreatedAt, [.. _periods]) { DeletedAt = DeletedAt };
}
