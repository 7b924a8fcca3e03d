using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Tests.Structure;

/// <summary>What the layout of the project promises, read from its sources.</summary>
public sealed partial class StructureTests
{
    const int MostLines = 500;

    /// <summary>The folders of the plugin, and which others each may name. <c>Program.cs</c> puts them together and may name all.</summary>
    static readonly Dictionary<string, string[]> s_layers = new(StringComparer.Ordinal)
    {
        ["Model"] = [],
        ["Credentials"] = [],
        ["Live"] = ["Credentials"],
        ["Protocol"] = ["Model"],
        ["Resources"] = ["Model", "Live", "Credentials"],
    };

    /// <summary>Types that must be partial because a generator writes their other half.</summary>
    static readonly string[] s_generators = ["[GeneratedRegex", "[JsonSerializable"];

    static IEnumerable<(string Path, string Text)> Sources =>
        Repository.Files("provider", "*.cs").Select(path => (path, Repository.Read(path)));

    [Fact]
    public void Each_layer_names_only_those_below_it()
    {
        Sources.Select(source => source.Path.Split('/')[1]).Where(part => part != "Program.cs").Distinct().Order(StringComparer.Ordinal)
            .ShouldBe(s_layers.Keys.Order(StringComparer.Ordinal));
        foreach (var (path, text) in Sources.Where(source => source.Path != "provider/Program.cs"))
        {
            var layer = path.Split('/')[1];
            text.ShouldContain($"namespace PulumiAliyunLive.{layer};", Case.Sensitive, path);
            var named = OurNamespace().Matches(text).Select(match => match.Groups["layer"].Value).Where(name => name != layer)
                .Distinct(StringComparer.Ordinal);
            named.Except(s_layers[layer], StringComparer.Ordinal)
                .ShouldBeEmpty($"{path} may name {string.Join(", ", s_layers[layer])} only");
        }
    }

    [Fact]
    public void The_model_knows_no_service_and_the_service_knows_no_engine()
    {
        foreach (var (path, text) in Sources)
        {
            if (path.StartsWith("provider/Model/", StringComparison.Ordinal)) Code(text)
                .ShouldNotContain("Aliyun.", Case.Insensitive, path);
            if (path.StartsWith("provider/Live/", StringComparison.Ordinal)
                || path.StartsWith("provider/Credentials/", StringComparison.Ordinal))
            {
                Code(text).Replace("PulumiAliyunLive", "", StringComparison.Ordinal).Replace("pulumi-aliyun-live", "",
                    StringComparison.Ordinal).ShouldNotContain("Pulumi", Case.Insensitive, path);
            }

            if (!path.StartsWith("provider/Protocol/", StringComparison.Ordinal) && path != "provider/Program.cs") Code(text)
                .ShouldNotContain("Google.Protobuf", Case.Sensitive, path);
        }
    }

    [Fact]
    public void No_file_of_the_plugin_is_too_long_to_be_read()
    {
        foreach (var (path, text) in Sources) text.Split('\n').Length.ShouldBeLessThanOrEqualTo(MostLines, path);
    }

    [Fact]
    public void No_type_is_split_over_files()
    {
        foreach (var (path, text) in Sources.Where(source => PartialType().IsMatch(source.Text)))
        {
            s_generators.Any(mark => text.Contains(mark, StringComparison.Ordinal))
                .ShouldBeTrue($"{path} declares a partial type although nothing generates the rest of it");
        }

        var declared = Sources.SelectMany(source => DeclaredType().Matches(source.Text)
            .Select(match => (Type: match.Groups["name"].Value, Layer: source.Path.Split('/')[1], source.Path)));
        declared.GroupBy(type => (type.Type, type.Layer)).Where(group => group.Select(type => type.Path).Distinct().Count() > 1)
            .Select(group => group.Key).ShouldBeEmpty("the same type in two files");
    }

    [Fact]
    public void Only_the_entry_point_reads_the_system_clock_or_writes_to_the_console()
    {
        foreach (var (path, text) in Sources.Where(source => source.Path != "provider/Program.cs"))
        {
            foreach (var word in (string[])["TimeProvider.System", "DateTime.Now", "DateTime.UtcNow", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Stopwatch.", "Environment.TickCount", "Console."])
            {
                Code(text).ShouldNotContain(word, Case.Sensitive, path);
            }
        }
    }

    [Fact]
    public void Chance_is_handed_in()
    {
        // The one place that hands it in, where the client of a configuration is made.
        Sources.Where(source => Code(source.Text).Contains("Random.Shared", StringComparison.Ordinal)).Select(source => source.Path)
            .ShouldBe(["provider/Resources/ProviderConfig.cs"]);
        Sources.Where(source => Code(source.Text).Contains("new Random(", StringComparison.Ordinal)).Select(source => source.Path)
            .ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_is_left_for_later_in_comments()
    {
        foreach (var path in Repository.Files("provider", "*.cs").Concat(Repository.Files("tests", "*.cs")))
        {
            Mark().IsMatch(Repository.Read(path)).ShouldBeFalse(path);
        }
    }

    [Fact]
    public void No_file_names_the_machine_it_was_written_on()
    {
        foreach (var path in Repository.Files().Where(path => Path.GetExtension(path) is not (".png" or ".zip" or ".nupkg")))
        {
            MachinePath().Match(Repository.Read(path)).Value.ShouldBeEmpty(path);
        }
    }

    [Fact]
    public void Package_versions_stand_in_one_file_and_the_version_in_another()
    {
        // A project among the examples is copied into a folder of its own and states what it needs.
        foreach (var path in Repository.Files("", "*.csproj").Where(path => !path.StartsWith("examples/", StringComparison.Ordinal)))
        {
            PackageVersion().IsMatch(Repository.Read(path))
                .ShouldBeFalse($"{path} states a package version; they stand in Directory.Packages.props");
            Repository.Read(path).ShouldNotContain("<Version>", Case.Sensitive, path);
        }

        VersionElement().Count(Repository.Read("Directory.Build.props")).ShouldBe(1);
    }

    /// <summary>The text without its comments.</summary>
    static string Code(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [GeneratedRegex(@"PulumiAliyunLive\.(?<layer>Model|Live|Credentials|Protocol|Resources)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OurNamespace();

    [GeneratedRegex(@"\bpartial (sealed |static |abstract )*(class|record|struct|interface)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PartialType();

    [GeneratedRegex(@"^(?:(?:sealed|static|abstract|readonly|partial) )*(?:class|record struct|record|struct|interface|enum) (?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"//.*\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|X" + @"XX)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mark();

    // Spelt apart, so that this file does not find itself. `/home/user` is the neutral path of the recordings, `/home/pulumi` that of
    // Pulumi's images.
    [GeneratedRegex("(?<![a-zA-Z0-9.])(/wor" + "k/|/ro" + "ot/)|/tm" + "p/wt|/ho" + "me/(?!user/|pulumi/)[a-z]+/|nu" + "get\\.org/v3|registry\\.npm" + "js\\.org|pypi\\.or" + "g", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePath();

    [GeneratedRegex("<PackageReference[^>]*Version=", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PackageVersion();

    [GeneratedRegex("<Version>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionElement();
}
