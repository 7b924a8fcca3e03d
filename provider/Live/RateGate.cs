namespace PulumiAliyunLive.Live;

/// <summary>
/// Lets calls of one operation through so that the service never counts more than its documented number in any sliding second.
/// <para>
/// The service counts a call at some moment between its sending and its answer. So a call holds one of the places from the moment it is let
/// in until a second after its answer; whatever the network does to single requests, a call beyond the number starts at least that second
/// after an earlier one was counted. The first calls pass at once, further ones wait in the order they came.
/// </para>
/// <para>
/// Other processes use the same account. When the service throttles all the same, half the places are taken away at once and given
/// back one by one.
/// </para>
/// </summary>
sealed class RateGate(TimeProvider clock, int callsPerSecond)
{
    readonly Lock _lock = new();
    readonly int _most = callsPerSecond;
    readonly Queue<DateTimeOffset> _cooling = [];
    readonly Queue<Waiter> _waiting = [];
    ITimer? _timer;
    int _inside;
    int _slowed = callsPerSecond;
    DateTimeOffset _slowedAt = DateTimeOffset.MinValue;
    DateTimeOffset _closedUntil = DateTimeOffset.MinValue;

    /// <summary>Calls per second that are let through now.</summary>
    public int Places
    {
        get
        {
            lock (_lock)
            {
                return PlacesAt(clock.GetUtcNow());
            }
        }
    }

    /// <summary>
    /// Waits for a place. Every entry is followed by one <see cref="Leave"/>. False, without waiting, when the turn cannot come within the
    /// time limit, and when it has come too late: then there is nothing to leave.
    /// </summary>
    /// <exception cref="OperationCanceledException">The operation is cancelled.</exception>
    public ValueTask<bool> EnterAsync(Deadline deadline)
    {
        if (deadline.Cancellation.IsCancellationRequested) return ValueTask.FromCanceled<bool>(deadline.Cancellation);
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (deadline.EndsWithin(ShortestWait(now))) return ValueTask.FromResult(false);
            if (_waiting.Count == 0 && HasPlace(now))
            {
                _inside++;
                return ValueTask.FromResult(true);
            }

            var waiter = new Waiter(deadline);
            _waiting.Enqueue(waiter);
            Arm(now);
            return new ValueTask<bool>(waiter.Task);
        }
    }

    /// <summary>A call that was let in has been answered, or given up.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            _inside--;
            _cooling.Enqueue(now);
            LetIn(now);
        }
    }

    /// <summary>The service throttles: fewer calls from now on, and none for as long as it asks.</summary>
    public void SlowDown(TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (retryAfter is { } wait && now + wait > _closedUntil) _closedUntil = now + wait;

            // Calls that were under way together are throttled together; that is one sign, not many.
            if (now - _slowedAt < Limits.RateWindow) return;
            _slowed = Math.Max(1, PlacesAt(now) / 2);
            _slowedAt = now;
        }
    }

    int PlacesAt(DateTimeOffset now) => (int)Math.Min(_most, _slowed + ((now - _slowedAt).Ticks / Limits.RateRecovery.Ticks));

    bool HasPlace(DateTimeOffset now)
    {
        while (_cooling.TryPeek(out var left) && left + Limits.RateWindow <= now) _cooling.Dequeue();
        return now >= _closedUntil && _inside + _cooling.Count < PlacesAt(now);
    }

    /// <summary>The wait of a newcomer if all calls ahead were answered at once; the real one is never shorter.</summary>
    TimeSpan ShortestWait(DateTimeOffset now)
    {
        var rounds = _waiting.Count / _most * Limits.RateWindow;
        return _closedUntil > now ? _closedUntil - now + rounds : rounds;
    }

    void LetIn(DateTimeOffset now)
    {
        while (_waiting.TryPeek(out var waiter))
        {
            if (waiter.Deadline.Remaining == TimeSpan.Zero)
            {
                waiter.End(false);
            }
            else if (!waiter.Task.IsCompleted)
            {
                if (!HasPlace(now)) break;
                if (waiter.End(true)) _inside++;
            }

            _waiting.Dequeue();
        }

        Arm(now);
    }

    /// <summary>Wakes the gate when time alone gives the next place; the end of a call under way wakes it anyhow.</summary>
    void Arm(DateTimeOffset now)
    {
        if (_waiting.Count == 0) return;
        var next = _closedUntil > now ? _closedUntil : _cooling.TryPeek(out var left) ? left + Limits.RateWindow : (DateTimeOffset?)null;
        if (next is null) return;
        _timer ??= clock.CreateTimer(static state => ((RateGate)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(next > now ? next.Value - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    void Wake()
    {
        lock (_lock)
        {
            LetIn(clock.GetUtcNow());
        }
    }

    sealed class Waiter : TaskCompletionSource<bool>
    {
        readonly CancellationTokenRegistration _cancellation;

        public Waiter(Deadline deadline)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            Deadline = deadline;
            _cancellation = deadline.Cancellation.UnsafeRegister(static (state, token) => ((Waiter)state!).TrySetCanceled(token), this);
        }

        public Deadline Deadline { get; }

        /// <summary>False where the operation was cancelled before.</summary>
        public bool End(bool letIn)
        {
            _cancellation.Unregister();
            return TrySetResult(letIn);
        }
    }
}
