using System.Net;
using System.Text;

namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Keys of the RAM role of the ECS instance that this process runs on, from the instance's metadata service: its second version, which
/// wants a token of its own, or the first where the second does not answer and the first is not forbidden.
/// </summary>
static class MetadataKeys
{
    const string Disabled = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
    const string FirstVersionDisabled = "ALIBABA_CLOUD_IMDSV1_DISABLED";
    const string TokenSeconds = "21600";

    static readonly Uri Service = new("http://100.100.100.200");
    public static readonly string[] RoleVariables = ["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"];

    /// <summary>The place; the role is discovered where neither the caller nor the environment names it.</summary>
    public static KeyPlace Place(Surroundings world, string? role = null) => new(
        role is null ? "role of the ECS instance" : $"role `{role}` of the ECS instance",
        cancellation => TakeAsync(world, role, cancellation));

    public static async ValueTask<TakenKeys> TakeAsync(Surroundings world, string? role, CancellationToken cancellation)
    {
        if (world.IsTrue(Disabled)) throw new CredentialsException($"the metadata service is not to be asked: {Disabled} is true");

        role ??= world.First(RoleVariables)?.Value;
        var token = await TokenAsync(world, cancellation);
        if (role is null)
        {
            var roles = await GetAsync(world, token, "", "tell its role", cancellation);
            role = KeyText.Given(Encoding.UTF8.GetString(roles.Body.Span).Split('\n')[0])
                ?? throw new CredentialsException("no RAM role is attached to the ECS instance");
        }

        var answer = await GetAsync(world, token, Uri.EscapeDataString(role), $"give keys of the role `{role}`", cancellation);
        const string What = "the metadata service's answer";
        var keys = KeyJson.Object(answer.Body, What);
        if (keys.Text("Code") is { } code && code != "Success") throw new CredentialsException($"{What} says that there are no keys");
        return KeyJson.Temporary(keys, answer, world.Clock, $"role `{role}` of the ECS instance", What);
    }

    /// <summary>Null: ask without one, as the first version is asked.</summary>
    static async Task<string?> TokenAsync(Surroundings world, CancellationToken cancellation)
    {
        var answer = await world.Http.AskMetadataAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Service, "/latest/api/token"));
                request.Headers.TryAddWithoutValidation("X-aliyun-ecs-metadata-token-ttl-seconds", TokenSeconds);
                return request;
            },
            cancellation);
        if (answer.IsSuccess && KeyText.Given(Encoding.UTF8.GetString(answer.Body.Span)) is { } token) return token;
        if (!answer.Connected)
            throw new CredentialsException("there is no metadata service here: this is no ECS instance, or it is shielded");
        if (world.IsTrue(FirstVersionDisabled))
        {
            throw new CredentialsException(
                $"the metadata service gave no token ({answer.Words}), and {FirstVersionDisabled} forbids to ask without one");
        }

        return null;
    }

    static async Task<KeyAnswer> GetAsync(Surroundings world, string? token, string path, string deed, CancellationToken cancellation)
    {
        var answer = await world.Http.AskMetadataAsync(
            () =>
            {
                var address = new Uri(Service, $"/latest/meta-data/ram/security-credentials/{path}");
                var request = new HttpRequestMessage(HttpMethod.Get, address);
                if (token is not null) request.Headers.TryAddWithoutValidation("X-aliyun-ecs-metadata-token", token);
                return request;
            },
            cancellation);
        return answer switch
        {
            { IsSuccess: true } => answer,
            { Status: HttpStatusCode.NotFound } when path.Length > 0 =>
                throw new CredentialsException("no such RAM role is attached to the ECS instance"),
            { Status: HttpStatusCode.NotFound } => throw new CredentialsException("no RAM role is attached to the ECS instance"),
            _ => throw new CredentialsException($"the metadata service could not {deed}: {answer.Words}"),
        };
    }
}
