using System.Collections.Immutable;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Creates a relay task exactly once. The service has no client token and bills every task, so a look-up before the call refuses a
/// destination in use, and a lost answer is resolved by looking for the task before anything is tried again.
/// </summary>
/// <param name="parameters">Everything CreateLivePullToPush takes but <c>StartTime</c>.</param>
sealed class RelayTaskCreation(Session session, Deadline deadline, string urn, string region, IReadOnlyDictionary<string, string> parameters)
{
    /// <summary>How far in the future a task that shall start now is put, so that the request still arrives in time.</summary>
    static readonly TimeSpan StartLead = TimeSpan.FromSeconds(10);

    /// <summary>The lead of the second try, after the first was refused as past.</summary>
    static readonly TimeSpan LargerStartLead = TimeSpan.FromSeconds(60);

    const int MaxTries = 3;

    readonly string _attempt = $"create relay task {parameters["TaskName"]} in {region}";

    /// <summary>Runs the look-up and the call; returns the task's id and the start time it was given.</summary>
    /// <param name="statedStart">The start the program states; null: now.</param>
    public async Task<(RelayTaskId Id, DateTimeOffset Start)> RunAsync(DateTimeOffset? statedStart, DateTimeOffset end)
    {
        var seen = await LookUpAsync(statedStart, end);
        var start = statedStart ?? Whole(session.Now + StartLead);
        try
        {
            return (await CreateAsync(start, seen), start);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Invalid && !error.MaybeDone && IsPast(error, start))
        {
            start = Whole(session.Now + LargerStartLead);
            await session.Log.LogAsync(LogSeverity.Info, $"the service refused the start time as past; starting at {Times.ToText(start)}", urn);
            return (await Explained(() => CreateAsync(start, seen)), start);
        }
        catch (LiveException error)
        {
            throw error.Explain(_attempt);
        }
    }

    /// <summary>Only a start that is now or earlier can have been refused for being past; a refusal of anything else is told as it is.</summary>
    bool IsPast(LiveException error, DateTimeOffset start) =>
        error.Code.Contains("IllegalDuration", StringComparison.Ordinal) && start <= session.Now + StartLead;

    static DateTimeOffset Whole(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));

    /// <summary>Refuses when a live task pushes to the same address at the same time; returns the ids of all tasks of that destination.</summary>
    async Task<ImmutableHashSet<string>> LookUpAsync(DateTimeOffset? statedStart, DateTimeOffset end)
    {
        var destination = parameters["DstUrl"];
        IReadOnlyList<LiveTask> listed;
        try
        {
            listed = await session.Client.ListLivePullToPushAsync(region, new Dictionary<string, string>(StringComparer.Ordinal) { ["DstUrl"] = destination }, deadline);
        }
        catch (LiveException error)
        {
            throw error.Explain($"{_attempt}: looking for tasks that already push to its destination");
        }

        var start = statedStart ?? session.Now;
        var sameDestination = listed.Where(task => task.TaskInfo.Text("DstUrl") == destination).ToList();
        foreach (var task in sameDestination.Where(task => IsLive(task) && Overlaps(task, start, end)))
        {
            if (await ConfirmAsync(task.TaskId) is { } other && IsLive(other) && other.TaskInfo.Text("DstUrl") == destination && Overlaps(other, start, end))
            {
                throw new ProviderException(ProviderStatus.FailedPrecondition, Conflict(other));
            }
        }

        return [.. sameDestination.Select(task => task.TaskId)];
    }

    string Conflict(LiveTask other) =>
        $"Could not {_attempt}: task {region}/{other.TaskId} (`{other.TaskInfo.Text("TaskName")}`) pushes to the same destination from "
        + $"{other.TaskInfo.Text("StartTime")} to {other.TaskInfo.Text("EndTime")}, and two tasks may not push to one address at the same time. "
        + "Nothing was created. If this run replaces that task, set the resource option `deleteBeforeReplace: true`; if the resource was renamed, "
        + "give it `aliases`; if two tasks swap their destinations, do it in two runs, over a third address; if the task is a left-over that this resource shall "
        + $"manage, import it: pulumi import aliyun-live:index:RelayTask <name> {region}/{other.TaskId}";

    async Task<LiveTask?> ConfirmAsync(string taskId)
    {
        try
        {
            return await session.Client.DescribeLivePullToPushAsync(region, taskId, deadline);
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
        {
            return null;
        }
        catch (LiveException error)
        {
            throw error.Explain($"{_attempt}: asking for task {taskId} of the same destination");
        }
    }

    static bool IsLive(LiveTask task) => task.Status is TaskStatus.Idle or TaskStatus.Running or TaskStatus.Recovering;

    static bool Overlaps(LiveTask task, DateTimeOffset start, DateTimeOffset end)
    {
        var otherStart = Times.Parse(task.TaskInfo.Text("StartTime")) ?? DateTimeOffset.MinValue;
        var otherEnd = Times.Parse(task.TaskInfo.Text("EndTime")) ?? DateTimeOffset.MaxValue;
        return otherStart < end && start < otherEnd;
    }

    async Task<RelayTaskId> CreateAsync(DateTimeOffset start, ImmutableHashSet<string> seen)
    {
        var request = new Dictionary<string, string>(parameters, StringComparer.Ordinal) { ["StartTime"] = Times.ToText(start) };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new(region, await session.Client.CreateLivePullToPushAsync(region, request, deadline));
            }
            catch (LiveException error) when (error.MaybeDone)
            {
                await session.Log.LogAsync(LogSeverity.Info, $"the answer to {error.Operation} was lost; looking whether the task was created", urn);
                if (await AdoptAsync(request, seen, deadline) is { } id) return id;
                if (attempt == MaxTries || deadline.Remaining == TimeSpan.Zero) throw;
            }
            catch (OperationCanceledException)
            {
                // The request may have arrived before it was cut off: a task that exists must be reported, whoever is in a hurry.
                var grace = new Deadline(deadline.Clock, Waiting.AfterCancelLimit, CancellationToken.None);
                if (await AdoptAsync(request, seen, grace) is { } id) return id;
                throw;
            }
        }
    }

    /// <summary>Looks for the one task that this call made: the same in everything, and not seen before the call.</summary>
    async Task<RelayTaskId?> AdoptAsync(Dictionary<string, string> request, ImmutableHashSet<string> seen, Deadline limit)
    {
        var filter = new Dictionary<string, string>(StringComparer.Ordinal) { ["TaskName"] = request["TaskName"] };
        var found = await Waiting.UntilAsync(
            async () => (await session.Client.ListLivePullToPushAsync(region, filter, limit)).Where(task => !seen.Contains(task.TaskId) && IsMade(task, request)).ToList(),
            tasks => tasks.Count > 0,
            Waiting.ReadBackLimit,
            limit,
            session.Log,
            urn,
            "looking for the task whose creation was not confirmed");
        return found switch
        {
            [] => null,
            [var task] => new RelayTaskId(region, task.TaskId),
            _ => throw new ProviderException(
                ProviderStatus.Unknown,
                $"The answer that should confirm how to {_attempt} was lost, and {found.Count} tasks look like it: {string.Join(", ", found.Select(task => task.TaskId))}. "
                + $"Keep one and delete the others, then import it: pulumi import aliyun-live:index:RelayTask <name> {region}/<taskId>"),
        };
    }

    static bool IsMade(LiveTask task, Dictionary<string, string> request)
    {
        var info = task.TaskInfo;
        return task.Status != TaskStatus.Exit
            && info.Text("TaskName") == request["TaskName"]
            && info.Text("DstUrl") == request["DstUrl"]
            && info.Text("SourceType") == request["SourceType"]
            && Times.Parse(info.Text("StartTime")) == Times.Parse(request["StartTime"])
            && Times.Parse(info.Text("EndTime")) == Times.Parse(request["EndTime"])
            && info.TextList("SourceUrls") is { } urls && RelayTask.SourceUrls.ToParameter(PropertyValue.Of(urls.Select(url => (PropertyValue)url))) == request["SourceUrls"];
    }

    async Task<T> Explained<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (LiveException error)
        {
            throw error.Explain(_attempt);
        }
    }
}
