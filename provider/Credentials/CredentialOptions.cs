namespace PulumiAliyunLive.Credentials;

/// <summary>What the provider's configuration says about keys; null or blank where it says nothing.</summary>
sealed record CredentialOptions
{
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    public string? SecurityToken { get; init; }

    public AssumeRoleOptions? AssumeRole { get; init; }

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
}

/// <summary>Exchanges keys for those of a role; the Security Token Service, seen from here.</summary>
interface ISecurityTokenService
{
    /// <summary>New temporary keys for the role, and when to stop using them on this process's clock.</summary>
    Task<AssumedRole> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation);
}

/// <summary>Temporary keys of a role.</summary>
/// <param name="Expiry">By this process's clock, however wrong that is.</param>
sealed record AssumedRole(LiveCredentials Credentials, DateTimeOffset Expiry);

/// <summary>Defaults of the search for keys, each with its reason.</summary>
static class CredentialLimits
{
    /// <summary>The session name when none is given: tells in the audit trail who acted.</summary>
    public const string SessionName = "pulumi-aliyun-live";

    /// <summary>The service's own default, which every role allows.</summary>
    public const int SessionExpirationSeconds = 3600;

    /// <summary>
    /// Temporary keys are renewed this long before they run out, or earlier by a third of their life where that is shorter.
    /// </summary>
    public static readonly TimeSpan RenewalLead = TimeSpan.FromMinutes(5);

    /// <summary>While the old keys still serve, a failed renewal is tried again after this time, not at every call.</summary>
    public static readonly TimeSpan RenewalPause = TimeSpan.FromSeconds(30);
}
