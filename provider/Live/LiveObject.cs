using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace PulumiAliyunLive.Live;

/// <summary>
/// An object of a service answer, read by the names the service uses. A field that is absent, null or of another type than asked for reads
/// as null: the service's answers grow and differ between versions, and an unknown field never breaks a read.
/// </summary>
readonly struct LiveObject(JsonElement element)
{
    public JsonElement Element { get; } = element;

    /// <summary>The text of a field; numbers are returned as they were written.</summary>
    public string? Text(string name) => Field(name) switch
    {
        { ValueKind: JsonValueKind.String } field => field.GetString(),
        { ValueKind: JsonValueKind.Number } field => field.GetRawText(),
        _ => null,
    };

    /// <summary>An integer field; text that holds an integer counts too.</summary>
    public long? Integer(string name) => Field(name) switch
    {
        { ValueKind: JsonValueKind.Number } field when field.TryGetInt64(out var value) => value,
        { ValueKind: JsonValueKind.String } field
            when long.TryParse(field.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    /// <summary>A list of texts; null where the field is no list.</summary>
    public ImmutableArray<string>? TextList(string name) => Field(name) is { ValueKind: JsonValueKind.Array } field
        ? [.. field.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
        : null;

    /// <summary>A nested object; null where the field is none.</summary>
    public LiveObject? Object(string name) => Field(name) is { ValueKind: JsonValueKind.Object } field ? new LiveObject(field) : null;

    JsonElement? Field(string name) =>
        Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out var field) ? field : null;
}
