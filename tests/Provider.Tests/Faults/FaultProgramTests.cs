using System.Diagnostics;
using System.Globalization;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>
/// Random programs under random faults: nothing is lost, doubled or leaked, and nobody is blamed. A failure prints its seed and the
/// smallest program found that still fails. <c>FAULT_PROGRAMS</c> sets how many programs run (2,000 without it), <c>FAULT_SEED</c> where
/// the seeds begin; one program with the seed of a failure repeats it exactly.
/// </summary>
public sealed class FaultProgramTests(ITestOutputHelper output)
{
    const int Programs = 2000;
    const int ShrinkTries = 400;

    /// <summary>Real time after which a program counts as one that never ends; it takes milliseconds.</summary>
    static readonly TimeSpan Endless = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Nothing_is_lost_doubled_or_leaked_under_random_faults()
    {
        var first = Number("FAULT_SEED", 1);
        var count = Number("FAULT_PROGRAMS", Programs);
        var began = Stopwatch.GetTimestamp();
        var failed = new SortedDictionary<int, string>();
        var coverage = new FaultCoverage();
        await Parallel.ForEachAsync(Enumerable.Range(first, count), async (number, stop) =>
        {
            if (await FailureAsync(FaultProgram.Generate(number), coverage) is not { } words) return;
            lock (failed) failed.Add(number, words);
        });
        output.WriteLine($"{count} programs from seed {first} in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {failed.Count} failed\n{coverage}");
        if (failed.Count == 0)
        {
            if (count >= Programs) coverage.Missing().ShouldBeEmpty("each fault has to hit each call");
            return;
        }

        var (seed, told) = failed.First();
        var (program, failure) = await ShrinkAsync(FaultProgram.Generate(seed), told);
        Assert.Fail($"{failed.Count} of {count} programs fail (seeds {string.Join(", ", failed.Keys.Take(20))}). Seed {seed}, made smaller:\n{program}\n{failure}");
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

    internal static async Task<string?> FailureAsync(FaultProgram program, FaultCoverage? coverage = null)
    {
        using var stack = new FaultStack(program.ListLagSeconds, coverage ?? new());
        try
        {
            await RunAsync(stack, program).WaitAsync(Endless);
            return null;
        }
        catch (Exception failure)
        {
            return failure is InvariantException ? failure.Message : $"{failure}\nin {stack.Doing}";
        }
    }

    static async Task RunAsync(FaultStack stack, FaultProgram program)
    {
        foreach (var act in program.Acts) await stack.DoAsync(act);
        await stack.HealAsync();
    }

    static async Task<(FaultProgram Program, string Failure)> ShrinkAsync(FaultProgram program, string first)
    {
        var failure = await FailureAsync(program) ?? $"It did not fail again; it had failed with: {first}";
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
