using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>
/// What the engine serves to its plugins over clear-text HTTP/2: log messages, the health check by which they learn whether the engine
/// still lives, and the reports of resource status. Everything else is unimplemented.
/// </summary>
sealed class EngineService : IAsyncDisposable
{
    readonly WebApplication _app;

    EngineService(WebApplication app) => _app = app;

    /// <summary>Where it is served, as <c>127.0.0.1:PORT</c>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Receives log messages; called from any thread.</summary>
    public Action<Wire.LogRequest> Log { get; set; } = _ => { };

    public static async Task<EngineService> StartAsync()
    {
        // The empty builder reads no files and no variables of the user's.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        var service = new EngineService(builder.Build());
        service._app.Run(service.AnswerAsync);
        await service._app.StartAsync();
        var bound = service._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        service.Address = new Uri(bound).Authority;
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var response = context.Response;
        response.ContentType = GrpcFraming.ContentType;
        var reply = Answer(context.Request.Path.Value ?? "", body.ToArray());
        if (reply is null)
        {
            response.Headers[GrpcFraming.StatusHeader] = ((int)ProviderStatus.Unimplemented).ToString();
            response.Headers[GrpcFraming.MessageHeader] = "the harness does not serve this";
            return;
        }
        response.DeclareTrailer(GrpcFraming.StatusHeader);
        var frame = new ArrayBufferWriter<byte>();
        GrpcFraming.Write(frame, reply);
        await response.Body.WriteAsync(frame.WrittenMemory, context.RequestAborted);
        response.AppendTrailer(GrpcFraming.StatusHeader, "0");
    }

    IMessage? Answer(string path, byte[] frame)
    {
        switch (path)
        {
            case "/pulumirpc.Engine/Log":
                Log(Wire.LogRequest.Parser.ParseFrom(frame.AsSpan(GrpcFraming.PrefixBytes)));
                return new Empty();
            case "/pulumirpc.Engine/RequirePulumiVersion":
                return new Wire.RequirePulumiVersionResponse();
            case "/pulumirpc.ResourceStatus/PublishViewSteps":
                return new Empty();
            case "/grpc.health.v1.Health/Check":
                return new Wire.HealthCheckResponse { Status = Wire.HealthCheckResponse.Types.ServingStatus.Serving };
            default:
                return null;
        }
    }
}
