using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace LiveSimulator;

/// <summary>The decoded parameters of one call, read with the checks that all operations share.</summary>
/// <param name="malformedCode">The family's code for a value it does not take.</param>
sealed class CallParameters(IReadOnlyDictionary<string, string> values, string malformedCode)
{
    /// <summary>Parameters that every operation takes and that have no effect.</summary>
    static readonly string[] Common = ["RegionId", "OwnerId"];

    /// <summary>How old an object is at least that a listing shows.</summary>
    public TimeSpan Lag { get; init; }

    /// <summary>How long after its deletion a listing still shows an object.</summary>
    public TimeSpan Ghosts { get; init; }

    /// <summary>Whether the parameter was sent, be it empty.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The value as sent; null when it was not.</summary>
    public string? Text(string name) => values.GetValueOrDefault(name);

    public string Required(string name) =>
        values.TryGetValue(name, out var value) && value != "" ? value : throw ServiceError.MissingParameter(name);

    public string OneOf(string name, params ReadOnlySpan<string> known)
    {
        var value = Required(name);
        foreach (var candidate in known)
            if (value == candidate)
                return value;
        throw Malformed($"{name} must be one of {string.Join(", ", known.ToArray())}.");
    }

    public int? Integer(string name, int least = int.MinValue, int most = int.MaxValue)
    {
        if (Text(name) is not { Length: > 0 } text) return null;
        var isInteger = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        return isInteger && value >= least && value <= most
            ? value
            : throw Malformed($"{name} must be an integer from {least} to {most}.");
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { Length: > 0 } text) return null;
        return ServiceTime.TryParse(text, out var time) ? time : throw Malformed($"{name} must have the form yyyy-MM-ddTHH:mm:ssZ.");
    }

    public DateTimeOffset RequiredTime(string name)
    {
        Required(name);
        return Time(name)!.Value;
    }

    /// <summary>A parameter that holds a JSON list of texts; null when it was not sent.</summary>
    public ImmutableArray<string>? TextList(string name)
    {
        if (Text(name) is not { Length: > 0 } text) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Array
                && document.RootElement.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
                return [.. document.RootElement.EnumerateArray().Select(item => item.GetString()!)];
        }
        catch (JsonException)
        {
            // Told below, together with JSON of another shape.
        }
        throw Malformed($"{name} must be a JSON list of texts.");
    }

    /// <summary>A web address of 2,000 characters at most; null when it was not sent, empty when it was sent so.</summary>
    public string? WebAddress(string name)
    {
        var value = Text(name);
        if (value is null or "") return value;
        if (value.Length > 2000) throw Malformed($"{name} must not be longer than 2000 characters.");
        if (!value.StartsWith("http://", StringComparison.Ordinal) && !value.StartsWith("https://", StringComparison.Ordinal))
            throw Malformed($"{name} must be an http or https address.");
        return value;
    }

    /// <summary>Refuses parameters that the operation does not have.</summary>
    public void OnlyKnown(IReadOnlySet<string> known)
    {
        foreach (var name in values.Keys)
            if (!known.Contains(name) && !Common.Contains(name))
                throw Malformed($"{name} is no parameter of this action.");
    }

    public ServiceError Malformed(string message) => new(400, malformedCode, message);
}
