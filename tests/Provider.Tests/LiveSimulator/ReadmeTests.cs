using System.Text.RegularExpressions;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_request_of_the_readme_is_known_to_the_admin_door()
    {
        var requests = Request().Matches(Readme()).ToList();
        requests.Count.ShouldBeGreaterThan(10);
        foreach (var request in requests)
        {
            var door = new AdminDoor(new LiveService(TimeProvider.System));
            var path = request.Groups["path"].Value.Replace("{id}", "some-id", StringComparison.Ordinal);
            var answer = door.Answer(new ServiceRequest(request.Groups["method"].Value, path, "", [], Array.Empty<byte>()));
            // Arguments are missing here, so that a request may be refused; an unknown one is not found.
            answer.Status.ShouldBeOneOf(200, 400);
        }
    }

    [Fact]
    public void Every_kind_of_fault_is_in_the_readme()
    {
        foreach (var kind in Enum.GetNames<FaultKind>()) Readme().ShouldContain($"| `{kind}` |");
    }

    static string Readme()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "pulumi-aliyun-live.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return File.ReadAllText(Path.Combine(folder.FullName, "tests", "LiveSimulator", "README.md"));
    }

    [GeneratedRegex(@"^\| `(?<method>[A-Z]+) (?<path>/simulator/[^`]+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Request();
}
