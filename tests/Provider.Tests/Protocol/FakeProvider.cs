using System.Runtime.CompilerServices;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>A provider whose answers a test sets, one by one; it remembers the requests it got.</summary>
sealed class FakeProvider : IProvider
{
    public List<object> Requests { get; } = [];

    public byte[] Schema { get; set; } = "{}"u8.ToArray();

    public Func<CheckRequest, CancellationToken, ValueTask<CheckResult>> OnCheck { get; set; } =
        (request, _) => ValueTask.FromResult(new CheckResult(request.News, []));

    public Func<DiffRequest, DiffResult> OnDiff { get; set; } = _ => new([], DeleteBeforeReplace: false);

    public Func<PropertyMap, CancellationToken, ValueTask> OnConfigure { get; set; } = (_, _) => ValueTask.CompletedTask;

    public Func<CreateRequest, CancellationToken, ValueTask<CreateResult>> OnCreate { get; set; } =
        (request, _) => ValueTask.FromResult(new CreateResult("id-1", request.Properties));

    public Func<ReadRequest, ReadResult?> OnRead { get; set; } =
        request => new ReadResult(request.Id, request.Properties ?? [], request.Inputs ?? []);

    public Func<UpdateRequest, UpdateResult> OnUpdate { get; set; } = request => new UpdateResult(request.News);

    public Func<InvokeRequest, InvokeResult> OnInvoke { get; set; } = request => new InvokeResult(request.Args, []);

    public Func<ListRequest, IEnumerable<ListItem>> OnList { get; set; } = _ => [];

    public ReadOnlyMemory<byte> GetSchema() => Schema;

    public ValueTask<CheckResult> CheckConfigAsync(CheckRequest request, CancellationToken cancellation) =>
        CheckAsync(request, cancellation);

    public ValueTask<DiffResult> DiffConfigAsync(DiffRequest request, CancellationToken cancellation) => DiffAsync(request, cancellation);

    public ValueTask ConfigureAsync(PropertyMap config, CancellationToken cancellation) => OnConfigure(Seen(config), cancellation);

    public ValueTask<CheckResult> CheckAsync(CheckRequest request, CancellationToken cancellation) => OnCheck(Seen(request), cancellation);

    public ValueTask<DiffResult> DiffAsync(DiffRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(OnDiff(Seen(request)));

    public ValueTask<CreateResult> CreateAsync(CreateRequest request, CancellationToken cancellation) =>
        OnCreate(Seen(request), cancellation);

    public ValueTask<ReadResult?> ReadAsync(ReadRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(OnRead(Seen(request)));

    public ValueTask<UpdateResult> UpdateAsync(UpdateRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(OnUpdate(Seen(request)));

    public ValueTask DeleteAsync(DeleteRequest request, CancellationToken cancellation)
    {
        Seen(request);
        return ValueTask.CompletedTask;
    }

    public ValueTask<InvokeResult> InvokeAsync(InvokeRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(OnInvoke(Seen(request)));

    public async IAsyncEnumerable<ListItem> ListAsync(ListRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var item in OnList(Seen(request)))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    /// <summary>The last request of a type.</summary>
    public T Last<T>() => Requests.OfType<T>().Last();

    T Seen<T>(T request)
        where T : notnull
    {
        lock (Requests)
            Requests.Add(request);
        return request;
    }
}
