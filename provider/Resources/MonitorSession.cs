using System.Collections.Immutable;
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

    protected override string NameProperty => "monitorName";

    /// <summary>An input without numbers of its own is numbered by its position, so that the service has nothing to choose.</summary>
    protected override void Complete(PropertyMap inputs, CheckRequest request, Session session, CheckFailures failures)
    {
        if (inputs["inputList"] is not { IsUnknown: false } list || list.Bare is not ArrayValue) return;
        var numbered = list.Elements.Select((element, index) =>
        {
            if (element.Bare is not ObjectValue) return element;
            var input = new PropertyMap(element.Members);
            input["index"] = input["index"] ?? index + 1;
            input["layoutId"] = input["layoutId"] ?? index + 1;
            return Addresses.Rewrap(element, input);
        });
        inputs["inputList"] = Addresses.Rewrap(list, PropertyValue.Of(numbered));
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
        var sameOutput = request.News["stream"] is { } stream && request.OldInputs["stream"] is { } old && PropertyValue.SameValue(stream, old);
        return new(changes, sameOutput);
    }

    /// <summary>What changed; a stream name that is no longer stated is kept, as one that never was.</summary>
    List<PropertyChange> Changes(PropertyMap oldInputs, PropertyMap news, IReadOnlyList<string> ignoreChanges) =>
        [.. Compare(oldInputs, news, ignoreChanges).Where(change => change.Path != "stream" || news["stream"] is not null)];

    public override async Task<CreateResult> CreateAsync(CreateRequest request, Session session, CancellationToken cancellation)
    {
        var inputs = request.Properties;
        if (request.Preview) return new("", MarkSecrets(PreviewOutputs(inputs, PropertyMap.Empty)));

        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var id = await new MonitorSessionCreation(this, session, deadline, request.Urn, Parameters(inputs)).RunAsync(inputs);
        var run = new MonitorSessionRun(session, deadline, request.Urn, id);
        var known = new PropertyMap(inputs) { ["monitorId"] = id, ["status"] = "Stopped" };
        return await run.PartialOnFailureAsync(() => MarkSecrets(run.Seen is { } seen ? Outputs(inputs, seen) : known), inputs, async () =>
        {
            run.Seen = await run.DescribeNewAsync();
            if (inputs["desiredStatus"]?.Text == "Running") run.Seen = await run.StartAsync();
            else if (inputs["desiredStatus"] is null)
            {
                await session.Log.LogAsync(LogSeverity.Info, "created, not monitoring: state `desiredStatus: Running` to have the session started", request.Urn);
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
            outputs["outputUrls"] = addresses;
        }

        if (monitor.Fields.Integer("AudioFrom") is { } audio) outputs["audioFrom"] = audio;
        if (monitor.Fields.Text("StartTime") is { Length: > 0 } start) outputs["startTime"] = start;
        if (monitor.Fields.Text("StopTime") is { Length: > 0 } stop) outputs["stopTime"] = stop;
        return outputs;
    }

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
        if (await run.DescribeAsync("read") is not { } monitor) return null;

        var oldInputs = request.Inputs ?? PropertyMap.Empty;
        var inputs = ReadInputs(monitor.Fields, oldInputs);
        var (app, stream) = OutputPath(monitor);
        if (app is not null && (oldInputs["app"] is not null || app != Schema.Inputs.Properties["app"].Default?.Text)) inputs["app"] = Addresses.Told(oldInputs["app"], app);
        if (stream is not null && oldInputs["stream"] is { } stated) inputs["stream"] = Addresses.Told(stated, stream);
        if (oldInputs["desiredStatus"] is { } desired) inputs["desiredStatus"] = Addresses.Told(desired, StatusOf(monitor));
        var outputs = Outputs(SchemaCheck.WithDefaults(Schema.Inputs, inputs), monitor);
        return new(monitor.MonitorId, MarkSecrets(outputs), MarkSecrets(inputs), session.RefreshBeforeUpdate);
    }

    protected override PropertyValue? Forgotten(Field field, PropertyValue? old) => field.Response is null ? old : null;

    /// <summary>Inputs and thresholds compare as values; what the service adds to them by itself is no difference.</summary>
    public override bool Means(string name, PropertyValue old, PropertyValue read) => name switch
    {
        "inputList" => old.Elements.Length == read.Elements.Length && old.Elements.All(input => read.Elements.Any(other => Contains(other, input))),
        "monitorConfig" => Contains(read, old) && read.Members.All(threshold => old.Members.ContainsKey(threshold.Key) || threshold.Value.Number == 0),
        _ => base.Means(name, old, read),
    };

    static bool Contains(PropertyValue whole, PropertyValue part) => part.Bare is ObjectValue map
        ? map.Fields.All(member => member.Value.IsNull || (whole.Members[member.Key] is { } value && Contains(value, member.Value)))
        : PropertyValue.SameValue(whole, part);

    public override async Task<UpdateResult> UpdateAsync(UpdateRequest request, Session session, CancellationToken cancellation)
    {
        var changed = Changes(request.OldInputs, request.News, request.IgnoreChanges).Select(RootOf).ToImmutableHashSet(StringComparer.Ordinal);
        if (request.Preview) return new(MarkSecrets(PreviewOutputs(request.News, request.Olds)));

        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        var run = new MonitorSessionRun(session, deadline, request.Urn, request.Id);
        run.Seen = await run.DescribeAsync("update") ?? throw new ProviderException(
            ProviderStatus.FailedPrecondition, $"Could not update monitor session {request.Id}: it no longer exists. Run `pulumi refresh`; the next up makes a new one.");
        return await run.PartialOnFailureAsync(() => MarkSecrets(Outputs(request.News, run.Seen)), request.OldInputs, async () =>
        {
            // A start or stop that an earlier run left undone shows in the state: what it reached is not what the inputs ask for.
            var desired = RelayTask.Covers(request.IgnoreChanges, "desiredStatus") ? null : request.News["desiredStatus"]?.Text;
            var moves = changed.Contains("desiredStatus") || request.Olds["status"]?.Text != desired ? desired : null;
            if (moves == "Stopped" && run.Seen.Running) run.Seen = await run.StopAsync();
            if (changed.Any(name => name != "desiredStatus")) await ChangeAsync(run, request, changed);
            if (moves == "Running" && !run.Seen.Running) run.Seen = await run.StartAsync();
            return new UpdateResult(MarkSecrets(Outputs(request.News, run.Seen)), session.RefreshBeforeUpdate);
        });
    }

    /// <summary>Sends all of the configuration and reads back whether the session took it.</summary>
    async Task ChangeAsync(MonitorSessionRun run, UpdateRequest request, ImmutableHashSet<string> changed)
    {
        var wanted = new PropertyMap(request.News);
        wanted["stream"] = wanted["stream"] ?? OutputPath(run.Seen!).Stream ?? request.Olds["stream"] ?? PropertyValue.Null;
        var parameters = Parameters(wanted);
        foreach (var field in Fields.Where(field => field.Parameter is not null && changed.Contains(field.Name) && wanted[field.Name] is null))
        {
            parameters[field.Parameter!] = field.Name == "monitorConfig" ? "{}" : "";
        }

        await run.UpdateAsync(parameters);
        var monitor = await run.UntilAsync(
            () => run.DescribeAsync("read"), found => found is null || NotTaken(found, wanted, changed).Count == 0, Waiting.ReadBackLimit, $"waiting for monitor session {request.Id} to show the change")
            ?? throw new ProviderException(ProviderStatus.FailedPrecondition, $"Monitor session {request.Id} disappeared during the update. Run `pulumi refresh` to see what is left.");
        run.Seen = monitor;
        if (NotTaken(monitor, wanted, changed) is { Count: > 0 } ignored)
        {
            throw new ProviderException(ProviderStatus.FailedPrecondition, $"Monitor session {request.Id} did not take every change: the service ignored {string.Join(", ", ignored)}.{run.HowToStop}");
        }
    }

    List<string> NotTaken(LiveMonitor monitor, PropertyMap wanted, ImmutableHashSet<string> changed)
    {
        var (app, stream) = OutputPath(monitor);
        return [.. Fields.Where(field => field.Parameter is not null && changed.Contains(field.Name)).Where(field => field.Name switch
        {
            "app" => app is not null && wanted["app"]?.Text != app,
            "stream" => stream is not null && wanted["stream"]?.Text != stream,
            _ => !Shows(field, monitor, wanted[field.Name]),
        }).Select(field => field.Name)];
    }

    bool Shows(Field field, LiveMonitor monitor, PropertyValue? wanted)
    {
        var shown = field.FromResponse(monitor.Fields, TypeOf(field));
        return wanted is null ? shown is null || shown.Bare is ObjectValue { Fields: var left } && left.Values.All(value => value.Number == 0) : shown is not null && Means(field.Name, wanted, shown);
    }

    public override async Task DeleteAsync(DeleteRequest request, Session session, CancellationToken cancellation)
    {
        var deadline = session.Deadline(request.Timeout, Waiting.ChangeLimit, cancellation);
        await new MonitorSessionRun(session, deadline, request.Urn, request.Id).DeleteAsync();
    }

    /// <summary>Whether a listed session is what the inputs describe, for a creation whose answer was lost.</summary>
    public bool IsMadeOf(LiveMonitor monitor, PropertyMap inputs) =>
        Fields.Where(field => field.Response is not null).All(field => Shows(field, monitor, inputs[field.Name]));
}
