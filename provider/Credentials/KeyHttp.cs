using System.Net;

namespace PulumiAliyunLive.Credentials;

/// <summary>What came of a question over HTTP.</summary>
/// <param name="Status">Null where no answer came; then <paramref name="Problem"/> says why.</param>
/// <param name="Date">The answering side's time; null where it does not say.</param>
/// <param name="Connected">Whether anybody was there at all.</param>
sealed record KeyAnswer(HttpStatusCode? Status, ReadOnlyMemory<byte> Body, DateTimeOffset? Date, string? Problem, bool Connected)
{
    public bool IsSuccess => Status == HttpStatusCode.OK;

    /// <summary>What went wrong, without anything of the answer's body, which may hold keys.</summary>
    public string Words => Problem ?? $"answered HTTP {(int)Status!.Value}";
}

/// <summary>
/// Questions to services that give out keys without a signature: the metadata service, a credentials address, a sign-in portal. Nothing of
/// address, request or answer appears in an error but the host.
/// </summary>
/// <param name="handler">Replaces the network, in tests.</param>
sealed class KeyHttp(TimeProvider clock, HttpMessageHandler? handler = null)
{
    readonly Lazy<HttpMessageInvoker> _near = new(() => NewInvoker(handler, CredentialLimits.MetadataConnect, useProxy: false));
    readonly Lazy<HttpMessageInvoker> _far = new(() => NewInvoker(handler, CredentialLimits.HttpConnect, useProxy: true));

    /// <summary>Asks the metadata service: without a proxy, shortly, and only once where nobody is there.</summary>
    public Task<KeyAnswer> AskMetadataAsync(Func<HttpRequestMessage> request, CancellationToken cancellation) =>
        AskAsync(
            _near.Value, request, CredentialLimits.MetadataConnect + CredentialLimits.MetadataRead, alsoUnreachable: false, cancellation);

    /// <summary>Asks any other address, by the proxies of <c>HTTPS_PROXY</c> and <c>NO_PROXY</c> unless it is on this machine.</summary>
    public Task<KeyAnswer> AskAsync(Func<HttpRequestMessage> request, Uri address, CancellationToken cancellation) =>
        AskAsync(
            address.IsLoopback ? _near.Value : _far.Value, request, CredentialLimits.HttpConnect + CredentialLimits.HttpRead,
            alsoUnreachable: true, cancellation);

    async Task<KeyAnswer> AskAsync(
        HttpMessageInvoker http, Func<HttpRequestMessage> request, TimeSpan limit, bool alsoUnreachable, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await AskOnceAsync(http, request, limit, cancellation);
            var mayPass = answer.Status is { } status ? (int)status is >= 500 or 429 : answer.Connected || alsoUnreachable;
            if (!mayPass || attempt == CredentialLimits.HttpAttempts) return answer;
            await Task.Delay(CredentialLimits.HttpPause * attempt, clock, cancellation);
        }
    }

    static async Task<KeyAnswer> AskOnceAsync(
        HttpMessageInvoker http, Func<HttpRequestMessage> newRequest, TimeSpan limit, CancellationToken cancellation)
    {
        using var request = newRequest();
        var host = request.RequestUri!.Authority;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        try
        {
            using var response = await http.SendAsync(request, timer.Token);
            var body = await ReadAsync(response, timer.Token);
            return body is null
                ? Failed($"{host} answered more than a key can be", connected: true)
                : new KeyAnswer(response.StatusCode, body, response.Headers.Date, null, Connected: true);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (OperationCanceledException)
        {
            // By our own limit while waiting for the answer, or by the handler's while connecting.
            var connected = timer.IsCancellationRequested;
            return Failed(connected ? $"{host} did not answer in time" : $"{host} could not be reached in time", connected);
        }
        catch (HttpRequestException failure)
        {
            var unreachable = failure.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError;
            return Failed($"{host} could not be reached: {failure.Message}", connected: !unreachable);
        }
        catch (IOException failure)
        {
            return Failed($"the connection to {host} broke off: {failure.Message}", connected: true);
        }

        static KeyAnswer Failed(string problem, bool connected) => new(null, default, null, problem, connected);
    }

    static async Task<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var chunk = new byte[8 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellation)) > 0)
        {
            if (body.Length + read > CredentialLimits.MaxTextBytes) return null;
            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    static HttpMessageInvoker NewInvoker(HttpMessageHandler? handler, TimeSpan connect, bool useProxy) => handler is not null
        ? new HttpMessageInvoker(handler, disposeHandler: false)
        : new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = connect,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            UseProxy = useProxy,
        });
}
