using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>
/// Puts right what a refused call shows to be wrong with it: the date it carries, or a key that has run out. Each is worth one attempt
/// at once per call; a further one waits its turn.
/// </summary>
sealed class Remedies(RpcTransport transport, ICredentialSource credentials, string operation)
{
    bool _clockCorrected;
    bool _keyRenewed;

    /// <summary>The key of the latest attempt.</summary>
    public LiveCredentials? Key { get; set; }

    /// <summary>True when the call is worth another attempt at once.</summary>
    public bool Apply(LiveException failure)
    {
        // A key may come from a call of its own; that one's failures are not put right here.
        if (failure.Operation != operation) return false;

        if (LiveErrors.IsClockSkew(failure.Code))
        {
            transport.CorrectClock();
            return !_clockCorrected && (_clockCorrected = true);
        }

        if (failure.Kind == LiveErrorKind.Expired && !_keyRenewed && Key is { } stale)
        {
            _keyRenewed = true;
            credentials.Expire(stale);
            return true;
        }

        return false;
    }
}
