using System.Collections.Frozen;

namespace LiveSimulator.WebConsole;

/// <summary>
/// The console's page, style and script, which the executable carries. They are for browsers: requests that name no action and carry no
/// signature.
/// </summary>
static class ConsolePage
{
    // Nothing from elsewhere, and no way to elsewhere; no text of a task can become a script.
    const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'";

    static readonly KeyValuePair<string, string>[] Headers =
    [
        new("Content-Security-Policy", Policy),
        new("X-Content-Type-Options", "nosniff"),
        new("Referrer-Policy", "no-referrer"),
        new("Cache-Control", "no-store"),
    ];

    static readonly FrozenDictionary<string, Lazy<ServiceAnswer>> Files = new Dictionary<string, Lazy<ServiceAnswer>>
    {
        ["/"] = new(() => Embedded("console.html", "text/html; charset=utf-8")),
        ["/console.css"] = new(() => Embedded("console.css", "text/css; charset=utf-8")),
        ["/console.js"] = new(() => Embedded("console.js", "text/javascript; charset=utf-8")),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsFor(ServiceRequest request) =>
        request.Method is "GET" or "HEAD" && request.Header("x-acs-action") is null && request.Header("authorization") is null
        && request.DecodedQuery().TrueForAll(parameter => parameter.Key != "Action");

    public static ServiceAnswer Answer(ServiceRequest request) =>
        Files.TryGetValue(request.Path, out var file)
            ? file.Value
            : ServiceAnswer.Text(404, "text/plain; charset=utf-8", "The console is at /, the admin door under /simulator/.\n", Headers);

    static ServiceAnswer Embedded(string name, string contentType)
    {
        using var stream = typeof(ConsolePage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The executable does not carry {name}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return new ServiceAnswer(200, contentType, content.ToArray(), Headers);
    }
}
