using System.Diagnostics;
using System.Text.RegularExpressions;
using LiveSimulator;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_request_of_the_readme_is_known_to_the_admin_door()
    {
        var requests = Request().Matches(Readme()).ToList();
        requests.Count.ShouldBeGreaterThan(10);
        foreach (var request in requests)
            ShouldBeKnown(request.Groups["method"].Value, request.Groups["path"].Value.Replace("{id}", "some-id", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_request_of_the_page_for_users_is_known_to_the_admin_door()
    {
        var requests = Curl().Matches(Repository.Read("docs", "simulator.md")).ToList();
        requests.Count.ShouldBeGreaterThan(8);
        foreach (var request in requests)
            ShouldBeKnown(request.Groups["method"] is { Success: true, Value: var method } ? method : "GET", request.Groups["path"].Value);
    }

    [Fact]
    public void What_points_a_stack_at_the_simulator_is_told_alike_everywhere_and_names_keys_of_the_schema()
    {
        var commands = StackConfiguration.Commands(new Uri("http://127.0.0.1:7788/")).ToList();
        foreach (var command in commands)
        {
            Repository.Read("docs", "simulator.md").ShouldContain(command);
            Readme().ShouldContain(command);
            var key = LiveProvider.Schema.Config.Ordered.Single(property => command.Contains($" aliyun-live:{property.Name} ", StringComparison.Ordinal));
            command.Contains(" --secret ", StringComparison.Ordinal).ShouldBe(key.Secret, command);
        }
        commands.Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_banner_tells_the_consoles_address_and_how_a_stack_comes_to_it()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "live-simulator.dll"), "--port", "0"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var simulator = System.Diagnostics.Process.Start(start)!;
        var lines = new List<string>();
        try
        {
            while (lines.Count < 9) lines.Add((await simulator.StandardOutput.ReadLineAsync())!);
        }
        finally
        {
            simulator.Kill();
            await simulator.WaitForExitAsync();
        }
        var address = new Uri(lines[0].Split(' ').Single(word => word.StartsWith("http:", StringComparison.Ordinal)));
        lines[2].ShouldBe($"Console, for a browser: {address}");
        lines[4..7].ShouldBe(StackConfiguration.Commands(address).Select(command => "  " + command));
    }

    /// <summary>Arguments are missing here, so that a request may be refused; an unknown one is not found.</summary>
    static void ShouldBeKnown(string method, string path)
    {
        var door = new AdminDoor(new LiveService(TimeProvider.System));
        door.Answer(new ServiceRequest(method, path, "", [], Array.Empty<byte>())).Status.ShouldBeOneOf([200, 400], $"{method} {path}");
    }

    [Fact]
    public void Every_kind_of_fault_is_in_the_readme()
    {
        foreach (var kind in Enum.GetNames<FaultKind>()) Readme().ShouldContain($"| `{kind}` |");
    }

    static string Readme() => Repository.Read("tests", "LiveSimulator", "README.md");

    [GeneratedRegex(
        @"curl ([^|`\n]*?-X +(?<method>[A-Z]+) )?[^|`\n]*?http://127\.0\.0\.1:7788(?<path>/simulator/[^\s'?`]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Curl();

    [GeneratedRegex(@"^\| `(?<method>[A-Z]+) (?<path>/simulator/[^`]+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Request();
}
