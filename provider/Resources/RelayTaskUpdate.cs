using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Carries a <see cref="RelayUpdatePlan"/> out on the task as it is found. Once a Stop of ours may have been carried out, a Restart is always
/// attempted, after a failed update and after a cancellation too; what failed is reported with the state that was reached.
/// </summary>
/// <param name="outputs">The outputs that belong to inputs and a state of the task.</param>
sealed class RelayTaskUpdate(
    RelayTask resource, RelayTaskRun run, RelayUpdatePlan plan, LiveTask before, Func<PropertyMap, LiveTask, PropertyMap> outputs)
{
    /// <summary>Runs the update and returns the task as it is afterwards.</summary>
    public async Task<LiveTask> RunAsync()
    {
        run.Observed = outputs(plan.OldInputs, before);
        run.Pending = plan.Olds[RelayUpdatePlan.PendingKey]?.Text;
        return await run.KeepAsync(run.Observed, plan.OldInputs, async () =>
        {
            var restarted = await ChangeAsync();
            var task = await ReadBackAsync();
            run.Observed = outputs(plan.News, task);
            if (plan.Awaits && (restarted || task.Status != TaskStatus.Offline)) task = await run.AwaitRunningAsync(task);
            return task;
        });
    }

    bool OnAir => before.Status is TaskStatus.Running or TaskStatus.Recovering;

    /// <summary>Whether the task must be stopped first: the program wants it stopped, or the change needs it and preview said so.</summary>
    bool StopsFirst => OnAir
        && (plan.MoveTo == "Stopped" || (plan.OnAirByState && plan.ChangesWhatPlays) || (plan.WantsRestart && HasParameters));

    /// <summary>
    /// Whether the task must be on air afterwards. Decided from the state too, not from the task alone: found offline it may be the rest
    /// of an earlier sequence that was cut off between Stop and Restart.
    /// </summary>
    bool StartsAfter => plan.MoveTo != "Stopped" && before.Status != TaskStatus.Idle
        && (StopsFirst
            || plan.WantsRestart
            || (!OnAir && (plan.MoveTo == "Running" || (plan.OnAirByState && plan.ChangesWhatPlays && plan.Desired != "Stopped"))));

    bool HasParameters => Parameters().Count > 0;

    async Task<bool> ChangeAsync()
    {
        var parameters = Parameters();
        if (plan.MoveTo is not null) run.Pending = plan.MoveTo;
        if (before.Status == TaskStatus.Idle && plan.MoveTo == "Stopped")
        {
            await run.TellStartsByItselfAsync(Times.Parse(before.TaskInfo.Text("StartTime")));
        }

        var stopped = false;
        try
        {
            if (StopsFirst)
            {
                if (StartsAfter) run.Pending = "Running";
                await run.StopAsync();
                stopped = true;
                _ = await run.UntilStoppedAsync(Waiting.ReadBackLimit) ?? throw run.Disappeared("when it was stopped");
            }

            if (parameters.Count > 0) await SendAsync(parameters);
            if (StartsAfter) await run.RestartAsync(run.Deadline);
        }
        catch (Exception failure) when (StopsFirst && StartsAfter)
        {
            if (stopped || MaybeDone(failure) || await IsOffAirAsync()) await RestartAfterFailureAsync();
            else run.Pending = plan.MoveTo;
            throw;
        }

        run.Pending = null;
        return StartsAfter;
    }

    async Task SendAsync(Dictionary<string, string> parameters)
    {
        // Whatever fails from here on, the task has the new values, until a read shows something else.
        var untouched = run.Observed!;
        run.Observed = With(Sent(), untouched);
        try
        {
            await run.UpdateAsync(parameters);
        }
        catch (Exception failure) when (!MaybeDone(failure))
        {
            run.Observed = untouched;
            throw;
        }
    }

    /// <summary>Inputs or outputs with the new values of some fields.</summary>
    PropertyMap With(IEnumerable<Field> fields, PropertyMap values)
    {
        var taken = new PropertyMap(values);
        foreach (var field in fields)
        {
            if (plan.News[field.Name] is { } value) taken[field.Name] = value;
            else taken.Remove(field.Name);
        }

        return taken;
    }

    /// <summary>Whether the call that failed may have been carried out: not where it was refused, or never sent.</summary>
    static bool MaybeDone(Exception failure) => failure switch
    {
        OperationCanceledException => failure is CancelledWhileSentException,
        _ => failure.InnerException is LiveException { MaybeDone: true },
    };

    /// <summary>
    /// Whether a task whose Stop was refused is off air all the same: an earlier try of the call may have been carried out. One on air is left
    /// alone, since a Restart would interrupt it.
    /// </summary>
    async Task<bool> IsOffAirAsync()
    {
        try
        {
            return await run.DescribeAsync("read", Waiting.AfterCancel(run.Deadline)) is { Status: TaskStatus.Offline };
        }
        catch (Exception error) when (error is ProviderException or CredentialsException)
        {
            return false;
        }
    }

    /// <summary>The broadcast comes first: it is put back on air whatever failed, and the failure is told afterwards.</summary>
    async Task RestartAfterFailureAsync()
    {
        try
        {
            await run.RestartAsync(Waiting.AfterCancel(run.Deadline));
            run.Pending = null;
            if (run.Observed is { } observed) run.Observed = new PropertyMap(observed) { ["status"] = nameof(TaskStatus.Running) };
        }
        catch (Exception error) when (error is ProviderException or CredentialsException)
        {
            // The first failure is the one that is told; the pending restart is in the state and the next up does it.
            if (run.Observed is { } observed) run.Observed = new PropertyMap(observed) { ["status"] = nameof(TaskStatus.Offline) };
        }
    }

    /// <summary>
    /// The changed inputs as UpdateLivePullToPush takes them; a removed one is sent as its neutral value, but an offset of 0 is refused.
    /// </summary>
    Dictionary<string, string> Parameters()
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Sent())
        {
            if (RelayUpdatePlan.IsUnsendable(field.Name, plan.News)) continue;
            parameters[field.Parameter!] = plan.News[field.Name] is { } value ? field.ToParameter(value) : "";
        }

        return parameters;
    }

    /// <summary>The changed fields that the service can take now.</summary>
    IEnumerable<Field> Sent() => resource.Fields.Where(field => plan.Changed.Contains(field.Name) && field.Takes switch
    {
        Takes.AtOnce or Takes.WhenStopped => true,
        Takes.BeforeStart => before.Status == TaskStatus.Idle && !plan.Started,
        _ => false,
    });

    /// <summary>Reads the task until it shows what was sent; a field the service did not take is an error that names it.</summary>
    async Task<LiveTask> ReadBackAsync()
    {
        var task = await run.UntilAsync(
            () => run.DescribeAsync("read"),
            found => found is null || (NotTaken(found).Count == 0 && HasMoved(found)),
            Waiting.ReadBackLimit,
            $"waiting for relay task {run.Id} to show the change")
            ?? throw run.Disappeared("during the update");
        var missing = NotTaken(task);
        if (missing.Count == 0) return task;

        run.Observed = outputs(With(Sent().Except(missing), plan.OldInputs), task);
        var reasons = string.Join(" ", missing.Select(Reason));
        throw new ProviderException(ProviderStatus.FailedPrecondition, $"Relay task {run.Id} did not take every change. {reasons}");
    }

    string Reason(Field field)
    {
        if (RelayUpdatePlan.IsUnsendable(field.Name, plan.News))
        {
            return "offset: the service does not take 0, so an offset cannot be taken back; state another one, or replace the task.";
        }

        return OnAir && !StopsFirst
            ? $"{field.Name}: the service ignored the change while the task is on air; changing `restartTriggers` in the same up "
                + "applies it, with an interruption of the push."
            : $"{field.Name}: the service ignored the change.";
    }

    List<Field> NotTaken(LiveTask task) => [.. Sent().Where(field =>
    {
        var shown = field.FromResponse(task.TaskInfo, resource.TypeOf(field));
        var wanted = plan.News[field.Name];
        if (wanted is null || wanted.Number == 0) return shown is not null && shown.Number is null or not 0;
        return shown is null || !resource.Means(field.Name, wanted, shown);
    })];

    /// <summary>Whether a run state that was asked for shows; one that does not within the time is left to the next read.</summary>
    bool HasMoved(LiveTask task) => StartsAfter
        ? task.Status is TaskStatus.Running or TaskStatus.Recovering
        : plan.MoveTo != "Stopped" || !OnAir || task.Status == TaskStatus.Offline;
}
