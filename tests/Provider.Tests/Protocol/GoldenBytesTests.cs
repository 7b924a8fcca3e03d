using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>Bytes worked out by hand from field numbers and wire types, read and written by the plugin.</summary>
public sealed class GoldenBytesTests
{
    // {"a":"b"}: fields = 1 { key = 1 "a", value = 2 { string_value = 3 "b" } }
    const string StructAB = "0A 08 0A 01 61 12 03 1A 01 62";

    [Fact]
    public async Task A_check_request_is_read_and_its_reply_written()
    {
        var provider = new FakeProvider
        {
            OnCheck = (request, _) => ValueTask.FromResult(new CheckResult(request.News, [new CheckFailure("p", "r")])),
        };

        var reply = await Call(provider, "Check",
            "0A 0F 75 72 6E 3A 70 3A 73 3A 3A 70 3A 3A 74 3A 6E" // 1 urn
            + "12 00" // 2 olds
            + "1A 0A" + StructAB // 3 news
            + "2A 02 01 FF" // 5 randomSeed
            + "32 01 6E" // 6 name
            + "3A 01 74" // 7 type
            + "42 06 0A 02 78 79 10 01"); // 8 autonaming { 1 proposed_name, 2 mode = ENFORCE }

        var read = provider.Last<CheckRequest>();
        read.Urn.ShouldBe("urn:p:s::p::t:n");
        read.Olds.Count.ShouldBe(0);
        read.News["a"]!.Text.ShouldBe("b");
        read.RandomSeed.ToArray().ShouldBe([0x01, 0xFF]);
        (read.Name, read.Type).ShouldBe(("n", "t"));
        read.Autonaming.ShouldBe(new Autonaming("xy", AutonamingMode.Enforce));
        reply.ShouldBe(Bytes("0A 0A" + StructAB + "12 06 0A 01 70 12 01 72"));
    }

    [Fact]
    public async Task A_check_reply_sets_inputs_even_if_they_are_empty()
    {
        var reply = await Call(new FakeProvider(), "Check", "32 01 6E 3A 01 74");

        reply.ShouldBe(Bytes("0A 00"));
    }

    [Fact]
    public async Task A_diff_reply_is_complete()
    {
        var provider = new FakeProvider
        {
            OnDiff = _ => new DiffResult([new PropertyChange("a", ChangeKind.Update, Replace: true)], DeleteBeforeReplace: true),
        };

        var reply = await Call(provider, "Diff",
            "0A 01 69" // 1 id
            + "1A 0A" + StructAB // 3 olds
            + "22 0A" + StructAB // 4 news
            + "2A 01 78" // 5 ignoreChanges
            + "32 0A" + StructAB // 6 old_inputs
            + "3A 01 6E 42 01 74"); // 7 name, 8 type

        var read = provider.Last<DiffRequest>();
        read.Id.ShouldBe("i");
        read.IgnoreChanges.ShouldBe(["x"]);
        new[] { read.Olds, read.OldInputs, read.News }.ShouldAllBe(map => map["a"]!.Text == "b");
        reply.ShouldBe(Bytes(
            "0A 01 61" // 1 replaces
            + "18 01" // 3 deleteBeforeReplace
            + "20 02" // 4 changes = DIFF_SOME
            + "2A 01 61" // 5 diffs
            + "32 09 0A 01 61 12 04 08 05 10 01" // 6 detailedDiff { "a": { 1 kind = UPDATE_REPLACE, 2 inputDiff } }
            + "38 01")); // 7 hasDetailedDiff
    }

    [Fact]
    public async Task No_difference_is_said_in_full() =>
        (await Call(new FakeProvider(), "Diff", "3A 01 6E 42 01 74")).ShouldBe(Bytes("20 01 38 01"));

    [Fact]
    public async Task A_create_request_is_read_and_its_reply_written()
    {
        var provider = new FakeProvider
        {
            OnCreate = (request, _) => ValueTask.FromResult(new CreateResult("i", request.Properties, RefreshBeforeUpdate: true)),
        };

        var reply = await Call(provider, "Create",
            "12 0A" + StructAB // 2 properties
            + "19 00 00 00 00 00 00 F8 3F" // 3 timeout = 1.5
            + "20 01" // 4 preview
            + "2A 01 6E 32 01 74"); // 5 name, 6 type

        provider.Last<CreateRequest>().Timeout.ShouldBe(TimeSpan.FromSeconds(1.5));
        provider.Last<CreateRequest>().Preview.ShouldBeTrue();
        reply.ShouldBe(Bytes("0A 01 69 12 0A" + StructAB + "18 01"));
    }

    [Fact]
    public async Task A_read_request_is_read_and_its_reply_written()
    {
        var provider = new FakeProvider();

        var reply = await Call(provider, "Read",
            "0A 01 69 1A 0A" + StructAB + "22 0A" + StructAB // 1 id, 3 properties, 4 inputs
            + "2A 01 6E 32 01 74" // 5 name, 6 type
            + "51 00 00 00 00 00 00 F0 3F"); // 10 timeout = 1

        provider.Last<ReadRequest>().Timeout.ShouldBe(TimeSpan.FromSeconds(1));
        reply.ShouldBe(Bytes("0A 01 69 12 0A" + StructAB + "1A 0A" + StructAB));
    }

    [Fact]
    public async Task A_resource_that_is_gone_is_the_empty_message() =>
        (await Call(new FakeProvider { OnRead = _ => null }, "Read", "0A 01 69 2A 01 6E 32 01 74")).ShouldBeEmpty();

    [Fact]
    public async Task An_update_request_is_read_and_its_reply_written()
    {
        var provider = new FakeProvider();

        var reply = await Call(provider, "Update",
            "0A 01 69 1A 0A" + StructAB + "22 0A" + StructAB // 1 id, 3 olds, 4 news
            + "29 00 00 00 00 00 00 F0 3F" // 5 timeout = 1
            + "32 01 78" // 6 ignoreChanges
            + "38 01" // 7 preview
            + "42 0A" + StructAB // 8 old_inputs
            + "4A 01 6E 52 01 74"); // 9 name, 10 type

        var read = provider.Last<UpdateRequest>();
        (read.Id, read.Name, read.Type, read.Preview, read.Timeout).ShouldBe(("i", "n", "t", true, TimeSpan.FromSeconds(1)));
        read.IgnoreChanges.ShouldBe(["x"]);
        read.OldInputs["a"]!.Text.ShouldBe("b");
        reply.ShouldBe(Bytes("0A 0A" + StructAB));
    }

    [Fact]
    public async Task A_delete_request_is_read_and_its_reply_is_empty()
    {
        var provider = new FakeProvider();

        var reply = await Call(provider, "Delete",
            "0A 01 69 1A 0A" + StructAB // 1 id, 3 properties
            + "21 00 00 00 00 00 00 F0 3F" // 4 timeout = 1
            + "2A 0A" + StructAB // 5 old_inputs
            + "32 01 6E 3A 01 74"); // 6 name, 7 type

        var read = provider.Last<DeleteRequest>();
        (read.Id, read.Name, read.Type, read.Timeout).ShouldBe(("i", "n", "t", TimeSpan.FromSeconds(1)));
        new[] { read.Properties, read.OldInputs }.ShouldAllBe(map => map["a"]!.Text == "b");
        reply.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_invoke_request_is_read_and_its_reply_written()
    {
        var provider = new FakeProvider { OnInvoke = request => new InvokeResult(request.Args, [new CheckFailure("p", "r")]) };

        var reply = await Call(provider, "Invoke", "0A 01 74 12 0A" + StructAB + "38 01"); // 1 tok, 2 args, 7 preview

        (provider.Last<InvokeRequest>().Token, provider.Last<InvokeRequest>().Preview).ShouldBe(("t", true));
        reply.ShouldBe(Bytes("0A 0A" + StructAB + "12 06 0A 01 70 12 01 72"));
    }

    [Fact]
    public async Task Configuration_is_read_from_args()
    {
        var provider = new FakeProvider();

        var reply = await Call(provider, "Configure", "0A 08 0A 03 61 3A 62 12 01 63 12 0A" + StructAB + "18 01"); // 1 variables, 2 args

        provider.Last<PropertyMap>().ShouldBe(new PropertyMap { ["a"] = "b" });
        reply.ShouldBe(Bytes("08 01 10 01 18 01 20 01 28 01"));
    }

    [Fact]
    public async Task The_handshake_accepts_everything() =>
        (await Call(new FakeProvider(), "Handshake", "0A 03 61 3A 31")).ShouldBe(Bytes("08 01 10 01 18 01 20 01 30 01"));

    [Fact]
    public void A_partial_failure_carries_the_object_in_details()
    {
        var failure = Translation.ToWire(
            new PartialFailureException("i", new PropertyMap { ["a"] = "b" }, new PropertyMap { ["a"] = "b" }, ["r"]));

        var detail = "0A 01 69 12 0A" + StructAB + "1A 01 72 22 0A" + StructAB; // 1 id, 2 properties, 3 reasons, 4 inputs
        var typeUrl = Convert.ToHexString("type.googleapis.com/pulumirpc.ErrorResourceInitFailed"u8);
        failure.Status.ToByteArray().ShouldBe(Bytes(
            "08 02 12 01 72" // 1 code = UNKNOWN, 2 message
            + "1A 57 0A 35" + typeUrl + "12 1E" + detail)); // 3 details { 1 type_url, 2 value }
    }

    [Fact]
    public void A_log_request_has_the_agreed_form() =>
        new Wire.LogRequest { Severity = Wire.LogSeverity.Warning, Message = "m", Urn = "u", Ephemeral = true }.ToByteArray()
            .ShouldBe(Bytes("08 02 12 01 6D 1A 01 75 28 01"));

    [Fact]
    public void Every_kind_of_value_has_the_agreed_form()
    {
        var map = new PropertyMap
        {
            ["z"] = PropertyValue.Null, ["n"] = 1, ["s"] = "x", ["b"] = true, ["o"] = PropertyMap.Empty, ["l"] = PropertyValue.Of("x"),
        };

        ValueCodec.Encode(map).ToByteArray().ShouldBe(Bytes(
            "0A 07 0A 01 7A 12 02 08 00" // null_value = 1
            + "0A 0E 0A 01 6E 12 09 11 00 00 00 00 00 00 F0 3F" // number_value = 2
            + "0A 08 0A 01 73 12 03 1A 01 78" // string_value = 3
            + "0A 07 0A 01 62 12 02 20 01" // bool_value = 4
            + "0A 07 0A 01 6F 12 02 2A 00" // struct_value = 5
            + "0A 0C 0A 01 6C 12 07 32 05 0A 03 1A 01 78")); // list_value = 6 { values = 1 }
        ValueCodec.Decode(Struct.Parser.ParseFrom(ValueCodec.Encode(map).ToByteArray())).ShouldBe(map);
    }

    static async Task<byte[]> Call(FakeProvider provider, string method, string request)
    {
        using var client = new RpcClient(provider);
        return (await client.Dispatcher.CallAsync(method, Bytes(request), CancellationToken.None)).ToByteArray();
    }

    static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
