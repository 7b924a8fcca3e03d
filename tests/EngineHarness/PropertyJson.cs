using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>Property values as JSON: plain ones, and those of the state file, whose secrets pass through an encrypter.</summary>
static class PropertyJson
{
    const string SignatureKey = "4dabf18193072939515e22adb298388d";
    const string SecretSignature = "1b47061264138c4ac30d75fd1eb44270";
    const string ResourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads JSON text without special objects.</summary>
    public static PropertyValue Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return Read(document.RootElement, null);
    }

    /// <summary>The text of a value, secret marks left out; unknowns cannot be written.</summary>
    public static string Write(PropertyValue value) => Write(value, null);

    /// <summary>The text of a value; <paramref name="encrypt"/> turns the JSON text of a secret into what is stored in its place.</summary>
    public static string Write(PropertyValue value, Func<string, string>? encrypt)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
            Write(writer, value, encrypt);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static void Write(Utf8JsonWriter writer, PropertyValue value, Func<string, string>? encrypt)
    {
        switch (value)
        {
            case SecretValue secret when encrypt is not null:
                writer.WriteStartObject();
                writer.WriteString(SignatureKey, SecretSignature);
                writer.WriteString("ciphertext", encrypt(Write(secret.Element)));
                writer.WriteEndObject();
                break;
            case SecretValue secret:
                Write(writer, secret.Element, encrypt);
                break;
            case NullValue:
                writer.WriteNullValue();
                break;
            case BoolValue flag:
                writer.WriteBooleanValue(flag.Value);
                break;
            case NumberValue number:
                writer.WriteNumberValue(number.Value);
                break;
            case StringValue text:
                writer.WriteStringValue(text.Value);
                break;
            case ArrayValue list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(writer, item, encrypt);
                writer.WriteEndArray();
                break;
            case ObjectValue map:
                writer.WriteStartObject();
                foreach (var (name, member) in map.Fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member, encrypt);
                }
                writer.WriteEndObject();
                break;
            case OpaqueValue { Kind: OpaqueKind.ResourceReference } reference:
                writer.WriteStartObject();
                writer.WriteString(SignatureKey, ResourceSignature);
                foreach (var (name, member) in reference.Fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member, encrypt);
                }
                writer.WriteEndObject();
                break;
            default:
                throw new NotSupportedException($"a {value.GetType().Name} cannot be stored");
        }
    }

    /// <summary>Reads a value; <paramref name="decrypt"/> turns what is stored in place of a secret into its JSON text.</summary>
    public static PropertyValue Read(JsonElement json, Func<string, string>? decrypt)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return json.GetString()!;
            case JsonValueKind.Number:
                return json.GetDouble();
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Array:
                return PropertyValue.Of(json.EnumerateArray().Select(item => Read(item, decrypt)).ToList());
            case JsonValueKind.Object when decrypt is not null && json.TryGetProperty(SignatureKey, out var signature):
                if (signature.ValueEquals(SecretSignature))
                    return Parse(decrypt(json.GetProperty("ciphertext").GetString()!)).AsSecret();
                return new OpaqueValue(OpaqueKind.ResourceReference, Members(json, decrypt, except: SignatureKey));
            case JsonValueKind.Object:
                return Members(json, decrypt, except: null);
            default:
                return PropertyValue.Null;
        }
    }

    static PropertyMap Members(JsonElement json, Func<string, string>? decrypt, string? except)
    {
        var result = new PropertyMap();
        foreach (var member in json.EnumerateObject().Where(member => member.Name != except))
            result[member.Name] = Read(member.Value, decrypt);
        return result;
    }
}
