using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>The six monitor operations: their parameters, checks and answers. There is no region and no end time.</summary>
sealed class MonitorOperations(SimulatorSettings settings, IdSource ids)
{
    readonly Dictionary<string, SimulatedMonitor> _monitors = new(StringComparer.Ordinal);

    /// <summary>All sessions that ever were, the deleted ones included.</summary>
    public IReadOnlyDictionary<string, SimulatedMonitor> Monitors => _monitors;

    public JsonObject Create(CallParameters call, DateTimeOffset now)
    {
        var id = ids.Next();
        var config = new MonitorConfiguration(
            call.Required("MonitorName"), call.Required("Domain"), OutputTemplate(call), MonitorInputs.InputList(call, settings),
            NonEmpty(call, "App") ?? "monitor", NonEmpty(call, "Stream") ?? id, MonitorInputs.MonitorConfig(call, settings) ?? "",
            call.WebAddress("CallbackUrl") ?? "", call.WebAddress("DingTalkWebHookUrl") ?? "");
        _monitors.Add(id, new SimulatedMonitor(id, config, now, _monitors.Count));
        return new JsonObject { ["MonitorId"] = id };
    }

    public JsonObject Update(CallParameters call)
    {
        var monitor = Find(call);
        var inputs = MonitorInputs.InputList(call, settings);
        var stored = monitor.Config;
        var resets = settings.OmittedMonitorValues == OmittedValues.Reset;
        var wanted = stored with
        {
            MonitorName = NonEmpty(call, "MonitorName") ?? stored.MonitorName,
            Domain = NonEmpty(call, "Domain") ?? stored.Domain,
            OutputTemplate = call.Has("OutputTemplate") ? OutputTemplate(call) : stored.OutputTemplate,
            App = NonEmpty(call, "App") ?? (resets ? "monitor" : stored.App),
            Stream = NonEmpty(call, "Stream") ?? (resets ? ids.Next() : stored.Stream),
            MonitorConfig = Optional("MonitorConfig", MonitorInputs.MonitorConfig(call, settings), stored.MonitorConfig),
            CallbackUrl = Optional("CallbackUrl", call.WebAddress("CallbackUrl"), stored.CallbackUrl),
            DingTalkWebHookUrl = Optional("DingTalkWebHookUrl", call.WebAddress("DingTalkWebHookUrl"), stored.DingTalkWebHookUrl),
        };
        if (monitor.Running && wanted != stored)
        {
            if (settings.MonitorUpdateWhileRunning == MonitorUpdateWhileRunning.Refused)
                throw ServiceError.IllegalOperation(401, "Only the inputs of a running stream monitor can be changed, please try again later.");
            if (settings.MonitorUpdateWhileRunning == MonitorUpdateWhileRunning.Ignored) wanted = stored;
        }
        monitor.Config = wanted with { InputList = inputs };
        return [];
    }

    public JsonObject List(CallParameters call, DateTimeOffset now)
    {
        var page = call.Integer("PageNum", least: 1) ?? 1;
        var size = Math.Min(call.Integer("PageSize", least: 1) ?? 10, settings.MonitorPageSizeCap);
        var status = call.Integer("Status", 0, 1);
        var order = call.Integer("OrderRule", 0, 2) ?? 0;
        var id = call.Text("MonitorId") ?? "";

        var known = _monitors.Values
            .Where(monitor => monitor.DeletedAt is not { } deleted ? now - monitor.CreatedAt >= call.Lag : now - deleted < call.Ghosts)
            .Where(monitor => id == "" || monitor.Id == id || (settings.MonitorIdIsFuzzy && monitor.Id.Contains(id, StringComparison.Ordinal)))
            .Select(monitor => monitor.Snapshot())
            .ToList();
        if (id != "" && known.Count == 0 && settings.UnknownMonitor == UnknownMonitor.NotExist) throw ServiceError.MonitorNotExist();

        var found = known.Where(monitor => status is null || monitor.Running == (status == 1)).Reverse();
        var ordered = order switch
        {
            1 => found.OrderByDescending(monitor => monitor.StartTime ?? DateTimeOffset.MinValue),
            2 => found.OrderBy(monitor => monitor.StartTime ?? DateTimeOffset.MaxValue),
            _ => found.OrderByDescending(monitor => monitor.Running),
        };
        var all = ordered.ToList();
        return new JsonObject
        {
            ["Total"] = all.Count,
            ["LiveStreamMonitorList"] = new JsonArray([.. Paging.Page(all, page, size).Select(Answer)]),
        };
    }

    public JsonObject Start(CallParameters call, DateTimeOffset now)
    {
        var monitor = Find(call);
        if (monitor.Running)
            throw new ServiceError(400, "StreamMonitorAlreadyStarted", "The stream monitor runs already, please check and try again later.");
        monitor.Start(now);
        return [];
    }

    public JsonObject Stop(CallParameters call, DateTimeOffset now)
    {
        var monitor = Find(call);
        if (!monitor.Running)
            throw new ServiceError(400, "StreamMonitorAlreadyStop", "The stream monitor does not run, please check and try again later.");
        monitor.Stop(now);
        return [];
    }

    public JsonObject Delete(CallParameters call, DateTimeOffset now)
    {
        var monitor = Find(call);
        if (monitor.Running)
        {
            var status = settings.DeleteRunningMonitor == DeleteRunningMonitor.BadRequest ? 400 : 401;
            throw ServiceError.IllegalOperation(status, "The stream monitor is running, please check and try again later.");
        }
        monitor.DeletedAt = now;
        return [];
    }

    static string? NonEmpty(CallParameters call, string name) => call.Text(name) is { Length: > 0 } value ? value : null;

    static string OutputTemplate(CallParameters call) => call.OneOf("OutputTemplate", "lp_ld", "lp_sd", "lp_hd", "lp_ud");

    string Optional(string name, string? sent, string stored)
    {
        if (sent is null) return settings.OmittedMonitorValues == OmittedValues.Reset ? "" : stored;
        if (sent != "" || settings.EmptyMonitorValues == EmptyValue.Clears) return sent;
        return settings.EmptyMonitorValues == EmptyValue.Ignored
            ? stored
            : throw new ServiceError(400, "InvalidParameter.Malformed", $"{name} must not be empty.");
    }

    SimulatedMonitor Find(CallParameters call)
    {
        var id = call.Required("MonitorId");
        if (!id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            throw new ServiceError(400, "InvalidMonitorId.Malformed", "MonitorId is malformed, please check and try again later.");
        return _monitors.TryGetValue(id, out var monitor) && !monitor.Deleted ? monitor : throw ServiceError.MonitorNotExist();
    }

    JsonNode Answer(MonitorSnapshot monitor)
    {
        var config = monitor.Config;
        var answer = new JsonObject
        {
            ["MonitorId"] = monitor.MonitorId,
            ["MonitorName"] = config.MonitorName,
            ["Status"] = monitor.Running ? 1 : 0,
            ["Region"] = settings.MonitorRegion,
            ["Domain"] = config.Domain,
            ["OutputTemplate"] = config.OutputTemplate,
            ["CallbackUrl"] = config.CallbackUrl,
            ["DingTalkWebHookUrl"] = config.DingTalkWebHookUrl,
            ["MonitorConfig"] = MonitorInputs.ShownConfig(config.MonitorConfig, settings),
            ["InputList"] = MonitorInputs.Shown(JsonNode.Parse(config.InputList)!, settings),
            ["OutputUrls"] = new JsonObject { ["RtmpUrl"] = config.RtmpUrl, ["FlvUrl"] = config.FlvUrl },
            ["AudioFrom"] = 0,
        };
        AddTime(answer, "StartTime", monitor.StartTime);
        AddTime(answer, "StopTime", monitor.StopTime);
        return answer;
    }

    void AddTime(JsonObject answer, string name, DateTimeOffset? time)
    {
        if (time is { } at) answer[name] = ServiceTime.Format(at);
        else if (settings.UnsetMonitorTimes == UnsetField.Empty) answer[name] = "";
    }
}
