using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>One operation on one relay task: the calls and waits it is made of, with their failures told in the task's name.</summary>
/// <param name="stateId">The resource's id, which an update cannot change.</param>
/// <param name="start">The task as the state names it.</param>
sealed class RelayTaskRun(Session session, Deadline deadline, string urn, string stateId, RelayTaskId start)
{
    /// <summary>A start this near is waited for; a later one is left to the task itself.</summary>
    static readonly TimeSpan DueWithin = TimeSpan.FromSeconds(90);

    public Deadline Deadline => deadline;

    /// <summary>The task; a restart may give it another id.</summary>
    public RelayTaskId Id { get; private set; } = start;

    /// <summary>The last state that was seen, for what is reported of a failure.</summary>
    public PropertyMap? Observed { get; set; }

    /// <summary>What the next update still has to bring about, should this operation fail: <c>Running</c> or <c>Stopped</c>.</summary>
    public string? Pending { get; set; }

    /// <summary>Runs what follows once the task exists; see <see cref="PartialFailure"/>.</summary>
    public Task<T> KeepAsync<T>(PropertyMap known, PropertyMap inputs, Func<Task<T>> rest) =>
        PartialFailure.KeepAsync(stateId, $"relay task {Id}", () => WithPending(Observed ?? known), inputs, rest);

    PropertyMap WithPending(PropertyMap seen)
    {
        // A restart may have given the task another id, by which alone it is found again.
        var outputs = new PropertyMap(seen) { ["taskId"] = Id.TaskId };
        if (Pending is null) outputs.Remove(RelayUpdatePlan.PendingKey);
        else outputs[RelayUpdatePlan.PendingKey] = Pending;
        return outputs;
    }

    /// <summary>The task; null when the service does not know it.</summary>
    /// <param name="limit">A time limit of its own, after a cancellation; null: the operation's.</param>
    public async Task<LiveTask?> DescribeAsync(string verb, Deadline? limit = null)
    {
        var until = limit ?? deadline;
        try
        {
            return (session.Listings is { } listings ? await listings.FindTaskAsync(Id.Region, Id.TaskId, until) : null)
                ?? await session.Client.DescribeLivePullToPushAsync(Id.Region, Id.TaskId, until);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
        {
            return null;
        }
        catch (LiveException error)
        {
            throw error.Explain($"{verb} relay task {Id}");
        }
    }

    /// <summary>A task that was just created; the service may need a moment to know it.</summary>
    public async Task<LiveTask> DescribeNewAsync()
    {
        var task = await UntilAsync(
            () => DescribeAsync("read"), found => found is not null, Waiting.ReadBackLimit, "waiting for the new task to be known");
        return task ?? throw new ProviderException(
            ProviderStatus.NotFound,
            $"Relay task {Id} was created, but the service does not know it yet. Run up again; it continues with this task.");
    }

    /// <summary>Waits with progress shown; see <see cref="Waiting.UntilAsync"/>.</summary>
    public Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isDone, TimeSpan limit, string progress) =>
        Waiting.UntilAsync(ask, isDone, limit, deadline, session.Log, urn, progress);

    /// <summary>Waits until the task is on air, where its start is due. Offline ends the wait at once, Recovering does not.</summary>
    public async Task<LiveTask> AwaitRunningAsync(LiveTask task)
    {
        if (!IsDue(task)) return task;
        Pending = "Running";
        var last = task.Status == TaskStatus.Running
            ? task
            : await WaitForAsync(found => found.Status is not (TaskStatus.Idle or TaskStatus.Recovering), "to go on air");
        if (last.Status != TaskStatus.Running) throw NotOnAir(last);
        Pending = null;
        return last;
    }

    ProviderException NotOnAir(LiveTask task)
    {
        var reason = task.TaskInvalidReason is { Length: > 0 } words ? $", reason {words}" : "";
        var advice = task.Status == TaskStatus.Offline
            ? "Check that the source can be pulled and the destination accepts the push; the next up restarts the task and waits again."
            : "It goes on trying; the next up waits again. Raise `customTimeouts` to wait longer.";
        return new(
            ProviderStatus.DeadlineExceeded,
            $"Relay task {Id} did not go on air within {Limit}, as `awaitRunning` demands: it is {task.Status}{reason}. {advice}");
    }

    /// <summary>Whether the task's start has come or is near.</summary>
    bool IsDue(LiveTask task) =>
        task.Status != TaskStatus.Idle || !(Times.Parse(task.TaskInfo.Text("StartTime")) > session.Now + DueWithin);

    string Limit => $"{deadline.Limit.TotalSeconds:0} s";

    /// <summary>Brings a new task to a stop: one that is due as soon as it has started; any other is left, and told of.</summary>
    public async Task<LiveTask> StopOnceStartedAsync(LiveTask task, DateTimeOffset start)
    {
        if (!IsDue(task))
        {
            await TellStartsByItselfAsync(start);
            return task;
        }

        Pending = "Stopped";
        if (task.Status == TaskStatus.Idle)
        {
            task = await WaitForAsync(found => found.Status != TaskStatus.Idle, "to start, so that it can be stopped");
        }

        if (task.Status == TaskStatus.Idle)
        {
            throw new ProviderException(
                ProviderStatus.DeadlineExceeded,
                $"Relay task {Id} has not started within {Limit}, so it could not be stopped; the next up tries again.");
        }

        if (task.Status is TaskStatus.Running or TaskStatus.Recovering)
        {
            task = await StopSurelyAsync("up") ?? throw Disappeared("when it was stopped");
        }

        Pending = null;
        return task;
    }

    public ValueTask TellStartsByItselfAsync(DateTimeOffset? start) => session.Log.LogAsync(
        LogSeverity.Info,
        "a relay task cannot be stopped before it starts: this one starts by itself at "
        + $"{(start is { } time ? Times.ToText(time) : "its start time")}, and the next up after that stops it",
        urn);

    async Task<LiveTask> WaitForAsync(Func<LiveTask, bool> isDone, string what) =>
        await UntilAsync(
            () => DescribeAsync("read"),
            found => found is null or { Status: TaskStatus.Exit } || isDone(found),
            deadline.Limit,
            $"waiting for relay task {Id} {what}")
        ?? throw Disappeared($"while waiting for it {what}");

    /// <summary>The task is gone in the middle of an operation on it.</summary>
    public ProviderException Disappeared(string when) => new(
        ProviderStatus.FailedPrecondition, $"Relay task {Id} disappeared {when}. Run `pulumi refresh`; the next up makes a new one.");

    /// <summary>Stops the task; one that has stopped already is as good, and one that is gone is found out by whoever looks next.</summary>
    public async Task StopAsync()
    {
        try
        {
            await session.Client.StopLivePullToPushAsync(Id.Region, Id.TaskId, deadline);
        }
        catch (LiveException error) when (error.Kind is LiveErrorKind.AlreadySo or LiveErrorKind.Gone)
        {
            await TellAlreadySoAsync(error);
        }
        catch (LiveException error)
        {
            throw error.Explain($"stop relay task {Id}");
        }
    }

    ValueTask TellAlreadySoAsync(LiveException error) =>
        session.Log.LogAsync(LogSeverity.Debug, $"relay task {Id}: {error.Message}; taken as success", urn);

    /// <summary>Waits for a stop to show; null where the task is gone, and still on air where it does not show in time.</summary>
    public Task<LiveTask?> UntilStoppedAsync(TimeSpan limit) => UntilAsync(
        () => DescribeAsync("read"),
        found => found is null or { Status: TaskStatus.Offline or TaskStatus.Exit },
        limit,
        $"waiting for relay task {Id} to stop");

    /// <summary>Stops the task, and fails where that does not show; null where the task is gone.</summary>
    /// <param name="command">What to run again then.</param>
    async Task<LiveTask?> StopSurelyAsync(string command)
    {
        await StopAsync();
        var task = await UntilStoppedAsync(deadline.Limit);
        return task is null or { Status: TaskStatus.Offline or TaskStatus.Exit }
            ? task
            : throw new ProviderException(
                ProviderStatus.DeadlineExceeded,
                $"Relay task {Id} was stopped, but after {Limit} the service still shows it as {task.Status}. Run {command} again.");
    }

    /// <summary>Restarts the task.</summary>
    /// <param name="limit">The operation's own time, or a fresh one after a cancellation.</param>
    public async Task RestartAsync(Deadline limit)
    {
        try
        {
            Id = Id with { TaskId = await session.Client.RestartLivePullToPushAsync(Id.Region, Id.TaskId, limit) };
        }
        catch (LiveException error)
        {
            throw error.Explain($"restart relay task {Id}");
        }
    }

    public async Task UpdateAsync(IReadOnlyDictionary<string, string> parameters)
    {
        try
        {
            await session.Client.UpdateLivePullToPushAsync(Id.Region, Id.TaskId, parameters, deadline);
        }
        catch (LiveException error)
        {
            throw error.Explain($"update relay task {Id}");
        }
    }

    /// <summary>
    /// Leaves the task stopped, for <c>onDelete: Stop</c>. False where it waits for its start: it would start by itself, so it is to be
    /// deleted.
    /// </summary>
    public async Task<bool> StopForGoodAsync()
    {
        switch (await DescribeAsync("stop"))
        {
            case null or { Status: TaskStatus.Exit or TaskStatus.Offline }:
                return true;
            case { Status: TaskStatus.Idle }:
                await session.Log.LogAsync(
                    LogSeverity.Warning,
                    $"relay task {Id} has not started and would start by itself, so it is deleted in spite of `onDelete: Stop`",
                    urn);
                return false;
            default:
                await StopSurelyAsync("destroy");
                return true;
        }
    }

    /// <summary>
    /// Stops and deletes the task and waits until it is gone. Stop alone would leave an idle task to start later and cost money.
    /// </summary>
    public async Task DeleteAsync()
    {
        LiveException? refusedStop = null;
        try
        {
            await session.Client.StopLivePullToPushAsync(Id.Region, Id.TaskId, deadline);
        }
        catch (LiveException error) when (error.Kind is LiveErrorKind.AlreadySo or LiveErrorKind.Gone)
        {
            await TellAlreadySoAsync(error);
        }
        catch (LiveException error) when (error.Kind is not (LiveErrorKind.Denied or LiveErrorKind.Credentials or LiveErrorKind.Expired))
        {
            // Delete stops the task too; only if that fails as well is this worth telling.
            refusedStop = error;
        }
        catch (LiveException error)
        {
            throw error.Explain($"stop relay task {Id}");
        }

        try
        {
            await session.Client.DeleteLivePullToPushAsync(Id.Region, Id.TaskId, deadline);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
        {
            await TellAlreadySoAsync(error);
            return;
        }
        catch (LiveException error)
        {
            var before = refusedStop is null ? "" : $" (stopping it failed before: {refusedStop.Message})";
            throw error.Explain($"delete relay task {Id}{before}");
        }

        var left = await UntilAsync(
            () => DescribeAsync("read"),
            found => found is null or { Status: TaskStatus.Exit },
            deadline.Limit,
            $"waiting for relay task {Id} to be gone");
        if (left is not (null or { Status: TaskStatus.Exit }))
        {
            throw new ProviderException(
                ProviderStatus.DeadlineExceeded,
                $"Relay task {Id} was deleted, but after {Limit} the service still shows it as {left.Status}. Run destroy again.");
        }
    }
}
