namespace PulumiAliyunLive.Live;

/// <summary>What an error of the service means for the caller, whatever its code and HTTP status.</summary>
enum LiveErrorKind
{
    /// <summary>The object does not exist: <c>CodeTaskNotExist</c>, <c>StreamMonitorNotExist</c>. Nothing else is "gone".</summary>
    Gone,

    /// <summary>
    /// The object is already in the wanted state: <c>CodeTaskHasStopped</c>, <c>StreamMonitorAlreadyStop</c>,
    /// <c>StreamMonitorAlreadyStarted</c>.
    /// </summary>
    AlreadySo,

    /// <summary>The object's state does not allow it: <c>IllegalOperation</c>.</summary>
    NotAllowed,

    /// <summary>Flow control; nothing was done unless <see cref="LiveException.MaybeDone"/> says otherwise.</summary>
    Throttled,

    /// <summary>A fault of the service or the network that may pass; see <see cref="LiveException.MaybeDone"/>.</summary>
    Transient,

    /// <summary>The account may not do this (RAM policy, service not opened, no live domain, wrong account).</summary>
    Denied,

    /// <summary>Key, secret or token are wrong or missing.</summary>
    Credentials,

    /// <summary>The temporary credentials have run out.</summary>
    Expired,

    /// <summary>The request itself is refused: bad parameters, quota, unknown region.</summary>
    Invalid,
}

/// <summary>
/// An operation of the service failed. The message names operation, code, the service's words and the request id, and holds no secret.
/// </summary>
sealed class LiveException(
    LiveErrorKind kind, string operation, string code, string serviceMessage, string? requestId, bool maybeDone = false,
    Exception? inner = null)
    : Exception(Describe(operation, code, serviceMessage, requestId), inner)
{
    public LiveErrorKind Kind { get; } = kind;

    public string Operation { get; } = operation;

    /// <summary>
    /// The service's error code, for example <c>CodeTaskNotExist</c>; for a failure without an answer, a word of
    /// <see cref="LiveErrors"/>.
    /// </summary>
    public string Code { get; } = code;

    public string? RequestId { get; } = requestId;

    /// <summary>
    /// Whether the service may have carried the operation out all the same: the request was sent and no clear refusal came back. After such
    /// an answer Create must look for what it may have made.
    /// </summary>
    public bool MaybeDone { get; } = maybeDone;

    /// <summary>How long the service asks to wait (<c>x-acs-retry-after</c>), within sane bounds; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The same failure of a call that leaves nothing behind.</summary>
    public LiveException NotDone() =>
        new(Kind, Operation, Code, serviceMessage, RequestId, maybeDone: false, this) { RetryAfter = RetryAfter };

    static string Describe(string operation, string code, string serviceMessage, string? requestId)
    {
        var what = code switch
        {
            LiveErrors.NotSent => "could not reach the service",
            LiveErrors.NoAnswer => "got no answer",
            LiveErrors.BadAnswer => "got an answer that cannot be understood",
            LiveErrors.OutOfTime => "ran out of time",
            _ => $"answered {code}",
        };
        var words = string.IsNullOrWhiteSpace(serviceMessage) ? "" : $": {Redaction.Text(serviceMessage.Trim())}";
        var request = string.IsNullOrEmpty(requestId) ? "" : $" (request {requestId})";
        return $"{operation} {what}{words}{request}";
    }
}

/// <summary>A call was cancelled when it was on its way: the service may have carried it out.</summary>
sealed class CancelledWhileSentException(CancellationToken cancellation)
    : OperationCanceledException("Cancelled while the call was on its way.", cancellation);
