namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Lets no key of a wrong account through: before the first key is given out, the account it belongs to is asked for, once. A wrong account
/// knows none of a stack's objects, and a refresh under it would take them all for gone.
/// </summary>
sealed class AccountGuard(ICredentialSource keys, IReadOnlyList<string> allowed, ISecurityTokenService service)
    : ICredentialSource, IDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    bool _passed;
    CredentialsException? _refusal;

    public async ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation)
    {
        if (!Volatile.Read(ref _passed)) await CheckAsync(cancellation);
        return await keys.GetAsync(cancellation);
    }

    public void Expire(LiveCredentials stale) => keys.Expire(stale);

    public void Dispose() => _turn.Dispose();

    async Task CheckAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_passed) return;
            if (_refusal is not null) throw new CredentialsException(_refusal.Message, _refusal);

            var source = "";
            var account = await service.WithKeyOfAsync(
                keys,
                key =>
                {
                    source = key.Source;
                    return service.GetAccountIdAsync(key, cancellation);
                },
                key => $"Could not find out which account the key from {key.Source} belongs to, which `allowedAccountIds` demands",
                cancellation);
            if (!allowed.Contains(account, StringComparer.Ordinal))
            {
                _refusal = new CredentialsException(
                    $"The key from {source} belongs to the account {account}, but `allowedAccountIds` of the provider lists " +
                    $"{string.Join(", ", allowed)}. Nothing was read or changed. Use a key of a listed account, or add this one to the " +
                    "list.");
                throw _refusal;
            }

            Volatile.Write(ref _passed, true);
        }
        finally
        {
            _turn.Release();
        }
    }
}
