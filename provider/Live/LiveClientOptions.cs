namespace PulumiAliyunLive.Live;

/// <summary>How a service is called.</summary>
sealed record LiveClientOptions
{
    /// <summary>Where Live answers; null is the central address. Plain http is accepted for this machine only.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Where the Security Token Service answers; null is the central address.</summary>
    public Uri? SecurityTokenEndpoint { get; init; }

    /// <summary>The plugin's version, part of the user agent.</summary>
    public string UserAgentVersion { get; init; } = "0";

    /// <summary>
    /// The clock of what the network may take; null is real time, whatever clock time limits run on: a clock that jumps to the next moment
    /// waited for would end every call at once.
    /// </summary>
    public TimeProvider? NetworkClock { get; init; }

    /// <summary>Time to open a connection, in real time.</summary>
    public TimeSpan ConnectTimeout { get; init; } = Limits.ConnectTimeout;

    /// <summary>Time from a connection to the end of the answer, by <see cref="NetworkClock"/>.</summary>
    public TimeSpan ReadTimeout { get; init; } = Limits.ReadTimeout;

    /// <summary>How long one call is tried again after its first failure; null: as long as its time limit allows.</summary>
    public TimeSpan? MaxRetryTime { get; init; }
}
