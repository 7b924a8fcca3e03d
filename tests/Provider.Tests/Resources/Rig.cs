using System.Text;
using Google.Protobuf;
using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>What one up did with the resource.</summary>
enum Step
{
    Same,
    Create,
    Update,
    ReplaceDeleteFirst,
    ReplaceCreateFirst,
}

/// <summary>What the engine keeps of a resource.</summary>
sealed record ResourceState(string Id, PropertyMap Inputs, PropertyMap Outputs, IReadOnlyList<string> InitErrors);

/// <summary>Options of a resource that change what the engine asks.</summary>
sealed record ResourceOptions
{
    public IReadOnlyList<string> IgnoreChanges { get; init; } = [];

    /// <summary>Paths whose change the user declares to be a replacement.</summary>
    public IReadOnlyList<string> ReplaceOnChanges { get; init; } = [];

    /// <summary>The user's <c>deleteBeforeReplace</c>; null: what Diff says.</summary>
    public bool? DeleteBeforeReplace { get; init; }

    public TimeSpan? Timeout { get; init; }
}

/// <summary>
/// One resource of one stack between a simulated service and the provider's RPC surface. It makes the engine's calls in the engine's order,
/// preview first, and keeps the state as the engine does. Time is simulated for both sides.
/// </summary>
sealed class Rig : IDisposable
{
    public const string Region = "cn-shanghai";

    readonly string _type;
    readonly ManualClock _network = new();
    CancellationTokenSource _engine = new();
    RpcClient _rpc;
    int _seed;

    public Rig(string type, Action<SimulatorSettings>? settings = null)
    {
        _type = type;
        Service = new LiveService(Clock);
        Service.Settings.SkewReference = SkewReference.SimulatedTime;
        settings?.Invoke(Service.Settings);
        Provider = NewPlugin();
        _rpc = new RpcClient(Provider);
        ConfigureAsync().GetAwaiter().GetResult();
    }

    public TestClock Clock { get; } = new();

    public LiveService Service { get; }

    public RecordingLog Log { get; } = new();

    /// <summary>Null while the resource is not in the state.</summary>
    public ResourceState? State { get; set; }

    public LiveProvider Provider { get; private set; }

    public RpcClient Rpc => _rpc;

    public string Name { get; set; } = "relay";

    public string Urn => $"urn:pulumi:dev::demo::{_type}::{Name}";

    /// <summary>Everything the plugin said: replies, errors and log lines, for a search for secrets.</summary>
    public StringBuilder Transcript { get; } = new();

    public PropertyMap Config { get; set; } = new()
    {
        ["region"] = Region,
        ["accessKey"] = LiveService.DefaultAccessKeyId,
        ["secretKey"] = ((PropertyValue)LiveService.DefaultAccessKeySecret).AsSecret(),
    };

    LiveProvider NewPlugin() => new(Log, Clock, config => config.Connect(Clock, new SimulatorHandler(Service, _ => EndPatience()), networkClock: _network));

    /// <summary>An answer does not come, and nobody waits for it: the plugin's limit for the network is over.</summary>
    void EndPatience()
    {
        var limit = Limits.ConnectTimeout + Limits.ReadTimeout;
        Clock.Advance(limit);
        _network.Advance(limit);
    }

    public Task ConfigureAsync() => _rpc.Configure(new Wire.ConfigureRequest { Args = ValueCodec.Encode(Config), AcceptSecrets = true, SendsOldInputs = true });

    /// <summary>A new plugin process: nothing of the old one's memory is left.</summary>
    public async Task RestartPluginAsync()
    {
        _rpc.Dispose();
        Provider = NewPlugin();
        _rpc = new RpcClient(Provider);
        await ConfigureAsync();
    }

    /// <summary>The engine gives up the calls that run; they know when this returns, while what they do about it takes its time.</summary>
    public void CancelCalls()
    {
        var running = _engine;
        _engine = new();
        running.Cancel();
        running.Dispose();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _rpc.Dispose();
    }

    /// <summary>Check as a preview or a real run makes it; throws where there are failures.</summary>
    public async Task<PropertyMap> CheckAsync(PropertyMap program, PropertyMap olds)
    {
        var reply = await CheckRawAsync(program, olds);
        if (reply.Failures.Count > 0) throw new CheckFailedException([.. reply.Failures.Select(failure => (failure.Property, failure.Reason))]);
        return ValueCodec.Decode(reply.Inputs);
    }

    public async Task<Wire.CheckResponse> CheckRawAsync(PropertyMap program, PropertyMap olds)
    {
        var seed = new byte[32];
        seed[0] = (byte)_seed;
        var reply = await _rpc.Check(new Wire.CheckRequest
        {
            Urn = Urn, Name = Name, Type = _type, Olds = ValueCodec.Encode(olds), News = ValueCodec.Encode(program), RandomSeed = ByteString.CopyFrom(seed),
        });
        foreach (var failure in reply.Failures) Transcript.AppendLine($"check: {failure.Property}: {failure.Reason}");
        return reply;
    }

    public async Task<Wire.DiffResponse> DiffAsync(PropertyMap news, ResourceOptions? options = null)
    {
        var request = new Wire.DiffRequest
        {
            Id = State!.Id, Urn = Urn, Name = Name, Type = _type,
            Olds = ValueCodec.Encode(State.Outputs), OldInputs = ValueCodec.Encode(State.Inputs), News = ValueCodec.Encode(news),
        };
        request.IgnoreChanges.AddRange(options?.IgnoreChanges ?? []);
        var reply = await _rpc.Diff(request);
        reply.HasDetailedDiff.ShouldBeTrue();
        reply.Changes.ShouldBe(reply.DetailedDiff.Count > 0 ? Wire.DiffResponse.Types.DiffChanges.DiffSome : Wire.DiffResponse.Types.DiffChanges.DiffNone);
        return reply;
    }

    /// <summary>A preview and then the real run; asserts that both take the same step.</summary>
    public async Task<Step> UpAsync(PropertyMap program, ResourceOptions? options = null)
    {
        _seed++;
        var before = Service.Calls.Count(call => call.Operation is not ("DescribeLivePullToPush" or "DescribeLivePullToPushList" or "DescribeLiveStreamMonitorList"));
        var planned = await PassAsync(program, options ?? new(), preview: true);
        Service.Calls.Count(call => call.Operation is not ("DescribeLivePullToPush" or "DescribeLivePullToPushList" or "DescribeLiveStreamMonitorList")).ShouldBe(before, "a preview changes nothing");
        var done = await PassAsync(program, options ?? new(), preview: false);
        done.ShouldBe(planned, "preview says what up does");
        return done;
    }

    public Task<Step> PreviewAsync(PropertyMap program, ResourceOptions? options = null) => PassAsync(program, options ?? new(), preview: true);

    async Task<Step> PassAsync(PropertyMap program, ResourceOptions options, bool preview)
    {
        if (State is null)
        {
            await CreateAsync(await CheckAsync(program, PropertyMap.Empty), options, preview);
            return Step.Create;
        }

        var news = await CheckAsync(WithIgnored(program, options), State.Inputs);
        var diff = await DiffAsync(news, options);
        var replaces = diff.DetailedDiff.Any(change => change.Value.Kind is Wire.PropertyDiff.Types.Kind.AddReplace or Wire.PropertyDiff.Types.Kind.DeleteReplace or Wire.PropertyDiff.Types.Kind.UpdateReplace)
            || diff.Diffs.Any(root => options.ReplaceOnChanges.Contains(root, StringComparer.Ordinal));
        if (replaces)
        {
            return await ReplaceAsync(program, options, options.DeleteBeforeReplace ?? diff.DeleteBeforeReplace, preview);
        }

        if (diff.DetailedDiff.Count == 0 && State.InitErrors.Count == 0)
        {
            if (!preview) State = State with { Inputs = news };
            return Step.Same;
        }

        await UpdateAsync(news, options, preview);
        return Step.Update;
    }

    /// <summary>A replacement: asked for by Diff, or by the user without any Diff (<c>--target-replace</c>, taint: the new one first).</summary>
    public async Task<Step> ReplaceAsync(PropertyMap program, ResourceOptions options, bool deleteFirst, bool preview)
    {
        var fresh = await CheckAsync(program, PropertyMap.Empty);
        var old = State!;
        if (deleteFirst)
        {
            if (!preview)
            {
                await DeleteAsync(old, options);
                State = null;
            }

            await CreateAsync(fresh, options, preview);
            return Step.ReplaceDeleteFirst;
        }

        await CreateAsync(fresh, options, preview);
        if (!preview) await DeleteAsync(old, options);
        return Step.ReplaceCreateFirst;
    }

    PropertyMap WithIgnored(PropertyMap program, ResourceOptions options)
    {
        var news = new PropertyMap(program);
        foreach (var name in options.IgnoreChanges)
        {
            if (State!.Inputs[name] is { } old) news[name] = old;
            else news.Remove(name);
        }

        return news;
    }

    async Task CreateAsync(PropertyMap inputs, ResourceOptions options, bool preview)
    {
        var request = new Wire.CreateRequest
        {
            Urn = Urn, Name = Name, Type = _type, Properties = ValueCodec.Encode(inputs), Preview = preview, Timeout = options.Timeout?.TotalSeconds ?? 0,
        };
        try
        {
            var reply = await _rpc.Create(request, _engine.Token);
            if (!preview) State = new(reply.Id, inputs, ValueCodec.Decode(reply.Properties), []);
        }
        catch (RpcException error) when (Told(error).Detail<Wire.ErrorResourceInitFailed>() is { } partial)
        {
            State = new(partial.Id, inputs, ValueCodec.Decode(partial.Properties), [.. partial.Reasons]);
            throw;
        }
    }

    async Task UpdateAsync(PropertyMap news, ResourceOptions options, bool preview)
    {
        var request = new Wire.UpdateRequest
        {
            Id = State!.Id, Urn = Urn, Name = Name, Type = _type, Preview = preview, Timeout = options.Timeout?.TotalSeconds ?? 0,
            Olds = ValueCodec.Encode(State.Outputs), OldInputs = ValueCodec.Encode(State.Inputs), News = ValueCodec.Encode(news),
        };
        request.IgnoreChanges.AddRange(options.IgnoreChanges);
        try
        {
            var reply = await _rpc.Update(request, _engine.Token);
            if (!preview) State = State with { Inputs = news, Outputs = ValueCodec.Decode(reply.Properties), InitErrors = [] };
        }
        catch (RpcException error) when (Told(error).Detail<Wire.ErrorResourceInitFailed>() is { } partial)
        {
            // The engine keeps the old inputs of a failed update.
            State = State with { Outputs = ValueCodec.Decode(partial.Properties), InitErrors = [.. partial.Reasons] };
            throw;
        }
    }

    async Task DeleteAsync(ResourceState old, ResourceOptions options)
    {
        try
        {
            await _rpc.Delete(new Wire.DeleteRequest
            {
                Id = old.Id, Urn = Urn, Name = Name, Type = _type, Timeout = options.Timeout?.TotalSeconds ?? 0,
                Properties = ValueCodec.Encode(old.Outputs), OldInputs = ValueCodec.Encode(old.Inputs),
            }, _engine.Token);
        }
        catch (RpcException error)
        {
            Told(error);
            throw;
        }
    }

    public async Task DestroyAsync(ResourceOptions? options = null)
    {
        await DeleteAsync(State!, options ?? new());
        State = null;
    }

    /// <summary>A refresh; returns what it shows as drift (paths), or null when the resource is gone.</summary>
    public async Task<IReadOnlyList<string>?> RefreshAsync(ResourceOptions? options = null)
    {
        var old = State!;
        var reply = await _rpc.Read(new Wire.ReadRequest
        {
            Id = old.Id, Urn = Urn, Name = Name, Type = _type, Properties = ValueCodec.Encode(old.Outputs), Inputs = ValueCodec.Encode(old.Inputs),
        });
        if (reply.Id.Length == 0)
        {
            reply.Properties.ShouldBeNull();
            reply.Inputs.ShouldBeNull();
            State = null;
            return null;
        }

        // The engine forgets what had failed: what was read is a state like any other.
        State = old with { Id = reply.Id, Inputs = ValueCodec.Decode(reply.Inputs), Outputs = ValueCodec.Decode(reply.Properties), InitErrors = [] };

        // The engine shows drift as the Diff from what was read to what the state had; it is given what was read as the old side.
        var diff = await DiffAsync(old.Inputs, options);
        return [.. diff.DetailedDiff.Keys];
    }

    /// <summary>Takes an existing object over: read by id alone, then checked as the program that was generated for it.</summary>
    public async Task<PropertyMap> ImportAsync(string id)
    {
        var reply = await _rpc.Read(new Wire.ReadRequest { Id = id, Urn = Urn, Name = Name, Type = _type });
        if (reply.Properties is null) throw new InvalidOperationException("not found");
        var inputs = ValueCodec.Decode(reply.Inputs);
        State = new(reply.Id, inputs, ValueCodec.Decode(reply.Properties), []);
        return inputs;
    }

    RpcException Told(RpcException error)
    {
        Transcript.AppendLine($"error: {error.Message}");
        return error;
    }

    /// <summary>The operations that reached the service since the last look, listings and single reads left out.</summary>
    public IReadOnlyList<string> TakeChanges()
    {
        string[] changes = [.. Service.Calls.Where(call => !call.Operation.StartsWith("Describe", StringComparison.Ordinal)).Select(call => call.Code is null ? call.Operation : $"{call.Operation} {call.Code}")];
        Service.ClearCalls();
        return changes;
    }

    /// <summary>The one live task of the service.</summary>
    public TaskSnapshot Task => Service.Tasks.Values.Single(task => task.IsLive);

    public MonitorSnapshot Monitor => Service.Monitors.Values.Single(monitor => !monitor.Deleted);
}

/// <summary>Check found failures.</summary>
sealed class CheckFailedException(IReadOnlyList<(string Property, string Reason)> failures) : Exception(string.Join("\n", failures))
{
    public IReadOnlyList<(string Property, string Reason)> Failures { get; } = failures;
}

/// <summary>Keeps what the plugin logs.</summary>
sealed class RecordingLog : IEngineLog
{
    readonly Lock _gate = new();
    readonly List<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> _lines = [];

    public IReadOnlyList<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    public IEnumerable<string> Warnings => Lines.Where(line => line.Severity == LogSeverity.Warning).Select(line => line.Message);

    public void Clear()
    {
        lock (_gate) _lines.Clear();
    }

    public ValueTask LogAsync(LogSeverity severity, string message, string urn, bool ephemeral = false)
    {
        lock (_gate) _lines.Add((severity, message, urn, ephemeral));
        return ValueTask.CompletedTask;
    }
}

/// <summary>Programs that the tests start from.</summary>
static class Programs
{
    public const string Destination = "rtmp://push.example.com/live/b?auth_key=PUSHKEY";
    public const string Source = "rtmp://pull.example.com/live/a?auth_key=SOURCEKEY";

    /// <summary>A live relay that starts now and ends in ten hours of the tests' clock.</summary>
    public static PropertyMap Relay() => new()
    {
        ["sourceType"] = "live",
        ["sourceProtocol"] = "rtmp",
        ["sourceUrls"] = PropertyValue.Of(Source),
        ["dstUrl"] = ((PropertyValue)Destination).AsSecret(),
        ["endTime"] = Times.ToText(TestClock.Start.AddHours(10)),
    };

    /// <summary>A relay of files, which has more that can change.</summary>
    public static PropertyMap Playlist() => new(Relay())
    {
        ["sourceType"] = "url",
        ["sourceProtocol"] = PropertyValue.Null,
        ["sourceUrls"] = PropertyValue.Of("https://v.example.com/a.mp4?sign=FILEKEY", "https://v.example.com/b.mp4"),
    };

    public static PropertyMap Monitor() => new()
    {
        ["domain"] = "monitor.example.com",
        ["outputTemplate"] = "lp_hd",
        ["desiredStatus"] = "Running",
        ["monitorConfig"] = new PropertyMap { ["fpsLowThres"] = 0.6, ["eofDurationThresSec"] = 10 },
        ["dingTalkWebHookUrl"] = "https://oapi.dingtalk.com/robot/send?access_token=DINGKEY",
        ["inputList"] = PropertyValue.Of(Input("one", "rtmp://pull.example.com/live/a?auth_key=SOURCEKEY", 0), Input("two", "rtmp://pull.example.com/live/b", 0.5)),
    };

    public static PropertyMap Input(string name, string url, double x) => new()
    {
        ["streamName"] = name,
        ["inputUrl"] = url,
        ["layoutConfig"] = new PropertyMap
        {
            ["fillMode"] = "none", ["positionRefer"] = "topLeft", ["positionNormalized"] = PropertyValue.Of(x, 0), ["sizeNormalized"] = PropertyValue.Of(0.5, 0.5),
        },
        ["playConfig"] = new PropertyMap { ["volumeRate"] = 0.5 },
    };

    /// <summary>The program with some properties changed; null takes one out.</summary>
    public static PropertyMap With(this PropertyMap program, params (string Name, PropertyValue? Value)[] changes)
    {
        var changed = new PropertyMap(program);
        foreach (var (name, value) in changes)
        {
            if (value is null) changed.Remove(name);
            else changed[name] = value;
        }

        return changed;
    }

    public static PropertyValue In(this TestClock clock, TimeSpan time) => Times.ToText(clock.GetUtcNow() + time);
}
