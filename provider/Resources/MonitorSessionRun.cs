using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>One operation on one monitor session: the calls and waits it is made of, with their failures told in the session's name.</summary>
sealed class MonitorSessionRun(Session session, Deadline deadline, string urn, string id)
{
    /// <summary>How often a refused deletion stops the session again before it gives up.</summary>
    const int MaxDeleteTries = 5;

    /// <summary>The session as it was last seen.</summary>
    public LiveMonitor? Seen { get; set; }

    /// <summary>Whether the program wants the session stopped already, so that it was started elsewhere if it runs.</summary>
    public bool ToBeStopped { get; init; }

    /// <summary>What to do when a running session refuses or ignores a change; it is never stopped unasked.</summary>
    string HowToStop => (Seen?.Running, ToBeStopped) switch
    {
        (true, false) => " It is running; to change it while stopped, set `desiredStatus: Stopped`, run up, and set `desiredStatus: Running` again.",
        (true, true) => " It was started elsewhere and is running; run `pulumi refresh`, and the next up stops it as `desiredStatus` says and then changes it.",
        _ => "",
    };

    /// <summary>Runs what follows once the session exists; whatever fails, id and outputs are kept.</summary>
    public Task<T> KeepAsync<T>(Func<PropertyMap> outputs, PropertyMap inputs, Func<Task<T>> rest) =>
        PartialFailure.KeepAsync(id, $"monitor session {id}", outputs, inputs, rest);

    /// <summary>The session; null when the service does not know it. The listing's filter may be fuzzy, so ids are compared.</summary>
    public async Task<LiveMonitor?> DescribeAsync(string verb)
    {
        try
        {
            if (session.Listings is { } listings && await listings.FindMonitorAsync(id, deadline) is { } listed) return listed;
            var page = await session.Client.DescribeLiveStreamMonitorListAsync(id, 1, Limits.MonitorPageSize, deadline);
            if (page.LiveStreamMonitorList.FirstOrDefault(monitor => monitor.MonitorId == id) is { } found) return found;
            if (page.Total <= page.LiveStreamMonitorList.Count) return null;
            return (await session.Client.ListLiveStreamMonitorsAsync(deadline)).FirstOrDefault(monitor => monitor.MonitorId == id);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
        {
            return null;
        }
        catch (LiveException error)
        {
            throw error.Explain($"{verb} monitor session {id}");
        }
    }

    public Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isDone, TimeSpan limit, string progress) =>
        Waiting.UntilAsync(ask, isDone, limit, deadline, session.Log, urn, progress);

    /// <summary>
    /// The session; null when the service does not know it. Only the listing can tell, which may lag behind a creation of a moment ago or
    /// miss something for once: what the state knows is gone only if it stays away from several looks. One that is there costs one look.
    /// </summary>
    /// <param name="isKnown">Whether the session was there once; false for one that somebody names.</param>
    public Task<LiveMonitor?> FindAsync(string verb, bool isKnown) => isKnown
        ? UntilAsync(
            () => DescribeAsync(verb), found => found is not null, Waiting.ReadBackLimit, $"waiting for monitor session {id} to be listed")
        : DescribeAsync(verb);

    /// <summary>A session that was just created; the service may need a moment to know it.</summary>
    public async Task<LiveMonitor> DescribeNewAsync() =>
        await FindAsync("read", isKnown: true)
        ?? throw new ProviderException(
            ProviderStatus.NotFound, $"Monitor session {id} was created, but the service does not know it yet. Run up again; it continues with this session.");

    /// <summary>Starts monitoring; a session that runs already is as good.</summary>
    public async Task<LiveMonitor> StartAsync()
    {
        await CallAsync(session.Client.StartLiveStreamMonitorAsync, "start");
        return await MovedAsync(running: true);
    }

    /// <summary>Ends monitoring; a session that has stopped already is as good.</summary>
    public async Task<LiveMonitor> StopAsync()
    {
        await CallAsync(session.Client.StopLiveStreamMonitorAsync, "stop");
        return await MovedAsync(running: false);
    }

    // A call that the service has just taken proves that the session exists: a listing without it lags, unless it stays so.
    async Task<LiveMonitor> MovedAsync(bool running)
    {
        var verb = running ? "start" : "stop";
        var monitor = await UntilAsync(
            () => DescribeAsync("read"),
            found => found?.Running == running,
            Waiting.ReadBackLimit,
            $"waiting for monitor session {id} to {verb}");
        return monitor switch
        {
            null => throw Disappeared($"when it was to {verb}"),
            _ when monitor.Running != running => throw new ProviderException(
                ProviderStatus.DeadlineExceeded, $"Monitor session {id} took the call to {verb}, but did not {verb}. The next up tries again."),
            _ => monitor,
        };
    }

    async Task CallAsync(Func<string, Deadline, Task> call, string verb)
    {
        try
        {
            await call(id, deadline);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.AlreadySo)
        {
            await TellTakenAsSuccessAsync(error);
        }
        catch (LiveException error)
        {
            throw error.Explain($"{verb} monitor session {id}");
        }
    }

    ValueTask TellTakenAsSuccessAsync(LiveException error) =>
        session.Log.LogAsync(LogSeverity.Debug, $"monitor session {id}: {error.Message}; taken as success", urn);

    /// <param name="names">The inputs that change, for what is told of a failure.</param>
    public async Task UpdateAsync(IReadOnlyDictionary<string, string> parameters, IEnumerable<string> names)
    {
        try
        {
            await session.Client.UpdateLiveStreamMonitorAsync(id, parameters, deadline);
        }
        catch (LiveException error)
        {
            var advice = error.Kind == LiveErrorKind.NotAllowed ? HowToStop : "";
            var text = ErrorTexts.Text(error, $"change {string.Join(", ", names)} of monitor session {id}");
            throw new ProviderException(ProviderStatus.FailedPrecondition, text + advice, error);
        }
    }

    /// <summary>The session once it shows a change, or as it is when it still does not after a while.</summary>
    public async Task<LiveMonitor> ReadBackAsync(Func<LiveMonitor, bool> shows) =>
        await UntilAsync(
            () => DescribeAsync("read"),
            found => found is not null && shows(found),
            Waiting.ReadBackLimit,
            $"waiting for monitor session {id} to show the change")
        ?? throw Disappeared("during the update");

    ProviderException Disappeared(string when) =>
        new(ProviderStatus.FailedPrecondition, $"Monitor session {id} disappeared {when}. Run `pulumi refresh` to see what is left.");

    /// <summary>The failure of a change that the service confirmed and did not make.</summary>
    public ProviderException Ignored(IEnumerable<string> names, IEnumerable<string> removed)
    {
        var kept = string.Join(", ", removed);
        var advice = kept.Length > 0 ? $" If {kept} cannot be taken out of a session, `pulumi up --replace '{urn}'` makes a new one without." : "";
        return new(
            ProviderStatus.FailedPrecondition,
            $"Monitor session {id} did not take every change: the service ignored {string.Join(", ", names)}.{HowToStop}{advice}");
    }

    /// <summary>Stops and deletes the session and waits until it is gone. A deletion refused because it still runs is tried again after another stop.</summary>
    public async Task DeleteAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            LiveException? refusedStop = null;
            try
            {
                await session.Client.StopLiveStreamMonitorAsync(id, deadline);
            }
            catch (LiveException error) when (error.Kind is LiveErrorKind.AlreadySo or LiveErrorKind.Gone)
            {
                await TellTakenAsSuccessAsync(error);
            }
            catch (LiveException error) when (error.Kind is not (LiveErrorKind.Denied or LiveErrorKind.Credentials or LiveErrorKind.Expired))
            {
                refusedStop = error;
            }
            catch (LiveException error)
            {
                throw error.Explain($"stop monitor session {id}");
            }

            try
            {
                await session.Client.DeleteLiveStreamMonitorAsync(id, deadline);
                break;
            }
            catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
            {
                await TellTakenAsSuccessAsync(error);
                return;
            }
            catch (LiveException error)
                when (error.Kind is LiveErrorKind.NotAllowed or LiveErrorKind.Invalid && attempt < MaxDeleteTries && !deadline.EndsWithin(Pause))
            {
                await session.Log.LogAsync(LogSeverity.Info, $"monitor session {id} may be running again, stopping it once more", urn, ephemeral: true);
                await deadline.DelayAsync(Pause);
            }
            catch (LiveException error)
            {
                throw error.Explain($"delete monitor session {id}{(refusedStop is null ? "" : $" (stopping it failed before: {refusedStop.Message})")}");
            }
        }

        if (await UntilAsync(() => DescribeAsync("read"), found => found is null, deadline.Limit, $"waiting for monitor session {id} to be gone") is not null)
        {
            throw new ProviderException(
                ProviderStatus.DeadlineExceeded,
                $"Monitor session {id} was deleted, but after {deadline.Limit.TotalSeconds:0} s the service still shows it. Run destroy again.");
        }
    }

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
}
