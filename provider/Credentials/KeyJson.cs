using System.Globalization;
using System.Text.Json;

namespace PulumiAliyunLive.Credentials;

/// <summary>Reads keys out of JSON: answers, files and output of many origins. No error shows what was read.</summary>
static class KeyJson
{
    /// <summary>The object that a text holds.</summary>
    /// <param name="what">The text, to begin an error with: <c>the file /x/config.json</c>.</param>
    public static JsonElement Object(ReadOnlyMemory<byte> utf8, string what)
    {
        try
        {
            var element = JsonElement.Parse(utf8.Span);
            return element.ValueKind == JsonValueKind.Object ? element : throw new CredentialsException($"{what} is JSON, but no object");
        }
        catch (JsonException failure)
        {
            throw new CredentialsException($"{what} is no JSON (line {failure.LineNumber + 1}, byte {failure.BytePositionInLine + 1})");
        }
    }

    /// <summary>A member's text without blanks around it; null where it is absent, empty or no text.</summary>
    public static string? Text(this JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return KeyText.Given(value.GetString());
        }
        catch (InvalidOperationException)
        {
            // Half a character: no key has one.
            return null;
        }
    }

    /// <summary>A member's integer, also where it is written as text.</summary>
    public static long? Integer(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : long.TryParse(element.Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ? number
        : null;

    public static bool IsTrue(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Temporary keys as the metadata service, a credentials address and a sign-in portal write them.</summary>
    /// <param name="answered">The answer they are in; its date puts a wrong clock of this machine right.</param>
    /// <param name="what">The answer, to begin an error with.</param>
    public static TakenKeys Temporary(JsonElement element, KeyAnswer answered, TimeProvider clock, string source, string what)
    {
        string Part(string name) => element.Text(name) ?? throw new CredentialsException($"{what} has no {name}");
        var keys = KeyText.Checked(new LiveCredentials(Part("AccessKeyId"), Part("AccessKeySecret"), Part("SecurityToken"), source));

        var now = clock.GetUtcNow();
        var life = Time(element.Text("Expiration")) is { } end ? end - (answered.Date ?? now) : CredentialLimits.UnknownLife;
        return new TakenKeys(keys, now + life);
    }

    /// <summary>A moment as services write it; UTC where nothing else is said.</summary>
    public static DateTimeOffset? Time(string? text)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time) ? time : null;
    }
}
