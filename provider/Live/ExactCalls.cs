using System.Collections.Concurrent;

namespace PulumiAliyunLive.Live;

/// <summary>
/// When each object was last asked for or changed by a call about it alone. What such a call did or told is newer than a listing that began
/// before it, and for a moment the service's listings may lag behind it. Grows with the number of objects, not with that of calls.
/// </summary>
sealed class ExactCalls(TimeProvider clock)
{
    /// <summary>How long a listing may lag behind a change; as long as a change is waited for elsewhere.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<string, DateTimeOffset> _last = new(StringComparer.Ordinal);

    /// <summary>A call about one object begins or ends.</summary>
    public void Note(string id) => _last[id] = clock.GetUtcNow();

    /// <summary>
    /// Whether a listing that began at <paramref name="begun"/> shows what every exact call before this moment left of the object.
    /// </summary>
    public bool IsSettled(string id, DateTimeOffset begun) =>
        !_last.TryGetValue(id, out var last) || last + Settling < begun;
}
