using System.Globalization;
using System.Text.Json.Nodes;

namespace LiveSimulator.WebConsole;

/// <summary>What the console page shows, as JSON. Unlike the rest of the admin door it shows no keys of addresses.</summary>
static class ConsoleView
{
    const int LatestCalls = 200;

    /// <summary>More tasks or sessions make a page that nobody reads and no browser likes.</summary>
    const int Most = 300;

    public static JsonObject State(LiveService service)
    {
        var moment = service.Look(LatestCalls);
        var first = moment.Calls - moment.Latest.Length;
        var tasks = Shown(moment.Tasks, task => task.IsLive);
        var sessions = Shown(moment.Monitors, session => !session.Deleted);
        return new JsonObject
        {
            ["now"] = Time(moment.Now),
            ["moved"] = moment.Moved.TotalSeconds,
            ["next"] = Next(moment),
            ["tasks"] = new JsonArray([.. tasks.Select(task => Task(task, moment))]),
            ["sessions"] = new JsonArray([.. sessions.Select(Session)]),
            ["leftOut"] = moment.Tasks.Length - tasks.Count + moment.Monitors.Length - sessions.Count,
            ["operations"] = new JsonArray([.. service.Operations.Select(name => JsonValue.Create(name))]),
            ["faults"] = new JsonArray([.. moment.Faults.Select(Fault)]),
            ["callsTotal"] = moment.Calls,
            ["calls"] = new JsonArray([.. moment.Latest.Select((call, place) => Call(call, first + place, service.CallTimes))]),
            ["configure"] = new JsonArray([.. StackConfiguration.Keys.Select(line => JsonValue.Create(line))]),
        };
    }

    /// <summary>The newest of those that live, and of the others as many as there is room for, in the order of their creation.</summary>
    static List<T> Shown<T>(IReadOnlyList<T> all, Func<T, bool> lives) =>
    [
        .. all.Index().OrderByDescending(item => lives(item.Item)).ThenByDescending(item => item.Index).Take(Most)
            .OrderBy(item => item.Index).Select(item => item.Item),
    ];

    /// <summary>What changes by itself first, if anything does.</summary>
    static JsonObject? Next(ServiceMoment moment)
    {
        if (moment.Tasks.Where(live => live.IsLive).MinBy(live => Next(live).At) is not { } task) return null;
        var (at, what) = Next(task);
        return new JsonObject { ["taskName"] = task.Config.TaskName, ["what"] = what, ["in"] = (at - moment.Now).TotalSeconds };
    }

    static (DateTimeOffset At, string What) Next(TaskSnapshot task)
    {
        var end = task.Config.EndTime;
        var (at, what) = task.State switch
        {
            RelayState.Idle => (task.Config.StartTime, "starts"),
            RelayState.Recovering => (task.History[^1].At + task.Config.RetryTime, "gives up"),
            _ => (end, "ends"),
        };
        return at < end ? (at, what) : (end, "ends");
    }

    static JsonObject Task(TaskSnapshot task, ServiceMoment moment)
    {
        var config = task.Config;
        return new JsonObject
        {
            ["id"] = task.TaskId,
            ["name"] = config.TaskName,
            ["state"] = task.State.ToString(),
            ["reason"] = task.InvalidReason ?? task.ExitReason,
            ["sourceLost"] = task.SourceLost,
            ["conflict"] = task is { State: RelayState.Recovering, SourceLost: false } ? OtherTask(task, moment) : null,
            ["region"] = config.Region,
            ["created"] = Time(task.CreatedAt),
            ["start"] = Time(config.StartTime),
            ["end"] = Time(config.EndTime),
            ["ended"] = task.ExitTime is { } ended ? Time(ended) : null,
            ["sourceType"] = config.SourceType,
            ["sourceProtocol"] = config.SourceProtocol,
            ["sources"] = new JsonArray([.. config.SourceUrls.Select(url => JsonValue.Create(AddressRedaction.Shown(url)))]),
            ["destination"] = AddressRedaction.Shown(config.DstUrl),
            ["callback"] = AddressRedaction.Shown(config.CallbackUrl),
            ["repeatNumber"] = config.RepeatNumber,
            ["offset"] = config.Offset,
            ["fileIndex"] = config.FileIndex,
            ["retryCount"] = config.RetryCount,
            ["retryInterval"] = config.RetryInterval,
            ["billedMinutes"] = task.BilledMinutes(moment.Now),
            ["interruptions"] = task.Interruptions,
            ["history"] = new JsonArray([.. task.History.Select(change => Change(change.At, change.State.ToString(), change.Reason))]),
        };
    }

    /// <summary>The name of the task whose push keeps this one from pushing.</summary>
    static string? OtherTask(TaskSnapshot task, ServiceMoment moment) =>
        moment.Tasks.FirstOrDefault(other => other.State == RelayState.Running && other.Config.DstUrl == task.Config.DstUrl)
            ?.Config.TaskName;

    static JsonNode Session(MonitorSnapshot session)
    {
        var config = session.Config;
        var history = new JsonArray(Change(session.CreatedAt, "Stopped", "created"));
        foreach (var period in session.Periods)
        {
            history.Add((JsonNode)Change(period.From, "Running", "started"));
            if (period.To is { } to) history.Add((JsonNode)Change(to, "Stopped", "stopped"));
        }
        if (session.DeletedAt is { } deleted) history.Add((JsonNode)Change(deleted, "Deleted", "deleted"));
        return new JsonObject
        {
            ["id"] = session.MonitorId,
            ["name"] = config.MonitorName,
            ["state"] = session.Deleted ? "Deleted" : session.Running ? "Running" : "Stopped",
            ["created"] = Time(session.CreatedAt),
            ["template"] = config.OutputTemplate,
            ["address"] = AddressRedaction.Shown(config.RtmpUrl),
            ["inputs"] = SessionPicture.Inputs(config.InputList),
            ["thresholds"] = config.MonitorConfig == "" ? new JsonObject() : JsonNode.Parse(config.MonitorConfig),
            ["callback"] = AddressRedaction.Shown(config.CallbackUrl),
            ["dingTalk"] = AddressRedaction.Shown(config.DingTalkWebHookUrl),
            ["history"] = history,
        };
    }

    static JsonObject Change(DateTimeOffset at, string state, string reason) =>
        new() { ["at"] = Time(at), ["state"] = state, ["reason"] = reason };

    static JsonObject Fault(WaitingFault waiting) => new JsonObject
    {
        ["operation"] = waiting.Operation,
        ["kind"] = waiting.Fault.Kind.ToString(),
        ["code"] = waiting.Fault.Kind is FaultKind.Refuse or FaultKind.FailAfterDoing ? waiting.Fault.Code : null,
        ["left"] = waiting.Left,
        ["passing"] = waiting.Passing,
    };

    static JsonObject Call(ServiceCall call, int number, CallTimes times)
    {
        var overSocket = times.TryGet(call.RequestId, out var took);
        return new JsonObject
        {
            ["number"] = number,
            ["at"] = Time(call.At),
            ["operation"] = call.Operation,
            ["method"] = call.Method,
            ["status"] = call.HttpStatus,
            ["code"] = call.Code,
            ["done"] = call.Done,
            ["took"] = took?.TotalMilliseconds,
            ["waits"] = overSocket && took is null,
            ["requestId"] = call.RequestId,
            ["parameters"] = new JsonObject(call.Parameters.Select(parameter =>
                KeyValuePair.Create(parameter.Key, (JsonNode?)JsonValue.Create(AddressRedaction.Shown(parameter.Value))))),
        };
    }

    /// <summary>With milliseconds: calls follow each other fast.</summary>
    static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
