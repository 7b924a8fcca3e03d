namespace PulumiAliyunLive.Model;

/// <summary>
/// What a Pulumi provider does, in Pulumi's terms and free of the wire. <c>Protocol</c> turns each remote call into one of these;
/// a thrown <see cref="ProviderException"/> becomes the call's status.
/// </summary>
interface IProvider
{
    /// <summary>The package schema as JSON text, with the version filled in.</summary>
    ReadOnlyMemory<byte> GetSchema();

    /// <summary>Validates the provider's own configuration; no network.</summary>
    ValueTask<CheckResult> CheckConfigAsync(CheckRequest request, CancellationToken cancellation);

    /// <summary>Compares two provider configurations; no network.</summary>
    ValueTask<DiffResult> DiffConfigAsync(DiffRequest request, CancellationToken cancellation);

    /// <summary>Takes over a checked configuration; may be called again on an attached process, the last one counts. No network.</summary>
    ValueTask ConfigureAsync(PropertyMap config, CancellationToken cancellation);

    /// <summary>Validates and completes a resource's inputs; no network.</summary>
    ValueTask<CheckResult> CheckAsync(CheckRequest request, CancellationToken cancellation);

    /// <summary>Says what a change of inputs does; no network.</summary>
    ValueTask<DiffResult> DiffAsync(DiffRequest request, CancellationToken cancellation);

    ValueTask<CreateResult> CreateAsync(CreateRequest request, CancellationToken cancellation);

    /// <summary>Reads what exists; null means the resource is gone.</summary>
    ValueTask<ReadResult?> ReadAsync(ReadRequest request, CancellationToken cancellation);

    ValueTask<UpdateResult> UpdateAsync(UpdateRequest request, CancellationToken cancellation);

    ValueTask DeleteAsync(DeleteRequest request, CancellationToken cancellation);

    /// <summary>Runs a function; it changes nothing and may run in previews.</summary>
    ValueTask<InvokeResult> InvokeAsync(InvokeRequest request, CancellationToken cancellation);

    /// <summary>Lists what exists of one resource type.</summary>
    IAsyncEnumerable<ListItem> ListAsync(ListRequest request, CancellationToken cancellation);
}

/// <summary>The engine's ear: the only place a person sees messages of the plugin. A failing log never fails a call.</summary>
interface IEngineLog
{
    /// <summary>Sends one message. <paramref name="ephemeral"/> ones are shown in the status column and not kept.</summary>
    ValueTask LogAsync(LogSeverity severity, string message, string urn, bool ephemeral = false);
}

/// <summary>Severity of a log message. An error makes the whole run fail, so failures are returned as status instead.</summary>
enum LogSeverity
{
    Debug,
    Info,
    Warning,
    Error,
}

/// <param name="Olds">Old checked inputs; empty for a creation.</param>
/// <param name="News">What the program wants now; unknowns only in previews.</param>
/// <param name="RandomSeed">The seed that generated names come from; empty for CheckConfig.</param>
sealed record CheckRequest(string Urn, string Name, string Type, PropertyMap Olds, PropertyMap News, ReadOnlyMemory<byte> RandomSeed, Autonaming? Autonaming);

/// <summary>The user's naming rule for a resource without a name of its own.</summary>
sealed record Autonaming(string ProposedName, AutonamingMode Mode);

enum AutonamingMode
{
    Propose,
    Enforce,
    Disable,
}

/// <param name="Inputs">Normalised inputs with defaults; returned even where there are failures.</param>
sealed record CheckResult(PropertyMap Inputs, IReadOnlyList<CheckFailure> Failures);

/// <param name="Property">
/// A top-level name, or empty. The engine prints the <em>value</em> of an exactly matching name, secret or not, so this is filled only for
/// properties that can never hold an address or a secret; otherwise the reason starts with the path.
/// </param>
sealed record CheckFailure(string Property, string Reason);

/// <param name="Olds">Old outputs.</param>
/// <param name="OldInputs">Old checked inputs.</param>
/// <param name="News">New checked inputs.</param>
sealed record DiffRequest(
    string Id, string Urn, string Name, string Type, PropertyMap Olds, PropertyMap OldInputs, PropertyMap News, IReadOnlyList<string> IgnoreChanges);

/// <param name="Changes">Every changed path; empty means nothing to do.</param>
/// <param name="DeleteBeforeReplace">The order of a replacement, should one happen for whatever reason.</param>
sealed record DiffResult(IReadOnlyList<PropertyChange> Changes, bool DeleteBeforeReplace);

/// <param name="Path">A property path such as <c>inputList[0].inputUrl</c>.</param>
/// <param name="Replace">Whether this change forces a replacement.</param>
/// <param name="InputDiff">Whether the old value is found in the old inputs; false: in the old outputs.</param>
sealed record PropertyChange(string Path, ChangeKind Kind, bool Replace = false, bool InputDiff = true);

enum ChangeKind
{
    Add,
    Delete,
    Update,
}

/// <param name="Timeout">From <c>customTimeouts</c>; null: the resource's own default.</param>
sealed record CreateRequest(string Urn, string Name, string Type, PropertyMap Properties, TimeSpan? Timeout, bool Preview);

/// <param name="Id">Empty in a preview.</param>
/// <param name="RefreshBeforeUpdate">Whether the engine is asked to read the resource before each later update.</param>
sealed record CreateResult(string Id, PropertyMap Outputs, bool RefreshBeforeUpdate = false);

/// <param name="Properties">Known outputs; null for an import.</param>
/// <param name="Inputs">Known inputs; null for an import.</param>
sealed record ReadRequest(string Id, string Urn, string Name, string Type, PropertyMap? Properties, PropertyMap? Inputs, TimeSpan? Timeout);

sealed record ReadResult(string Id, PropertyMap Outputs, PropertyMap Inputs, bool RefreshBeforeUpdate = false);

sealed record UpdateRequest(
    string Id, string Urn, string Name, string Type, PropertyMap Olds, PropertyMap OldInputs, PropertyMap News, IReadOnlyList<string> IgnoreChanges,
    TimeSpan? Timeout, bool Preview);

sealed record UpdateResult(PropertyMap Outputs, bool RefreshBeforeUpdate = false);

sealed record DeleteRequest(string Id, string Urn, string Name, string Type, PropertyMap Properties, PropertyMap OldInputs, TimeSpan? Timeout);

sealed record InvokeRequest(string Token, PropertyMap Args, bool Preview);

sealed record InvokeResult(PropertyMap Return, IReadOnlyList<CheckFailure> Failures);

sealed record ListRequest(string Token, PropertyMap Query, long Limit);

/// <param name="Id">An id that import accepts.</param>
sealed record ListItem(string Id, string Name);
