using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>The identity of a resource as most calls carry it.</summary>
readonly record struct Identity(string Urn)
{
    public string Name => Tokens.NameOf(Urn);

    public string Type => Tokens.TypeOf(Urn);
}

/// <summary>
/// A started plugin as the engine talks to it: one method per call, with the fields set that the engine sets. It has been through
/// Handshake and GetPluginInfo.
/// </summary>
sealed class Plugin : IAsyncDisposable
{
    /// <summary>For the connection and the handshake together.</summary>
    static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(10);

    /// <summary>For the goodbye.</summary>
    static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    /// <summary>For the calls in flight when the user interrupts.</summary>
    static readonly TimeSpan s_cancelLimit = TimeSpan.FromSeconds(30);

    readonly IPluginConnection _connection;
    readonly IPluginHost _host;
    readonly EngineRelease _release;
    readonly CancellationToken _abort;
    Wire.ProviderHandshakeResponse _flags = new();

    Plugin(IPluginConnection connection, IPluginHost host, EngineRelease release, CancellationToken abort)
    {
        _connection = connection;
        _host = host;
        _release = release;
        _abort = abort;
    }

    /// <summary>Whether Check may carry the user's rule for names.</summary>
    public bool SupportsAutonaming => _flags.SupportsAutonamingConfiguration;

    /// <summary>Says what the plugin was, if it ended without being asked to.</summary>
    public string? Ended => _connection.Ended;

    /// <summary>Starts a plugin and introduces the engine to it.</summary>
    public static async Task<Plugin> StartAsync(IPluginHost host, PluginStart start, EngineRelease release, CancellationToken abort)
    {
        var plugin = new Plugin(await host.StartAsync(start, abort), host, release, abort);
        try
        {
            await plugin.HandshakeAsync();
            await plugin.CallAsync<Wire.PluginInfo>("GetPluginInfo", new Empty());
            return plugin;
        }
        catch
        {
            await plugin._connection.DisposeAsync();
            throw;
        }
    }

    async Task HandshakeAsync()
    {
        var request = new Wire.ProviderHandshakeRequest
        {
            EngineAddress = _host.EngineAddress,
            RootDirectory = _host.PluginFolder,
            ProgramDirectory = _host.PluginFolder,
            ConfigureWithUrn = true,
            SupportsViews = true,
            SupportsRefreshBeforeUpdate = true,
        };
        if (_release.HandshakeTargets)
        {
            request.InvokeWithPreview = true;
            request.AcceptsByteString = true;
            request.MapperTarget = request.LoaderTarget = request.ResolverTarget = _host.EngineAddress;
        }
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = s_startLimit - TimeProvider.System.GetElapsedTime(deadline);
            try
            {
                var reply = _connection.CallAsync<Wire.ProviderHandshakeResponse>("Handshake", request, left, _abort);
                _flags = await reply.WaitAsync(left, _abort);
                return;
            }
            catch (RpcException error) when (error.Code == ProviderStatus.Unavailable && left > TimeSpan.FromMilliseconds(10))
            {
                await Task.Delay(10, _abort);
            }
            catch (RpcException error) when (error.Code == ProviderStatus.Unimplemented)
            {
                return; // the flags then come from Configure
            }
        }
    }

    /// <summary>The schema's text. The engine asks for the version once more to name what it caches.</summary>
    public async Task<string> GetSchemaAsync()
    {
        var reply = await CallAsync<Wire.GetSchemaResponse>("GetSchema", new Wire.GetSchemaRequest());
        await CallAsync<Wire.PluginInfo>("GetPluginInfo", new Empty());
        return reply.Schema;
    }

    public Task<Wire.CheckResponse> CheckConfigAsync(Identity id, PropertyMap olds, PropertyMap news) =>
        CallAsync<Wire.CheckResponse>("CheckConfig", new Wire.CheckRequest
        {
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Olds = ValueCodec.Encode(Secrets.Strip(olds)),
            News = ValueCodec.Encode(Secrets.Strip(news)),
        });

    public Task<Wire.DiffResponse> DiffConfigAsync(Identity id, PropertyMap oldOutputs, PropertyMap oldInputs, PropertyMap news) =>
        CallAsync<Wire.DiffResponse>("DiffConfig", new Wire.DiffRequest
        {
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Olds = ValueCodec.Encode(Secrets.Strip(oldOutputs)),
            OldInputs = ValueCodec.Encode(Secrets.Strip(oldInputs)),
            News = ValueCodec.Encode(Secrets.Strip(news)),
        });

    public async Task ConfigureAsync(Identity id, string providerId, PropertyMap args)
    {
        var request = new Wire.ConfigureRequest
        {
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Id = providerId,
            Args = ValueCodec.Encode(args),
            AcceptSecrets = true,
            AcceptResources = true,
            SendsOldInputs = true,
            SendsOldInputsToDelete = true,
        };
        var package = Tokens.Package(id.Type);
        foreach (var (key, value) in Secrets.Strip(args).Where(pair => pair.Key != "version"))
            request.Variables[$"{package}:config:{key}"] = value.Text ?? PropertyJson.Write(value);
        await CallAsync<Wire.ConfigureResponse>("Configure", request);
    }

    public Task<Wire.CheckResponse> CheckAsync(
        Identity id, PropertyMap olds, PropertyMap news, byte[] seed, Wire.CheckRequest.Types.AutonamingOptions? autonaming)
    {
        var request = new Wire.CheckRequest
        {
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Olds = Encode(olds),
            News = Encode(news),
            RandomSeed = ByteString.CopyFrom(seed),
        };
        if (autonaming is not null)
            request.Autonaming = autonaming;
        return CallAsync<Wire.CheckResponse>("Check", request);
    }

    public Task<Wire.DiffResponse> DiffAsync(
        Identity id, string resourceId, PropertyMap oldOutputs, PropertyMap oldInputs, PropertyMap news,
        IReadOnlyList<string> ignoreChanges) =>
        CallAsync<Wire.DiffResponse>("Diff", new Wire.DiffRequest
        {
            Id = resourceId,
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Olds = Encode(oldOutputs),
            OldInputs = Encode(oldInputs),
            News = Encode(news),
            IgnoreChanges = { ignoreChanges },
        });

    public Task<Wire.CreateResponse> CreateAsync(Identity id, PropertyMap inputs, double timeout, bool preview) =>
        CallAsync<Wire.CreateResponse>("Create", new Wire.CreateRequest
        {
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Properties = Encode(inputs),
            Timeout = timeout,
            Preview = preview,
            ResourceStatusAddress = _host.EngineAddress,
            ResourceStatusToken = NewToken(),
        });

    public Task<Wire.UpdateResponse> UpdateAsync(
        Identity id, ResourceState old, PropertyMap news, IReadOnlyList<string> ignoreChanges, double timeout, bool preview) =>
        CallAsync<Wire.UpdateResponse>("Update", new Wire.UpdateRequest
        {
            Id = old.Id.Text,
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Olds = Encode(old.Outputs),
            OldInputs = Encode(old.Inputs),
            News = Encode(news),
            IgnoreChanges = { ignoreChanges },
            Timeout = timeout,
            Preview = preview,
            ResourceStatusAddress = _host.EngineAddress,
            ResourceStatusToken = NewToken(),
        });

    /// <summary>Reads by id alone, as an import does.</summary>
    public Task<Wire.ReadResponse> ReadForImportAsync(Identity id, string resourceId) =>
        CallAsync<Wire.ReadResponse>("Read", new Wire.ReadRequest { Id = resourceId, Urn = id.Urn, Name = id.Name, Type = id.Type });

    public Task<Wire.ReadResponse> ReadAsync(Identity id, string resourceId, PropertyMap outputs, PropertyMap inputs, double timeout) =>
        CallAsync<Wire.ReadResponse>("Read", new Wire.ReadRequest
        {
            Id = resourceId,
            Urn = id.Urn,
            Name = id.Name,
            Type = id.Type,
            Properties = Encode(outputs),
            Inputs = Encode(inputs),
            Timeout = _release.ReadTimeout ? timeout : 0,
            ResourceStatusAddress = _host.EngineAddress,
            ResourceStatusToken = NewToken(),
        });

    public Task DeleteAsync(ResourceState old) =>
        CallAsync<Empty>("Delete", new Wire.DeleteRequest
        {
            Id = old.Id.Text,
            Urn = old.Urn,
            Name = old.Name,
            Type = old.Type,
            Properties = Encode(old.Outputs),
            OldInputs = Encode(old.Inputs),
            Timeout = old.Timeouts.Delete,
            ResourceStatusAddress = _host.EngineAddress,
            ResourceStatusToken = NewToken(),
        });

    public Task<Wire.InvokeResponse> InvokeAsync(string token, PropertyMap arguments, bool preview) =>
        CallAsync<Wire.InvokeResponse>("Invoke", new Wire.InvokeRequest
        {
            Tok = token,
            Args = Encode(arguments),
            Preview = preview && _release.InvokePreview,
        });

    /// <summary>Tells the plugin that the user interrupted the run; calls in flight may still answer.</summary>
    public async Task InterruptAsync()
    {
        try
        {
            await _connection.CallAsync<Empty>("Cancel", new Empty(), s_cancelLimit, CancellationToken.None);
        }
        catch (RpcException)
        {
            // A plugin that cannot be cancelled ends at the latest when it is closed.
        }
    }

    /// <summary>Says goodbye and closes the plugin.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_release.CancelsAtClose)
        {
            try
            {
                await _connection.CallAsync<Empty>("Cancel", new Empty(), s_closeLimit, CancellationToken.None).WaitAsync(s_closeLimit);
            }
            catch (Exception error) when (error is RpcException or TimeoutException)
            {
                // It may be dead already; what that means is told where it was noticed.
            }
        }
        await _connection.DisposeAsync();
    }

    /// <summary>Values as this plugin wants them: without secret marks where it does not read them.</summary>
    Struct Encode(PropertyMap map) => ValueCodec.Encode(_flags.AcceptSecrets ? map : Secrets.Strip(map));

    Task<TReply> CallAsync<TReply>(string method, IMessage request)
        where TReply : class, IMessage<TReply>, new() => _connection.CallAsync<TReply>(method, request, null, _abort);

    static string NewToken() => new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
}
