using System.Text;

namespace PulumiAliyunLive.Credentials;

/// <summary>Keys of a section of the INI file that the official client libraries share.</summary>
static class IniKeys
{
    public const string FileVariable = "ALIBABA_CLOUD_CREDENTIALS_FILE";

    const string DefaultFile = "~/.alibabacloud/credentials";

    /// <summary>The file that the environment names, else the one in the home directory.</summary>
    public static KeyPlace FromEnvironment(Surroundings world)
    {
        var file = world.Value(FileVariable);
        return new KeyPlace($"file {file ?? DefaultFile}", cancellation =>
        {
            if (file is null && world.Home is null)
                throw new CredentialsException($"there is no home directory to look for {DefaultFile} in (HOME is not set)");
            if (file is not null && ProfileKeys.IsJson(world.Read(file)))
                throw new CredentialsException($"the file {file} is no INI file; it was read as profiles of the aliyun command line");
            return TakeAsync(world, file ?? DefaultFile, world.First(ProfileKeys.ProfileVariables)?.Value, cancellation);
        });
    }

    /// <param name="section">Null: <c>default</c>.</param>
    public static async ValueTask<TakenKeys> TakeAsync(Surroundings world, string file, string? section, CancellationToken cancellation)
    {
        section ??= "default";
        var values = Find(Encoding.UTF8.GetString(world.Read(file).Span), section)
            ?? throw new CredentialsException($"the file {file} has no section [{section}]");
        string? Given(string key) => KeyText.Given(values.GetValueOrDefault(key));
        string Stated(string key) => Given(key) ?? throw new CredentialsException($"the section [{section}] has no {key}");
        var source = $"section [{section}] of {file}";
        switch (Given("type"))
        {
            case "access_key" or "sts" or null:
                var whole = new LiveCredentials(Stated("access_key_id"), Stated("access_key_secret"), Given("security_token"), source);
                return new(KeyText.Checked(whole), null);
            case "ecs_ram_role":
                return await MetadataKeys.TakeAsync(world, Given("role_name"), cancellation);
            case "ram_role_arn":
                var key = KeyText.Checked(new(Stated("access_key_id"), Stated("access_key_secret"), Given("security_token"), source));
                var role = new AssumeRoleOptions(Stated("role_arn"))
                {
                    SessionName = Given("role_session_name") ?? CredentialLimits.SessionName,
                    Policy = Given("policy"),
                    ExternalId = Given("external_id"),
                    StsRegion = Given("sts_region"),
                };
                var taken = await world.SecurityTokens.RefusalToldAsync(
                    () => world.SecurityTokens.AssumeRoleAsync(key, role, cancellation), $"could not take on the role {role.RoleArn}");
                return taken with { Credentials = taken.Credentials with { Source = $"{source}, role {role.RoleArn}" } };
            case "oidc_role_arn":
                var oidc = new OidcOptions
                {
                    RoleArn = Stated("role_arn"),
                    ProviderArn = Stated("oidc_provider_arn"),
                    TokenFile = Stated("oidc_token_file_path"),
                    SessionName = Given("role_session_name"),
                    Policy = Given("policy"),
                };
                return await OidcKeys.TakeAsync(world, oidc, source, cancellation);
            default:
                throw new CredentialsException(
                    $"the section [{section}] has a type that does not serve here; " +
                    "access_key, sts, ram_role_arn, ecs_ram_role and oidc_role_arn do");
        }
    }

    static Dictionary<string, string>? Find(string text, string section)
    {
        Dictionary<string, string>? values = null;
        var within = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                within = line[1..^1].Trim() == section;
                if (within) values ??= new(StringComparer.Ordinal);
            }
            else if (within && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                values![line[..equals].Trim()] = Plain(line[(equals + 1)..].Trim());
            }
        }

        return values;
    }

    /// <summary>A value without the quotes around it, or without the remark behind it.</summary>
    static string Plain(string value) =>
        value is ['"' or '\'', .., _] && value[0] == value[^1] ? value[1..^1]
        : value.AsSpan().IndexOfAny(';', '#') is >= 0 and var remark ? value[..remark].TrimEnd()
        : value;
}
