using System.Net.Http.Headers;
using System.Text.Json;

namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Keys of a CloudSSO profile: those that the <c>aliyun</c> command line keeps in it while they are good, else new ones in exchange for its
/// access token. The token itself is renewed by logging in, which takes a person and a browser.
/// </summary>
static class CloudSsoKeys
{
    public static async ValueTask<TakenKeys> TakeAsync(
        Surroundings world, JsonElement profile, string name, string source, CancellationToken cancellation)
    {
        var now = world.Clock.GetUtcNow();
        if (Kept(profile, source) is { } kept && kept.Expiry > now + CredentialLimits.RenewalLead) return kept;

        string Stated(string key) => profile.Text(key) ?? throw new CredentialsException($"it has no {key}. {Login(name)}");
        var portal = Stated("cloud_sso_sign_in_url");
        var account = Stated("cloud_sso_account_id");
        var access = Stated("cloud_sso_access_config");
        var token = Stated("access_token");
        if (profile.Integer("cloud_sso_access_token_expire") is { } end && end <= now.ToUnixTimeSeconds())
            throw new CredentialsException($"its CloudSSO login has run out. {Login(name)}");
        if (!Uri.TryCreate(portal, UriKind.Absolute, out var address)
            || (address.Scheme != "https" && !(address.Scheme == "http" && address.IsLoopback)))
        {
            throw new CredentialsException("its cloud_sso_sign_in_url is no https:// address");
        }

        var body = Question(account, access);
        var answer = await world.Http.AskAsync(() => NewRequest(address, token, body), address, cancellation);
        if (answer.Problem is not null) throw new CredentialsException(answer.Problem);
        if ((int)answer.Status! is 401 or 403)
            throw new CredentialsException($"{address.Authority} refuses its CloudSSO login. {Login(name)}");
        if (!answer.IsSuccess) throw new CredentialsException($"{address.Authority} {answer.Words}");
        var what = $"the answer of {address.Authority}";
        return KeyJson.Object(answer.Body, what).TryGetProperty("CloudCredential", out var keys) && keys.ValueKind == JsonValueKind.Object
            ? KeyJson.Temporary(keys, answer, world.Clock, source, what)
            : throw new CredentialsException($"{what} has no CloudCredential");
    }

    static TakenKeys? Kept(JsonElement profile, string source) =>
        profile.Text("access_key_id") is { } id && profile.Text("access_key_secret") is { } secret && profile.Text("sts_token") is { } token
        && profile.Integer("sts_expiration") is > 0 and <= 253402300799 and var end
            ? new TakenKeys(KeyText.Checked(new LiveCredentials(id, secret, token, source)), DateTimeOffset.FromUnixTimeSeconds(end))
            : null;

    static string Login(string name) => $"Log in: aliyun configure --mode CloudSSO --profile {name}";

    static byte[] Question(string account, string access)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("AccountId", account);
            writer.WriteString("AccessConfigurationId", access);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    static HttpRequestMessage NewRequest(Uri portal, string token, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(portal, "/cloud-credentials"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        return request;
    }
}
