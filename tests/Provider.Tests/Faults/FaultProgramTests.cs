using System.Diagnostics;
using System.Globalization;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>
/// Random programs under random faults: nothing is lost, doubled or leaked, and nobody is blamed. A failure prints its seed and the
/// smallest program found that still fails. <c>FAULT_PROGRAMS</c> sets how many programs run (300 without it), <c>FAULT_SEED</c> where
/// the seeds begin; one program with the seed of a failure repeats it exactly.
/// </summary>
public sealed class FaultProgramTests(ITestOutputHelper output)
{
    const int ShrinkTries = 400;

    [Fact]
    public async Task Nothing_is_lost_doubled_or_leaked_under_random_faults()
    {
        var first = Number("FAULT_SEED", 1);
        var count = Number("FAULT_PROGRAMS", 300);
        var began = Stopwatch.GetTimestamp();
        var failed = new SortedSet<int>();
        await Parallel.ForEachAsync(Enumerable.Range(first, count), async (seed, stop) =>
        {
            if (await FailureAsync(FaultProgram.Generate(seed)) is null) return;
            lock (failed) failed.Add(seed);
        });
        output.WriteLine($"{count} programs from seed {first} in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {failed.Count} failed");
        if (failed.Count == 0) return;

        var (program, failure) = await ShrinkAsync(FaultProgram.Generate(failed.Min));
        Assert.Fail($"{failed.Count} of {count} programs fail (seeds {string.Join(", ", failed.Take(20))}). Seed {failed.Min}, made smaller:\n{program}\n{failure}");
    }

    [Fact]
    public async Task A_seed_repeats_its_program_and_its_outcome()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            FaultProgram.Generate(seed).ToString().ShouldBe(FaultProgram.Generate(seed).ToString());
            (await FailureAsync(FaultProgram.Generate(seed))).ShouldBe(await FailureAsync(FaultProgram.Generate(seed)));
        }
    }

    internal static async Task<string?> FailureAsync(FaultProgram program)
    {
        using var stack = new FaultStack(program.ListLagSeconds);
        try
        {
            foreach (var act in program.Acts) await stack.DoAsync(act);
            await stack.HealAsync();
            return null;
        }
        catch (Exception failure)
        {
            return failure is InvariantException ? failure.Message : failure.ToString();
        }
    }

    static async Task<(FaultProgram Program, string Failure)> ShrinkAsync(FaultProgram program)
    {
        var failure = await FailureAsync(program) ?? "it did not fail again";
        var tries = 0;
        for (var found = true; found;)
        {
            found = false;
            foreach (var smaller in program.Smaller())
            {
                if (++tries > ShrinkTries) return (program, failure);
                if (await FailureAsync(smaller) is not { } same) continue;
                (program, failure, found) = (smaller, same, true);
                break;
            }
        }

        return (program, failure);
    }

    static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
