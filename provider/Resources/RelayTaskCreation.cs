using System.Collections.Immutable;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// Creates a relay task exactly once. The service has no client token and bills every task, so a look-up before the call refuses a
/// destination in use, and a lost answer is resolved by looking for the task; see <see cref="ExactlyOnce"/>.
/// </summary>
/// <param name="name">As the program states it, with its mark if it is a secret.</param>
/// <param name="parameters">Everything CreateLivePullToPush takes but <c>StartTime</c>.</param>
sealed class RelayTaskCreation(
    Session session, Deadline deadline, string urn, string region, PropertyValue name, IReadOnlyDictionary<string, string> parameters)
{
    /// <summary>How far in the future a task that shall start now is put, so that the request still arrives in time.</summary>
    static readonly TimeSpan StartLead = TimeSpan.FromSeconds(10);

    /// <summary>The lead of the second try, after the first was refused as past.</summary>
    static readonly TimeSpan LargerStartLead = TimeSpan.FromSeconds(60);

    readonly string _attempt = $"create relay task {ErrorTexts.Name(name)} in {region}";

    /// <summary>Every start time that was sent: the task of a lost answer has one of them.</summary>
    readonly HashSet<DateTimeOffset> _starts = [];

    /// <summary>Runs the look-up and the call; returns the task's id and the start time that was last sent.</summary>
    /// <param name="statedStart">The start the program states; null: now.</param>
    public async Task<(RelayTaskId Id, DateTimeOffset Start)> RunAsync(DateTimeOffset? statedStart, DateTimeOffset end)
    {
        var seen = await LookUpAsync(statedStart, end);
        var start = statedStart ?? Whole(session.Now + StartLead);
        var once = new ExactlyOnce(
            session, deadline, urn, _attempt, "task", "getRelayTasks", $"pulumi import aliyun-live:index:RelayTask <name> {region}/<taskId>",
            limit => MadeSinceAsync(seen, limit), (taskId, limit) => session.Client.DeleteLivePullToPushAsync(region, taskId, limit));
        try
        {
            var taskId = await once.RunAsync(async () =>
            {
                try
                {
                    return await SendAsync(start);
                }
                catch (LiveException error) when (error.Kind == LiveErrorKind.Invalid && !error.MaybeDone && IsPast(error, start))
                {
                    start = Whole(session.Now + LargerStartLead);
                    await session.Log.LogAsync(LogSeverity.Info, $"the service refused the start time as past; starting at {Times.ToText(start)}", urn);
                    return await SendAsync(start);
                }
            });
            return (new(region, taskId), start);
        }
        catch (LiveException error)
        {
            throw error.Explain(_attempt);
        }
    }

    Task<string> SendAsync(DateTimeOffset start)
    {
        _starts.Add(start);
        var request = new Dictionary<string, string>(parameters, StringComparer.Ordinal) { ["StartTime"] = Times.ToText(start) };
        return session.Client.CreateLivePullToPushAsync(region, request, deadline);
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
        $"Could not {_attempt}: task {region}/{other.TaskId}{NameOf(other)} pushes to the same destination from "
        + $"{other.TaskInfo.Text("StartTime")} to {other.TaskInfo.Text("EndTime")}, and two tasks may not push to one address at the same time. "
        + "Nothing was created. If this run replaces that task, set the resource option `deleteBeforeReplace: true`; if the resource was renamed, "
        + "give it `aliases`; if two tasks swap their destinations, do it in two runs, over a third address; if the task is a left-over that this resource shall "
        + $"manage, import it: pulumi import aliyun-live:index:RelayTask <name> {region}/{other.TaskId}";

    /// <summary>The other task may be the one that this replaces, of the same name.</summary>
    string NameOf(LiveTask other) => name.IsSecret ? "" : $" (`{other.TaskInfo.Text("TaskName")}`)";

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

    /// <summary>The tasks that this creation may have made: the same in everything, and not seen before it began.</summary>
    async Task<IReadOnlyList<Candidate>> MadeSinceAsync(ImmutableHashSet<string> seen, Deadline limit)
    {
        var filter = new Dictionary<string, string>(StringComparer.Ordinal) { ["TaskName"] = parameters["TaskName"] };
        var made = new List<Candidate>();
        foreach (var task in await session.Client.ListLivePullToPushAsync(region, filter, limit))
        {
            // A listing may still show what is gone already.
            if (!seen.Contains(task.TaskId) && IsMade(task) && await IsThereAsync(task.TaskId, limit)) made.Add(new(task.TaskId, IsExact: true));
        }

        return made;
    }

    async Task<bool> IsThereAsync(string taskId, Deadline limit)
    {
        try
        {
            return (await session.Client.DescribeLivePullToPushAsync(region, taskId, limit)).Status != TaskStatus.Exit;
        }
        catch (LiveException error) when (error.Kind == LiveErrorKind.Gone)
        {
            return false;
        }
    }

    bool IsMade(LiveTask task)
    {
        var info = task.TaskInfo;
        return task.Status != TaskStatus.Exit
            && info.Text("TaskName") == parameters["TaskName"]
            && info.Text("DstUrl") == parameters["DstUrl"]
            && info.Text("SourceType") == parameters["SourceType"]
            && Times.Parse(info.Text("StartTime")) is { } start && _starts.Contains(start)
            && Times.Parse(info.Text("EndTime")) == Times.Parse(parameters["EndTime"])
            && info.TextList("SourceUrls") is { } urls && RelayTask.SourceUrls.ToParameter(PropertyValue.Of(urls.Select(url => (PropertyValue)url))) == parameters["SourceUrls"];
    }
}
