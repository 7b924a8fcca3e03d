using PulumiAliyunLive.Model;
using static PulumiAliyunLive.Tests.Model.TestSchema;

namespace PulumiAliyunLive.Tests.Model;

public class DecodeConfigTests
{
    const string SecretRole =
        """{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","value":{"roleArn":"04da6b54-80e4-46f7-96ec-b56ff0331ba9"}}""";

    [Fact]
    public void Stack_configuration_is_read_out_of_its_text()
    {
        var (result, failures) = Decode(new()
        {
            ["region"] = "cn-shanghai",
            ["verbose"] = "true",
            ["limit"] = "5",
            ["mode"] = "vod",
            ["accounts"] = "[\"1\",\"2\"]",
            ["tags"] = "{\"a_b\":\"c\"}",
            ["role"] = "{\"roleArn\":\"acs:ram::1:role/live\",\"durationSeconds\":900}",
        });
        failures.ShouldBeEmpty();
        result.ShouldHold(new PropertyMap
        {
            ["region"] = "cn-shanghai",
            ["verbose"] = true,
            ["limit"] = 5,
            ["mode"] = "vod",
            ["accounts"] = PropertyValue.Of("1", "2"),
            ["tags"] = new PropertyMap { ["a_b"] = "c" },
            ["role"] = new PropertyMap { ["roleArn"] = "acs:ram::1:role/live", ["durationSeconds"] = 900 },
        });
    }

    [Fact]
    public void Values_that_are_no_text_are_taken_as_they_are()
    {
        PropertyMap news = new()
        {
            ["verbose"] = true,
            ["limit"] = 5,
            ["accounts"] = PropertyValue.Of("1"),
            ["role"] = new PropertyMap { ["roleArn"] = "a", ["externalId"] = new SecretValue("e") },
            ["anything"] = PropertyValue.Of(1),
            ["mode"] = PropertyValue.Unknown,
        };
        var (result, failures) = Decode(news);
        failures.ShouldBeEmpty();
        result.ShouldHold(news);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("\"quoted\"")]
    public void A_string_is_never_read_as_JSON(string text)
    {
        var (result, failures) = Decode(new() { ["region"] = text, ["accessKey"] = new SecretValue(text) });
        failures.ShouldBeEmpty();
        result.ShouldHold(new PropertyMap { ["region"] = text, ["accessKey"] = new SecretValue(text) });
    }

    [Fact]
    public void A_choice_may_be_JSON_text() => Decode(new() { ["mode"] = "\"vod\"" }).Result["mode"].ShouldBe("vod");

    [Fact]
    public void Marks_are_read_inside_JSON_text_and_kept_around_it()
    {
        Decode(new() { ["role"] = SecretRole }).Result["role"].ShouldBe(new SecretValue(new PropertyMap { ["roleArn"] = PropertyValue.Unknown }));
        Decode(new() { ["accounts"] = new SecretValue("[\"1\"]") }).Result["accounts"].ShouldBe(new SecretValue(PropertyValue.Of("1")));
        Decode(new() { ["limit"] = new SecretValue("5") }).Result["limit"].ShouldBe(new SecretValue(5));
        Decode(new() { ["accounts"] = "[\"6a19a0b0-7e62-4c92-b797-7f8e31da9cc2\"]" }).Result["accounts"].ShouldBe(PropertyValue.Of(PropertyValue.Unknown));
        Decode(new() { ["accounts"] = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2" }).Result["accounts"].ShouldBe(PropertyValue.Unknown);
        Decode(new() { ["limit"] = """{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","value":7}""" })
            .Result["limit"].ShouldBe(new SecretValue(7));
        Decode(new() { ["limit"] = """{"4dabf18193072939515e22adb298388d":"d0e6a833031e9bbcd3f4e8bde6ca49a4","value":7,"secret":true}""" })
            .Result["limit"].ShouldBe(new SecretValue(7));
        Decode(new() { ["limit"] = """{"4dabf18193072939515e22adb298388d":"d0e6a833031e9bbcd3f4e8bde6ca49a4"}""" })
            .Result["limit"].ShouldBe(PropertyValue.Unknown);
    }

    [Theory]
    [InlineData("{\"role_arn\":\"a\",\"duration_seconds\":5,\"steps\":[{\"role_arn\":\"b\",\"external_id\":\"e\"}]}")]
    [InlineData("{\"roleArn\":\"a\",\"durationSeconds\":\"5\",\"steps\":[{\"roleArn\":\"b\",\"external_id\":\"e\"}]}")]
    public void Names_in_snake_case_stand_for_the_declared_ones(string text)
    {
        var (result, failures) = Decode(new() { ["role"] = text });
        failures.ShouldBeEmpty();
        result["role"].ShouldBe(new PropertyMap
        {
            ["roleArn"] = "a",
            ["durationSeconds"] = 5,
            ["steps"] = PropertyValue.Of(new PropertyMap { ["roleArn"] = "b", ["externalId"] = "e" }),
        });
    }

    [Fact]
    public void A_name_in_snake_case_beside_the_declared_one_is_unknown() =>
        Decode(new() { ["role"] = "{\"roleArn\":\"a\",\"role_arn\":\"b\"}" }).Failures.ShouldBe(["|role: unknown property `role_arn`; did you mean `roleArn`?"]);

    [Fact]
    public void The_keys_of_the_engine_pass_through_and_others_are_named()
    {
        PropertyMap engine = new() { ["version"] = "1.2.3", ["pluginDownloadURL"] = "github://api.github.com/x", ["__internal"] = PropertyMap.Empty };
        var (result, failures) = Decode(engine);
        failures.ShouldBeEmpty();
        result.ShouldHold(engine);
        Decode(new() { ["regoin"] = "x" }).Failures.ShouldBe(["|unknown property `regoin`; did you mean `region`?"]);
    }

    [Theory]
    [InlineData("accounts", "1,2", "|accounts: must be a list of strings, or one as JSON text, but is text that is no JSON (line 1, byte 2)")]
    [InlineData("accounts", "", "|accounts: must be a list of strings, or one as JSON text, but is text that is no JSON (line 1, byte 1)")]
    [InlineData("accounts", "5", "|accounts: must be a list of strings, but is a number")]
    [InlineData("accounts", "[5]", "|accounts[0]: must be a string, but is a number; put it in quotes")]
    [InlineData("accounts", "[\"\\ud800\"]", "|accounts: holds JSON text with half a character in it")]
    [InlineData("limit", "many", "|limit: must be a whole number, but is a string")]
    [InlineData("limit", "1e999", "|limit: must be between -9007199254740991 and 9007199254740991")]
    [InlineData("mode", "Live", "|mode: must be one of `live`, `vod`, `RTMP`; the right spelling is `live`")]
    [InlineData("role", "{\"4dabf18193072939515e22adb298388d\":\"x\"}", "|role: holds a special value of a kind that is not known here")]
    [InlineData("role", "{\"4dabf18193072939515e22adb298388d\":5}", "|role: holds a special value of a kind that is not known here")]
    [InlineData("role", "{\"4dabf18193072939515e22adb298388d\":\"1b47061264138c4ac30d75fd1eb44270\"}",
        "|role: holds a special value of a kind that is not known here")]
    [InlineData("role", "{\"4dabf18193072939515e22adb298388d\":\"c44067f5952c0a294b673a41bacd8c17\"}", "|role: must be an object, but is an asset")]
    [InlineData("role", "{}", "|role.roleArn: is required and missing; it must be a string: Its name")]
    public void What_cannot_be_read_is_reported_once_and_kept(string name, string text, string failure)
    {
        var (result, failures) = Decode(new() { [name] = text });
        failures.ShouldBe([failure]);
        result.ContainsKey(name).ShouldBeTrue();
        result[name]!.IsUnknown.ShouldBeFalse();
    }

    [Fact]
    public void Anything_takes_JSON_text_and_any_other_text()
    {
        Decode(new() { ["anything"] = "[1,null,true]" }).Result["anything"].ShouldBe(PropertyValue.Of(1, PropertyValue.Null, true));
        Decode(new() { ["anything"] = "some words" }).Result["anything"].ShouldBe("some words");
    }
}
