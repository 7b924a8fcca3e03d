using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>One operation of an RPC-style service.</summary>
/// <param name="Once">
/// Whether a second arrival of the request would make a second object: then nothing on our side sends it again by itself, and a
/// cancellation leaves it a moment to come back with the id.
/// </param>
sealed record RpcOperation(string Name, string Version, HttpMethod Method, bool Once = false);

/// <summary>
/// Signs and sends one request at a time and tells what came of it; nothing is repeated here. All parameters travel in the query, the body
/// is empty. Connections are kept and shared; proxies are those of <c>HTTPS_PROXY</c> and <c>NO_PROXY</c>.
/// </summary>
sealed class RpcTransport : IDisposable
{
    readonly HttpMessageInvoker _http;
    readonly Uri _endpoint;
    readonly string _host;
    readonly string _userAgent;
    readonly TimeSpan _connectTimeout;
    readonly TimeSpan _readTimeout;
    readonly TimeProvider? _networkClock;
    readonly TimeProvider _clock;

    // Ticks by which the service's clock is ahead of ours, as of the latest answer; and that which requests are dated with.
    long _serverAhead;
    long _datedAhead;

    /// <exception cref="ArgumentException">The endpoint does not serve; the text says why.</exception>
    public RpcTransport(Uri endpoint, LiveClientOptions options, TimeProvider clock, HttpMessageHandler? handler)
    {
        if (Endpoint.Problem(endpoint) is { } problem)
            throw new ArgumentException($"The endpoint {Redaction.Text(endpoint.OriginalString)} {problem}.");
        _endpoint = endpoint;
        _host = endpoint.IsDefaultPort ? endpoint.IdnHost : $"{endpoint.IdnHost}:{endpoint.Port.ToString(CultureInfo.InvariantCulture)}";
        if (endpoint.HostNameType == UriHostNameType.IPv6) _host = endpoint.Authority;
        _userAgent = $"pulumi-aliyun-live/{options.UserAgentVersion}";
        _connectTimeout = options.ConnectTimeout;
        _readTimeout = options.ReadTimeout;
        _networkClock = options.NetworkClock;
        _clock = clock;
        _http = new HttpMessageInvoker(handler ?? NewHandler(endpoint, options), disposeHandler: handler is null);
    }

    /// <summary>The service's time: our clock, put right by the latest answer; to about a second.</summary>
    public DateTimeOffset ServerNow => _clock.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _serverAhead));

    /// <summary>Dates requests with the service's clock from now on.</summary>
    public void CorrectClock() => Interlocked.Exchange(ref _datedAhead, Interlocked.Read(ref _serverAhead));

    /// <summary>Sends one request and returns the object it is answered with.</summary>
    /// <param name="secrets">Texts among the parameters that must not appear in an error; looked at only when there is one.</param>
    /// <exception cref="LiveException">The service refused, failed, or could not be reached.</exception>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancellation"/> is cancelled.</exception>
    public async Task<LiveObject> SendAsync(
        RpcOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, LiveCredentials credentials,
        IEnumerable<string> secrets, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var request = NewRequest(operation, parameters, credentials);
        return await ExchangeAsync(operation, request, credentials.SecurityToken is not null, secrets, cancellation);
    }

    /// <summary>
    /// Sends one request that needs no key: its parameters travel in the body, where a token may be longer than an address can be.
    /// </summary>
    /// <param name="secrets">Texts among the parameters that must not appear in an error.</param>
    /// <exception cref="LiveException">The service refused, failed, or could not be reached.</exception>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancellation"/> is cancelled.</exception>
    public async Task<LiveObject> SendUnsignedAsync(
        RpcOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, IEnumerable<string> secrets,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var request = NewUnsignedRequest(operation, parameters);
        return await ExchangeAsync(operation, request, temporaryKey: false, secrets, cancellation);
    }

    public void Dispose() => _http.Dispose();

    async Task<LiveObject> ExchangeAsync(
        RpcOperation operation, HttpRequestMessage request, bool temporaryKey, IEnumerable<string> secrets, CancellationToken cancellation)
    {
        var timeLimit = _connectTimeout + _readTimeout;
        using var limit = _networkClock is null ? new CancellationTokenSource(timeLimit) : new CancellationTokenSource(timeLimit, _networkClock);
        using var end = operation.Once
            ? cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).CancelAfter(Limits.CreateGrace), limit)
            : cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), limit);

        RawAnswer raw;
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            LearnTime(response);
            raw = await ReadAsync(operation, response, limit.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new CancelledWhileSentException(cancellation);
        }
        catch (OperationCanceledException failure) when (limit.IsCancellationRequested)
        {
            throw Lost(operation, $"none within {Seconds(_connectTimeout + _readTimeout)}", failure);
        }
        catch (OperationCanceledException failure)
        {
            // Neither the caller's nor our limit: the handler gave up connecting.
            throw NotSent(operation, $"no connection to {_host} within {Seconds(_connectTimeout)}", failure);
        }
        catch (HttpRequestException failure)
        {
            throw Unreachable(operation, failure);
        }
        catch (IOException failure)
        {
            throw Lost(operation, $"the connection to {_host} broke off: {failure.Message}", failure);
        }

        return Answer.Read(operation.Name, raw, temporaryKey, secrets);
    }

    /// <summary>The way to the network, where no test stands in its place.</summary>
    public static SocketsHttpHandler NewHandler(Uri endpoint, LiveClientOptions options) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = Limits.IdleConnection,
        PooledConnectionLifetime = Limits.ConnectionLifetime,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,

        // A proxy cannot reach what runs on this machine.
        UseProxy = !endpoint.IsLoopback,
    };

    HttpRequestMessage NewRequest(RpcOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, LiveCredentials credentials)
    {
        var query = Signature.CanonicalQuery(parameters);
        var now = _clock.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _datedAhead));
        var headers = new List<KeyValuePair<string, string>>
        {
            new("host", _host),
            new("x-acs-action", operation.Name),
            new("x-acs-content-sha256", Signature.EmptyPayloadHash),
            new("x-acs-date", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            new("x-acs-signature-nonce", Guid.NewGuid().ToString("N")),
            new("x-acs-version", operation.Version),
        };
        if (credentials.SecurityToken is { } token)
        {
            headers.Add(new("x-acs-accesskey-id", credentials.AccessKeyId));
            headers.Add(new("x-acs-security-token", token));
        }

        // Sent byte for byte as signed.
        var asWritten = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var address = new Uri($"{_endpoint.Scheme}://{_endpoint.Authority}/?{query}", asWritten);
        var request = new HttpRequestMessage(operation.Method, address);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var authorization = Signature.Authorization(operation.Method, query, headers, credentials.AccessKeyId, credentials.AccessKeySecret);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", _userAgent);

        // SocketsHttpHandler silently sends a request again when a kept connection turns out to be closed before the first byte of the
        // answer, POST or not, as long as it has not begun to send a body: the service may have acted on the first. With a body, even an
        // empty one, it has begun and never does. On the wire this is the `Content-Length: 0` that a POST has anyhow.
        if (operation.Once) request.Content = new ByteArrayContent([]);
        return request;
    }

    HttpRequestMessage NewUnsignedRequest(RpcOperation operation, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var now = _clock.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _datedAhead));
        var query = Signature.CanonicalQuery(
        [
            new("Action", operation.Name),
            new("Format", "JSON"),
            new("SignatureNonce", Guid.NewGuid().ToString("N")),
            new("Timestamp", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            new("Version", operation.Version),
        ]);
        var request = new HttpRequestMessage(operation.Method, new Uri($"{_endpoint.Scheme}://{_endpoint.Authority}/?{query}"))
        {
            Content = new FormUrlEncodedContent(parameters),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", _userAgent);
        return request;
    }

    void LearnTime(HttpResponseMessage response)
    {
        // Broken clocks show the beginning or the end of time, and with the latter every sum that adds to it would overflow.
        if (response.Headers.Date is { Year: > 2000 and < 9000 } date) Interlocked.Exchange(ref _serverAhead, (date - _clock.GetUtcNow()).Ticks);
    }

    static async Task<RawAnswer> ReadAsync(RpcOperation operation, HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellation)) > 0)
        {
            if (body.Length + read > Limits.MaxAnswerBytes)
            {
                var words = $"longer than {Limits.MaxAnswerBytes / (1024 * 1024)} MiB";
                throw new LiveException(LiveErrorKind.Transient, operation.Name, LiveErrors.BadAnswer, words, null, maybeDone: true);
            }

            body.Write(chunk, 0, read);
        }

        return new RawAnswer(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            Header(response, "x-acs-request-id"), Header(response, "x-acs-retry-after"),
            body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    LiveException Unreachable(RpcOperation operation, HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError =>
            NotSent(operation, $"no connection to {_host}: {failure.Message}", failure),

        // These do not pass by themselves: a certificate nobody vouches for, a proxy that wants a password.
        HttpRequestError.SecureConnectionError when failure.InnerException is System.Security.Authentication.AuthenticationException =>
            NotSent(operation, $"no secure connection to {_host}: {failure.InnerException.Message}", failure, LiveErrorKind.Invalid),
        HttpRequestError.ProxyTunnelError when failure.StatusCode == HttpStatusCode.ProxyAuthenticationRequired =>
            NotSent(operation, "the proxy of HTTPS_PROXY asks for a user name and password", failure, LiveErrorKind.Invalid),

        HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError =>
            NotSent(operation, $"no connection to {_host}: {failure.Message}", failure),
        _ => Lost(operation, $"the connection to {_host} broke off: {failure.Message}", failure),
    };

    static LiveException NotSent(RpcOperation operation, string words, Exception failure, LiveErrorKind kind = LiveErrorKind.Transient) =>
        new(kind, operation.Name, LiveErrors.NotSent, words, null, maybeDone: false, failure);

    static LiveException Lost(RpcOperation operation, string words, Exception failure) =>
        new(LiveErrorKind.Transient, operation.Name, LiveErrors.NoAnswer, words, null, maybeDone: true, failure);

    static string Seconds(TimeSpan time) => $"{time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";
}
