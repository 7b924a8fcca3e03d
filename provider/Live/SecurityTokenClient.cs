using System.Collections.Concurrent;
using System.Globalization;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>
/// The Security Token Service, version 2015-04-01. Calls are not repeated here: they are made for an attempt of another call, which is
/// repeated as a whole.
/// </summary>
/// <remarks>Failures are <see cref="LiveException"/>s, never <see cref="LiveException.MaybeDone"/>, for nothing is made.</remarks>
sealed class SecurityTokenClient(LiveClientOptions options, TimeProvider clock, HttpMessageHandler? handler = null)
    : ISecurityTokenService, IDisposable
{
    const string Version = "2015-04-01";

    static readonly RpcOperation AssumeRole = new("AssumeRole", Version, HttpMethod.Post);
    static readonly RpcOperation AssumeRoleWithOidc = new("AssumeRoleWithOIDC", Version, HttpMethod.Post);
    static readonly RpcOperation GetCallerIdentity = new("GetCallerIdentity", Version, HttpMethod.Post);

    readonly ConcurrentDictionary<Uri, Lazy<RpcTransport>> _transports = new();

    /// <summary>The service in a region, as seen from anywhere or from within the region's private network.</summary>
    /// <exception cref="CredentialsException">This cannot be a region.</exception>
    public static Uri Address(string region, bool withinVpc) =>
        region.Length > 0 && region.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
            ? new Uri($"https://sts{(withinVpc ? "-vpc" : "")}.{region}.aliyuncs.com")
            : throw new CredentialsException("The region of the Security Token Service must be a region id such as cn-shanghai.");

    public Task<TakenKeys> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation)
    {
        List<KeyValuePair<string, string>> parameters = [.. RoleParameters(role)];
        if (!string.IsNullOrWhiteSpace(role.ExternalId)) parameters.Add(new("ExternalId", role.ExternalId));
        string[] secrets = role.ExternalId is { } id ? [id] : [];
        var transport = Transport(role);
        return CallAsync(transport, async () =>
            ReadKeys(AssumeRole, await SignedAsync(transport, AssumeRole, parameters, caller, secrets, cancellation), transport, role));
    }

    public Task<TakenKeys> AssumeRoleWithOidcAsync(
        string providerArn, string token, AssumeRoleOptions role, CancellationToken cancellation)
    {
        Redaction.Remember(token);
        KeyValuePair<string, string>[] parameters = [.. RoleParameters(role), new("OIDCProviderArn", providerArn), new("OIDCToken", token)];
        var transport = Transport(role);
        return CallAsync(transport, async () => ReadKeys(
            AssumeRoleWithOidc, await transport.SendUnsignedAsync(AssumeRoleWithOidc, parameters, [token], cancellation), transport, role));
    }

    public Task<string> GetAccountIdAsync(LiveCredentials caller, CancellationToken cancellation)
    {
        var transport = Transport(null);
        return CallAsync(transport, async () =>
        {
            var answer = await SignedAsync(transport, GetCallerIdentity, [], caller, [], cancellation);
            return answer.Text("AccountId") is { Length: > 0 } id ? id : throw Answer.Lacking(GetCallerIdentity.Name, answer, "AccountId");
        });
    }

    public ServiceTrouble TroubleOf(Exception failure) => failure switch
    {
        LiveException { Kind: LiveErrorKind.Expired } => ServiceTrouble.Expired,
        LiveException { Kind: LiveErrorKind.Throttled or LiveErrorKind.Transient } => ServiceTrouble.Passing,
        LiveException => ServiceTrouble.Refused,
        _ => ServiceTrouble.None,
    };

    public void Dispose()
    {
        foreach (var transport in _transports.Values.Where(transport => transport.IsValueCreated)) transport.Value.Dispose();
    }

    RpcTransport Transport(AssumeRoleOptions? role)
    {
        // An endpoint on this machine stands for the whole cloud.
        var address =
            options.SecurityTokenEndpoint is { IsLoopback: true } local ? local :
            role?.StsRegion is { Length: > 0 } region ? Address(region, role.StsWithinVpc) :
            options.SecurityTokenEndpoint ?? Endpoint.SecurityToken;
        return _transports.GetOrAdd(address, key => new(() => new RpcTransport(key, options, clock, handler))).Value;
    }

    static IEnumerable<KeyValuePair<string, string>> RoleParameters(AssumeRoleOptions role)
    {
        yield return new("RoleArn", role.RoleArn);
        yield return new("RoleSessionName", role.SessionName);
        yield return new("DurationSeconds", role.SessionExpiration.ToString(CultureInfo.InvariantCulture));
        if (!string.IsNullOrWhiteSpace(role.Policy)) yield return new("Policy", role.Policy);
    }

    static Task<LiveObject> SignedAsync(
        RpcTransport transport, RpcOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, LiveCredentials caller,
        IEnumerable<string> secrets, CancellationToken cancellation)
    {
        Redaction.Remember(caller.AccessKeySecret);
        Redaction.Remember(caller.SecurityToken);
        return transport.SendAsync(operation, parameters, caller, secrets, cancellation);
    }

    static async Task<T> CallAsync<T>(RpcTransport transport, Func<Task<T>> call)
    {
        try
        {
            try
            {
                return await call();
            }
            catch (LiveException failure) when (LiveErrors.IsClockSkew(failure.Code))
            {
                // The refusal carries the service's time.
                transport.CorrectClock();
                return await call();
            }
        }
        catch (LiveException failure) when (failure.MaybeDone)
        {
            throw failure.NotDone();
        }
        catch (CancelledWhileSentException cancelled)
        {
            // A key that nobody got: the call that needs it was never sent.
            throw new OperationCanceledException(cancelled.CancellationToken);
        }
    }

    TakenKeys ReadKeys(RpcOperation operation, LiveObject answer, RpcTransport transport, AssumeRoleOptions role)
    {
        var keys = answer.Object("Credentials") ?? throw Answer.Lacking(operation.Name, answer, "Credentials");
        string Part(string name) => keys.Text(name) is { Length: > 0 } text ? text : throw Answer.Lacking(operation.Name, answer, name);

        // The service's expiry is by its own clock; without one, what was asked for was granted.
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        var life = DateTimeOffset.TryParse(keys.Text("Expiration"), CultureInfo.InvariantCulture, Utc, out var expiry)
            ? expiry - transport.ServerNow
            : TimeSpan.FromSeconds(role.SessionExpiration);
        var credentials = new LiveCredentials(Part("AccessKeyId"), Part("AccessKeySecret"), Part("SecurityToken"), $"role {role.RoleArn}");
        return new TakenKeys(credentials, clock.GetUtcNow() + life);
    }
}
