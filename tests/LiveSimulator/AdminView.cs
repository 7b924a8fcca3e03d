using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>The simulator's insides as JSON, for the admin door.</summary>
static class AdminView
{
    public static JsonObject State(LiveService service) => new()
    {
        ["now"] = ServiceTime.Format(service.Now),
        ["tasks"] = new JsonArray([.. service.Tasks.Values.Select(task => Task(task, service.Now))]),
        ["monitors"] = new JsonArray([.. service.Monitors.Values.Select(Monitor)]),
        ["conflicts"] = new JsonArray([.. service.Conflicts.Select(Conflict)]),
    };

    /// <summary>How many calls each operation got, how many of them succeeded, and the calls themselves.</summary>
    public static JsonObject Calls(IReadOnlyList<ServiceCall> calls)
    {
        var counts = new JsonObject();
        var groups = calls.GroupBy(call => call.Operation, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (var group in groups)
            counts[group.Key] = new JsonObject { ["calls"] = group.Count(), ["succeeded"] = group.Count(call => call.Code is null) };
        return new JsonObject
        {
            ["total"] = calls.Count,
            ["operations"] = counts,
            ["calls"] = new JsonArray([.. calls.Select(Call)]),
        };
    }

    public static JsonObject Settings(SimulatorSettings settings) =>
        Texts(SettingVariations.Read(settings));

    public static JsonObject Clock(LiveService service) => new() { ["now"] = ServiceTime.Format(service.Now) };

    static JsonObject Task(TaskSnapshot task, DateTimeOffset now) => new()
    {
        ["taskId"] = task.TaskId,
        ["state"] = task.State.ToString(),
        ["invalidReason"] = task.InvalidReason,
        ["exitReason"] = task.ExitReason,
        ["sourceLost"] = task.SourceLost,
        ["billedMinutes"] = task.BilledMinutes(now),
        ["region"] = task.Config.Region,
        ["taskName"] = task.Config.TaskName,
        ["startTime"] = ServiceTime.Format(task.Config.StartTime),
        ["endTime"] = ServiceTime.Format(task.Config.EndTime),
        ["sourceType"] = task.Config.SourceType,
        ["sourceProtocol"] = task.Config.SourceProtocol,
        ["sourceUrls"] = TextList(task.Config.SourceUrls),
        ["dstUrl"] = task.Config.DstUrl,
        ["repeatNumber"] = task.Config.RepeatNumber,
        ["offset"] = task.Config.Offset,
        ["fileIndex"] = task.Config.FileIndex,
        ["retryCount"] = task.Config.RetryCount,
        ["retryInterval"] = task.Config.RetryInterval,
        ["callbackUrl"] = task.Config.CallbackUrl,
        ["pushes"] = new JsonArray([.. task.Pushes.Select(Push)]),
        ["history"] = new JsonArray([.. task.History.Select(Change)]),
    };

    static JsonNode Push(PushPeriod push) => new JsonObject
    {
        ["from"] = ServiceTime.Format(push.From),
        ["to"] = Time(push.To),
        ["dstUrl"] = push.DstUrl,
        ["sourceUrls"] = TextList(push.SourceUrls),
        ["fileIndex"] = push.FileIndex,
        ["offset"] = push.Offset,
    };

    static JsonNode Change(StateChange change) => new JsonObject
    {
        ["at"] = ServiceTime.Format(change.At),
        ["state"] = change.State.ToString(),
        ["reason"] = change.Reason,
    };

    static JsonNode Monitor(MonitorSnapshot monitor) => new JsonObject
    {
        ["monitorId"] = monitor.MonitorId,
        ["monitorName"] = monitor.Config.MonitorName,
        ["running"] = monitor.Running,
        ["deleted"] = monitor.Deleted,
        ["domain"] = monitor.Config.Domain,
        ["outputTemplate"] = monitor.Config.OutputTemplate,
        ["rtmpUrl"] = monitor.Config.RtmpUrl,
        ["inputList"] = JsonNode.Parse(monitor.Config.InputList),
        ["monitorConfig"] = monitor.Config.MonitorConfig == "" ? null : JsonNode.Parse(monitor.Config.MonitorConfig),
        ["callbackUrl"] = monitor.Config.CallbackUrl,
        ["dingTalkWebHookUrl"] = monitor.Config.DingTalkWebHookUrl,
        ["startTime"] = Time(monitor.StartTime),
        ["stopTime"] = Time(monitor.StopTime),
    };

    static JsonNode Conflict(PushConflict conflict) => new JsonObject
    {
        ["at"] = ServiceTime.Format(conflict.At),
        ["dstUrl"] = conflict.DstUrl,
        ["taskId"] = conflict.TaskId,
        ["otherTaskId"] = conflict.OtherTaskId,
    };

    static JsonNode Call(ServiceCall call) => new JsonObject
    {
        ["at"] = ServiceTime.Format(call.At),
        ["operation"] = call.Operation,
        ["method"] = call.Method,
        ["status"] = call.HttpStatus,
        ["code"] = call.Code,
        ["done"] = call.Done,
        ["requestId"] = call.RequestId,
        ["parameters"] = Texts(call.Parameters.Select(parameter => (parameter.Key, parameter.Value))),
    };

    static JsonObject Texts(IEnumerable<(string Name, string Value)> fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)JsonValue.Create(field.Value))));

    static JsonArray TextList(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    static string? Time(DateTimeOffset? time) => time is { } at ? ServiceTime.Format(at) : null;
}
