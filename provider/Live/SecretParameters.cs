using System.Text.Json;

namespace PulumiAliyunLive.Live;

/// <summary>The parameters that carry stream keys or webhook tokens, so that an answer repeating them can be shown without them.</summary>
static class SecretParameters
{
    /// <summary>The texts to hide: each such value whole and, where it is JSON, the addresses inside. Found only when enumerated.</summary>
    public static IEnumerable<string> Of(IEnumerable<KeyValuePair<string, string>> parameters) => parameters
        .Where(parameter => parameter.Key is "DstUrl" or "SourceUrls" or "CallbackUrl" or "InputList" or "DingTalkWebHookUrl")
        .SelectMany(parameter => parameter.Value.StartsWith('[') ? Inside(parameter.Value).Prepend(parameter.Value) : [parameter.Value]);

    static IEnumerable<string> Inside(string json)
    {
        try
        {
            return [.. Texts(JsonElement.Parse(json)).Where(text => text.AsSpan().ContainsAny("/?."))];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
