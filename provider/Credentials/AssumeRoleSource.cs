namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Temporary keys of a role, taken with the keys of another source. They are taken when first needed, renewed before they run out, and
/// asked for by one caller at a time while the others wait for the result.
/// </summary>
sealed class AssumeRoleSource(ICredentialSource caller, AssumeRoleOptions role, ISecurityTokenService service, TimeProvider clock)
    : ICredentialSource, IDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    Session? _session;

    public async ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _session) is { } fresh && clock.GetUtcNow() < fresh.RenewAt) return fresh.Role.Credentials;

        await _turn.WaitAsync(cancellation);
        try
        {
            var now = clock.GetUtcNow();
            var old = Volatile.Read(ref _session);
            if (old is not null && now < old.RenewAt) return old.Role.Credentials;
            try
            {
                var taken = await service.AssumeRoleAsync(await caller.GetAsync(cancellation), role, cancellation);
                Volatile.Write(ref _session, new Session(taken, RenewAt(now, taken.Expiry)));
                return taken.Credentials;
            }
            catch (Exception failure)
                when (failure is not OperationCanceledException && now + CredentialLimits.RenewalPause < old?.Role.Expiry)
            {
                // The old keys still serve; the failure matters only when they no longer do.
                Volatile.Write(ref _session, old with { RenewAt = now + CredentialLimits.RenewalPause });
                return old.Role.Credentials;
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
        if (Volatile.Read(ref _session) is { } session && session.Role.Credentials == stale)
            Interlocked.CompareExchange(ref _session, null, session);
    }

    public void Dispose() => _turn.Dispose();

    static DateTimeOffset RenewAt(DateTimeOffset now, DateTimeOffset expiry)
    {
        var third = (expiry - now) / 3;
        return expiry - (third < CredentialLimits.RenewalLead ? third : CredentialLimits.RenewalLead);
    }

    sealed record Session(AssumedRole Role, DateTimeOffset RenewAt);
}
