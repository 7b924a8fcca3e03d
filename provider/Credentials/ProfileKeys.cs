using System.Text.Json;

namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Keys of a profile of the <c>aliyun</c> command line, whose file holds many, each with its mode. The file is read again whenever keys are
/// needed anew. An INI file in its place is read as one.
/// </summary>
static class ProfileKeys
{
    public static readonly string[] ProfileVariables = ["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE"];
    public static readonly string[] FileVariables = ["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CONFIG_FILE"];

    const string DefaultFile = "~/.aliyun/config.json";

    /// <summary>The place where the command line keeps its profiles, unless the environment shuts it off.</summary>
    public static KeyPlace FromEnvironment(Surroundings world)
    {
        var name = world.First(ProfileVariables)?.Value;
        var place = name is null ? "profile of the aliyun command line" : $"profile `{name}` of the aliyun command line";
        return new KeyPlace(place, cancellation =>
        {
            foreach (var off in (string[])["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"])
            {
                if (world.IsTrue(off)) throw new CredentialsException($"it is not to be read: {off} is true");
            }

            return TakeAsync(world, FileOfEnvironment(world) ?? HomeFile(world), name, cancellation);
        });
    }

    /// <summary>The place that the configuration names, by profile or file or both.</summary>
    public static KeyPlace Stated(Surroundings world, string? name, string? file)
    {
        var path = file ?? FileOfEnvironment(world);
        name ??= world.First(ProfileVariables)?.Value;
        var place = (name, path) switch
        {
            (null, _) => $"file {path}",
            (_, null) => $"profile `{name}` of the aliyun command line",
            _ => $"profile `{name}` of the file {path}",
        };
        return new KeyPlace(place, cancellation => TakeAsync(world, path ?? HomeFile(world), name, cancellation));
    }

    /// <summary>Whether a file holds profiles of the command line; else it is an INI file.</summary>
    public static bool IsJson(ReadOnlyMemory<byte> text) => text.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    static string? FileOfEnvironment(Surroundings world)
    {
        if (world.First(FileVariables) is { } named) return named.Value;

        // Some clients put the command line's file under this name, others an INI file.
        if (world.Value(IniKeys.FileVariable) is not { } either) return null;
        try
        {
            return IsJson(world.Read(either)) ? either : null;
        }
        catch (CredentialsException)
        {
            return null;
        }
    }

    static string HomeFile(Surroundings world) => world.Home is null
        ? throw new CredentialsException($"there is no home directory to look for {DefaultFile} in (HOME is not set)")
        : DefaultFile;

    static ValueTask<TakenKeys> TakeAsync(Surroundings world, string file, string? name, CancellationToken cancellation)
    {
        var text = world.Read(file);
        return IsJson(text)
            ? new Reading(world, file, KeyJson.Object(text, $"the file {file}")).TakeAsync(name, [], cancellation)
            : IniKeys.TakeAsync(world, file, name, cancellation);
    }

    /// <summary>One reading of the file.</summary>
    sealed class Reading(Surroundings world, string file, JsonElement root)
    {
        /// <param name="chain">The profiles that lead here.</param>
        public async ValueTask<TakenKeys> TakeAsync(string? stated, IReadOnlyList<string> chain, CancellationToken cancellation)
        {
            var name = stated ?? root.Text("current") ?? "default";
            var profile = Find(name);
            var source = $"profile `{name}` of {file}";
            string Stated(string key) => profile.Text(key) ?? throw new CredentialsException($"the profile `{name}` has no {key}");
            try
            {
                switch (profile.Text("mode") ?? Guess(profile))
                {
                    case "AK":
                        return Forever(new LiveCredentials(Stated("access_key_id"), Stated("access_key_secret"), null, source));
                    case "StsToken":
                        return Forever(
                            new LiveCredentials(Stated("access_key_id"), Stated("access_key_secret"), Stated("sts_token"), source));
                    case "RamRoleArn":
                        var key = new LiveCredentials(
                            Stated("access_key_id"), Stated("access_key_secret"), profile.Text("sts_token"), source);
                        return await RoleAsync(KeyText.Checked(key), profile, Stated("ram_role_arn"), source, cancellation);
                    case "ChainableRamRoleArn":
                        var from = Stated("source_profile");
                        if (from == name || chain.Contains(from, StringComparer.Ordinal))
                        {
                            var circle = string.Join(" → ", chain.Append(name).Append(from));
                            throw new CredentialsException($"the profiles {circle} lead in a circle");
                        }

                        var arn = Stated("ram_role_arn");
                        var caller = await TakeAsync(from, [.. chain, name], cancellation);
                        return await RoleAsync(caller.Credentials, profile, arn, source, cancellation);
                    case "EcsRamRole":
                        return await MetadataKeys.TakeAsync(world, profile.Text("ram_role_name"), cancellation);
                    case "RamRoleArnWithRoleName":
                        var instance = await MetadataKeys.TakeAsync(world, profile.Text("ram_role_name"), cancellation);
                        return await RoleAsync(instance.Credentials, profile, Stated("ram_role_arn"), source, cancellation);
                    case "OIDC":
                        return await OidcKeys.TakeAsync(world, Oidc(profile, Stated), source, cancellation);
                    case "CredentialsURI":
                        return await AddressKeys.TakeAsync(world, Stated("credentials_uri"), source, cancellation);
                    case "External":
                        return await ExternalProcess.TakeAsync(world, Stated("process_command"), source, cancellation);
                    case "CloudSSO":
                        return await CloudSsoKeys.TakeAsync(world, profile, name, source, cancellation);
                    case ("OAuth" or "RsaKeyPair" or "BearerToken" or "Anonymous") and var mode:
                        throw new CredentialsException($"the mode {mode} of the profile `{name}` does not serve here; use another profile");
                    default:
                        throw new CredentialsException($"the profile `{name}` has a mode that is not known here");
                }
            }
            catch (CredentialsException failure) when (!failure.Message.Contains($"`{name}`", StringComparison.Ordinal) && stated is null)
            {
                // Nobody named it, so nobody knows which one it was.
                throw new CredentialsException($"the profile `{name}`: {failure.Message}", failure);
            }
        }

        JsonElement Find(string name)
        {
            if (root.TryGetProperty("profiles", out var profiles) && profiles.ValueKind == JsonValueKind.Array)
            {
                foreach (var profile in profiles.EnumerateArray().Where(profile => profile.ValueKind == JsonValueKind.Object))
                {
                    if (profile.Text("name") == name) return profile;
                }
            }

            throw new CredentialsException($"the file {file} has no profile `{name}`");
        }

        async ValueTask<TakenKeys> RoleAsync(
            LiveCredentials caller, JsonElement profile, string arn, string source, CancellationToken cancellation)
        {
            var role = new AssumeRoleOptions(arn)
            {
                SessionName = profile.Text("ram_session_name") ?? CredentialLimits.SessionName,
                SessionExpiration = Expiration(profile) ?? CredentialLimits.SessionExpirationSeconds,
                Policy = profile.Text("policy"),
                ExternalId = profile.Text("external_id"),
                StsRegion = profile.Text("sts_region"),
                StsWithinVpc = profile.IsTrue("enable_vpc"),
            };
            var taken = await world.SecurityTokens.RefusalToldAsync(
                () => world.SecurityTokens.AssumeRoleAsync(caller, role, cancellation), $"could not take on the role {arn}");
            return taken with { Credentials = taken.Credentials with { Source = $"{source}, role {arn}" } };
        }

        static OidcOptions Oidc(JsonElement profile, Func<string, string> stated) => new()
        {
            RoleArn = stated("ram_role_arn"),
            ProviderArn = stated("oidc_provider_arn"),
            TokenFile = stated("oidc_token_file"),
            SessionName = profile.Text("ram_session_name"),
            SessionExpiration = Expiration(profile),
            Policy = profile.Text("policy"),
        };

        static int? Expiration(JsonElement profile) =>
            profile.Integer("expired_seconds") is > 0 and <= int.MaxValue and var seconds ? (int)seconds : null;

        static TakenKeys Forever(LiveCredentials key) => new(KeyText.Checked(key), null);

        /// <summary>Old files state no mode: by what the profile has.</summary>
        static string Guess(JsonElement profile)
        {
            bool Has(string key) => profile.Text(key) is not null;
            return
                Has("source_profile") ? "ChainableRamRoleArn" :
                Has("oidc_provider_arn") ? "OIDC" :
                Has("access_key_id") && Has("ram_role_arn") ? "RamRoleArn" :
                Has("access_key_id") && Has("sts_token") ? "StsToken" :
                Has("ram_role_name") && Has("ram_role_arn") ? "RamRoleArnWithRoleName" :
                Has("ram_role_name") ? "EcsRamRole" :
                Has("credentials_uri") ? "CredentialsURI" :
                Has("process_command") ? "External" :
                Has("cloud_sso_sign_in_url") ? "CloudSSO" :
                "AK";
        }
    }
}
