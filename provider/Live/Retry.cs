using System.Globalization;
using Polly;
using Polly.Retry;

namespace PulumiAliyunLive.Live;

/// <summary>
/// The one place that decides whether a failed call is made again, and when. Throttling and passing faults are tried again with growing,
/// jittered waits for as long as the operation's time limit allows; what can be put right (a clock, a key that ran out) is put right and
/// tried again at once. A call that may only happen once is tried again only after an answer that proves that it did not happen.
/// </summary>
/// <param name="jitter">Chance, from 0 to 1.</param>
/// <param name="longest">How long a call is tried again after its first failure; null: as long as its time limit allows.</param>
sealed class Retry(TimeProvider clock, Func<double> jitter, TimeSpan? longest = null)
{
    static readonly ResiliencePropertyKey<Run> RunKey = new("run");

    readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            Delay = TimeSpan.Zero,
            ShouldHandle = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is LiveException failure && RunOf(arguments.Context).ShouldRepeat(failure)),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(RunOf(arguments.Context).NextDelay),
        })
        .Build();

    /// <summary>Makes one call until it succeeds or there is no point in trying again.</summary>
    /// <param name="once">Whether a second execution would do harm.</param>
    /// <param name="remedy">
    /// Puts right what the failure shows to be wrong; true when the call may now succeed. Asked after every failure.
    /// </param>
    /// <exception cref="LiveException">
    /// The last failure; when the time limit ended the trying, it says so and is <see cref="LiveErrorKind.Transient"/>.
    /// </exception>
    public async Task<T> RunAsync<T>(bool once, Deadline deadline, Func<LiveException, bool> remedy, Func<Task<T>> attempt)
    {
        var run = new Run(once, deadline, remedy, jitter, longest);
        var context = ResilienceContextPool.Shared.Get(deadline.Cancellation);
        context.Properties.Set(RunKey, run);
        try
        {
            return await _pipeline.ExecuteAsync(static async (_, attempt) => await attempt(), context, attempt);
        }
        catch (LiveException) when (run.OutOfTime)
        {
            throw run.GaveUp();
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>A length of time for people: <c>2.5 s</c>, <c>4 min 58 s</c>.</summary>
    public static string Span(TimeSpan time) => time < TimeSpan.FromMinutes(1)
        ? $"{time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s"
        : $"{((long)time.TotalMinutes).ToString(CultureInfo.InvariantCulture)} min {time.Seconds.ToString(CultureInfo.InvariantCulture)} s";

    static Run RunOf(ResilienceContext context) => context.Properties.GetValue(RunKey, null!);

    /// <summary>What is known of one call across its attempts.</summary>
    sealed class Run(bool once, Deadline deadline, Func<LiveException, bool> remedy, Func<double> jitter, TimeSpan? longest)
    {
        readonly DateTimeOffset _start = deadline.Clock.GetUtcNow();
        LiveException? _last;
        DateTimeOffset? _firstFailure;
        bool _maybeDone;
        bool _triedLongest;
        int _attempts;
        int _waits;

        public TimeSpan NextDelay { get; private set; }

        public bool OutOfTime { get; private set; }

        public bool ShouldRepeat(LiveException failure)
        {
            // Not let in any more: what the service said last tells more than that.
            if (failure.Code == LiveErrors.OutOfTime)
            {
                OutOfTime = _last is not null;
                return false;
            }

            _last = failure;
            _maybeDone |= failure.MaybeDone;
            _firstFailure ??= deadline.Clock.GetUtcNow();
            _attempts++;
            NextDelay = TimeSpan.Zero;
            if (once && failure.MaybeDone) return false;
            if (remedy(failure)) return !(OutOfTime = deadline.EndsWithin(TimeSpan.Zero));
            if (failure.Kind is not (LiveErrorKind.Throttled or LiveErrorKind.Transient)) return false;

            // Asked before sleeping: a wait that ends after the time limit is a wait in vain.
            NextDelay = Wait(failure.RetryAfter);
            _triedLongest = deadline.Clock.GetUtcNow() + NextDelay - _firstFailure > longest;
            return !(OutOfTime = _triedLongest || deadline.EndsWithin(NextDelay));
        }

        public LiveException GaveUp()
        {
            // There was an attempt, or nothing could have been given up.
            var last = _last!;
            var tries = _attempts == 1 ? "1 attempt" : $"{_attempts.ToString(CultureInfo.InvariantCulture)} attempts";
            var took = deadline.Clock.GetUtcNow() - _start;
            var limit = _triedLongest
                ? $"the limit of trying again being {Span(longest!.Value)}"
                : $"the time limit being {Span(deadline.Limit)}";
            return new LiveException(
                LiveErrorKind.Transient, last.Operation, LiveErrors.OutOfTime,
                $"gave up after {tries} in {Span(took)}, {limit}; last, {last.Message}", null, _maybeDone, last);
        }

        /// <summary>Doubled each time, and between half and all of it by chance, so that many callers do not come back together.</summary>
        TimeSpan Wait(TimeSpan? retryAfter)
        {
            var whole = Limits.RetryBaseDelay * Math.Pow(2, Math.Min(_waits++, 30));
            if (whole > Limits.RetryMaxDelay) whole = Limits.RetryMaxDelay;
            var wait = whole * (0.5 + (0.5 * jitter()));

            // What the service asks for is the least; the jitter comes on top.
            return retryAfter is { } asked ? asked + (Limits.RetryBaseDelay * jitter()) is var least && least > wait ? least : wait : wait;
        }
    }
}
