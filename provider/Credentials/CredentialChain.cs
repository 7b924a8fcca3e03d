namespace PulumiAliyunLive.Credentials;

/// <summary>Puts the sources of keys together: configuration, environment, and a role on top of what they hold.</summary>
static class CredentialChain
{
    /// <summary>The source for one provider. Nothing is looked for, and nothing can fail, before the first key is asked for.</summary>
    /// <param name="environment">The value of an environment variable, null where it is not set.</param>
    public static ICredentialSource Create(
        CredentialOptions options, Func<string, string?> environment, ISecurityTokenService service, TimeProvider clock) =>
        new DeferredSource(() =>
        {
            var keys = new KeySource(options, environment);
            var role = options.AssumeRole ?? EnvironmentKeys.Role(environment);
            return role is null ? keys : new AssumeRoleSource(keys, role, service, clock);
        });

    sealed class DeferredSource(Func<ICredentialSource> create) : ICredentialSource
    {
        readonly Lazy<ICredentialSource> _source = new(create, LazyThreadSafetyMode.ExecutionAndPublication);

        public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) => _source.Value.GetAsync(cancellation);

        public void Expire(LiveCredentials stale)
        {
            if (_source.IsValueCreated) _source.Value.Expire(stale);
        }
    }
}
