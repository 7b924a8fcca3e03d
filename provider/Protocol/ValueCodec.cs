using System.Globalization;
using System.Text;
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

    const string SignatureKey = "4dabf18193072939515e22adb298388d";
    const string SecretSignature = "1b47061264138c4ac30d75fd1eb44270";
    const string AssetSignature = "c44067f5952c0a294b673a41bacd8c17";
    const string ArchiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
    const string ReferenceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
    const string OutputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
    const string ByteStringSignature = "803fd3297a5875dc03ca845dda5d2a98";

    const string UnknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

    const string ValueKey = "value";
    const string SecretKey = "secret";
    const string DependenciesKey = "dependencies";

    /// <summary>Reads a map; an absent one is empty.</summary>
    /// <exception cref="ProviderException">INVALID_ARGUMENT that names the path of a value which cannot be read.</exception>
    public static PropertyMap Decode(Struct? wire) => wire is null || wire.Fields.Count == 0 ? PropertyMap.Empty : new Decoder().Map(wire);

    /// <summary>Writes a map.</summary>
    /// <exception cref="ProviderException">INTERNAL that names the path of a number which has no JSON form.</exception>
    public static Struct Encode(PropertyMap map) => new Encoder().Map(map);

    /// <summary>Whether a string stands for a value that is not known yet: one for each type, all meaning the same.</summary>
    static bool IsUnknown(string text) => text.Length == UnknownString.Length && text is
        UnknownString
        or "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7" // bool
        or "3eeb2bf0-c639-47a8-9e75-3b44932eb421" // number
        or "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2" // array
        or "030794c1-ac77-496b-92df-f27374a8bd58" // asset
        or "e48ece36-62e2-4504-bad9-02848725956a" // archive
        or "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"; // object

    /// <summary>Where in the map the work stands. Kept as a stack of segments, because a path is read only when something is wrong.</summary>
    struct Position()
    {
        readonly List<(string? Name, int Index)> _segments = [];

        public readonly int Depth => _segments.Count;

        public readonly void Enter(string name) => _segments.Add((name, 0));

        public readonly void Enter(int index) => _segments.Add((null, index));

        public readonly void Leave() => _segments.RemoveAt(_segments.Count - 1);

        public override readonly string ToString()
        {
            const int LongestPath = 200;
            var path = new StringBuilder();
            foreach (var (name, index) in _segments)
            {
                if (name is null)
                    path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
                else if (name.Length == 0 || name.AsSpan().ContainsAny(".[]\""))
                    path.Append("[\"").Append(name.Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\"]");
                else
                    path.Append(path.Length == 0 ? "" : ".").Append(name);
                if (path.Length > LongestPath)
                    return path.Append('…').ToString();
            }

            return path.ToString();
        }
    }

    sealed class Decoder
    {
        Position _position = new();

        public PropertyMap Map(Struct wire)
        {
            var map = new PropertyMap();
            foreach (var (name, value) in wire.Fields)
                map[name] = Field(name, value);
            return map;
        }

        PropertyValue Field(string name, Value wire)
        {
            _position.Enter(name);
            var value = Any(wire);
            _position.Leave();
            return value;
        }

        PropertyValue Any(Value wire) => wire.KindCase switch
        {
            Value.KindOneofCase.StringValue => IsUnknown(wire.StringValue) ? PropertyValue.Unknown : wire.StringValue,
            Value.KindOneofCase.NumberValue => double.IsFinite(wire.NumberValue) ? wire.NumberValue : throw Bad("is not a finite number"),
            Value.KindOneofCase.BoolValue => wire.BoolValue,
            Value.KindOneofCase.ListValue => List(wire.ListValue),
            Value.KindOneofCase.StructValue => Object(wire.StructValue),
            // A value without a kind is a fault of the sender; null is the only harmless reading.
            _ => PropertyValue.Null,
        };

        ArrayValue List(ListValue wire)
        {
            GuardDepth();
            var items = new PropertyValue[wire.Values.Count];
            for (var index = 0; index < items.Length; index++)
            {
                _position.Enter(index);
                items[index] = Any(wire.Values[index]);
                _position.Leave();
            }

            return new ArrayValue([.. items]);
        }

        PropertyValue Object(Struct wire)
        {
            GuardDepth();
            if (!wire.Fields.TryGetValue(SignatureKey, out var signature))
                return Map(wire);

            return signature.StringValue switch
            {
                SecretSignature => new SecretValue(Required(wire)),
                OutputSignature => Output(wire),
                AssetSignature => Opaque(OpaqueKind.Asset, wire),
                ArchiveSignature => Opaque(OpaqueKind.Archive, wire),
                ReferenceSignature => Opaque(OpaqueKind.ResourceReference, wire),
                ByteStringSignature => Opaque(OpaqueKind.ByteString, wire),
                _ => throw Bad("carries a signature that this version of the plugin does not know"),
            };
        }

        PropertyValue Required(Struct wire) =>
            wire.Fields.TryGetValue(ValueKey, out var value) ? Any(value) : throw Bad("is marked as secret but has no value");

        OutputValue Output(Struct wire)
        {
            PropertyValue? element = null;
            var secret = false;
            List<string> dependencies = [];
            foreach (var (name, value) in wire.Fields)
            {
                switch (name, value.KindCase)
                {
                    case (ValueKey, _):
                        element = Any(value);
                        break;
                    case (SecretKey, Value.KindOneofCase.BoolValue):
                        secret = value.BoolValue;
                        break;
                    case (DependenciesKey, Value.KindOneofCase.ListValue) when value.ListValue.Values.All(item => item.HasStringValue):
                        dependencies.AddRange(value.ListValue.Values.Select(item => item.StringValue));
                        break;
                    case (SecretKey or DependenciesKey, _):
                        throw Bad($"is an output whose '{name}' is malformed");
                }
            }

            return new OutputValue(element is UnknownValue ? null : element, secret, [.. dependencies]);
        }

        OpaqueValue Opaque(OpaqueKind kind, Struct wire)
        {
            var fields = Map(wire);
            fields.Remove(SignatureKey);
            return new OpaqueValue(kind, fields);
        }

        void GuardDepth()
        {
            if (_position.Depth > MaxDepth)
                throw Bad($"is nested more than {MaxDepth} levels deep");
        }

        ProviderException Bad(string what) => new(ProviderStatus.InvalidArgument, $"The value of {_position} {what}.");
    }

    sealed class Encoder
    {
        Position _position = new();

        public Struct Map(PropertyMap map)
        {
            var wire = new Struct();
            foreach (var (name, value) in map)
                wire.Fields.Add(name, Field(name, value));
            return wire;
        }

        Value Field(string name, PropertyValue value)
        {
            _position.Enter(name);
            var wire = Any(value);
            _position.Leave();
            return wire;
        }

        Value Any(PropertyValue value) => value switch
        {
            StringValue text => new Value { StringValue = text.Value },
            NumberValue number => double.IsFinite(number.Value)
                ? new Value { NumberValue = number.Value }
                : throw new ProviderException(ProviderStatus.Internal, $"The plugin made a value of {_position} that is not a finite number; please report it."),
            BoolValue truth => new Value { BoolValue = truth.Value },
            ArrayValue array => new Value { ListValue = List(array) },
            ObjectValue map => new Value { StructValue = Map(map.Fields) },
            UnknownValue => new Value { StringValue = UnknownString },
            SecretValue secret => Special(SecretSignature, (ValueKey, Any(secret.Element))),
            OutputValue output => Output(output),
            OpaqueValue opaque => Opaque(opaque),
            _ => Value.ForNull(),
        };

        ListValue List(ArrayValue array)
        {
            var list = new ListValue();
            list.Values.Capacity = array.Items.Length;
            for (var index = 0; index < array.Items.Length; index++)
            {
                _position.Enter(index);
                list.Values.Add(Any(array.Items[index]));
                _position.Leave();
            }

            return list;
        }

        Value Output(OutputValue output)
        {
            var wire = Special(OutputSignature, (SecretKey, new Value { BoolValue = output.Secret }));
            // An output without a value is one that is not known yet.
            if (output.Element is not (null or UnknownValue))
                wire.StructValue.Fields.Add(ValueKey, Any(output.Element));
            if (output.Dependencies.Length > 0)
            {
                var urns = output.Dependencies.Select(urn => new Value { StringValue = urn });
                wire.StructValue.Fields.Add(DependenciesKey, new Value { ListValue = new ListValue { Values = { urns } } });
            }

            return wire;
        }

        Value Opaque(OpaqueValue opaque)
        {
            var wire = new Value { StructValue = Map(opaque.Fields) };
            wire.StructValue.Fields[SignatureKey] = new Value { StringValue = Signature(opaque.Kind) };
            return wire;
        }

        static string Signature(OpaqueKind kind) => kind switch
        {
            OpaqueKind.Asset => AssetSignature,
            OpaqueKind.Archive => ArchiveSignature,
            OpaqueKind.ResourceReference => ReferenceSignature,
            _ => ByteStringSignature,
        };

        static Value Special(string signature, (string Key, Value Value) field) => new()
        {
            StructValue = new Struct { Fields = { [SignatureKey] = new Value { StringValue = signature }, [field.Key] = field.Value } },
        };
    }
}
