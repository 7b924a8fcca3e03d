using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Protocol;

/// <summary>
/// Serves the calls of an <see cref="RpcDispatcher"/> as gRPC over clear-text HTTP/2 on a free port of 127.0.0.1. Kestrel is built without
/// a host around it, because a host would read the settings files and variables of the user's project and write to standard output.
/// </summary>
sealed class GrpcServer : IAsyncDisposable
{
    /// <summary>Connections that may wait to be accepted.</summary>
    const int Backlog = 512;

    readonly Socket _listener;
    KestrelServer? _kestrel;

    GrpcServer(Socket listener) => _listener = listener;

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>
    /// Opens the port. The system takes connections from now on and keeps them until <see cref="ServeAsync"/>; so the port can be told
    /// before the server, which takes longer, is built.
    /// </summary>
    public static GrpcServer Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(Backlog);
            return new GrpcServer(listener);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>How connections are treated, whatever they come from.</summary>
    public static KestrelServerOptions NewOptions()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        // The engine's connection may rest for hours. An infinite limit would overflow in Kestrel's clock and close it after a second.
        options.Limits.KeepAliveTimeout = TimeSpan.FromDays(3650);
        options.Limits.Http2.MaxStreamsPerConnection = 10_000;
        return options;
    }

    /// <summary>Begins to answer.</summary>
    public async Task ServeAsync(RpcDispatcher dispatcher, TimeProvider clock)
    {
        var options = NewOptions();
        options.Listen((IPEndPoint)_listener.LocalEndPoint!, endpoint => endpoint.Protocols = HttpProtocols.Http2);

        var transport = new SocketTransportOptions { Backlog = Backlog, CreateBoundListenSocket = _ => _listener };
        _kestrel = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        await _kestrel.StartAsync(new Application(dispatcher, clock), CancellationToken.None);
    }

    /// <summary>Stops listening and lets calls in flight send their replies until <paramref name="giveUp"/>.</summary>
    public Task StopAsync(CancellationToken giveUp) => _kestrel?.StopAsync(giveUp) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        _kestrel?.Dispose();
        _listener.Dispose();
    }

    sealed class Application(RpcDispatcher dispatcher, TimeProvider clock) : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(IFeatureCollection context)
        {
            var request = context.GetRequiredFeature<IHttpRequestFeature>();
            var exchange = new Exchange(context);
            if (!HttpMethods.IsPost(request.Method))
                exchange.Refuse(StatusCodes.Status405MethodNotAllowed);
            else if (!GrpcFraming.IsGrpc(request.Headers.ContentType))
                exchange.Refuse(StatusCodes.Status415UnsupportedMediaType);
            else
                await AnswerAsync(request, exchange);
        }

        async Task AnswerAsync(IHttpRequestFeature request, Exchange exchange)
        {
            CancellationTokenSource? deadline = null;
            CancellationTokenSource? ends = null;
            try
            {
                var cancellation = exchange.Aborted;
                if (GrpcFraming.ParseTimeout(request.Headers[GrpcFraming.TimeoutHeader]) is { } timeout)
                {
                    deadline = new CancellationTokenSource(timeout, clock);
                    ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
                    cancellation = ends.Token;
                }

                await ServeAsync(request, exchange, cancellation);
                // A reply that is late is no reply: its sender's time is over, and it must not seem to be in time.
                if (deadline is { IsCancellationRequested: true } && !exchange.HasStarted)
                    exchange.End(DeadlineExceeded());
            }
            catch (RpcException e)
            {
                var late = e.Code == ProviderStatus.Cancelled && deadline is { IsCancellationRequested: true };
                exchange.End(late ? DeadlineExceeded() : e.Status);
            }
            catch (Exception e) when (!exchange.Aborted.IsCancellationRequested)
            {
                exchange.End(deadline is { IsCancellationRequested: true } ? DeadlineExceeded() : BrokenOff(e));
            }
            catch (Exception)
            {
                // The client has gone; there is nobody to answer.
            }
            finally
            {
                ends?.Dispose();
                deadline?.Dispose();
            }
        }

        async Task ServeAsync(IHttpRequestFeature request, Exchange exchange, CancellationToken cancellation)
        {
            if (!request.Path.StartsWith(RpcDispatcher.ServicePath, StringComparison.Ordinal))
                throw new RpcException(ProviderStatus.Unimplemented, $"No service is served at '{request.Path}'.");

            var method = request.Path[RpcDispatcher.ServicePath.Length..];
            var message = await exchange.ReadAsync(request.Headers[GrpcFraming.EncodingHeader], cancellation);
            if (method == RpcDispatcher.ListMethod)
            {
                await foreach (var reply in dispatcher.ListAsync(message, cancellation))
                    await exchange.SendAsync(reply, cancellation);
                exchange.End(Ok);
            }
            else
            {
                var reply = await dispatcher.CallAsync(method, message, cancellation);
                if (cancellation.IsCancellationRequested)
                    return;
                await exchange.StartAsync(cancellation);
                exchange.Write(reply);
                exchange.End(Ok);
            }
        }

        static readonly Wire.Status Ok = new();

        static Wire.Status DeadlineExceeded() =>
            new() { Code = (int)ProviderStatus.DeadlineExceeded, Message = "The time that the caller gave to this call is over." };

        static Wire.Status BrokenOff(Exception e) => new()
        {
            Code = (int)ProviderStatus.Internal,
            Message = $"The call broke off while its messages were read or written ({e.GetType().Name}).",
        };
    }

    /// <summary>One request and its response, as frames of gRPC.</summary>
    readonly struct Exchange(IFeatureCollection context)
    {
        /// <summary>Up to this length a message gets its memory at once; a longer one as it arrives, so a lie costs nothing.</summary>
        const int TrustedLength = 1024 * 1024;

        readonly IHttpResponseFeature _response = context.GetRequiredFeature<IHttpResponseFeature>();

        public CancellationToken Aborted => context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

        public bool HasStarted => _response.HasStarted;

        /// <summary>Answers what is no gRPC with plain HTTP.</summary>
        public void Refuse(int httpStatus) => _response.StatusCode = httpStatus;

        /// <summary>Reads the one message of a request.</summary>
        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string? encoding, CancellationToken cancellation)
        {
            var body = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            var read = await body.ReadAtLeastAsync(GrpcFraming.PrefixBytes, cancellation);
            if (read.Buffer.Length < GrpcFraming.PrefixBytes)
                throw new RpcException(ProviderStatus.Internal, "The request ends before its message begins.");

            var length = ReadPrefix(read.Buffer, encoding);
            body.AdvanceTo(read.Buffer.GetPosition(GrpcFraming.PrefixBytes));
            var message = new ArrayBufferWriter<byte>(Math.Clamp(length, 1, TrustedLength));
            do
            {
                read = await body.ReadAsync(cancellation);
                if (read.Buffer.Length > length - message.WrittenCount)
                    throw new RpcException(ProviderStatus.Internal, "The request holds more than one message.");
                foreach (var piece in read.Buffer)
                    message.Write(piece.Span);
                body.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);

            return message.WrittenCount == length
                ? message.WrittenMemory
                : throw new RpcException(ProviderStatus.Internal, "The request ends inside its message.");
        }

        /// <summary>Makes the response a gRPC one with a body; what is written later follows its headers.</summary>
        public Task StartAsync(CancellationToken cancellation)
        {
            _response.Headers.ContentType = GrpcFraming.ContentType;
            return context.GetRequiredFeature<IHttpResponseBodyFeature>().StartAsync(cancellation);
        }

        /// <summary>Puts a message into the response; it leaves at the end at the latest.</summary>
        public void Write(IMessage message) => GrpcFraming.Write(Body, message);

        /// <summary>Sends one message of a stream at once.</summary>
        public async ValueTask SendAsync(IMessage message, CancellationToken cancellation)
        {
            if (!HasStarted)
                await StartAsync(cancellation);
            Write(message);
            await Body.FlushAsync(cancellation);
        }

        /// <summary>Ends the response with a status: in trailers after a body, or among the headers where there is none.</summary>
        public void End(Wire.Status status)
        {
            var headers = HasStarted ? context.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : _response.Headers;
            if (!HasStarted)
                headers.ContentType = GrpcFraming.ContentType;
            headers[GrpcFraming.StatusHeader] = status.Code == 0 ? "0" : status.Code.ToString(CultureInfo.InvariantCulture);
            if (status.Code == (int)ProviderStatus.Unimplemented)
                headers[GrpcFraming.AcceptEncodingHeader] = GrpcFraming.IdentityEncoding;
            if (status.Message.Length > 0)
                headers[GrpcFraming.MessageHeader] = GrpcFraming.EncodeMessage(GrpcFraming.Shortened(status.Message));
            if (status.Details.Count > 0)
                headers[GrpcFraming.DetailsHeader] = GrpcFraming.EncodeBinary(status.ToByteArray());
        }

        PipeWriter Body => context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;

        static int ReadPrefix(ReadOnlySequence<byte> buffer, string? encoding)
        {
            Span<byte> prefix = stackalloc byte[GrpcFraming.PrefixBytes];
            buffer.Slice(0, GrpcFraming.PrefixBytes).CopyTo(prefix);
            return GrpcFraming.ReadPrefix(prefix, encoding);
        }
    }
}
