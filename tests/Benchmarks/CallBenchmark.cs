using Google.Protobuf;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace Benchmarks;

/// <summary>Calls that touch no network: how many a second over one connection, and how long one takes.</summary>
static class CallBenchmark
{
    const int Runs = 5;

    /// <summary>The engine's usual parallelism is far above eight, but no call shall wait long behind so few others.</summary>
    const int AtATime = 8;

    const int Many = 64;

    /// <summary>A slow machine need not wait for ever.</summary>
    const int MostWarmings = 4;

    /// <summary>Calls after which the runtime has compiled again what is called often.</summary>
    const int WarmingCalls = 60_000;

    const string Urn = $"urn:pulumi:dev::bench::{RelayTask.Token}::relay";

    static readonly TimeSpan s_warming = TimeSpan.FromSeconds(2);
    static readonly TimeSpan s_run = TimeSpan.FromSeconds(1);

    static readonly PropertyMap s_inputs = new()
    {
        ["region"] = Account.Region,
        ["taskName"] = "relay",
        ["sourceType"] = "live",
        ["sourceUrls"] = PropertyValue.Of([(PropertyValue)"rtmp://pull.example.com/live/one"]),
        ["dstUrl"] = ((PropertyValue)"rtmp://push.example.com/live/one?auth_key=PUSHKEY").AsSecret(),
        ["startTime"] = "2034-01-01T00:00:00Z",
        ["endTime"] = "2034-01-01T01:00:00Z",
        ["callbackUrl"] = "https://hooks.example.com/a",
        ["retryCount"] = 3,
        ["retryInterval"] = 60,
    };

    public static async Task RunAsync(IReadOnlyList<Candidate> plugins, string endpoint, Report report)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach (var plugin in plugins)
        {
            if (plugin.Missing is not null)
            {
                rows.Add([$"{plugin.Name}: {plugin.Missing}", "–", "–", "–", "–", "–"]);
                continue;
            }

            using var program = plugin.Start("127.0.0.1:1");
            await StartBenchmark.ConfigureAsync(program, endpoint);
            var check = await program.CallAsync("Check", Check(), Wire.CheckResponse.Parser);
            if (check.Failures.Count > 0) throw new InvalidDataException(check.Failures[0].Reason);
            var inputs = check.Inputs;
            var outputs = ValueCodec.Encode(new PropertyMap(ValueCodec.Decode(inputs)) { ["taskId"] = "0123456789", ["status"] = "Idle" });
            var changed = ValueCodec.Encode(new PropertyMap(ValueCodec.Decode(inputs)) { ["callbackUrl"] = "https://hooks.example.com/b" });
            (string Name, string Method, IMessage Request)[] calls =
            [
                ("Check", "Check", Check()),
                ("Diff", "Diff", new Wire.DiffRequest
                {
                    Id = "cn-shanghai/0123456789", Urn = Urn, Name = "relay", Type = RelayTask.Token,
                    Olds = outputs, OldInputs = inputs, News = changed,
                }),
                ("Create in preview", "Create", new Wire.CreateRequest
                {
                    Urn = Urn, Name = "relay", Type = RelayTask.Token, Properties = inputs, Preview = true,
                }),
            ];
            rows.AddRange(calls.Select(call => Measure($"{plugin.Name}, {call.Name}", program, call.Method, call.Request)));
        }

        report.Line("## Calls without network");
        report.Line();
        report.Line($"One connection; {Runs} runs of a second each after warming: median and middle half of the runs. The client");
        report.Line("shares the processors.");
        report.Table(
            [
                "", "µs of processor a call", $"calls/s, {Many} at a time", $"calls/s, {AtATime} at a time",
                $"p50 in ms, {AtATime} at a time", $"p99 in ms, {AtATime} at a time",
            ],
            rows);
    }

    static Wire.CheckRequest Check() => new()
    {
        Urn = Urn, Name = "relay", Type = RelayTask.Token,
        Olds = ValueCodec.Encode([]), News = ValueCodec.Encode(s_inputs), RandomSeed = ByteString.CopyFrom(new byte[32]),
    };

    static IReadOnlyList<string> Measure(string name, RunningProgram program, string method, IMessage request)
    {
        using var load = new Http2Load(program.Port, method, request);
        for (var (calls, run) = (0, 0); calls < WarmingCalls && run < MostWarmings; run++)
        {
            calls += load.Run(Many, s_warming).Milliseconds.Count;
        }

        List<double> cost = [];
        var many = Enumerable.Range(0, Runs).Select(_ =>
        {
            var before = program.ProcessorTime;
            var (perSecond, calls) = load.Run(Many, s_run);
            cost.Add((program.ProcessorTime - before).TotalMicroseconds / calls.Count);
            return perSecond;
        }).ToArray();
        var few = Enumerable.Range(0, Runs).Select(_ => load.Run(AtATime, s_run)).ToArray();
        return
        [
            name,
            new Sample(cost).Text(0),
            new Sample(many).Text(0),
            new Sample(few.Select(run => run.PerSecond)).Text(0),
            new Sample(few.Select(run => new Sample(run.Milliseconds).Median)).Text(2),
            new Sample(few.Select(run => new Sample(run.Milliseconds).At(0.99))).Text(2),
        ];
    }
}
