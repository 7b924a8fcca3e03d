using System.Diagnostics.CodeAnalysis;

namespace PulumiAliyunLive.Live;

/// <summary>Which addresses a service may be called at.</summary>
static class Endpoint
{
    /// <summary>The central address of ApsaraVideo Live; it serves every region.</summary>
    public static Uri Live { get; } = new("https://live.aliyuncs.com");

    /// <summary>The central address of the Security Token Service.</summary>
    public static Uri SecurityToken { get; } = new("https://sts.aliyuncs.com");

    /// <summary>Reads an address as people write it, with or without <c>https://</c>.</summary>
    /// <param name="problem">Why it does not serve, worded to follow the name of the setting.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? endpoint, [NotNullWhen(false)] out string? problem)
    {
        text = text.Trim();
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        endpoint = Uri.TryCreate(whole, UriKind.Absolute, out var parsed) ? parsed : null;
        problem = endpoint is null ? "must be a host name or an https:// address" : Problem(endpoint);
        if (problem is not null) endpoint = null;
        return problem is null;
    }

    /// <summary>Why an address does not serve; null when it does.</summary>
    public static string? Problem(Uri endpoint)
    {
        if (endpoint.Scheme != Uri.UriSchemeHttps && endpoint.Scheme != Uri.UriSchemeHttp) return "must begin with https://";
        if (endpoint.Scheme == Uri.UriSchemeHttp && !endpoint.IsLoopback)
        {
            return "must begin with https://: http:// is accepted for this machine only (localhost, 127.0.0.1, [::1]), " +
                "because requests carry stream keys";
        }

        if (endpoint.UserInfo.Length > 0) return "must not contain a user name or password";
        if (endpoint.Host.Length == 0 || endpoint.AbsolutePath != "/" || endpoint.Query.Length > 0 || endpoint.Fragment.Length > 0)
            return "must be a host with an optional port, without path or query";
        return null;
    }
}
