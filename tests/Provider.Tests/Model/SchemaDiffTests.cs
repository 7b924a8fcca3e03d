using PulumiAliyunLive.Model;
using static PulumiAliyunLive.Tests.Model.TestSchema;

namespace PulumiAliyunLive.Tests.Model;

public class SchemaDiffTests
{
    [Fact]
    public void The_same_inputs_have_no_difference()
    {
        PropertyMap inputs = new() { ["target"] = "x", ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "a" }), ["extra"] = PropertyValue.Of(1) };
        Diff(inputs, new PropertyMap(inputs)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("stated")]
    public void Absent_null_and_a_stated_default_are_the_same(string? form)
    {
        PropertyMap With(string? how)
        {
            var map = new PropertyMap { ["target"] = "x", ["stage"] = new PropertyMap { ["name"] = "s" } };
            if (how is null)
                return map;
            map["retries"] = how == "null" ? PropertyValue.Null : 3;
            map["kind"] = how == "null" ? PropertyValue.Null : "live";
            map["stage"] = new PropertyMap { ["name"] = "s", ["width"] = how == "null" ? PropertyValue.Null : 1280 };
            map["title"] = PropertyValue.Null;
            return map;
        }
        foreach (var other in (string?[])[null, "null", "stated"])
            Diff(With(form), With(other)).ShouldBeEmpty();
    }

    [Fact]
    public void Marks_make_no_difference() => Diff(
        new() { ["target"] = "x", ["channels"] = PropertyValue.Of("a"), ["stage"] = new SecretValue(new PropertyMap { ["password"] = "p" }) },
        new() { ["target"] = new SecretValue("x"), ["channels"] = PropertyValue.Of(new SecretValue("a")), ["stage"] = new PropertyMap { ["password"] = "p" } })
        .ShouldBeEmpty();

    [Fact]
    public void Numbers_compare_as_numbers_and_booleans_as_booleans() => Diff(
        new() { ["retries"] = "5", ["volume"] = "0.50", ["muted"] = "true", ["stage"] = new PropertyMap { ["quality"] = "2" } },
        new() { ["retries"] = 5, ["volume"] = 0.5, ["muted"] = true, ["stage"] = new PropertyMap { ["quality"] = 2 } }).ShouldBeEmpty();

    [Fact]
    public void Each_change_has_its_own_path_and_the_order_is_the_schemas() => Diff(
        new()
        {
            ["extra"] = new PropertyMap { ["a"] = PropertyValue.Of(1, 2), ["gone"] = 1 },
            ["labels"] = new PropertyMap { ["same"] = "s", ["a.b"] = "1", ["gone"] = "g" },
            ["stage"] = new PropertyMap { ["name"] = "s", ["inner"] = new PropertyMap { ["name"] = "i" }, ["password"] = "p" },
            ["channels"] = PropertyValue.Of("a", "b", "c"),
            ["muted"] = true,
            ["title"] = "t",
        },
        new()
        {
            ["extra"] = new PropertyMap { ["a"] = PropertyValue.Of(1, "2"), ["new"] = PropertyMap.Empty },
            ["labels"] = new PropertyMap { ["new"] = "n", ["a.b"] = "2", ["same"] = "s" },
            ["stage"] = new PropertyMap { ["name"] = "s2", ["inner"] = new PropertyMap { ["name"] = "i", ["width"] = 5 } },
            ["channels"] = PropertyValue.Of("a", "x"),
            ["retries"] = 4,
            ["title"] = "u",
        }).ShouldBe([
            "Update title", "Add retries", "Delete muted", "Update channels[1]", "Delete channels[2]", "Update stage.name", "Delete stage.password",
            "Add stage.inner.width", "Update labels[\"a.b\"]", "Delete labels.gone", "Add labels.new", "Update extra.a[1]", "Delete extra.gone", "Add extra.new",
        ]);

    [Fact]
    public void A_change_anywhere_in_a_replacing_property_replaces() => Diff(
        new() { ["target"] = "x", ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "a" }), ["title"] = "t" },
        new()
        {
            ["target"] = "y",
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "b" }, new PropertyMap { ["inputUrl"] = "c" }),
            ["title"] = "u",
        }).ShouldBe(["Update title", "Update target replaces", "Update cameras[0].inputUrl replaces", "Add cameras[1] replaces"]);

    [Fact]
    public void An_unknown_is_a_change_where_it_stands() => Diff(
        new() { ["target"] = "x", ["channels"] = PropertyValue.Of("a", "b"), ["stage"] = new PropertyMap { ["name"] = "s" }, ["extra"] = 1 },
        new()
        {
            ["target"] = new SecretValue(PropertyValue.Unknown),
            ["channels"] = PropertyValue.Of("a", PropertyValue.Unknown),
            ["stage"] = PropertyValue.Unknown,
            ["title"] = PropertyValue.Unknown,
            ["extra"] = PropertyValue.Unknown,
        }).ShouldBe(["Add title", "Update target replaces", "Update channels[1]", "Update stage", "Update extra"]);

    [Fact]
    public void A_value_of_another_kind_is_one_change() =>
        Diff(new() { ["extra"] = PropertyValue.Of(1, 2), ["stage"] = "s" }, new() { ["extra"] = new PropertyMap { ["a"] = 1 }, ["stage"] = PropertyMap.Empty })
            .ShouldBe(["Update stage", "Update extra"]);

    [Fact]
    public void What_the_schema_does_not_declare_is_not_looked_at() =>
        Diff(new() { ["former"] = 1, ["stage"] = new PropertyMap { ["former"] = 1 } }, new() { ["__defaults"] = 2, ["stage"] = PropertyMap.Empty }).ShouldBeEmpty();

    [Theory]
    [InlineData("cameras[*].inputUrl", "Delete cameras[1]", "Update stage.inner.name", "Update labels[\"a.b\"]")]
    [InlineData("cameras", "Update stage.inner.name", "Update labels[\"a.b\"]")]
    [InlineData("cameras[1]", "Update cameras[0].inputUrl", "Update stage.inner.name", "Update labels[\"a.b\"]")]
    [InlineData("stage", "Update cameras[0].inputUrl", "Delete cameras[1]", "Update labels[\"a.b\"]")]
    [InlineData("stage.inner.name", "Update cameras[0].inputUrl", "Delete cameras[1]", "Update labels[\"a.b\"]")]
    [InlineData("labels[\"a.b\"]", "Update cameras[0].inputUrl", "Delete cameras[1]", "Update stage.inner.name")]
    [InlineData("*")]
    [InlineData("labels.", "Update cameras[0].inputUrl", "Delete cameras[1]", "Update stage.inner.name", "Update labels[\"a.b\"]")]
    [InlineData("", "Update cameras[0].inputUrl", "Delete cameras[1]", "Update stage.inner.name", "Update labels[\"a.b\"]")]
    public void Ignored_changes_are_left_out_with_all_below_them(string ignored, params string[] left) => SchemaDiff.Compare(
        Inputs,
        new()
        {
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "a" }, new PropertyMap { ["inputUrl"] = "b" }),
            ["stage"] = new PropertyMap { ["inner"] = new PropertyMap { ["name"] = "a" } },
            ["labels"] = new PropertyMap { ["a.b"] = "a" },
        },
        new()
        {
            ["cameras"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "c" }),
            ["stage"] = new PropertyMap { ["inner"] = new PropertyMap { ["name"] = "c" } },
            ["labels"] = new PropertyMap { ["a.b"] = "c" },
        },
        ["nothing", ignored]).Select(change => $"{change.Kind} {change.Path}").ShouldBe(left);

    [Fact]
    public void A_member_whose_path_cannot_be_written_is_reported_as_its_map() =>
        Diff(new() { ["labels"] = new PropertyMap { ["a.b\\"] = "1", ["c"] = "1" } }, new() { ["labels"] = new PropertyMap { ["a.b\\"] = "2", ["c"] = "2" } })
            .ShouldBe(["Update labels"]);

    [Fact]
    public void An_unchanged_member_whose_path_cannot_be_written_does_not_matter() =>
        Diff(new() { ["labels"] = new PropertyMap { ["a.b\\"] = "1", ["c"] = "1" } }, new() { ["labels"] = new PropertyMap { ["a.b\\"] = "1", ["c"] = "2" } })
            .ShouldBe(["Update labels.c"]);

    static IEnumerable<string> Diff(PropertyMap old, PropertyMap news) => SchemaDiff.Compare(Inputs, old, news, [])
        .Select(change => $"{change.Kind} {change.Path}{(change.Replace ? " replaces" : "")}");
}
