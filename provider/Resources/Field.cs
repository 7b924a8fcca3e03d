using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>When a changed input takes effect in the service.</summary>
enum Takes
{
    /// <summary>No operation can change it: a change replaces the resource.</summary>
    OnReplacement,

    /// <summary>An update applies at once, whatever the state.</summary>
    AtOnce,

    /// <summary>An update applies while stopped; on air it needs stop, update and restart.</summary>
    WhenStopped,

    /// <summary>An update applies only before the start time.</summary>
    BeforeStart,

    /// <summary>The service never sees it: this provider acts on it.</summary>
    InProvider,
}

/// <summary>One line of a resource's field list: an input and what the service calls it.</summary>
/// <param name="Name">The property's name in the schema.</param>
/// <param name="Parameter">The request parameter; null where the service has none.</param>
/// <param name="Response">The field of the answer that tells its value; null where no answer does.</param>
/// <param name="NestedNames">Names of nested fields in the service, from those of the schema; null: the same.</param>
sealed record Field(string Name, string? Parameter, string? Response, Takes Takes, Func<string, string>? NestedNames = null)
{
    /// <summary>The value as a request parameter: text as it is, numbers in decimal, lists and objects as JSON text.</summary>
    public string ToParameter(PropertyValue value) => value.Bare switch
    {
        StringValue text => text.Value,
        NumberValue number => ToText(number.Value),
        BoolValue boolean => boolean.Value ? "true" : "false",
        var nested => ToJson(nested),
    };

    /// <summary>The value an answer holds, in the shape of the schema's type; null where it holds none, or an empty one.</summary>
    public PropertyValue? FromResponse(LiveObject answer, TypeSchema type)
    {
        var element = answer.Element;
        if (Response is null || element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(Response, out element)) return null;

        // A structured value may come back as the JSON text it was sent as, some say in quotes twice (MonitorConfig).
        for (var depth = 0; type is ObjectType or ArrayType && element.ValueKind == JsonValueKind.String && depth < 2; depth++)
        {
            if (TryParse(element.GetString()) is not { } parsed) return null;
            element = parsed;
        }

        return FromJson(element, type);
    }

    /// <summary>A number as the service reads it: no exponent, no needless fraction, and every digit that it takes to read the same number back.</summary>
    public static string ToText(double number)
    {
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        return shortest.Contains('E', StringComparison.Ordinal) && Math.Abs(number) < (double)decimal.MaxValue
            ? decimal.Parse(shortest, NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)
            : shortest;
    }

    string ToJson(PropertyValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, value.Bare);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    void Write(Utf8JsonWriter writer, PropertyValue value)
    {
        switch (value.Bare)
        {
            case StringValue text: writer.WriteStringValue(text.Value); break;
            case NumberValue number: writer.WriteRawValue(ToText(number.Value)); break;
            case BoolValue boolean: writer.WriteBooleanValue(boolean.Value); break;
            case ArrayValue array:
                writer.WriteStartArray();
                foreach (var item in array.Items) Write(writer, item);
                writer.WriteEndArray();
                break;
            case ObjectValue map:
                writer.WriteStartObject();
                foreach (var (name, member) in map.Fields)
                {
                    if (member.IsNull) continue;
                    writer.WritePropertyName(NestedNames?.Invoke(name) ?? name);
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            default: writer.WriteNullValue(); break;
        }
    }

    PropertyValue? FromJson(JsonElement element, TypeSchema type) => (type, element.ValueKind) switch
    {
        (IntegerType or NumberType, JsonValueKind.Number) => element.GetDouble(),
        (IntegerType or NumberType, JsonValueKind.String)
            when double.TryParse(element.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        (StringType or EnumType, JsonValueKind.String) => element.GetString() is { Length: > 0 } text ? (PropertyValue)text : null,
        (StringType or EnumType, JsonValueKind.Number) => element.GetRawText(),
        (ArrayType array, JsonValueKind.Array) => FromJsonArray(element, array),
        (ObjectType map, JsonValueKind.Object) => FromJsonObject(element, map),
        _ => null,
    };

    ArrayValue FromJsonArray(JsonElement element, ArrayType type)
    {
        var items = ImmutableArray.CreateBuilder<PropertyValue>();
        foreach (var item in element.EnumerateArray())
        {
            if (FromJson(item, type.Item) is { } value) items.Add(value);
        }

        return new(items.ToImmutable());
    }

    ObjectValue FromJsonObject(JsonElement element, ObjectType type)
    {
        var fields = new PropertyMap();
        foreach (var (name, property) in type.Schema.Properties)
        {
            if (element.TryGetProperty(NestedNames?.Invoke(name) ?? name, out var member) && FromJson(member, property.Type) is { } value)
            {
                fields[name] = value;
            }
        }

        return new(fields);
    }

    static JsonElement? TryParse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
