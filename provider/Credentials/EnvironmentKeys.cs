namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Keys, role and region in the environment, under the names that other Alibaba Cloud tools read: <c>ALICLOUD_…</c>,
/// <c>ALIBABA_CLOUD_…</c> and <c>ALIBABACLOUD_…</c>, in this order.
/// </summary>
static class EnvironmentKeys
{
    public const string RoleVariable = "ALICLOUD_ASSUME_ROLE_ARN";
    public const string SessionVariable = "ALICLOUD_ASSUME_ROLE_SESSION_NAME";
    public const string ExpirationVariable = "ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION";

    public static readonly string[] RegionVariables =
        ["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID"];

    static readonly Family[] Families =
    [
        new("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
        new("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
        new("ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"),
    ];

    public static IReadOnlyList<string> IdVariables { get; } = [.. Families.Select(family => family.Id)];

    public static IReadOnlyList<string> SecretVariables { get; } = [.. Families.Select(family => family.Secret)];

    public static IReadOnlyList<string> TokenVariables { get; } = [.. Families.Select(family => family.Token)];

    /// <summary>
    /// The first family that has both parts of a key. Where none has, parts of different families make up a key, as they do for the general
    /// Alibaba Cloud provider, which often runs with the same environment.
    /// </summary>
    /// <exception cref="CredentialsException">There is none; the text says what each family lacks.</exception>
    public static LiveCredentials Find(Func<string, string?> environment)
    {
        string? Value(string name) => KeyText.Given(environment(name));
        bool IsTokenAlone(Family family) => Value(family.Id) is null && Value(family.Secret) is null && Value(family.Token) is not null;

        if (Array.Find(Families, family => Value(family.Id) is not null && Value(family.Secret) is not null) is { } whole)
        {
            // A token that stands with a key of its own belongs to that key.
            var withToken = Value(whole.Token) is not null ? whole : Array.Find(Families, IsTokenAlone);
            return Found(whole.Id, whole.Secret, withToken?.Token);
        }

        var id = Array.Find(Families, family => Value(family.Id) is not null)?.Id;
        var secret = Array.Find(Families, family => Value(family.Secret) is not null)?.Secret;
        if (id is not null && secret is not null)
            return Found(id, secret, Array.Find(Families, family => Value(family.Token) is not null)?.Token);

        throw new CredentialsException(string.Join(", ", Families.Select(family => (Value(family.Id), Value(family.Secret)) switch
        {
            (not null, null) => $"{family.Id} is set but {family.Secret} is not",
            (null, not null) => $"{family.Secret} is set but {family.Id} is not",
            _ => $"{family.Id} and {family.Secret} are not set",
        })));

        LiveCredentials Found(string idName, string secretName, string? tokenName)
        {
            var names = tokenName is null ? $"{idName} and {secretName}" : $"{idName}, {secretName} and {tokenName}";
            var token = tokenName is null ? null : Value(tokenName);
            return KeyText.Checked(new LiveCredentials(Value(idName)!, Value(secretName)!, token, $"environment {names}"));
        }
    }

    /// <summary>The role that the environment says to act as, null where it says nothing.</summary>
    /// <exception cref="CredentialsException">The session's length is no number.</exception>
    /// <param name="oidcStated">Whether the configuration takes a role with an OIDC token.</param>
    public static AssumeRoleOptions? Role(Func<string, string?> environment, bool oidcStated = false)
    {
        string? Value(string name) => KeyText.Given(environment(name));

        // With an OIDC provider beside it the second name means a role taken with that provider's token, not with a key.
        var isForOidc = oidcStated || Value(OidcKeys.ProviderVariable) is not null;
        var arn = Value(RoleVariable) ?? (isForOidc ? null : Value(OidcKeys.RoleVariable));
        if (arn is null) return null;

        var seconds = CredentialLimits.SessionExpirationSeconds;
        if (Value(ExpirationVariable) is { } text && !int.TryParse(text, out seconds))
            throw new CredentialsException($"The environment variable {ExpirationVariable} must be a number of seconds.");

        return new AssumeRoleOptions(arn)
        {
            SessionName =
                Value(SessionVariable) ?? Value(OidcKeys.SessionVariable) ?? CredentialLimits.SessionName,
            SessionExpiration = seconds,
        };
    }

    /// <summary>The region that the environment names, and the variable that does; null where none does.</summary>
    public static (string Region, string Variable)? Region(Func<string, string?> environment) =>
        Array.Find(RegionVariables, name => KeyText.Given(environment(name)) is not null) is { } variable
            ? (KeyText.Given(environment(variable))!, variable)
            : null;

    sealed record Family(string Id, string Secret, string Token);
}
