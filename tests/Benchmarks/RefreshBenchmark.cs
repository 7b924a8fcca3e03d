using System.Diagnostics;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace Benchmarks;

/// <summary>Refreshing many tasks under the documented limits, by a plugin that has just started.</summary>
static class RefreshBenchmark
{
    const int Runs = 3;

    static readonly int[] s_sizes = [10, 100, 1000, 5000];
    static readonly int[] s_parallelism = [8, 16, 64];

    public static async Task RunAsync(Candidate plugin, Report report)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach (var size in s_sizes)
        {
            await using var account = Account.Start();
            var ids = await account.AddTasksAsync(size);
            foreach (var parallelism in s_parallelism)
            {
                List<Refresh> runs = [];
                for (var run = 0; run < Runs; run++) runs.Add(await MeasureAsync(plugin, account, ids, parallelism));
                rows.Add(
                [
                    $"{Sample.Number(size, 0)} tasks, {parallelism} at a time",
                    Text(runs, run => Account.SecondsFor(size) > 0 ? run.Seconds / Account.SecondsFor(size) : null, 3),
                    Text(runs, run => run.ByLimit > 0 ? run.Seconds / run.ByLimit : null, 2),
                    Text(runs, run => run.Seconds, 2),
                    Sample.Number(Account.SecondsFor(size), 0),
                    Text(runs, run => run.Calls, 0),
                    Sample.Number(size, 0),
                    Text(runs, run => run.Throttled, 0),
                    Text(runs, run => run.Processor, 2),
                    Text(runs, run => run.Resident, 1),
                ]);
            }
        }

        report.Line("## Refresh under the documented limits");
        report.Line();
        report.Line($"{plugin.Name}, just started; {Runs} runs: median and middle half. \"One Describe each\" is the time that ten calls");
        report.Line("a second would take.");
        report.Table(
            [
                "", "÷ one Describe each", "÷ the limit for its calls", "s", "s, one Describe each", "service calls",
                "calls, one Describe each", "throttled", "s of processor", "MB resident after",
            ],
            rows);
    }

    static async Task<Refresh> MeasureAsync(Candidate plugin, Account account, IReadOnlyList<string> ids, int parallelism)
    {
        account.Rest();
        using var program = plugin.Start("127.0.0.1:1");
        await StartBenchmark.ConfigureAsync(program, account.Endpoint);
        var processorTime = program.ProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, async (id, _) =>
        {
            var read = await program.CallAsync("Read", Read(id), Wire.ReadResponse.Parser);
            if (read.Id != $"{Account.Region}/{id}") throw new InvalidDataException($"the task {id} was read as '{read.Id}'");
        });
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return new(seconds, account.Service.Calls.Count, account.SecondsByLimit, account.Throttled, (program.ProcessorTime - processorTime).TotalSeconds, program.Resident);
    }

    static Wire.ReadRequest Read(string id) => new()
    {
        Id = $"{Account.Region}/{id}",
        Urn = $"urn:pulumi:dev::bench::{RelayTask.Token}::{id}",
        Type = RelayTask.Token,
        Name = id,
        Properties = ValueCodec.Encode(new PropertyMap
        {
            ["taskId"] = id, ["status"] = "Running", ["endTime"] = Times.ToText(DateTimeOffset.UtcNow.AddDays(5)),
        }),
        Inputs = ValueCodec.Encode(new PropertyMap { ["region"] = Account.Region }),
    };

    static string Text(List<Refresh> runs, Func<Refresh, double?> value, int digits) =>
        runs.All(run => value(run) is not null) ? new Sample(runs.Select(run => value(run)!.Value)).Text(digits) : "–";

    sealed record Refresh(double Seconds, int Calls, double ByLimit, int Throttled, double Processor, double Resident);
}
