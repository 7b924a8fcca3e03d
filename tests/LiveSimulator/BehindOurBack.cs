using System.Collections.Immutable;
using System.Text.Json;

namespace LiveSimulator;

/// <summary>Edits that somebody makes in the console, of fields that no operation can change, too.</summary>
static class BehindOurBack
{
    /// <exception cref="ArgumentException">There is no such field, or the value does not fit it.</exception>
    public static RelayConfig Edit(RelayConfig config, string field, string value) => field switch
    {
        "TaskName" => config with { TaskName = value },
        "StartTime" => config with { StartTime = Time(value) },
        "EndTime" => config with { EndTime = Time(value) },
        "SourceType" => config with { SourceType = value },
        "SourceProtocol" => config with { SourceProtocol = value },
        "SourceUrls" => config with { SourceUrls = TextList(value) },
        "DstUrl" => config with { DstUrl = value },
        "RepeatNumber" => config with { RepeatNumber = Integer(value) },
        "Offset" => config with { Offset = Integer(value) },
        "FileIndex" => config with { FileIndex = Integer(value) },
        "RetryCount" => config with { RetryCount = Integer(value) },
        "RetryInterval" => config with { RetryInterval = Integer(value) },
        "CallbackUrl" or "CallbackURL" => config with { CallbackUrl = value },
        _ => throw new ArgumentException($"A task has no field {field} to edit."),
    };

    /// <exception cref="ArgumentException">There is no such field, or the value does not fit it.</exception>
    public static MonitorConfiguration Edit(MonitorConfiguration config, string field, string value) => field switch
    {
        "MonitorName" => config with { MonitorName = value },
        "Domain" => config with { Domain = value },
        "OutputTemplate" => config with { OutputTemplate = value },
        "InputList" => config with { InputList = Json(value, JsonValueKind.Array) },
        "App" => config with { App = value },
        "Stream" => config with { Stream = value },
        "MonitorConfig" => config with { MonitorConfig = value == "" ? "" : Json(value, JsonValueKind.Object) },
        "CallbackUrl" => config with { CallbackUrl = value },
        "DingTalkWebHookUrl" => config with { DingTalkWebHookUrl = value },
        _ => throw new ArgumentException($"A monitor session has no field {field} to edit."),
    };

    static DateTimeOffset Time(string value) =>
        ServiceTime.TryParse(value, out var time) ? time : throw new ArgumentException($"{value} has not the form yyyy-MM-ddTHH:mm:ssZ.");

    static int Integer(string value) =>
        int.TryParse(value, out var number) ? number : throw new ArgumentException($"{value} is no integer.");

    static ImmutableArray<string> TextList(string value)
    {
        using var document = JsonDocument.Parse(Json(value, JsonValueKind.Array));
        return document.RootElement.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. document.RootElement.EnumerateArray().Select(item => item.GetString()!)]
            : throw new ArgumentException("The value must be a JSON list of texts.");
    }

    static string Json(string value, JsonValueKind kind)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            if (document.RootElement.ValueKind == kind) return value;
        }
        catch (JsonException)
        {
            // Told below, together with JSON of another kind.
        }
        throw new ArgumentException($"The value must be a JSON {kind}.");
    }
}
