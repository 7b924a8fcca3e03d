using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using PulumiAliyunLive.Protocol;

namespace Benchmarks;

/// <summary>A program that is measured.</summary>
/// <param name="File">What counts as its size; null where that says nothing.</param>
/// <param name="Missing">Why it cannot be measured here; null where it can.</param>
/// <param name="IsPlugin">Whether it answers calls.</param>
sealed record Candidate(
    string Name, string Command, IReadOnlyList<string> Arguments, string? File, string? Missing = null, bool IsPlugin = true)
{
    public RunningProgram Start(string engineAddress) => RunningProgram.Start(Command, [.. Arguments, engineAddress]);

    /// <summary>A program of one file, or the reason why it is not there.</summary>
    public static Candidate OfFile(string name, string path, string missing, bool isPlugin = true)
    {
        var full = Path.GetFullPath(path);
        return new(name, full, [], full, System.IO.File.Exists(full) ? null : missing, isPlugin);
    }
}

/// <summary>A running program that has told its port.</summary>
sealed class RunningProgram : IDisposable
{
    const string Service = "pulumirpc.ResourceProvider/";

    readonly Process _process;
    readonly long _begun;
    GrpcClient? _client;

    RunningProgram(Process process, long begun, int port)
    {
        (_process, _begun, Port) = (process, begun, port);
        ToldAfter = Elapsed;
    }

    public int Port { get; }

    /// <summary>Time from the start to the line with the port.</summary>
    public TimeSpan ToldAfter { get; }

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_begun);

    /// <summary>Resident memory, in MB.</summary>
    public double Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    GrpcClient Client => _client ??= new GrpcClient($"127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}");

    public static RunningProgram Start(string file, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        // What the user's shell says of regions, keys and proxies must not decide what is measured.
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME")).ToArray()) start.Environment.Remove(name);
        var begun = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} could not be started");
        // Read byte by byte and without other threads: a reader of text would add its own start to the first measurement.
        var output = process.StandardOutput.BaseStream;
        var port = 0;
        for (var next = output.ReadByte(); next != '\n'; next = output.ReadByte())
        {
            if (next is < '0' or > '9') throw new InvalidOperationException($"{file} told no port: {process.StandardError.ReadToEnd()}");
            port = (port * 10) + next - '0';
        }

        return new RunningProgram(process, begun, port);
    }

    public Task<TReply> CallAsync<TReply>(string method, IMessage request, MessageParser<TReply> parser)
        where TReply : class, IMessage<TReply> => Client.CallAsync(Service + method, request, parser);

    public void Dispose()
    {
        _client?.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
