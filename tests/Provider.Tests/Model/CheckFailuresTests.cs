using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

public class CheckFailuresTests
{
    [Theory]
    [InlineData("retries")]
    [InlineData("volume")]
    [InlineData("muted")]
    [InlineData("kind")]
    public void A_plain_number_boolean_or_choice_is_named_as_the_property(string name)
    {
        var failures = new CheckFailures(TestSchema.Inputs, new() { ["retries"] = 7, ["volume"] = 1.5, ["muted"] = true, ["kind"] = "vod" });
        failures.Add(name, "does not fit");
        failures.ToList().ShouldBe([new CheckFailure(name, "does not fit")]);
    }

    public static TheoryData<string, string> Hidden => new()
    {
        { "target", "an address" },
        { "title", "a text" },
        { "kind", "not a declared choice" },
        { "retries", "text instead of a number" },
        { "volume", "a secret number" },
        { "muted", "unknown" },
        { "channels", "a list" },
        { "channels[0]", "an element" },
        { "stage.width", "a nested number" },
        { "labels", "absent" },
        { "nothing", "not declared" },
    };

    [Theory]
    [MemberData(nameof(Hidden))]
    public void What_could_print_an_address_or_a_secret_is_named_in_the_reason(string path, string what)
    {
        var failures = new CheckFailures(TestSchema.Inputs, new()
        {
            ["target"] = "rtmp://a/b?key=1",
            ["title"] = "a",
            ["kind"] = "rtmp://a/b?key=1",
            ["retries"] = "5",
            ["volume"] = new SecretValue(5),
            ["muted"] = PropertyValue.Unknown,
            ["channels"] = PropertyValue.Of("rtmp://a/b"),
            ["stage"] = new PropertyMap { ["width"] = 5 },
        });
        failures.Add(path, "does not fit");
        failures.ToList().ShouldBe([new CheckFailure("", $"{path}: does not fit")], what);
    }

    [Fact]
    public void A_secret_property_is_never_named_whatever_its_type()
    {
        var schema = new ObjectSchema(new PropertySchema("pin", new IntegerType(), false, Secret: true, false, null, [], ""));
        var failures = new CheckFailures(schema, new() { ["pin"] = 1234 });
        failures.Add("pin", "is too short");
        failures.ToList().ShouldBe([new CheckFailure("", "pin: is too short")]);
    }

    [Fact]
    public void Failures_come_in_the_order_of_the_schema_those_of_the_whole_last_and_each_once()
    {
        var failures = new CheckFailures(TestSchema.Inputs, PropertyMap.Empty);
        failures.Add("", "whole");
        failures.Add("stage.width", "b");
        failures.Add("stage.name", "a");
        failures.Add("title", "x");
        failures.Add("stage.width", "b");
        failures.Add(PropertyPath.Root.Child("stage").Child("width"), "c");
        failures.Count.ShouldBe(5);
        failures.ToList().Select(failure => failure.Reason).ShouldBe(["title: x", "stage.width: b", "stage.name: a", "stage.width: c", "whole"]);
    }
}
