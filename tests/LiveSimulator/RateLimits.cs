namespace LiveSimulator;

/// <summary>The account's limit of calls per operation, in any second that ends now. Refused calls do not count.</summary>
sealed class RateLimits(SimulatorSettings settings)
{
    const int CallsPerSecond = 10;
    const int MonitorListingsPerSecond = 15;

    readonly Dictionary<string, Queue<DateTimeOffset>> _recent = new(StringComparer.Ordinal);

    public void Count(string operation, DateTimeOffset now)
    {
        if (settings.RateLimitFactor <= 0) return;
        var limit = (operation == "DescribeLiveStreamMonitorList" ? MonitorListingsPerSecond : CallsPerSecond) * settings.RateLimitFactor;
        if (!_recent.TryGetValue(operation, out var recent)) _recent.Add(operation, recent = new Queue<DateTimeOffset>());
        while (recent.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromSeconds(1)) recent.Dequeue();
        if (recent.Count + 1 > limit) throw Throttled(settings);
        recent.Enqueue(now);
    }

    public static ServiceError Throttled(SimulatorSettings settings) =>
        new(settings.ThrottlingStatus, "Throttling.User", "Request was denied due to user flow control.");
}
