using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

/// <summary>A clock that stands still until a test moves it.</summary>
sealed class StandingClock : TimeProvider
{
    public DateTimeOffset Time { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Time;
}

/// <summary>An answer of the simulator with its JSON.</summary>
sealed record Answered(int Status, JsonElement Json, HttpResponseMessage Message)
{
    public string? ErrorCode => Json.TryGetProperty("Code", out var code) ? code.GetString() : null;

    public string Text(string name) => Json.GetProperty(name).GetString()!;

    public int Integer(string name) => Json.GetProperty(name).GetInt32();
}

/// <summary>A signing client of the simulator, small and without the provider's code, so that it can be bent for a test.</summary>
sealed class SimulatorClient : IDisposable
{
    readonly HttpClient _http;
    int _nonce;

    public SimulatorClient(SimulatorSettings? settings = null)
    {
        Service = new LiveService(Clock, settings ?? new SimulatorSettings { RateLimitFactor = 0 });
        _http = new HttpClient(new SimulatorHandler(Service)) { BaseAddress = new Uri("http://live.aliyuncs.com/") };
    }

    public StandingClock Clock { get; } = new();

    public LiveService Service { get; }

    public SimulatorSettings Settings => Service.Settings;

    public string AccessKeyId { get; set; } = LiveService.DefaultAccessKeyId;

    public string Secret { get; set; } = LiveService.DefaultAccessKeySecret;

    public string? Token { get; set; }

    /// <summary>Set to send the same nonce with every request.</summary>
    public string? FixedNonce { get; set; }

    /// <summary>Set to date requests by another clock than the simulator's.</summary>
    public TimeSpan Skew { get; set; }

    public string Version { get; set; } = "2016-11-01";

    /// <summary>Changes a request between signing and sending.</summary>
    public Action<HttpRequestMessage>? Tamper { get; set; }

    /// <summary>Calls an operation with the method that the official client uses.</summary>
    public Answered Call(string operation, params (string Name, string Value)[] parameters)
    {
        var get = operation.EndsWith("PullToPush", StringComparison.Ordinal) && operation != "CreateLivePullToPush";
        return Send(get || operation == "DescribeLivePullToPushList" ? HttpMethod.Get : HttpMethod.Post, operation, parameters);
    }

    public Answered Send(HttpMethod method, string operation, params (string Name, string Value)[] parameters)
    {
        using var request = Signed(method, operation, parameters);
        Tamper?.Invoke(request);
        var response = _http.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        using var document = JsonDocument.Parse(reader.ReadToEnd());
        return new Answered((int)response.StatusCode, document.RootElement.Clone(), response);
    }

    /// <summary>Calls and expects success.</summary>
    public Answered Succeed(string operation, params (string Name, string Value)[] parameters)
    {
        var answer = Call(operation, parameters);
        answer.Status.ShouldBe(200, answer.Json.GetRawText());
        return answer;
    }

    /// <summary>Calls and expects this refusal.</summary>
    public void Refused(int status, string code, string operation, params (string Name, string Value)[] parameters)
    {
        var answer = Call(operation, parameters);
        answer.ErrorCode.ShouldBe(code, answer.Json.GetRawText());
        answer.Status.ShouldBe(status);
    }

    HttpRequestMessage Signed(HttpMethod method, string operation, (string Name, string Value)[] parameters)
    {
        var query = string.Join('&', parameters
            .OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
        var emptyHash = Convert.ToHexStringLower(SHA256.HashData([]));
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "live.aliyuncs.com",
            ["x-acs-action"] = operation,
            ["x-acs-content-sha256"] = emptyHash,
            ["x-acs-date"] = (Clock.Time + Skew).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["x-acs-signature-nonce"] = FixedNonce ?? $"nonce-{_nonce++}",
            ["x-acs-version"] = Version,
        };
        if (Token is not null) headers["x-acs-security-token"] = Token;
        var names = string.Join(';', headers.Keys);
        var lines = string.Concat(headers.Select(header => $"{header.Key}:{header.Value}\n"));
        var canonical = $"{method}\n/\n{query}\n{lines}\n{names}\n{emptyHash}";
        var toSign = $"ACS3-HMAC-SHA256\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(toSign)));

        var request = new HttpRequestMessage(method, new Uri($"http://live.aliyuncs.com/?{query}"));
        foreach (var (name, value) in headers)
            if (name != "host")
                request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"ACS3-HMAC-SHA256 Credential={AccessKeyId},SignedHeaders={names},Signature={signature}");
        return request;
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>Requests that the tests share.</summary>
static class SimulatorClientExtensions
{
    public const string Region = "cn-shanghai";
    public const string Destination = "rtmp://push.example.com/app/stream?key=secret";
    public const string Inputs =
        """[{"Index":1,"LayoutId":1,"StreamName":"one","InputUrl":"rtmp://a.example.com/app/one","PlayConfig":{"VolumeRate":0.50}}]""";

    /// <summary>Creates a live relay that starts and ends after so many seconds; further parameters replace the usual ones.</summary>
    public static string CreateTask(this SimulatorClient client, int start = 0, int end = 3600, params (string Name, string Value)[] others) =>
        client.Succeed("CreateLivePullToPush", client.TaskParameters(start, end, others)).Text("TaskId");

    public static (string Name, string Value)[] TaskParameters(
        this SimulatorClient client, int start = 0, int end = 3600, params (string Name, string Value)[] others)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Region"] = Region,
            ["TaskName"] = "relay",
            ["StartTime"] = client.In(start),
            ["EndTime"] = client.In(end),
            ["SourceType"] = "live",
            ["SourceProtocol"] = "rtmp",
            ["SourceUrls"] = """["rtmp://pull.example.com/app/source"]""",
            ["DstUrl"] = Destination,
        };
        foreach (var (name, value) in others) parameters[name] = value;
        return [.. parameters.Where(parameter => parameter.Value != "-").Select(parameter => (parameter.Key, parameter.Value))];
    }

    /// <summary>The time so many seconds from the simulated now, as parameters have it.</summary>
    public static string In(this SimulatorClient client, int seconds) =>
        client.Service.Now.AddSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Calls a relay operation on one task.</summary>
    public static Answered OnTask(this SimulatorClient client, string operation, string id, params (string Name, string Value)[] others) =>
        client.Call(operation, [("Region", Region), ("TaskId", id), .. others]);

    public static Answered Describe(this SimulatorClient client, string id) => client.OnTask("DescribeLivePullToPush", id);

    public static JsonElement Info(this SimulatorClient client, string id) => client.Describe(id).Json.GetProperty("TaskInfo");

    public static TaskSnapshot Task(this SimulatorClient client, string id) => client.Service.Tasks[id];

    public static void Pass(this SimulatorClient client, int seconds) => client.Service.MoveClock(TimeSpan.FromSeconds(seconds));

    public static string CreateMonitor(this SimulatorClient client, params (string Name, string Value)[] others)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MonitorName"] = "wall",
            ["Domain"] = "live.example.com",
            ["OutputTemplate"] = "lp_hd",
            ["InputList"] = Inputs,
        };
        foreach (var (name, value) in others) parameters[name] = value;
        return client.Succeed("CreateLiveStreamMonitor", [.. parameters.Select(parameter => (parameter.Key, parameter.Value))]).Text("MonitorId");
    }

    public static JsonElement Monitor(this SimulatorClient client, string id)
    {
        var list = client.Succeed("DescribeLiveStreamMonitorList", ("MonitorId", id));
        return list.Json.GetProperty("LiveStreamMonitorList").EnumerateArray().Single();
    }

    /// <summary>The ids of the tasks that a listing of the usual region shows.</summary>
    public static List<string> ListedTasks(this SimulatorClient client, params (string Name, string Value)[] filters)
    {
        var list = client.Succeed("DescribeLivePullToPushList", [("Region", Region), .. filters]).Json.GetProperty("TaskList");
        return [.. list.EnumerateArray().Select(task => task.GetProperty("TaskId").GetString()!)];
    }

    /// <summary>A query for clients that do not sign.</summary>
    public static string Query(IEnumerable<(string Name, string Value)> parameters) =>
        string.Join('&', parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
}
