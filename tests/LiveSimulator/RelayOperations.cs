using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>
/// The seven relay operations: their parameters, checks and answers. Codes that no page names are <c>InvalidParameter</c>.
/// </summary>
sealed class RelayOperations(SimulatorSettings settings, RelayLifeCycle lifeCycle, IdSource ids)
{
    static readonly FrozenSet<string> LiveCentres = ["cn-beijing", "cn-shanghai", "cn-shenzhen", "ap-southeast-1", "ap-southeast-5"];
    static readonly string[] CurrentProtocols = ["rtmp", "srt", "http-flv", "hls"];
    static readonly string[] OlderProtocols = ["rtmp", "rtsp", "srt", "http-flv", "flv"];
    static readonly string[] LiveSchemes = ["rtmp://", "rtsp://", "srt://", "http://", "https://"];
    static readonly string[] FileSchemes = ["http://", "https://"];
    static readonly TimeSpan SevenDays = TimeSpan.FromDays(7);

    public JsonObject Create(CallParameters call, DateTimeOffset now)
    {
        var region = RegionOf(call, create: true);
        var start = call.RequiredTime("StartTime");
        var end = call.RequiredTime("EndTime");
        if (start < now && settings.PastStartTime == PastStartTime.Refused)
            throw ServiceError.IllegalDuration("StartTime must not be in the past.");
        CheckTimes(start, end, now);
        var sourceType = call.OneOf("SourceType", "live", "vod", "url");
        var protocol = call.Text("SourceProtocol");
        if (sourceType == "live") CheckProtocol(call.Required("SourceProtocol"));
        call.Required("SourceUrls");
        var config = new RelayConfig(
            region, call.Text("TaskName") ?? "", start, end, sourceType, protocol, SourceUrls(call, sourceType)!.Value, Destination(call),
            call.Integer("RepeatNumber", least: -1) ?? 0, Offset(call) ?? 0, call.Integer("FileIndex", least: 0) ?? 0,
            call.Integer("RetryCount", least: 0) ?? 3, call.Integer("RetryInterval", 60, 300) ?? 60, call.WebAddress("CallbackUrl") ?? "");
        if (settings.DuplicateDestination == DuplicateDestination.RefusedAtCreate) CheckDestinationIsFree(config);
        var task = lifeCycle.Add(ids.Next(), config, now);
        return Done(new JsonObject { ["TaskId"] = task.Id });
    }

    public JsonObject Update(CallParameters call, DateTimeOffset now)
    {
        if (Find(call, now, out var task) is not Found.Live) return Done([]);
        var update = new RelayUpdate(settings, task);
        update.Apply(call, SourceUrls(call, task.Config.SourceType), Offset(call));
        var config = update.Config;
        var timesChange = config.StartTime != task.Config.StartTime || config.EndTime != task.Config.EndTime;
        if (timesChange) CheckTimes(config.StartTime, config.EndTime, now);
        lifeCycle.Reconfigure(task, config, update.ChangesOnAir, now);
        return Done([]);
    }

    public JsonObject Describe(CallParameters call, DateTimeOffset now)
    {
        RegionOf(call);
        var task = Known(call, now);
        var answer = Done(new JsonObject());
        foreach (var (name, value) in RelayAnswers.Task(task, settings)) answer[name] = value?.DeepClone();
        return answer;
    }

    public JsonObject List(CallParameters call, DateTimeOffset now)
    {
        var region = RegionOf(call);
        var page = call.Integer("PageNumber", least: 1) ?? 1;
        var size = call.Integer("PageSize", 1, 100) ?? 10;
        var id = call.Text("TaskId") ?? "";
        if (id.Length > 55 || !id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
            throw call.Malformed("TaskId must consist of up to 55 letters, digits, _ and -.");
        var name = call.Text("TaskName") ?? "";
        var destination = call.Text("DstUrl") ?? "";

        var found = lifeCycle.Tasks.Values.Where(task => task.Config.Region == region
            && (Listed(task, call, now) || IsGhost(task, call, now))
            && task.Id.Contains(id, StringComparison.Ordinal)
            && task.Config.TaskName.Contains(name, StringComparison.Ordinal)
            && task.Config.DstUrl.Contains(destination, StringComparison.Ordinal));
        var ordered = settings.ListOrder switch
        {
            ListOrder.OldestFirst => found.OrderBy(task => task.Number),
            ListOrder.ByTaskId => found.OrderBy(task => task.Id, StringComparer.Ordinal),
            _ => found.OrderByDescending(task => task.Number),
        };
        var all = ordered.ToList();
        return new JsonObject
        {
            ["Total"] = all.Count,
            ["PageNumber"] = page,
            ["PageSize"] = size,
            ["TaskList"] = new JsonArray([.. Paging.Page(all, page, size).Select(task => RelayAnswers.Task(IsGhost(task, call, now) ? task.BeforeItsEnd() : task, settings))]),
        };
    }

    public JsonObject Stop(CallParameters call, DateTimeOffset now)
    {
        if (Find(call, now, out var task) is Found.Live)
        {
            if (task.State == RelayState.Idle) AnswerIdle(settings.StopOnIdle);
            if (task.State == RelayState.Offline) throw ServiceError.TaskHasStopped();
            lifeCycle.Stop(task, now);
        }
        return new JsonObject { ["TaskId"] = task.Id };
    }

    public JsonObject Restart(CallParameters call, DateTimeOffset now)
    {
        if (Find(call, now, out var task) is not Found.Live) return new JsonObject { ["TaskId"] = task.Id };
        if (task.State == RelayState.Idle) AnswerIdle(settings.RestartOnIdle);
        else if (settings.RestartChangesTaskId) task = Successor(task, now);
        else lifeCycle.Restart(task, now);
        return new JsonObject { ["TaskId"] = task.Id };
    }

    public JsonObject Delete(CallParameters call, DateTimeOffset now)
    {
        if (Find(call, now, out var task) is Found.Live) lifeCycle.Delete(task, now);
        return Done([]);
    }

    enum Found { Live, Exited }

    SimulatedTask Successor(SimulatedTask task, DateTimeOffset now)
    {
        lifeCycle.Delete(task, now);
        var successor = lifeCycle.Add(ids.Next(), task.Config, now);
        if (task.SourceLost) lifeCycle.LoseSource(successor, now);
        return successor;
    }

    static JsonObject Done(JsonObject fields)
    {
        fields["RetCode"] = 0;
        fields["Description"] = "OK";
        return fields;
    }

    static void AnswerIdle(CallOnIdle answer)
    {
        if (answer == CallOnIdle.HasStopped) throw ServiceError.TaskHasStopped();
        if (answer == CallOnIdle.InvalidParameter) throw ServiceError.InvalidParameter("The task has not started.");
    }

    string RegionOf(CallParameters call, bool create = false)
    {
        var region = call.Required("Region");
        if (!LiveCentres.Contains(region) || (!create && region == "cn-shenzhen" && settings.ShenzhenOnlyForCreate))
            throw call.Malformed($"{region} is no live centre of this action.");
        return region;
    }

    /// <summary>The task for a call that changes it; throws unless it lives or the settings let such calls pass for exited ones.</summary>
    Found Find(CallParameters call, DateTimeOffset now, out SimulatedTask task)
    {
        RegionOf(call);
        task = Known(call, now);
        if (task.State != RelayState.Exit) return Found.Live;
        return settings.CallOnExited switch
        {
            CallOnExited.Silence => Found.Exited,
            CallOnExited.HasStopped => throw ServiceError.TaskHasStopped(),
            _ => throw ServiceError.TaskNotExist(),
        };
    }

    SimulatedTask Known(CallParameters call, DateTimeOffset now)
    {
        var id = call.Required("TaskId");
        return lifeCycle.Tasks.TryGetValue(id, out var task) && task.Config.Region == call.Required("Region") && Visible(task, now)
            ? task
            : throw ServiceError.TaskNotExist();
    }

    bool Visible(SimulatedTask task, DateTimeOffset now)
    {
        if (task.ExitTime is not { } exit) return true;
        var deletedByCall = task.History[^1].Reason == "Delete";
        return now - exit < settings.ExitedVisibleFor && (!deletedByCall || settings.AfterDelete == AfterDelete.Exited);
    }

    bool Listed(SimulatedTask task, CallParameters call, DateTimeOffset now) =>
        Visible(task, now) && (settings.ExitedListed || task.ExitTime is null) && now - task.CreatedAt >= call.Lag;

    static bool IsGhost(SimulatedTask task, CallParameters call, DateTimeOffset now) => now - task.ExitTime < call.Ghosts;

    void CheckTimes(DateTimeOffset start, DateTimeOffset end, DateTimeOffset now)
    {
        if (end <= start) throw ServiceError.IllegalDuration("EndTime must be later than StartTime.");
        if (end <= now) throw ServiceError.IllegalDuration("EndTime must be later than the current time.");
        if (settings.SevenDayLimit && end - start > SevenDays) throw ServiceError.IllegalDuration("A task may last seven days at most.");
    }

    void CheckProtocol(string protocol)
    {
        var known = settings.SourceProtocols == SourceProtocols.Older ? OlderProtocols : CurrentProtocols;
        if (!known.Contains(protocol)) throw ServiceError.InvalidParameter($"SourceProtocol must be one of {string.Join(", ", known)}.");
    }

    static ImmutableArray<string>? SourceUrls(CallParameters call, string sourceType)
    {
        if (call.TextList("SourceUrls") is not { } urls) return null;
        if (urls.Any(string.IsNullOrWhiteSpace)) throw call.Malformed("SourceUrls must not hold an empty text.");
        var (most, fits) = sourceType switch
        {
            "live" => (1, urls.All(url => HasScheme(url, LiveSchemes))),
            "vod" => (30, urls.All(id => !id.Contains("://", StringComparison.Ordinal))),
            _ => (30, urls.All(url => HasScheme(url, FileSchemes))),
        };
        if (urls.Length < 1 || urls.Length > most)
            throw call.Malformed($"SourceUrls of a {sourceType} source must hold 1 to {most} entries.");
        return fits ? urls : throw call.Malformed($"SourceUrls does not fit a {sourceType} source.");
    }

    static bool HasScheme(string url, string[] schemes) => Array.Exists(schemes, scheme => url.StartsWith(scheme, StringComparison.Ordinal));

    static string Destination(CallParameters call)
    {
        var address = call.Required("DstUrl");
        return address.Length <= 2000 && address.StartsWith("rtmp://", StringComparison.Ordinal)
            ? address
            : throw call.Malformed("DstUrl must be an rtmp address of up to 2000 characters.");
    }

    int? Offset(CallParameters call) => call.Integer("Offset", least: settings.OffsetZeroRefused ? 1 : 0);

    void CheckDestinationIsFree(RelayConfig wanted)
    {
        var taken = lifeCycle.Tasks.Values.Any(task => task.State is RelayState.Idle or RelayState.Running or RelayState.Recovering
            && task.Config.DstUrl == wanted.DstUrl
            && task.Config.StartTime < wanted.EndTime
            && wanted.StartTime < task.Config.EndTime);
        if (taken) throw ServiceError.InvalidParameter("DstUrl is used by another task.");
    }
}
