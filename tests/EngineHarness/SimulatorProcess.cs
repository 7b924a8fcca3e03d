using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EngineHarness;

/// <summary>
/// A local ApsaraVideo Live in a process of its own, with the door through which a demonstration acts behind the stack's back.
/// </summary>
sealed partial class SimulatorProcess : IAsyncDisposable
{
    public const string AccessKey = "test-access-key-id";
    public const string SecretKey = "test-access-key-secret";

    readonly Process _process;
    readonly HttpClient _http;

    SimulatorProcess(Process process, Uri address)
    {
        _process = process;
        Address = address.GetLeftPart(UriPartial.Authority);
        _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
    }

    /// <summary>What the provider's option <c>endpoint</c> is to be.</summary>
    public string Address { get; }

    /// <summary>Starts the executable and waits until it listens.</summary>
    public static async Task<SimulatorProcess> StartAsync(string path)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
            throw new FileNotFoundException($"there is no simulator at {full}");
        var start = new ProcessStartInfo(full, ["--port", "0"]) { RedirectStandardOutput = true, UseShellExecute = false };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? "";
        var match = AddressText().Match(line);
        return match.Success
            ? new(process, new(match.Value))
            : throw new InvalidOperationException($"the simulator said '{line}' instead of its address");
    }

    public async Task<SimulatorView> LookAsync()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/simulator/state", UriKind.Relative)));
        var root = document.RootElement;
        return new(
            [.. root.GetProperty("tasks").EnumerateArray().Select(ReadTask)],
            [.. root.GetProperty("monitors").EnumerateArray()
                .Where(monitor => !monitor.GetProperty("deleted").GetBoolean())
                .Select(monitor => new SimulatedMonitor(monitor.GetProperty("monitorId").GetString()!))],
            root.GetProperty("conflicts").GetArrayLength());
    }

    /// <summary>Calls so far: how many of each operation, and how many of them succeeded.</summary>
    public async Task<IReadOnlyDictionary<string, (int Calls, int Succeeded)>> CallsAsync()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/simulator/calls", UriKind.Relative)));
        return document.RootElement.GetProperty("operations").EnumerateObject().ToDictionary(
            operation => operation.Name,
            operation => (operation.Value.GetProperty("calls").GetInt32(), operation.Value.GetProperty("succeeded").GetInt32()),
            StringComparer.Ordinal);
    }

    /// <summary>Lets simulated time pass.</summary>
    public Task PassAsync(TimeSpan time) => PostAsync($"/simulator/clock?by={time.TotalSeconds.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Somebody stops a task in the console.</summary>
    public Task StopTaskAsync(string id) => PostAsync($"/simulator/tasks/{id}/stop");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    static SimulatedTask ReadTask(JsonElement task) => new(
        task.GetProperty("taskId").GetString()!, task.GetProperty("state").GetString()!, task.GetProperty("pushes").GetArrayLength());

    async Task PostAsync(string path)
    {
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.None, 1000)]
    private static partial Regex AddressText();
}

/// <param name="Pushes">How often it went on air.</param>
sealed record SimulatedTask(string Id, string State, int Pushes)
{
    /// <summary>Ended tasks stay visible for a while.</summary>
    public bool Exists => State != "Exit";
}

sealed record SimulatedMonitor(string Id);

/// <summary>What exists in the service.</summary>
/// <param name="Conflicts">Times at which two tasks pushed to one address.</param>
sealed record SimulatorView(IReadOnlyList<SimulatedTask> AllTasks, IReadOnlyList<SimulatedMonitor> Monitors, int Conflicts)
{
    public IReadOnlyList<SimulatedTask> Tasks => [.. AllTasks.Where(task => task.Exists)];
}
