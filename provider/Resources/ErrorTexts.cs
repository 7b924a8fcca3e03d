using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Every failure of a service call in one shape: what was attempted on which object, what the service said, what to do. The request id is
/// part of what the service said.
/// </summary>
static class ErrorTexts
{
    /// <summary>The failure as the engine is told it.</summary>
    /// <param name="attempt">What was attempted, on which object: <c>create the relay task in cn-shanghai</c>.</param>
    public static ProviderException Explain(this LiveException error, string attempt) => new(StatusOf(error), Text(error, attempt), error);

    /// <summary>The failure as one sentence after the other, for the reasons of a partial failure.</summary>
    public static string Text(LiveException error, string attempt) => $"Could not {attempt}: {error.Message}. {Advice(error)}".TrimEnd();

    /// <summary>A stated name as it may be shown: one that the program marked as secret is not.</summary>
    public static string Name(PropertyValue stated) => stated is { IsSecret: false, Text: { } name } ? name : "of the given name";

    static ProviderStatus StatusOf(LiveException error) => error.Kind switch
    {
        LiveErrorKind.Gone => ProviderStatus.NotFound,
        LiveErrorKind.AlreadySo or LiveErrorKind.NotAllowed => ProviderStatus.FailedPrecondition,
        LiveErrorKind.Throttled => ProviderStatus.ResourceExhausted,
        LiveErrorKind.Transient => error.MaybeDone ? ProviderStatus.Unknown : ProviderStatus.Unavailable,
        LiveErrorKind.Denied => ProviderStatus.PermissionDenied,
        LiveErrorKind.Credentials or LiveErrorKind.Expired => ProviderStatus.Unauthenticated,
        LiveErrorKind.Invalid => ProviderStatus.InvalidArgument,
        _ => ProviderStatus.Unknown,
    };

    static string Advice(LiveException error) => error.Kind switch
    {
        LiveErrorKind.Gone => "It may have reached its end time or been deleted elsewhere. Run `pulumi refresh` to see what is left.",
        LiveErrorKind.Transient or LiveErrorKind.Throttled when IsOutOfCalls(error) =>
            "The account's call limit is used up, by this or other programs. Try again later; nothing was changed by this call.",
        LiveErrorKind.Transient or LiveErrorKind.Throttled =>
            "The service or the network failed. Try again; run `pulumi refresh` first if in doubt about what was done.",
        LiveErrorKind.Denied when error.Code == "LiveServiceNotFound" =>
            "ApsaraVideo Live is not opened for this account. Open it in the console first.",
        LiveErrorKind.Denied when error.Code == "CodeInvalidAliUid" =>
            "The account owns no live domain. Add one first, or check that the keys belong to the right account.",

        // A proxy's page: the service was not asked, and the message says what to check.
        LiveErrorKind.Denied when error.Code == LiveErrors.BadAnswer => "",
        LiveErrorKind.Denied => $"The RAM user or role needs the action `live:{error.Operation}` on resource `*`.",
        LiveErrorKind.Credentials =>
            "Check `accessKey`, `secretKey` and `securityToken` of the provider, or the environment variables they come from.",
        LiveErrorKind.Expired => "The temporary credentials have run out. Get new ones and run again.",
        LiveErrorKind.Invalid => "Correct the inputs that the message names and run again.",
        LiveErrorKind.NotAllowed => "The object's state does not allow it now.",
        _ => "",
    };

    /// <summary>Whether it was the rate limit that turned the call away: the service's at every try, or our own before the first.</summary>
    static bool IsOutOfCalls(LiveException error) => !error.MaybeDone && (error.InnerException, error.Code) switch
    {
        (LiveException last, LiveErrors.OutOfTime) => last.Kind == LiveErrorKind.Throttled,
        (null, LiveErrors.OutOfTime) => true,
        _ => error.Kind == LiveErrorKind.Throttled,
    };
}
