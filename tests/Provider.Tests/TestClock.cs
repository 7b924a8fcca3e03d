namespace PulumiAliyunLive.Tests;

/// <summary>
/// A clock for tests that never makes anybody wait. It stands still until somebody waits on it; then it jumps to the earliest moment that
/// is waited for and wakes the waiter, again and again, in the order of the moments. Waits that are started together and must not overtake
/// each other are started under <see cref="Hold"/>.
/// <para>
/// Only waits belong on it. A guard such as "cancel after five minutes" would be jumped to like any other wait; guards over real
/// input and output take real time.
/// </para>
/// </summary>
sealed class TestClock(DateTimeOffset start) : TimeProvider
{
    /// <summary>Turns given to other work before each jump, so that a waiter just woken can start its next, perhaps earlier, wait.</summary>
    const int LeastTurns = 4;

    /// <summary>Turns after which a jump is made although other work, perhaps of other tests, is still queued.</summary>
    const int MostTurns = 200;

    readonly Lock _lock = new();
    readonly List<Timer> _pending = [];
    readonly DateTimeOffset _start = start;
    DateTimeOffset _now = start;
    long _sequence;
    int _holds;
    bool _pumping;

    public TestClock()
        : this(Start)
    {
    }

    /// <summary>Where every clock begins that is not told otherwise.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>How far the clock has gone since its start.</summary>
    public TimeSpan Elapsed => GetUtcNow() - _start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>Moves the clock, waking on the way whoever waits for a moment that is passed, in the order of the moments.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = GetUtcNow() + by;
        while (TakeEarliest(until, alsoPeriodic: true) is { } timer) timer.Fire();

        lock (_lock)
        {
            if (_now < until) _now = until;
        }
    }

    /// <summary>Keeps the clock from jumping until the result is disposed of, for a test that starts several waits at one moment.</summary>
    public IDisposable Hold()
    {
        lock (_lock)
        {
            _holds++;
        }

        return new Release(this);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    void Schedule(Timer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _pending.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan) return;

            timer.Due = _now + dueTime;
            timer.Period = period > TimeSpan.Zero ? period : null;
            timer.Sequence = _sequence++;
            _pending.Add(timer);
        }

        StartPump();
    }

    void Remove(Timer timer)
    {
        lock (_lock)
        {
            _pending.Remove(timer);
        }
    }

    void StartPump()
    {
        lock (_lock)
        {
            if (_pumping || _holds > 0) return;
            _pumping = true;
        }

        _ = Task.Run(PumpAsync);
    }

    async Task PumpAsync()
    {
        while (true)
        {
            for (var turn = 0; turn < LeastTurns || (turn < MostTurns && ThreadPool.PendingWorkItemCount > 0); turn++) await Task.Yield();

            var timer = TakeEarliest(DateTimeOffset.MaxValue, alsoPeriodic: false, stopPumpWhenNone: true);
            if (timer is null) return;
            timer.Fire();
        }
    }

    /// <summary>Sets the clock to the earliest moment waited for and returns its waiter; a repeating timer alone never drives the clock.</summary>
    Timer? TakeEarliest(DateTimeOffset until, bool alsoPeriodic, bool stopPumpWhenNone = false)
    {
        lock (_lock)
        {
            var target = stopPumpWhenNone && _holds > 0
                ? null
                : _pending.Where(timer => timer.Due <= until && (alsoPeriodic || timer.Period is null)).MinBy(timer => (timer.Due, timer.Sequence));
            if (target is null)
            {
                if (stopPumpWhenNone) _pumping = false;
                return null;
            }

            // A repeating timer that is due earlier than the target goes first.
            var earliest = _pending.MinBy(timer => (timer.Due, timer.Sequence))!;
            if (earliest.Due > _now) _now = earliest.Due;
            _pending.Remove(earliest);
            if (earliest.Period is { } period)
            {
                earliest.Due += period;
                earliest.Sequence = _sequence++;
                _pending.Add(earliest);
            }

            return earliest;
        }
    }

    sealed class Timer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        bool _disposed;

        public DateTimeOffset Due { get; set; }

        public TimeSpan? Period { get; set; }

        public long Sequence { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            clock.Schedule(this, dueTime, period);
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            clock.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    sealed class Release(TestClock clock) : IDisposable
    {
        int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) != 0) return;
            lock (clock._lock)
            {
                clock._holds--;
            }

            clock.StartPump();
        }
    }
}
