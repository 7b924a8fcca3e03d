using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>Time limits of resource operations and the one loop that waits.</summary>
static class Waiting
{
    /// <summary>Limit of Create, Update and Delete where <c>customTimeouts</c> states none.</summary>
    public static readonly TimeSpan ChangeLimit = TimeSpan.FromMinutes(5);

    /// <summary>Limit of Read where <c>customTimeouts</c> states none.</summary>
    public static readonly TimeSpan ReadLimit = TimeSpan.FromMinutes(1);

    /// <summary>How long a change may take to show in an answer. The service documents no delay and rules none out.</summary>
    public static readonly TimeSpan ReadBackLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long the call that must follow a Stop may take after a cancellation: the engine waits 30 s for a reply.</summary>
    public static readonly TimeSpan AfterCancelLimit = TimeSpan.FromSeconds(10);

    /// <summary>The time that such a call has, whatever became of the operation's own.</summary>
    public static Deadline AfterCancel(Deadline operation) => new(operation.Clock, AfterCancelLimit, CancellationToken.None);

    /// <summary>What a last look before the end of the time limit is given to be answered.</summary>
    static readonly TimeSpan LastLook = TimeSpan.FromSeconds(1);

    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Asks again and again until <paramref name="isDone"/>, with growing pauses, and returns the last answer: the one that is done, or the
    /// one at hand when <paramref name="limit"/> or the operation's own time was up. The engine shows <paramref name="progress"/>.
    /// </summary>
    public static async Task<T> UntilAsync<T>(
        Func<Task<T>> ask, Func<T, bool> isDone, TimeSpan limit, Deadline deadline, IEngineLog log, string urn, string progress)
    {
        var started = deadline.Clock.GetUtcNow();
        var pause = FirstPause;
        while (true)
        {
            var answer = await ask();
            var waited = deadline.Clock.GetUtcNow() - started;
            var left = limit - waited;
            var wait = pause < left ? pause : left;

            // The last look is as late as it can be.
            if (deadline.EndsWithin(wait)) wait = deadline.Remaining - LastLook;
            if (isDone(answer) || wait <= TimeSpan.Zero) return answer;
            await log.LogAsync(LogSeverity.Info, $"{progress}, {waited.TotalSeconds:0} s", urn, ephemeral: true);
            await deadline.DelayAsync(wait);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
