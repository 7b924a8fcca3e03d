using System.Text.RegularExpressions;

namespace LiveSimulator.WebConsole;

/// <summary>
/// Takes out of addresses what may be a key: pages are shown to others, and pictures of them are sent around. Left are the scheme, the host
/// and the first part of a longer path, which for RTMP is the application.
/// </summary>
static partial class AddressRedaction
{
    /// <summary>Stands for what is hidden.</summary>
    public const string Hidden = "•••";

    public static string Shown(string text) => Query().Replace(Address().Replace(text, Shown), $"?{Hidden}");

    static string Shown(Match match)
    {
        var host = $"{match.Groups["scheme"].Value}{match.Groups["host"].Value}";
        var rest = match.Groups["rest"].Value;
        if (rest is "" or "/") return host + rest;
        var path = rest.Split('?', '#')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return path.Length > 1 ? $"{host}/{path[0]}/{Hidden}" : $"{host}/{Hidden}";
    }

    [GeneratedRegex(
        @"(?<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)([^\s/@""']*@)?(?<host>[^\s/?#""']*)(?<rest>[^\s""']*)",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Address();

    // Inputs may be stated without a scheme.
    [GeneratedRegex(@"\?[^\s""']+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Query();
}
