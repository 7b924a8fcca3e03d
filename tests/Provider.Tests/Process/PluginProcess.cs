using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PulumiAliyunLive.Tests.Process;

/// <summary>The built plugin, started as a process of its own.</summary>
sealed class PluginProcess : IAsyncDisposable
{
    /// <summary>A guard against a hanging test; nothing is expected to take any part of it.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly System.Diagnostics.Process _process;
    readonly CancellationTokenSource _guard = new(Patience);

    PluginProcess(System.Diagnostics.Process process) => _process = process;

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public static PluginProcess Start(
        IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The plugin's project is referenced, so that its program lies beside the tests.
        var program = Path.Combine(AppContext.BaseDirectory, "pulumi-resource-aliyun-live");
        var native = new[] { program, program + ".exe" }.FirstOrDefault(File.Exists);
        var start = new ProcessStartInfo(native ?? "dotnet", native is null ? [program + ".dll", .. arguments] : arguments)
        {
            WorkingDirectory = directory ?? "",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        return new PluginProcess(System.Diagnostics.Process.Start(start)!);
    }

    /// <summary>Reads the line with the port, as the engine does.</summary>
    public async Task<int> ReadPortAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(_guard.Token);
        return line is null
            ? throw new InvalidOperationException(await _process.StandardError.ReadToEndAsync(_guard.Token))
            : int.Parse(line, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>Sends a signal by its number.</summary>
    public void Signal(PosixSignal signal)
    {
        var number = signal switch
        {
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGQUIT => 3,
            _ => 15,
        };
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{number}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end and returns what was written after what had been read.</summary>
    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync(_guard.Token);
        var error = _process.StandardError.ReadToEndAsync(_guard.Token);
        await _process.WaitForExitAsync(_guard.Token);
        return (_process.ExitCode, await output, await error);
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _guard.Dispose();
        return ValueTask.CompletedTask;
    }
}
