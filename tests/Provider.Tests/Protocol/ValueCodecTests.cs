using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using ArrayValue = PulumiAliyunLive.Model.ArrayValue;
using BoolValue = PulumiAliyunLive.Model.BoolValue;
using NullValue = PulumiAliyunLive.Model.NullValue;
using StringValue = PulumiAliyunLive.Model.StringValue;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class ValueCodecTests
{
    const string Sig = "4dabf18193072939515e22adb298388d";

    static readonly JsonCodec Json = new();

    public static TheoryData<string> UnknownSentinels =>
    [
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "3eeb2bf0-c639-47a8-9e75-3b44932eb421", "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", "030794c1-ac77-496b-92df-f27374a8bd58", "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ];

    [Fact]
    public void Plain_values_keep_their_kind()
    {
        var map = Json.Decode("""{"s":"text","n":1.5,"b":true,"z":null,"a":[1,"x",[]],"o":{"k":{}}}""");

        map.TryGetValue("z", out var nothing).ShouldBeTrue();
        nothing.ShouldBeOfType<NullValue>();
        map["z"].ShouldBeNull();
        map["s"].ShouldBe(new StringValue("text"));
        map["n"].ShouldBe(new NumberValue(1.5));
        map["b"].ShouldBe(new BoolValue(true));
        map["a"].ShouldBe(PropertyValue.Of(1, "x", new ArrayValue([])));
        map["o"].ShouldBe(new ObjectValue(new PropertyMap { ["k"] = PropertyMap.Empty }));
    }

    [Fact]
    public void An_absent_map_is_empty() => ValueCodec.Decode(null).Count.ShouldBe(0);

    [Fact]
    public void A_value_without_a_kind_is_null()
    {
        var map = ValueCodec.Decode(new Struct { Fields = { ["x"] = new Value() } });

        map.ContainsKey("x").ShouldBeTrue();
        map["x"].ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(UnknownSentinels))]
    public void Every_sentinel_means_unknown_and_the_string_one_is_sent(string sentinel)
    {
        var map = Json.Decode($$"""{"x":"{{sentinel}}","l":["{{sentinel}}"],"near":"{{sentinel}} "}""");

        map["x"].ShouldBe(PropertyValue.Unknown);
        map["l"].ShouldBe(PropertyValue.Of(PropertyValue.Unknown));
        map["near"].ShouldBe(new StringValue(sentinel + " "));
        Json.Encode(map).ShouldContain("\"x\": \"04da6b54-80e4-46f7-96ec-b56ff0331ba9\"");
    }

    [Theory]
    [InlineData("\"plain\"")]
    [InlineData("[\"a\", \"b\"]")]
    [InlineData("{ \"deep\": { \"4dabf18193072939515e22adb298388d\": \"1b47061264138c4ac30d75fd1eb44270\", \"value\": 1 } }")]
    [InlineData("\"04da6b54-80e4-46f7-96ec-b56ff0331ba9\"")]
    [InlineData("null")]
    [InlineData("{ \"4dabf18193072939515e22adb298388d\": \"c44067f5952c0a294b673a41bacd8c17\", \"hash\": \"00\" }")]
    public void A_secret_may_wrap_anything(string element)
    {
        var text = $$"""{ "p": { "{{Sig}}": "1b47061264138c4ac30d75fd1eb44270", "value": {{element}} } }""";

        var map = Json.Decode(text);

        map.TryGetValue("p", out var secret).ShouldBeTrue();
        secret.ShouldBeOfType<SecretValue>().Element.ShouldBe(Json.Decode($$"""{"e":{{element}}}""").Values.Single());
        ValueCodec.Encode(map).ShouldBe(Struct.Parser.ParseJson(text));
    }

    [Theory]
    [InlineData("c44067f5952c0a294b673a41bacd8c17", nameof(OpaqueKind.Asset), "\"hash\": \"abc\"")]
    [InlineData("c44067f5952c0a294b673a41bacd8c17", nameof(OpaqueKind.Asset), "\"hash\": \"abc\", \"text\": \"\"")]
    [InlineData("0def7320c3a5731c473e5ecbe6d01bc7", nameof(OpaqueKind.Archive), "\"hash\": \"abc\"")]
    [InlineData("0def7320c3a5731c473e5ecbe6d01bc7", nameof(OpaqueKind.Archive),
        "\"assets\": { \"a\": { \"4dabf18193072939515e22adb298388d\": \"c44067f5952c0a294b673a41bacd8c17\", \"path\": \"./a\" } }")]
    [InlineData("5cf8f73096256a8f31e491e813e4eb8e", nameof(OpaqueKind.ResourceReference),
        "\"urn\": \"urn:pulumi:s::p::t::n\", \"id\": \"\"")]
    [InlineData("5cf8f73096256a8f31e491e813e4eb8e", nameof(OpaqueKind.ResourceReference),
        "\"urn\": \"urn:pulumi:s::p::t::n\", \"id\": \"04da6b54-80e4-46f7-96ec-b56ff0331ba9\"")]
    [InlineData("803fd3297a5875dc03ca845dda5d2a98", nameof(OpaqueKind.ByteString), "\"value\": \"/w==\"")]
    public void What_the_provider_has_no_use_for_passes_through_unharmed(string signature, string kind, string fields)
    {
        var wire = Struct.Parser.ParseJson($$"""{ "p": { "{{Sig}}": "{{signature}}", {{fields}} } }""");

        var map = ValueCodec.Decode(wire);

        map["p"].ShouldBeOfType<OpaqueValue>().Kind.ToString().ShouldBe(kind);
        ValueCodec.Encode(map).ShouldBe(wire);
    }

    [Fact]
    public void An_output_brings_its_value_secrecy_and_dependencies()
    {
        var map = Json.Decode(
            $$$"""{"p":{"{{{Sig}}}":"d0e6a833031e9bbcd3f4e8bde6ca49a4","value":"v","secret":true,"dependencies":["urn:a","urn:b"]}}""");

        map["p"].ShouldBe(new OutputValue("v", Secret: true, ["urn:a", "urn:b"]));
        Json.Decode(Json.Encode(map)).ShouldBe(map);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"value\":\"04da6b54-80e4-46f7-96ec-b56ff0331ba9\"")]
    public void An_output_without_a_value_is_unknown(string value)
    {
        var map = Json.Decode($$$"""{"p":{"{{{Sig}}}":"d0e6a833031e9bbcd3f4e8bde6ca49a4"{{{value}}}}}""");

        map["p"].ShouldBe(new OutputValue(null, Secret: false, []));
        Json.Encode(map).ShouldNotContain("04da6b54");
    }

    [Theory]
    [InlineData("\"00000000000000000000000000000000\"", "carries a signature that this version of the plugin does not know")]
    [InlineData("1", "carries a signature that this version of the plugin does not know")]
    [InlineData("\"1b47061264138c4ac30d75fd1eb44270\"", "is marked as secret but has no value")]
    [InlineData("\"d0e6a833031e9bbcd3f4e8bde6ca49a4\",\"secret\":\"yes\"", "is an output whose 'secret' is malformed")]
    [InlineData("\"d0e6a833031e9bbcd3f4e8bde6ca49a4\",\"dependencies\":[1]", "is an output whose 'dependencies' is malformed")]
    public void A_malformed_special_value_is_refused_with_its_path(string signature, string reason)
    {
        var error = Should.Throw<ProviderException>(() => Json.Decode("{\"a\":[{\"x.y\":{\"b\":{\"" + Sig + "\":" + signature + "}}}]}"));

        error.Status.ShouldBe(ProviderStatus.InvalidArgument);
        error.Message.ShouldBe($"The value of a[0][\"x.y\"].b {reason}.");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_number_that_is_not_finite_is_refused_with_its_path_in_both_directions(double number)
    {
        var wire = new Struct { Fields = { ["a"] = Value.ForList(Value.ForNumber(number)) } };
        var received = Should.Throw<ProviderException>(() => ValueCodec.Decode(wire));
        received.Status.ShouldBe(ProviderStatus.InvalidArgument);
        received.Message.ShouldBe("The value of a[0] is not a finite number.");

        var sent = Should.Throw<ProviderException>(() => ValueCodec.Encode(new PropertyMap { ["a"] = PropertyValue.Of(number) }));
        sent.Status.ShouldBe(ProviderStatus.Internal);
        sent.Message.ShouldContain("a[0]");
    }

    [Fact]
    public void Text_that_is_no_valid_unicode_becomes_valid()
    {
        var wire = ValueCodec.Encode(new PropertyMap { ["s"] = "a\ud800b" });

        Struct.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(wire)).Fields["s"].StringValue.ShouldBe("a\ufffdb");
    }

    [Fact]
    public void Whatever_is_encoded_decodes_to_the_same()
    {
        Prop.ForAll(Arb.From(Values.Map(depth: 4)), map =>
        {
            var bytes = Google.Protobuf.MessageExtensions.ToByteArray(ValueCodec.Encode(map));
            return ValueCodec.Decode(Struct.Parser.ParseFrom(bytes)).Equals(map);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Generators of property values of every kind.</summary>
    static class Values
    {
        static readonly Gen<string> Texts = Gen.Elements(
            "", "a", "value", "rtmp://push.example.com/app/stream?auth_key=1", "ümläut ✓ 漢字 🎥",
            " ", "line\nbreak", "x.y", "\"quoted\"", "__defaults");

        static readonly Gen<PropertyValue> Leaves = Gen.OneOf(
            Texts.Select(text => (PropertyValue)text),
            Gen.Elements(0, -1, 1.5, 9007199254740992, 1e300, double.Epsilon).Select(number => (PropertyValue)number),
            Gen.Elements(true, false).Select(truth => (PropertyValue)truth),
            Gen.Elements(PropertyValue.Null, PropertyValue.Unknown),
            Texts.Select(text => (PropertyValue)new OpaqueValue(OpaqueKind.Asset, new PropertyMap { ["hash"] = text })),
            Texts.Select(text => (PropertyValue)new OpaqueValue(OpaqueKind.ByteString, new PropertyMap { ["value"] = text })));

        public static Gen<PropertyMap> Map(int depth) =>
            Texts.ListOf().SelectMany(names => Value(depth).ListOf().Select(values =>
            {
                var map = new PropertyMap();
                foreach (var (name, value) in names.Zip(values))
                    map[name] = value;
                return map;
            }));

        static Gen<PropertyValue> Value(int depth) => depth == 0
            ? Leaves
            : Gen.OneOf(
                Leaves,
                Value(depth - 1).ListOf().Select(items => PropertyValue.Of(items.Take(3))),
                Map(depth - 1).Select(map => (PropertyValue)map),
                Value(depth - 1).Select(element => (PropertyValue)new SecretValue(element)),
                Value(depth - 1).Select(element =>
                    (PropertyValue)new OutputValue(element is UnknownValue ? null : element, Secret: true, ["urn:pulumi:a::b::c::d"])));
    }

    /// <summary>Maps written as the JSON form of their wire form.</summary>
    sealed class JsonCodec
    {
        public PropertyMap Decode(string json) => ValueCodec.Decode(Struct.Parser.ParseJson(json));

        public string Encode(PropertyMap map) => Google.Protobuf.JsonFormatter.Default.Format(ValueCodec.Encode(map));
    }
}
