namespace PulumiAliyunLive.Live;

/// <summary>The time one resource operation has, and the signal that ends it early. Every wait of the operation goes through it.</summary>
/// <param name="clock">The injected clock; waits take no real time under a test's clock.</param>
/// <param name="limit">How long the operation may take from now on.</param>
/// <param name="cancellation">Cancelled by the engine's Cancel, a reset stream, a <c>grpc-timeout</c> or a signal.</param>
sealed class Deadline(TimeProvider clock, TimeSpan limit, CancellationToken cancellation)
{
    readonly DateTimeOffset _end = clock.GetUtcNow() + limit;

    /// <summary>The limit as it was given, for messages.</summary>
    public TimeSpan Limit { get; } = limit;

    public TimeProvider Clock { get; } = clock;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>What is left; never negative.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _end - Clock.GetUtcNow();
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether a wait of this length would end too late; checked before sleeping, so that no time is slept in vain.</summary>
    public bool EndsWithin(TimeSpan wait) => Remaining <= wait;

    /// <summary>Waits, or throws <see cref="OperationCanceledException"/> at once when the operation is cancelled.</summary>
    public Task DelayAsync(TimeSpan wait) => Task.Delay(wait, Clock, Cancellation);
}
