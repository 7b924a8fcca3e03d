using System.Diagnostics;
using System.Text;

namespace EngineHarness;

/// <summary>What a command printed and whether it ended well.</summary>
sealed record CommandResult(bool Succeeded, string Output)
{
    /// <summary>Whether a line of the output, blanks at its ends aside, is this one.</summary>
    public bool Says(string line) => Output.Split('\n').Any(said => said.Trim() == line);

    /// <summary>Where in the output a text first stands; negative where nowhere.</summary>
    public int At(string text) => Output.IndexOf(text, StringComparison.Ordinal);
}

/// <summary>A stack that a demonstration runs commands on.</summary>
interface IDemoStack
{
    /// <summary>Who plays the engine, in one line.</summary>
    string Engine { get; }

    /// <summary>Makes an empty stack with the given configuration; what a former one knew is forgotten, not deleted.</summary>
    Task StartAnewAsync(IReadOnlyDictionary<string, ConfigValue> config);

    /// <summary>
    /// Runs <c>preview</c>, <c>up</c>, <c>refresh</c>, <c>destroy</c> or <c>import TYPE NAME ID</c>, printing what it prints.
    /// </summary>
    Task<CommandResult> RunAsync(params string[] words);

    /// <summary>The stored state as text.</summary>
    Task<string> StateAsync();
}

/// <summary>This harness plays the engine.</summary>
sealed class HarnessStack(string folder, string plugin, string scratch, TextWriter output) : IDemoStack
{
    readonly string _state = Path.Combine(scratch, "state.json");
    string[] _config = [];

    public string Engine => "No pulumi with its YAML host on PATH: tests/EngineHarness plays the engine's part over the same wire.";

    public Task StartAnewAsync(IReadOnlyDictionary<string, ConfigValue> config)
    {
        Environment.SetEnvironmentVariable("PULUMI_CONFIG_PASSPHRASE", "demo");
        File.Delete(_state);
        _config = [.. config.SelectMany(pair => new[] { pair.Value.Secret ? "--set-secret" : "--set", $"{pair.Key}={pair.Value.Text}" })];
        return Task.CompletedTask;
    }

    public async Task<CommandResult> RunAsync(params string[] words)
    {
        await using var said = new StringWriter();
        string[] arguments = [.. words, "--program", folder, "--plugin", plugin, "--state", _state, .. _config];
        var code = await CommandLine.RunAsync(arguments, said, said);
        await output.WriteAsync(Indented(said.ToString()));
        return new(code == 0, said.ToString());
    }

    public Task<string> StateAsync() => File.ReadAllTextAsync(_state);

    /// <summary>Output of a command, set apart from the demonstration's own lines.</summary>
    public static string Indented(string text) =>
        string.Concat(text.Split('\n').Where(line => line.Length > 0).Select(line => $"    | {line}\n"));
}

/// <summary>The real engine: a <c>pulumi</c> from PATH, with its state and everything else of it in a folder of its own.</summary>
sealed class PulumiStack(string pulumi, string folder, string plugin, string scratch, TextWriter output) : IDemoStack
{
    public string Engine => $"The real engine: {pulumi}, with local state in a temporary folder.";

    /// <summary>The <c>pulumi</c> on PATH; null where there is none, or none that runs YAML programs.</summary>
    public static string? Find() => OnPath("pulumi") is { } found && (OnPath("pulumi-language-yaml") is not null
        || File.Exists(Path.Combine(Path.GetDirectoryName(found)!, Executable("pulumi-language-yaml")))) ? found : null;

    public async Task StartAnewAsync(IReadOnlyDictionary<string, ConfigValue> config)
    {
        Directory.CreateDirectory(Path.Combine(scratch, "state"));
        if ((await CallAsync(quiet: true, ["stack", "select", "dev"])).Succeeded)
            await MustAsync(["stack", "rm", "dev", "--yes", "--force"]);
        await MustAsync(["stack", "init", "dev", "--secrets-provider", "passphrase"]);
        foreach (var (key, value) in config)
            await MustAsync(["config", "set", value.Secret ? "--secret" : "--plaintext", key, value.Text]);
    }

    public Task<CommandResult> RunAsync(params string[] words) => CallAsync(quiet: false, words[0] switch
    {
        "preview" => words,
        "import" => [.. words, "--yes", "--protect=false"],
        _ => [.. words, "--yes"],
    });

    public async Task<string> StateAsync() => (await CallAsync(quiet: true, ["stack", "export"])).Output;

    async Task MustAsync(string[] words)
    {
        var result = await CallAsync(quiet: true, words);
        if (!result.Succeeded)
            throw new InvalidOperationException($"pulumi {string.Join(' ', words.Take(2))} failed: {result.Output}");
    }

    async Task<CommandResult> CallAsync(bool quiet, string[] words)
    {
        var info = new ProcessStartInfo(pulumi, [.. words, "--non-interactive", "--color", "never"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        info.Environment["PULUMI_HOME"] = Path.Combine(scratch, "home");
        info.Environment["PULUMI_BACKEND_URL"] = new Uri(Path.Combine(scratch, "state")).AbsoluteUri;
        info.Environment["PULUMI_CONFIG_PASSPHRASE"] = "demo";
        info.Environment["PULUMI_SKIP_UPDATE_CHECK"] = "true";
        info.Environment["PATH"] =
            Path.GetDirectoryName(Path.GetFullPath(plugin)) + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(info)!;
        var said = new StringBuilder();
        await Task.WhenAll(DrainAsync(process.StandardOutput), DrainAsync(process.StandardError), process.WaitForExitAsync());
        return new(process.ExitCode == 0, said.ToString());

        async Task DrainAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (said)
                {
                    said.Append(line).Append('\n');
                    if (!quiet)
                        output.Write(HarnessStack.Indented(line));
                }
            }
        }
    }

    static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, Executable(name))).FirstOrDefault(File.Exists);

    static string Executable(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;
}
