using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace Benchmarks;

/// <summary>Creating, changing, reading and deleting many tasks at once under the documented limits.</summary>
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
            (string Name, Func<int, Task> Step)[] operations =
            [
                ("up", async number => states[number] = await CreateAsync(program, number)),
                ("update", async number => states[number] = await UpdateAsync(program, states[number])),
                ("refresh", number => ReadAsync(program, states[number])),
                ("destroy", number => DeleteAsync(program, states[number])),
            ];
            foreach (var (name, step) in operations)
            {
                rows.Add(await MeasureAsync($"{name} of {Sample.Number(size, 0)} tasks", size, account, program, step));
                account.Rest();

                // The calls so far take part in the limit for another second, and would be counted to what comes next.
                await Task.Delay(TimeSpan.FromSeconds(2));
            }
        }

        report.Line("## Up, update, refresh and destroy under the documented limits");
        report.Line();
        report.Line($"{plugin.Name}, {Parallelism} at a time, one run. The limit's own time is that of the operation with the most calls:");
        report.Line("ten at once, and ten with each further second.");
        report.Table(["", "÷ the limit's own time", "s", "s by the limit", "service calls", "throttled", "s of processor", "MB resident after"], rows);
    }

    static async Task<IReadOnlyList<string>> MeasureAsync(
        string name, int size, Account account, RunningProgram program, Func<int, Task> step)
    {
        var processorTime = program.ProcessorTime;
        var begun = Stopwatch.GetTimestamp();
        var many = new ParallelOptions { MaxDegreeOfParallelism = Parallelism };
        await Parallel.ForEachAsync(Enumerable.Range(0, size), many, async (number, _) => await step(number));
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var calls = account.Service.Calls.GroupBy(call => call.Operation).Select(calls => $"{Sample.Number(calls.Count(), 0)} {calls.Key}");
        return
        [
            name,
            account.SecondsByLimit > 0 ? Sample.Number(seconds / account.SecondsByLimit, 3) : "–",
            Sample.Number(seconds, 2),
            Sample.Number(account.SecondsByLimit, 0),
            string.Join(", ", calls),
            Sample.Number(account.Throttled, 0),
            Sample.Number((program.ProcessorTime - processorTime).TotalSeconds, 2),
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

    static async Task<State> UpdateAsync(RunningProgram program, State state)
    {
        var news = ValueCodec.Encode(new PropertyMap(ValueCodec.Decode(state.Inputs)) { ["callbackUrl"] = "https://hooks.example.com/relay" });
        var updated = await program.CallAsync(
            "Update",
            new Wire.UpdateRequest
            {
                Id = state.Id, Urn = state.Urn, Name = state.Name, Type = RelayTask.Token, Olds = state.Outputs, OldInputs = state.Inputs,
                News = news,
            },
            Wire.UpdateResponse.Parser);
        return state with { Inputs = news, Outputs = updated.Properties };
    }

    static async Task ReadAsync(RunningProgram program, State state)
    {
        var read = await program.CallAsync(
            "Read",
            new Wire.ReadRequest
            {
                Id = state.Id, Urn = state.Urn, Name = state.Name, Type = RelayTask.Token, Properties = state.Outputs, Inputs = state.Inputs,
            },
            Wire.ReadResponse.Parser);
        if (read.Id != state.Id) throw new InvalidDataException($"the task {state.Id} was read as '{read.Id}'");
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
