using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Live;

/// <summary>A client over prepared answers, on a clock that waits for nobody and with chance fixed at its lowest.</summary>
sealed class ClientFixture : IDisposable
{
    public const string Region = "ap-southeast-1";

    public ClientFixture(params IEnumerable<Func<HttpRequestMessage, HttpResponseMessage>> answers)
    {
        Network = new ScriptedHandler(answers);
        Client = new LiveClient(new LiveClientOptions { UserAgentVersion = "1.2.3" }, Keys, Clock, () => Jitter, Network);
    }

    public TestClock Clock { get; } = new();

    public double Jitter { get; set; }

    public KeyRing Keys { get; } = new(new LiveCredentials("the-key-id", "the-key-secret", null, "test"));

    public ScriptedHandler Network { get; }

    public LiveClient Client { get; }

    public static IReadOnlyDictionary<string, string> Nothing { get; } = Given();

    /// <summary>Parameters as a caller gives them.</summary>
    public static IReadOnlyDictionary<string, string> Given(params (string Name, string Value)[] parameters) =>
        parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);

    public Deadline Deadline(int seconds = 60, CancellationToken cancellation = default) => new(Clock, TimeSpan.FromSeconds(seconds), cancellation);

    public void Dispose()
    {
        Client.Dispose();
        Network.Dispose();
    }
}

/// <summary>Gives out keys in order; the next one after the current was reported as run out.</summary>
sealed class KeyRing(params LiveCredentials[] keys) : ICredentialSource
{
    int _current;

    public List<LiveCredentials> Expired { get; } = [];

    public List<LiveCredentials> More { get; } = [.. keys];

    public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(More[Math.Min(_current, More.Count - 1)]);

    public void Expire(LiveCredentials stale)
    {
        Expired.Add(stale);
        _current++;
    }
}
