namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Keys of one place. They are taken when first needed, renewed before they run out, and asked for by one caller at a time while the others
/// wait for the result.
/// </summary>
sealed class RenewingSource(TakeKeys take, TimeProvider clock) : ICredentialSource, IDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    Session? _session;

    public async ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _session) is { } fresh && clock.GetUtcNow() < fresh.RenewAt) return fresh.Keys.Credentials;

        await _turn.WaitAsync(cancellation);
        try
        {
            var now = clock.GetUtcNow();
            var old = Volatile.Read(ref _session);
            if (old is not null && now < old.RenewAt) return old.Keys.Credentials;
            try
            {
                var taken = await take(cancellation);
                if (taken.Expiry <= clock.GetUtcNow())
                {
                    throw new CredentialsException(
                        $"the keys that it gave out had run out at {taken.Expiry:yyyy-MM-dd'T'HH:mm:ss'Z'}; if that is in the future, " +
                        "put this machine's clock right");
                }

                Volatile.Write(ref _session, new Session(taken, RenewAt(now, taken.Expiry)));
                return taken.Credentials;
            }
            catch (Exception failure)
                when (failure is not OperationCanceledException && now + CredentialLimits.RenewalPause < old?.Keys.Expiry)
            {
                // The old keys still serve; the failure matters only when they no longer do.
                Volatile.Write(ref _session, old with { RenewAt = now + CredentialLimits.RenewalPause });
                return old.Keys.Credentials;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Expire(LiveCredentials stale)
    {
        // Only the very session that was refused: another call may have renewed it meanwhile.
        if (Volatile.Read(ref _session) is { } session && session.Keys.Credentials == stale)
            Interlocked.CompareExchange(ref _session, null, session);
    }

    public void Dispose() => _turn.Dispose();

    static DateTimeOffset RenewAt(DateTimeOffset now, DateTimeOffset? expiry)
    {
        if (expiry is not { } end) return DateTimeOffset.MaxValue;
        var third = (end - now) / 3;
        return end - (third < CredentialLimits.RenewalLead ? third : CredentialLimits.RenewalLead);
    }

    sealed record Session(TakenKeys Keys, DateTimeOffset RenewAt);
}
