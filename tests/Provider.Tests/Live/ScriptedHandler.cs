using System.Net;
using System.Text;

namespace PulumiAliyunLive.Tests.Live;

/// <summary>A network made of prepared answers, given in order; the last one is given for ever. It keeps what was asked.</summary>
sealed class ScriptedHandler(params IEnumerable<Func<HttpRequestMessage, HttpResponseMessage>> answers) : HttpMessageHandler
{
    readonly Queue<Func<HttpRequestMessage, HttpResponseMessage>> _answers = new(answers);
    readonly Lock _lock = new();

    /// <summary>The requests so far.</summary>
    public List<SentRequest> Requests { get; } = [];

    public static Func<HttpRequestMessage, HttpResponseMessage> Json(string body, int status = 200, params (string Name, string Value)[] headers) =>
        Text(body, "application/json", status, headers);

    public static Func<HttpRequestMessage, HttpResponseMessage> Text(string body, string mediaType, int status = 200, params (string Name, string Value)[] headers) => _ =>
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        foreach (var (name, value) in headers) response.Headers.TryAddWithoutValidation(name, value);
        return response;
    };

    public static Func<HttpRequestMessage, HttpResponseMessage> Error(int status, string code, string message = "Words of the service.", params (string Name, string Value)[] headers) =>
        Json($$"""{"Code":"{{code}}","Message":"{{message}}","RequestId":"REQ-{{code}}","HostId":"live.aliyuncs.com","Recommend":"https://help.example.com/?q=1"}""", status, headers);

    public static Func<HttpRequestMessage, HttpResponseMessage> Throws(Exception failure) => _ => throw failure;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Func<HttpRequestMessage, HttpResponseMessage> answer;
        lock (_lock)
        {
            Requests.Add(SentRequest.Of(request));
            answer = _answers.Count > 1 ? _answers.Dequeue() : _answers.Peek();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(answer(request));
    }
}

/// <summary>A request as the service would see it.</summary>
sealed record SentRequest(HttpMethod Method, Uri Address, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Parameters)
{
    public string Action => Headers["x-acs-action"];

    public static SentRequest Of(HttpRequestMessage request) => new(
        request.Method,
        request.RequestUri!,
        request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(",", header.Value), StringComparer.Ordinal),
        request.RequestUri!.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1]), StringComparer.Ordinal));
}
