namespace EngineHarness;

/// <summary>The harness as a command.</summary>
static class CommandLine
{
    const string Usage = """
        EngineHarness plays the Pulumi engine for one stack, without a Pulumi installation.

          EngineHarness preview|up|refresh|destroy --program DIR --plugin PATH --state FILE [options]
          EngineHarness import TYPE NAME ID        --program DIR --plugin PATH --state FILE [options]
          EngineHarness state taint URN            --state FILE
          EngineHarness demo                       --program DIR --plugin PATH --simulator PATH

        Options
          --stack NAME           name of the stack (default: dev)
          --set KEY=VALUE        configuration, kept in the state file; KEY such as aliyun-live:region
          --set-secret KEY=VALUE the same, kept encrypted
          --refresh              refresh before updating
          --target-replace URN   replace this resource, whatever its inputs
          --out FILE             where import writes the program text (default: it is printed)
          --skip-preview         go straight to the real run
          --debug                show debug messages
          --engine 3.200|3.259   the release to behave like (default: 3.259)

        Secrets in the state file are encrypted under the passphrase in PULUMI_CONFIG_PASSPHRASE.
        """;

    /// <summary>Runs one command; the result is the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        try
        {
            var arguments = Arguments.Parse(args);
            if (arguments.Words is [] or ["help"])
            {
                await output.WriteLineAsync(Usage);
                return arguments.Words.Count == 0 ? 2 : 0;
            }
            return await RunAsync(arguments, output) ? 0 : 1;
        }
        catch (Exception error) when (error is ProgramException or InvalidOperationException or IOException or ArgumentException)
        {
            await errors.WriteLineAsync($"error: {error.Message}");
            return 1;
        }
    }

    static async Task<bool> RunAsync(Arguments arguments, TextWriter output)
    {
        if (arguments.Words is ["demo"])
        {
            return await Demo.RunAsync(
                arguments.Required("--plugin"), arguments.Required("--simulator"), arguments.Required("--program"), output);
        }
        var file = new StateFile(arguments.Required("--state"), Environment.GetEnvironmentVariable("PULUMI_CONFIG_PASSPHRASE")
            ?? throw new InvalidOperationException("set PULUMI_CONFIG_PASSPHRASE; secrets in the state are encrypted under it"));
        foreach (var (key, value) in arguments.Config)
            file.Config[key] = value;
        var options = new EngineOptions
        {
            ProgramFolder = arguments.Optional("--program") ?? ".",
            Stack = arguments.Optional("--stack") ?? "dev",
            Config = file.Config,
            Refresh = arguments.Has("--refresh"),
            TargetReplace = arguments.All("--target-replace"),
            SkipPreview = arguments.Has("--skip-preview"),
            Debug = arguments.Has("--debug"),
            ShowPaths = true,
            Release = arguments.Optional("--engine") == "3.200" ? EngineRelease.V3200 : EngineRelease.V3259,
        };
        if (arguments.Words is ["state", "taint", var urn])
        {
            var nobody = new InProcessPluginHost(_ => throw new InvalidOperationException("tainting needs no plugin"));
            new Engine(options, nobody, file.State, file.Save, output).Taint(urn);
            return true;
        }
        using var interrupt = new CancellationTokenSource();
        using var abort = new CancellationTokenSource();
        ConsoleCancelEventHandler onInterrupt = (_, e) =>
        {
            e.Cancel = true;
            if (interrupt.IsCancellationRequested)
                abort.Cancel();
            interrupt.Cancel();
        };
        Console.CancelKeyPress += onInterrupt;
        try
        {
            await using var host = await ProcessPluginHost.StartAsync(arguments.Required("--plugin"));
            var engine = new Engine(options with { Interrupt = interrupt.Token, Abort = abort.Token }, host, file.State, file.Save, output);
            var result = arguments.Words switch
            {
                ["preview"] => await engine.PreviewAsync(),
                ["up"] => await engine.UpAsync(),
                ["refresh"] => await engine.RefreshAsync(),
                ["destroy"] => await engine.DestroyAsync(),
                ["import", var type, var name, var id] => await engine.ImportAsync(type, name, id, arguments.Optional("--out")),
                _ => throw new ArgumentException($"'{string.Join(' ', arguments.Words)}' is no command; `EngineHarness help` lists them"),
            };
            return result.Succeeded;
        }
        finally
        {
            Console.CancelKeyPress -= onInterrupt;
        }
    }
}

/// <summary>Command-line arguments: words, and options with or without a value.</summary>
sealed class Arguments
{
    static readonly HashSet<string> s_flags = ["--refresh", "--skip-preview", "--debug"];
    readonly List<(string Name, string Value)> _options = [];

    public List<string> Words { get; } = [];

    /// <summary>Configuration given by <c>--set</c> and <c>--set-secret</c>.</summary>
    public Dictionary<string, ConfigValue> Config { get; } = new(StringComparer.Ordinal);

    public static Arguments Parse(string[] args)
    {
        var result = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                result.Words.Add(args[i]);
                continue;
            }
            if (s_flags.Contains(args[i]))
            {
                result._options.Add((args[i], ""));
                continue;
            }
            var name = args[i];
            var value = ++i < args.Length ? args[i] : throw new ArgumentException($"{name} needs a value");
            if (name is "--set" or "--set-secret")
            {
                var at = value.IndexOf('=', StringComparison.Ordinal);
                if (at < 1)
                    throw new ArgumentException($"{name} takes KEY=VALUE");
                result.Config[value[..at]] = new(value[(at + 1)..], name == "--set-secret");
            }
            else
            {
                result._options.Add((name, value));
            }
        }
        return result;
    }

    public bool Has(string name) => _options.Exists(option => option.Name == name);

    public string? Optional(string name) => _options.Where(option => option.Name == name).Select(option => option.Value).LastOrDefault();

    public string Required(string name) => Optional(name) ?? throw new ArgumentException($"{name} is missing");

    public IReadOnlyList<string> All(string name) => [.. _options.Where(option => option.Name == name).Select(option => option.Value)];
}
