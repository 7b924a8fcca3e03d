using System.Net;

namespace LiveSimulator;

/// <summary>Brings requests of an <see cref="HttpClient"/> to a <see cref="LiveService"/> in the same process, without sockets.</summary>
/// <param name="waits">
/// Called before the wait for an answer that comes only with that of the next call (true), or never; a caller whose patience runs on a clock
/// of its own can let it end.
/// </param>
public sealed class SimulatorHandler(LiveService service, Action<bool>? waits = null) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var answer = service.Handle(Raw(request, body), cancellationToken);
        if (answer.Delivery == Delivery.Never || !answer.Turn.IsCompleted) waits?.Invoke(answer.Delivery != Delivery.Never);
        if (answer.Delivery == Delivery.Never) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        await answer.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Answer(request, answer);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var body = new MemoryStream();
        request.Content?.CopyTo(body, context: null, cancellationToken);
        return Answer(request, service.Handle(Raw(request, body.ToArray()), cancellationToken));
    }

    static ServiceRequest Raw(HttpRequestMessage request, byte[] body)
    {
        var address = request.RequestUri ?? throw new ArgumentException("The request has no address.", nameof(request));
        var headers = new List<KeyValuePair<string, string>> { new("host", request.Headers.Host ?? address.Authority) };
        var sent = request.Headers.NonValidated.Where(header => !header.Key.Equals("host", StringComparison.OrdinalIgnoreCase));
        foreach (var header in request.Content is null ? sent : sent.Concat(request.Content.Headers.NonValidated))
            foreach (var value in header.Value)
                headers.Add(new(header.Key.ToLowerInvariant(), value));
        return new ServiceRequest(request.Method.Method, address.AbsolutePath, address.Query.TrimStart('?'), headers, body);
    }

    static HttpResponseMessage Answer(HttpRequestMessage request, ServiceAnswer answer)
    {
        if (answer.Dropped)
        {
            var cause = new IOException("The connection was closed.");
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.", cause);
        }
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            RequestMessage = request,
            Content = answer.Delivery is Delivery.CutShort or Delivery.Slow
                ? new StreamContent(new SlowStream(answer))
                : new ByteArrayContent(answer.Body),
        };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", answer.ContentType);
        foreach (var (name, value) in answer.Headers) response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    /// <summary>An answer that comes in pieces, or ends too early; without sockets nobody waits between the pieces.</summary>
    sealed class SlowStream(ServiceAnswer answer) : MemoryStream(answer.Body)
    {
        const int Piece = 7;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (answer.Delivery == Delivery.CutShort && Position >= answer.Body.Length / 2)
                throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
            return base.ReadAsync(buffer[..Math.Min(Piece, buffer.Length)], cancellationToken);
        }
    }
}
