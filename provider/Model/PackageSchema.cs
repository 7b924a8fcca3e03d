using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PulumiAliyunLive.Model;

/// <summary>
/// The package schema as compact tables: what check, diff, defaults and secret marking are driven by. Read once; a type that these tables
/// cannot hold is refused with a <see cref="FormatException"/>, so that nothing declared is silently without effect.
/// </summary>
sealed class PackageSchema
{
    PackageSchema(
        string name, ObjectSchema config, IReadOnlyDictionary<string, ResourceSchema> resources,
        IReadOnlyDictionary<string, FunctionSchema> functions, IReadOnlyDictionary<string, TypeSchema> types)
    {
        Name = name;
        Config = config;
        Resources = resources;
        Functions = functions;
        Types = types;
    }

    public string Name { get; }

    /// <summary>The provider's configuration, the same for stack configuration and explicit providers.</summary>
    public ObjectSchema Config { get; }

    /// <summary>By token.</summary>
    public IReadOnlyDictionary<string, ResourceSchema> Resources { get; }

    /// <summary>By token.</summary>
    public IReadOnlyDictionary<string, FunctionSchema> Functions { get; }

    /// <summary>Objects and enums by token.</summary>
    public IReadOnlyDictionary<string, TypeSchema> Types { get; }

    /// <summary>Reads a schema from its JSON text.</summary>
    public static PackageSchema Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        var root = document.RootElement;
        var reader = new Reader(root);
        var resources = new OrderedDictionary<string, ResourceSchema>(StringComparer.Ordinal);
        foreach (var (token, spec) in Members(root, "resources"))
        {
            var inputs = reader.Object(spec, "inputProperties", "requiredInputs", token);
            var outputs = reader.Object(spec, "properties", "required", token);
            resources.Add(token, new ResourceSchema(token, inputs, outputs, Text(spec, "description")));
        }
        var functions = new OrderedDictionary<string, FunctionSchema>(StringComparer.Ordinal);
        foreach (var (token, spec) in Members(root, "functions"))
        {
            var inputs = reader.FunctionSide(spec, "inputs", token);
            functions.Add(token, new FunctionSchema(token, inputs, reader.FunctionSide(spec, "outputs", token)));
        }
        return new PackageSchema(Text(root, "name"), reader.Config(root), resources, functions, reader.Types);
    }

    /// <summary>
    /// The schema's text with a top-level <c>version</c> after its first member, in the style of the text, and otherwise byte for byte the
    /// same. The given text must not have one.
    /// </summary>
    public static ReadOnlyMemory<byte> WithVersion(ReadOnlyMemory<byte> utf8, string version)
    {
        var text = utf8.Span;
        var reader = new Utf8JsonReader(text);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException("the schema is not a JSON object");
        var open = (int)reader.BytesConsumed;
        var (nameStart, nameEnd, valueStart, valueEnd) = (open, open, open, open);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("version"u8))
                throw new FormatException("the schema already has a version");
            var first = nameEnd == open;
            if (first)
                (nameStart, nameEnd) = ((int)reader.TokenStartIndex, (int)reader.TokenStartIndex + reader.ValueSpan.Length + 2);
            reader.Read();
            if (first)
                valueStart = (int)reader.TokenStartIndex;
            reader.Skip();
            if (first)
                valueEnd = (int)reader.BytesConsumed;
        }
        var empty = nameEnd == open;
        var quoted = JsonEncodedText.Encode(version, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var betweenMembers = text[open..nameStart];
        var colon = empty ? ":"u8 : text[nameEnd..valueStart];
        return (byte[])
        [
            .. text[..valueEnd], .. empty ? ""u8 : ","u8,
            .. betweenMembers, .. "\"version\""u8, .. colon, (byte)'"', .. quoted, (byte)'"',
            .. text[valueEnd..],
        ];
    }

    static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element, string name) =>
        element.TryGetProperty(name, out var members) ? members.EnumerateObject().Select(member => (member.Name, member.Value)) : [];

    static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";

    static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var flag) && flag.GetBoolean();

    static ImmutableArray<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out var texts) ? [.. texts.EnumerateArray().Select(text => text.GetString() ?? "")] : [];

    /// <summary>Reads the parts of one document; types first, since they may name each other in any order.</summary>
    sealed class Reader
    {
        const string TypeReference = "#/types/";

        readonly OrderedDictionary<string, TypeSchema> _types = new(StringComparer.Ordinal);

        public Reader(JsonElement root)
        {
            foreach (var (token, spec) in Members(root, "types"))
            {
                var isEnum = spec.TryGetProperty("enum", out var values);
                _types.Add(token, isEnum ? Enum(token, spec, values) : new ObjectType(new ObjectSchema()));
            }
            foreach (var (token, spec) in Members(root, "types"))
            {
                if (_types[token] is ObjectType type)
                    type.Schema.Declare(Properties(spec, "properties", "required", token));
            }
        }

        public IReadOnlyDictionary<string, TypeSchema> Types => _types;

        public ObjectSchema Object(JsonElement spec, string propertiesName, string requiredName, string place) =>
            new(Properties(spec, propertiesName, requiredName, place));

        public ObjectSchema FunctionSide(JsonElement spec, string name, string token)
        {
            if (!spec.TryGetProperty(name, out var side))
                return ObjectSchema.Empty;
            return side.TryGetProperty("properties", out _)
                ? Object(side, "properties", "required", token)
                : throw new FormatException($"{token}: {name} must be an object with properties");
        }

        /// <summary>The configuration, which a schema states twice.</summary>
        public ObjectSchema Config(JsonElement root)
        {
            var variables = root.TryGetProperty("config", out var config)
                ? Object(config, "variables", "defaults", "config")
                : ObjectSchema.Empty;
            var inputs = root.TryGetProperty("provider", out var provider)
                ? Object(provider, "inputProperties", "requiredInputs", "provider")
                : ObjectSchema.Empty;
            var different = variables.Ordered.FirstOrDefault(variable => !Agree(variable, inputs.Find(variable.Name)))
                ?? inputs.Ordered.FirstOrDefault(input => variables.Find(input.Name) is null);
            return different is null
                ? inputs
                : throw new FormatException($"config.variables and provider.inputProperties do not say the same of {different.Name}");
        }

        /// <summary>Texts may differ: one speaks of a setting, the other of an argument.</summary>
        static bool Agree(PropertySchema variable, PropertySchema? input) => input is not null
            && variable.Environment.SequenceEqual(input.Environment, StringComparer.Ordinal)
            && variable with { Environment = input.Environment, Description = input.Description } == input;

        IEnumerable<PropertySchema> Properties(JsonElement spec, string propertiesName, string requiredName, string place)
        {
            var required = Texts(spec, requiredName).ToHashSet(StringComparer.Ordinal);
            foreach (var (name, property) in Members(spec, propertiesName))
            {
                yield return new PropertySchema(
                    name,
                    Type(property, $"{place}: {name}"),
                    required.Remove(name),
                    Flag(property, "secret"),
                    Flag(property, "willReplaceOnChanges"),
                    property.TryGetProperty("default", out var value) ? Primitive(value, $"{place}: {name}") : null,
                    property.TryGetProperty("defaultInfo", out var info) ? Texts(info, "environment") : [],
                    Text(property, "description"));
            }
            if (required.Count > 0)
                throw new FormatException($"{place}: {required.First()} is required but not declared");
        }

        TypeSchema Type(JsonElement spec, string place)
        {
            if (spec.TryGetProperty("$ref", out var reference))
                return Referenced(reference.GetString() ?? "", place);
            return Text(spec, "type") switch
            {
                "boolean" => new BooleanType(),
                "integer" => new IntegerType(),
                "number" => new NumberType(),
                "string" => new StringType(),
                "array" when spec.TryGetProperty("items", out var items) => new ArrayType(Type(items, place)),
                "object" => new MapType(spec.TryGetProperty("additionalProperties", out var item) ? Type(item, place) : new StringType()),
                _ => throw new FormatException($"{place}: a type that cannot be served"),
            };
        }

        TypeSchema Referenced(string reference, string place)
        {
            if (reference == "pulumi.json#/Any")
                return new AnyType();
            var isType = reference.StartsWith(TypeReference, StringComparison.Ordinal);
            return isType && _types.TryGetValue(Uri.UnescapeDataString(reference[TypeReference.Length..]), out var type)
                ? type
                : throw new FormatException($"{place}: {reference} is not a type of this package");
        }

        EnumType Enum(string token, JsonElement spec, JsonElement values)
        {
            var underlying = Type(spec, token);
            if (underlying is not (BooleanType or IntegerType or NumberType or StringType))
                throw new FormatException($"{token}: an enum's type must be a primitive one");
            return new EnumType(token, underlying, [.. values.EnumerateArray().Select(value =>
                new EnumValue(Primitive(value.GetProperty("value"), token), Text(value, "description")))]);
        }

        static PropertyValue Primitive(JsonElement value, string place) => value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String => value.GetString()!,
            _ => throw new FormatException($"{place}: a value that is not primitive"),
        };
    }
}
