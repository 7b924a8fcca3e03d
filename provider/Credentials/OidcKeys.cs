using System.Text;

namespace PulumiAliyunLive.Credentials;

/// <summary>Temporary keys of a role, taken with the token of an identity provider, as in Kubernetes pods and CI jobs.</summary>
static class OidcKeys
{
    public const string RoleVariable = "ALIBABA_CLOUD_ROLE_ARN";
    public const string ProviderVariable = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
    public const string TokenFileVariable = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
    public const string TokenVariable = "ALIBABA_CLOUD_OIDC_TOKEN";
    public const string SessionVariable = "ALIBABA_CLOUD_ROLE_SESSION_NAME";

    /// <summary>The place that the environment describes in full.</summary>
    public static KeyPlace FromEnvironment(Surroundings world) =>
        new(
            "OIDC token of the environment",
            cancellation => TakeAsync(world, new OidcOptions(), "the OIDC token of the environment", cancellation));

    /// <summary>Exchanges the token as it is now.</summary>
    /// <param name="stated">What is stated; the rest comes from the environment.</param>
    public static async ValueTask<TakenKeys> TakeAsync(
        Surroundings world, OidcOptions stated, string source, CancellationToken cancellation)
    {
        var arn = stated.RoleArn ?? world.Value(RoleVariable) ?? throw Missing("role", "roleArn", RoleVariable);
        var provider = stated.ProviderArn ?? world.Value(ProviderVariable)
            ?? throw Missing("identity provider", "oidcProviderArn", ProviderVariable);
        var role = new AssumeRoleOptions(arn)
        {
            SessionName = stated.SessionName ?? world.Value(SessionVariable) ?? CredentialLimits.SessionName,
            SessionExpiration = stated.SessionExpiration ?? CredentialLimits.SessionExpirationSeconds,
            Policy = stated.Policy,
        };
        var token = Token(world, stated);
        var taken = await world.SecurityTokens.RefusalToldAsync(
            () => world.SecurityTokens.AssumeRoleWithOidcAsync(provider, token, role, cancellation), $"could not take on the role {arn}");
        return taken with { Credentials = taken.Credentials with { Source = $"{source}, role {arn}" } };

        static CredentialsException Missing(string what, string key, string variable) =>
            new($"no {what} is named: {variable} is not set, and the provider's configuration has no `assumeRoleWithOidc.{key}`");
    }

    static string Token(Surroundings world, OidcOptions stated)
    {
        if (KeyText.Given(stated.Token) is { } token) return Checked(token, "`assumeRoleWithOidc.oidcToken`");
        if ((stated.TokenFile ?? world.Value(TokenFileVariable)) is { } file)
        {
            var text = KeyText.Given(Encoding.UTF8.GetString(world.Read(file).Span))
                ?? throw new CredentialsException($"the token file {file} is empty");
            return Checked(text, $"the file {file}");
        }

        if (world.Value(TokenVariable) is { } given) return Checked(given, TokenVariable);
        throw new CredentialsException($"neither {TokenFileVariable} nor {TokenVariable} is set");
    }

    static string Checked(string token, string place) => token.All(letter => letter is > ' ' and <= '~')
        ? token
        : throw new CredentialsException($"{place} holds characters that no OIDC token has");
}
