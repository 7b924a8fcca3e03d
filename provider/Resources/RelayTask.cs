using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// A relay task: pulls a live stream or plays files and pushes to one RTMP address.
/// <code>
///  Create ──▶ Idle ──start time──▶ Running ◀──▶ Recovering
///                                   ▲   │            │
///                            Restart│   │Stop        │tries used up, or Stop
///                                   └─ Offline ◀─────┘
///  any ── end time, or Delete ──▶ Exit (the service deletes the task)
/// </code>
/// </summary>
sealed class RelayTask(ResourceSchema schema) : Resource(schema)
{
    public const string Token = "aliyun-live:index:RelayTask";

    /// <summary>The field whose request form is compared when a lost creation is looked for.</summary>
    public static readonly Field SourceUrls = new("sourceUrls", "SourceUrls", "SourceUrls", Takes.WhenStopped);

    static readonly IReadOnlyList<Field> AllFields =
    [
        new("region", "Region", null, Takes.OnReplacement),
        new("taskName", "TaskName", "TaskName", Takes.OnReplacement),
        new("startTime", "StartTime", "StartTime", Takes.BeforeStart),
        new("endTime", "EndTime", "EndTime", Takes.AtOnce),
        new("sourceType", "SourceType", "SourceType", Takes.OnReplacement),
        new("sourceProtocol", "SourceProtocol", "SourceProtocol", Takes.OnReplacement),
        SourceUrls,
        new("dstUrl", "DstUrl", "DstUrl", Takes.OnReplacement),
        new("repeatNumber", "RepeatNumber", "RepeatNumber", Takes.AtOnce),
        new("offset", "Offset", "Offset", Takes.WhenStopped),
        new("fileIndex", "FileIndex", "FileIndex", Takes.WhenStopped),
        new("retryCount", "RetryCount", "RetryCount", Takes.OnReplacement),
        new("retryInterval", "RetryInterval", "RetryInterval", Takes.OnReplacement),
        new("callbackUrl", "CallbackUrl", "CallbackURL", Takes.AtOnce),
        new("desiredStatus", null, null, Takes.InProvider),
        new("awaitRunning", null, null, Takes.InProvider),
        new("restartTriggers", null, null, Takes.InProvider),
        new("onDelete", null, null, Takes.InProvider),
    ];

    public override IReadOnlyList<Field> Fields => AllFields;

    public override IReadOnlyList<Rule> Rules => RelayTaskRules.All;

    public override string IdProperty => "taskId";

    protected override string NameProperty => "taskName";

    protected override void Complete(PropertyMap inputs, CheckRequest request, Session session, CheckFailures failures)
    {
        // A region from the environment serves new tasks only: a laptop and a CI job with different variables must not move a task, nor its
        // replacement, away from where they look whether its destination is free.
        if (inputs["region"] is null)
        {
            if (request.Olds["region"]?.Text is { } known) session.KnownRegions[request.Urn] = known;
            var region = session.ConfiguredRegion ?? session.KnownRegions.GetValueOrDefault(request.Urn) ?? session.EnvironmentRegion;
            if (region is not null) inputs["region"] = region;
            else failures.Add("region", "must be stated here or with `pulumi config set aliyun-live:region`, for example cn-shanghai");
        }

        foreach (var name in (ReadOnlySpan<string>)["startTime", "endTime"])
        {
            if (inputs[name] is not { IsUnknown: false } value || value.Text is not { } text) continue;
            if (Times.Parse(text) is { } time) inputs[name] = Addresses.Rewrap(value, Times.ToText(time));
            else failures.Add(name, $"must be a time with date and offset, such as {Times.Example}");
        }

        if (inputs["sourceProtocol"] is not null || inputs["sourceType"]?.Text != "live") return;
        if (ProtocolOf(inputs["sourceUrls"], request.Olds) is { } protocol) inputs["sourceProtocol"] = protocol;
    }

    protected override void CheckAgainstOthers(string urn, PropertyMap inputs, Session session, CheckFailures failures)
    {
        if (session.Destinations.Claim(urn, inputs, session.Now) is not { } other) return;
        failures.Add(
            "dstUrl", $"is the destination of {other} at the same time, and two tasks may not push to one address; give one of them another address or schedule");
    }

    /// <summary>The protocol that an address without a stated one is pulled with.</summary>
    static PropertyValue? ProtocolOf(PropertyValue? sourceUrls, PropertyMap olds)
    {
        if (sourceUrls is null) return null;
        if (sourceUrls.ContainsUnknown) return olds["sourceProtocol"] ?? PropertyValue.Unknown;
        if (sourceUrls.Elements is not [var first, ..] || first.Text is not { } text) return null;
        var scheme = text.Split("://", 2)[0].ToLowerInvariant();
        return scheme switch
        {
            "rtmp" or "rtsp" or "srt" => (PropertyValue)scheme,
            "http" or "https" => text.Contains(".m3u8", StringComparison.OrdinalIgnoreCase) ? "hls" : "http-flv",
            _ => null,
        };
    }

    protected override PropertyMap MarkSecrets(PropertyMap values)
    {
        var marked = new PropertyMap(SchemaCheck.MarkSecrets(Schema.Inputs, values));
        if (marked["sourceUrls"] is { } urls) marked["sourceUrls"] = Addresses.MarkEach(urls);
        if (marked["callbackUrl"] is { } callback) marked["callbackUrl"] = Addresses.MarkKeys(callback);
        return marked;
    }

    public override DiffResult Diff(DiffRequest request, Session session)
    {
        var changes = Changes(request.Olds, request.OldInputs, request.News, request.IgnoreChanges, session.Now);

        // Two tasks may not push to one address. Set for every change, since `replaceOnChanges` turns an update into a replacement.
        var sameDestination = request.News["dstUrl"] is not { } destination || request.OldInputs["dstUrl"] is not { } old
            || destination.ContainsUnknown || PropertyValue.SameValue(old, destination);
        return new(changes, sameDestination);
    }

    /// <summary>What changed, and which of it needs a new task.</summary>
    internal List<PropertyChange> Changes(
        PropertyMap olds, PropertyMap oldInputs, PropertyMap news, IReadOnlyList<string> ignoreChanges, DateTimeOffset now)
    {
        var ended = HasEnded(olds, now);
        var extended = ended && (news["endTime"] is { IsUnknown: true } || Times.Parse(news["endTime"]?.Text) > now);
        var changes = new List<PropertyChange>();
        foreach (var change in Compare(oldInputs, news, ignoreChanges))
        {
            switch (RootOf(change))
            {
                case "startTime" when StartChange(change, olds, news, now) is { } start:
                    changes.Add(start with { Replace = start.Replace && !ended });
                    break;
                case "startTime":
                    break;
                case "sourceProtocol" when SameProtocol(oldInputs["sourceProtocol"]?.Text, news["sourceProtocol"]?.Text):
                    break;
                case "endTime" when ended:
                    changes.Add(change with { Replace = extended });
                    break;
                default:
                    // An ended task has nothing left to replace: whatever else changes is recorded.
                    changes.Add(change with { Replace = change.Replace && !ended });
                    break;
            }
        }

        if (ended) return changes;
        foreach (var name in LeftByFailure(olds, oldInputs, news).Where(name => !Covers(ignoreChanges, name) && !changes.Any(change => RootOf(change) == name)))
        {
            changes.Add(new(name, ChangeKind.Update, InputDiff: false));
        }

        if (changes.Any(change => RootOf(change) == "desiredStatus")) return changes;

        // A task created as Stopped before its start cannot be stopped then; once it has started, the next up does it.
        var desired = Covers(ignoreChanges, "desiredStatus") ? null : news["desiredStatus"]?.Text;
        if (desired == "Stopped" && RelayUpdatePlan.WasOnAir(olds, now)) changes.Add(new("desiredStatus", ChangeKind.Update, InputDiff: false));

        // A refresh makes the engine forget that an operation failed, but what it left undone is still to be done.
        else if (RelayUpdatePlan.Undone(olds, desired) is not null && !Covers(ignoreChanges, "status")) changes.Add(new("status", ChangeKind.Update, InputDiff: false));
        return changes;
    }

    /// <summary>
    /// What a failed update has changed already and the program does not want: the outputs show it, the old inputs do not. So a program that is
    /// taken back is followed, too.
    /// </summary>
    IEnumerable<string> LeftByFailure(PropertyMap olds, PropertyMap oldInputs, PropertyMap news)
    {
        return
            from field in Fields
            where field.Takes is Takes.AtOnce or Takes.WhenStopped
            let left = olds[field.Name]
            where left is not null && !States(oldInputs, field.Name, left) && !States(news, field.Name, left)
            select field.Name;

        bool States(PropertyMap inputs, string name, PropertyValue left) =>
            (inputs[name] ?? Schema.Inputs.Properties[name].Default) is { } stated && (stated.ContainsUnknown || Means(name, stated, left));
    }

    /// <summary>
    /// An absent start never differs. One that has passed cannot be moved, so a new one in the past is recorded and one in the future needs
    /// a new task.
    /// </summary>
    static PropertyChange? StartChange(PropertyChange change, PropertyMap olds, PropertyMap news, DateTimeOffset now)
    {
        if (news["startTime"] is not { } start) return null;
        if (PropertyValue.SameValue(start, olds["startTime"] ?? PropertyValue.Null)) return null;
        var moved = change with { Kind = ChangeKind.Update, InputDiff = change.Kind == ChangeKind.Update };
        return moved with { Replace = RelayUpdatePlan.HasStarted(olds, now) && Times.Parse(start.Text) > now };
    }

    /// <summary>Whether the task is over: found as Exit, or past its end time.</summary>
    internal static bool HasEnded(PropertyMap olds, DateTimeOffset now) =>
        olds["status"]?.Text == nameof(TaskStatus.Exit) || Times.Parse(olds["endTime"]?.Text) <= now;

    internal static bool Covers(IReadOnlyList<string> paths, string property) =>
        paths.Any(text => PropertyPath.TryParse(text, out var path) && path.Covers(PropertyPath.Root.Child(property)));

    public override async Task<CreateResult> CreateAsync(CreateRequest request, Session session, CancellationToken cancellation)
    {
        var inputs = request.Properties;
        if (request.Preview) return new("", MarkSecrets(PreviewOutputs(inputs, PropertyMap.Empty)));

        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var region = inputs["region"]!.Text!;
        var creation = new RelayTaskCreation(session, deadline, request.Urn, region, inputs["taskName"]!, Parameters(inputs));
        var (id, start) = await creation.RunAsync(Times.Parse(inputs["startTime"]?.Text), Times.Parse(inputs["endTime"]!.Text)!.Value);

        // From here on the task exists: whatever fails, its id must reach the state.
        var run = new RelayTaskRun(session, deadline, request.Urn, id.ToString(), id);
        var known = new PropertyMap(inputs)
        {
            ["startTime"] = Addresses.Told(inputs["startTime"], Times.ToText(start)),
            ["taskId"] = id.TaskId,
            ["status"] = nameof(TaskStatus.Idle),
        };
        return await run.KeepAsync(MarkSecrets(known), inputs, async () =>
        {
            var task = await run.DescribeNewAsync();
            run.Observed = MarkSecrets(Outputs(inputs, id, task));
            var stopped = inputs["desiredStatus"]?.Text == "Stopped";
            if (stopped) task = await run.StopOnceStartedAsync(task, start);
            else if (inputs["awaitRunning"]?.Boolean == true) task = await run.AwaitRunningAsync(task);
            return new CreateResult(id.ToString(), MarkSecrets(Outputs(inputs, id, task)), session.RefreshBeforeUpdate);
        });
    }

    /// <summary>
    /// The inputs as CreateLivePullToPush takes them; what has no meaning for the source is left out, and so is an offset of 0, which it
    /// refuses.
    /// </summary>
    Dictionary<string, string> Parameters(PropertyMap inputs)
    {
        var live = inputs["sourceType"]?.Text == "live";
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Fields)
        {
            if (field.Parameter is null or "Region" or "StartTime" || inputs[field.Name] is not { } value) continue;
            if (live && field.Name is ("repeatNumber" or "offset" or "fileIndex")) continue;
            if (field.Name == "offset" && value.Number == 0) continue;
            parameters[field.Parameter] = field.ToParameter(value);
        }

        return parameters;
    }

    /// <summary>The state of a task: the inputs as they are stated, and what the service tells.</summary>
    internal static PropertyMap Outputs(PropertyMap inputs, RelayTaskId id, LiveTask task)
    {
        var outputs = new PropertyMap(inputs)
        {
            ["taskId"] = id.TaskId,
            ["status"] = task.Status.ToString(),
            ["region"] = Addresses.Told(inputs["region"], id.Region),
        };

        // What is in force, also where a change of it was not taken: the state decides by it whether a task has started or ended.
        if ((task.TaskInfo.Text("StartTime") ?? inputs["startTime"]?.Text) is { } start) outputs["startTime"] = Addresses.Told(inputs["startTime"], start);
        if (task.TaskInfo.Text("EndTime") is { } end) outputs["endTime"] = Addresses.Told(inputs["endTime"], end);
        if (task.TaskInvalidReason is { Length: > 0 } invalid) outputs["invalidReason"] = invalid;
        if (task.TaskExitReason is { Length: > 0 } reason) outputs["exitReason"] = reason;
        if (task.TaskExitTime is { } exit) outputs["exitTime"] = Times.ToText(exit);
        return outputs;
    }

    /// <summary>A task as functions return it: the outputs of a resource, without what only a program can state.</summary>
    public PropertyMap OutputsOf(RelayTaskId id, LiveTask task)
    {
        var inputs = ReadInputs(task.TaskInfo, PropertyMap.Empty);
        if (inputs["sourceType"]?.Text != "live") inputs.Remove("sourceProtocol");
        else if (inputs["sourceProtocol"]?.Text is { } protocol) inputs["sourceProtocol"] = protocol.ToLowerInvariant();
        var outputs = MarkSecrets(Outputs(SchemaCheck.WithDefaults(Schema.Inputs, inputs), id, task));
        foreach (var field in Fields.Where(field => field.Takes == Takes.InProvider)) outputs.Remove(field.Name);
        return outputs;
    }

    public override async Task<ReadResult?> ReadAsync(ReadRequest request, Session session, CancellationToken cancellation)
    {
        var olds = request.Properties ?? PropertyMap.Empty;
        var id = RelayTaskId.Of(request.Id, olds, session.DefaultRegion);
        var deadline = session.Deadline(request.Timeout, Waiting.ReadLimit, cancellation);
        var oldInputs = request.Inputs ?? PropertyMap.Empty;

        // A refresh sends what a state file holds; an import sends nothing, and a `.get` only what the program looks for.
        var known = olds["taskId"] is not null;
        var task = await new RelayTaskRun(session, deadline, request.Urn, request.Id, id).DescribeAsync("read");
        if (task is null or { Status: TaskStatus.Exit })
        {
            return await ReadEndedAsync(task, id, olds, oldInputs, known, request.Urn, session);
        }

        var inputs = ReadInputs(task.TaskInfo, oldInputs);
        inputs["region"] = oldInputs["region"] ?? id.Region;
        if (inputs["sourceType"]?.Text != "live") inputs.Remove("sourceProtocol");
        else if (inputs["sourceProtocol"]?.Text is { } protocol) inputs["sourceProtocol"] = Addresses.Told(oldInputs["sourceProtocol"], protocol.ToLowerInvariant());
        ReadStart(inputs, task, olds, oldInputs, session.Now);
        if (oldInputs["desiredStatus"] is { } desired) inputs["desiredStatus"] = Addresses.Told(desired, ReadDesired(desired, task.Status));
        if (known) await TellNewsAsync(task, olds, oldInputs, request.Urn, session);

        var outputs = Outputs(SchemaCheck.WithDefaults(Schema.Inputs, inputs), id, task);
        var leftUndone = task.Status == TaskStatus.Offline ? "Running" : "Stopped";
        if (olds[RelayUpdatePlan.PendingKey]?.Text == leftUndone) outputs[RelayUpdatePlan.PendingKey] = leftUndone;
        return new(id.ToString(), MarkSecrets(outputs), inputs, session.RefreshBeforeUpdate);
    }

    /// <summary>A task that the service no longer runs: kept as Exit when its time was up, gone when somebody deleted it before.</summary>
    async Task<ReadResult?> ReadEndedAsync(
        LiveTask? task, RelayTaskId id, PropertyMap olds, PropertyMap oldInputs, bool known, string urn, Session session)
    {
        var end = Times.Parse(olds["endTime"]?.Text);
        var timeWasUp = task?.TaskExitReason is { Length: > 0 } reason ? reason == "OverEndTime" : end <= session.Now;
        if (!known)
        {
            if (task is not null)
            {
                var when = task.TaskExitTime is { } exit ? $" at {Times.ToText(exit)}" : "";
                await session.Log.LogAsync(
                    LogSeverity.Warning, $"relay task {id} ended{when}; there is nothing left to read or import", urn);
            }

            return null;
        }

        if (!timeWasUp) return null;
        var outputs = new PropertyMap(olds) { ["status"] = nameof(TaskStatus.Exit) };
        outputs.Remove("invalidReason");
        outputs.Remove(RelayUpdatePlan.PendingKey);
        if (task?.TaskExitReason is { Length: > 0 } exitReason) outputs["exitReason"] = exitReason;
        if (task?.TaskExitTime is { } exitTime) outputs["exitTime"] = Times.ToText(exitTime);
        if (olds["status"]?.Text != nameof(TaskStatus.Exit))
        {
            await session.Log.LogAsync(
                LogSeverity.Info,
                $"relay task {id} ended at {olds["endTime"]?.Text} and is kept in the state as Exit; a later endTime makes a new task",
                urn);
        }

        return new(id.ToString(), MarkSecrets(outputs), MarkSecrets(oldInputs), session.RefreshBeforeUpdate);
    }

    /// <summary>
    /// The start is an input only where the program states it, or where it is still to come; moved within the past it is no difference.
    /// </summary>
    static void ReadStart(PropertyMap inputs, LiveTask task, PropertyMap olds, PropertyMap oldInputs, DateTimeOffset now)
    {
        var start = Times.Parse(task.TaskInfo.Text("StartTime"));
        if (oldInputs["startTime"] is { } stated)
        {
            if (start is null || (start <= now && Times.Parse(stated.Text) <= now)) inputs["startTime"] = stated;
        }
        else if (olds.Count > 0 || start is null || start <= now)
        {
            inputs.Remove("startTime");
        }
    }

    /// <summary>
    /// Drift of the run state shows as drift of <c>desiredStatus</c>. A task that waits for its start is in neither state, so nothing has
    /// drifted.
    /// </summary>
    static PropertyValue ReadDesired(PropertyValue desired, TaskStatus status) => status switch
    {
        TaskStatus.Offline => "Stopped",
        TaskStatus.Running or TaskStatus.Recovering => "Running",
        _ => desired,
    };

    /// <summary>Says once what a refresh would otherwise hide, since changes of outputs alone are not shown.</summary>
    static async Task TellNewsAsync(LiveTask task, PropertyMap olds, PropertyMap oldInputs, string urn, Session session)
    {
        var wentOffline = task.Status == TaskStatus.Offline && olds["status"]?.Text != nameof(TaskStatus.Offline);
        if (!wentOffline || oldInputs["desiredStatus"] is not null) return;
        var reason = task.TaskInvalidReason is { Length: > 0 } words ? $" ({words})" : "";
        await session.Log.LogAsync(
            LogSeverity.Warning,
            $"the relay task is offline{reason} and nothing manages its run state; state `desiredStatus: Running` to have it restarted, "
            + "or change `restartTriggers`",
            urn);
    }

    protected override PropertyValue? Forgotten(Field field, PropertyValue? old) =>
        field.Name == "callbackUrl" ? null : old;

    public override bool Means(string name, PropertyValue old, PropertyValue read) => name switch
    {
        "sourceProtocol" => SameProtocol(old.Text, read.Text),
        "startTime" or "endTime" => Times.Parse(old.Text) is { } time && time == Times.Parse(read.Text),
        _ => base.Means(name, old, read),
    };

    /// <summary>The service echoes protocols in another case, and `http-flv` as `flv`.</summary>
    static bool SameProtocol(string? left, string? right) => string.Equals(Plain(left), Plain(right), StringComparison.OrdinalIgnoreCase);

    static string? Plain(string? protocol) => string.Equals(protocol, "http-flv", StringComparison.OrdinalIgnoreCase) ? "flv" : protocol;

    public override async Task<UpdateResult> UpdateAsync(UpdateRequest request, Session session, CancellationToken cancellation)
    {
        var plan = RelayUpdatePlan.Of(this, request, session.Now);
        if (request.Preview)
        {
            if (plan.Interruption is { } words) await session.Log.LogAsync(LogSeverity.Warning, words, request.Urn);
            return new(MarkSecrets(PreviewOutputs(request.News, plan.RunStateMoves ? PropertyMap.Empty : request.Olds)));
        }

        var id = RelayTaskId.Of(request.Id, request.Olds, session.DefaultRegion);
        var recorded = plan.Recorded();
        if (plan.Ended)
        {
            if (!plan.Extended) return new(MarkSecrets(recorded), session.RefreshBeforeUpdate);
            throw new ProviderException(ProviderStatus.FailedPrecondition, EndedText(id, request.Olds));
        }

        if (!plan.NeedsService) return new(MarkSecrets(recorded), session.RefreshBeforeUpdate);
        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var run = new RelayTaskRun(session, deadline, request.Urn, request.Id, id);
        if (await run.DescribeAsync("update") is not { Status: not TaskStatus.Exit } before)
        {
            throw new ProviderException(ProviderStatus.FailedPrecondition, EndedText(id, request.Olds));
        }

        var update = new RelayTaskUpdate(this, run, plan, before, (inputs, live) => MarkSecrets(Outputs(inputs, run.Id, live)));
        var task = await update.RunAsync();
        return new(MarkSecrets(Outputs(request.News, run.Id, task)), session.RefreshBeforeUpdate);
    }

    static string EndedText(RelayTaskId id, PropertyMap olds) =>
        $"Could not update relay task {id}: it ended at {olds["exitTime"]?.Text ?? olds["endTime"]?.Text}, or was deleted before. "
        + "Run `pulumi refresh`; the next up replaces it.";

    public override async Task DeleteAsync(DeleteRequest request, Session session, CancellationToken cancellation)
    {
        var id = RelayTaskId.Of(request.Id, request.Properties, session.DefaultRegion);
        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var run = new RelayTaskRun(session, deadline, request.Urn, request.Id, id);
        var keep = (request.OldInputs["onDelete"] ?? request.Properties["onDelete"])?.Text == "Stop";
        if (keep && await run.StopForGoodAsync()) return;
        await run.DeleteAsync();
    }
}
