using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Protocol;

/// <summary>
/// Makes gRPC calls to one address over clear-text HTTP/2. A call that does not end with OK throws <see cref="RpcException"/>, also where
/// the peer cannot be reached (UNAVAILABLE) or its answer is no gRPC.
/// </summary>
sealed class GrpcClient : IDisposable
{
    const string Loopback = "127.0.0.1:";

    readonly HttpMessageInvoker _http;
    readonly Uri _base;

    /// <param name="address">Host and port, as in <c>127.0.0.1:50051</c>.</param>
    public GrpcClient(string address)
    {
        Address = address;
        _base = BaseAddress(address) ?? throw new ArgumentException($"'{address}' is not of the form host:port.", nameof(address));
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // The user's proxy variables are inherited but mean other connections.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            // The number is meant: details of a failed call carry whole outputs of a resource, and the engine accepts 16 MiB.
#pragma warning disable CA2262
            MaxResponseHeadersLength = 16 * 1024,
#pragma warning restore CA2262
        });
    }

    public string Address { get; }

    /// <summary>The address as a base for paths; null where it is not of the form host:port.</summary>
    public static Uri? BaseAddress(string address) =>
        Uri.TryCreate($"http://{address}/", UriKind.Absolute, out var uri)
        && uri is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "", Host.Length: > 0, Port: > 0 }
        && address.LastIndexOf(':') is > 0 and var colon
        && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? uri
            : null;

    /// <summary>Whether it is of the form host:port. What the engine gives is recognised without the cost of parsing addresses.</summary>
    public static bool IsAddress(string text) =>
        (text.StartsWith(Loopback, StringComparison.Ordinal)
            && ushort.TryParse(text.AsSpan(Loopback.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0)
        || BaseAddress(text) is not null;

    /// <summary>Makes a call with one request and one reply.</summary>
    /// <param name="method">Service and method, as in <c>pulumirpc.Engine/Log</c>.</param>
    /// <param name="timeout">Told to the peer, which is trusted to keep to it; null: none.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> ended the call.</exception>
    public async Task<TReply> CallAsync<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, TimeSpan? timeout = null, CancellationToken cancellation = default)
        where TReply : class, IMessage<TReply>
    {
        TReply? reply = null;
        await foreach (var message in StreamAsync(method, request, parser, timeout, cancellation))
        {
            reply = reply is null ? message : throw new RpcException(ProviderStatus.Internal, $"{method} gave more than one reply.");
        }

        return reply ?? throw new RpcException(ProviderStatus.Internal, $"{method} gave no reply.");
    }

    /// <summary>Makes a call with one request and a stream of replies.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public async IAsyncEnumerable<TReply> StreamAsync<TReply>(
        string method, IMessage request, MessageParser<TReply> parser, TimeSpan? timeout = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
        where TReply : class, IMessage<TReply>
    {
        using var call = NewCall(method, request, timeout);
        using var response = await Guard(method, () => _http.SendAsync(call, cancellation), cancellation);
        if (response.StatusCode != HttpStatusCode.OK || !GrpcFraming.IsGrpc(response.Content.Headers.ContentType?.ToString()))
        {
            throw new RpcException(
                HttpCode(response.StatusCode), $"{method} was answered with HTTP {(int)response.StatusCode} and no gRPC.");
        }

        var encoding = Header(response.Headers, GrpcFraming.EncodingHeader);
        using var body = await Guard(method, () => response.Content.ReadAsStreamAsync(cancellation), cancellation);
        while (await Guard(method, () => ReadMessage(body, encoding, cancellation), cancellation) is { } message)
            yield return parser.ParseFrom(message);

        ThrowUnlessOk(method, response);
    }

    public void Dispose() => _http.Dispose();

    HttpRequestMessage NewCall(string method, IMessage request, TimeSpan? timeout)
    {
        var body = new ArrayBufferWriter<byte>(GrpcFraming.PrefixBytes + request.CalculateSize());
        GrpcFraming.Write(body, request);
        var call = new HttpRequestMessage(HttpMethod.Post, new Uri(_base, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body.WrittenMemory)
            {
                Headers = { ContentType = new MediaTypeHeaderValue(GrpcFraming.ContentType) },
            },
        };
        call.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (timeout is { } limit)
            call.Headers.Add(GrpcFraming.TimeoutHeader, GrpcFraming.FormatTimeout(limit));
        return call;
    }

    /// <summary>Turns the ways in which HTTP can fail into a status.</summary>
    static async Task<T> Guard<T>(string method, Func<Task<T>> step, CancellationToken cancellation)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
        {
            var reset = e as HttpProtocolException ?? e.InnerException as HttpProtocolException;
            throw new RpcException(ResetCode(reset?.ErrorCode), $"{method} could not be called: {e.Message}", e);
        }
    }

    /// <summary>One message without its prefix; null at the end of the body.</summary>
    static async Task<byte[]?> ReadMessage(Stream body, string? encoding, CancellationToken cancellation)
    {
        var prefix = new byte[GrpcFraming.PrefixBytes];
        var count = await body.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellation);
        if (count == 0)
            return null;
        if (count < prefix.Length)
            throw new EndOfStreamException("The answer ends inside a message.");

        var message = new byte[GrpcFraming.ReadPrefix(prefix, encoding)];
        await body.ReadExactlyAsync(message, cancellation);
        return message;
    }

    static void ThrowUnlessOk(string method, HttpResponseMessage response)
    {
        // Without a body ("trailers only") the status stands among the headers.
        HttpHeaders trailers = response.TrailingHeaders.Contains(GrpcFraming.StatusHeader) ? response.TrailingHeaders : response.Headers;
        if (!int.TryParse(Header(trailers, GrpcFraming.StatusHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw new RpcException(ProviderStatus.Unknown, $"{method} was answered without a status.");
        if (code == 0)
            return;

        var text = GrpcFraming.DecodeMessage(Header(trailers, GrpcFraming.MessageHeader) ?? "");
        var status = new Wire.Status { Code = code, Message = text };
        if (Header(trailers, GrpcFraming.DetailsHeader) is { } details && GrpcFraming.DecodeBinary(details) is { } bytes)
        {
            var told = Wire.Status.Parser.ParseFrom(bytes);
            // As the engine does it: details that contradict the trailer replace the whole error.
            status = told.Code == code
                ? told
                : new Wire.Status
                {
                    Code = (int)ProviderStatus.Internal,
                    Message = $"{method}: the details name code {told.Code}, the trailer {code}.",
                };
        }

        throw new RpcException(status);
    }

    static string? Header(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>The code that gRPC gives to a stream that the peer reset with an HTTP/2 error; null: the connection failed.</summary>
    static ProviderStatus ResetCode(long? error) => error switch
    {
        null or 7 /* REFUSED_STREAM */ => ProviderStatus.Unavailable,
        8 /* CANCEL */ => ProviderStatus.Cancelled,
        3 /* FLOW_CONTROL_ERROR */ or 11 /* ENHANCE_YOUR_CALM */ => ProviderStatus.ResourceExhausted,
        _ => ProviderStatus.Internal,
    };

    /// <summary>The code that gRPC gives to an answer of plain HTTP.</summary>
    static ProviderStatus HttpCode(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest => ProviderStatus.Internal,
        HttpStatusCode.Unauthorized => ProviderStatus.Unauthenticated,
        HttpStatusCode.Forbidden => ProviderStatus.PermissionDenied,
        HttpStatusCode.NotFound => ProviderStatus.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            ProviderStatus.Unavailable,
        _ => ProviderStatus.Unknown,
    };
}
