using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Tests.EngineHarness;
using PulumiAliyunLive.Tests.Protocol;
using StringValue = PulumiAliyunLive.Model.StringValue;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Traffic;

/// <summary>One call of a recording, sent to the real provider.</summary>
/// <param name="Reply">What it answered; null where it failed.</param>
sealed record Exchange(string Method, string Name, bool Preview, IMessage? Reply, RpcException? Error)
{
    public PropertyMap Inputs => ValueCodec.Decode(Reply switch
    {
        Wire.CheckResponse check => check.Inputs,
        Wire.ReadResponse read => read.Inputs,
        _ => throw new InvalidOperationException($"{Method} of {Name} answers no inputs"),
    });

    public PropertyMap Outputs => ValueCodec.Decode(Reply switch
    {
        Wire.CreateResponse create => create.Properties,
        Wire.ReadResponse read => read.Properties,
        Wire.UpdateResponse update => update.Properties,
        _ => throw new InvalidOperationException($"{Method} of {Name} answers no outputs: {Error?.Message}"),
    });

    /// <summary>The changed paths with their kinds.</summary>
    public IReadOnlyDictionary<string, Wire.PropertyDiff.Types.Kind> Diff =>
        ((Wire.DiffResponse)Reply!).DetailedDiff.ToDictionary(pair => pair.Key, pair => pair.Value.Kind, StringComparer.Ordinal);

    public Wire.DiffResponse DiffReply => (Wire.DiffResponse)Reply!;
}

/// <summary>What the engine would hold of a resource, in our values.</summary>
/// <param name="Provider">The name of the provider resource that manages it.</param>
sealed record Held(string Id, PropertyMap Inputs, PropertyMap Outputs, string Provider);

/// <summary>
/// Takes the commands of a recording to the real provider, with a simulated service behind it. Every request is sent as it was recorded,
/// but for what a stand-in had made up: where the recording has the id or the outputs that the stand-in answered, or the inputs that it
/// left unchecked, ours are sent.
/// </summary>
sealed class ReplayedStack : IAsyncDisposable
{
    /// <summary>The year in which the programs' tasks end.</summary>
    public const int Year = 2034;

    /// <summary>What the recorded programs keep secret; none of it may be told or stored in clear.</summary>
    static readonly string[] s_secrets = ["PUSHKEY", "SOURCEKEY", "SECRETKEY", LiveService.DefaultAccessKeySecret];

    readonly string _version;
    readonly ReplayGround _ground;

    /// <summary>The plugin of each provider, by its name.</summary>
    readonly Dictionary<string, EngineCalls> _plugins = new(StringComparer.Ordinal);

    /// <summary>The state after the last command, and as this command has it so far; by recorded id.</summary>
    Dictionary<string, Held> _saved = new(StringComparer.Ordinal);
    Dictionary<string, Held> _held = new(StringComparer.Ordinal);

    /// <summary>The recorded id that a resource has now; by name.</summary>
    readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    /// <summary>What the last Check of a resource answered: recorded, and ours.</summary>
    readonly Dictionary<string, (JsonNode? Theirs, PropertyMap Ours)> _checked = new(StringComparer.Ordinal);

    /// <summary>The inputs that the state had before a Read: a refresh compares with them.</summary>
    readonly Dictionary<string, PropertyMap> _beforeRead = new(StringComparer.Ordinal);

    /// <summary>What a failed Create left, until the recording tells the id that the stand-in gave it.</summary>
    readonly Dictionary<string, Held> _unnamed = new(StringComparer.Ordinal);

    readonly StringBuilder _told = new();
    bool _failed;
    int _callsOfFunctions;

    ReplayedStack(string version, ReplayGround ground)
    {
        (_version, _ground) = (version, ground);
        Service.AfterCall = operation =>
        {
            if (operation == DiesAfter) _ground.Kill();
        };
    }

    public static async Task<ReplayedStack> StartAsync(string version, Ground ground) => new(version, await ReplayGround.StartAsync(ground));

    public LiveService Service => _ground.Service;

    public IReadOnlyList<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> Logged => _ground.Lines;

    public IEnumerable<string> Warnings => Logged.Where(line => line.Severity == LogSeverity.Warning).Select(line => line.Message);

    /// <summary>Which provider resource serves a resource; null: the default one.</summary>
    public Func<string, string?> Route { get; set; } = _ => null;

    /// <summary>Added to the recorded configuration.</summary>
    public PropertyMap ExtraConfig { get; set; } = PropertyMap.Empty;

    /// <summary>The operation after which the plugin is dead: no answer reaches it, and none of its own gets out.</summary>
    public string? DiesAfter { get; set; }

    /// <summary>How many calls of the last command reached the service, those of functions left out.</summary>
    public int CallsOfResources => Service.Calls.Count - _callsOfFunctions;

    public TaskSnapshot Task => Service.Tasks.Values.Single(task => task.IsLive);

    public MonitorSnapshot Monitor => Service.Monitors.Values.Single(monitor => !monitor.Deleted);

    /// <summary>What the engine holds of a resource by this name; null: nothing.</summary>
    public Held? StateOf(string name) =>
        _ids.TryGetValue(name, out var id) && _held.TryGetValue(id, out var held) ? held : _unnamed.GetValueOrDefault(name);

    public ValueTask DisposeAsync() => _ground.DisposeAsync();

    /// <summary>Ends the plugins; those that were not killed must end well.</summary>
    public Task EndAsync() => _ground.EndAsync();

    /// <summary>Lets time pass between two commands.</summary>
    public void Pass(TimeSpan time) => _ground.Pass(time);

    /// <summary>Sends all calls of a command, in the recorded order.</summary>
    /// <param name="commits">Whether the command is a real one, after which the state is kept.</param>
    public async Task<IReadOnlyList<Exchange>> RunAsync(string command, bool commits = true)
    {
        Pass(TimeSpan.FromMinutes(1));
        Service.ClearCalls();
        _callsOfFunctions = 0;
        _ground.ClearLines();
        _failed = false;
        _held = new(_saved, StringComparer.Ordinal);
        var exchanges = new List<Exchange>();
        foreach (var call in Calls(command))
        {
            // The engine begins nothing more after a failure of ours; Cancel is its goodbye.
            if (_failed && call.Method is not ("Cancel" or "Handshake" or "GetPluginInfo")) continue;
            exchanges.Add(await SendAsync(call));
        }

        if (commits) _saved = new(_held, StringComparer.Ordinal);
        ShouldTellNoSecret(command);
        return exchanges;
    }

    /// <summary>Makes what the stack held before a command, as the command's first Read request describes it.</summary>
    public async Task ExistingAsync(string command)
    {
        var calls = Calls(command);
        await SendAsync(calls.First(call => call.Method == "Configure"));
        var read = calls.First(call => call.Method == "Read").Request;
        var id = await MakeAsync(read["name"]!.GetValue<string>(), read["type"]!.GetValue<string>(), Map(read["inputs"]!),
            read["id"]!.GetValue<string>());
        Pass(TimeSpan.FromMinutes(1));
        await SendAsync(calls.First(call => call.Method == "Read"));
        _saved = new(_held, StringComparer.Ordinal);
        _beforeRead.Clear();
        _saved[id].Outputs["status"]!.Text.ShouldBe("Running");
    }

    /// <summary>Makes a resource that the recording knows by an id.</summary>
    public async Task<string> MakeAsync(string name, string type, PropertyMap program, string recordedId)
    {
        var plugin = Plugin("default");
        var urn = $"urn:pulumi:dev::relay-demo::{type}::{name}";
        var check = await plugin.Check(new Wire.CheckRequest
        {
            Urn = urn, Name = name, Type = type, News = ValueCodec.Encode(program),
            Olds = new Struct()
        });
        check.Failures.ShouldBeEmpty();
        var created = await plugin.Create(new Wire.CreateRequest { Urn = urn, Name = name, Type = type, Properties = check.Inputs });
        _held[recordedId] = _saved[recordedId] = new(created.Id, ValueCodec.Decode(check.Inputs),
            ValueCodec.Decode(created.Properties), "default");
        _ids[name] = recordedId;
        return recordedId;
    }

    /// <summary>Lets a recorded id, which an import names, stand for an object that no state holds yet.</summary>
    public void Forget(string name)
    {
        var id = _ids[name];
        _saved[id] = _held[id] = _saved[id] with { Inputs = PropertyMap.Empty, Outputs = PropertyMap.Empty };
        _ids.Remove(name);
    }

    async Task<Exchange> SendAsync(RecordedCall call)
    {
        var name = call.Request["name"]?.GetValue<string>() ?? call.Request["tok"]?.GetValue<string>() ?? "";
        var preview = call.Request["preview"]?.GetValue<bool>() ?? false;
        try
        {
            var reply = await AnswerAsync(call, name, preview);
            ShouldBeSound(call.Method, name, reply);
            return new(call.Method, name, preview, reply, null);
        }
        catch (RpcException error)
        {
            _told.AppendLine(error.Message);
            if (call.Method != "Invoke") _failed = true;
            return new(call.Method, name, preview, null, error);
        }
    }

    async Task<IMessage> AnswerAsync(RecordedCall call, string name, bool preview)
    {
        var recordedId = call.Request["id"]?.GetValue<string>() ?? "";
        switch (call.Method)
        {
            case "Handshake": return await (await _ground.PluginAsync()).Handshake(Read(call, Wire.ProviderHandshakeRequest.Parser));
            case "GetPluginInfo": return await (await _ground.PluginAsync()).Call("GetPluginInfo", new Empty(), Wire.PluginInfo.Parser);
            case "GetSchema":
                return await (await _ground.PluginAsync()).Call("GetSchema", Read(call, Wire.GetSchemaRequest.Parser),
                Wire.GetSchemaResponse.Parser);
            case "CheckConfig": return await (await _ground.PluginAsync()).CheckConfig(Read(call, Wire.CheckRequest.Parser));
            case "DiffConfig": return await (await _ground.PluginAsync()).DiffConfig(Read(call, Wire.DiffRequest.Parser));
            case "Configure": return await ConfigureAsync(Read(call, Wire.ConfigureRequest.Parser));
            case "Cancel": return await (_plugins.Values.FirstOrDefault() ?? await _ground.PluginAsync()).Cancel();
            case "Invoke": return await InvokeAsync(Read(call, Wire.InvokeRequest.Parser));
            case "Check": return await CheckAsync(call, name);
            case "Diff": return await DiffAsync(call, name, Find(recordedId, name));
            case "Create": return await CreateAsync(call, name, preview);
            case "Update": return await UpdateAsync(call, name, Find(recordedId, name), recordedId, preview);
            case "Read": return await ReadAsync(call, name, recordedId);
            case "Delete": return await DeleteAsync(call, recordedId);
            default: throw new InvalidOperationException($"the recording has a call {call.Method} that nobody replays");
        }
    }

    async Task<IMessage> ConfigureAsync(Wire.ConfigureRequest request)
    {
        var plugin = _plugins[request.Name] = await _ground.PluginAsync(request.Name);
        foreach (var (key, value) in ValueCodec.Encode(ExtraConfig).Fields) request.Args.Fields[key] = value;
        // The recorded configuration of the default provider has a secret key without an access key.
        if (!request.Args.Fields.ContainsKey("accessKey"))
        {
            request.Args.Fields["accessKey"] = Value.ForString(LiveService.DefaultAccessKeyId);
            request.Args.Fields["secretKey"] = Value.ForString(LiveService.DefaultAccessKeySecret);
        }

        return await plugin.Configure(request);
    }

    async Task<IMessage> InvokeAsync(Wire.InvokeRequest request)
    {
        var before = Service.Calls.Count;
        try
        {
            return await Plugin("default").Invoke(request);
        }
        finally
        {
            _callsOfFunctions += Service.Calls.Count - before;
        }
    }

    async Task<IMessage> CheckAsync(RecordedCall call, string name)
    {
        var request = Read(call, Wire.CheckRequest.Parser);
        _beforeRead.Remove(name);
        var state = StateOf(name);
        if (request.Olds is { Fields.Count: > 0 }) request.Olds = ValueCodec.Encode(state!.Inputs);

        // The program that an import generates states what was read.
        if (_imported.Contains(name)) request.News = ValueCodec.Encode(state!.Inputs);
        var reply = await Plugin(name).Check(request);
        foreach (var failure in reply.Failures) _told.AppendLine($"{failure.Property}: {failure.Reason}");
        _checked[name] = (call.Response?["inputs"], ValueCodec.Decode(reply.Inputs));
        return reply;
    }

    async Task<IMessage> DiffAsync(RecordedCall call, string name, Held state)
    {
        var request = Read(call, Wire.DiffRequest.Parser);
        var news = _beforeRead.TryGetValue(name, out var before) ? before
            : _checked.TryGetValue(name, out var last) && JsonNode.DeepEquals(last.Theirs, call.Request["news"]) ? last.Ours
            : Overlaid(state.Inputs, call.Request["oldInputs"]!, call.Request["news"]!);
        (request.Id, request.Olds, request.OldInputs, request.News) = (state.Id, ValueCodec.Encode(state.Outputs),
            ValueCodec.Encode(state.Inputs), ValueCodec.Encode(news));
        return await Plugin(name).Diff(request);
    }

    async Task<IMessage> CreateAsync(RecordedCall call, string name, bool preview)
    {
        var request = Read(call, Wire.CreateRequest.Parser);
        var (theirs, ours) = _checked[name];
        JsonNode.DeepEquals(theirs, call.Request["properties"]).ShouldBeTrue("what is created is what was checked");
        request.Properties = ValueCodec.Encode(ours);
        var recordedId = call.Response?["id"]?.GetValue<string>();
        try
        {
            var reply = await Plugin(name).Create(request);
            if (!preview) Keep(recordedId!, name, new(reply.Id, ours, ValueCodec.Decode(reply.Properties), Route(name) ?? "default"));
            return reply;
        }
        catch (RpcException error) when (error.Detail<Wire.ErrorResourceInitFailed>() is { } partial)
        {
            _unnamed[name] = new(partial.Id, ours, ValueCodec.Decode(partial.Properties), Route(name) ?? "default");
            throw;
        }
        catch (RpcException) when (recordedId is not null && StateOf(name) is { } old)
        {
            // The stand-in made another one here. Ours refused, so the old one is what the later commands of the recording speak of.
            Keep(recordedId, name, old);
            throw;
        }
    }

    async Task<IMessage> UpdateAsync(RecordedCall call, string name, Held state, string recordedId, bool preview)
    {
        var request = Read(call, Wire.UpdateRequest.Parser);
        var (theirs, ours) = _checked[name];
        JsonNode.DeepEquals(theirs, call.Request["news"]).ShouldBeTrue("what is updated to is what was checked");
        (request.Id, request.Olds, request.OldInputs, request.News) = (state.Id, ValueCodec.Encode(state.Outputs),
            ValueCodec.Encode(state.Inputs), ValueCodec.Encode(ours));
        var reply = await Plugin(name).Update(request);
        if (!preview) Keep(recordedId, name, state with { Inputs = ours, Outputs = ValueCodec.Decode(reply.Properties) });
        return reply;
    }

    readonly HashSet<string> _imported = new(StringComparer.Ordinal);

    async Task<IMessage> ReadAsync(RecordedCall call, string name, string recordedId)
    {
        var request = Read(call, Wire.ReadRequest.Parser);
        var import = request.Properties is null;

        // Each pass of a command reads again what the state held before the command.
        var state = _saved.TryGetValue(recordedId, out var saved) ? saved : null;
        request.Id = state?.Id ?? recordedId;
        if (!import) (request.Properties, request.Inputs) = (ValueCodec.Encode(state!.Outputs), ValueCodec.Encode(state.Inputs));
        var reply = await Plugin(import ? name : state!.Provider).Read(request);
        if (reply.Id.Length == 0)
        {
            _held.Remove(recordedId);
            _failed = import; // the engine has nothing to import
            return reply;
        }

        if (import) _imported.Add(name);
        else _beforeRead[name] = state!.Inputs;
        Keep(recordedId, name,
            new(reply.Id, ValueCodec.Decode(reply.Inputs), ValueCodec.Decode(reply.Properties), state?.Provider ?? "default"));
        return reply;
    }

    async Task<IMessage> DeleteAsync(RecordedCall call, string recordedId)
    {
        var request = Read(call, Wire.DeleteRequest.Parser);
        var state = _held[recordedId];
        (request.Id, request.Properties, request.OldInputs) = (state.Id, ValueCodec.Encode(state.Outputs), ValueCodec.Encode(state.Inputs));
        var reply = await Plugin(state.Provider).Delete(request);
        _held.Remove(recordedId);
        return reply;
    }

    void Keep(string recordedId, string name, Held state)
    {
        _held[recordedId] = state;
        _ids[name] = recordedId;
        _unnamed.Remove(name);
    }

    Held Find(string recordedId, string name)
    {
        if (_held.TryGetValue(recordedId, out var held)) return held;
        Keep(recordedId, name, _unnamed[name]);
        return _held[recordedId];
    }

    /// <summary>Our inputs with what the engine itself put into the recorded ones.</summary>
    PropertyMap Overlaid(PropertyMap inputs, JsonNode recordedOlds, JsonNode recordedNews)
    {
        var result = new PropertyMap(inputs);
        foreach (var (key, value) in Map(recordedNews))
        {
            if (!JsonNode.DeepEquals(recordedOlds[key], recordedNews[key])) result[key] = value;
        }

        return result;
    }

    EngineCalls Plugin(string nameOrProvider) =>
        _plugins.TryGetValue(nameOrProvider, out var named) ? named : _plugins[Route(nameOrProvider) ?? "default"];

    /// <summary>
    /// The calls of a command. What the recorded programs put in 2027 is moved on, so that it also lies ahead of a plugin that reads the
    /// time of day.
    /// </summary>
    IReadOnlyList<RecordedCall> Calls(string command) =>
        [.. RecordedTraffic.Calls(_version, command).Select(call => call with { Request = Moved(call.Request)!, Response = Moved(call.Response) })];

    static JsonObject? Moved(JsonObject? json) => json is null ? null
        : JsonNode.Parse(json.ToJsonString().Replace("2027-", $"{Year}-", StringComparison.Ordinal))!.AsObject();

    /// <summary>The request with our task id wherever the program had put the stand-in's.</summary>
    T Read<T>(RecordedCall call, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var request = call.Request.DeepClone().AsObject();
        foreach (var part in (string[])["news", "properties"])
        {
            if (request[part] is not { } values) continue;
            var text = values.ToJsonString();
            foreach (var (id, held) in _held)
            {
                if (held.Outputs["taskId"]?.Text is { } taskId) text = text.Replace($"/live/{id}", $"/live/{taskId}",
                    StringComparison.Ordinal);
            }

            request[part] = JsonNode.Parse(text);
        }

        return parser.ParseJson(request.ToJsonString());
    }

    static PropertyMap Map(JsonNode json) => ValueCodec.Decode(Struct.Parser.ParseJson(json.ToJsonString()));

    /// <summary>What holds of every answer, whatever was asked.</summary>
    static void ShouldBeSound(string method, string name, IMessage reply)
    {
        var place = $"{method} of {name}";
        switch (reply)
        {
            case Wire.CheckResponse check:
                check.Inputs.ShouldNotBeNull(place);
                if (method == "Check") ShouldHideKeys(ValueCodec.Decode(check.Inputs), place);
                break;
            case Wire.DiffResponse diff:
                diff.HasDetailedDiff.ShouldBeTrue(place);
                diff.Changes.ShouldBe(diff.DetailedDiff.Count > 0 ? Wire.DiffResponse.Types.DiffChanges.DiffSome
                    : Wire.DiffResponse.Types.DiffChanges.DiffNone, place);
                var roots = diff.DetailedDiff.Keys.Select(path => PropertyPath.Parse(path).RootName!).Distinct(StringComparer.Ordinal);
                diff.Diffs.ShouldBe(roots, ignoreOrder: true, place);
                var replacing = diff.DetailedDiff.Where(pair => pair.Value.Kind.ToString().EndsWith("Replace", StringComparison.Ordinal))
                    .Select(pair => PropertyPath.Parse(pair.Key).RootName!);
                diff.Replaces.ShouldBe(replacing.Distinct(StringComparer.Ordinal), ignoreOrder: true, place);
                break;
            case Wire.CreateResponse create: ShouldHideKeys(ValueCodec.Decode(create.Properties), place); break;
            case Wire.UpdateResponse update: ShouldHideKeys(ValueCodec.Decode(update.Properties), place); break;
            case Wire.ReadResponse { Properties: not null } read:
                ShouldHideKeys(ValueCodec.Decode(read.Properties), place);
                ShouldHideKeys(ValueCodec.Decode(read.Inputs), place);
                break;
            case Wire.ProviderHandshakeResponse handshake:
                (handshake.AcceptSecrets && handshake.AcceptResources && handshake.AcceptOutputs
                    && handshake.SupportsAutonamingConfiguration).ShouldBeTrue(place);
                break;
            case Wire.ConfigureResponse configure:
                (configure.AcceptSecrets && configure.SupportsPreview && configure.AcceptResources && configure.AcceptOutputs
                    && configure.SupportsAutonamingConfiguration).ShouldBeTrue(place);
                break;
            case Wire.PluginInfo info: info.Version.ShouldBe(PackageVersion.Text); break;
            case Wire.GetSchemaResponse schema:
                JsonNode.Parse(schema.Schema)!["version"]!.GetValue<string>()
                .ShouldBe(PackageVersion.Text); break;
        }
    }

    static void ShouldHideKeys(PropertyValue value, string place)
    {
        switch (value)
        {
            case StringValue text: s_secrets.ShouldAllBe(key => !text.Value.Contains(key, StringComparison.Ordinal), place); break;
            case ArrayValue list:
                foreach (var item in list.Items) ShouldHideKeys(item, place);
                break;
            case ObjectValue map:
                foreach (var (_, member) in map.Fields) ShouldHideKeys(member, place);
                break;
        }
    }

    void ShouldTellNoSecret(string command)
    {
        foreach (var line in Logged) _told.AppendLine(line.Message);
        foreach (var key in s_secrets) _told.ToString().ShouldNotContain(key, Case.Sensitive, command);
    }
}
