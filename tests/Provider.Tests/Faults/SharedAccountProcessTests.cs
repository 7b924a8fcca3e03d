using System.Diagnostics;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Process;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>
/// Plugin processes that know nothing of each other share one account. <c>FAULT_PROCESSES</c> sets how many (8 without it); how much of the
/// limit they use is measured in real time, so it is held to its bound only where that variable asks for a long run on a quiet machine.
/// </summary>
public sealed class SharedAccountProcessTests(ITestOutputHelper output)
{
    const int TasksPerProcess = 6;

    [Fact]
    public async Task No_process_fails_or_starves()
    {
        var stated = Environment.GetEnvironmentVariable("FAULT_PROCESSES");
        var count = stated is { Length: > 0 } ? int.Parse(stated, CultureInfo.InvariantCulture) : 8;
        var soak = stated is { Length: > 0 };

        // Less than half of what so many processes would take, to keep the run short, and each of them short of calls.
        var limit = 4 * count;
        var reads = soak ? 120 : 12;
        var service = new LiveService(TimeProvider.System);
        service.Settings.RateLimitFactor = limit / 10.0;
        await using var simulator = SimulatorServer.Start(service);
        var plugins = new List<PluginProcess>();
        try
        {
            for (var number = 0; number < count; number++) plugins.Add(PluginProcess.Start([]));
            var clients = await Task.WhenAll(plugins.Select(plugin => PluginCalls.ConnectAsync(plugin, simulator.Address)));
            var tasks = await Task.WhenAll(clients.Select((client, process) => Task.WhenAll(Enumerable.Range(0, TasksPerProcess).Select(task => PluginCalls.CreateRelayAsync(client, $"p{process}-{task}")))));

            service.ClearCalls();
            var began = Stopwatch.GetTimestamp();
            var done = new List<(TimeSpan At, int Reads)>();
            await Task.WhenAll(clients.Select(async (client, process) =>
            {
                await Parallel.ForAsync(0, reads, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (number, _) => await ReadAsync(client, tasks[process][number % TasksPerProcess]));
                lock (done) done.Add((Stopwatch.GetElapsedTime(began), service.Calls.Count(call => call.Code is null)));
            }));

            // As long as those with something to do could use up the limit, which lets through as many at once as in every second that follows.
            var half = done[count / 2];
            var share = half.Reads / ((half.At.TotalSeconds + 1) * limit);
            output.WriteLine(
                $"{count} processes, limit {limit} calls a second: {share:P0} of it used until half were done, first done after "
                + $"{done[0].At.TotalSeconds:0.0} s, half after {half.At.TotalSeconds:0.0} s, last after {done[^1].At.TotalSeconds:0.0} s, "
                + $"{service.Calls.Count(call => call.Code is not null)} of {service.Calls.Count} calls throttled");

            await Task.WhenAll(clients.Select((client, process) => Task.WhenAll(tasks[process].Select(task => DeleteAsync(client, task)))));
            foreach (var client in clients) client.Dispose();
            service.Tasks.Count.ShouldBe(count * TasksPerProcess);
            service.Tasks.Values.ShouldAllBe(task => !task.IsLive);
            service.Conflicts.ShouldBeEmpty();
            if (soak) share.ShouldBeGreaterThan(0.8);
        }
        finally
        {
            foreach (var plugin in plugins) await plugin.DisposeAsync();
        }
    }

    static async Task ReadAsync(GrpcClient client, MadeRelay task)
    {
        var read = await client.CallAsync(
            PluginCalls.Service + "Read", new Wire.ReadRequest { Id = task.Id, Urn = task.Urn, Name = task.Name, Type = RelayTask.Token, Properties = task.Outputs, Inputs = task.Inputs }, Wire.ReadResponse.Parser);
        read.Id.ShouldBe(task.Id);
    }

    static Task<Empty> DeleteAsync(GrpcClient client, MadeRelay task) => client.CallAsync(
        PluginCalls.Service + "Delete", new Wire.DeleteRequest { Id = task.Id, Urn = task.Urn, Name = task.Name, Type = RelayTask.Token, Properties = task.Outputs, OldInputs = task.Inputs }, Empty.Parser);
}
