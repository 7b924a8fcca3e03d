using System.Security.Cryptography;
using System.Text;

namespace PulumiAliyunLive.Live;

/// <summary>Request signing version 3, <c>ACS3-HMAC-SHA256</c>, for requests to path <c>/</c> with an empty body.</summary>
static class Signature
{
    /// <summary>SHA-256 of nothing: parameters travel in the query, the body is always empty.</summary>
    public const string EmptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    const string Algorithm = "ACS3-HMAC-SHA256";

    /// <summary>
    /// Percent-encoding of RFC 3986: letters, digits and <c>-_.~</c> stay, everything else becomes <c>%XX</c> of its UTF-8 bytes.
    /// </summary>
    public static string Encode(string text) => Uri.EscapeDataString(text);

    /// <summary>The query, sorted by name, as it is signed and as it must be sent.</summary>
    public static string CanonicalQuery(IEnumerable<KeyValuePair<string, string>> parameters) => string.Join('&', parameters
        .OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
        .Select(parameter => $"{Encode(parameter.Key)}={Encode(parameter.Value)}"));

    /// <summary>The text whose hash is signed.</summary>
    /// <param name="headers">The headers to be signed, names in lower case: <c>host</c> and every <c>x-acs-…</c>.</param>
    public static string CanonicalRequest(HttpMethod method, string canonicalQuery, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var text = new StringBuilder().Append(method.Method).Append("\n/\n").Append(canonicalQuery).Append('\n');
        foreach (var (name, value) in Sorted(headers)) text.Append(name).Append(':').Append(value.Trim()).Append('\n');
        return text.Append('\n').Append(SignedNames(headers)).Append('\n').Append(EmptyPayloadHash).ToString();
    }

    /// <summary>The value of the <c>Authorization</c> header.</summary>
    public static string Authorization(
        HttpMethod method, string canonicalQuery, IReadOnlyCollection<KeyValuePair<string, string>> headers, string accessKeyId,
        string accessKeySecret)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalRequest(method, canonicalQuery, headers)));
        var toSign = $"{Algorithm}\n{Convert.ToHexStringLower(hash)}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(accessKeySecret), Encoding.UTF8.GetBytes(toSign));
        return $"{Algorithm} Credential={accessKeyId},SignedHeaders={SignedNames(headers)},Signature={Convert.ToHexStringLower(signature)}";
    }

    static string SignedNames(IEnumerable<KeyValuePair<string, string>> headers) =>
        string.Join(';', Sorted(headers).Select(header => header.Key));

    static IOrderedEnumerable<KeyValuePair<string, string>> Sorted(IEnumerable<KeyValuePair<string, string>> headers) =>
        headers.OrderBy(header => header.Key, StringComparer.Ordinal);
}
