using Google.Protobuf;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>
/// The engine's calls on a provider inside this process: every request and every reply goes through its bytes, only HTTP is left out.
/// A call that fails throws <see cref="RpcException"/>, as over the wire.
/// </summary>
sealed class RpcClient : EngineCalls
{
    readonly EngineClient _engine = new(TimeProvider.System);

    public RpcClient(IProvider provider) => Dispatcher = new RpcDispatcher(provider, _engine);

    public RpcDispatcher Dispatcher { get; }

    public async Task<List<Wire.ListResponse>> List(Wire.ListRequest request, CancellationToken cancellation = default)
    {
        List<Wire.ListResponse> replies = [];
        await foreach (var reply in Dispatcher.ListAsync(request.ToByteArray(), cancellation))
            replies.Add(Wire.ListResponse.Parser.ParseFrom(reply.ToByteArray()));
        return replies;
    }

    public override async Task<TReply> Call<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, CancellationToken cancellation = default)
    {
        var reply = await Dispatcher.CallAsync(method, request.ToByteArray(), cancellation);
        return parser.ParseFrom(reply.ToByteArray());
    }

    public override void Dispose()
    {
        Dispatcher.Dispose();
        _engine.Dispose();
    }
}
