using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>The calls that an engine makes, over whatever way. One that fails throws <see cref="PulumiAliyunLive.Protocol.RpcException"/>.</summary>
abstract class EngineCalls : IDisposable
{
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

    /// <summary>Any call with one reply.</summary>
    public abstract Task<TReply> Call<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, CancellationToken cancellation = default)
        where TReply : class, IMessage<TReply>;

    public abstract void Dispose();
}
