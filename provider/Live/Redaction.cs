using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Live;

/// <summary>Takes secrets out of texts that leave the process.</summary>
static partial class Redaction
{
    const string Hidden = "[hidden]";

    /// <summary>The text with user info, path and query of every address in it hidden: a stream key may stand in any of them.</summary>
    public static string Text(string text) => Address().Replace(text, match => $"{match.Groups["scheme"].Value}{match.Groups["host"].Value}/{Hidden}");

    [GeneratedRegex(@"(?<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@""']*@)?(?<host>[^\s/?#""']*)[^\s""']*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Address();
}
