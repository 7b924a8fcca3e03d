using Google.Protobuf;
using PulumiAliyunLive.Protocol;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>The engine's calls on a plugin that listens on this machine.</summary>
sealed class WireCalls(int port) : EngineCalls
{
    readonly GrpcClient _client = new($"127.0.0.1:{port}");

    public override Task<TReply> Call<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, CancellationToken cancellation = default) =>
        _client.CallAsync(RpcDispatcher.ServicePath[1..] + method, request, parser, cancellation: cancellation);

    public override void Dispose() => _client.Dispose();
}
