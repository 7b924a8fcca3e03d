using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The provider's configuration: stack configuration (all text) and explicit providers (text or typed) in one shape.</summary>
/// <param name="Region">The stated region; null where none is.</param>
/// <param name="EnvironmentRegion">The region of the environment; kept apart, since it serves new tasks only.</param>
sealed record ProviderConfig(
    CredentialOptions Credentials, Func<string, string?> Environment, Uri? Endpoint, string? Region, string? EnvironmentRegion, bool RefreshBeforeUpdate)
{
    /// <summary>What must hold for a configuration beyond the schema.</summary>
    public static readonly IReadOnlyList<Rule> Rules =
    [
        new("accessKey-with-secretKey", ["accessKey", "secretKey"], null, scope =>
        {
            if (scope.Inputs["accessKey"] is not null && scope.Inputs["secretKey"] is null) scope.Fail("secretKey", "must be stated together with accessKey");
            if (scope.Inputs["secretKey"] is not null && scope.Inputs["accessKey"] is null) scope.Fail("accessKey", "must be stated together with secretKey");
        }),
        new("endpoint-address", ["endpoint"], null, scope =>
        {
            if (scope.Text("endpoint") is { Length: > 0 } text && !Live.Endpoint.TryParse(text, out _, out var problem)) scope.Fail("endpoint", problem);
        }),
        new("assumeRole-role", ["assumeRole"], null, AssumeRole),
    ];

    /// <summary>Validates a configuration. It is returned as it was stated: the engine compares and stores it, and older engines add keys of their own.</summary>
    public static CheckResult Check(ObjectSchema schema, PropertyMap news)
    {
        var failures = new CheckFailures(schema, news);
        var decoded = SchemaCheck.DecodeConfig(schema, news, failures);
        var scope = new RuleScope(decoded, PropertyMap.Empty, failures, default);
        foreach (var rule in Rules) rule.Apply(scope);
        return new(news, failures.ToList());
    }

    /// <summary>What differs between two configurations, however each is written; nothing of it replaces anything.</summary>
    public static IReadOnlyList<PropertyChange> Diff(ObjectSchema schema, PropertyMap olds, PropertyMap news, IReadOnlyList<string> ignoreChanges) =>
        SchemaDiff.Compare(schema, Decode(schema, olds), Decode(schema, news), ignoreChanges);

    /// <summary>Reads a checked configuration and what the environment adds to it.</summary>
    public static ProviderConfig Read(ObjectSchema schema, PropertyMap config, Func<string, string?> environment)
    {
        var failures = new CheckFailures(schema, config);
        var decoded = SchemaCheck.DecodeConfig(schema, config, failures);
        if (failures.Count > 0)
        {
            throw new ProviderException(ProviderStatus.InvalidArgument, string.Join("\n", failures.ToList().Select(failure => $"{failure.Property} {failure.Reason}".Trim())));
        }

        string? Stated(string name) => decoded[name]?.Text is { Length: > 0 } text ? text : null;
        var endpoint = Stated("endpoint") ?? schema.Properties["endpoint"].Environment.Select(environment).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
        Uri? address = null;
        if (endpoint is not null && !Live.Endpoint.TryParse(endpoint, out address, out var problem))
        {
            throw new ProviderException(ProviderStatus.InvalidArgument, $"endpoint {problem}");
        }

        var credentials = new CredentialOptions
        {
            AccessKey = Stated("accessKey"),
            SecretKey = Stated("secretKey"),
            SecurityToken = Stated("securityToken"),
            AssumeRole = ReadRole(decoded["assumeRole"]?.Members),
        };
        return new(
            credentials, environment, address, Stated("region"), EnvironmentKeys.Region(environment)?.Region, decoded["refreshBeforeUpdate"]?.Boolean ?? false);
    }

    /// <summary>The client of this configuration. Nothing is called yet, and missing keys are told by the first call that needs them.</summary>
    public LiveClient Connect(TimeProvider clock, HttpMessageHandler? handler = null)
    {
        // A simulator on this machine stands for the whole cloud; nothing must leave for the real one.
        var options = new LiveClientOptions { Endpoint = Endpoint, SecurityTokenEndpoint = Endpoint is { IsLoopback: true } ? Endpoint : null, UserAgentVersion = PackageVersion.Text };
        var source = CredentialChain.Create(Credentials, Environment, new SecurityTokenClient(options, clock, handler), clock);
        return new(options, source, clock, Random.Shared.NextDouble, handler);
    }

    static PropertyMap Decode(ObjectSchema schema, PropertyMap config) => SchemaCheck.DecodeConfig(schema, config, new CheckFailures(schema, config));

    static AssumeRoleOptions? ReadRole(PropertyMap? role)
    {
        if (role?["roleArn"]?.Text is not { Length: > 0 } arn) return null;
        var options = new AssumeRoleOptions(arn) { Policy = role["policy"]?.Text, ExternalId = role["externalId"]?.Text };
        if (role["sessionName"]?.Text is { } name) options = options with { SessionName = name };
        if (role["sessionExpiration"]?.Number is { } seconds) options = options with { SessionExpiration = (int)seconds };
        return options;
    }

    static void AssumeRole(RuleScope scope)
    {
        if (scope.Inputs["assumeRole"]?.Members is not { Count: > 0 } role) return;
        if (role["roleArn"]?.Text is { } arn && !arn.StartsWith("acs:ram::", StringComparison.Ordinal))
        {
            scope.Fail("assumeRole.roleArn", "must be the ARN of a RAM role, acs:ram::<account>:role/<name>");
        }

        if (role["sessionName"]?.Text is { } name && (name.Length is < 2 or > 64 || !name.All(character => char.IsAsciiLetterOrDigit(character) || ".@-_".Contains(character, StringComparison.Ordinal))))
        {
            scope.Fail("assumeRole.sessionName", "must be 2 to 64 letters, digits and .@-_");
        }

        if (role["sessionExpiration"]?.Number is { } seconds and < 900) scope.Fail("assumeRole.sessionExpiration", "must be 900 seconds or more", Field.ToText(seconds));
        if (role["externalId"]?.Text is { Length: < 2 or > 1224 }) scope.Fail("assumeRole.externalId", "must have 2 to 1224 characters");
    }
}
