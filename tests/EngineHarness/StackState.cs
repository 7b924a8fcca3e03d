using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>A resource as the state keeps it.</summary>
sealed record ResourceState
{
    public required string Urn { get; init; }

    public required string Type { get; init; }

    /// <summary>Whether a provider manages it; the stack itself is not custom.</summary>
    public bool Custom { get; init; } = true;

    /// <summary>Unknown only while previewing.</summary>
    public PropertyValue Id { get; init; } = "";

    public PropertyMap Inputs { get; init; } = PropertyMap.Empty;

    public PropertyMap Outputs { get; init; } = PropertyMap.Empty;

    /// <summary>The provider resource, as <c>urn::id</c>; empty for providers and the stack.</summary>
    public string Provider { get; init; } = "";

    /// <summary>Read by <c>get</c>, not managed.</summary>
    public bool External { get; init; }

    public bool Protect { get; init; }

    public bool RetainOnDelete { get; init; }

    /// <summary>Replaced, and still to be deleted.</summary>
    public bool Delete { get; init; }

    /// <summary>To be replaced by the next update.</summary>
    public bool Taint { get; init; }

    public bool RefreshBeforeUpdate { get; init; }

    public IReadOnlyList<string> Dependencies { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> PropertyDependencies { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Why the last creation or update did not finish.</summary>
    public IReadOnlyList<string> InitErrors { get; init; } = [];

    public IReadOnlyList<string> AdditionalSecretOutputs { get; init; } = [];

    public Timeouts Timeouts { get; init; } = new();

    public IReadOnlyList<string> IgnoreChanges { get; init; } = [];

    /// <summary>The id it was imported by.</summary>
    public string ImportId { get; init; } = "";

    public string Name => Tokens.NameOf(Urn);

    public bool IsProvider => Tokens.IsProvider(Type);

    public bool IsStack => Type == Tokens.Stack;

    /// <summary>Default providers are the engine's own affair and shown nowhere.</summary>
    public bool IsDefaultProvider => IsProvider && Name == "default";

    /// <summary>A provider resource as other resources refer to it.</summary>
    public string Reference => $"{Urn}::{Id.Text ?? ProviderIds.Unknown}";

    /// <summary>The URN part of <see cref="Provider"/>.</summary>
    public string ProviderUrn => Provider[..Provider.LastIndexOf("::", StringComparison.Ordinal)];
}

/// <summary>Ids of provider resources.</summary>
static class ProviderIds
{
    /// <summary>Stands for the id of a provider whose creation is being previewed.</summary>
    public const string Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
}

/// <summary>An operation that was begun; left in the state when the engine itself was killed.</summary>
sealed record PendingOperation(string Urn, string Kind);

/// <summary>All that is known of a stack between runs.</summary>
sealed record StackState(IReadOnlyList<ResourceState> Resources, IReadOnlyList<PendingOperation> Pending)
{
    public static readonly StackState Empty = new([], []);

    public ResourceState? Find(string urn) => Resources.FirstOrDefault(resource => resource.Urn == urn && !resource.Delete);
}

/// <summary>
/// The state while a run changes it: what the run has settled, followed by what it has not touched yet. Saved after every step, so that a
/// killed engine leaves the truth behind.
/// </summary>
sealed class RunningState(StackState start, Action<StackState>? save)
{
    readonly List<ResourceState> _settled = [];
    readonly List<ResourceState> _untouched = [.. start.Resources];
    readonly List<PendingOperation> _pending = [];

    public StackState Current => new([.. _settled, .. _untouched], [.. _pending]);

    /// <summary>What the run has not touched yet, in the order of its creation.</summary>
    public IReadOnlyList<ResourceState> Untouched => [.. _untouched];

    /// <summary>Notes that an operation is under way until the result is disposed.</summary>
    public IDisposable Begin(string urn, string kind)
    {
        var operation = new PendingOperation(urn, kind);
        _pending.Add(operation);
        Save();
        return new Ending(() => _pending.Remove(operation));
    }

    /// <summary>Puts a new state in the place of an old one; either may be absent.</summary>
    public void Settle(ResourceState? old, ResourceState? now)
    {
        if (old is not null)
        {
            _untouched.RemoveAll(state => ReferenceEquals(state, old));
            _settled.RemoveAll(state => ReferenceEquals(state, old));
        }
        if (now is not null)
            _settled.Add(now);
        Save();
    }

    /// <summary>Changes an entry where it stands.</summary>
    public void Replace(ResourceState old, ResourceState now)
    {
        foreach (var list in new[] { _settled, _untouched })
        {
            var at = list.FindIndex(state => ReferenceEquals(state, old));
            if (at >= 0)
                list[at] = now;
        }
        Save();
    }

    void Save() => save?.Invoke(Current);

    sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
