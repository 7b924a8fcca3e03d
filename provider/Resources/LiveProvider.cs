using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// The provider: its configuration, and the registry that leads from a type token to the resource. Knows nothing of the wire.
/// </summary>
/// <param name="log">The engine's ear.</param>
/// <param name="clock">The injected clock of all waits and comparisons.</param>
/// <param name="connect">Makes the client for a configuration; null: the real one.</param>
sealed class LiveProvider(IEngineLog log, TimeProvider clock, Func<ProviderConfig, LiveClient>? connect = null) : IProvider
{
    static readonly Lazy<byte[]> SchemaBytes = new(ReadSchema);
    static readonly Lazy<PackageSchema> ParsedSchema = new(() => PackageSchema.Parse(SchemaBytes.Value));

    /// <summary>The resource types this provider serves, by token.</summary>
    public static readonly Lazy<IReadOnlyDictionary<string, Resource>> Registry = new(() => new Dictionary<string, Resource>(StringComparer.Ordinal)
    {
        [RelayTask.Token] = new RelayTask(Schema.Resources[RelayTask.Token]),
        [MonitorSession.Token] = new MonitorSession(Schema.Resources[MonitorSession.Token]),
    });

    /// <summary>What finds objects of each resource type, by the resource's token.</summary>
    public static readonly Lazy<IReadOnlyDictionary<string, Listing>> Listings = new(() => new Dictionary<string, Listing>(StringComparer.Ordinal)
    {
        [RelayTask.Token] = new ListingOfRelayTasks((RelayTask)Registry.Value[RelayTask.Token], Schema.Functions[GetRelayTasks.Token].Inputs),
        [MonitorSession.Token] = new ListingOfMonitorSessions((MonitorSession)Registry.Value[MonitorSession.Token], Schema.Functions[GetMonitorSessions.Token].Inputs),
    });

    /// <summary>The functions this provider serves, by token.</summary>
    public static readonly Lazy<IReadOnlyDictionary<string, Function>> Functions = new(() =>
    {
        var tasks = (ListingOfRelayTasks)Listings.Value[RelayTask.Token];
        var monitors = (ListingOfMonitorSessions)Listings.Value[MonitorSession.Token];
        return new Dictionary<string, Function>(StringComparer.Ordinal)
        {
            [GetRelayTask.Token] = new GetRelayTask(Schema.Functions[GetRelayTask.Token].Inputs, tasks),
            [GetRelayTasks.Token] = new GetRelayTasks(Schema.Functions[GetRelayTasks.Token].Inputs, tasks),
            [GetMonitorSession.Token] = new GetMonitorSession(Schema.Functions[GetMonitorSession.Token].Inputs, monitors),
            [GetMonitorSessions.Token] = new GetMonitorSessions(Schema.Functions[GetMonitorSessions.Token].Inputs, monitors),
            [GetRamPolicy.Token] = new GetRamPolicy(Schema.Functions[GetRamPolicy.Token].Inputs),
        };
    });

    /// <summary>The engine's ear, behind what hides secrets.</summary>
    readonly Discreet _log = new(log);

    /// <summary>The configured session, the listings that refreshes share included.</summary>
    volatile Session? _session;

    /// <summary>The package schema, read at the first call that needs it.</summary>
    public static PackageSchema Schema => ParsedSchema.Value;

    public ReadOnlyMemory<byte> GetSchema() => PackageSchema.WithVersion(SchemaBytes.Value, PackageVersion.Text);

    public ValueTask<CheckResult> CheckConfigAsync(CheckRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(ProviderConfig.Check(Schema.Config, request.News));

    /// <summary>
    /// Changed configuration replaces nothing: rotating a key or moving an endpoint must not cut a broadcast, and a changed region reaches each
    /// task through its own <c>region</c>.
    /// </summary>
    public ValueTask<DiffResult> DiffConfigAsync(DiffRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(new DiffResult(ProviderConfig.Diff(Schema.Config, request.OldInputs, request.News, request.IgnoreChanges), DeleteBeforeReplace: false));

    public ValueTask ConfigureAsync(PropertyMap config, CancellationToken cancellation)
    {
        var settings = ProviderConfig.Read(Schema.Config, config, Environment.GetEnvironmentVariable);
        var client = connect?.Invoke(settings) ?? settings.Connect(clock, debug: line => _ = _log.LogAsync(LogSeverity.Debug, line, "").AsTask());

        // The one before is not disposed: calls in flight go on with it, and its connections end by themselves once they are idle.
        _session = new(client, _log, clock, settings.Region, settings.EnvironmentRegion, settings.RefreshBeforeUpdate)
        {
            Listings = new(client, clock),
        };
        return ValueTask.CompletedTask;
    }

    public ValueTask<CheckResult> CheckAsync(CheckRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(Find(request.Type).Check(request, Configured));

    public ValueTask<DiffResult> DiffAsync(DiffRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(Find(request.Type).Diff(request, Configured));

    public async ValueTask<CreateResult> CreateAsync(CreateRequest request, CancellationToken cancellation) =>
        await Told(() =>
        {
            Find(request.Type).RefuseUnchecked(request.Properties, Configured);
            return Find(request.Type).CreateAsync(request, Configured, cancellation);
        });

    public async ValueTask<ReadResult?> ReadAsync(ReadRequest request, CancellationToken cancellation) =>
        await Told(() =>
        {
            // What the state names was read or made before; an import or a look-up names what somebody typed.
            var resource = Find(request.Type);
            return request.Properties?[resource.IdProperty] is not null
                ? resource.ReadAsync(request, Refreshing, cancellation)
                : Listings.Value[request.Type].ImportAsync(resource, request, Configured, cancellation);
        });

    public async ValueTask<UpdateResult> UpdateAsync(UpdateRequest request, CancellationToken cancellation) =>
        await Told(() =>
        {
            Find(request.Type).RefuseUnchecked(request.News, Configured);
            return Find(request.Type).UpdateAsync(request, Configured, cancellation);
        });

    public async ValueTask DeleteAsync(DeleteRequest request, CancellationToken cancellation) => await Told(async () =>
    {
        await Find(request.Type).DeleteAsync(request, Configured, cancellation);
        return true;
    });

    public async ValueTask<InvokeResult> InvokeAsync(InvokeRequest request, CancellationToken cancellation) =>
        await Told(() => FindFunction(request.Token).InvokeAsync(request.Args, Configured, cancellation));

    public IAsyncEnumerable<ListItem> ListAsync(ListRequest request, CancellationToken cancellation) =>
        Listings.Value[Find(request.Token).Type].ListAsync(request, Configured, cancellation);

    /// <summary>For everything that needs the exact truth.</summary>
    Session Configured => Refreshing with { Listings = null };

    /// <summary>For reading what the state has.</summary>
    Session Refreshing => _session ?? throw new ProviderException(
        ProviderStatus.FailedPrecondition, "The provider was asked for a resource before it was configured. This is a fault of the program that runs the plugin.");

    static Resource Find(string type) => Registry.Value.TryGetValue(type, out var resource)
        ? resource
        : throw new ProviderException(ProviderStatus.InvalidArgument, $"This provider has no resource type `{type}`; it has {string.Join(" and ", Registry.Value.Keys)}.");

    static Function FindFunction(string token) => Functions.Value.TryGetValue(token, out var function)
        ? function
        : throw new ProviderException(ProviderStatus.InvalidArgument, $"This provider has no function `{token}`; it has {string.Join(", ", Functions.Value.Keys)}.");

    /// <summary>
    /// What no resource told in its own words is told here, so that nothing a person can mend counts as a fault of the plugin. No secret gets
    /// past, wherever the words came from.
    /// </summary>
    static async Task<T> Told<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ProviderException error)
        {
            throw Discreet.Error(error);
        }
        catch (CredentialsException error)
        {
            throw Discreet.Error(new ProviderException(ProviderStatus.Unauthenticated, error.Message, error));
        }
        catch (LiveException error)
        {
            throw error.Explain($"call {error.Operation}");
        }
    }

    static byte[] ReadSchema()
    {
        using var stream = typeof(LiveProvider).Assembly.GetManifestResourceStream("schema.json")
            ?? throw new InvalidOperationException("The plugin was built without its schema.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
