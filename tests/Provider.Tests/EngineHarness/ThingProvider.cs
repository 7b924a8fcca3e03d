using System.Globalization;
using System.Text;
using EngineHarness;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>
/// A provider of things that exist in a dictionary, for tests of the engine's part: <c>size</c> is updated in place, <c>home</c> forces a
/// replacement, a thing with <c>pinned</c> is deleted before it is replaced, and <c>key</c> is a secret by schema.
/// </summary>
sealed class ThingProvider(IEngineLog log) : IProvider
{
    const string Token = "aliyun-live:index:Thing";

    /// <summary>What exists, by id.</summary>
    public Dictionary<string, PropertyMap> Things { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Calls in their order, as method and name.</summary>
    public List<string> Calls { get; init; } = [];

    public required Func<string> NewId { get; init; }

    /// <summary>Stands between a call of the given kind and its answer.</summary>
    public Func<string, CancellationToken, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

    public ReadOnlyMemory<byte> GetSchema() => Encoding.UTF8.GetBytes($$$"""
        {"name": "aliyun-live", "version": "1.0.0", "resources": {"{{{Token}}}": {
          "properties": {"key": {"type": "string", "secret": true}},
          "inputProperties":
            {"name": {"type": "string"}, "size": {"type": "number"}, "home": {"type": "string"}, "pinned": {"type": "boolean"},
             "key": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}, "near": {"type": "string"},
             "nest": {"$ref": "pulumi.json#/Any"} } } } }
        """);

    public ValueTask<CheckResult> CheckConfigAsync(CheckRequest request, CancellationToken cancellation) =>
        new(new CheckResult(request.News, []));

    public ValueTask<DiffResult> DiffConfigAsync(DiffRequest request, CancellationToken cancellation) =>
        new(request.News["region"] == request.OldInputs["region"]
            ? new DiffResult([], DeleteBeforeReplace: false)
            : new([new("region", ChangeKind.Update, Replace: true)], DeleteBeforeReplace: false));

    public ValueTask ConfigureAsync(PropertyMap config, CancellationToken cancellation)
    {
        Calls.Add($"Configure {config["region"]?.Text}");
        return ValueTask.CompletedTask;
    }

    public async ValueTask<CheckResult> CheckAsync(CheckRequest request, CancellationToken cancellation)
    {
        await Before($"Check {request.Name}", cancellation);
        var inputs = new PropertyMap(request.News);
        if (inputs["name"] is null)
            inputs["name"] = request.Olds["name"] ?? $"{request.Name}-{Convert.ToHexStringLower(request.RandomSeed.Span[..3])}";
        return new(inputs, inputs["size"]?.Number < 0 ? [new("size", "must not be negative")] : []);
    }

    public async ValueTask<DiffResult> DiffAsync(DiffRequest request, CancellationToken cancellation)
    {
        Calls.Add($"Diff {request.Name}");
        await Before($"Diff {request.Name}", cancellation);
        var changes = new List<PropertyChange>();
        foreach (var name in request.OldInputs.Keys.Union(request.News.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (old, now) = (request.OldInputs[name], request.News[name]);
            var same = PropertyValue.SameValue(old ?? PropertyValue.Null, now ?? PropertyValue.Null);
            if (same || request.IgnoreChanges.Contains(name, StringComparer.Ordinal))
                continue;
            var kind = old is null ? ChangeKind.Add : now is null ? ChangeKind.Delete : ChangeKind.Update;
            changes.Add(new(name, kind, Replace: name is "home" or "near"));
        }
        return new(changes, request.OldInputs["pinned"]?.Boolean == true);
    }

    public async ValueTask<CreateResult> CreateAsync(CreateRequest request, CancellationToken cancellation)
    {
        if (request.Preview)
            return new("", request.Properties);
        Calls.Add($"Create {request.Name}");
        await Before($"Create {request.Name}", cancellation);
        var id = NewId();
        Things[id] = request.Properties;
        return new(id, Outputs(id, request.Properties));
    }

    public async ValueTask<ReadResult?> ReadAsync(ReadRequest request, CancellationToken cancellation)
    {
        Calls.Add($"Read {request.Name}");
        await Before($"Read {request.Name}", cancellation);
        return Things.TryGetValue(request.Id, out var thing) ? new(request.Id, Outputs(request.Id, thing), thing) : null;
    }

    public async ValueTask<UpdateResult> UpdateAsync(UpdateRequest request, CancellationToken cancellation)
    {
        if (request.Preview)
        {
            await log.LogAsync(LogSeverity.Warning, "this takes a moment", request.Urn);
            return new(request.News);
        }
        Calls.Add($"Update {request.Name}");
        await Before($"Update {request.Name}", cancellation);
        Things[request.Id] = request.News;
        return new(Outputs(request.Id, request.News));
    }

    public async ValueTask DeleteAsync(DeleteRequest request, CancellationToken cancellation)
    {
        Calls.Add($"Delete {request.Id}");
        await Before($"Delete {request.Id}", cancellation);
        Things.Remove(request.Id);
    }

    public ValueTask<InvokeResult> InvokeAsync(InvokeRequest request, CancellationToken cancellation) =>
        new(new InvokeResult(new() { ["echo"] = request.Args["text"] ?? PropertyValue.Null }, []));

    public IAsyncEnumerable<ListItem> ListAsync(ListRequest request, CancellationToken cancellation) => AsyncEnumerable.Empty<ListItem>();

    static PropertyMap Outputs(string id, PropertyMap inputs) => new(inputs) { ["thingId"] = id };
}

/// <summary>A stack of things, its engine and all its plugins in this process.</summary>
sealed class ThingStack
{
    readonly InProcessPluginHost _host;
    int _made;

    public ThingStack()
    {
        _host = new(host =>
        {
            var provider = new ThingProvider(new HostLog(host))
            {
                Things = Things,
                Calls = Calls,
                NewId = () => $"thing-{++_made}",
                Before = (call, cancellation) => Before(call, cancellation),
            };
            return new DispatcherConnection(new RpcDispatcher(provider, new EngineClient(TimeProvider.System)));
        });
    }

    public Dictionary<string, PropertyMap> Things { get; } = new(StringComparer.Ordinal);

    public List<string> Calls { get; } = [];

    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public StackState State { get; set; } = StackState.Empty;

    /// <summary>Every state that was saved.</summary>
    public List<StackState> Saved { get; } = [];

    public EngineOptions Options { get; set; } = new();

    /// <summary>What the last command printed.</summary>
    public string Printed { get; private set; } = "";

    /// <summary>Runs a command on a program whose first lines are given; forgets the calls made before.</summary>
    public async Task<RunResult> RunAsync(string resources, Func<Engine, Task<RunResult>>? command = null)
    {
        Calls.Clear();
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var options = Options with { ProgramText = "name: things\nruntime: yaml\n" + resources };
        var engine = new Engine(options, _host, State, Saved.Add, output);
        var result = await (command ?? (run => run.UpAsync()))(engine);
        Printed = output.ToString();
        State = engine.State;
        return result;
    }

    public ResourceState? Find(string name) => State.Resources.FirstOrDefault(resource => resource.Name == name && !resource.Delete);

    /// <summary>Lets a call fail from now on.</summary>
    public void Fail(string call, Exception error) => Before = (made, _) => made == call ? Task.FromException(error) : Task.CompletedTask;

    /// <summary>Calls that create, change or delete.</summary>
    public IEnumerable<string> Changes => Calls.Where(call => call.Split(' ')[0] is "Create" or "Update" or "Delete");
}

/// <summary>The engine's ear for a provider in this process.</summary>
sealed class HostLog(IPluginHost host) : IEngineLog
{
    public ValueTask LogAsync(LogSeverity severity, string message, string urn, bool ephemeral = false)
    {
        host.Log(new() { Severity = (Wire.LogSeverity)(int)severity, Message = message, Urn = urn, Ephemeral = ephemeral });
        return ValueTask.CompletedTask;
    }
}
