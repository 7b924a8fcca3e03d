using Google.Protobuf;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>One started plugin. A failed call throws <see cref="RpcException"/>.</summary>
interface IPluginConnection : IAsyncDisposable
{
    /// <summary>Makes a call of the service ResourceProvider.</summary>
    /// <param name="timeout">Told to the plugin as a deadline; null: none.</param>
    /// <param name="cancellation">Resets the call, as the engine does when the user has lost patience.</param>
    Task<TReply> CallAsync<TReply>(string method, IMessage request, TimeSpan? timeout, CancellationToken cancellation)
        where TReply : class, IMessage<TReply>, new();

    /// <summary>Whether the plugin ended without being asked to; the text says what it was.</summary>
    string? Ended { get; }
}

/// <summary>Starts plugins and hears what they log.</summary>
interface IPluginHost
{
    /// <summary>Where the engine serves its own services, as <c>127.0.0.1:PORT</c>.</summary>
    string EngineAddress { get; }

    /// <summary>The folder of the plugin's executable.</summary>
    string PluginFolder { get; }

    /// <summary>Receives log messages of all plugins; may be called from any thread.</summary>
    Action<LogRequest> Log { get; set; }

    /// <summary>Starts one more plugin.</summary>
    Task<IPluginConnection> StartAsync(PluginStart start, CancellationToken cancellation);
}

/// <summary>What a plugin inherits from the run.</summary>
/// <param name="Config">The package's configuration as text, secrets in clear.</param>
sealed record PluginStart(string ProgramFolder, string Project, IReadOnlyDictionary<string, string> Config);

/// <summary>A host for plugins that live in this process, for tests of whole programs.</summary>
/// <param name="connect">Makes one plugin; called once for each process the engine would start.</param>
sealed class InProcessPluginHost(Func<InProcessPluginHost, IPluginConnection> connect) : IPluginHost
{
    public string EngineAddress => "127.0.0.1:1";

    public string PluginFolder => "/plugin";

    public Action<LogRequest> Log { get; set; } = _ => { };

    public Task<IPluginConnection> StartAsync(PluginStart start, CancellationToken cancellation) => Task.FromResult(connect(this));
}

/// <summary>A connection to a plugin that lives in this process.</summary>
sealed class DispatcherConnection(RpcDispatcher dispatcher) : IPluginConnection
{
    public string? Ended => null;

    public async Task<TReply> CallAsync<TReply>(string method, IMessage request, TimeSpan? timeout, CancellationToken cancellation)
        where TReply : class, IMessage<TReply>, new() => (TReply)await dispatcher.CallAsync(method, request.ToByteArray(), cancellation);

    public ValueTask DisposeAsync()
    {
        dispatcher.Dispose();
        return ValueTask.CompletedTask;
    }
}
