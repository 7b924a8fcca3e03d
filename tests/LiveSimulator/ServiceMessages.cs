using System.Globalization;
using System.Text;

namespace LiveSimulator;

/// <summary>A request as it came over the wire: nothing decoded, so that its signature can be recomputed.</summary>
/// <param name="Query">The query without its question mark, still percent-encoded.</param>
/// <param name="Headers">Names in lower case, in the order of arrival.</param>
sealed record ServiceRequest(
    string Method, string Path, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The first value of a header, trimmed; null when it is absent.</summary>
    public string? Header(string name)
    {
        foreach (var header in Headers)
            if (header.Key == name)
                return header.Value.Trim();
        return null;
    }

    /// <summary>The parameters of the query, decoded, in the order of arrival.</summary>
    public List<KeyValuePair<string, string>> DecodedQuery()
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in Query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals < 0 ? new(Decode(part), "") : new(Decode(part[..equals]), Decode(part[(equals + 1)..])));
        }
        return pairs;
    }

    // A plus sign is a blank, as in forms: a client that means a plus sign has to encode it.
    static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}

/// <summary>An answer, or the connection's end in place of one.</summary>
/// <param name="Dropped">The connection ends without an answer.</param>
sealed record ServiceAnswer(
    int Status, string ContentType, byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers, bool Dropped = false)
{
    public static ServiceAnswer Text(int status, string contentType, string body, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        new(status, contentType, Encoding.UTF8.GetBytes(body), headers);

    /// <summary>How the answer comes to the caller.</summary>
    public Delivery Delivery { get; init; }

    /// <summary>Between the pieces of a slow answer.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>What a late answer waits for.</summary>
    public Task Turn { get; init; } = Task.CompletedTask;

    /// <summary>The request that it answers; null for answers of the admin door.</summary>
    public string? RequestId { get; init; }

    public static ServiceAnswer NoAnswer { get; } = new(0, "", [], [], Dropped: true);
}

/// <summary>Ways of an answer to its caller.</summary>
enum Delivery
{
    AtOnce,
    CutShort,
    Never,
    Slow,
    Late,
}

/// <summary>The format of times in parameters and answers: UTC, whole seconds, a literal Z.</summary>
static class ServiceTime
{
    const string Pattern = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
