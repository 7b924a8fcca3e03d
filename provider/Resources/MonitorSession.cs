using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// A monitor session: several input streams in one picture, with alarms.
/// <code>
///  Create ──▶ Stopped ──Start──▶ Running
///                ▲                  │
///                └───────Stop───────┘      Delete: only while stopped
/// </code>
/// Everything is updated in place, and each update sends all of it, since the service may reset what is left out.
/// </summary>
sealed class MonitorSession(ResourceSchema schema) : Resource(schema)
{
    public const string Token = "aliyun-live:index:MonitorSession";

    /// <summary>
    /// Output that outlives a failed operation, so that the next one finishes it whatever the program says by then: <see cref="RunState"/> where
    /// it was to start or stop the session, else <see cref="Configuration"/>. Its name marks it as internal.
    /// </summary>
    const string UnfinishedKey = "__unfinished";

    const string RunState = "runState";
    const string Configuration = "configuration";

    static readonly IReadOnlyList<Field> AllFields =
    [
        new("monitorName", "MonitorName", "MonitorName", Takes.AtOnce),
        new("domain", "Domain", "Domain", Takes.AtOnce),
        new("outputTemplate", "OutputTemplate", "OutputTemplate", Takes.AtOnce),
        new("inputList", "InputList", "InputList", Takes.AtOnce, name => char.ToUpperInvariant(name[0]) + name[1..]),
        new("app", "App", null, Takes.AtOnce),
        new("stream", "Stream", null, Takes.AtOnce),
        new("monitorConfig", "MonitorConfig", "MonitorConfig", Takes.AtOnce),
        new("callbackUrl", "CallbackUrl", "CallbackUrl", Takes.AtOnce),
        new("dingTalkWebHookUrl", "DingTalkWebHookUrl", "DingTalkWebHookUrl", Takes.AtOnce),
        new("desiredStatus", null, null, Takes.InProvider),
    ];

    public override IReadOnlyList<Field> Fields => AllFields;

    public override IReadOnlyList<Rule> Rules => MonitorSessionRules.All;

    public override string IdProperty => "monitorId";

    protected override string NameProperty => "monitorName";

    protected override void Complete(PropertyMap inputs, CheckRequest request, Session session, CheckFailures failures)
    {
        if (inputs["inputList"] is { } list) inputs["inputList"] = Numbered(list);
    }

    /// <summary>An input without numbers of its own is numbered by its position, so that the service has nothing to choose.</summary>
    static PropertyValue Numbered(PropertyValue list)
    {
        if (list.Bare is not ArrayValue) return list;
        return Addresses.Rewrap(list, PropertyValue.Of(list.Elements.Select((element, position) =>
        {
            if (element.Bare is not ObjectValue) return element;
            var input = new PropertyMap(element.Members);
            input["index"] = input["index"] ?? position + 1;
            input["layoutId"] = input["layoutId"] ?? position + 1;
            return Addresses.Rewrap(element, input);
        })));
    }

    protected override PropertyMap MarkSecrets(PropertyMap values)
    {
        var marked = new PropertyMap(SchemaCheck.MarkSecrets(Schema.Inputs, values));
        if (marked["callbackUrl"] is { } callback) marked["callbackUrl"] = Addresses.MarkKeys(callback);
        if (marked["inputList"] is { } list)
        {
            marked["inputList"] = Addresses.Rewrap(list, PropertyValue.Of(list.Elements.Select(element =>
                element.Members["inputUrl"] is { } url ? Addresses.Rewrap(element, new PropertyMap(element.Members) { ["inputUrl"] = Addresses.MarkKeys(url) }) : element)));
        }

        if (marked["outputUrls"] is { } outputs && outputs.Bare is ObjectValue)
        {
            var urls = new PropertyMap();
            foreach (var (name, url) in outputs.Members) urls[name] = Addresses.MarkKeys(url);
            marked["outputUrls"] = Addresses.Rewrap(outputs, urls);
        }

        return marked;
    }

    public override DiffResult Diff(DiffRequest request, Session session)
    {
        var changes = Changes(request.OldInputs, request.News, request.IgnoreChanges);

        // Two sessions cannot publish one stream, so a replacement that the user forces needs the address free first.
        var sameOutput = request.News["stream"] is not null && OutputAddress.All(name => MayBeSame(request.OldInputs[name], request.News[name]));
        return new(changes, sameOutput);
    }

    /// <summary>The inputs that the output address is made of.</summary>
    static readonly IReadOnlyList<string> OutputAddress = ["domain", "app", "stream"];

    static bool MayBeSame(PropertyValue? old, PropertyValue? news) => old is null || news is null || news.IsUnknown || PropertyValue.SameValue(old, news);

    /// <summary>What changed; a stream name that is no longer stated is kept, as one that never was.</summary>
    List<PropertyChange> Changes(PropertyMap oldInputs, PropertyMap news, IReadOnlyList<string> ignoreChanges)
    {
        // An imported session may have inputs without numbers; Check gives them those of their positions.
        var olds = new PropertyMap(oldInputs);
        if (olds["inputList"] is { } list) olds["inputList"] = Numbered(list);
        return [.. Compare(olds, news, ignoreChanges).Where(change => change.Path != "stream" || news["stream"] is not null)];
    }

    public override async Task<CreateResult> CreateAsync(CreateRequest request, Session session, CancellationToken cancellation)
    {
        var inputs = request.Properties;
        if (request.Preview) return new("", MarkSecrets(PreviewOutputs(inputs, PropertyMap.Empty)));

        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var id = await new MonitorSessionCreation(this, session, deadline, request.Urn, Parameters(inputs)).RunAsync(inputs);
        var run = new MonitorSessionRun(session, deadline, request.Urn, id);
        var known = new PropertyMap(inputs) { ["monitorId"] = id, ["status"] = "Stopped" };
        var desired = inputs["desiredStatus"]?.Text;
        var reached = () => Unfinished(run.Seen is { } seen ? Outputs(inputs, seen) : known, desired is null ? Configuration : RunState);
        return await run.KeepAsync(reached, inputs, async () =>
        {
            run.Seen = await run.DescribeNewAsync();
            if (desired == "Running") run.Seen = await run.StartAsync();
            else if (desired is null)
            {
                await session.Log.LogAsync(
                    LogSeverity.Info, "created, not monitoring: state `desiredStatus: Running` to have the session started", request.Urn);
            }

            return new CreateResult(id, MarkSecrets(Outputs(inputs, run.Seen)), session.RefreshBeforeUpdate);
        });
    }

    /// <summary>Everything that is stated, as Create and Update take it.</summary>
    Dictionary<string, string> Parameters(PropertyMap inputs)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Fields)
        {
            if (field.Parameter is not null && inputs[field.Name] is { } value) parameters[field.Parameter] = field.ToParameter(value);
        }

        return parameters;
    }

    /// <summary>The state of a session: the inputs as they are stated, and what the service tells.</summary>
    static PropertyMap Outputs(PropertyMap inputs, LiveMonitor monitor)
    {
        var outputs = new PropertyMap(inputs) { ["monitorId"] = monitor.MonitorId, ["status"] = StatusOf(monitor) };
        if (monitor.Fields.Text("Region") is { Length: > 0 } region) outputs["region"] = region;
        var (app, stream) = OutputPath(monitor);
        if (app is not null) outputs["app"] = Addresses.Told(inputs["app"], app);
        if (stream is not null) outputs["stream"] = Addresses.Told(inputs["stream"], stream);
        if (monitor.Fields.Object("OutputUrls") is { } urls)
        {
            var addresses = new PropertyMap();
            if (urls.Text("RtmpUrl") is { Length: > 0 } rtmp) addresses["rtmpUrl"] = rtmp;
            if (urls.Text("FlvUrl") is { Length: > 0 } flv) addresses["flvUrl"] = flv;
            outputs["outputUrls"] = OutputAddress.Any(name => inputs[name]?.IsSecret == true) ? ((PropertyValue)addresses).AsSecret() : addresses;
        }

        if (monitor.Fields.Integer("AudioFrom") is { } audio) outputs["audioFrom"] = audio;
        if (monitor.Fields.Text("StartTime") is { Length: > 0 } start) outputs["startTime"] = start;
        if (monitor.Fields.Text("StopTime") is { Length: > 0 } stop) outputs["stopTime"] = stop;
        return outputs;
    }

    /// <summary>Outputs of an operation that failed before it was done.</summary>
    PropertyMap Unfinished(PropertyMap outputs, string what) => MarkSecrets(new PropertyMap(outputs) { [UnfinishedKey] = what });

    /// <summary>A session as functions return it: the outputs of a resource, without what only a program can state.</summary>
    public PropertyMap OutputsOf(LiveMonitor monitor) =>
        MarkSecrets(Outputs(SchemaCheck.WithDefaults(Schema.Inputs, InputsOf(monitor, PropertyMap.Empty)), monitor));

    static string StatusOf(LiveMonitor monitor) => monitor.Running ? "Running" : "Stopped";

    /// <summary>Application and stream name, which no answer tells but the output address.</summary>
    static (string? App, string? Stream) OutputPath(LiveMonitor monitor) =>
        Uri.TryCreate(monitor.Fields.Object("OutputUrls")?.Text("RtmpUrl"), UriKind.Absolute, out var url)
            && url.AbsolutePath.Trim('/').Split('/') is [{ Length: > 0 } app, { Length: > 0 } stream]
            ? (Uri.UnescapeDataString(app), Uri.UnescapeDataString(stream))
            : (null, null);

    public override async Task<ReadResult?> ReadAsync(ReadRequest request, Session session, CancellationToken cancellation)
    {
        var deadline = session.Deadline(request.Timeout, Waiting.ReadLimit, cancellation);
        var run = new MonitorSessionRun(session, deadline, request.Urn, request.Id);
        if (await run.FindAsync("read", isKnown: request.Properties?[IdProperty] is not null) is not { } monitor) return null;

        var inputs = InputsOf(monitor, request.Inputs ?? PropertyMap.Empty);
        return new(monitor.MonitorId, MarkSecrets(Observed(inputs, monitor)), MarkSecrets(inputs), session.RefreshBeforeUpdate);
    }

    /// <summary>The inputs that describe a session as it is found: no more of them than were stated before, or than a program has to state.</summary>
    PropertyMap InputsOf(LiveMonitor monitor, PropertyMap oldInputs)
    {
        var inputs = ReadInputs(monitor.Fields, oldInputs);
        var (app, stream) = OutputPath(monitor);
        if (app is not null && (oldInputs["app"] is not null || app != Schema.Inputs.Properties["app"].Default?.Text))
        {
            inputs["app"] = Addresses.Told(oldInputs["app"], app);
        }

        if (stream is not null && oldInputs["stream"] is { } stated) inputs["stream"] = Addresses.Told(stated, stream);

        // An import takes thresholds of 0 over as stated; a refresh of a session without any takes them for the service's way to say none.
        var none = oldInputs.Count == 0 ? inputs["monitorConfig"]?.Members.Count == 0 : HasNoThreshold(inputs["monitorConfig"]);
        if (oldInputs["monitorConfig"] is null && none) inputs.Remove("monitorConfig");
        if (oldInputs["desiredStatus"] is { } desired) inputs["desiredStatus"] = Addresses.Told(desired, StatusOf(monitor));
        return inputs;
    }

    PropertyMap Observed(PropertyMap inputs, LiveMonitor monitor) => Outputs(SchemaCheck.WithDefaults(Schema.Inputs, inputs), monitor);

    /// <summary>What the answer does not tell stays as it was stated, and so do thresholds without any number, which may come back as nothing.</summary>
    protected override PropertyValue? Forgotten(Field field, PropertyValue? old) =>
        field.Response is null || (field.Name == "monitorConfig" && HasNoThreshold(old)) ? old : null;

    /// <summary>Inputs and thresholds compare as values; what the service adds to them by itself is no difference.</summary>
    public override bool Means(string name, PropertyValue old, PropertyValue read) => name switch
    {
        "inputList" => old.Elements.Length == read.Elements.Length && old.Elements.All(input => Numbered(read).Elements.Any(other => Contains(other, input))),
        "monitorConfig" => Contains(read, old) && read.Members.All(threshold => old.Members.ContainsKey(threshold.Key) || threshold.Value.Number == 0),
        "domain" => string.Equals(old.Text, read.Text, StringComparison.OrdinalIgnoreCase),
        _ => base.Means(name, old, read),
    };

    /// <summary>Whether no alarm is set; the service may show what is not set as 0.</summary>
    static bool HasNoThreshold(PropertyValue? config) =>
        config is not { Bare: ObjectValue thresholds } || thresholds.Fields.Values.All(value => value.IsNull || value.Number == 0);

    static bool Contains(PropertyValue whole, PropertyValue part) => (whole.Bare, part.Bare) switch
    {
        (_, ObjectValue map) => map.Fields.All(member => member.Value.IsNull || (whole.Members[member.Key] is { } value && Contains(value, member.Value))),
        (ArrayValue { Items: var all }, ArrayValue { Items: var some }) => all.Length == some.Length && all.Zip(some, Contains).All(same => same),

        // The service may keep its numbers with less precision than they are stated.
        (NumberValue { Value: var left }, NumberValue { Value: var right }) => Math.Abs(left - right) <= 1e-6 * Math.Max(1, Math.Abs(right)),
        _ => PropertyValue.SameValue(whole, part),
    };

    public override async Task<UpdateResult> UpdateAsync(UpdateRequest request, Session session, CancellationToken cancellation)
    {
        var changed = Changes(request.OldInputs, request.News, request.IgnoreChanges).Select(RootOf).ToHashSet(StringComparer.Ordinal);
        var unfinished = request.Olds[UnfinishedKey]?.Text;
        var desired = changed.Contains("desiredStatus") || unfinished == RunState ? request.News["desiredStatus"]?.Text : null;
        if (request.Preview) return new(MarkSecrets(Previewed(request, changed, desired)));

        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var run = new MonitorSessionRun(session, deadline, request.Urn, request.Id)
        {
            ToBeStopped = request.News["desiredStatus"]?.Text == "Stopped" && desired is null,
        };
        run.Seen = await run.FindAsync("update", isKnown: true) ?? throw new ProviderException(
            ProviderStatus.FailedPrecondition,
            $"Could not update monitor session {request.Id}: it no longer exists. Run `pulumi refresh`; the next up makes a new one.");
        var reached = () => Unfinished(Observed(InputsOf(run.Seen, request.OldInputs), run.Seen), desired is null ? Configuration : RunState);
        return await run.KeepAsync(reached, request.OldInputs, async () =>
        {
            // After a failure the old inputs do not tell what is left to do, so the new ones are held against what is there.
            var managed = Fields.Where(field => !RelayTask.Covers(request.IgnoreChanges, field.Name));
            if (unfinished is not null) changed.UnionWith(NotTaken(run.Seen, request.News, managed));
            var wanted = Wanted(request, run.Seen, changed);
            if (desired == "Stopped" && run.Seen.Running) run.Seen = await run.StopAsync();
            if (Fields.Any(field => field.Parameter is not null && changed.Contains(field.Name))) await ChangeAsync(run, wanted, changed);
            if (desired == "Running" && !run.Seen.Running) run.Seen = await run.StartAsync();
            return new UpdateResult(MarkSecrets(Outputs(request.News, run.Seen)), session.RefreshBeforeUpdate);
        });
    }

    /// <summary>The outputs an update will have; unknown where the change makes the service choose anew.</summary>
    PropertyMap Previewed(UpdateRequest request, HashSet<string> changed, string? desired)
    {
        var olds = new PropertyMap(request.Olds);
        if (changed.Overlaps(OutputAddress)) olds.Remove("outputUrls");
        if (desired is not null)
        {
            olds["status"] = desired;
            olds.Remove("startTime");
            olds.Remove("stopTime");
        }

        return PreviewOutputs(request.News, olds);
    }

    /// <summary>
    /// All that the session shall have: what changed as it is stated, and the rest as it is found, the stream name included. What others edited
    /// stays until a refresh has shown it, and for good where <c>ignoreChanges</c> leaves it to them.
    /// </summary>
    PropertyMap Wanted(UpdateRequest request, LiveMonitor monitor, HashSet<string> changed)
    {
        var wanted = new PropertyMap(request.News);
        foreach (var field in Fields.Where(field => field.Parameter is not null && !changed.Contains(field.Name)))
        {
            var found = Found(field, monitor);
            if (found is null && CanBeUnset(field) && monitor.Fields.Text(field.Response!) is not null) wanted.Remove(field.Name);
            else if (found is not null && (wanted[field.Name] is not { } stated || !Means(field.Name, stated, found))) wanted[field.Name] = found;
        }

        wanted["stream"] = wanted["stream"] ?? request.Olds["stream"] ?? PropertyValue.Null;
        return wanted;
    }

    static bool CanBeUnset(Field field) => field.Name is "monitorConfig" or "callbackUrl" or "dingTalkWebHookUrl";

    /// <summary>Sends all of the configuration and reads back whether the session took it.</summary>
    async Task ChangeAsync(MonitorSessionRun run, PropertyMap wanted, HashSet<string> changed)
    {
        var fields = Fields.Where(field => field.Parameter is not null && changed.Contains(field.Name)).ToList();
        var parameters = Parameters(wanted);
        foreach (var field in fields.Where(field => wanted[field.Name] is null)) parameters[field.Parameter!] = field.Name == "monitorConfig" ? "{}" : "";
        await run.UpdateAsync(parameters, fields.Select(field => field.Name));
        run.Seen = await run.ReadBackAsync(monitor => NotTaken(monitor, wanted, fields).Count == 0);
        if (NotTaken(run.Seen, wanted, fields) is { Count: > 0 } ignored) throw run.Ignored(ignored, ignored.Where(name => wanted[name] is null));
    }

    /// <summary>The fields of the configuration that the session shows otherwise than wanted.</summary>
    List<string> NotTaken(LiveMonitor monitor, PropertyMap wanted, IEnumerable<Field> fields) =>
        [.. fields.Where(field => field.Parameter is not null && !Shows(field, monitor, wanted[field.Name])).Select(field => field.Name)];

    bool Shows(Field field, LiveMonitor monitor, PropertyValue? wanted) => (Found(field, monitor), wanted) switch
    {
        // Application and stream can only be compared where the output address tells them, and an unstated one is whatever it is.
        (null, _) or (_, null) when field.Response is null => true,
        (var found, null) => found is null || (field.Name == "monitorConfig" && HasNoThreshold(found)),
        (null, _) => field.Name == "monitorConfig" && HasNoThreshold(wanted),
        var (found, stated) => Means(field.Name, stated, found),
    };

    /// <summary>What a session has of a field; null where it has nothing, or the answer does not tell.</summary>
    PropertyValue? Found(Field field, LiveMonitor monitor) => field.Name switch
    {
        "app" => OutputPath(monitor).App is { } app ? (PropertyValue)app : null,
        "stream" => OutputPath(monitor).Stream is { } stream ? (PropertyValue)stream : null,
        _ => field.FromResponse(monitor.Fields, TypeOf(field)),
    };

    public override async Task DeleteAsync(DeleteRequest request, Session session, CancellationToken cancellation)
    {
        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        await new MonitorSessionRun(session, deadline, request.Urn, request.Id).DeleteAsync();
    }

    /// <summary>Whether a listed session is what the inputs describe, for a creation whose answer was lost.</summary>
    public bool IsMadeOf(LiveMonitor monitor, PropertyMap inputs) => NotTaken(monitor, inputs, Fields).Count == 0;
}
