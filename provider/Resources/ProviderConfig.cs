using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The provider's configuration: stack configuration (all text) and explicit providers (text or typed) in one shape.</summary>
/// <param name="Region">The stated region; null where none is.</param>
/// <param name="EnvironmentRegion">The region of the environment; kept apart, since it serves new tasks only.</param>
/// <param name="Timing">The time limits of calls; its addresses are not filled in.</param>
sealed record ProviderConfig(
    CredentialOptions Credentials, Func<string, string?> Environment, Uri? Endpoint, string? Region, string? EnvironmentRegion,
    LiveClientOptions Timing, bool RefreshBeforeUpdate)
{
    const string StsRegionVariable = "ALIBABA_CLOUD_STS_REGION";
    const string VpcVariable = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
    const string EndpointVariable = "LIVE_ENDPOINT";

    /// <summary>
    /// The environment variables that stand in for a setting, first match first, by its path. They are not declared as defaults in the
    /// schema, or the generated packages would write their values, keys included, into the state.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Variables =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["accessKey"] = EnvironmentKeys.IdVariables,
            ["secretKey"] = EnvironmentKeys.SecretVariables,
            ["securityToken"] = EnvironmentKeys.TokenVariables,
            ["region"] = EnvironmentKeys.RegionVariables,
            ["profile"] = ProfileKeys.ProfileVariables,
            ["sharedCredentialsFile"] = [.. ProfileKeys.FileVariables, IniKeys.FileVariable],
            ["ecsRoleName"] = MetadataKeys.RoleVariables,
            ["credentialsUri"] = AddressKeys.Variables,
            ["assumeRole.roleArn"] = [EnvironmentKeys.RoleVariable, OidcKeys.RoleVariable],
            ["assumeRole.sessionName"] = [EnvironmentKeys.SessionVariable, OidcKeys.SessionVariable],
            ["assumeRole.sessionExpiration"] = [EnvironmentKeys.ExpirationVariable],
            ["assumeRoleWithOidc.roleArn"] = [OidcKeys.RoleVariable],
            ["assumeRoleWithOidc.oidcProviderArn"] = [OidcKeys.ProviderVariable],
            ["assumeRoleWithOidc.oidcTokenFile"] = [OidcKeys.TokenFileVariable],
            ["assumeRoleWithOidc.oidcToken"] = [OidcKeys.TokenVariable],
            ["assumeRoleWithOidc.roleSessionName"] = [OidcKeys.SessionVariable],
            ["endpoint"] = [EndpointVariable],
        };

    /// <summary>What must hold for a configuration beyond the schema.</summary>
    public static readonly IReadOnlyList<Rule> Rules =
    [
        new("accessKey-with-secretKey", ["accessKey", "secretKey"], null, scope =>
        {
            var (id, secret) = (scope.Inputs["accessKey"] is not null, scope.Inputs["secretKey"] is not null);
            if (id && !secret) scope.Fail("secretKey", "must be stated together with accessKey");
            if (secret && !id) scope.Fail("accessKey", "must be stated together with secretKey");
        }),
        new("endpoint-address", ["endpoint"], null, scope =>
        {
            if (scope.Text("endpoint") is { Length: > 0 } text && !Live.Endpoint.TryParse(text, out _, out var problem))
                scope.Fail("endpoint", problem);
        }),
        new("credentialsUri-address", ["credentialsUri"], null, scope =>
        {
            if (scope.Text("credentialsUri") is not { Length: > 0 } text) return;
            if (Addresses.Problem(text, "http", "https") is { } problem) scope.Fail("credentialsUri", problem);
        }),
        new("assumeRole-role", ["assumeRole"], null, scope => Role(scope, "assumeRole", "sessionName")),
        new("assumeRoleWithOidc-role", ["assumeRoleWithOidc"], null, scope => Role(scope, "assumeRoleWithOidc", "roleSessionName")),
        new("allowedAccountIds-form", ["allowedAccountIds"], null, scope =>
        {
            var ids = scope.Inputs["allowedAccountIds"]?.Elements ?? [];
            for (var index = 0; index < ids.Length; index++)
            {
                if (ids[index].Text is { } id && (id.Length == 0 || !id.All(char.IsAsciiDigit)))
                    scope.Fail($"allowedAccountIds[{index}]", "must be the id of an account, which is a number");
            }
        }),
        Rule.Range("maxRetryTimeout", 0, 86_400, "0 to 86400 seconds", "0 to 86400"),
        Rule.Range("clientConnectTimeout", 100, 300_000, "100 to 300000 milliseconds", "100 to 300000"),
        Rule.Range("clientReadTimeout", 100, 600_000, "100 to 600000 milliseconds", "100 to 600000"),
    ];

    /// <summary>
    /// Validates a configuration. It is returned as it was stated: the engine compares and stores it, and older engines add keys of their
    /// own.
    /// </summary>
    public static CheckResult Check(ObjectSchema schema, PropertyMap news)
    {
        var failures = new CheckFailures(schema, news);
        var decoded = SchemaCheck.DecodeConfig(schema, news, failures);
        var scope = new RuleScope(decoded, PropertyMap.Empty, failures, default);
        foreach (var rule in Rules) rule.Apply(scope);
        return new(news, failures.ToList());
    }

    /// <summary>What differs between two configurations, however each is written; nothing of it replaces anything.</summary>
    public static IReadOnlyList<PropertyChange> Diff(
        ObjectSchema schema, PropertyMap olds, PropertyMap news, IReadOnlyList<string> ignoreChanges) =>
        SchemaDiff.Compare(schema, Decode(schema, olds), Decode(schema, news), ignoreChanges);

    /// <summary>Reads a checked configuration and what the environment adds to it.</summary>
    public static ProviderConfig Read(ObjectSchema schema, PropertyMap config, Func<string, string?> environment)
    {
        var failures = new CheckFailures(schema, config);
        var decoded = SchemaCheck.DecodeConfig(schema, config, failures);
        if (failures.Count > 0)
        {
            var told = failures.ToList().Select(failure => $"{failure.Property} {failure.Reason}".Trim());
            throw new ProviderException(ProviderStatus.InvalidArgument, string.Join("\n", told));
        }

        string? Stated(string name) => decoded[name]?.Text is { Length: > 0 } text ? text : null;
        TimeSpan? Time(string name, double milliseconds) =>
            decoded[name]?.Number is > 0 and var number ? TimeSpan.FromMilliseconds(number * milliseconds) : null;
        var named = environment(EndpointVariable);
        var endpoint = Stated("endpoint") ?? (string.IsNullOrWhiteSpace(named) ? null : named);
        Uri? address = null;
        if (endpoint is not null && !Live.Endpoint.TryParse(endpoint, out address, out var problem))
        {
            var told = Stated("endpoint") is null
                ? $"The environment variable {EndpointVariable} holds no address that serves: it {problem}"
                : $"endpoint {problem}";
            throw new ProviderException(ProviderStatus.InvalidArgument, told);
        }

        var credentials = new CredentialOptions
        {
            AccessKey = Stated("accessKey"),
            SecretKey = Stated("secretKey"),
            SecurityToken = Stated("securityToken"),
            Profile = Stated("profile"),
            SharedCredentialsFile = Stated("sharedCredentialsFile"),
            EcsRoleName = Stated("ecsRoleName"),
            CredentialsUri = Stated("credentialsUri"),
            AssumeRole = ReadRole(decoded["assumeRole"]?.Members),
            AssumeRoleWithOidc = ReadOidc(decoded["assumeRoleWithOidc"]?.Members),
            AllowedAccountIds = [.. (decoded["allowedAccountIds"]?.Elements ?? []).Select(id => id.Text).OfType<string>()],
        };
        var timing = new LiveClientOptions
        {
            ConnectTimeout = Time("clientConnectTimeout", 1) ?? Limits.ConnectTimeout,
            ReadTimeout = Time("clientReadTimeout", 1) ?? Limits.ReadTimeout,
            MaxRetryTime = Time("maxRetryTimeout", 1000),
            UserAgentVersion = PackageVersion.Text,
        };
        return new(
            credentials, environment, address, Stated("region"), EnvironmentKeys.Region(environment)?.Region, timing,
            decoded["refreshBeforeUpdate"]?.Boolean ?? false);
    }

    /// <summary>
    /// The client of this configuration. Nothing is called yet, and missing keys are told by the first call that needs them.
    /// </summary>
    /// <param name="debug">Receives what is worth a debug line of the log: which source of keys is used.</param>
    /// <param name="networkClock">Replaces real time as the clock of what the network may take, in tests.</param>
    public LiveClient Connect(
        TimeProvider clock, HttpMessageHandler? handler = null, Action<string>? debug = null, TimeProvider? networkClock = null)
    {
        foreach (var secret in (string?[])[Credentials.SecretKey, Credentials.SecurityToken, Credentials.AssumeRoleWithOidc?.Token])
            Redaction.Remember(secret);
        var options = Timing with { Endpoint = Endpoint, NetworkClock = networkClock };
        Action<string>? told = debug is null ? null : line => debug(Redaction.Text(line));
        var source = CredentialChain.Create(Credentials, () =>
        {
            var service = new SecurityTokenClient(options with { SecurityTokenEndpoint = SecurityTokenAddress() }, clock, handler);
            return Surroundings.OfThisMachine(Environment, service, clock, handler, told);
        });
        return new(options, source, clock, Random.Shared.NextDouble, handler);
    }

    /// <summary>Null: the central one.</summary>
    Uri? SecurityTokenAddress()
    {
        // A simulator on this machine stands for the whole cloud; nothing must leave for the real one.
        if (Endpoint is { IsLoopback: true }) return Endpoint;
        var withinVpc = string.Equals(Environment(VpcVariable)?.Trim(), "true", StringComparison.OrdinalIgnoreCase);
        return Environment(StsRegionVariable)?.Trim() is { Length: > 0 } region ? SecurityTokenClient.Address(region, withinVpc) : null;
    }

    static PropertyMap Decode(ObjectSchema schema, PropertyMap config) =>
        SchemaCheck.DecodeConfig(schema, config, new CheckFailures(schema, config));

    static AssumeRoleOptions? ReadRole(PropertyMap? role)
    {
        if (role?["roleArn"]?.Text is not { Length: > 0 } arn) return null;
        var options = new AssumeRoleOptions(arn) { Policy = role["policy"]?.Text, ExternalId = role["externalId"]?.Text };
        if (role["sessionName"]?.Text is { } name) options = options with { SessionName = name };
        if (role["sessionExpiration"]?.Number is { } seconds) options = options with { SessionExpiration = (int)seconds };
        return options;
    }

    static OidcOptions? ReadOidc(PropertyMap? role)
    {
        if (role is null) return null;
        string? Stated(string name) => role[name]?.Text is { Length: > 0 } text ? text : null;
        return new OidcOptions
        {
            RoleArn = Stated("roleArn"),
            ProviderArn = Stated("oidcProviderArn"),
            TokenFile = Stated("oidcTokenFile"),
            Token = Stated("oidcToken"),
            SessionName = Stated("roleSessionName"),
            SessionExpiration = role["sessionExpiration"]?.Number is { } seconds ? (int)seconds : null,
            Policy = Stated("policy"),
        };
    }

    /// <summary>What holds for a role however it is taken.</summary>
    static void Role(RuleScope scope, string property, string sessionName)
    {
        if (scope.Inputs[property]?.Members is not { Count: > 0 } role) return;
        foreach (var (name, what, form) in (ReadOnlySpan<(string, string, string)>)
            [("roleArn", "a RAM role", "role"), ("oidcProviderArn", "an identity provider", "oidc-provider")])
        {
            if (role[name]?.Text is { } arn && !arn.StartsWith("acs:ram::", StringComparison.Ordinal))
                scope.Fail($"{property}.{name}", $"must be the ARN of {what}, acs:ram::<account>:{form}/<name>");
        }

        static bool IsOfSession(char letter) => char.IsAsciiLetterOrDigit(letter) || ".@-_".Contains(letter, StringComparison.Ordinal);
        if (role[sessionName]?.Text is { } session && (session.Length is < 2 or > 64 || !session.All(IsOfSession)))
        {
            scope.Fail($"{property}.{sessionName}", "must be 2 to 64 letters, digits and .@-_");
        }

        if (role["sessionExpiration"]?.Number is { } seconds and < CredentialLimits.MinSessionExpirationSeconds)
            scope.Fail($"{property}.sessionExpiration", "must be 900 seconds or more", Field.ToText(seconds));
        if (role["externalId"]?.Text is { Length: < 2 or > 1224 }) scope.Fail($"{property}.externalId", "must have 2 to 1224 characters");
        if (role["oidcToken"] is not null && role["oidcTokenFile"] is not null)
            scope.Fail($"{property}.oidcToken", "must not be stated together with oidcTokenFile");
    }
}
