using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

public class PropertyPathTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a.b")]
    [InlineData("a[0]")]
    [InlineData("a[0].b[12]")]
    [InlineData("a[0][1]")]
    [InlineData("a[\"x.y\"]")]
    [InlineData("[\"key with.dot\"].b")]
    [InlineData("[\"a \\\"quoted\\\" name\"][100]")]
    [InlineData("[\"\"]")]
    [InlineData("[0]")]
    [InlineData("a[*].b")]
    [InlineData("a.key with blanks.b")]
    public void A_path_is_written_as_it_was_read(string text) => PropertyPath.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData("a[\"b\"].c", "a.b.c")]
    [InlineData("[\"a\"]", "a")]
    [InlineData("a[\"*\"]", "a[*]")]
    [InlineData("a.[0]", "a[0]")]
    [InlineData("a]", "[\"a]\"]")]
    public void Quotes_are_written_only_where_they_are_needed(string text, string written) => PropertyPath.Parse(text).ToString().ShouldBe(written);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a[")]
    [InlineData("a[]")]
    [InlineData("a[x]")]
    [InlineData("a[-1]")]
    [InlineData("a[99999999999]")]
    [InlineData("a[\"x]")]
    [InlineData("a[\"x\"")]
    [InlineData("a[\"x\"y]")]
    [InlineData("a[\"x\\\"]")]
    public void A_text_that_is_no_path_is_refused(string? text)
    {
        PropertyPath.TryParse(text, out var path).ShouldBeFalse();
        path.ShouldBeNull();
        Should.Throw<FormatException>(() => PropertyPath.Parse(text!));
    }

    [Fact]
    public void Steps_make_the_same_path_as_its_text()
    {
        var path = PropertyPath.Root.Child("a").Child(3).Child("x.y");
        path.ToString().ShouldBe("a[3][\"x.y\"]");
        path.ShouldBe(PropertyPath.Parse("a[3][\"x.y\"]"));
        path.GetHashCode().ShouldBe(PropertyPath.Parse("a[3][\"x.y\"]").GetHashCode());
        path.RootName.ShouldBe("a");
        path.Depth.ShouldBe(3);
        path.ShouldNotBe(PropertyPath.Parse("a[4][\"x.y\"]"));
        path.ShouldNotBe(PropertyPath.Parse("a[3]"));
        PropertyPath.Parse("a[0]").ShouldNotBe(PropertyPath.Parse("a[\"0\"]"));
    }

    [Fact]
    public void The_empty_path_and_one_that_starts_with_an_index_lead_into_no_property()
    {
        PropertyPath.Root.RootName.ShouldBeNull();
        PropertyPath.Parse("[1].a").RootName.ShouldBeNull();
        PropertyPath.Root.ToString().ShouldBe("");
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "a.b", true)]
    [InlineData("a", "a[0].b", true)]
    [InlineData("a.b", "a", false)]
    [InlineData("a", "ab", false)]
    [InlineData("a[0]", "a[1]", false)]
    [InlineData("a[0]", "a[\"0\"]", false)]
    [InlineData("a[*].b", "a[7].b.c", true)]
    [InlineData("a[*].b", "a.x.b", true)]
    [InlineData("a[*].b", "a[7].c", false)]
    [InlineData("a[*]", "a", false)]
    [InlineData("*", "whatever[1]", true)]
    [InlineData("a[7]", "a[*]", false)]
    public void A_path_covers_itself_and_what_lies_below(string path, string other, bool covers) =>
        PropertyPath.Parse(path).Covers(PropertyPath.Parse(other)).ShouldBe(covers);

    [Fact]
    public void The_empty_path_covers_everything() => PropertyPath.Root.Covers(PropertyPath.Parse("a[1]")).ShouldBeTrue();

    [Fact]
    public void A_value_is_found_through_objects_lists_and_marks()
    {
        var map = new PropertyMap
        {
            ["a"] = PropertyValue.Of("x", new PropertyMap { ["k.l"] = 5 }),
            ["s"] = new SecretValue(new PropertyMap { ["inside"] = "quiet", ["*"] = "star" }),
            ["u"] = PropertyValue.Unknown,
            ["n"] = PropertyValue.Null,
        };
        PropertyPath.Parse("a[0]").Get(map)!.Text.ShouldBe("x");
        PropertyPath.Parse("a[1][\"k.l\"]").Get(map)!.Number.ShouldBe(5);
        PropertyPath.Parse("s.inside").Get(map).ShouldBe(new SecretValue("quiet"));
        PropertyPath.Parse("u.below[1]").Get(map)!.IsUnknown.ShouldBeTrue();
        PropertyPath.Root.Get(map).ShouldBe(new ObjectValue(map));
        foreach (var nowhere in (string[])["n", "n.x", "missing", "a[2]", "a.x", "a[0].x", "s[0]", "[0]", "a[*]"])
            PropertyPath.Parse(nowhere).Get(map).ShouldBeNull(nowhere);
    }

    [Fact]
    public void A_name_that_needs_quotes_and_ends_in_a_backslash_cannot_be_written()
    {
        PropertyPath.CanWrite("a\\").ShouldBeTrue();
        PropertyPath.CanWrite("a.b\\").ShouldBeFalse();
        PropertyPath.CanWrite("").ShouldBeTrue();
        PropertyPath.Parse(PropertyPath.Root.Child("a\\").ToString()).ShouldBe(PropertyPath.Root.Child("a\\"));
    }
}
