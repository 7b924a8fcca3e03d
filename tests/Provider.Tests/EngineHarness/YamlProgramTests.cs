using EngineHarness;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.EngineHarness;

public sealed class YamlProgramTests
{
    [Theory]
    [InlineData("name: x\nruntime: nodejs", 2, "only programs with 'runtime: yaml'")]
    [InlineData("name: x\nruntime: yaml\npolicies: {}", 3, "the section 'policies' is not understood")]
    [InlineData("runtime: yaml", 1, "the program has no 'name'")]
    [InlineData("name: x\nruntime: yaml\nresources:\n  a:\n    properties: {}", 5, "the resource 'a' has no 'type'")]
    [InlineData("name: x\nruntime: yaml\nresources:\n  a:\n    type: t:T\n    kind: {}", 6, "a resource has no 'kind'")]
    [InlineData("name: x\nruntime: yaml\nresources:\n  a:\n    type: t:T\n    options:\n      parent: p", 7, "the resource option 'parent' is not understood")]
    [InlineData("name: x\nruntime: yaml\nresources:\n  a:\n    type: t:T\n    options:\n      customTimeouts:\n        create: soon", 8, "'soon' is not a duration")]
    [InlineData("name: x\nruntime: yaml\nresources:\n  a:\n    type: t:T\n    options:\n      protect: maybe", 7, "must be true or false")]
    [InlineData("name: [", 2, "not YAML")]
    public void What_is_not_understood_is_refused_with_its_line(string text, int line, string why)
    {
        var error = Should.Throw<ProgramException>(() => YamlProgram.Parse(text));

        error.Line.ShouldBe(line);
        error.Message.ShouldStartWith($"Pulumi.yaml:{line}: ");
        error.Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("${nobody}", "'nobody' is neither a resource, nor a variable")]
    [InlineData("${list.x.", "a ${…} is not closed")]
    [InlineData("${list[9]}", "'list[9]' has no value")]
    [InlineData("${loop}", "'loop' depends on itself")]
    [InlineData("is ${list}", "a list, an object or null cannot be part of a text")]
    [InlineData("{fn::split: [a, b]}", "the function 'fn::split' is not understood")]
    public async Task An_expression_that_cannot_be_evaluated_is_refused_with_its_line(string expression, string why)
    {
        var error = await Should.ThrowAsync<ProgramException>(() => EvaluateAsync(expression));

        error.Message.ShouldContain(why);
        error.Message.ShouldStartWith("Pulumi.yaml:");
    }

    [Theory]
    [InlineData("${number}", "42")]
    [InlineData("${flag}", "true")]
    [InlineData("${list}", "[1,\"two\"]")]
    [InlineData("${list[1]}", "\"two\"")]
    [InlineData("${map[\"a.b\"]}", "\"dotted\"")]
    [InlineData("n=${number} f=${flag}", "\"n=42 f=true\"")]
    [InlineData("$${number}", "\"${number}\"")]
    [InlineData("\"42\"", "\"42\"")]
    [InlineData("2027-01-01T00:00:00Z", "\"2027-01-01T00:00:00Z\"")]
    [InlineData("~", "null")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("${pulumi.stack}/${pulumi.project}", "\"dev/x\"")]
    [InlineData("{fn::join: [\"-\", [a, \"${number}\"]]}", "\"a-42\"")]
    [InlineData("{fn::toJSON: {a: [1, true]}}", "\"{\\\"a\\\":[1,true]}\"")]
    public async Task Expressions_have_the_values_that_Pulumi_gives_them(string expression, string json) =>
        PropertyJson.Write(await EvaluateAsync(expression)).ShouldBe(json);

    [Theory]
    [InlineData("${hidden}")]
    [InlineData("key=${hidden}")]
    [InlineData("{fn::join: [\"\", [\"${hidden}\"]]}")]
    [InlineData("{fn::toJSON: [\"${hidden}\"]}")]
    [InlineData("{fn::secret: open}")]
    public async Task What_is_made_from_a_secret_is_secret(string expression) => (await EvaluateAsync(expression)).IsSecret.ShouldBeTrue();

    [Theory]
    [InlineData("${thing.made}")]
    [InlineData("${thing.made.deeper[3]}")]
    [InlineData("at ${thing.made}")]
    [InlineData("{fn::join: [\"\", [\"${thing.made}\"]]}")]
    public async Task What_is_made_from_an_unknown_is_unknown(string expression) => (await EvaluateAsync(expression)).IsUnknown.ShouldBeTrue();

    [Fact]
    public async Task Configuration_is_typed_and_missing_configuration_is_named()
    {
        const string Text = "name: x\nruntime: yaml\nconfig:\n  count: {type: integer}\n  word: {type: string, default: w}\noutputs: {n: \"${count}\", w: \"${word}\"}";

        var set = new Dictionary<string, ConfigValue>(StringComparer.Ordinal) { ["count"] = new("7", Secret: true) };
        var outputs = await new Evaluation(YamlProgram.Parse(Text), "dev", set, new Nobody()).RunAsync();
        outputs["n"].ShouldBe(new SecretValue(7));
        outputs["w"].ShouldBe("w");

        var error = await Should.ThrowAsync<ProgramException>(() =>
            new Evaluation(YamlProgram.Parse(Text), "dev", new Dictionary<string, ConfigValue>(StringComparer.Ordinal), new Nobody()).RunAsync());
        error.Message.ShouldContain("the program needs the configuration 'count'");
    }

    [Fact]
    public async Task Dependencies_are_known_for_each_property_and_through_variables()
    {
        const string Text = """
            name: x
            runtime: yaml
            variables: {via: "${first.made}"}
            resources:
              second:
                type: t:T
                properties: {plain: 1, direct: "${first.made}", through: "is ${via}"}
                options: {dependsOn: ["${third}"]}
              first: {type: "t:T"}
              third: {type: "t:T"}
            """;
        var host = new Nobody();

        await new Evaluation(YamlProgram.Parse(Text), "dev", new Dictionary<string, ConfigValue>(StringComparer.Ordinal), host).RunAsync();

        host.Goals.Select(goal => goal.Declaration.Name).ShouldBe(["first", "third", "second"]);
        var second = host.Goals[^1];
        second.PropertyDependencies["plain"].ShouldBeEmpty();
        second.PropertyDependencies["direct"].ShouldBe(["urn:first"]);
        second.PropertyDependencies["through"].ShouldBe(["urn:first"]);
        second.Dependencies.ShouldBe(["urn:first", "urn:third"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1h2m3s", 3723)]
    [InlineData("500ms", 0.5)]
    public void Timeouts_are_read_as_seconds(string text, double seconds) =>
        YamlProgram.Parse($"name: x\nruntime: yaml\nresources:\n  a:\n    type: t:T\n    options:\n      customTimeouts: {{create: {text}}}")
            .Resources.Single().Options.Timeouts.Create.ShouldBe(seconds);

    static async Task<PropertyValue> EvaluateAsync(string expression)
    {
        var program = YamlProgram.Parse(
            "name: x\nruntime: yaml\nvariables:\n  number: 42\n  flag: true\n  list: [1, two]\n  map: {a.b: dotted}\n  hidden: {fn::secret: hush}\n"
            + (expression.Contains("loop", StringComparison.Ordinal) ? "  loop: ${loop}\n" : "") + "resources:\n  thing: {type: \"t:T\"}\n"
            + $"outputs:\n  value: {expression}\n");
        return (await new Evaluation(program, "dev", new Dictionary<string, ConfigValue>(StringComparer.Ordinal), new Nobody()).RunAsync())
            .TryGetValue("value", out var value) ? value : throw new InvalidOperationException();
    }

    /// <summary>An engine in a preview that registers everything and knows nothing.</summary>
    sealed class Nobody : IProgramHost
    {
        public List<ResourceGoal> Goals { get; } = [];

        public bool Preview => true;

        public Task<RegisteredResource> RegisterAsync(ResourceGoal goal)
        {
            Goals.Add(goal);
            return Task.FromResult(new RegisteredResource($"urn:{goal.Declaration.Name}", PropertyValue.Unknown, PropertyMap.Empty, Incomplete: true));
        }

        public Task<PropertyMap> InvokeAsync(string token, PropertyMap arguments) => Task.FromResult(PropertyMap.Empty);
    }
}
