using System.Globalization;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>
/// The Security Token Service, version 2015-04-01. Calls are not repeated here: they are made for an attempt of another call, which is
/// repeated as a whole.
/// </summary>
sealed class SecurityTokenClient(LiveClientOptions options, TimeProvider clock, HttpMessageHandler? handler = null)
    : ISecurityTokenService, IDisposable
{
    static readonly RpcOperation AssumeRole = new("AssumeRole", "2015-04-01", HttpMethod.Post);

    readonly RpcTransport _transport = new(options.SecurityTokenEndpoint ?? Endpoint.SecurityToken, options, clock, handler);

    /// <exception cref="LiveException">The service refused or could not be reached; never <see cref="LiveException.MaybeDone"/>, for
    /// nothing is made.</exception>
    public async Task<AssumedRole> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation)
    {
        Redaction.Remember(caller.AccessKeySecret);
        Redaction.Remember(caller.SecurityToken);
        List<KeyValuePair<string, string>> parameters =
        [
            new("RoleArn", role.RoleArn),
            new("RoleSessionName", role.SessionName),
            new("DurationSeconds", role.SessionExpiration.ToString(CultureInfo.InvariantCulture)),
        ];
        if (!string.IsNullOrWhiteSpace(role.Policy)) parameters.Add(new("Policy", role.Policy));
        if (!string.IsNullOrWhiteSpace(role.ExternalId)) parameters.Add(new("ExternalId", role.ExternalId));

        try
        {
            return Read(await SendAsync(parameters, caller, role, cancellation), role);
        }
        catch (LiveException failure) when (failure.MaybeDone)
        {
            throw failure.NotDone();
        }
    }

    public void Dispose() => _transport.Dispose();

    async Task<LiveObject> SendAsync(
        List<KeyValuePair<string, string>> parameters, LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation)
    {
        string[] secrets = role.ExternalId is { } id ? [id] : [];
        try
        {
            return await _transport.SendAsync(AssumeRole, parameters, caller, secrets, cancellation);
        }
        catch (LiveException failure) when (LiveErrors.IsClockSkew(failure.Code))
        {
            // The refusal carries the service's time.
            _transport.CorrectClock();
            return await _transport.SendAsync(AssumeRole, parameters, caller, secrets, cancellation);
        }
    }

    AssumedRole Read(LiveObject answer, AssumeRoleOptions role)
    {
        var keys = answer.Object("Credentials") ?? throw Answer.Lacking(AssumeRole.Name, answer, "Credentials");
        string Part(string name) => keys.Text(name) is { Length: > 0 } text ? text : throw Answer.Lacking(AssumeRole.Name, answer, name);

        // The service's expiry is by its own clock; without one, what was asked for was granted.
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        var life = DateTimeOffset.TryParse(keys.Text("Expiration"), CultureInfo.InvariantCulture, Utc, out var expiry)
            ? expiry - _transport.ServerNow
            : TimeSpan.FromSeconds(role.SessionExpiration);
        var credentials = new LiveCredentials(Part("AccessKeyId"), Part("AccessKeySecret"), Part("SecurityToken"), $"role {role.RoleArn}");
        return new AssumedRole(credentials, clock.GetUtcNow() + life);
    }
}
