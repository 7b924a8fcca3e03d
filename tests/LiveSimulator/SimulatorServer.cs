using System.Diagnostics;
using System.Net;
using LiveSimulator.WebConsole;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveSimulator;

/// <summary>
/// Serves a <see cref="LiveService"/>, its admin door and its console page over HTTP on the loopback address. Reads no configuration, writes no log.
/// </summary>
public static class SimulatorServer
{
    /// <param name="port">0 takes any free port.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static RunningSimulator Start(LiveService service, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var application = builder.Build();
        var door = new AdminDoor(service);
        application.Run(context => AnswerAsync(context, service, door));
        application.Start();
        var addresses = application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return new RunningSimulator(application, new Uri(addresses.Single()));
    }

    static async Task AnswerAsync(HttpContext context, LiveService service, AdminDoor door)
    {
        var request = await ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        var answer = AdminDoor.IsFor(request.Path) ? door.Answer(request)
            : ConsolePage.IsFor(request) ? ConsolePage.Answer(request)
            : service.Handle(request, context.RequestAborted);
        if (answer.RequestId is not { } id)
        {
            await DeliverAsync(context, answer).ConfigureAwait(false);
            return;
        }
        service.CallTimes.Begin(id);
        try
        {
            await DeliverAsync(context, answer).ConfigureAwait(false);
        }
        finally
        {
            service.CallTimes.End(id, Stopwatch.GetElapsedTime(began));
        }
    }

    static async Task DeliverAsync(HttpContext context, ServiceAnswer answer)
    {
        if (answer.Dropped)
        {
            context.Abort();
            return;
        }
        if (answer.Delivery == Delivery.Never)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            return;
        }
        await answer.Turn.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers) context.Response.Headers[name] = value;
        context.Response.ContentLength = answer.Body.Length;
        if (answer.Delivery is Delivery.CutShort or Delivery.Slow) await WriteSlowlyAsync(context, answer).ConfigureAwait(false);
        else await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes an answer in pieces, or half of it before the connection ends.</summary>
    static async Task WriteSlowlyAsync(HttpContext context, ServiceAnswer answer)
    {
        const int piece = 64;
        var cut = answer.Delivery == Delivery.CutShort;
        var length = cut ? answer.Body.Length / 2 : answer.Body.Length;
        for (var at = 0; at < length; at += piece)
        {
            await context.Response.Body.WriteAsync(answer.Body.AsMemory(at, Math.Min(piece, length - at)), context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (!cut) await Task.Delay(answer.Pause, context.RequestAborted).ConfigureAwait(false);
        }
        if (cut) context.Abort();
    }

    static async Task<ServiceRequest> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation).ConfigureAwait(false);
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in request.Headers)
            foreach (var value in values)
                headers.Add(new(name.ToLowerInvariant(), value ?? ""));
        var query = request.QueryString.Value?.TrimStart('?') ?? "";
        return new ServiceRequest(request.Method, request.Path.Value ?? "/", query, headers, body.ToArray());
    }
}

/// <summary>A simulator that listens until it is disposed.</summary>
public sealed class RunningSimulator : IAsyncDisposable
{
    readonly WebApplication _application;

    internal RunningSimulator(WebApplication application, Uri address)
    {
        _application = application;
        Address = address;
    }

    /// <summary>For example <c>http://127.0.0.1:41234/</c>.</summary>
    public Uri Address { get; }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
