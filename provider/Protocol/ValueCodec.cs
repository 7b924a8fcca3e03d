using PulumiAliyunLive.Model;
using ListValue = Google.Protobuf.WellKnownTypes.ListValue;
using Struct = Google.Protobuf.WellKnownTypes.Struct;
using Value = Google.Protobuf.WellKnownTypes.Value;

namespace PulumiAliyunLive.Protocol;

/// <summary>
/// Property values as they lie in <c>google.protobuf.Struct</c>: special values are objects with a signature under a reserved key, unknown
/// values are strings that no program would write.
/// </summary>
static class ValueCodec
{
    /// <summary>
    /// How deep values may be nested, the outermost map not counted. Programs stay far below; the limit keeps recursive code, here and
    /// behind, from running out of stack.
    /// </summary>
    public const int MaxDepth = 1024;

    /// <summary>How much of a path is shown; one that is longer says enough with its beginning.</summary>
    const int LongestPath = 200;

    const string ValueKey = "value";
    const string SecretKey = "secret";
    const string DependenciesKey = "dependencies";

    /// <summary>Reads a map; an absent one is empty.</summary>
    /// <exception cref="ProviderException">INVALID_ARGUMENT that names the path of a value which cannot be read.</exception>
    public static PropertyMap Decode(Struct? wire) =>
        wire is null || wire.Fields.Count == 0 ? PropertyMap.Empty : DecodeMap(wire, PropertyPath.Root);

    /// <summary>Writes a map.</summary>
    /// <exception cref="ProviderException">INTERNAL that names the path of a number which has no JSON form.</exception>
    public static Struct Encode(PropertyMap map) => EncodeMap(map, PropertyPath.Root);

    static PropertyMap DecodeMap(Struct wire, PropertyPath path)
    {
        var map = new PropertyMap();
        foreach (var (name, value) in wire.Fields)
            map[name] = Decode(value, path.Child(name));
        return map;
    }

    static PropertyValue Decode(Value wire, PropertyPath path) => wire.KindCase switch
    {
        Value.KindOneofCase.StringValue => Signatures.IsUnknown(wire.StringValue) ? PropertyValue.Unknown : wire.StringValue,
        Value.KindOneofCase.NumberValue => double.IsFinite(wire.NumberValue) ? wire.NumberValue : throw Bad(path, "is not a finite number"),
        Value.KindOneofCase.BoolValue => wire.BoolValue,
        Value.KindOneofCase.ListValue => DecodeList(wire.ListValue, path),
        Value.KindOneofCase.StructValue => DecodeObject(wire.StructValue, path),
        // A value without a kind is a fault of the sender; null is the only harmless reading.
        _ => PropertyValue.Null,
    };

    static ArrayValue DecodeList(ListValue wire, PropertyPath path)
    {
        GuardDepth(path);
        var items = new PropertyValue[wire.Values.Count];
        for (var index = 0; index < items.Length; index++)
            items[index] = Decode(wire.Values[index], path.Child(index));
        return new ArrayValue([.. items]);
    }

    static PropertyValue DecodeObject(Struct wire, PropertyPath path)
    {
        GuardDepth(path);
        if (!wire.Fields.TryGetValue(Signatures.Key, out var signature))
            return DecodeMap(wire, path);

        return signature.StringValue switch
        {
            Signatures.Secret => DecodeSecret(wire, path),
            Signatures.Output => DecodeOutput(wire, path),
            Signatures.Asset => DecodeOpaque(OpaqueKind.Asset, wire, path),
            Signatures.Archive => DecodeOpaque(OpaqueKind.Archive, wire, path),
            Signatures.ResourceReference => DecodeOpaque(OpaqueKind.ResourceReference, wire, path),
            Signatures.ByteString => DecodeOpaque(OpaqueKind.ByteString, wire, path),
            _ => throw Bad(path, "carries a signature that this version of the plugin does not know"),
        };
    }

    static SecretValue DecodeSecret(Struct wire, PropertyPath path) => wire.Fields.TryGetValue(ValueKey, out var value)
        ? new SecretValue(Decode(value, path))
        : throw Bad(path, "is marked as secret but has no value");

    static OutputValue DecodeOutput(Struct wire, PropertyPath path)
    {
        PropertyValue? element = null;
        var secret = false;
        List<string> dependencies = [];
        foreach (var (name, value) in wire.Fields)
        {
            switch (name, value.KindCase)
            {
                case (ValueKey, _):
                    element = Decode(value, path);
                    break;
                case (SecretKey, Value.KindOneofCase.BoolValue):
                    secret = value.BoolValue;
                    break;
                case (DependenciesKey, Value.KindOneofCase.ListValue) when value.ListValue.Values.All(item => item.HasStringValue):
                    dependencies.AddRange(value.ListValue.Values.Select(item => item.StringValue));
                    break;
                case (SecretKey or DependenciesKey, _):
                    throw Bad(path, $"is an output whose '{name}' is malformed");
            }
        }

        return new OutputValue(element is UnknownValue ? null : element, secret, [.. dependencies]);
    }

    static OpaqueValue DecodeOpaque(OpaqueKind kind, Struct wire, PropertyPath path)
    {
        var fields = DecodeMap(wire, path);
        fields.Remove(Signatures.Key);
        return new OpaqueValue(kind, fields);
    }

    static Struct EncodeMap(PropertyMap map, PropertyPath path)
    {
        var wire = new Struct();
        foreach (var (name, value) in map)
            wire.Fields.Add(name, Encode(value, path.Child(name)));
        return wire;
    }

    static Value Encode(PropertyValue value, PropertyPath path) => value switch
    {
        StringValue text => Value.ForString(text.Value),
        NumberValue number => double.IsFinite(number.Value)
            ? Value.ForNumber(number.Value)
            : throw new ProviderException(
                ProviderStatus.Internal,
                $"The plugin made a value of {Show(path)} that is not a finite number. This is a fault of the plugin; please report it."),
        BoolValue truth => Value.ForBool(truth.Value),
        ArrayValue array => EncodeList(array, path),
        ObjectValue map => Value.ForStruct(EncodeMap(map.Fields, path)),
        UnknownValue => Value.ForString(Signatures.UnknownString),
        SecretValue secret => EncodeSpecial(Signatures.Secret, ValueKey, Encode(secret.Element, path)),
        OutputValue output => EncodeOutput(output, path),
        OpaqueValue opaque => EncodeOpaque(opaque, path),
        _ => Value.ForNull(),
    };

    static Value EncodeList(ArrayValue array, PropertyPath path)
    {
        var list = new ListValue();
        list.Values.Capacity = array.Items.Length;
        for (var index = 0; index < array.Items.Length; index++)
            list.Values.Add(Encode(array.Items[index], path.Child(index)));
        return new Value { ListValue = list };
    }

    static Value EncodeOutput(OutputValue output, PropertyPath path)
    {
        var wire = EncodeSpecial(Signatures.Output, SecretKey, Value.ForBool(output.Secret));
        // An output without a value is one that is not known yet.
        if (output.Element is not (null or UnknownValue))
            wire.StructValue.Fields.Add(ValueKey, Encode(output.Element, path));
        if (output.Dependencies.Length > 0)
            wire.StructValue.Fields.Add(DependenciesKey, Value.ForList([.. output.Dependencies.Select(Value.ForString)]));
        return wire;
    }

    static Value EncodeOpaque(OpaqueValue opaque, PropertyPath path)
    {
        var wire = Value.ForStruct(EncodeMap(opaque.Fields, path));
        wire.StructValue.Fields[Signatures.Key] = Value.ForString(opaque.Kind switch
        {
            OpaqueKind.Asset => Signatures.Asset,
            OpaqueKind.Archive => Signatures.Archive,
            OpaqueKind.ResourceReference => Signatures.ResourceReference,
            _ => Signatures.ByteString,
        });
        return wire;
    }

    static Value EncodeSpecial(string signature, string key, Value value) =>
        Value.ForStruct(new Struct { Fields = { [Signatures.Key] = Value.ForString(signature), [key] = value } });

    static void GuardDepth(PropertyPath path)
    {
        if (path.Depth > MaxDepth)
            throw Bad(path, $"is nested more than {MaxDepth} levels deep");
    }

    static ProviderException Bad(PropertyPath path, string what) =>
        new(ProviderStatus.InvalidArgument, $"The value of {Show(path)} {what}.");

    static string Show(PropertyPath path)
    {
        var text = path.ToString();
        return text.Length <= LongestPath ? text : text[..LongestPath] + "…";
    }
}
