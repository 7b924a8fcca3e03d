using System.Collections.Immutable;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Model;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>Whatever a program states for whatever property: what is wrong is named by its path, all at once, and never by its
/// value.</summary>
public sealed class CheckContractTests
{
    const string Leak = "LEAK7f3";
    const double LeakNumber = 4711.5;

    /// <summary>Programs that together state every property, nested ones included.</summary>
    static readonly ImmutableArray<(string Token, PropertyMap Program)> s_full =
    [
        (RelayTask.Token, Programs.Relay().With(("region", "cn-beijing"), ("taskName", "relay"), ("startTime", "2026-01-02T04:00:00Z"),
            ("retryCount", 1), ("retryInterval", 90),
            ("callbackUrl", "https://hooks.example.com/a"), ("desiredStatus", "Running"), ("awaitRunning", true), ("restartTriggers",
                PropertyValue.Of("1")), ("onDelete", "Stop"))),
        (RelayTask.Token, Programs.Playlist().With(("repeatNumber", 1), ("offset", 1), ("fileIndex", 1))),
        (MonitorSession.Token, Programs.Monitor().With(
            ("monitorName", "wall"), ("app", "wall"), ("stream", "one"), ("callbackUrl", "https://hooks.example.com/a"),
            ("monitorConfig", new PropertyMap { ["fpsLowThres"] = 0.6, ["brLowThres"] = 1, ["brHighThres"] = 2,
                ["eofDurationThresSec"] = 10 }),
            ("inputList", PropertyValue.Of(Programs.Input("one", "rtmp://pull.example.com/live/a", 0).With(("index", 1), ("layoutId", 1)),
                Programs.Input("two", "rtmp://pull.example.com/live/b", 0.5).With(("layoutId", 2)))))),
    ];

    /// <summary>A place for a value, and the program with another one there.</summary>
    sealed record Spot(string Path, TypeSchema Type, bool Required, Func<PropertyValue, PropertyMap> Put);

    static IEnumerable<(string Token, Spot Spot)> Spots() =>
        s_full.SelectMany(full => In(LiveProvider.Schema.Resources[full.Token].Inputs, full.Program, "", program => program)
            .Select(spot => (full.Token, spot)));

    static IEnumerable<Spot> In(ObjectSchema schema, PropertyMap members, string prefix, Func<PropertyMap, PropertyMap> rebuild) =>
        from property in schema.Ordered
        where members[property.Name] is not null
        from spot in At(property.Type, members[property.Name]!, prefix + property.Name, property.Required, value =>
            rebuild(members.With((property.Name, value))))
        select spot;

    static IEnumerable<Spot> At(TypeSchema type, PropertyValue value, string path, bool required, Func<PropertyValue, PropertyMap> put)
    {
        yield return new(path, type, required, put);
        var inside = (type, value.Bare) switch
        {
            (ObjectType inner, ObjectValue map) => In(inner.Schema, map.Fields, $"{path}.", fields => put(fields)),
            (ArrayType array, ArrayValue list) =>
                At(array.Item, list.Items[0], $"{path}[0]", required: true, item => put(new ArrayValue(list.Items.SetItem(0, item)))),
            _ => [],
        };
        foreach (var spot in inside) yield return spot;
    }

    [Fact]
    public void The_programs_state_every_property()
    {
        var paths = Spots().Select(spot => (spot.Token, spot.Spot.Path)).ToHashSet();
        foreach (var token in LiveProvider.Registry.Value.Keys)
        {
            foreach (var name in LiveProvider.Schema.Resources[token].Inputs.Properties.Keys) paths.ShouldContain((token, name));
        }

        paths.ShouldContain((MonitorSession.Token, "inputList[0].layoutConfig.sizeNormalized[0]"));
    }

    [Fact]
    public async Task A_value_of_the_wrong_kind_is_named_by_its_path_and_never_told()
    {
        var tried = 0;
        foreach (var (token, spot) in Spots())
        {
            using var rig = new Rig(token);
            foreach (var wrong in WrongFor(spot.Type))
            {
                foreach (var value in (PropertyValue[])[wrong, wrong.AsSecret()])
                {
                    var reply = await rig.CheckRawAsync(spot.Put(value), PropertyMap.Empty);
                    reply.Failures.ShouldContain(failure => Concerns(failure, spot.Path), $"{spot.Path} = {TestSchema.Show(value)}");
                    ShouldNotTell(reply, value.IsSecret);
                    tried++;
                }
            }
        }

        tried.ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task A_secret_of_the_right_kind_that_breaks_a_rule_is_not_told_either()
    {
        foreach (var (token, spot) in Spots())
        {
            using var rig = new Rig(token);
            foreach (var value in (PropertyValue[])[Leak, -4711, "2011-04-07T11:47:11Z", "-4711"])
            {
                var reply = await rig.CheckRawAsync(spot.Put(value.AsSecret()), PropertyMap.Empty);
                foreach (var failure in reply.Failures.Where(failure => Concerns(failure, spot.Path)))
                {
                    failure.Property.ShouldBeEmpty($"{spot.Path}: the engine would print the value");
                    failure.Reason.ShouldNotContain("4711");
                    failure.Reason.ShouldNotContain("47:11");
                    failure.Reason.ShouldNotContain(Leak);
                }
            }
        }
    }

    [Fact]
    public async Task All_wrong_values_are_reported_at_once()
    {
        foreach (var (token, program) in s_full)
        {
            using var rig = new Rig(token);
            var broken = new PropertyMap();
            foreach (var name in program.Keys.Where(name => program[name] is not null))
            {
                if (WrongFor(LiveProvider.Schema.Resources[token].Inputs.Properties[name].Type).LastOrDefault() is { } wrong) broken[name] = wrong;
            }

            broken["somethingElse"] = Leak;
            var reply = await rig.CheckRawAsync(broken, PropertyMap.Empty);
            foreach (var name in broken.Keys.Where(name => name != "somethingElse")) reply.Failures.ShouldContain(failure =>
                Concerns(failure, name), name);
            reply.Failures.ShouldContain(failure => failure.Reason.Contains("unknown property `somethingElse`", StringComparison.Ordinal));
            ShouldNotTell(reply, secret: false);
        }
    }

    [Fact]
    public async Task A_null_is_as_good_as_nothing_and_a_missing_value_is_named()
    {
        foreach (var (token, spot) in Spots().Where(spot => !spot.Spot.Path.EndsWith(']')))
        {
            using var rig = new Rig(token);
            var reply = await rig.CheckRawAsync(spot.Put(PropertyValue.Null), PropertyMap.Empty);
            if (!spot.Required) reply.Failures.ShouldBeEmpty(spot.Path);
            else reply.Failures.ShouldHaveSingleItem(spot.Path).Reason.ShouldStartWith($"{spot.Path}: is required and missing");
            ValueCodec.Decode(reply.Inputs).Values.ShouldAllBe(value => !value.IsNull);
        }
    }

    [Fact]
    public async Task An_unknown_value_is_right_everywhere_and_stays_unknown()
    {
        foreach (var (token, spot) in Spots())
        {
            using var rig = new Rig(token);
            foreach (var value in (PropertyValue[])[PropertyValue.Unknown, PropertyValue.Unknown.AsSecret()])
            {
                var reply = await rig.CheckRawAsync(spot.Put(value), PropertyMap.Empty);
                reply.Failures.ShouldBeEmpty(spot.Path);
                var kept = PropertyPath.Parse(spot.Path).Get(ValueCodec.Decode(reply.Inputs)).ShouldNotBeNull(spot.Path);
                kept.IsUnknown.ShouldBeTrue(spot.Path);
                if (value.IsSecret) kept.IsSecret.ShouldBeTrue(spot.Path);
            }
        }
    }

    [Theory]
    [InlineData(Signatures.UnknownBoolean)]
    [InlineData(Signatures.UnknownNumber)]
    [InlineData(Signatures.UnknownString)]
    [InlineData(Signatures.UnknownArray)]
    [InlineData(Signatures.UnknownAsset)]
    [InlineData(Signatures.UnknownArchive)]
    [InlineData(Signatures.UnknownObject)]
    public async Task Each_sentinel_of_the_wire_is_an_unknown_value(string sentinel)
    {
        using var rig = new Rig(RelayTask.Token);
        var news = ValueCodec.Encode(Programs.Relay());
        foreach (var name in (string[])["dstUrl", "sourceUrls", "endTime", "retryCount", "awaitRunning", "sourceType"]) news.Fields[name] = Value.ForString(sentinel);
        var reply = await rig.Rpc.Check(new Wire.CheckRequest
        {
            Urn = rig.Urn, Name = rig.Name, Type = RelayTask.Token, News = news,
            Olds = new Struct()
        });
        reply.Failures.ShouldBeEmpty();
        ValueCodec.Decode(reply.Inputs)["retryCount"]!.IsUnknown.ShouldBeTrue();
        ValueCodec.Decode(reply.Inputs)["dstUrl"]!.ShouldBe(PropertyValue.Unknown.AsSecret());
    }

    [Fact]
    public async Task An_unknown_property_is_told_with_the_nearest_known_one()
    {
        using var rig = new Rig(RelayTask.Token);
        var reply = await rig.CheckRawAsync(Programs.Relay().With(("dstURL", Leak), ("retryCuont", 3)), PropertyMap.Empty);
        reply.Failures.Select(failure => (failure.Property, failure.Reason)).ShouldBe(
            [("", "unknown property `dstURL`; did you mean `dstUrl`?"),
                ("", "unknown property `retryCuont`; did you mean `retryCount`?")], ignoreOrder: true);

        using var monitor = new Rig(MonitorSession.Token);
        var nested = Programs.Monitor().With(("inputList",
            PropertyValue.Of(Programs.Input("one", "rtmp://pull.example.com/live/a", 0).With(("inputURL", Leak)))));
        (await monitor.CheckRawAsync(nested,
            PropertyMap.Empty)).Failures.ShouldHaveSingleItem().Reason.ShouldBe("inputList[0]: unknown property `inputURL`; did you mean `inputUrl`?");
    }

    [Theory]
    [InlineData(RelayTask.Token)]
    [InlineData(MonitorSession.Token)]
    public void Check_of_checked_inputs_changes_nothing(string token) => RandomInputs.ForAll(Generator(token), 100, async program =>
    {
        using var rig = new Rig(token);
        var once = await rig.CheckAsync(program, PropertyMap.Empty);
        (await rig.CheckAsync(once, PropertyMap.Empty)).ShouldHold(once);
        (await rig.CheckAsync(once, once)).ShouldHold(once);

        // The program itself, against what it was checked to, gives the same again: name and region are kept.
        (await rig.CheckAsync(program, once)).ShouldHold(once);
    });

    [Fact]
    public async Task Check_of_wrong_inputs_answers_them_and_says_the_same_again()
    {
        foreach (var (token, spot) in Spots())
        {
            using var rig = new Rig(token);
            foreach (var wrong in WrongFor(spot.Type))
            {
                var once = await rig.CheckRawAsync(spot.Put(wrong), PropertyMap.Empty);
                var twice = await rig.CheckRawAsync(ValueCodec.Decode(once.Inputs), PropertyMap.Empty);
                ValueCodec.Decode(twice.Inputs).ShouldHold(ValueCodec.Decode(once.Inputs));
                twice.Failures.Select(failure => failure.ToString())
                    .ShouldBe(once.Failures.Select(failure => failure.ToString()), spot.Path);
            }
        }
    }

    static FsCheck.Gen<PropertyMap> Generator(string token) =>
        token == RelayTask.Token ? RandomInputs.RelayTask : RandomInputs.MonitorSession;

    /// <summary>Values of kinds that the type does not take.</summary>
    static IEnumerable<PropertyValue> WrongFor(TypeSchema type)
    {
        (PropertyValue Value, Func<TypeSchema, bool> Fits)[] kinds =
        [
            (true, taken => taken is BooleanType),
            (LeakNumber, taken => taken is NumberType),
            (Leak, taken => taken is StringType),
            (PropertyValue.Of(new PropertyMap { ["other"] = Leak }), taken => taken is ArrayType { Item: AnyType }),
            (new PropertyMap { ["other"] = Leak }, _ => false),
            (new OpaqueValue(OpaqueKind.Asset, new PropertyMap { ["text"] = Leak }), _ => false),
        ];
        return type is AnyType ? [] : kinds.Where(kind => !kind.Fits(type)).Select(kind => kind.Value);
    }

    static bool Concerns(Wire.CheckFailure failure, string path) =>
        failure.Property == path
        || (failure.Reason.StartsWith(path, StringComparison.Ordinal) && failure.Reason[path.Length] is ':' or '.' or '[');

    static void ShouldNotTell(Wire.CheckResponse reply, bool secret)
    {
        foreach (var failure in reply.Failures)
        {
            failure.Reason.ShouldNotContain(Leak);
            failure.Property.ShouldNotContain(Leak);
            if (!secret) continue;
            failure.Reason.ShouldNotContain("4711");
            failure.Property.ShouldBeEmpty("the engine would print the value");
        }
    }
}
