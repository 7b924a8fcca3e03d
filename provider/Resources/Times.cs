using System.Globalization;
using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Resources;

/// <summary>Points in time as the service writes them: <c>yyyy-MM-ddTHH:mm:ssZ</c>, UTC, whole seconds.</summary>
static partial class Times
{
    const string Form = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>What a person is told to write.</summary>
    public const string Example = "2027-05-01T20:00:00+08:00";

    /// <summary>Reads RFC 3339 with any offset and fraction; a fraction of a second is cut off. Null for any other text.</summary>
    public static DateTimeOffset? Parse(string? text)
    {
        if (text is null || !Rfc3339().IsMatch(text)) return null;
        var upper = text.ToUpperInvariant().Replace(' ', 'T');
        return DateTimeOffset.TryParse(upper, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
            ? time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond))
            : null;
    }

    public static string ToText(DateTimeOffset time) => time.ToUniversalTime().ToString(Form, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Rfc3339();
}
