using System.Globalization;
using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Many objects of one account that others have made, and one plugin that looks at them. Time is simulated for both sides.</summary>
sealed class Fleet : IDisposable
{
    public const string Region = Rig.Region;

    readonly LiveProvider _provider;
    readonly LiveClient _others;

    public Fleet(Action<SimulatorSettings>? settings = null, PropertyMap? config = null)
    {
        Service = new LiveService(Clock);
        Service.Settings.SkewReference = SkewReference.SimulatedTime;
        settings?.Invoke(Service.Settings);
        _provider = new(Log, Clock, read => read.Connect(Clock, new SimulatorHandler(Service)));
        Rpc = new RpcClient(_provider);
        config ??= new PropertyMap { ["region"] = Region };
        var keys = new PropertyMap(config) { ["accessKey"] = LiveService.DefaultAccessKeyId, ["secretKey"] = ((PropertyValue)LiveService.DefaultAccessKeySecret).AsSecret() };
        Rpc.Configure(new Wire.ConfigureRequest { Args = ValueCodec.Encode(keys), AcceptSecrets = true, SendsOldInputs = true }).GetAwaiter().GetResult();
        _others = ProviderConfig.Read(LiveProvider.Schema.Config, keys, _ => null).Connect(Clock, new SimulatorHandler(Service));
    }

    public TestClock Clock { get; } = new();

    public LiveService Service { get; }

    public RecordingLog Log { get; } = new();

    public RpcClient Rpc { get; }

    Deadline Forever => new(Clock, TimeSpan.FromDays(1), CancellationToken.None);

    public void Dispose()
    {
        Rpc.Dispose();
        _others.Dispose();
    }

    /// <summary>Somebody else makes a task; further parameters replace the usual ones.</summary>
    public Task<string> AddTaskAsync(string name, params (string Name, string Value)[] others)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TaskName"] = name,
            ["StartTime"] = Times.ToText(Clock.GetUtcNow().AddSeconds(30)),
            ["EndTime"] = Times.ToText(Clock.GetUtcNow().AddDays(10)),
            ["SourceType"] = "live",
            ["SourceProtocol"] = "rtmp",
            ["SourceUrls"] = """["rtmp://pull.example.com/live/a?auth_key=SOURCEKEY"]""",
            ["DstUrl"] = $"rtmp://push.example.com/live/{name}?auth_key=PUSHKEY",
            ["CallbackUrl"] = "https://hooks.example.com/a?token=HOOKKEY",
        };
        foreach (var (parameter, value) in others) parameters[parameter] = value;
        return _others.CreateLivePullToPushAsync(Region, parameters, Forever);
    }

    public async Task<List<string>> AddTasksAsync(int count)
    {
        List<string> ids = [];
        for (var number = 0; number < count; number++) ids.Add(await AddTaskAsync(string.Create(CultureInfo.InvariantCulture, $"task-{number:0000}")));
        await SettleAsync();
        return ids;
    }

    /// <summary>Somebody else makes a session.</summary>
    public Task<string> AddMonitorAsync(string name) => _others.CreateLiveStreamMonitorAsync(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MonitorName"] = name,
            ["Domain"] = "monitor.example.com",
            ["OutputTemplate"] = "lp_hd",
            ["InputList"] = """[{"Index":1,"LayoutId":1,"InputUrl":"rtmp://pull.example.com/live/a?auth_key=SOURCEKEY"}]""",
            ["DingTalkWebHookUrl"] = "https://oapi.dingtalk.com/robot/send?access_token=DINGKEY",
        },
        Forever);

    public async Task<List<string>> AddMonitorsAsync(int count)
    {
        List<string> ids = [];
        for (var number = 0; number < count; number++) ids.Add(await AddMonitorAsync(string.Create(CultureInfo.InvariantCulture, $"wall-{number:0000}")));
        await SettleAsync();
        return ids;
    }

    /// <summary>Lets a minute pass, so that tasks are on air and no rate limit remembers what was, and forgets the calls.</summary>
    public Task SettleAsync()
    {
        Clock.Advance(TimeSpan.FromMinutes(1));
        Service.ClearCalls();
        return Task.CompletedTask;
    }

    /// <summary>Calls since the last look, by operation.</summary>
    public int Count(string operation) => Service.Calls.Count(call => call.Operation == operation);

    /// <summary>What a refresh of a task asks; the state holds little more than the id.</summary>
    public Task<Wire.ReadResponse> RefreshTaskAsync(string taskId, CancellationToken cancellation = default) => Rpc.Read(
        new Wire.ReadRequest
        {
            Id = $"{Region}/{taskId}", Urn = $"urn:pulumi:dev::demo::{RelayTask.Token}::{taskId}", Type = RelayTask.Token, Name = taskId,
            Properties = ValueCodec.Encode(new PropertyMap { ["taskId"] = taskId, ["endTime"] = Times.ToText(TestClock.Start.AddDays(9)), ["status"] = "Running" }),
            Inputs = ValueCodec.Encode(new PropertyMap { ["region"] = Region }),
        },
        cancellation);

    public Task<Wire.ReadResponse> RefreshMonitorAsync(string monitorId) => Rpc.Read(new Wire.ReadRequest
    {
        Id = monitorId, Urn = $"urn:pulumi:dev::demo::{MonitorSession.Token}::{monitorId}", Type = MonitorSession.Token, Name = monitorId,
        Properties = ValueCodec.Encode(new PropertyMap { ["monitorId"] = monitorId }), Inputs = ValueCodec.Encode(PropertyMap.Empty),
    });

    /// <summary>Refreshes all of them, so many at a time, as the engine does.</summary>
    public static async Task<Wire.ReadResponse[]> InParallelAsync(IReadOnlyList<string> ids, int parallelism, Func<string, Task<Wire.ReadResponse>> read)
    {
        using var slots = new SemaphoreSlim(parallelism);
        return await Task.WhenAll(ids.Select(async id =>
        {
            await slots.WaitAsync();
            try
            {
                return await read(id);
            }
            finally
            {
                slots.Release();
            }
        }));
    }

    public async Task<Wire.ReadResponse> ImportAsync(string type, string id) =>
        await Rpc.Read(new Wire.ReadRequest { Id = id, Urn = $"urn:pulumi:dev::demo::{type}::adopted", Type = type, Name = "adopted" });

    /// <summary>Calls a function as the engine does; failures of arguments are in the reply.</summary>
    public Task<Wire.InvokeResponse> InvokeAsync(string token, PropertyMap args, bool preview = false) =>
        Rpc.Invoke(new Wire.InvokeRequest { Tok = token, Args = ValueCodec.Encode(args), Preview = preview });

    /// <summary>The result of a function that takes its arguments.</summary>
    public async Task<PropertyMap> CallAsync(string token, PropertyMap args, bool preview = false)
    {
        var reply = await InvokeAsync(token, args, preview);
        reply.Failures.ShouldBeEmpty();
        return ValueCodec.Decode(reply.Return);
    }

    public async Task<List<(string Id, string Name)>> ListAsync(string type, PropertyMap query, long limit = 0)
    {
        var replies = await Rpc.List(new Wire.ListRequest { Token = type, Query = ValueCodec.Encode(query), Limit = limit });
        return [.. replies.Select(reply => (reply.Result.Id, reply.Result.Name))];
    }
}
