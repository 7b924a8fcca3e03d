using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>
/// The engine's calls on a provider inside this process: every request and every reply goes through its bytes, only HTTP is left out.
/// A call that fails throws <see cref="RpcException"/>, as over the wire.
/// </summary>
sealed class RpcClient : IDisposable
{
    readonly EngineClient _engine = new(TimeProvider.System);

    public RpcClient(IProvider provider) => Dispatcher = new RpcDispatcher(provider, _engine);

    public RpcDispatcher Dispatcher { get; }

    public Task<Wire.ProviderHandshakeResponse> Handshake(Wire.ProviderHandshakeRequest request, CancellationToken cancellation = default) =>
        Call("Handshake", request, Wire.ProviderHandshakeResponse.Parser, cancellation);

    public Task<Wire.CheckResponse> CheckConfig(Wire.CheckRequest request, CancellationToken cancellation = default) =>
        Call("CheckConfig", request, Wire.CheckResponse.Parser, cancellation);

    public Task<Wire.DiffResponse> DiffConfig(Wire.DiffRequest request, CancellationToken cancellation = default) =>
        Call("DiffConfig", request, Wire.DiffResponse.Parser, cancellation);

    public Task<Wire.ConfigureResponse> Configure(Wire.ConfigureRequest request, CancellationToken cancellation = default) =>
        Call("Configure", request, Wire.ConfigureResponse.Parser, cancellation);

    public Task<Wire.CheckResponse> Check(Wire.CheckRequest request, CancellationToken cancellation = default) =>
        Call("Check", request, Wire.CheckResponse.Parser, cancellation);

    public Task<Wire.DiffResponse> Diff(Wire.DiffRequest request, CancellationToken cancellation = default) =>
        Call("Diff", request, Wire.DiffResponse.Parser, cancellation);

    public Task<Wire.CreateResponse> Create(Wire.CreateRequest request, CancellationToken cancellation = default) =>
        Call("Create", request, Wire.CreateResponse.Parser, cancellation);

    public Task<Wire.ReadResponse> Read(Wire.ReadRequest request, CancellationToken cancellation = default) =>
        Call("Read", request, Wire.ReadResponse.Parser, cancellation);

    public Task<Wire.UpdateResponse> Update(Wire.UpdateRequest request, CancellationToken cancellation = default) =>
        Call("Update", request, Wire.UpdateResponse.Parser, cancellation);

    public Task<Empty> Delete(Wire.DeleteRequest request, CancellationToken cancellation = default) =>
        Call("Delete", request, Empty.Parser, cancellation);

    public Task<Wire.InvokeResponse> Invoke(Wire.InvokeRequest request, CancellationToken cancellation = default) =>
        Call("Invoke", request, Wire.InvokeResponse.Parser, cancellation);

    public Task<Empty> Cancel() => Call("Cancel", new Empty(), Empty.Parser);

    public async Task<List<Wire.ListResponse>> List(Wire.ListRequest request, CancellationToken cancellation = default)
    {
        List<Wire.ListResponse> replies = [];
        await foreach (var reply in Dispatcher.ListAsync(request.ToByteArray(), cancellation))
            replies.Add(Wire.ListResponse.Parser.ParseFrom(reply.ToByteArray()));
        return replies;
    }

    /// <summary>Any call with one reply.</summary>
    public async Task<TReply> Call<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, CancellationToken cancellation = default)
        where TReply : IMessage<TReply>
    {
        var reply = await Dispatcher.CallAsync(method, request.ToByteArray(), cancellation);
        return parser.ParseFrom(reply.ToByteArray());
    }

    public void Dispose()
    {
        Dispatcher.Dispose();
        _engine.Dispose();
    }
}
