using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>Starts plugin processes the way the engine does and serves it to them.</summary>
sealed class ProcessPluginHost : IPluginHost, IAsyncDisposable
{
    /// <summary>Turns itself into the given program, in a new session; the process stays the same.</summary>
    const string NewSession = "/usr/bin/setsid";

    readonly string _path;
    readonly EngineService _service;

    ProcessPluginHost(string path, EngineService service)
    {
        _path = path;
        _service = service;
    }

    public string EngineAddress => _service.Address;

    public string PluginFolder => Path.GetDirectoryName(_path)!;

    public Action<Wire.LogRequest> Log
    {
        get => _service.Log;
        set => _service.Log = value;
    }

    /// <summary>Additional variables for the plugin; a null value takes one away.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    /// <param name="path">The plugin's executable.</param>
    public static async Task<ProcessPluginHost> StartAsync(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full)
            ? new(full, await EngineService.StartAsync())
            : throw new FileNotFoundException($"there is no plugin at {full}; `make build` makes one");
    }

    public async Task<IPluginConnection> StartAsync(PluginStart start, CancellationToken cancellation)
    {
        // Like the engine's, the plugin gets a session of its own, so that Ctrl-C at the terminal reaches the engine alone.
        string[] command = File.Exists(NewSession) ? [NewSession, _path, EngineAddress] : [_path, EngineAddress];
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = Path.GetFullPath(start.ProgramFolder),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        info.Environment["PULUMI_PROJECT"] = start.Project;
        info.Environment["PULUMI_CONFIG"] = JsonSerializer.Serialize(start.Config);
        foreach (var (name, value) in Environment)
            info.Environment[name] = value;
        return await PluginProcess.StartAsync(_path, info, cancellation);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}

/// <summary>A plugin in a process of its own.</summary>
sealed class PluginProcess : IPluginConnection
{
    /// <summary>What a plugin has to end in after it was asked to.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly string _path;
    readonly Process _process;
    readonly GrpcClient _client;
    readonly StringBuilder _said;
    bool _closing;

    PluginProcess(string path, Process process, GrpcClient client, StringBuilder said)
    {
        _path = path;
        _process = process;
        _client = client;
        _said = said;
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    public string? Ended
    {
        get
        {
            if (_closing || !_process.HasExited)
                return null;
            lock (_said)
            {
                return $"Detected that {_path} exited prematurely.\n"
                    + "       This is *always* a bug in the provider. Please report the issue to the provider author as appropriate.\n"
                    + "       To assist with debugging we have dumped the STDOUT and STDERR streams of the plugin:\n" + _said;
            }
        }
    }

    /// <summary>Starts a process and reads its port; the first line on stdout must be nothing else.</summary>
    /// <param name="path">The plugin, for messages.</param>
    public static async Task<PluginProcess> StartAsync(string path, ProcessStartInfo info, CancellationToken cancellation)
    {
        var process = Process.Start(info) ?? throw new InvalidOperationException($"{path} could not be started");
        var said = new StringBuilder();
        _ = DrainAsync(process.StandardError, said);
        var line = await process.StandardOutput.ReadLineAsync(cancellation);
        if (!int.TryParse(line?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw new InvalidOperationException(line is null
                ? $"{path} ended with exit code {process.ExitCode} before it told its port: {said}"
                : $"{path} wrote an invalid port to stdout: '{line}'");
        }
        _ = DrainAsync(process.StandardOutput, said);
        return new(path, process, new($"127.0.0.1:{port}"), said);
    }

    public Task<TReply> CallAsync<TReply>(string method, IMessage request, TimeSpan? timeout, CancellationToken cancellation)
        where TReply : class, IMessage<TReply>, new() =>
        _client.CallAsync(
            $"pulumirpc.ResourceProvider/{method}", request, new MessageParser<TReply>(() => new TReply()), timeout, cancellation);

    /// <summary>Ends the process: first politely, and after five seconds by force.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        _client.Dispose();
        if (!_process.HasExited)
        {
            if (OperatingSystem.IsWindows())
                _process.Kill(entireProcessTree: true);
            else
                _ = SendSignal(_process.Id, InterruptSignal);
            try
            {
                await _process.WaitForExitAsync().WaitAsync(s_patience);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }
        _process.Dispose();
    }

    static async Task DrainAsync(StreamReader reader, StringBuilder said)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (said)
                said.Append(line).Append('\n');
        }
    }

    const int InterruptSignal = 2;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SendSignal(int process, int signal);
}
