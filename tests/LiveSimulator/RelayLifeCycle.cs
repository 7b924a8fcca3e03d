namespace LiveSimulator;

/// <summary>
/// The relay tasks and their state machine. No timer runs: <see cref="Advance"/> carries out what is due, in the order of time, whenever
/// somebody looks.
/// <code>
///         start time        error               retries exhausted
///   Idle ────────────► Running ◄────► Recovering ────────────► Offline
///     │                   │  recovers     │                      │ ▲
///     │                   └──── Stop ─────┴──────────────────────┼─┘
///     │                                                Restart ──┘► Running
///     └── any of these: Delete, or the end time ──► Exit
/// </code>
/// </summary>
sealed class RelayLifeCycle
{
    const string PullFailed = "PullStreamFailed";
    const string PushFailed = "PushStreamFailed";
    /// <summary>The reason of what a call has ended.</summary>
    public const string ByUser = "TriggerByUser";

    readonly Dictionary<string, SimulatedTask> _tasks = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<SimulatedTask>> _pushing = new(StringComparer.Ordinal);
    readonly PriorityQueue<(SimulatedTask Task, int Plan), (DateTimeOffset At, int Rank, long Number)> _plans = new();
    readonly List<PushConflict> _conflicts = [];

    public IReadOnlyDictionary<string, SimulatedTask> Tasks => _tasks;

    public IReadOnlyList<PushConflict> Conflicts => _conflicts;

    public SimulatedTask Add(string id, RelayConfig config, DateTimeOffset now)
    {
        var task = new SimulatedTask(id, config, now, _tasks.Count);
        _tasks.Add(id, task);
        task.History.Add(new StateChange(now, RelayState.Idle, "Create"));
        PlanNext(task, now);
        Advance(now);
        return task;
    }

    /// <summary>Carries out everything that is due up to now.</summary>
    public void Advance(DateTimeOffset now)
    {
        while (_plans.TryPeek(out var plan, out var due) && due.At <= now)
        {
            _plans.Dequeue();
            if (plan.Plan == plan.Task.Plan) CarryOut(plan.Task, due.At);
        }
    }

    /// <summary>Running or Recovering becomes Offline; other states stay as they are.</summary>
    public void Stop(SimulatedTask task, DateTimeOffset now)
    {
        if (!task.Pushing) return;
        Change(task, RelayState.Offline, now, "Stop");
        task.InvalidReason = ByUser;
    }

    /// <summary>
    /// Pushing is interrupted, if there is any, and starts with the stored configuration. Idle and Exit stay as they are.
    /// </summary>
    public void Restart(SimulatedTask task, DateTimeOffset now)
    {
        Stop(task, now);
        if (task.State == RelayState.Offline) Run(task, now, "Restart");
        Advance(now);
    }

    public void Delete(SimulatedTask task, DateTimeOffset now) => Exit(task, now, ByUser, "Delete");

    /// <summary>Stores another configuration; what is on air changes with it only where the caller says so.</summary>
    public void Reconfigure(SimulatedTask task, RelayConfig config, bool onAirToo, DateTimeOffset now)
    {
        var addressMoves = task.Pushing && config.DstUrl != task.Config.DstUrl;
        if (addressMoves) Leave(task, now);
        task.Config = config;
        if (addressMoves)
        {
            Enter(task, now);
            if (task is { PushBlocked: true, State: RelayState.Running }) Recover(task, now, PushFailed);
            else ResumeIfPossible(task, now);
        }
        if (task.Pushing && task.Pushes is [.., var push])
            task.Pushes[^1] = onAirToo ? OnAir(task, push.From) : push with { RepeatNumber = config.RepeatNumber };
        PlanNext(task, now);
        Advance(now);
    }

    public void LoseSource(SimulatedTask task, DateTimeOffset now)
    {
        task.SourceLost = true;
        if (task.State == RelayState.Running) Recover(task, now, PullFailed);
        Advance(now);
    }

    public void RestoreSource(SimulatedTask task, DateTimeOffset now)
    {
        task.SourceLost = false;
        ResumeIfPossible(task, now);
    }

    void CarryOut(SimulatedTask task, DateTimeOffset at)
    {
        if (at >= task.Config.EndTime) Exit(task, at, "OverEndTime", "EndTime");
        else if (task.State == RelayState.Idle) Run(task, at, "StartTime");
        else if (task.State == RelayState.Recovering) GiveUp(task, at);
    }

    void Run(SimulatedTask task, DateTimeOffset at, string cause)
    {
        task.InvalidReason = null;
        Change(task, RelayState.Running, at, cause);
        if (task.PushBlocked) Recover(task, at, PushFailed);
        else if (task.SourceLost) Recover(task, at, PullFailed);
    }

    void Recover(SimulatedTask task, DateTimeOffset at, string reason)
    {
        task.InvalidReason = reason;
        task.RetriesEnd = at + task.Config.RetryTime;
        Change(task, RelayState.Recovering, at, reason);
    }

    void GiveUp(SimulatedTask task, DateTimeOffset at) => Change(task, RelayState.Offline, at, task.InvalidReason!);

    // An address that was freed and a source that came back are found at once, not only by the next retry: the simulator's choice.
    void ResumeIfPossible(SimulatedTask task, DateTimeOffset at)
    {
        if (task is not { State: RelayState.Recovering, PushBlocked: false, SourceLost: false }) return;
        task.InvalidReason = null;
        Change(task, RelayState.Running, at, "Recovered");
    }

    void Exit(SimulatedTask task, DateTimeOffset at, string reason, string cause)
    {
        task.ExitTime = at;
        task.ExitReason = reason;
        task.InvalidReason = null;
        Change(task, RelayState.Exit, at, cause);
    }

    void Change(SimulatedTask task, RelayState state, DateTimeOffset at, string cause)
    {
        var wasPushing = task.Pushing;
        task.State = state;
        task.History.Add(new StateChange(at, state, cause));
        if (wasPushing && !task.Pushing)
        {
            task.Pushes[^1] = task.Pushes[^1] with { To = at };
            Leave(task, at);
        }
        else if (!wasPushing && task.Pushing)
        {
            task.Pushes.Add(OnAir(task, at));
            Enter(task, at);
        }
        PlanNext(task, at);
    }

    static PushPeriod OnAir(SimulatedTask task, DateTimeOffset from)
    {
        var config = task.Config;
        return new PushPeriod(from, null, config.DstUrl, config.SourceUrls, config.FileIndex, config.Offset, config.RepeatNumber);
    }

    void Enter(SimulatedTask task, DateTimeOffset at)
    {
        var address = task.Config.DstUrl;
        if (!_pushing.TryGetValue(address, out var others)) _pushing.Add(address, others = []);
        foreach (var other in others) _conflicts.Add(new PushConflict(at, address, task.Id, other.Id));
        task.PushBlocked = others.Count > 0;
        others.Add(task);
    }

    void Leave(SimulatedTask task, DateTimeOffset at)
    {
        var others = _pushing[task.Config.DstUrl];
        others.Remove(task);
        task.PushBlocked = false;
        if (others.Count == 0) _pushing.Remove(task.Config.DstUrl);
        else if (others.TrueForAll(other => other.PushBlocked))
        {
            others[0].PushBlocked = false;
            ResumeIfPossible(others[0], at);
        }
    }

    // What was due before now, such as a start time in the past, is due now.
    void PlanNext(SimulatedTask task, DateTimeOffset now)
    {
        task.Plan++;
        var end = task.Config.EndTime;
        var next = task.State switch
        {
            RelayState.Idle => Earlier(task.Config.StartTime, end),
            RelayState.Recovering => Earlier(task.RetriesEnd, end),
            RelayState.Running or RelayState.Offline => end,
            _ => (DateTimeOffset?)null,
        };
        // What ends at a moment makes room before what begins at it.
        if (next is not { } at) return;
        var rank = task.State == RelayState.Idle && at < end ? 1 : 0;
        _plans.Enqueue((task, task.Plan), (at > now ? at : now, rank, task.Number));
    }

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
