using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LiveSimulator;

/// <summary>
/// The two operations of the Security Token Service that a client of Live needs, at the same address (version 2015-04-01): AssumeRole, whose
/// credentials the simulator then accepts until they expire, and GetCallerIdentity. Any well-formed role may be assumed.
/// </summary>
sealed partial class SecurityTokenService(SimulatorSettings settings, RequestVerification keys, IdSource ids)
{
    public JsonObject AssumeRole(CallParameters call, DateTimeOffset now)
    {
        var role = RoleForm().Match(call.Required("RoleArn"));
        if (!role.Success) throw call.Malformed("RoleArn must have the form acs:ram::<account>:role/<name>.");
        var session = call.Required("RoleSessionName");
        if (!SessionForm().IsMatch(session))
            throw call.Malformed("RoleSessionName must consist of 2 to 64 letters, digits, ., @, - and _.");
        if (call.Text("Policy") is { Length: > 2048 }) throw call.Malformed("Policy must not be longer than 2048 characters.");
        if (call.Text("ExternalId") is { Length: < 2 or > 1224 }) throw call.Malformed("ExternalId must have 2 to 1224 characters.");
        var expiry = now.AddSeconds(call.Integer("DurationSeconds", 900, 43_200) ?? 3600);

        var user = $"acs:ram::{role.Groups["account"].Value}:assumed-role/{role.Groups["name"].Value}/{session}";
        var key = new AccessKey($"STS.{ids.Next()}", $"secret-{ids.Next()}", $"token-{ids.Next()}", expiry, user);
        keys.Add(key);
        return new JsonObject
        {
            ["AssumedRoleUser"] = new JsonObject { ["Arn"] = user, ["AssumedRoleId"] = $"{ids.Next()}:{session}" },
            ["Credentials"] = new JsonObject
            {
                ["AccessKeyId"] = key.Id,
                ["AccessKeySecret"] = key.Secret,
                ["SecurityToken"] = key.Token,
                ["Expiration"] = ServiceTime.Format(expiry),
            },
        };
    }

    public JsonObject GetCallerIdentity(AccessKey caller) => new()
    {
        ["AccountId"] = settings.AccountId,
        ["Arn"] = caller.Arn,
        ["IdentityType"] = caller.Token is null ? "RAMUser" : "AssumedRoleUser",
        ["PrincipalId"] = caller.Id,
        ["UserId"] = caller.Id,
    };

    [GeneratedRegex("^acs:ram::(?<account>[0-9]+):role/(?<name>[A-Za-z0-9._-]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RoleForm();

    [GeneratedRegex("^[A-Za-z0-9.@_-]{2,64}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SessionForm();
}
