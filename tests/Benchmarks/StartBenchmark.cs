using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace Benchmarks;

/// <summary>How long it takes from the start of a program to what the engine waits for, and how much memory it has then.</summary>
static class StartBenchmark
{
    const int Rounds = 21;

    /// <summary>All programs in turn, round by round, so that a slow moment of the machine hits them alike.</summary>
    public static async Task RunAsync(IReadOnlyList<Candidate> candidates, string endpoint, Report report)
    {
        var runs = candidates.Where(candidate => candidate.Missing is null).ToDictionary(candidate => candidate, _ => new List<Start>());
        // The first round fills the system's caches and does not count.
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (candidate, starts) in runs)
            {
                var start = await MeasureUntilItStartsAsync(candidate, endpoint);
                if (round > 0) starts.Add(start);
            }
        }

        report.Line("## Start");
        report.Line();
        report.Line($"{Rounds} rounds, all programs in turn in each: median and middle half, in ms and MB. Ratios are those of the pairs");
        report.Line("of a round.");
        var floor = runs.FirstOrDefault(run => !run.Key.IsPlugin).Value;
        var node = runs.FirstOrDefault(run => run.Key.File is null).Value;
        report.Table(
            [
                "", "port line ÷ empty .NET", "port line ÷ Node", "exec → port line", "exec → first GetSchema", "exec → Configure answered",
                "resident after Configure", "file",
            ],
            candidates.Select(candidate => Row(candidate, runs.GetValueOrDefault(candidate), floor, node)));
    }

    static IReadOnlyList<string> Row(Candidate candidate, List<Start>? starts, List<Start>? floor, List<Start>? node) => starts is null
        ? [$"{candidate.Name}: {candidate.Missing}", "–", "–", "–", "–", "–", "–", "–"]
        :
        [
            candidate.Name,
            Ratio(starts, floor),
            Ratio(starts, node),
            Text(starts, start => start.Port),
            Text(starts, start => start.Schema),
            Text(starts, start => start.Configure),
            Text(starts, start => start.Resident),
            candidate.File is { } file ? Sample.Number(new FileInfo(file).Length / 1e6, 1) : "–",
        ];

    static string Ratio(List<Start> starts, List<Start>? others) => others is null || others == starts
        ? "–"
        : Sample.Ratio([.. starts.Select(start => start.Port!.Value)], [.. others.Select(start => start.Port!.Value)]).Text(3);

    static string Text(List<Start> starts, Func<Start, double?> value) =>
        starts.All(start => value(start) is null) ? "–" : new Sample(starts.Select(start => value(start)!.Value)).Text(1);

    /// <summary>A program of others may fail to start now and then; that is no reason to lose all other measurements.</summary>
    static async Task<Start> MeasureUntilItStartsAsync(Candidate candidate, string endpoint)
    {
        const int Tries = 5;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await MeasureAsync(candidate, endpoint);
            }
            catch (InvalidOperationException) when (attempt < Tries)
            {
                Console.Error.WriteLine($"{candidate.Name} did not start; once more ...");
            }
        }
    }

    static async Task<Start> MeasureAsync(Candidate candidate, string endpoint)
    {
        using var program = candidate.Start("127.0.0.1:1");
        if (!candidate.IsPlugin) return new(program.ToldAfter.TotalMilliseconds, null, null, program.Resident);
        var schema = await AnsweredAsync(
            program, () => program.CallAsync("GetSchema", new Wire.GetSchemaRequest(), Wire.GetSchemaResponse.Parser));
        // A process of its own: Configure must not profit from the connection and the code that the other call has warmed.
        using var other = candidate.Start("127.0.0.1:1");
        var configure = await AnsweredAsync(other, () => ConfigureAsync(other, endpoint));
        return new(program.ToldAfter.TotalMilliseconds, schema, configure, other.Resident);
    }

    /// <summary>The calls that the engine makes of a plugin that it has just started.</summary>
    public static async Task ConfigureAsync(RunningProgram program, string endpoint)
    {
        var config = new PropertyMap
        {
            ["region"] = Account.Region,
            ["endpoint"] = endpoint,
            ["accessKey"] = Account.AccessKeyId,
            ["secretKey"] = ((PropertyValue)Account.AccessKeySecret).AsSecret(),
        };
        await program.CallAsync(
            "Configure",
            new Wire.ConfigureRequest { Args = ValueCodec.Encode(config), AcceptSecrets = true, SendsOldInputs = true },
            Wire.ConfigureResponse.Parser);
    }

    /// <summary>The time since the program's start at which a call is answered; null where it has no such call.</summary>
    static async Task<double?> AnsweredAsync(RunningProgram program, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException error) when (error.Code == ProviderStatus.Unimplemented)
        {
            return null;
        }

        return program.Elapsed.TotalMilliseconds;
    }

    sealed record Start(double? Port, double? Schema, double? Configure, double Resident);
}
