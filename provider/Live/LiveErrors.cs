using System.Net;

namespace PulumiAliyunLive.Live;

/// <summary>What the service's error codes mean, and the words used in their place when the service gave none.</summary>
static class LiveErrors
{
    /// <summary>No connection came about: certainly nothing was done.</summary>
    public const string NotSent = "NotSent";

    /// <summary>The request was sent and the answer did not arrive, or not in full.</summary>
    public const string NoAnswer = "NoAnswer";

    /// <summary>What arrived is not an answer of the service: no JSON, an expected field missing, too long.</summary>
    public const string BadAnswer = "BadAnswer";

    /// <summary>The time limit was over before anything could be sent.</summary>
    public const string OutOfTime = "OutOfTime";

    /// <summary>The same request was seen before. Nonces are random, so something on the way has sent it twice.</summary>
    public const string NonceUsed = "SignatureNonceUsed";

    /// <summary>Whether the service refused the request because the clocks differ by more than 15 minutes.</summary>
    public static bool IsClockSkew(string code) => code is "InvalidTimeStamp.Expired" or "IllegalTimestamp";

    /// <summary>
    /// The meaning of an error answer. Statuses of a code differ between the service's own pages, so the code decides first.
    /// </summary>
    /// <param name="code">The service's code; empty when the answer has none.</param>
    /// <param name="retryAfter">Whether the answer carries a valid <c>x-acs-retry-after</c>: that makes any error a throttling one.</param>
    /// <param name="temporaryKey">Whether the request was signed with a temporary key: an expired one may be reported as unknown.</param>
    public static LiveErrorKind Classify(HttpStatusCode status, string code, bool retryAfter, bool temporaryKey) => code switch
    {
        _ when retryAfter || IsFlowControl(code) => LiveErrorKind.Throttled,
        "CodeTaskNotExist" or "StreamMonitorNotExist" => LiveErrorKind.Gone,
        "CodeTaskHasStopped" or "StreamMonitorAlreadyStop" or "StreamMonitorAlreadyStarted" => LiveErrorKind.AlreadySo,
        "IllegalOperation" => LiveErrorKind.NotAllowed,
        NonceUsed => LiveErrorKind.Transient,
        _ when IsClockSkew(code) => LiveErrorKind.Transient,
        "InvalidSecurityToken.Expired" or "SecurityTokenExpired" => LiveErrorKind.Expired,
        "InvalidAccessKeyId.NotFound" when temporaryKey => LiveErrorKind.Expired,
        "SignatureDoesNotMatch" or "IncompleteSignature" or "MissingSecurityToken" or "MissingAccessKeyId" => LiveErrorKind.Credentials,
        _ when StartsWith(code, "InvalidAccessKeyId") || StartsWith(code, "InvalidSecurityToken") => LiveErrorKind.Credentials,
        "CodeInvalidAliUid" or "LiveServiceNotFound" => LiveErrorKind.Denied,
        "InvalidUserId.Malformed" or "InvalidIdentity.ServiceDisabled" => LiveErrorKind.Denied,
        _ when StartsWith(code, "Forbidden") || StartsWith(code, "NoPermission") => LiveErrorKind.Denied,
        _ when StartsWith(code, "AccessDenied") => LiveErrorKind.Denied,
        "UserQuotaExceed" => LiveErrorKind.Invalid,
        _ => ByStatus(status),
    };

    /// <summary>
    /// Flow control as the official clients recognise it: <c>Throttling.User</c>, <c>Rejected.Throttling</c>, <c>ServiceUnavailable</c>.
    /// </summary>
    public static bool IsFlowControl(string code) => code == "ServiceUnavailable" || IsThrottling(code);

    /// <summary>
    /// Whether the code says that the call was turned away at the door, whatever its status. <c>ServiceUnavailable</c> does not: a gateway
    /// answers it also when the service behind it got the call and gave no answer in time.
    /// </summary>
    public static bool IsThrottling(string code) => code.Contains("Throttling", StringComparison.Ordinal);

    static LiveErrorKind ByStatus(HttpStatusCode status) => (int)status switch
    {
        401 or 403 => LiveErrorKind.Denied,
        429 => LiveErrorKind.Throttled,
        408 or >= 500 => LiveErrorKind.Transient,
        >= 400 => LiveErrorKind.Invalid,
        _ => LiveErrorKind.Transient,
    };

    static bool StartsWith(string code, string prefix) => code.StartsWith(prefix, StringComparison.Ordinal);
}
