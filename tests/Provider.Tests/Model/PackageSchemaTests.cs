using System.Text;
using System.Text.Json;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

public class PackageSchemaTests
{
    [Fact]
    public void A_resource_has_its_inputs_and_outputs_in_the_declared_order()
    {
        var show = TestSchema.Package.Resources["studio:index:Show"];
        TestSchema.Package.Name.ShouldBe("studio");
        show.Token.ShouldBe("studio:index:Show");
        show.Description.ShouldBe("A show.");
        show.Inputs.Properties.Keys.ShouldBe(
            ["title", "target", "kind", "retries", "volume", "muted", "channels", "cameras", "stage", "rooms", "labels", "extra"]);
        show.Inputs.Ordered.Select(property => property.Name).ShouldBe(show.Inputs.Properties.Keys);
        show.Outputs.Properties.Keys.ShouldBe(["target", "status"]);
        show.Outputs.Ordered.ShouldAllBe(property => property.Required);
    }

    [Fact]
    public void A_property_has_all_that_is_declared_of_it()
    {
        var inputs = TestSchema.Inputs;
        inputs.Find("target").ShouldBe(new PropertySchema(
            "target", new StringType(), Required: true, Secret: true, WillReplaceOnChanges: true, Default: null, Environment: inputs.Find("target")!.Environment,
            Description: "Where it goes. Must be empty before.\nMore."));
        inputs.Find("target")!.Environment.ShouldBeEmpty();
        inputs.Find("retries")!.Default.ShouldBe(3);
        inputs.Find("muted")!.Default.ShouldBe(false);
        inputs.Find("kind")!.Default.ShouldBe("live");
        inputs.Find("title")!.Required.ShouldBeFalse();
        TestSchema.Config.Find("region")!.Environment.ShouldBe(["STUDIO_REGION", "REGION"]);
        inputs.Find("nothing").ShouldBeNull();
        inputs.IndexOf("target").ShouldBe(1);
        inputs.IndexOf("nothing").ShouldBe(-1);
    }

    [Fact]
    public void Types_are_followed_to_what_they_name()
    {
        var inputs = TestSchema.Inputs;
        inputs.Find("channels")!.Type.ShouldBe(new ArrayType(new StringType()));
        inputs.Find("labels")!.Type.ShouldBe(new MapType(new StringType()));
        inputs.Find("extra")!.Type.ShouldBe(new AnyType());
        var kind = inputs.Find("kind")!.Type.ShouldBeOfType<EnumType>();
        kind.Token.ShouldBe("studio:index:Kind");
        kind.Underlying.ShouldBe(new StringType());
        kind.Values.Select(value => (value.Text, value.Description)).ShouldBe([("live", "Now."), ("vod", "Whenever."), ("RTMP", "By address.")]);
        var stage = inputs.Find("stage")!.Type.ShouldBeOfType<ObjectType>();
        stage.Schema.Find("inner")!.Type.ShouldBe(stage);
        stage.Schema.Find("quality")!.Type.ShouldBe(TestSchema.Package.Types["studio:deep/module:Quality"]);
        stage.Schema.Find("quality")!.Type.ShouldBeOfType<EnumType>().Values.Select(value => value.Text).ShouldBe(["1", "2"]);
    }

    [Fact]
    public void Functions_have_both_sides_even_when_nothing_is_declared()
    {
        TestSchema.Package.Functions["studio:index:getShow"].Inputs.Find("id")!.Required.ShouldBeTrue();
        TestSchema.Package.Functions["studio:index:getShow"].Outputs.Properties.Keys.ShouldBe(["status"]);
        TestSchema.Package.Functions["studio:index:ping"].Inputs.Properties.ShouldBeEmpty();
    }

    [Fact]
    public void An_object_knows_whether_defaults_or_secrets_lie_inside()
    {
        TestSchema.Inputs.HasDefaults.ShouldBeTrue();
        TestSchema.Inputs.HasSecrets.ShouldBeTrue();
        TestSchema.Config.HasDefaults.ShouldBeFalse();
        new ObjectSchema(TestSchema.Inputs.Find("rooms")!).HasSecrets.ShouldBeTrue();
        new ObjectSchema(TestSchema.Inputs.Find("cameras")!).HasSecrets.ShouldBeFalse();
        ObjectSchema.Empty.HasSecrets.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"type":"string"}""", """{"type":"boolean"}""")]
    [InlineData("""{"type":"string","secret":true}""", """{"type":"string"}""")]
    [InlineData("""{"type":"string","defaultInfo":{"environment":["A"]}}""", """{"type":"string","defaultInfo":{"environment":["B"]}}""")]
    public void A_configuration_that_is_stated_in_two_ways_is_refused(string variable, string input) =>
        Refusal($$$"""{"name":"p","config":{"variables":{"key":{{{variable}}} } },"provider":{"inputProperties":{"key":{{{input}}} } } }""").ShouldContain("key");

    [Theory]
    [InlineData("""{"name":"p","config":{"variables":{"key":{"type":"string"}}},"provider":{"inputProperties":{}}}""")]
    [InlineData("""{"name":"p","provider":{"inputProperties":{"key":{"type":"string"}}}}""")]
    public void A_configuration_key_that_is_stated_once_is_refused(string schema) => Refusal(schema).ShouldContain("key");

    [Theory]
    [InlineData("""{"oneOf":[{"type":"string"}]}""")]
    [InlineData("""{"type":"array"}""")]
    [InlineData("""{"$ref":"#/types/p:index:Missing"}""")]
    [InlineData("""{"$ref":"pulumi.json#/Asset"}""")]
    [InlineData("""{"type":"string","default":{}}""")]
    public void What_the_tables_cannot_hold_is_refused(string property) =>
        Refusal($$$"""{"name":"p","resources":{"p:index:R":{"inputProperties":{"key":{{{property}}} } } } }""").ShouldContain("p:index:R: key");

    [Fact]
    public void A_required_property_must_be_declared() =>
        Refusal("""{"name":"p","resources":{"p:index:R":{"requiredInputs":["key"]}}}""").ShouldContain("key is required but not declared");

    [Theory]
    [InlineData("{\"name\":\"p\"}", "{\"name\":\"p\",\"version\":\"1.2.3\"}")]
    [InlineData("{\n  \"name\": \"p\",\n  \"x\": [1, 2]\n}\n", "{\n  \"name\": \"p\",\n  \"version\": \"1.2.3\",\n  \"x\": [1, 2]\n}\n")]
    [InlineData("{\"meta\" : {\"version\": 1}, \"name\": \"p\"}", "{\"meta\" : {\"version\": 1},\"version\" : \"1.2.3\", \"name\": \"p\"}")]
    [InlineData("{}", "{\"version\":\"1.2.3\"}")]
    public void The_version_is_put_in_and_nothing_else_changes(string committed, string served)
    {
        var result = PackageSchema.WithVersion(Encoding.UTF8.GetBytes(committed), "1.2.3");
        Encoding.UTF8.GetString(result.Span).ShouldBe(served);
    }

    [Fact]
    public void The_served_schema_reads_as_the_committed_one_with_a_version()
    {
        var served = PackageSchema.WithVersion(TestSchema.Utf8, "1.2.3-alpha+\"x\"");
        using var document = JsonDocument.Parse(served);
        document.RootElement.GetProperty("version").GetString().ShouldBe("1.2.3-alpha+\"x\"");
        PackageSchema.Parse(served).Resources.Keys.ShouldBe(TestSchema.Package.Resources.Keys);
    }

    [Theory]
    [InlineData("""{"name":"p","version":"1"}""")]
    [InlineData("""{"version":"1"}""")]
    [InlineData("[]")]
    public void A_schema_with_a_version_or_no_schema_gets_none(string text) =>
        Should.Throw<FormatException>(() => PackageSchema.WithVersion(Encoding.UTF8.GetBytes(text), "1.2.3"));

    static string Refusal(string schema) => Should.Throw<FormatException>(() => PackageSchema.Parse(Encoding.UTF8.GetBytes(schema))).Message;
}
