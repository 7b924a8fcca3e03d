using System.Globalization;
using System.Runtime.InteropServices;
using Benchmarks;

// What is missing is named in its row; so the arguments are only places: of the plugin, its native flavour, both empty programs, the
// dynamic provider of the Node SDK, and of the results.
if (args is not [var pluginFile, var nativeFile, var emptyFile, var emptyNativeFile, var nodeProvider, var results, .. var sections])
{
    Console.Error.WriteLine(
        "usage: Benchmarks PLUGIN NATIVE_PLUGIN EMPTY NATIVE_EMPTY NODE_PROVIDER RESULTS [start] [calls] [refresh] [stack]");
    return 2;
}

const string NoNative = "not published (make native says why)";
var plugin = Candidate.OfFile("ReadyToRun", pluginFile, "not published (make build)");
var native = Candidate.OfFile("native", nativeFile, NoNative);
Candidate[] all =
[
    plugin,
    native,
    new("Node dynamic provider", "node", [nodeProvider], null, Directory.Exists(nodeProvider) ? null : "not installed (Node.js with npm)"),
    Candidate.OfFile("empty .NET program", emptyFile, "not published", isPlugin: false),
    Candidate.OfFile("empty native program", emptyNativeFile, NoNative, isPlugin: false),
];
if (plugin.Missing is not null)
{
    Console.Error.WriteLine($"{plugin.Command} is {plugin.Missing}");
    return 1;
}

// A program that does not run on this machine is named in its row and stops nothing.
for (var index = 0; index < all.Length; index++)
{
    if (all[index].Missing is not null) continue;
    try
    {
        all[index].Start("127.0.0.1:1").Dispose();
    }
    catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
    {
        all[index] = all[index] with { Missing = "does not start here" };
    }
}

var report = new Report();
report.Line("# Measured");
report.Line();
report.Line(
    $"`make bench` on {DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {Machine.Processor()}, "
    + $"{Environment.ProcessorCount} processors, "
    + $"{RuntimeInformation.OSDescription}, .NET {Environment.Version}.");
report.Line();

bool Wanted(string section) => sections.Length == 0 || sections.Contains(section, StringComparer.Ordinal);
await using (var account = Account.Start())
{
    if (Wanted("start")) await SectionAsync("start", () => StartBenchmark.RunAsync(all, account.Endpoint, report));
    if (Wanted("calls")) await SectionAsync("calls", () => CallBenchmark.RunAsync([plugin, native], account.Endpoint, report));
}

if (Wanted("refresh")) await SectionAsync("refresh", () => RefreshBenchmark.RunAsync(plugin, report));
if (Wanted("stack")) await SectionAsync("up and destroy", () => StackBenchmark.RunAsync(plugin, report));

Console.Write(report);
if (sections.Length == 0)
{
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(results))!);
    await File.WriteAllTextAsync(results, report.ToString());
}

return 0;

static async Task SectionAsync(string name, Func<Task> run)
{
    Console.Error.WriteLine($"Measuring {name} ...");
    await run();
}
