using System.Diagnostics;
using System.Text.RegularExpressions;
using PulumiAliyunLive.Model;
using YamlDotNet.RepresentationModel;

namespace PulumiAliyunLive.Tests.Structure;

/// <summary>What a release is made by: one version, an install that a CLI finds, workflows that call targets which exist.</summary>
public sealed partial class ReleaseTests
{
    [Fact]
    public async Task One_version_is_everywhere()
    {
        var version = (await ShellAsync("eng/version")).Trim();
        version.ShouldBe(PackageVersion.Text);
        Version.TryParse(version, out _).ShouldBeTrue(version);
    }

    [Fact]
    public async Task An_installed_plugin_lies_where_a_CLI_looks_for_its_name_and_version()
    {
        var home = Directory.CreateTempSubdirectory("home ").FullName;
        try
        {
            var built = Path.Combine(home, "built");
            for (var build = 1; build <= 2; build++)
            {
                await File.WriteAllTextAsync(built, $"build {build}", TestContext.Current.CancellationToken);
                await ShellAsync("eng/install", [built], ("PULUMI_HOME", home));
                var plugins = Path.Combine(home, "plugins");
                Directory.EnumerateFileSystemEntries(plugins, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(plugins, path)).Order()
                    .ShouldBe([$"resource-aliyun-live-v{PackageVersion.Text}", $"resource-aliyun-live-v{PackageVersion.Text}/pulumi-resource-aliyun-live"]);
                var installed = Path.Combine(plugins, $"resource-aliyun-live-v{PackageVersion.Text}", "pulumi-resource-aliyun-live");
                (await File.ReadAllTextAsync(installed, TestContext.Current.CancellationToken)).ShouldBe($"build {build}");
                new FileInfo(installed).UnixFileMode.HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
            }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public void Workflows_call_targets_and_scripts_that_exist()
    {
        var makefile = Repository.Read("Makefile");
        var called = 0;
        foreach (var path in Repository.Files(".github/workflows", "*.yml"))
        {
            foreach (var step in Steps(Repository.Read(path)))
            {
                foreach (Match make in MakeTarget().Matches(step))
                {
                    makefile.ShouldContain($"\n{make.Groups["target"].Value}: ", customMessage: path);
                    called++;
                }

                foreach (Match script in Script().Matches(step))
                {
                    File.Exists(Path.Combine(Repository.Root, script.Value)).ShouldBeTrue($"{path}: {script.Value}");
                    called++;
                }
            }
        }

        called.ShouldBeGreaterThan(4);
    }

    [Fact]
    public void The_folder_that_serves_as_source_plugin_holds_one_project()
    {
        Load(Repository.Read("provider", "PulumiPlugin.yaml"))["runtime"].ShouldBe(new YamlScalarNode("dotnet"));
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "provider"), "*.*proj").ShouldHaveSingleItem();
    }

    static IEnumerable<string> Steps(string workflow) =>
        from job in (YamlMappingNode)Load(workflow)["jobs"]
        from YamlMappingNode step in (YamlSequenceNode)job.Value["steps"]
        where step.Children.ContainsKey("run")
        select ((YamlScalarNode)step["run"]).Value;

    static YamlMappingNode Load(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    static async Task<string> ShellAsync(string script, string[]? arguments = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(Repository.Root, script), .. arguments ?? []]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, errors);
        return output;
    }

    [GeneratedRegex(@"\bmake (?<target>[a-z-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex MakeTarget();

    [GeneratedRegex(@"(?<=\s|^|\()(?:eng|\.ci)/[a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Script();
}
