using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.Features;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>An engine as the plugin sees it: it takes log messages and answers questions for its health.</summary>
sealed class FakeEngine : IAsyncDisposable
{
    readonly PlainServer _server;

    FakeEngine(PlainServer server) => _server = server;

    public string Address => $"127.0.0.1:{_server.Port}";

    public static async Task<FakeEngine> StartAsync()
    {
        FakeEngine? engine = null;
        var server = await PlainServer.StartAsync(context => engine!.AnswerAsync(context));
        engine = new FakeEngine(server);
        return engine;
    }

    /// <summary>What was logged.</summary>
    public ConcurrentQueue<Wire.LogRequest> Logged { get; } = [];

    /// <summary>Path, content type and TE header of every call.</summary>
    public ConcurrentQueue<(string Path, string ContentType, string Te)> Calls { get; } = [];

    /// <summary>The gRPC status of every answer.</summary>
    public int Status { get; set; }

    /// <summary>No call is answered before this is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    async Task AnswerAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (request.Path == "/pulumirpc.Engine/Log")
            Logged.Enqueue(Wire.LogRequest.Parser.ParseFrom(body.ToArray().AsSpan(GrpcFraming.PrefixBytes)));
        Calls.Enqueue((request.Path, request.Headers.ContentType.ToString(), request.Headers.TE.ToString()));
        await Gate;

        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.Headers.ContentType = GrpcFraming.ContentType;
        if (Status != 0)
        {
            response.Headers["grpc-status"] = $"{Status}";
            return;
        }

        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>();
        await writer.StartAsync();
        IMessage reply = request.Path.StartsWith("/grpc.health", StringComparison.Ordinal)
            ? new Wire.HealthCheckResponse { Status = Wire.HealthCheckResponse.Types.ServingStatus.Serving }
            : new Empty();
        GrpcFraming.Write(writer.Writer, reply);
        context.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }
}
