using System.Globalization;

namespace EngineHarness;

/// <summary>
/// Takes the example of a live relay through its whole life against the simulator, and checks on the way that everything is as promised:
/// by what the commands print, and by what then exists in the service.
/// </summary>
sealed class Demo
{
    const string Secret = "example-push-key";

    static readonly string[] s_writing =
    [
        "CreateLivePullToPush", "UpdateLivePullToPush", "StopLivePullToPush", "RestartLivePullToPush", "DeleteLivePullToPush",
        "CreateLiveStreamMonitor", "UpdateLiveStreamMonitor", "StartLiveStreamMonitor", "StopLiveStreamMonitor", "DeleteLiveStreamMonitor",
    ];

    readonly IDemoStack _stack;
    readonly SimulatorProcess _live;
    readonly string _program;
    readonly TextWriter _output;
    readonly Dictionary<string, ConfigValue> _config;
    readonly List<string> _broken = [];

    Demo(IDemoStack stack, SimulatorProcess live, string program, TextWriter output)
    {
        _stack = stack;
        _live = live;
        _program = program;
        _output = output;
        _config = new(StringComparer.Ordinal)
        {
            ["aliyun-live:endpoint"] = new(live.Address, Secret: false),
            ["aliyun-live:region"] = new("cn-shanghai", Secret: false),
            ["aliyun-live:accessKey"] = new(SimulatorProcess.AccessKey, Secret: false),
            ["aliyun-live:secretKey"] = new(SimulatorProcess.SecretKey, Secret: true),
        };
    }

    /// <summary>Runs the demonstration.</summary>
    /// <param name="plugin">The plugin's executable.</param>
    /// <param name="simulator">The simulator's executable.</param>
    /// <param name="example">The folder with the program; a copy of it is worked on.</param>
    /// <returns>Whether everything was as promised.</returns>
    public static async Task<bool> RunAsync(string plugin, string simulator, string example, TextWriter output)
    {
        var scratch = Directory.CreateTempSubdirectory("aliyun-live-demo-").FullName;
        try
        {
            var folder = Path.Combine(scratch, "program");
            Directory.CreateDirectory(folder);
            File.Copy(Path.Combine(example, "Pulumi.yaml"), Path.Combine(folder, "Pulumi.yaml"));
            var full = Path.GetFullPath(plugin);
            IDemoStack stack = PulumiStack.Find() is { } pulumi
                ? new PulumiStack(pulumi, folder, full, scratch, output)
                : new HarnessStack(folder, full, scratch, output);
            await using var live = await SimulatorProcess.StartAsync(simulator);
            await output.WriteLineAsync($"Engine:  {stack.Engine}");
            await output.WriteLineAsync($"Service: a local ApsaraVideo Live at {live.Address} that checks every signature.");
            return await new Demo(stack, live, Path.Combine(folder, "Pulumi.yaml"), output).RunAsync();
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    async Task<bool> RunAsync()
    {
        await _stack.StartAnewAsync(_config);
        await PreviewAsync();
        await CreateAsync();
        await NothingToDoAsync();
        await DriftAsync();
        await UpdateAsync();
        await ReplaceAsync();
        await ImportAsync();
        await DestroyAsync();
        await CallsAsync();
        await _output.WriteLineAsync(_broken.Count == 0
            ? "\nEverything was as promised."
            : $"\nNot as promised:\n{string.Concat(_broken.Select(broken => $"  - {broken}\n"))}");
        return _broken.Count == 0;
    }

    async Task PreviewAsync()
    {
        await HeadingAsync("Preview: what would be made. Nothing is called, so neither keys nor network are needed for it.");
        var preview = await _stack.RunAsync("preview");
        Promise(preview.Succeeded && preview.Says("+ 3 to create"), "the preview announces the stack and its two resources");
        Promise((await _live.CallsAsync()).Count == 0, "the preview made no call to the service");
    }

    async Task CreateAsync()
    {
        await HeadingAsync("Up: a relay task that pulls one stream and pushes it on, and a monitor session that watches both ends.");
        var up = await _stack.RunAsync("up");
        Promise(up.Succeeded && up.Says("+ 3 created"), "everything was created");
        await _live.PassAsync(TimeSpan.FromMinutes(1));
        var view = await _live.LookAsync();
        Promise(view.Tasks is [{ State: "Running" }] && view.Monitors.Count == 1, "the task is on air, and one session exists");
        Promise(!up.Output.Contains(Secret, StringComparison.Ordinal), "no stream key was printed");
        Promise(!(await _stack.StateAsync()).Contains(Secret, StringComparison.Ordinal), "no stream key stands in the state in clear");
    }

    async Task NothingToDoAsync()
    {
        await HeadingAsync("Up again: nothing has changed, so nothing is done.");
        var before = await WritesAsync();
        var up = await _stack.RunAsync("up");
        Promise(up.Succeeded && up.Says("3 unchanged"), "the second up changes nothing");
        Promise(await WritesAsync() == before, "the second up made no call that writes");
    }

    async Task DriftAsync()
    {
        await HeadingAsync("Drift: somebody stops the task in the console. A refresh finds it, the next up puts the task back on air.");
        var task = (await _live.LookAsync()).Tasks[0];
        await _live.StopTaskAsync(task.Id);
        var refresh = await _stack.RunAsync("refresh");
        Promise(
            refresh.Succeeded && refresh.At("relay update [diff: ~desiredStatus]") >= 0 && refresh.Says("~ 1 updated"),
            "the refresh finds the stopped task");
        var up = await _stack.RunAsync("up");
        Promise(up.Succeeded && up.Says("~ 1 updated"), "the up repairs it");
        Promise((await _live.LookAsync()).Tasks is [{ State: "Running" } again] && again.Id == task.Id, "the same task is on air again");
    }

    async Task UpdateAsync()
    {
        await HeadingAsync("Update in place: a later end and another threshold. Neither interrupts anything.");
        var task = (await _live.LookAsync()).Tasks[0];
        Edit("endTime: 2035-01-01T00:00:00Z", "endTime: 2036-01-01T00:00:00Z");
        Edit("fpsLowThres: 0.6", "fpsLowThres: 0.7");
        var up = await _stack.RunAsync("up");
        Promise(up.Succeeded && up.Says("~ 2 updated"), "both resources are updated in place");
        Promise((await _live.LookAsync()).Tasks is [var now] && now == task, "the task kept its id and was not interrupted");
    }

    async Task ReplaceAsync()
    {
        await HeadingAsync("Replacement: the number of retries cannot be updated. The destination stays, so the old task goes before the "
            + "new one comes.");
        var task = (await _live.LookAsync()).Tasks[0];
        Edit("      desiredStatus: Running\n  # Composes", "      desiredStatus: Running\n      retryCount: 5\n  # Composes");
        var up = await _stack.RunAsync("up");
        Promise(up.Succeeded && up.Says("+-1 replaced"), "the task is replaced");
        Promise(
            up.At("relay deleted original") is > 0 and var gone && gone < up.At("relay creating replacement"),
            "the old one was deleted before the new one was made");
        await _live.PassAsync(TimeSpan.FromMinutes(1));
        var view = await _live.LookAsync();
        Promise(view.Tasks is [{ State: "Running" } now] && now.Id != task.Id, "one new task is on air");
        Promise(view.Conflicts == 0, "two tasks never pushed to one address");
    }

    async Task ImportAsync()
    {
        await HeadingAsync("Import: the state is lost. Both objects are taken over by their ids; with the program text that import writes, "
            + "the next preview is empty.");
        var view = await _live.LookAsync();
        var writes = await WritesAsync();
        await _stack.StartAnewAsync(_config);
        var (relayText, watchText) = (_program + ".relay", _program + ".watch");
        var taskId = $"cn-shanghai/{view.Tasks[0].Id}";
        var relay = await _stack.RunAsync("import", "aliyun-live:index:RelayTask", "relay", taskId, "--out", relayText);
        var watch = await _stack.RunAsync("import", "aliyun-live:index:MonitorSession", "watch", view.Monitors[0].Id, "--out", watchText);
        Promise(relay.Succeeded && watch.Succeeded && watch.Says("= 1 imported"), "both were imported");
        var text = File.ReadLines(relayText).Concat(File.ReadLines(watchText).SkipWhile(line => !line.StartsWith(' ')));
        await File.WriteAllTextAsync(_program, $"name: relay-live\nruntime: yaml\n{string.Join('\n', text)}\n");
        await _output.WriteLineAsync("    Pulumi.yaml: replaced by the text that import wrote");
        var preview = await _stack.RunAsync("preview");
        Promise(preview.Succeeded && preview.Says("3 unchanged"), "the preview after the import is empty");
        Promise(await WritesAsync() == writes, "importing made no call that writes");
    }

    async Task DestroyAsync()
    {
        await HeadingAsync("Destroy: nothing is left, neither on air nor waiting to start.");
        var destroy = await _stack.RunAsync("destroy");
        Promise(destroy.Succeeded, "destroy succeeded");
        var view = await _live.LookAsync();
        Promise(view.Tasks.Count == 0 && view.Monitors.Count == 0, "the service holds nothing any more");
    }

    async Task CallsAsync()
    {
        await _output.WriteLineAsync("\nCalls that reached the service (and how many succeeded):");
        var calls = await _live.CallsAsync();
        foreach (var (operation, (count, succeeded)) in calls.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {operation,-30} {count,4}  ({succeeded})"));
        var all = calls.Values.Sum(count => count.Calls);
        await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {"in all",-30} {all,4}"));
    }

    async Task<int> WritesAsync() => (await _live.CallsAsync())
        .Where(pair => s_writing.Contains(pair.Key, StringComparer.Ordinal)).Sum(pair => pair.Value.Calls);

    Task HeadingAsync(string text) => _output.WriteLineAsync($"\n=== {text}");

    void Promise(bool kept, string what)
    {
        _output.WriteLine($"  {(kept ? "ok " : "NOT")} {what}");
        if (!kept)
            _broken.Add(what);
    }

    void Edit(string from, string to)
    {
        var text = File.ReadAllText(_program);
        if (!text.Contains(from, StringComparison.Ordinal))
            throw new InvalidOperationException($"the example no longer contains '{from}'");
        File.WriteAllText(_program, text.Replace(from, to, StringComparison.Ordinal));
        var news = to.Split('\n').Where(line => !from.Contains(line, StringComparison.Ordinal)).Select(line => line.Trim());
        _output.WriteLine($"    Pulumi.yaml: now says {string.Join(", ", news)}");
    }
}
