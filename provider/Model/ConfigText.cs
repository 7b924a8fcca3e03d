using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace PulumiAliyunLive.Model;

/// <summary>
/// Provider configuration as it arrives: stack configuration is all text, and most SDKs send whatever is not a string as JSON text, which
/// may hold secret signatures and unknown sentinels. The Python SDK writes names inside objects in snake_case.
/// </summary>
static class ConfigText
{
    /// <summary>The value of a top-level name, out of its JSON text where it is one; null (and reported) where it cannot be read.</summary>
    public static PropertyValue? Decode(TypeSchema type, PropertyValue value, string name, CheckFailures failures)
    {
        var read = value.Bare is StringValue text ? Read(type, text, name, failures) : value.Bare;
        if (read is null)
            return null;
        var renamed = ObjectWalk.Rewrite(type, read, static _ => true, WithDeclaredNames);
        return value.IsSecret ? renamed.AsSecret() : renamed;
    }

    static PropertyValue? Read(TypeSchema type, StringValue text, string name, CheckFailures failures)
    {
        if (Signatures.IsUnknown(text.Value))
            return PropertyValue.Unknown;
        if (Scalars.As(type, text) is { } plain && (type is not EnumType choice || choice.Declares(plain)))
            return text;
        try
        {
            using var document = JsonDocument.Parse(text.Value);
            if (TryRead(document.RootElement, out var value))
                return value;
            failures.Add(name, "holds a special value of a kind that is not known here");
            return null;
        }
        catch (JsonException exception) when (type is ArrayType or MapType or ObjectType)
        {
            failures.Add(name, $"must be {Wording.Describe(type)}, or one as JSON text, but is text that is no JSON ({Place(exception)})");
            return null;
        }
        catch (JsonException)
        {
            return text; // a wrong boolean, number or choice, which check reports; or any text at all
        }
        catch (InvalidOperationException)
        {
            failures.Add(name, "holds JSON text with half a character in it");
            return null;
        }
    }

    static string Place(JsonException exception) => $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";

    /// <summary>False where a special value is malformed or of an unknown kind.</summary>
    static bool TryRead(JsonElement element, [NotNullWhen(true)] out PropertyValue? value)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return TryReadObject(element, out value);
            case JsonValueKind.Array:
                var items = ImmutableArray.CreateBuilder<PropertyValue>(element.GetArrayLength());
                value = null;
                foreach (var item in element.EnumerateArray())
                {
                    if (!TryRead(item, out var read))
                        return false;
                    items.Add(read);
                }
                value = new ArrayValue(items.MoveToImmutable());
                return true;
            case JsonValueKind.String:
                var text = element.GetString()!; // a string has one
                value = Signatures.IsUnknown(text) ? PropertyValue.Unknown : text;
                return true;
            case JsonValueKind.Number:
                value = element.GetDouble();
                return true;
            case JsonValueKind.Null:
                value = PropertyValue.Null;
                return true;
            default:
                value = element.ValueKind == JsonValueKind.True;
                return true;
        }
    }

    static bool TryReadObject(JsonElement element, [NotNullWhen(true)] out PropertyValue? value)
    {
        value = null;
        if (element.TryGetProperty(Signatures.Key, out var signature))
            return signature.ValueKind == JsonValueKind.String && TryReadSpecial(element, signature.GetString(), out value);
        var map = new PropertyMap();
        foreach (var member in element.EnumerateObject())
        {
            if (!TryRead(member.Value, out var read))
                return false;
            map[member.Name] = read;
        }
        value = map;
        return true;
    }

    static bool TryReadSpecial(JsonElement element, string? signature, [NotNullWhen(true)] out PropertyValue? value)
    {
        value = null;
        var content = element.TryGetProperty("value", out var found) && TryRead(found, out var read) ? read : null;
        var isSecret = element.TryGetProperty("secret", out var flag) && flag.ValueKind == JsonValueKind.True;
        value = signature switch
        {
            Signatures.Secret => content?.AsSecret(),
            Signatures.Output when content is not null => isSecret ? content.AsSecret() : content,
            Signatures.Output when found.ValueKind != JsonValueKind.Undefined => null,
            Signatures.Output => isSecret ? PropertyValue.Unknown.AsSecret() : PropertyValue.Unknown,
            Signatures.Asset => new OpaqueValue(OpaqueKind.Asset, PropertyMap.Empty),
            Signatures.Archive => new OpaqueValue(OpaqueKind.Archive, PropertyMap.Empty),
            Signatures.ResourceReference => new OpaqueValue(OpaqueKind.ResourceReference, PropertyMap.Empty),
            Signatures.ByteString => new OpaqueValue(OpaqueKind.ByteString, PropertyMap.Empty),
            _ => null,
        };
        return value is not null;
    }

    /// <summary>Gives snake_case members the declared names they stand for, unless those are stated themselves.</summary>
    static PropertyMap WithDeclaredNames(ObjectSchema schema, PropertyMap members)
    {
        var result = new PropertyMap();
        foreach (var (name, value) in members)
        {
            var property = schema.Find(name);
            if (property is null && FromSnakeCase(schema, name) is { } meant && !members.ContainsKey(meant.Name))
                property = meant;
            if (property is null)
                result[name] = value;
            else
                result[property.Name] = ObjectWalk.Rewrite(property.Type, value, static _ => true, WithDeclaredNames);
        }
        return result;
    }

    static PropertySchema? FromSnakeCase(ObjectSchema schema, string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal))
            return null;
        var letters = name.Replace("_", "", StringComparison.Ordinal);
        return schema.Ordered.FirstOrDefault(property => string.Equals(property.Name, letters, StringComparison.OrdinalIgnoreCase));
    }
}
