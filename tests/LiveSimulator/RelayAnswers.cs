using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>Relay tasks as Describe and the list show them, with the spellings of the service (<c>CallbackURL</c>).</summary>
static class RelayAnswers
{
    public static JsonObject Task(SimulatedTask task, SimulatorSettings settings)
    {
        var config = task.Config;
        var onAir = task.Pushing && task.Pushes is [.., var push] ? push : null;
        var fields = new JsonObject
        {
            ["TaskId"] = task.Id,
            ["TaskStatus"] = (int)task.State,
            ["CurrentOffset"] = onAir?.Offset ?? config.Offset,
            ["CurrentFileIndex"] = onAir?.FileIndex ?? config.FileIndex,
            ["TaskInfo"] = Info(task, settings),
        };
        var absent = settings.InapplicableTaskFields == UnsetField.Absent;
        if (ShownReason(task, settings) is { } reason) fields["TaskInvalidReason"] = reason;
        else if (!absent) fields["TaskInvalidReason"] = "";
        if (task.ExitTime is { } exit)
        {
            fields["TaskExitTime"] = exit.ToUnixTimeSeconds();
            fields["TaskExitReason"] = task.ExitReason;
        }
        else if (!absent)
        {
            fields["TaskExitTime"] = 0;
            fields["TaskExitReason"] = "";
        }
        return fields;
    }

    static JsonObject Info(SimulatedTask task, SimulatorSettings settings)
    {
        var config = task.Config;
        var info = new JsonObject
        {
            ["TaskId"] = task.Id,
            ["TaskName"] = config.TaskName,
            ["StartTime"] = ServiceTime.Format(config.StartTime),
            ["EndTime"] = ServiceTime.Format(config.EndTime),
            ["SourceType"] = config.SourceType,
            ["SourceProtocol"] = Protocol(config, settings),
            ["SourceUrls"] = new JsonArray([.. config.SourceUrls.Select(url => JsonValue.Create(url))]),
            ["DstUrl"] = config.DstUrl,
            ["RepeatNumber"] = config.RepeatNumber,
            ["Offset"] = config.Offset,
            ["FileIndex"] = config.FileIndex,
            ["RetryCount"] = config.RetryCount,
            ["RetryInterval"] = config.RetryInterval,
            ["CallbackURL"] = config.CallbackUrl,
        };
        if (info["SourceProtocol"] is null) info.Remove("SourceProtocol");
        if (settings.UnsetTaskFields == UnsetField.Absent)
        {
            if (config.TaskName == "") info.Remove("TaskName");
            if (config.CallbackUrl == "") info.Remove("CallbackURL");
        }
        return info;
    }

    static string? Protocol(RelayConfig config, SimulatorSettings settings)
    {
        if (config.SourceType != "live" && settings.FileProtocolEcho != FileProtocolEcho.AsSent)
            return settings.FileProtocolEcho == FileProtocolEcho.Empty ? "" : null;
        return settings.ProtocolEcho switch
        {
            ProtocolEcho.UpperCase => config.SourceProtocol?.ToUpperInvariant(),
            ProtocolEcho.FlvForHttpFlv when config.SourceProtocol == "http-flv" => "flv",
            _ => config.SourceProtocol,
        };
    }

    static string? ShownReason(SimulatedTask task, SimulatorSettings settings) => task.State switch
    {
        RelayState.Recovering when settings.InvalidReasonWhileRecovering => task.InvalidReason,
        RelayState.Offline when task.InvalidReason != RelayLifeCycle.ByUser || settings.StopReasonShown => task.InvalidReason,
        _ => null,
    };
}
