using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace Benchmarks;

/// <summary>Creating and deleting many tasks at once under the documented limits.</summary>
static class StackBenchmark
{
    const int Parallelism = 64;

    static readonly int[] s_sizes = [30, 300];

    public static async Task RunAsync(Candidate plugin, Report report)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach (var size in s_sizes)
        {
            await using var account = Account.Start();
            using var program = plugin.Start("127.0.0.1:1");
            await StartBenchmark.ConfigureAsync(program, account.Endpoint);

            var states = new State[size];
            var many = $"{Sample.Number(size, 0)} tasks";
            rows.Add(await MeasureAsync(
                $"up of {many}", size, account, program, async number => states[number] = await CreateAsync(program, number)));
            account.Rest();

            // The calls of the up take part in the limit for another second, and would be counted to the destroy.
            await Task.Delay(TimeSpan.FromSeconds(2));
            rows.Add(await MeasureAsync($"destroy of {many}", size, account, program, number => DeleteAsync(program, states[number])));
        }

        report.Line("## Up and destroy under the documented limits");
        report.Line();
        report.Line($"{plugin.Name}, {Parallelism} at a time, one run. The limit's own time is that of the operation with the most calls:");
        report.Line("ten at once, and ten with each further second.");
        report.Table(["", "÷ the limit's own time", "s", "s by the limit", "service calls", "throttled", "MB resident after"], rows);
    }

    static async Task<IReadOnlyList<string>> MeasureAsync(
        string name, int size, Account account, RunningProgram program, Func<int, Task> step)
    {
        var begun = Stopwatch.GetTimestamp();
        var many = new ParallelOptions { MaxDegreeOfParallelism = Parallelism };
        await Parallel.ForEachAsync(Enumerable.Range(0, size), many, async (number, _) => await step(number));
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var calls = account.Service.Calls.GroupBy(call => call.Operation).Select(calls => $"{Sample.Number(calls.Count(), 0)} {calls.Key}");
        return
        [
            name,
            Sample.Number(seconds / account.SecondsByLimit, 3),
            Sample.Number(seconds, 2),
            Sample.Number(account.SecondsByLimit, 0),
            string.Join(", ", calls),
            Sample.Number(account.Throttled, 0),
            Sample.Number(program.Resident, 1),
        ];
    }

    static async Task<State> CreateAsync(RunningProgram program, int number)
    {
        var name = $"relay-{number.ToString(CultureInfo.InvariantCulture)}";
        var urn = $"urn:pulumi:dev::bench::{RelayTask.Token}::{name}";
        var stated = new PropertyMap
        {
            ["sourceType"] = "live",
            ["sourceUrls"] = PropertyValue.Of([(PropertyValue)"rtmp://pull.example.com/live/one"]),
            ["dstUrl"] = ((PropertyValue)$"rtmp://push.example.com/live/{name}?auth_key=PUSHKEY").AsSecret(),
            ["endTime"] = Times.ToText(DateTimeOffset.UtcNow.AddDays(1)),
        };
        var check = await program.CallAsync(
            "Check",
            new Wire.CheckRequest
            {
                Urn = urn, Name = name, Type = RelayTask.Token, Olds = ValueCodec.Encode([]), News = ValueCodec.Encode(stated),
                RandomSeed = ByteString.CopyFrom(new byte[32]),
            },
            Wire.CheckResponse.Parser);
        var created = await program.CallAsync(
            "Create",
            new Wire.CreateRequest { Urn = urn, Name = name, Type = RelayTask.Token, Properties = check.Inputs },
            Wire.CreateResponse.Parser);
        return new(created.Id, urn, name, check.Inputs, created.Properties);
    }

    static async Task DeleteAsync(RunningProgram program, State state) => await program.CallAsync(
        "Delete",
        new Wire.DeleteRequest
        {
            Id = state.Id, Urn = state.Urn, Name = state.Name, Type = RelayTask.Token, Properties = state.Outputs, OldInputs = state.Inputs,
        },
        Empty.Parser);

    sealed record State(string Id, string Urn, string Name, Struct Inputs, Struct Outputs);
}
