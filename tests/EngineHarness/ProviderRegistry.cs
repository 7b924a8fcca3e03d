using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>A provider resource and the plugin that serves it.</summary>
/// <param name="Configured">False where the configuration is not known yet; the engine then answers by itself.</param>
sealed record Provider(ResourceState State, Plugin Plugin, bool Configured);

/// <summary>
/// The plugins of a pass: one for the schema, one for each provider resource. A provider comes from the program (checked, compared with
/// its old state, configured) or straight from the state (only configured).
/// </summary>
sealed class ProviderRegistry(Pass pass) : IAsyncDisposable
{
    readonly Dictionary<string, Provider> _byReference = new(StringComparer.Ordinal);
    readonly Dictionary<string, Provider> _byUrn = new(StringComparer.Ordinal);
    readonly List<Plugin> _plugins = [];
    PackageSchema? _schema;

    /// <summary>Says which plugin ended without being asked to, if one did.</summary>
    public string? Ended => _plugins.Select(plugin => plugin.Ended).FirstOrDefault(ended => ended is not null);

    /// <summary>Provider resources that a run replaced and must delete at its end.</summary>
    public List<ResourceState> Replaced { get; } = [];

    /// <summary>URNs of the providers that the program has registered.</summary>
    public IReadOnlyCollection<string> Registered => _byUrn.Keys;

    /// <summary>The schema, known from before or asked of a plugin that does nothing else.</summary>
    public async Task<PackageSchema> SchemaAsync()
    {
        if (_schema is not null)
            return _schema;
        var text = pass.Options.CachedSchema
            ?? await pass.CallAsync(null, pass.StackUrn, async () => await (await StartAsync()).GetSchemaAsync());
        return _schema = PackageSchema.Parse(text);
    }

    /// <summary>The provider of a package that is configured by the stack; registered when first needed.</summary>
    public async Task<Provider> DefaultAsync(string package)
    {
        var urn = pass.Urn(Tokens.Provider(package), "default");
        if (_byUrn.TryGetValue(urn, out var known))
            return known;
        var inputs = new PropertyMap();
        foreach (var (key, value) in pass.Config.Where(pair => pair.Key.StartsWith(package + ":", StringComparison.Ordinal)))
            inputs[key[(package.Length + 1)..]] = value.Secret ? new SecretValue(value.Text) : value.Text;
        return await RegisterAsync(new() { Urn = urn, Type = Tokens.Provider(package), Inputs = inputs });
    }

    /// <summary>A provider that the program has registered before.</summary>
    public Provider Explicit(string urn) =>
        _byUrn.TryGetValue(urn, out var known) ? known : throw pass.Fail(null, urn, "the option 'provider' must name a provider resource");

    /// <summary>A provider as the state knows it, for resources the program does not mention (any more).</summary>
    public async Task<Provider> FromStateAsync(ResourceState resource)
    {
        if (_byReference.TryGetValue(resource.Provider, out var known))
            return known;
        var state = pass.Running.Current.Resources.FirstOrDefault(other => other.IsProvider && other.Reference == resource.Provider)
            ?? throw pass.Fail(null, resource.Urn, $"the state has no provider '{resource.Provider}'");
        return await ConfigureAsync(await StartForAsync(state.Urn), state);
    }

    /// <summary>Checks and configures a provider that the program wants.</summary>
    public async Task<Provider> RegisterAsync(ResourceState wanted)
    {
        pass.ThrowIfInterrupted();
        var id = new Identity(wanted.Urn);
        var old = pass.Running.Current.Find(wanted.Urn);
        var plugin = await StartForAsync(wanted.Urn);
        var olds = old?.Inputs ?? PropertyMap.Empty;
        var reply = await pass.CallAsync(null, wanted.Urn, () => plugin.CheckConfigAsync(id, olds, wanted.Inputs));
        if (reply.Failures.Count > 0)
            throw CheckFailures.Report(pass, id, reply.Failures, wanted.Inputs);
        var inputs = Secrets.Restore(ValueCodec.Decode(reply.Inputs), wanted.Inputs);
        var now = wanted with { Inputs = inputs, Outputs = inputs };
        var provider = old is null ? await CreateAsync(plugin, now) : await ContinueAsync(plugin, old, now);
        return _byUrn[wanted.Urn] = provider;
    }

    /// <summary>Tells all plugins that the user interrupted the run.</summary>
    public Task InterruptAsync()
    {
        lock (_plugins)
            return Task.WhenAll(_plugins.ConvertAll(plugin => plugin.InterruptAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        var ended = Ended;
        await Task.WhenAll(_plugins.Select(plugin => plugin.DisposeAsync().AsTask()));
        if (ended is not null)
            pass.Display.Report(new(pass.StackUrn, "error", ended));
    }

    async Task<Provider> CreateAsync(Plugin plugin, ResourceState now)
    {
        var step = now.IsDefaultProvider ? null : pass.Display.Step(StepKind.Create, now.Urn);
        var created = now with { Id = NewId() };
        var provider = await ConfigureAsync(plugin, created);
        pass.Running.Settle(null, created);
        step?.Done();
        return provider;
    }

    async Task<Provider> ContinueAsync(Plugin plugin, ResourceState old, ResourceState now)
    {
        var reply = await pass.CallAsync(null, now.Urn, () => plugin.DiffConfigAsync(new(now.Urn), old.Outputs, old.Inputs, now.Inputs));
        var diff = DiffAnswer.From(reply, old.Inputs, now.Inputs);
        if (diff.Replace)
        {
            Replaced.Add(old);
            if (!now.IsDefaultProvider)
                pass.Display.Mark(StepKind.Replace, now.Urn, diff.Changes);
            var replacement = now with { Id = NewId() };
            var provider = await ConfigureAsync(plugin, replacement);
            pass.Running.Replace(old, old with { Delete = true });
            pass.Running.Settle(null, replacement);
            return provider;
        }
        var kept = now with { Id = old.Id };
        pass.Running.Settle(old, kept);
        if (!diff.Changed && _byReference.TryGetValue(kept.Reference, out var loaded))
            return loaded; // a refresh in the same run has configured it
        if (!now.IsDefaultProvider && diff.Changed)
            pass.Display.Mark(StepKind.Update, now.Urn, diff.Changes);
        else if (!now.IsDefaultProvider)
            pass.Display.Same(now.Urn);
        return await ConfigureAsync(plugin, kept);
    }

    PropertyValue NewId() => pass.Preview ? PropertyValue.Unknown : Guid.NewGuid().ToString();

    async Task<Provider> ConfigureAsync(Plugin plugin, ResourceState state)
    {
        var configured = !state.Inputs.ContainsUnknown;
        if (configured)
        {
            try
            {
                await plugin.ConfigureAsync(new(state.Urn), state.Id.Text ?? ProviderIds.Unknown, state.Inputs);
            }
            catch (RpcException error)
            {
                throw pass.Fail(null, state.Urn, Explain(error, state));
            }
        }
        return _byReference[state.Reference] = new(state, plugin, configured);
    }

    static string Explain(RpcException error, ResourceState state)
    {
        var missing = error.Detail<Wire.ConfigureErrorMissingKeys>();
        return missing is null
            ? $"{state.Type} resource '{state.Name}' has a problem: {error.Message}"
            : string.Join('\n', missing.MissingKeys.Select(key =>
                $"Missing required configuration key '{key.Name}': {key.Description}; set it with `pulumi config set {key.Name} <value>`"));
    }

    Task<Plugin> StartForAsync(string urn) => pass.CallAsync(null, urn, StartAsync);

    async Task<Plugin> StartAsync()
    {
        var config = pass.Config.Where(pair => pair.Key.StartsWith("aliyun-live:", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value.Text, StringComparer.Ordinal);
        var plugin = await Plugin.StartAsync(
            pass.Host, new(pass.Options.ProgramFolder, pass.Project, config), pass.Options.Release, pass.Options.Abort);
        lock (_plugins)
            _plugins.Add(plugin);
        return plugin;
    }
}
