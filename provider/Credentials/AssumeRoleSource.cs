namespace PulumiAliyunLive.Credentials;

/// <summary>Temporary keys of a role, taken with the keys of another source.</summary>
sealed class AssumeRoleSource(ICredentialSource caller, AssumeRoleOptions role, ISecurityTokenService service, TimeProvider clock)
    : ICredentialSource, IDisposable
{
    readonly RenewingSource _keys = new(
        async cancellation => await TakeAsync(service, caller, role, cancellation), clock);

    public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) => _keys.GetAsync(cancellation);

    public void Expire(LiveCredentials stale) => _keys.Expire(stale);

    public void Dispose() => _keys.Dispose();

    static Task<TakenKeys> TakeAsync(
        ISecurityTokenService service, ICredentialSource caller, AssumeRoleOptions role, CancellationToken cancellation) =>
        service.WithKeyOfAsync(
            caller, key => service.AssumeRoleAsync(key, role, cancellation),
            key => $"Could not take on the role {role.RoleArn} with the key from {key.Source}", cancellation);
}

/// <summary>How calls of the Security Token Service fail, in the terms of whoever needs keys.</summary>
static class SecurityTokenCalls
{
    /// <summary>Makes a call with a source's key; where that has run out, once more with a new one.</summary>
    /// <param name="attempt">What could not be done, to begin an error with.</param>
    /// <exception cref="CredentialsException">The service refused. Its passing faults are thrown as they come, to be met by another
    /// attempt.</exception>
    public static async Task<T> WithKeyOfAsync<T>(
        this ISecurityTokenService service, ICredentialSource source, Func<LiveCredentials, Task<T>> call,
        Func<LiveCredentials, string> attempt, CancellationToken cancellation)
    {
        var key = await source.GetAsync(cancellation);
        try
        {
            return await call(key);
        }
        catch (Exception failure) when (service.TroubleOf(failure) == ServiceTrouble.Expired)
        {
            source.Expire(key);
            var next = await source.GetAsync(cancellation);
            if (next == key) throw new CredentialsException($"{attempt(key)}: {failure.Message}. Get a new key.", failure);
            return await service.RefusalToldAsync(() => call(next), attempt(next));
        }
        catch (Exception failure) when (service.TroubleOf(failure) == ServiceTrouble.Refused)
        {
            throw new CredentialsException($"{attempt(key)}: {failure.Message}", failure);
        }
    }

    /// <summary>Makes a call and tells its refusal as a lack of keys.</summary>
    public static async Task<T> RefusalToldAsync<T>(this ISecurityTokenService service, Func<Task<T>> call, string attempt)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (service.TroubleOf(failure) is ServiceTrouble.Refused or ServiceTrouble.Expired)
        {
            throw new CredentialsException($"{attempt}: {failure.Message}", failure);
        }
    }
}
