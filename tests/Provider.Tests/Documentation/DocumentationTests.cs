using System.Globalization;
using System.Text.RegularExpressions;
using EngineHarness;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.EngineHarness;

namespace PulumiAliyunLive.Tests.Documentation;

/// <summary>What the pages say is so.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Pages { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void The_readmes_table_of_the_configuration_is_the_schemas()
    {
        var rows = LiveProvider.Schema.Config.Ordered.SelectMany(property => Rows(property, "", "yes"));

        Repository.Read("README.md").ShouldContain($"| key | environment | required | description |\n|---|---|---|---|\n{string.Join('\n', rows)}\n\n");
    }

    [Fact]
    public async Task The_readmes_program_goes_up_and_has_nothing_to_do_then()
    {
        var program = Program().Match(Repository.Read("README.md")).Groups["text"].Value;
        program.Split('\n').Length.ShouldBeLessThan(16);
        var clock = new TestClock();
        var service = new LiveService(clock);
        service.Settings.SkewReference = SkewReference.SimulatedTime;
        var host = new InProcessPluginHost(host =>
        {
            var provider = new LiveProvider(new HostLog(host), clock, config => config.Connect(clock, new SimulatorHandler(service)));
            return new DispatcherConnection(new RpcDispatcher(provider, new EngineClient(TimeProvider.System)));
        });
        var options = new EngineOptions
        {
            ProgramText = program,
            Config = new Dictionary<string, ConfigValue>(StringComparer.Ordinal)
            {
                ["aliyun-live:accessKey"] = new(LiveService.DefaultAccessKeyId, Secret: false),
                ["aliyun-live:secretKey"] = new(LiveService.DefaultAccessKeySecret, Secret: true),
            },
        };
        var state = StackState.Empty;
        using var printed = new StringWriter(CultureInfo.InvariantCulture);

        var up = await new Engine(options, host, state, saved => state = saved, printed).UpAsync();
        var again = await new Engine(options, host, state, saved => state = saved, printed).UpAsync();

        up.Succeeded.ShouldBeTrue(printed.ToString());
        again.NoChanges.ShouldBeTrue(printed.ToString());
        service.Tasks.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(RelayTask.Token, "relay-task.md")]
    [InlineData(MonitorSession.Token, "monitor-session.md")]
    public void A_resources_page_lists_its_inputs_and_outputs_and_no_others(string token, string page)
    {
        var resource = LiveProvider.Schema.Resources[token];
        var text = Repository.Read("docs", page);
        var inputs = resource.Inputs.Properties.Keys.Order(StringComparer.Ordinal).ToList();

        Names(text, "input").ShouldBe(inputs);
        Names(text, "output").ShouldBe(resource.Outputs.Properties.Keys.Except(inputs, StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_of_the_relay_task_calls_replacements_what_the_schema_calls_so()
    {
        var text = Repository.Read("docs", "relay-task.md");
        foreach (var property in LiveProvider.Schema.Resources[RelayTask.Token].Inputs.Ordered)
            text.Contains($"| `{property.Name}` | replacement", StringComparison.Ordinal).ShouldBe(property.WillReplaceOnChanges, property.Name);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_inside_the_repository_lead_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        foreach (var target in Link().Matches(Repository.Read(page)).Select(match => match.Groups["target"].Value))
            Path.Exists(Path.Combine(folder, target.Split('#')[0])).ShouldBeTrue($"{page} links to {target}");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_make_target_that_a_page_names_exists(string page)
    {
        var targets = Target().Matches(Repository.Read("Makefile")).Select(match => match.Groups["name"].Value).ToList();
        targets.ShouldContain("test");

        foreach (var name in MakeCommand().Matches(Repository.Read(page)).Select(match => match.Groups["name"].Value))
            targets.ShouldContain(name, page);
    }

    static IEnumerable<string> Rows(PropertySchema property, string prefix, string whenRequired)
    {
        var names = ProviderConfig.Variables.GetValueOrDefault($"{prefix}{property.Name}", []);
        var variables = names.Count == 0 ? "–" : string.Join("<br>", names.Select(name => $"`{name}`"));
        var description = property.Description.Split(" Environment: ")[0];
        var required = property.Required ? whenRequired : "no";
        yield return $"| `{prefix}{property.Name}` | {variables} | {required} | {description} |";
        if (property.Type is not ObjectType { Schema: var nested })
            yield break;
        foreach (var row in nested.Ordered.SelectMany(inner => Rows(inner, $"{prefix}{property.Name}.", $"with `{property.Name}`")))
            yield return row;
    }

    /// <summary>The names in the first column of the table whose head begins with a word.</summary>
    static List<string> Names(string page, string head)
    {
        var lines = page.Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith($"| {head} |", StringComparison.Ordinal));
        start.ShouldBeGreaterThan(0);
        return [.. lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('`')[1]).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"```yaml\n(?<text>name:.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Program();

    [GeneratedRegex(@"\]\((?!https?:)(?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^(?<name>[a-z-]+):.*## ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Target();

    [GeneratedRegex(@"(`|\$ )make (?<name>[a-z-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MakeCommand();
}
