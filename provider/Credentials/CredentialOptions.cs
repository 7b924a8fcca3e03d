namespace PulumiAliyunLive.Credentials;

/// <summary>What the provider's configuration says about keys; null or blank where it says nothing.</summary>
sealed record CredentialOptions
{
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    public string? SecurityToken { get; init; }

    /// <summary>The name of a profile of the <c>aliyun</c> command line.</summary>
    public string? Profile { get; init; }

    /// <summary>The file that holds the profile, in the form of the command line or as INI file.</summary>
    public string? SharedCredentialsFile { get; init; }

    /// <summary>The RAM role of the ECS instance that this process runs on.</summary>
    public string? EcsRoleName { get; init; }

    /// <summary>An address that gives out temporary keys.</summary>
    public string? CredentialsUri { get; init; }

    /// <summary>A role to take with the token of an identity provider.</summary>
    public OidcOptions? AssumeRoleWithOidc { get; init; }

    /// <summary>A role to take with whatever keys are found.</summary>
    public AssumeRoleOptions? AssumeRole { get; init; }

    /// <summary>The accounts that may be worked on; empty: any.</summary>
    public IReadOnlyList<string> AllowedAccountIds { get; init; } = [];

    // A record would print its secrets.
    public override string ToString() => nameof(CredentialOptions);
}

/// <summary>A RAM role to act as.</summary>
/// <param name="RoleArn"><c>acs:ram::&lt;account&gt;:role/&lt;name&gt;</c>.</param>
sealed record AssumeRoleOptions(string RoleArn)
{
    /// <summary>2 to 64 letters, digits and <c>.@-_</c>; shown in the account's audit trail.</summary>
    public string SessionName { get; init; } = CredentialLimits.SessionName;

    /// <summary>How long one set of temporary keys is good for, in seconds: 900 to the role's own maximum.</summary>
    public int SessionExpiration { get; init; } = CredentialLimits.SessionExpirationSeconds;

    /// <summary>A RAM policy that narrows what the role may do, as JSON text; up to 2048 characters.</summary>
    public string? Policy { get; init; }

    /// <summary>What the role's owner agreed on with the caller; 2 to 1224 characters.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The region whose Security Token Service is asked; null: the central one, or what the environment says.</summary>
    public string? StsRegion { get; init; }

    /// <summary>Whether that region's service is asked from within its private network.</summary>
    public bool StsWithinVpc { get; init; }
}

/// <summary>A RAM role to take with an OIDC token; what is null is looked for in the environment.</summary>
sealed record OidcOptions
{
    public string? RoleArn { get; init; }

    /// <summary><c>acs:ram::&lt;account&gt;:oidc-provider/&lt;name&gt;</c>.</summary>
    public string? ProviderArn { get; init; }

    /// <summary>The file that holds the token; read again for every exchange, since whoever writes it renews it.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The token itself.</summary>
    public string? Token { get; init; }

    public string? SessionName { get; init; }

    /// <summary>In seconds: 900 to the role's own maximum.</summary>
    public int? SessionExpiration { get; init; }

    public string? Policy { get; init; }

    // A record would print the token.
    public override string ToString() => nameof(OidcOptions);
}

/// <summary>Exchanges keys for those of a role; the Security Token Service, seen from here.</summary>
interface ISecurityTokenService
{
    /// <summary>New temporary keys for the role, and when to stop using them on this process's clock.</summary>
    Task<TakenKeys> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation);

    /// <summary>The same by the token of an identity provider, without any key.</summary>
    /// <param name="providerArn">The identity provider as RAM knows it.</param>
    Task<TakenKeys> AssumeRoleWithOidcAsync(string providerArn, string token, AssumeRoleOptions role, CancellationToken cancellation);

    /// <summary>The id of the account that a key belongs to.</summary>
    Task<string> GetAccountIdAsync(LiveCredentials caller, CancellationToken cancellation);

    /// <summary>What a failure of these calls means.</summary>
    ServiceTrouble TroubleOf(Exception failure);
}

/// <summary>What a failure of the Security Token Service means for the search for keys.</summary>
enum ServiceTrouble
{
    /// <summary>No failure of the service.</summary>
    None,

    /// <summary>The caller's own temporary key has run out.</summary>
    Expired,

    /// <summary>A fault of the service or the network, which whoever needs the keys meets by trying again.</summary>
    Passing,

    /// <summary>The service will not do it, however often it is asked.</summary>
    Refused,
}

/// <summary>Keys as a source gives them out.</summary>
/// <param name="Expiry">By this process's clock, however wrong that is; null where nobody says that they ever run out.</param>
sealed record TakenKeys(LiveCredentials Credentials, DateTimeOffset? Expiry);

/// <summary>Gives out keys, new ones each time where they are temporary.</summary>
/// <exception cref="CredentialsException">There are none; the text says why, to follow the name of the place.</exception>
delegate ValueTask<TakenKeys> TakeKeys(CancellationToken cancellation);

/// <summary>A place where keys may be found.</summary>
/// <param name="Name">For messages: <c>profile `prod` of ~/.aliyun/config.json</c>.</param>
sealed record KeyPlace(string Name, TakeKeys Take);
