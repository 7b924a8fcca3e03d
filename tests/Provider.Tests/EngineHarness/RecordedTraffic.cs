using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngineHarness;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>One call of a recording: what the real engine sent, and what the stand-in plugin answered.</summary>
sealed record RecordedCall(string Method, JsonObject Request, JsonObject? Response, string? Error)
{
    /// <summary>What calls about one resource have in common; calls about none share a line of their own.</summary>
    public string Lane => Method is "Handshake" or "GetPluginInfo" or "GetSchema" or "Cancel" || Method.Contains("Conf", StringComparison.Ordinal)
        ? "process"
        : Request["name"]?.GetValue<string>() ?? Request["tok"]!.GetValue<string>();

    /// <summary>Method, resource and whether it is a preview: enough to find the recorded answer to a call.</summary>
    public string Key => $"{Method}/{Request["name"]?.GetValue<string>()}{(Request["preview"] is null ? "" : "/preview")}";
}

/// <summary>The calls of one command.</summary>
static class RecordedTraffic
{
    /// <summary>The folder with the recordings and their programs.</summary>
    public static string Folder { get; } = Path.Combine(SourceFolder(), "..", "Fixtures", "engine-traffic");

    /// <summary>The calls of a command; none where the engine made none.</summary>
    public static IReadOnlyList<RecordedCall> Calls(string version, string command)
    {
        var path = Path.Combine(Folder, $"{version}-{command}.jsonl");
        return File.Exists(path) ? [.. File.ReadLines(path).Select(Read)] : [];
    }

    /// <summary>What the command line tool printed.</summary>
    public static string Printed(string version, string command) => File.ReadAllText(Path.Combine(Folder, $"{version}-{command}.txt"));

    public static string Program(string name) => File.ReadAllText(Path.Combine(Folder, "programs", name));

    static RecordedCall Read(string line)
    {
        var json = JsonNode.Parse(line)!.AsObject();
        var error = (json["errors"] as JsonArray)?[0]?.GetValue<string>();
        return new(json["method"]!.GetValue<string>(), json["request"]!.AsObject(), json["standInResponse"] as JsonObject, error);
    }

    static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

/// <summary>
/// Stands in for the plugin while the harness runs a command: answers each call with the recorded answer, and remembers what was asked
/// beside what the real engine had asked.
/// </summary>
sealed class RecordedPlugins(IReadOnlyList<RecordedCall> recorded, string schema) : IPluginHost
{
    static readonly JsonFormatter s_formatter = new(JsonFormatter.Settings.Default);

    readonly List<RecordedCall> _left = [.. recorded];

    public string EngineAddress => "127.0.0.1:50000";

    public string PluginFolder => "/home/user/plugin";

    public Action<Wire.LogRequest> Log { get; set; } = _ => { };

    /// <summary>Our calls in their order, each with the recorded one that answered it.</summary>
    public List<(RecordedCall Ours, RecordedCall Theirs)> Made { get; } = [];

    /// <summary>Calls of the real engine that were not made.</summary>
    public IReadOnlyList<RecordedCall> Left => _left;

    /// <summary>What the answer to a failed Create told in its details, which the recording does not have.</summary>
    public Wire.ErrorResourceInitFailed? Details { get; init; }

    public Task<IPluginConnection> StartAsync(PluginStart start, CancellationToken cancellation) =>
        Task.FromResult<IPluginConnection>(new Connection(this));

    IMessage Answer<TReply>(Connection from, string method, IMessage request)
        where TReply : class, IMessage<TReply>, new()
    {
        var ours = new RecordedCall(method, JsonNode.Parse(s_formatter.Format(request))!.AsObject(), null, null);
        var at = _left.FindIndex(call => call.Key == ours.Key);
        if (at < 0)
            throw new InvalidOperationException($"the engine did not call {ours.Key} here (any more)");
        var theirs = _left[at];
        _left.RemoveAt(at);
        Made.Add((ours, theirs));
        if (theirs.Error?.Contains("client connection is closing", StringComparison.Ordinal) == true)
            return new TReply(); // the real engine did not wait for this one
        if (theirs.Error is not null)
            throw Failure(from, theirs);
        if (method == "GetSchema")
            return new Wire.GetSchemaResponse { Schema = schema };
        return JsonParser.Default.Parse<TReply>(theirs.Response!.ToJsonString());
    }

    RpcException Failure(Connection from, RecordedCall call)
    {
        if (call.Error!.Contains("initialization failed", StringComparison.Ordinal))
            return new(new Wire.Status { Code = 2, Message = "initialization failed", Details = { Any.Pack(Details!) } });
        from.Die();
        return new(ProviderStatus.Unavailable, call.Error);
    }

    sealed class Connection(RecordedPlugins plugins) : IPluginConnection
    {
        public string? Ended { get; private set; }

        public Task<TReply> CallAsync<TReply>(string method, IMessage request, TimeSpan? timeout, CancellationToken cancellation)
            where TReply : class, IMessage<TReply>, new() => Task.FromResult((TReply)plugins.Answer<TReply>(this, method, request));

        public void Die() => Ended = "Detected that /home/user/plugin/pulumi-resource-aliyun-live exited prematurely.\n"
            + "       This is *always* a bug in the provider. Please report the issue to the provider author as appropriate.\n"
            + "       To assist with debugging we have dumped the STDOUT and STDERR streams of the plugin:\n";

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>
/// Compares a call with the recorded one, field by field. Values that no two runs share (ports, tokens, seeds, ids of provider resources)
/// must be present on both sides, and equal here whenever they are equal there.
/// </summary>
sealed class CallComparison
{
    static readonly HashSet<string> s_anyValue =
        ["engineAddress", "mapperTarget", "loaderTarget", "resolverTarget", "resourceStatusAddress", "resourceStatusToken"];

    readonly Dictionary<string, string> _theirsToOurs = new(StringComparer.Ordinal);

    /// <summary>The differences; empty where there are none.</summary>
    public IEnumerable<string> Compare(RecordedCall ours, RecordedCall theirs)
    {
        foreach (var name in ours.Request.Select(pair => pair.Key).Union(theirs.Request.Select(pair => pair.Key), StringComparer.Ordinal))
        {
            var (mine, other) = (ours.Request[name], theirs.Request[name]);
            if (mine is null || other is null)
                yield return $"{ours.Key}: {name} is {Show(mine)}, the engine sent {Show(other)}";
            else if (!s_anyValue.Contains(name) && !Same(ours.Method, name, mine, other))
                yield return $"{ours.Key}: {name} is {Show(mine)}, the engine sent {Show(other)}";
        }
    }

    bool Same(string method, string name, JsonNode mine, JsonNode theirs)
    {
        var perRun = name == "randomSeed" || (method == "Configure" && name == "id" && !IsUnknown(theirs));
        if (!perRun)
            return JsonNode.DeepEquals(mine, theirs);
        var (key, value) = ($"{name}:{theirs}", $"{name}:{mine}");
        if (IsUnknown(mine) || (_theirsToOurs.TryGetValue(key, out var known) && known != value))
            return false;
        _theirsToOurs[key] = value;
        return true;
    }

    static bool IsUnknown(JsonNode value) => value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() == ProviderIds.Unknown;

    static string Show(JsonNode? value) => value?.ToJsonString() ?? "absent";
}
