using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using static PulumiAliyunLive.Protocol.Translation;

namespace PulumiAliyunLive.Protocol;

/// <summary>
/// The calls of <c>pulumirpc.ResourceProvider</c>, free of HTTP: bytes of a request in, a reply out, and nothing but
/// <see cref="RpcException"/> thrown. Calls may run concurrently.
/// </summary>
sealed class RpcDispatcher(IProvider provider, EngineClient engine) : IDisposable
{
    /// <summary>What stands before the method's name in the path of a request.</summary>
    public const string ServicePath = "/pulumirpc.ResourceProvider/";

    /// <summary>The only call with a stream of replies.</summary>
    public const string ListMethod = "List";

    /// <summary>
    /// Nested messages that are parsed at the most. One nested object of <see cref="ValueCodec.MaxDepth"/> takes about three messages, so
    /// that the codec, which can name the place, is the first to refuse.
    /// </summary>
    const int RecursionLimit = 4 * ValueCodec.MaxDepth;

    /// <summary>Stack for a call with deeply nested values: ample for parser, codec and provider at the deepest accepted nesting.</summary>
    const int DeepStackBytes = 64 * 1024 * 1024;

    /// <summary>Ends all calls in flight at once. Each Cancel puts a fresh one in its place, since an attached process lives on.</summary>
    CancellationTokenSource _running = new();

    /// <summary>Calls in flight, and one more until this is disposed.</summary>
    int _open = 1;

    bool _disposed;

    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when this is disposed and the last call has its reply, which may take a cancelled one a moment.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes one call.</summary>
    /// <param name="method">The bare name, such as <c>Check</c>.</param>
    /// <exception cref="RpcException">The call failed, for whatever reason.</exception>
    public async ValueTask<IMessage> CallAsync(string method, ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _running.Token);
        Interlocked.Increment(ref _open);
        try
        {
            return await RouteAsync(method, new Body(request), call.Token);
        }
        catch (UnreadableException)
        {
            return await DeepCallAsync(method, request, call.Token);
        }
        catch (Exception e)
        {
            throw await FailureAsync(method, e);
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Makes a List call.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public async IAsyncEnumerable<IMessage> ListAsync(ReadOnlyMemory<byte> request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _running.Token);
        await using var replies = Translation.ListAsync(provider, () => Parse(Wire.ListRequest.Parser, new Body(request)), call.Token)
            .GetAsyncEnumerator(call.Token);
        while (true)
        {
            try
            {
                if (!await replies.MoveNextAsync())
                    yield break;
            }
            catch (Exception e)
            {
                throw await FailureAsync(ListMethod, e);
            }

            yield return replies.Current;
        }
    }

    /// <summary>Cancels everything in flight; calls made later run as usual. What the calls do about it is not waited for.</summary>
    public void CancelRunning()
    {
        if (!_disposed) _ = Interlocked.Exchange(ref _running, new CancellationTokenSource()).CancelAsync();
    }

    /// <summary>Cancels everything in flight and whatever is called later.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true)) return;
        _ = _running.CancelAsync();
        Close();
    }

    void Close()
    {
        if (Interlocked.Decrement(ref _open) == 0) _ended.TrySetResult();
    }

    async ValueTask<IMessage> RouteAsync(string method, Body body, CancellationToken cancellation)
    {
        switch (method)
        {
            case "Check":
                return ToWire(await provider.CheckAsync(ToModel(Parse(Wire.CheckRequest.Parser, body)), cancellation));
            case "Diff":
                return ToWire(await provider.DiffAsync(ToModel(Parse(Wire.DiffRequest.Parser, body)), cancellation));
            case "Create":
                return ToWire(await provider.CreateAsync(ToModel(Parse(Wire.CreateRequest.Parser, body)), cancellation));
            case "Read":
                return ToWire(await provider.ReadAsync(ToModel(Parse(Wire.ReadRequest.Parser, body)), cancellation));
            case "Update":
                return ToWire(await provider.UpdateAsync(ToModel(Parse(Wire.UpdateRequest.Parser, body)), cancellation));
            case "Delete":
                await provider.DeleteAsync(ToModel(Parse(Wire.DeleteRequest.Parser, body)), cancellation);
                return new Empty();
            case "Invoke":
                return ToWire(await provider.InvokeAsync(ToModel(Parse(Wire.InvokeRequest.Parser, body)), cancellation));
            case "CheckConfig":
                return ToWire(await provider.CheckConfigAsync(ToModel(Parse(Wire.CheckRequest.Parser, body)), cancellation));
            case "DiffConfig":
                return ToWire(await provider.DiffConfigAsync(ToModel(Parse(Wire.DiffRequest.Parser, body)), cancellation));
            case "Configure":
                await provider.ConfigureAsync(ValueCodec.Decode(Parse(Wire.ConfigureRequest.Parser, body).Args), cancellation);
                return new Wire.ConfigureResponse
                {
                    AcceptSecrets = true, AcceptResources = true, AcceptOutputs = true, SupportsAutonamingConfiguration = true,
                    SupportsPreview = true,
                };
            case "Handshake":
                engine.Connect(Parse(Wire.ProviderHandshakeRequest.Parser, body).EngineAddress);
                return new Wire.ProviderHandshakeResponse
                {
                    AcceptSecrets = true, AcceptResources = true, AcceptOutputs = true, SupportsAutonamingConfiguration = true,
                    AcceptsByteString = true,
                };
            case "Attach":
                Attach(Parse(Wire.PluginAttach.Parser, body).Address);
                return new Empty();
            case "GetPluginInfo":
                return new Wire.PluginInfo { Version = PackageVersion.Text };
            case "GetSchema":
                return new Wire.GetSchemaResponse { Schema = System.Text.Encoding.UTF8.GetString(provider.GetSchema().Span) };
            case "Cancel":
                CancelRunning();
                return new Empty();
            case "GetMapping":
                return new Wire.GetMappingResponse();
            case "GetMappings":
                return new Wire.GetMappingsResponse();
            case "Parameterize":
                throw Unimplemented("This provider takes no parameters: it is one package with one schema.");
            case "Construct":
                throw Unimplemented("This provider has no components that could be constructed.");
            case "Call":
                throw Unimplemented("The resources of this provider have no methods that could be called.");
            default:
                throw Unimplemented($"The call '{method}' is not known to this version of the plugin.");
        }

        static RpcException Unimplemented(string text) => new(ProviderStatus.Unimplemented, text);
    }

    void Attach(string address)
    {
        if (!engine.Attach(address))
            throw new RpcException(ProviderStatus.InvalidArgument, $"'{address}' is not an engine address of the form host:port.");
    }

    /// <summary>
    /// Makes a call whose request is nested deeper than an ordinary parser goes. Everything that reads and writes nested values is
    /// recursive, and threads of the pool have little stack, so it runs on a thread with much of it.
    /// </summary>
    async Task<IMessage> DeepCallAsync(string method, ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        var result = new TaskCompletionSource<IMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(Run, DeepStackBytes) { IsBackground = true, Name = "deep call" };
        thread.Start();
        try
        {
            return await result.Task;
        }
        catch (Exception e)
        {
            throw await FailureAsync(method, e);
        }

        void Run()
        {
            try
            {
                // The thread is there to be blocked. A reply whose fields are all unknown holds them as bytes, written without recursion.
                var reply = RouteAsync(method, new Body(request, Deep: true), cancellation).AsTask().GetAwaiter().GetResult();
                result.SetResult(Empty.Parser.ParseFrom(reply.ToByteArray()));
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }
    }

    static T Parse<T>(MessageParser<T> parser, Body body)
        where T : IMessage<T>
    {
        try
        {
            if (!body.Deep)
                return parser.ParseFrom(body.Bytes.Span);

            // Of all ways to parse, only this one lets the limit be raised.
            using var bytes = new MemoryStream(body.Bytes.ToArray(), writable: false);
            using var input = CodedInputStream.CreateWithLimits(bytes, int.MaxValue, RecursionLimit);
            return parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException e)
        {
            var problem = $"The request could not be read: it is no {typeof(T).Name}, "
                + $"or its values are nested more than {ValueCodec.MaxDepth} levels deep.";
            throw body.Deep ? new RpcException(ProviderStatus.InvalidArgument, problem, e) : new UnreadableException(problem, e);
        }
    }

    /// <summary>The status that a failure becomes.</summary>
    async ValueTask<RpcException> FailureAsync(string method, Exception failure)
    {
        switch (failure)
        {
            case RpcException e:
                return e;
            case ProviderException e:
                return ToWire(e);
            case OperationCanceledException e:
                return new RpcException(ProviderStatus.Cancelled, $"{method} was cancelled.", e);
            default:
                // The text of an unforeseen exception may quote values, secret ones too; its type and stack cannot.
                var kind = failure.GetType().Name;
                await engine.LogAsync(LogSeverity.Debug, $"{method} failed with {kind}\n{failure.StackTrace}", "");
                return new RpcException(
                    ProviderStatus.Internal,
                    $"{method} failed with an unforeseen {kind}. This is a fault of the plugin aliyun-live {PackageVersion.Text}, "
                        + "not of your program. Please report it, best with the output of the same command with --debug.",
                    failure);
        }
    }

    /// <param name="Deep">Whether the work is done on a stack that bears deep nesting.</param>
    readonly record struct Body(ReadOnlyMemory<byte> Bytes, bool Deep = false);

    /// <summary>The request is malformed, or only nested deeper than the parser's own limit of about thirty objects.</summary>
    sealed class UnreadableException(string problem, Exception inner) : RpcException(ProviderStatus.InvalidArgument, problem, inner);
}
