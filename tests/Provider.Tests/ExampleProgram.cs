using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Tests;

/// <summary>
/// A YAML example as the tests run it. Other packages are not there to be run: their resources are taken out, and a reference to one of
/// their outputs becomes what the program states under that name.
/// </summary>
static partial class ExampleProgram
{
    public const string Folder = "examples/yaml";

    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    public static IEnumerable<string> Names => Repository.Files(Folder, "Pulumi.yaml").Select(path => path.Split('/')[^2]);

    public static string Text(string example)
    {
        var text = Repository.Read($"{Folder}/{example}/Pulumi.yaml");
        foreach (var resource in Foreign().Matches(text).Reverse())
        {
            var block = resource.Value;
            text = text.Remove(resource.Index, resource.Length);
            text = Regex.Replace(
                text, $@"\$\{{{resource.Groups["name"].Value}\.(?<output>\w+)\}}",
                reference => Stated(block, reference.Groups["output"].Value), RegexOptions.ExplicitCapture, s_limit);
        }

        return text;
    }

    static string Stated(string block, string output)
    {
        const RegexOptions Lines = RegexOptions.Multiline | RegexOptions.ExplicitCapture;
        var stated = Regex.Match(block, $@"^      {output}: (?<value>.+)$", Lines, s_limit);
        stated.Success.ShouldBeTrue($"the example refers to an output {output} that it does not state as an input");
        return stated.Groups["value"].Value;
    }

    /// <summary>A resource of another package, with everything indented below it.</summary>
    [GeneratedRegex(
        @"^(  #.*\n)*  (?<name>\w+):\n    type: (?!aliyun-live:|pulumi:providers:aliyun-live)[\w-]+:.*\n(    .*\n)*",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Foreign();
}
