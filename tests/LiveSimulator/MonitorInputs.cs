using System.Text.Json;
using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>The two parameters of monitor sessions that hold JSON text, checked on the way in and shaped on the way out.</summary>
static class MonitorInputs
{
    static readonly string[] Corners = ["topLeft", "topRight", "bottomLeft", "bottomRight"];

    /// <summary>The inputs as JSON text. Required by every create and update.</summary>
    public static string InputList(CallParameters call, SimulatorSettings settings)
    {
        var text = call.Required("InputList");
        if (Parse(text) is not JsonArray list) throw call.Malformed("InputList must be a JSON list.");
        if (list.Count == 0 && !settings.InputListMayBeEmpty) throw call.Malformed("InputList must not be empty.");
        for (var place = 0; place < list.Count; place++) CheckInput(call, list[place], $"InputList[{place}]");
        return text;
    }

    /// <summary>The thresholds as JSON text without a second layer of quotes; null when not sent, empty when sent so.</summary>
    public static string? MonitorConfig(CallParameters call, SimulatorSettings settings)
    {
        var text = call.Text("MonitorConfig");
        if (text is null or "") return text;
        var node = Parse(text);
        if (node is JsonValue quoted && quoted.GetValueKind() == JsonValueKind.String)
        {
            text = quoted.GetValue<string>();
            node = Parse(text);
        }
        if (node is not JsonObject thresholds) throw call.Malformed("MonitorConfig must be a JSON object.");
        foreach (var (name, value) in thresholds)
        {
            var known = name switch
            {
                "fpsLowThres" or "eofDurationThresSec" => true,
                "brLowThres" => settings.BitrateThreshold != BitrateThreshold.HighOnly,
                "brHighThres" => settings.BitrateThreshold != BitrateThreshold.LowOnly,
                _ => false,
            };
            if (!known) throw call.Malformed($"MonitorConfig has no field {name}.");
            if (value?.GetValueKind() != JsonValueKind.Number) throw call.Malformed($"{name} of MonitorConfig must be a number.");
        }
        return text;
    }

    /// <summary>JSON as an answer shows it: numbers and the order of keys may change.</summary>
    public static JsonNode Shown(JsonNode node, SimulatorSettings settings) => node switch
    {
        JsonArray list => new JsonArray([.. list.Select(item => item is null ? null : Shown(item, settings))]),
        JsonObject fields => new JsonObject(Ordered(fields, settings)
            .Select(field => KeyValuePair.Create(field.Key, field.Value is null ? null : (JsonNode?)Shown(field.Value, settings)))),
        JsonValue value when settings.NumbersRewritten && value.GetValueKind() == JsonValueKind.Number =>
            JsonValue.Create(value.GetValue<double>()),
        _ => node.DeepClone(),
    };

    /// <summary>The thresholds as an answer shows them: as text, in one layer of quotes or two.</summary>
    public static string ShownConfig(string config, SimulatorSettings settings)
    {
        if (config == "") return "";
        var text = settings.NumbersRewritten || settings.KeysReordered ? Shown(JsonNode.Parse(config)!, settings).ToJsonString() : config;
        return settings.MonitorConfigDoublyQuoted ? JsonValue.Create(text).ToJsonString(AnswerJson.Options) : text;
    }

    static IEnumerable<KeyValuePair<string, JsonNode?>> Ordered(JsonObject fields, SimulatorSettings settings) =>
        settings.KeysReordered ? fields.Reverse() : fields;

    // Which fields an input must have is not documented: none is demanded, each one present is checked.
    static void CheckInput(CallParameters call, JsonNode? node, string path)
    {
        if (node is not JsonObject input) throw call.Malformed($"{path} must be an object.");
        foreach (var (name, value) in input)
        {
            var fits = name switch
            {
                "Index" => IsInteger(value, 0),
                "LayoutId" => IsInteger(value, 1),
                "StreamName" or "InputUrl" => IsText(value),
                "LayoutConfig" => value is JsonObject layout && layout.All(FitsLayout),
                "PlayConfig" => value is JsonObject play && play.All(field => field.Key == "VolumeRate" && IsNumber(field.Value, 0, 1)),
                _ => false,
            };
            if (!fits) throw call.Malformed($"{path}.{name} is not accepted.");
        }
    }

    static bool FitsLayout(KeyValuePair<string, JsonNode?> field) => field.Key switch
    {
        "FillMode" => IsText(field.Value),
        "PositionRefer" => IsText(field.Value) && Corners.Contains(field.Value!.GetValue<string>()),
        "PositionNormalized" or "SizeNormalized" =>
            field.Value is JsonArray { Count: 2 } pair && pair.All(component => IsNumber(component, 0, 1)),
        _ => false,
    };

    static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    static bool IsInteger(JsonNode? node, int least) =>
        node?.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<int>(out var value) && value >= least;

    static bool IsNumber(JsonNode? node, double least, double most) =>
        node?.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<double>(out var value)
        && value >= least && value <= most;

    static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
