namespace PulumiAliyunLive.Credentials;

/// <summary>
/// The first place that holds a key: the provider's configuration, then the environment. Places that hold something unusable end the search
/// only where using another key would go against what was clearly meant.
/// </summary>
/// <param name="environment">The value of an environment variable, null where it is not set.</param>
sealed class KeySource(CredentialOptions options, Func<string, string?> environment) : ICredentialSource
{
    readonly Lazy<LiveCredentials> _found = new(() => Find(options, environment), LazyThreadSafetyMode.ExecutionAndPublication);

    public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(_found.Value);

    // What was written down does not renew itself.
    public void Expire(LiveCredentials stale)
    {
    }

    static LiveCredentials Find(CredentialOptions options, Func<string, string?> environment)
    {
        List<string> looked = [];
        var found = FromConfiguration(options, looked) ?? EnvironmentKeys.Find(environment, looked);
        return found ?? throw new CredentialsException(
            $"""
            No Alibaba Cloud access key was found. Looked at:
            {string.Join('\n', looked.Select(place => $"  - {place}"))}
            Set aliyun-live:accessKey and aliyun-live:secretKey in the configuration (the second as a secret),
            or ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY in the environment.
            """);
    }

    static LiveCredentials? FromConfiguration(CredentialOptions options, List<string> looked)
    {
        var id = KeyText.Given(options.AccessKey);
        var secret = KeyText.Given(options.SecretKey);
        var token = KeyText.Given(options.SecurityToken);
        if (id is not null && secret is not null)
            return KeyText.Checked(new LiveCredentials(id, secret, token, "provider configuration aliyun-live:accessKey"));

        // Half a key in the configuration is a mistake; signing with somebody else's key from the environment would hide it.
        if (id is not null) throw Half("aliyun-live:accessKey", "aliyun-live:secretKey");
        if (secret is not null) throw Half("aliyun-live:secretKey", "aliyun-live:accessKey");
        if (token is not null) throw Half("aliyun-live:securityToken", "aliyun-live:accessKey and aliyun-live:secretKey");

        looked.Add("provider configuration: aliyun-live:accessKey and aliyun-live:secretKey are not set");
        return null;
    }

    static CredentialsException Half(string given, string missing) => new(
        $"The provider configuration has {given} but not {missing}. Set both, or neither to use the environment.");
}
