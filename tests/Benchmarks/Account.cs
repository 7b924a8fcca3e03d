using System.Globalization;
using LiveSimulator;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Resources;

namespace Benchmarks;

/// <summary>A simulated account with the documented limits, served over HTTP.</summary>
sealed class Account : IAsyncDisposable
{
    public const string Region = "cn-shanghai";
    public const string AccessKeyId = LiveService.DefaultAccessKeyId;
    public const string AccessKeySecret = LiveService.DefaultAccessKeySecret;

    /// <summary>Documented calls per second of every operation that is used here.</summary>
    const int CallsPerSecond = 10;

    static readonly RpcOperation s_create = new("CreateLivePullToPush", "2016-11-01", HttpMethod.Post, Once: true);

    readonly RunningSimulator _server;

    Account(LiveService service)
    {
        Service = service;
        _server = SimulatorServer.Start(service);
    }

    public LiveService Service { get; }

    public string Endpoint => _server.Address.GetLeftPart(UriPartial.Authority);

    public static Account Start() => new(new LiveService(TimeProvider.System));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Somebody makes tasks, at once and on air.</summary>
    public async Task<IReadOnlyList<string>> AddTasksAsync(int count)
    {
        var options = new LiveClientOptions();
        using var transport = new RpcTransport(new Uri("http://127.0.0.1:1"), options, TimeProvider.System, new SimulatorHandler(Service));
        Service.Settings.RateLimitFactor = 0;
        var key = new LiveCredentials(AccessKeyId, AccessKeySecret, null, "the benchmark");
        List<string> ids = [];
        for (var number = 0; number < count; number++)
        {
            var answer = await transport.SendAsync(s_create, Parameters(number), key, [], CancellationToken.None);
            ids.Add(answer.Text("TaskId")!);
        }

        Service.Settings.RateLimitFactor = 1;
        Rest();
        return ids;
    }

    /// <summary>Lets a minute pass for the service, so that no limit remembers what was, and forgets the calls.</summary>
    public void Rest()
    {
        Service.MoveClock(TimeSpan.FromMinutes(1));
        Service.ClearCalls();
    }

    /// <summary>Calls that were refused as too many.</summary>
    public int Throttled => Service.Calls.Count(call => call.Code?.StartsWith("Throttling", StringComparison.Ordinal) == true);

    /// <summary>
    /// The least time in which the limit lets these calls pass: ten of an operation at once, ten more with every further second; operations
    /// are counted apart.
    /// </summary>
    public double SecondsByLimit =>
        Service.Calls.GroupBy(call => call.Operation).Select(calls => SecondsFor(calls.Count())).DefaultIfEmpty().Max();

    public static double SecondsFor(int calls) => (Math.Max(calls, 1) - 1) / CallsPerSecond;

    static Dictionary<string, string> Parameters(int number) => new(StringComparer.Ordinal)
    {
        ["Region"] = Region,
        ["TaskName"] = Name(number),
        ["StartTime"] = Times.ToText(DateTimeOffset.UtcNow.AddMinutes(2)),
        ["EndTime"] = Times.ToText(DateTimeOffset.UtcNow.AddDays(5)),
        ["SourceType"] = "live",
        ["SourceProtocol"] = "rtmp",
        ["SourceUrls"] = """["rtmp://pull.example.com/live/a?auth_key=SOURCEKEY"]""",
        ["DstUrl"] = $"rtmp://push.example.com/live/{Name(number)}?auth_key=PUSHKEY",
    };

    static string Name(int number) => $"task-{number.ToString("0000", CultureInfo.InvariantCulture)}";
}
