using PulumiAliyunLive.Model;
using static PulumiAliyunLive.Tests.Model.TestSchema;

namespace PulumiAliyunLive.Tests.Model;

public class SchemaCheckTests
{
    [Fact]
    public void Right_inputs_stay_as_they_are()
    {
        PropertyMap news = new()
        {
            ["title"] = "t",
            ["target"] = "rtmp://a",
            ["kind"] = "RTMP",
            ["retries"] = 0,
            ["volume"] = -1.5,
            ["muted"] = true,
            ["channels"] = PropertyValue.Of("a", "b"),
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "x", ["angle"] = 2 }),
            ["stage"] = new PropertyMap { ["name"] = "s", ["quality"] = 2, ["inner"] = new PropertyMap { ["name"] = "i" } },
            ["rooms"] = new PropertyMap { ["a.b"] = new PropertyMap { ["name"] = "r" } },
            ["labels"] = new PropertyMap { ["a"] = "b" },
            ["extra"] = PropertyValue.Of(1, "a", true, new PropertyMap { ["x"] = PropertyValue.Of() }),
        };
        var (result, failures) = Check(news);
        failures.ShouldBeEmpty();
        result.ShouldHold(news);
        result.ShouldNotBeSameAs(news);
    }

    [Fact]
    public void Nulls_are_dropped_at_every_depth()
    {
        var (result, failures) = Check(new()
        {
            ["target"] = "x",
            ["title"] = PropertyValue.Null,
            ["retries"] = new SecretValue(PropertyValue.Null),
            ["no such"] = PropertyValue.Null,
            ["stage"] = new PropertyMap { ["name"] = "s", ["password"] = PropertyValue.Null },
            ["labels"] = new PropertyMap { ["a"] = PropertyValue.Null },
            ["extra"] = new PropertyMap { ["a"] = PropertyValue.Null, ["b"] = PropertyValue.Of(PropertyValue.Null) },
        });
        failures.ShouldBeEmpty();
        result.ShouldHold(new PropertyMap
        {
            ["target"] = "x",
            ["stage"] = new PropertyMap { ["name"] = "s" },
            ["labels"] = PropertyMap.Empty,
            ["extra"] = new PropertyMap { ["b"] = PropertyValue.Of(PropertyValue.Null) },
        });
    }

    [Fact]
    public void Numbers_and_booleans_are_read_from_text()
    {
        var (result, failures) = Check(new()
        {
            ["target"] = "x",
            ["retries"] = "5",
            ["volume"] = "-0.50",
            ["muted"] = "True",
            ["stage"] = new PropertyMap { ["name"] = "s", ["width"] = new SecretValue("1e3"), ["quality"] = "2" },
        });
        failures.ShouldBeEmpty();
        result["retries"].ShouldBe(5);
        result["volume"].ShouldBe(-0.5);
        result["muted"].ShouldBe(true);
        result["stage"].ShouldBe(new PropertyMap { ["name"] = "s", ["width"] = new SecretValue(1000), ["quality"] = 2 });
    }

    [Fact]
    public void Minus_zero_is_zero()
    {
        var (result, failures) = Check(new() { ["target"] = "x", ["retries"] = -0.0, ["volume"] = "-0" });
        failures.ShouldBeEmpty();
        double.IsNegative(result["retries"]!.Number!.Value).ShouldBeFalse();
        double.IsNegative(result["volume"]!.Number!.Value).ShouldBeFalse();
    }

    public static TheoryData<string, double, string> WrongNumbers => new()
    {
        { "retries", 1.5, "must be a whole number, but has a fraction" },
        { "retries", double.NaN, "must be a number, but is none (NaN)" },
        { "volume", double.NaN, "must be a number, but is none (NaN)" },
        { "retries", 9007199254740992, "must be between -9007199254740991 and 9007199254740991" },
        { "volume", -1e300, "must be between -9007199254740991 and 9007199254740991" },
        { "volume", double.PositiveInfinity, "must be between -9007199254740991 and 9007199254740991" },
    };

    [Theory]
    [MemberData(nameof(WrongNumbers))]
    public void A_number_that_is_none_or_not_exact_is_refused(string name, double value, string reason)
    {
        var (result, failures) = Check(new() { ["target"] = "x", [name] = value });
        failures.ShouldBe([$"{name}|{reason}"]);
        result[name].ShouldBe(value);
    }

    public static TheoryData<string, object, string> WrongKinds => new()
    {
        { "title", 5.0, "must be a string, but is a number; put it in quotes" },
        { "title", true, "must be a string, but is a boolean; put it in quotes" },
        { "title", new string[] { "a" }, "must be a string, but is a list" },
        { "retries", "five", "must be a whole number, but is a string" },
        { "retries", " 5", "must be a whole number, but is a string" },
        { "volume", true, "must be a number, but is a boolean" },
        { "muted", "yes", "must be a boolean, but is a string" },
        { "muted", 1.0, "must be a boolean, but is a number" },
        { "kind", 5.0, "must be one of `live`, `vod`, `RTMP`, but is a number" },
        { "channels", 5.0, "must be a list of strings, but is a number" },
        { "channels", "a", "must be a list of strings, but is a string" },
        { "cameras", "a", "must be a list of objects, but is a string" },
        { "stage", "a", "must be an object, but is a string" },
        { "labels", new string[] { "a" }, "must be a map of strings, but is a list" },
        { "rooms", 5.0, "must be a map of objects, but is a number" },
    };

    [Theory]
    [MemberData(nameof(WrongKinds))]
    public void A_value_of_another_kind_is_told_what_would_be_right_and_what_was_given(string name, object given, string reason)
    {
        PropertyValue value = given switch
        {
            double number => number,
            bool boolean => boolean,
            string text => text,
            string[] texts => PropertyValue.Of(texts.Select(text => (PropertyValue)text)),
            _ => throw new ArgumentException("a kind without a value"),
        };
        foreach (var stated in (PropertyValue[])[value, new SecretValue(value)])
        {
            var (result, failures) = Check(new() { ["target"] = "x", [name] = stated });
            failures.Single().ShouldEndWith(reason);
            result[name].ShouldBe(stated);
        }
    }

    [Fact]
    public void A_value_that_is_no_plain_one_is_named()
    {
        Check(new() { ["target"] = new OpaqueValue(OpaqueKind.Asset, PropertyMap.Empty) }).Failures.ShouldBe(["|target: must be a string, but is an asset"]);
        Check(new() { ["target"] = new OpaqueValue(OpaqueKind.ResourceReference, PropertyMap.Empty) })
            .Failures.ShouldBe(["|target: must be a string, but is a resource"]);
        Check(new() { ["target"] = "x", ["extra"] = new OpaqueValue(OpaqueKind.Archive, PropertyMap.Empty) }).Failures.ShouldBeEmpty();
        Check(new() { ["target"] = "x", ["channels"] = PropertyValue.Of("a", PropertyValue.Null) })
            .Failures.ShouldBe(["|channels[1]: must be a string, but is null"]);
    }

    [Theory]
    [InlineData("Live", "|kind: must be one of `live`, `vod`, `RTMP`; the right spelling is `live`")]
    [InlineData("rtmp", "|kind: must be one of `live`, `vod`, `RTMP`; the right spelling is `RTMP`")]
    [InlineData("life", "|kind: must be one of `live`, `vod`, `RTMP`; did you mean `live`?")]
    [InlineData("rtmp://a/b?key=1", "|kind: must be one of `live`, `vod`, `RTMP`")]
    [InlineData("", "|kind: must be one of `live`, `vod`, `RTMP`")]
    public void A_choice_must_be_a_declared_one(string given, string failure) =>
        Check(new() { ["target"] = "x", ["kind"] = given }).Failures.ShouldBe([failure]);

    [Fact]
    public void A_choice_of_numbers_is_checked_too() =>
        Check(new() { ["target"] = "x", ["stage"] = new PropertyMap { ["name"] = "s", ["quality"] = 3 } }).Failures
            .ShouldBe(["|stage.quality: must be one of `1`, `2`"]);

    [Theory]
    [InlineData("targett", "unknown property `targett`; did you mean `target`?")]
    [InlineData("Target", "unknown property `Target`; did you mean `target`?")]
    [InlineData("chanels", "unknown property `chanels`; did you mean `channels`?")]
    [InlineData("url", "unknown property `url`; the properties are `title`, `target`, `kind`, `retries`, `volume`, `muted`, `channels`, `cameras`, "
        + "`stage`, `rooms`, `labels`, `extra`")]
    public void An_unknown_property_is_told_the_nearest_known_one(string name, string reason)
    {
        var (result, failures) = Check(new() { ["target"] = "x", [name] = "y" });
        failures.ShouldBe([$"|{reason}"]);
        result[name].ShouldBe("y");
    }

    [Fact]
    public void An_unknown_property_of_a_nested_object_is_found_by_its_path() =>
        Check(new() { ["target"] = "x", ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "a", ["angel"] = 1 }) }).Failures
            .ShouldBe(["|cameras[0]: unknown property `angel`; did you mean `angle`?"]);

    [Fact]
    public void A_missing_property_is_told_what_it_is()
    {
        Check(PropertyMap.Empty).Failures.ShouldBe(["|target: is required and missing; it must be a string: Where it goes"]);
        Check(new() { ["target"] = "x", ["rooms"] = new PropertyMap { ["a.b"] = PropertyMap.Empty } }).Failures
            .ShouldBe(["|rooms[\"a.b\"].name: is required and missing; it must be a string: Its name"]);
        Check(new() { ["target"] = PropertyValue.Unknown, ["stage"] = new PropertyMap { ["name"] = PropertyValue.Unknown } }).Failures.ShouldBeEmpty();
    }

    [Fact]
    public void All_problems_are_reported_at_once_in_the_order_of_the_schema() =>
        Check(new()
        {
            ["extra"] = double.NaN,
            ["labels"] = PropertyValue.Of(),
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["angle"] = "steep", ["zoom"] = 1 }, "a"),
            ["tittle"] = "x",
            ["retries"] = 1.5,
            ["title"] = 5,
        }).Failures.ShouldBe([
            "|title: must be a string, but is a number; put it in quotes",
            "|target: is required and missing; it must be a string: Where it goes",
            "retries|must be a whole number, but has a fraction",
            "|cameras[0].inputUrl: is required and missing; it must be a string: Where it streams from",
            "|cameras[0].angle: must be a number, but is a string",
            "|cameras[0]: unknown property `zoom`; the properties are `inputUrl`, `angle`",
            "|cameras[1]: must be an object, but is a string",
            "|labels: must be a map of strings, but is a list",
            "|extra: must be a number, but is none (NaN)",
            "|unknown property `tittle`; did you mean `title`?",
        ]);

    [Fact]
    public void Unknowns_are_right_wherever_they_stand()
    {
        var news = new PropertyMap();
        foreach (var name in Inputs.Properties.Keys)
            news[name] = PropertyValue.Unknown;
        Check(news).Failures.ShouldBeEmpty();
        Check(news).Result.ShouldHold(news);
        PropertyMap nested = new()
        {
            ["target"] = new SecretValue(PropertyValue.Unknown),
            ["channels"] = PropertyValue.Of("a", PropertyValue.Unknown),
            ["cameras"] = PropertyValue.Of(PropertyValue.Unknown, new PropertyMap { ["inputUrl"] = new SecretValue(PropertyValue.Unknown) }),
            ["rooms"] = new PropertyMap { ["a"] = PropertyValue.Unknown },
        };
        Check(nested).Failures.ShouldBeEmpty();
        Check(nested).Result.ShouldHold(nested);
    }

    [Fact]
    public void Secret_marks_stay_wherever_they_stand()
    {
        PropertyMap news = new()
        {
            ["target"] = new SecretValue("x"),
            ["channels"] = new SecretValue(PropertyValue.Of("a", new SecretValue("b"))),
            ["cameras"] = PropertyValue.Of(new SecretValue(new PropertyMap { ["inputUrl"] = new SecretValue("a") })),
            ["stage"] = new SecretValue(new PropertyMap { ["name"] = "s" }),
            ["extra"] = new PropertyMap { ["a"] = PropertyValue.Of(new SecretValue(1)) },
        };
        var (result, failures) = Check(news);
        failures.ShouldBeEmpty();
        result.ShouldHold(news);
    }

    [Fact]
    public void Output_wrappers_are_reduced_to_secret_or_unknown()
    {
        var (result, failures) = Check(new()
        {
            ["target"] = new OutputValue("x", Secret: true, ["urn"]),
            ["title"] = new OutputValue(null, Secret: false, []),
            ["retries"] = new OutputValue("5", Secret: false, []),
            ["channels"] = PropertyValue.Of(new SecretValue(new OutputValue(null, Secret: true, []))),
            ["volume"] = new SecretValue(new SecretValue(5)),
        });
        failures.ShouldBeEmpty();
        result.ShouldHold(new PropertyMap
        {
            ["target"] = new SecretValue("x"),
            ["title"] = PropertyValue.Unknown,
            ["retries"] = 5,
            ["channels"] = PropertyValue.Of(new SecretValue(PropertyValue.Unknown)),
            ["volume"] = new SecretValue(5),
        });
    }

    [Fact]
    public void Values_nested_without_end_are_refused_once()
    {
        PropertyValue deep = "end";
        for (var i = 0; i < 5000; i++)
            deep = i % 2 == 0 ? PropertyValue.Of(deep) : new SecretValue(new PropertyMap { ["a"] = deep });
        Check(new() { ["target"] = "x", ["extra"] = deep }).Failures.Single().ShouldEndWith("is nested more than 64 levels deep");
    }

    [Fact]
    public void Defaults_are_filled_in_where_nothing_is_stated_also_inside()
    {
        PropertyMap values = new()
        {
            ["kind"] = PropertyValue.Unknown,
            ["muted"] = PropertyValue.Null,
            ["stage"] = new SecretValue(new PropertyMap { ["name"] = "s", ["inner"] = new PropertyMap { ["width"] = 1 } }),
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "a" }, PropertyValue.Unknown, new SecretValue(PropertyMap.Empty)),
            ["rooms"] = new PropertyMap { ["a"] = PropertyMap.Empty, ["b"] = PropertyValue.Unknown },
        };
        SchemaCheck.WithDefaults(Inputs, values).ShouldHold(new PropertyMap
        {
            ["kind"] = PropertyValue.Unknown,
            ["retries"] = 3,
            ["muted"] = false,
            ["stage"] = new SecretValue(new PropertyMap { ["name"] = "s", ["width"] = 1280, ["inner"] = new PropertyMap { ["width"] = 1 } }),
            ["cameras"] = PropertyValue.Of(
                new PropertyMap { ["inputUrl"] = "a", ["angle"] = 0.5 }, PropertyValue.Unknown, new SecretValue(new PropertyMap { ["angle"] = 0.5 })),
            ["rooms"] = new PropertyMap { ["a"] = new PropertyMap { ["width"] = 1280 }, ["b"] = PropertyValue.Unknown },
        });
        values.Count.ShouldBe(5);
    }

    [Fact]
    public void Secret_properties_are_marked_where_they_stand_and_other_marks_are_kept()
    {
        PropertyMap values = new()
        {
            ["target"] = "x",
            ["title"] = new SecretValue("t"),
            ["stage"] = new PropertyMap { ["password"] = "p", ["inner"] = new PropertyMap { ["password"] = PropertyValue.Unknown } },
            ["rooms"] = new SecretValue(new PropertyMap { ["a"] = new PropertyMap { ["password"] = new SecretValue("p") } }),
        };
        SchemaCheck.MarkSecrets(Inputs, values).ShouldHold(new PropertyMap
        {
            ["target"] = new SecretValue("x"),
            ["title"] = new SecretValue("t"),
            ["stage"] = new PropertyMap
            {
                ["password"] = new SecretValue("p"),
                ["inner"] = new PropertyMap { ["password"] = new SecretValue(PropertyValue.Unknown) },
            },
            ["rooms"] = new SecretValue(new PropertyMap { ["a"] = new PropertyMap { ["password"] = new SecretValue("p") } }),
        });
        values["target"].ShouldBe("x");
    }
}
