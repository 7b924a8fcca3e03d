using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Who pushes where and when, as far as the programs checked by this process say: two tasks of a stack for one address at one time are told
/// in the preview, before either is on air. Only what the programs want counts, not what exists, so that a renamed resource, a replaced one
/// and two that swap their addresses pass: each resource has one claim, its latest. What is unknown claims nothing, but for a start, which
/// then counts as now.
/// </summary>
sealed class Destinations
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Claimed> _claims = new(StringComparer.Ordinal);

    /// <summary>Records what a resource wants in place of what it wanted before, unless another one of its stack is in the way.</summary>
    /// <returns>The other one's name; null where none is in the way.</returns>
    public string? Claim(string urn, PropertyMap inputs, DateTimeOffset now)
    {
        lock (_lock)
        {
            _claims.Remove(urn);
            if (Read(inputs, now) is not { } wanted) return null;
            var stack = StackOf(urn);
            var other = _claims.FirstOrDefault(claim => claim.Value.Collides(wanted, now) && StackOf(claim.Key) == stack).Key;
            if (other is null) _claims.Add(urn, wanted);
            return other is null ? null : $"resource `{other.Split("::")[^1]}`";
        }
    }

    /// <summary>Null where there is no push, or none that can be told yet. A task that is to be stopped is in nobody's way.</summary>
    static Claimed? Read(PropertyMap inputs, DateTimeOffset now) =>
        inputs["dstUrl"]?.Text is { } address && Times.Parse(inputs["endTime"]?.Text) is { } end
        && inputs["desiredStatus"] is null or { IsUnknown: false, Text: not "Stopped" }
            ? new Claimed(address, Times.Parse(inputs["startTime"]?.Text) ?? now, end)
            : null;

    /// <summary>Stack and project, with which each URN begins: an attached process may serve several stacks.</summary>
    static string StackOf(string urn) => string.Join("::", urn.Split("::", 3).Take(2));

    sealed record Claimed(string Address, DateTimeOffset Start, DateTimeOffset End)
    {
        /// <summary>Whether both push to one address at some moment from now on; what is over harms nobody.</summary>
        public bool Collides(Claimed other, DateTimeOffset now) =>
            Address == other.Address && Start < other.End && other.Start < End && now < End && now < other.End;
    }
}
