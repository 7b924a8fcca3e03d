namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Puts the sources of keys together. What the configuration names is used alone; without it the environment, an OIDC token, the command
/// line's profile, the INI file, the ECS instance and a credentials address are asked, in this order. A role may come on top, and the check
/// of the account on top of that.
/// </summary>
static class CredentialChain
{
    /// <summary>The source for one provider. Nothing is looked for, and nothing can fail, before the first key is asked for.</summary>
    public static ICredentialSource Create(CredentialOptions options, Func<Surroundings> surroundings) => new DeferredSource(() =>
    {
        var world = surroundings();
        ICredentialSource keys = Stated(options, world) is { } place
            ? new CredentialSearch(
                [place], looked => $"The keys that the provider's configuration names cannot be used. {looked[0]}", world)
            : new CredentialSearch(Places(world), Nothing, world);
        if ((options.AssumeRole ?? EnvironmentKeys.Role(world.Environment, options.AssumeRoleWithOidc is not null)) is { } role)
            keys = new AssumeRoleSource(keys, role, world.SecurityTokens, world.Clock);
        return options.AllowedAccountIds.Count == 0 ? keys : new AccountGuard(keys, options.AllowedAccountIds, world.SecurityTokens);
    });

    /// <summary>The one place that the configuration names; null where it names none.</summary>
    static KeyPlace? Stated(CredentialOptions options, Surroundings world)
    {
        var profile = KeyText.Given(options.Profile);
        var file = KeyText.Given(options.SharedCredentialsFile);
        return
            FromConfiguration(options) is { } key ? new KeyPlace(key.Source, _ => ValueTask.FromResult(new TakenKeys(key, null))) :
            options.AssumeRoleWithOidc is { } oidc ? Oidc(oidc, world) :
            profile is not null || file is not null ? ProfileKeys.Stated(world, profile, file) :
            KeyText.Given(options.EcsRoleName) is { } role ? MetadataKeys.Place(world, role) :
            KeyText.Given(options.CredentialsUri) is { } address ? Address(address, world) :
            null;
    }

    static KeyPlace Oidc(OidcOptions oidc, Surroundings world) => new(
        "`assumeRoleWithOidc`",
        cancellation => OidcKeys.TakeAsync(world, oidc, "provider configuration `assumeRoleWithOidc`", cancellation));

    static KeyPlace Address(string address, Surroundings world) => new(
        "`credentialsUri`",
        cancellation => AddressKeys.TakeAsync(world, address, "provider configuration `credentialsUri`", cancellation));

    static IReadOnlyList<KeyPlace> Places(Surroundings world) =>
    [
        new("environment", _ => ValueTask.FromResult(new TakenKeys(EnvironmentKeys.Find(world.Environment), null))),
        OidcKeys.FromEnvironment(world),
        ProfileKeys.FromEnvironment(world),
        IniKeys.FromEnvironment(world),
        MetadataKeys.Place(world),
        AddressKeys.FromEnvironment(world),
    ];

    static string Nothing(IReadOnlyList<string> looked) =>
        $"""
        No Alibaba Cloud access key was found. Looked at:
          - provider configuration: it names no key and no place that has one
        {string.Join('\n', looked.Select(place => $"  - {place}"))}
        Set aliyun-live:accessKey and aliyun-live:secretKey in the configuration (the second as a secret),
        or ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY in the environment.
        """;

    static LiveCredentials? FromConfiguration(CredentialOptions options)
    {
        var id = KeyText.Given(options.AccessKey);
        var secret = KeyText.Given(options.SecretKey);
        var token = KeyText.Given(options.SecurityToken);
        if (id is not null && secret is not null)
            return KeyText.Checked(new LiveCredentials(id, secret, token, "provider configuration aliyun-live:accessKey"));

        // Half a key in the configuration is a mistake; signing with somebody else's key would hide it.
        if (id is not null) throw Half("aliyun-live:accessKey", "aliyun-live:secretKey");
        if (secret is not null) throw Half("aliyun-live:secretKey", "aliyun-live:accessKey");
        if (token is not null) throw Half("aliyun-live:securityToken", "aliyun-live:accessKey and aliyun-live:secretKey");
        return null;
    }

    static CredentialsException Half(string given, string missing) => new(
        $"The provider configuration has {given} but not {missing}. Set both, or neither to use another source.");

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
