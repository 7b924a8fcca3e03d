using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>What the engine is asked to work on and how; the same for the preview and the real run.</summary>
sealed record EngineOptions
{
    /// <summary>The program's folder, which is also the plugin's working directory.</summary>
    public string ProgramFolder { get; init; } = ".";

    /// <summary>The program's text; null: <c>Pulumi.yaml</c> of the folder.</summary>
    public string? ProgramText { get; init; }

    public string Stack { get; init; } = "dev";

    /// <summary>Configuration by key, such as <c>aliyun-live:region</c>; a key without a package is the project's own.</summary>
    public IReadOnlyDictionary<string, ConfigValue> Config { get; init; } = new Dictionary<string, ConfigValue>(StringComparer.Ordinal);

    /// <summary>Whether an update first refreshes.</summary>
    public bool Refresh { get; init; }

    /// <summary>URNs to replace whatever their inputs.</summary>
    public IReadOnlyList<string> TargetReplace { get; init; } = [];

    public bool SkipPreview { get; init; }

    public bool Debug { get; init; }

    /// <summary>Whether to list every changed path below the step, which the command line tool does not do.</summary>
    public bool ShowPaths { get; init; }

    public EngineRelease Release { get; init; } = EngineRelease.V3259;

    /// <summary>A schema known from an earlier run; null: a plugin is started to ask for it.</summary>
    public string? CachedSchema { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The user's first interruption: plugins are cancelled, nothing new is begun, answers are awaited.</summary>
    public CancellationToken Interrupt { get; init; }

    /// <summary>The user's second interruption: calls in flight are reset.</summary>
    public CancellationToken Abort { get; init; }
}

/// <summary>A step failed and was reported; nothing more is to be begun.</summary>
sealed class StepFailedException(string message) : Exception(message);

/// <summary>A preview or a real run: what all its parts share.</summary>
sealed class Pass : IAsyncDisposable
{
    readonly CancellationTokenRegistration _interrupt;

    public Pass(
        EngineOptions options, YamlProgram program, bool preview, StackState start, Action<StackState>? save, IPluginHost host,
        Display display)
    {
        Options = options;
        Program = program;
        Preview = preview;
        Running = new(start, preview ? null : save);
        Display = display;
        Host = host;
        Config = Evaluation.Configuration(program, options.Config);
        Providers = new(this);
        host.Log = Hear;
        _interrupt = options.Interrupt.Register(() => _ = Providers.InterruptAsync());
    }

    public EngineOptions Options { get; }

    public YamlProgram Program { get; }

    public string Project => Program.Name;

    public bool Preview { get; }

    public RunningState Running { get; }

    public Display Display { get; }

    public IPluginHost Host { get; }

    public IReadOnlyDictionary<string, ConfigValue> Config { get; }

    public ProviderRegistry Providers { get; }

    public string StackUrn => Urn(Tokens.Stack, $"{Project}-{Options.Stack}");

    public string Urn(string type, string name) => Tokens.Urn(Options.Stack, Project, type, name);

    /// <summary>To be called before anything is begun.</summary>
    public void ThrowIfInterrupted()
    {
        if (!Options.Interrupt.IsCancellationRequested)
            return;
        Display.Report(new(StackUrn, "error", "update canceled"));
        throw new StepFailedException("update canceled");
    }

    /// <summary>Makes a call that may change something; while it runs, the state says so.</summary>
    public async Task<T> WorkAsync<T>(Display.RunningStep step, string urn, string kind, Func<Task<T>> call)
    {
        using var pending = Preview ? null : Running.Begin(urn, kind);
        return await CallAsync(step, urn, call, mayBePartial: true);
    }

    /// <summary>Makes a call whose failure fails the step.</summary>
    /// <param name="mayBePartial">Whether a partial failure passes through to the caller.</param>
    public async Task<T> CallAsync<T>(Display.RunningStep? step, string urn, Func<Task<T>> call, bool mayBePartial = false)
    {
        try
        {
            return await call();
        }
        catch (RpcException error) when (!mayBePartial || error.Detail<Wire.ErrorResourceInitFailed>() is null)
        {
            throw Fail(step, urn, Providers.Ended is not null ? "error reading from server: EOF" : error.Message);
        }
        catch (OperationCanceledException)
        {
            throw Fail(step, urn, "the call was reset");
        }
        catch (Exception error) when (error is ProviderException or FormatException)
        {
            throw Fail(step, urn, $"the plugin's answer cannot be used: {error.Message}");
        }
    }

    /// <summary>Reports the failure of a step, or of the work before one.</summary>
    public StepFailedException Fail(Display.RunningStep? step, string urn, string message)
    {
        if (step is not null)
            step.Failed(message);
        else
            Display.Report(new(urn, "error", message));
        return new(message);
    }

    public async ValueTask DisposeAsync()
    {
        await _interrupt.DisposeAsync();
        await Providers.DisposeAsync();
        Host.Log = _ => { };
    }

    void Hear(Wire.LogRequest log)
    {
        var urn = log.Urn.Length > 0 ? log.Urn : StackUrn;
        if (log.Ephemeral)
            Display.Progress(urn, log.Message);
        else
            Display.Report(new(urn, log.Severity.ToString().ToLowerInvariant(), log.Message));
    }
}
