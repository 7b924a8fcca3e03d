using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PulumiAliyunLive.Tests.Process;

/// <summary>The plugin, started as a process of its own: the published one where <c>ALIYUN_LIVE_PLUGIN</c> names it, else the one built with the tests.</summary>
sealed class PluginProcess : IAsyncDisposable
{
    /// <summary>A guard against a hanging test; nothing is expected to take any part of it.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly System.Diagnostics.Process _process;
    readonly CancellationTokenSource _guard = new();

    PluginProcess(System.Diagnostics.Process process) => _process = process;

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    /// <param name="ignoring">Signals that the plugin inherits as ignored, by the names that a shell has for them.</param>
    public static PluginProcess Start(
        IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null, string ignoring = "")
    {
        var (file, first) = Find();
        if (ignoring.Length > 0) (file, first) = ("sh", ["-c", $"trap '' {ignoring}; exec \"$@\"", "sh", file, .. first]);
        var start = new ProcessStartInfo(file, [.. first, .. arguments])
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

    /// <summary>The executable that <c>ALIYUN_LIVE_PLUGIN</c> names; null where the tests use what was built with them.</summary>
    public static string? Published => Environment.GetEnvironmentVariable("ALIYUN_LIVE_PLUGIN") is { Length: > 0 } path ? path : null;

    static (string File, string[] Arguments) Find()
    {
        if (Published is { } published)
            return File.Exists(published) ? (published, []) : throw new FileNotFoundException($"ALIYUN_LIVE_PLUGIN names {published}, which is not there.");
        // The plugin's project is referenced, so that its program lies beside the tests.
        var program = Path.Combine(AppContext.BaseDirectory, "pulumi-resource-aliyun-live");
        var native = new[] { program, program + ".exe" }.FirstOrDefault(File.Exists);
        return native is null ? ("dotnet", [program + ".dll"]) : (native, []);
    }

    /// <summary>Reads the line with the port, as the engine does.</summary>
    public async Task<int> ReadPortAsync()
    {
        _guard.CancelAfter(Patience);
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

    /// <summary>Ends the process without a word to it, and returns when it is no more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for the end and returns what was written after what had been read.</summary>
    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        _guard.CancelAfter(Patience);
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
