using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The provider before it has resources: it serves its schema and refuses everything else.</summary>
sealed class LiveProvider(IEngineLog log, TimeProvider clock) : IProvider
{
    readonly Lazy<byte[]> _schema = new(ReadSchema);

    public IEngineLog Log { get; } = log;

    public TimeProvider Clock { get; } = clock;

    public ReadOnlyMemory<byte> GetSchema() => _schema.Value;

    public ValueTask<CheckResult> CheckConfigAsync(CheckRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<DiffResult> DiffConfigAsync(DiffRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask ConfigureAsync(PropertyMap config, CancellationToken cancellation) => throw NotYet();

    public ValueTask<CheckResult> CheckAsync(CheckRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<DiffResult> DiffAsync(DiffRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<CreateResult> CreateAsync(CreateRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<ReadResult?> ReadAsync(ReadRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<UpdateResult> UpdateAsync(UpdateRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask DeleteAsync(DeleteRequest request, CancellationToken cancellation) => throw NotYet();

    public ValueTask<InvokeResult> InvokeAsync(InvokeRequest request, CancellationToken cancellation) => throw NotYet();

    public IAsyncEnumerable<ListItem> ListAsync(ListRequest request, CancellationToken cancellation) => throw NotYet();

    static ProviderException NotYet() => new(ProviderStatus.Unimplemented, "This provider has no resources yet.");

    static byte[] ReadSchema()
    {
        using var stream = typeof(LiveProvider).Assembly.GetManifestResourceStream("schema.json")
            ?? throw new InvalidOperationException("The plugin was built without its schema.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
