namespace PulumiAliyunLive.Model;

/// <summary>How a call failed, in the terms of gRPC; the numbers are gRPC's.</summary>
enum ProviderStatus
{
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    Unimplemented = 12,

    /// <summary>A fault of this plugin; tells the engine that the resource may have changed.</summary>
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <summary>A call failed and the message says why, to a person, without any secret.</summary>
class ProviderException(ProviderStatus status, string message, Exception? inner = null) : Exception(message, inner)
{
    public ProviderStatus Status { get; } = status;
}

/// <summary>
/// The object exists but the call did not finish: the engine keeps <see cref="Id"/>, <see cref="Outputs"/> and <see cref="Inputs"/> in its
/// state and completes the resource with an update on the next run.
/// </summary>
sealed class PartialFailureException(string id, PropertyMap outputs, PropertyMap inputs, IReadOnlyList<string> reasons, Exception? inner = null)
    : ProviderException(ProviderStatus.Unknown, string.Join("\n", reasons), inner)
{
    public string Id { get; } = id;

    public PropertyMap Outputs { get; } = outputs;

    public PropertyMap Inputs { get; } = inputs;

    public IReadOnlyList<string> Reasons { get; } = reasons;
}
