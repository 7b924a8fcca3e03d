using System.Collections.Concurrent;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>What a configured provider hands to its resources: the client, the engine's ear, the clock and the configuration.</summary>
/// <param name="ConfiguredRegion">The region the provider's configuration states; null where it states none.</param>
/// <param name="EnvironmentRegion">The region of the environment: for new tasks only, never stored in provider inputs.</param>
/// <param name="RefreshBeforeUpdate">Whether the engine is asked to read each resource before it updates it.</param>
sealed record Session(
    LiveClient Client, IEngineLog Log, TimeProvider Clock, string? ConfiguredRegion, string? EnvironmentRegion, bool RefreshBeforeUpdate)
{
    /// <summary>Who pushes where in this run; a new configuration starts with none.</summary>
    public Destinations Destinations { get; } = new();

    /// <summary>
    /// The region of each existing task, by URN, as far as Check was told it: the Check of a replacement is told nothing of the old task.
    /// </summary>
    public ConcurrentDictionary<string, string> KnownRegions { get; } = new(StringComparer.Ordinal);

    /// <summary>The listings that the reads of a refresh share; null for everything else: imports, changes and waits need the exact truth.</summary>
    public SharedListings? Listings { get; init; }

    /// <summary>The service's clock as far as it is known, else this machine's.</summary>
    public DateTimeOffset Now => Client.ServerNow;

    /// <summary>The region for a resource that states none and has none yet.</summary>
    public string? DefaultRegion => ConfiguredRegion ?? EnvironmentRegion;

    /// <summary>The time one operation has: the user's <c>customTimeouts</c>, else the operation's own limit.</summary>
    public Deadline Deadline(TimeSpan? stated, TimeSpan byDefault, CancellationToken cancellation) =>
        new(Clock, stated ?? byDefault, cancellation);
}
