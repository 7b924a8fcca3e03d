using System.Net;
using System.Text;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Credentials;

/// <summary>A machine made of dictionaries for the search for keys: variables, files, a network, a program, the Security Token Service.</summary>
sealed class World
{
    public const string Home = "/home/user";

    public TestClock Clock { get; } = new();

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal) { ["HOME"] = Home };

    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public StandInNetwork Network { get; } = new();

    public StandInTokens Tokens { get; } = new();

    /// <summary>The lines told to the log.</summary>
    public List<string> Told { get; } = [];

    public RunProcess RunProcess { get; set; } = (_, _, _) => throw new CredentialsException("no program may run here");

    /// <summary>How long every answer of network, service and program takes, by <see cref="Clock"/>.</summary>
    public TimeSpan Delay
    {
        set => Network.Delay = Tokens.Delay = () => Task.Delay(value, Clock);
    }

    /// <summary>A chain that finds nothing anywhere.</summary>
    public static ICredentialSource WithoutKeys() => new World().Chain();

    public Surroundings Surroundings()
    {
        Tokens.Now = Clock.GetUtcNow;
        return new()
        {
            Environment = name => Variables.GetValueOrDefault(name),
            ReadFile = path => Files.TryGetValue(path, out var text) ? Encoding.UTF8.GetBytes(text) : throw new FileNotFoundException("no such file", path),
            RunProcess = RunProcess,
            Http = new KeyHttp(Clock, Network),
            SecurityTokens = Tokens,
            Clock = Clock,
            Debug = Told.Add,
        };
    }

    public ICredentialSource Chain(CredentialOptions? options = null) => CredentialChain.Create(options ?? new CredentialOptions(), Surroundings);

    public async Task<LiveCredentials> FindAsync(CredentialOptions? options = null) => await Chain(options).GetAsync(CancellationToken.None);

    /// <summary>The words of the error when there are no keys.</summary>
    public async Task<string> FailAsync(CredentialOptions? options = null) =>
        (await Should.ThrowAsync<CredentialsException>(() => FindAsync(options))).Message;

    /// <summary>The command line's file with these profiles, each a JSON object.</summary>
    public World WithProfiles(params string[] profiles)
    {
        Files[$"{Home}/.aliyun/config.json"] = $$"""{"current":"main","profiles":[{{string.Join(',', profiles)}}],"meta_path":""}""";
        return this;
    }

    /// <summary>Keys as metadata service and credentials address give them out; they live for an hour.</summary>
    public string Keys(string id) => $$"""
        {"Code":"Success","AccessKeyId":"{{id}}","AccessKeySecret":"secret-of-{{id}}","SecurityToken":"token-of-{{id}}","Expiration":"{{Clock.GetUtcNow().AddHours(1):yyyy-MM-dd'T'HH:mm:ss'Z'}}"}
        """;
}

/// <summary>A network that answers by a function, and says that nobody is there until it is given one.</summary>
sealed class StandInNetwork : HttpMessageHandler
{
    readonly Lock _lock = new();

    public List<AskedRequest> Requests { get; } = [];

    public Func<AskedRequest, HttpResponseMessage> Answer { get; set; } =
        _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");

    public Func<Task> Delay { get; set; } = () => Task.CompletedTask;

    public static HttpResponseMessage Text(string body, int status = 200, DateTimeOffset? date = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
        response.Headers.Date = date;
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = new AskedRequest(
            request.Method.Method, request.RequestUri!,
            request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase),
            request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        lock (_lock) Requests.Add(asked);
        await Delay();
        return Answer(asked);
    }
}

/// <summary>A request as it was sent.</summary>
sealed record AskedRequest(string Method, Uri Address, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Path => Address.AbsolutePath;
}

/// <summary>A Security Token Service that gives out numbered keys.</summary>
sealed class StandInTokens : ISecurityTokenService
{
    static readonly SecurityTokenClient s_real = new(new LiveClientOptions(), TimeProvider.System);

    int _calls;

    public int Calls => _calls;

    public Func<DateTimeOffset> Now { get; set; } = () => TestClock.Start;

    public TimeSpan Life { get; set; } = TimeSpan.FromHours(1);

    public Func<Task> Delay { get; set; } = () => Task.CompletedTask;

    /// <summary>Thrown by the call of this number, from 1; null: let it through.</summary>
    public Func<int, Exception?> Failure { get; set; } = _ => null;

    public string AccountId { get; set; } = "1234567890123456";

    public List<(LiveCredentials? Caller, AssumeRoleOptions Role)> Asked { get; } = [];

    public List<(string Provider, string Token)> Exchanged { get; } = [];

    public int Identified { get; private set; }

    public static LiveException Refusal(LiveErrorKind kind, string code = "NoPermission") => new(kind, "AssumeRole", code, "Words of the service.", "REQ-1");

    public Task<TakenKeys> AssumeRoleAsync(LiveCredentials caller, AssumeRoleOptions role, CancellationToken cancellation) => TakeAsync(caller, role);

    public Task<TakenKeys> AssumeRoleWithOidcAsync(string providerArn, string token, AssumeRoleOptions role, CancellationToken cancellation)
    {
        lock (Exchanged) Exchanged.Add((providerArn, token));
        return TakeAsync(null, role);
    }

    public async Task<string> GetAccountIdAsync(LiveCredentials caller, CancellationToken cancellation)
    {
        Identified++;
        await Delay();
        return Failure(Identified) is { } failure ? throw failure : AccountId;
    }

    public ServiceTrouble TroubleOf(Exception failure) => s_real.TroubleOf(failure);

    async Task<TakenKeys> TakeAsync(LiveCredentials? caller, AssumeRoleOptions role)
    {
        var number = Interlocked.Increment(ref _calls);
        lock (Asked) Asked.Add((caller, role));
        await Delay();
        if (Failure(number) is { } failure) throw failure;
        return new TakenKeys(new LiveCredentials($"STS.{number}", $"secret-of-STS.{number}", $"token-of-STS.{number}", "role"), Now() + Life);
    }
}
