using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Live;

/// <summary>
/// Takes secrets out of texts that leave the process. What is hidden is hidden generously: a text too short beats a key too long.
/// </summary>
static partial class Redaction
{
    const string Hidden = "[hidden]";

    /// <summary>
    /// Milliseconds for one look through a text, in real time. A look takes microseconds, but a machine that is far too busy may let a
    /// second pass in the middle of it.
    /// </summary>
    const int Patience = 60_000;

    static readonly ConcurrentQueue<string> Remembered = new();

    /// <summary>
    /// Hides this exact text, and its percent-encoded form, from now on in everything that goes through <see cref="Text(string)"/>.
    /// </summary>
    public static void Remember(string? secret)
    {
        if (secret is null || secret.Length < Limits.MinSecretChars || Remembered.Contains(secret, StringComparer.Ordinal)) return;
        Remembered.Enqueue(secret);
        while (Remembered.Count > Limits.MaxRemembered) Remembered.TryDequeue(out _);
    }

    /// <summary>
    /// The text without remembered secrets, without user info, path and query of the addresses in it (a stream key may stand in any of
    /// them), also where the address is percent-encoded, and without the values of parameters that carry keys.
    /// </summary>
    public static string Text(string text) => Text(text, []);

    /// <param name="secrets">Further texts to hide, whatever their length.</param>
    public static string Text(string text, IEnumerable<string> secrets)
    {
        try
        {
            // The longest first: one secret may be a part of another.
            foreach (var secret in secrets.Concat(Remembered).Where(secret => secret.Length > 0).OrderByDescending(secret => secret.Length))
            {
                text = text.Replace(secret, Hidden, StringComparison.Ordinal);
                var encoded = Uri.EscapeDataString(secret);
                if (encoded != secret) text = text.Replace(encoded, Hidden, StringComparison.OrdinalIgnoreCase);
            }

            text = Address().Replace(text, Shown);
            text = EncodedAddress().Replace(text, match => $"{match.Groups["scheme"].Value}{Hidden}");
            text = Query().Replace(text, $"?{Hidden}");
            return KeyValue().Replace(text, match => $"{match.Groups["name"].Value}{Hidden}");
        }
        catch (RegexMatchTimeoutException)
        {
            // What is told of a deed must never fail the deed.
            return Hidden;
        }
    }

    static string Shown(Match match)
    {
        var address = $"{match.Groups["scheme"].Value}{match.Groups["host"].Value}";
        return match.Length == address.Length ? address : $"{address}/{Hidden}";
    }

    // The slashes may be escaped as JSON allows.
    [GeneratedRegex(
        @"(?<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}:(\\?/){2})([^\s/@""']*@)?(?<host>[^\s/?#""'\\]*)[^\s""']*",
        RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Address();

    // Once or twice encoded, as in the canonical request that a refused signature is answered with; user info cannot be told from the host.
    [GeneratedRegex(
        @"(?<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}%(25)?3A(%(25)?2F){2})[^\s""'&]*",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, Patience)]
    private static partial Regex EncodedAddress();

    // An address without a scheme still has its keys in the query.
    [GeneratedRegex(@"\?[^\s""'?=]*=[^\s""']*", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Query();

    [GeneratedRegex(
        @"(?<name>\b\w{0,20}(key|token|secret|sign|signature|password|passwd|pwd)\s?(=|%3D|"":\s?"")\s?)[^\s""'&,;]+",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, Patience)]
    private static partial Regex KeyValue();
}
