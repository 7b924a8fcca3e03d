using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Protocol;

/// <summary>The plugin's line to the engine. Without an engine it keeps silent.</summary>
sealed class EngineClient(TimeProvider clock) : IEngineLog, IDisposable
{
    /// <summary>How long a message may take to be accepted; an engine that is alive takes no time at all.</summary>
    static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How often the engine is asked whether it is alive; grpc-go servers tolerate nothing that is much more eager.</summary>
    static readonly TimeSpan HealthInterval = TimeSpan.FromMinutes(5);

    volatile Lazy<GrpcClient>? _client;
    volatile string _address = "";
    volatile bool _attached;

    /// <summary>Talks to the given address from now on; false where it is not of the form host:port.</summary>
    public bool Connect(string address)
    {
        if (!GrpcClient.IsAddress(address))
            return false;
        if (address == _address)
            return true;

        _address = address;
        // A client costs start-up time, and many runs never say a word.
        var old = Interlocked.Exchange(ref _client, new Lazy<GrpcClient>(() => new GrpcClient(address)));
        Close(old);
        return true;
    }

    /// <summary>As <see cref="Connect"/>, and makes the process outlive its engines: it was started by hand for many runs.</summary>
    public bool Attach(string address)
    {
        _attached |= GrpcClient.IsAddress(address);
        return Connect(address);
    }

    public async ValueTask LogAsync(LogSeverity severity, string message, string urn, bool ephemeral = false)
    {
        if (_client is not { } client)
            return;

        var request = new Wire.LogRequest { Severity = (Wire.LogSeverity)severity, Message = message, Urn = urn, Ephemeral = ephemeral };
        using var limit = new CancellationTokenSource(LogTimeout, clock);
        try
        {
            await client.Value.CallAsync("pulumirpc.Engine/Log", request, Empty.Parser, cancellation: limit.Token);
        }
        catch (Exception)
        {
            // The engine may be closing or gone. A message that nobody hears is no reason to fail what it tells of.
        }
    }

    /// <summary>
    /// Completes when the engine has gone without a word. It is asked now and then; that it does not serve the question is a sign of life,
    /// too.
    /// </summary>
    public async Task WaitUntilGoneAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(HealthInterval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (_attached || _client is not { } client || await IsAliveAsync(client.Value, cancellation))
                continue;
            // The question may have failed because it was put aside for another engine meanwhile.
            if (!_attached && client == _client)
                return;
        }
    }

    public void Dispose() => Close(_client);

    static async Task<bool> IsAliveAsync(GrpcClient client, CancellationToken cancellation)
    {
        try
        {
            // No time limit: an engine that is suspended, or held by a debugger, does not answer but is not gone.
            await client.CallAsync(
                "grpc.health.v1.Health/Check", new Wire.HealthCheckRequest(), Wire.HealthCheckResponse.Parser, cancellation: cancellation);
            return true;
        }
        catch (RpcException e)
        {
            return e.Code == ProviderStatus.Unimplemented;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    static void Close(Lazy<GrpcClient>? client)
    {
        if (client is { IsValueCreated: true })
            client.Value.Dispose();
    }
}
