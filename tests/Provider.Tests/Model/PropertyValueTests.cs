using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

public class PropertyValueTests
{
    [Fact]
    public void Values_are_the_same_whatever_marks_and_nulls_stand_in_them()
    {
        PropertyValue left = new PropertyMap { ["a"] = new SecretValue(PropertyValue.Of(1, "x")), ["b"] = PropertyValue.Null, ["c"] = true };
        PropertyValue right = new PropertyMap { ["c"] = new OutputValue(true, Secret: true, []), ["a"] = PropertyValue.Of(new SecretValue(1), "x"), ["d"] = PropertyValue.Null };
        PropertyValue.SameValue(left, right).ShouldBeTrue();
        PropertyValue.SameValue(right, left).ShouldBeTrue();
        PropertyValue.SameValue(new SecretValue(left), right).ShouldBeTrue();
    }

    [Fact]
    public void Other_values_and_unknowns_are_not_the_same()
    {
        PropertyValue value = new PropertyMap { ["a"] = PropertyValue.Of(1, 2) };
        foreach (var other in (PropertyValue[])[
            new PropertyMap { ["a"] = PropertyValue.Of(1) }, new PropertyMap { ["a"] = PropertyValue.Of(2, 1) }, PropertyMap.Empty,
            new PropertyMap { ["a"] = PropertyValue.Of(1, 2), ["b"] = 1 }, "a", PropertyValue.Unknown, PropertyValue.Null])
        {
            PropertyValue.SameValue(value, other).ShouldBeFalse();
            PropertyValue.SameValue(other, value).ShouldBeFalse();
        }
        PropertyValue.SameValue(PropertyValue.Unknown, PropertyValue.Unknown).ShouldBeFalse();
    }

    [Fact]
    public void Marks_in_marks_are_taken_off_at_once()
    {
        PropertyValue value = "x";
        for (var i = 0; i < 100_000; i++)
            value = new SecretValue(value);
        value.Bare.ShouldBe("x");
        new SecretValue(new OutputValue(null, Secret: false, [])).IsUnknown.ShouldBeTrue();
    }

    [Fact]
    public void No_text_of_a_value_or_map_shows_its_content()
    {
        PropertyMap map = new() { ["key"] = new SecretValue("s3cr3t"), ["list"] = PropertyValue.Of("s3cr3t") };
        $"{map} {new ObjectValue(map)} {map["key"]} {map["list"]} {new StringValue("s3cr3t")}".ShouldNotContain("s3cr3t");
    }

    [Theory]
    [InlineData(Signatures.UnknownBoolean, true)]
    [InlineData(Signatures.UnknownNumber, true)]
    [InlineData(Signatures.UnknownString, true)]
    [InlineData(Signatures.UnknownArray, true)]
    [InlineData(Signatures.UnknownAsset, true)]
    [InlineData(Signatures.UnknownArchive, true)]
    [InlineData(Signatures.UnknownObject, true)]
    [InlineData(Signatures.UnknownString + " ", false)]
    [InlineData("04da6b54-80e4-46f7-96ec-b56ff0331baa", false)]
    [InlineData("", false)]
    public void A_sentinel_is_known_by_its_whole_text(string text, bool unknown) => Signatures.IsUnknown(text).ShouldBe(unknown);
}
