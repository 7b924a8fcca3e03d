using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Unicode;

namespace PulumiAliyunLive.Live;

/// <summary>An HTTP answer as it arrived, its body within <see cref="Limits.MaxAnswerBytes"/>.</summary>
sealed record RawAnswer(
    HttpStatusCode Status, string? MediaType, string? RequestIdHeader, string? RetryAfterHeader, ReadOnlyMemory<byte> Body);

/// <summary>Tells what the service answered: an object, an error of its own, or something that is no answer of the service.</summary>
static class Answer
{
    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The object of a successful answer.</summary>
    /// <param name="temporaryKey">Whether the request was signed with a temporary key.</param>
    /// <param name="secrets">What was sent and must not come back in an error text.</param>
    /// <exception cref="LiveException">The answer is an error, or no answer of the service.</exception>
    public static LiveObject Read(string operation, RawAnswer raw, bool temporaryKey, IEnumerable<string> secrets)
    {
        var retryAfter = RetryAfter(raw);
        var parsed = Parse(raw.Body.Span);
        if (parsed is not { ValueKind: JsonValueKind.Object } element)
            throw NotOfTheService(operation, raw, parsed is not null, retryAfter);

        var body = new LiveObject(element);
        var requestId = Shown(body.Text("RequestId") ?? body.Text("requestId") ?? raw.RequestIdHeader);
        var code = Shown(body.Text("Code") ?? body.Text("code"));
        var message = body.Text("Message") ?? body.Text("message") ?? body.Text("Description") ?? "";

        if ((int)raw.Status is < 200 or > 299)
        {
            var kind = LiveErrors.Classify(raw.Status, code, retryAfter is not null, temporaryKey);
            throw new LiveException(
                kind, operation, code.Length > 0 ? code : Http(raw), Words(message, secrets), requestId, MaybeDone(raw.Status, code, kind))
            {
                RetryAfter = retryAfter,
            };
        }

        // Whether this ever comes with HTTP 200 is unknown. With an id in it, something was made in spite of it.
        if (body.Integer("RetCode") is { } result and not 0)
        {
            var number = $"RetCode{result.ToString(CultureInfo.InvariantCulture)}";
            var described = body.Text("Description") is { } words && LooksLikeCode(words) ? words : number;
            code = code.Length > 0 ? code : described;
            var kind = LiveErrors.Classify(HttpStatusCode.BadRequest, code, retryAfter is not null, temporaryKey);
            var made = body.Text("TaskId") is { Length: > 0 };
            throw new LiveException(kind, operation, code, Words(message, secrets), requestId, maybeDone: made)
            {
                RetryAfter = retryAfter,
            };
        }

        return body;
    }

    /// <summary>A non-zero <c>RetCode</c> comes with a description, which may be the error code: words in one, each with a capital.</summary>
    static bool LooksLikeCode(string text) =>
        text.Length < 100
        && text.Count(char.IsAsciiLetterUpper) > 1 && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '.');

    /// <summary>A successful answer that lacks what was asked for.</summary>
    public static LiveException Lacking(string operation, LiveObject answer, string field) => new(
        LiveErrorKind.Transient, operation, LiveErrors.BadAnswer, $"the field {field} is missing or malformed",
        Shown(answer.Text("RequestId")), maybeDone: true);

    /// <summary>A refusal leaves nothing behind; a fault of the server, or a request seen twice, may have come after the deed.</summary>
    static bool MaybeDone(HttpStatusCode status, string code, LiveErrorKind kind) => kind switch
    {
        LiveErrorKind.Transient => !LiveErrors.IsClockSkew(code),
        LiveErrorKind.Throttled => (int)status >= 500 && !LiveErrors.IsThrottling(code),
        _ => false,
    };

    static LiveException NotOfTheService(string operation, RawAnswer raw, bool isJson, TimeSpan? retryAfter)
    {
        var kind = LiveErrors.Classify(raw.Status, "", retryAfter is not null, temporaryKey: false);
        var what =
            raw.Body.IsEmpty ? "an empty body" :
            isJson ? "JSON that is no object" :
            raw.MediaType is { } type ? $"a body of type {Shown(type)}" :
            "a body of no type";
        var advice = (int)raw.Status is >= 300 and < 500
            ? "; something on the way may have answered in the service's place: check the endpoint and HTTPS_PROXY"
            : "";
        var maybeDone = MaybeDone(raw.Status, "", kind);
        return new LiveException(
            kind, operation, LiveErrors.BadAnswer, $"{Http(raw)} with {what}{advice}", Shown(raw.RequestIdHeader), maybeDone)
        {
            RetryAfter = retryAfter,
        };
    }

    static string Http(RawAnswer raw) => $"HTTP{((int)raw.Status).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>A positive number of milliseconds with an error, no longer than is sane; anything else does not count.</summary>
    static TimeSpan? RetryAfter(RawAnswer raw)
    {
        if ((int)raw.Status < 400) return null;
        if (!long.TryParse(raw.RetryAfterHeader, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return null;
        if (milliseconds == 0) return null;
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)Limits.RetryAfterMax.TotalMilliseconds));
    }

    static JsonElement? Parse(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith(ByteOrderMark)) body = body[ByteOrderMark.Length..];
        if (!Utf8.IsValid(body)) return null;
        try
        {
            var element = JsonElement.Parse(body);

            // Half a surrogate pair is valid JSON but no text: found now rather than at some later read of the field.
            if (body.IndexOf("\\ud"u8) >= 0 || body.IndexOf("\\uD"u8) >= 0) ReadTexts(element);
            return element;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    static void ReadTexts(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            _ = element.GetString();
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) ReadTexts(item);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                _ = property.Name;
                ReadTexts(property.Value);
            }
        }
    }

    static string Words(string message, IEnumerable<string> secrets)
    {
        var words = Redaction.Text(message, secrets);
        return words.Length <= Limits.MaxMessageChars ? words : $"{words[..Limits.MaxMessageChars]}…";
    }

    /// <summary>A code or id as it may be shown: what is none (spaces, markup, endless) is not shown.</summary>
    static string Shown(string? word) => word is { Length: > 0 and <= Limits.MaxCodeChars } && word.All(IsOfCode) ? word : "";

    static bool IsOfCode(char letter) => char.IsAsciiLetterOrDigit(letter) || "-_.:/+".Contains(letter, StringComparison.Ordinal);
}
