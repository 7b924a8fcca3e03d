using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PulumiAliyunLive.Tests.LiveSimulator;

/// <summary>Chromium without a window, driven over the DevTools protocol. Without it, tests that need it are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    const string Announcement = "DevTools listening on ";

    static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    readonly ClientWebSocket _socket = new();
    readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = new();
    readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("console-browser-");
    readonly SemaphoreSlim _sending = new(1);
    System.Diagnostics.Process? _process;
    Task _reading = Task.CompletedTask;
    int _last;

    /// <summary>What the pages told without being asked, in order: the session, the method and its parameters.</summary>
    internal ConcurrentQueue<(string Session, string Method, JsonElement Parameters)> Events { get; } = new();

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } executable) return;
        // Without a sandbox, which containers do not allow: the only page is our own. Without every service that asks for something elsewhere.
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-proxy-server", "--hide-scrollbars", "--remote-debugging-port=0",
            $"--user-data-dir={_profile.FullName}", "about:blank",
        ];
        var start = new ProcessStartInfo(executable, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        _process = System.Diagnostics.Process.Start(start)!;
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new ConcurrentQueue<string>();
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) address.TrySetException(new InvalidOperationException($"{executable} ended early: {string.Join('\n', said)}"));
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal)) address.TrySetResult(line.Data[Announcement.Length..]);
            else said.Enqueue(line.Data);
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await _socket.ConnectAsync(new Uri(await address.Task), CancellationToken.None);
        _reading = ReadAsync();
    }

    /// <summary>Opens an empty page.</summary>
    internal async Task<BrowserPage> OpenAsync()
    {
        Assert.SkipWhen(_process is null, "chromium is not installed (Debian: apt-get install chromium)");
        var target = await SendAsync("", "Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await SendAsync("", "Target.attachToTarget",
            new JsonObject { ["targetId"] = target.GetProperty("targetId").GetString(), ["flatten"] = true });
        var page = new BrowserPage(this, attached.GetProperty("sessionId").GetString()!);
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" }) await page.SendAsync($"{domain}.enable");
        return page;
    }

    internal async Task<JsonElement> SendAsync(string session, string method, JsonObject? parameters = null)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (session != "") message["sessionId"] = session;
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
        return await answer.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (_socket.State == WebSocketState.Open) await SendAsync("", "Browser.close");
            else _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            await _reading;
            _process.Dispose();
        }
        _socket.Dispose();
        _sending.Dispose();
        _profile.Delete(recursive: true);
    }

    static string? Find() => s_names
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var piece = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (piece.MessageType == WebSocketMessageType.Close) break;
                message.Write(buffer, 0, piece.Count);
                if (!piece.EndOfMessage) continue;
                Take(message.ToArray());
                message.SetLength(0);
            }
        }
        catch (WebSocketException)
        {
            // The browser closes without a handshake when it ends.
        }
        foreach (var waiting in _waiting.Values) waiting.TrySetException(new InvalidOperationException("The browser has ended."));
    }

    void Take(byte[] message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement.Clone();
        if (!root.TryGetProperty("id", out var id))
            Events.Enqueue((root.TryGetProperty("sessionId", out var session) ? session.GetString()! : "", root.GetProperty("method").GetString()!, root.GetProperty("params")));
        else if (!_waiting.TryRemove(id.GetInt32(), out var answer)) throw new InvalidOperationException("An answer to nothing.");
        else if (root.TryGetProperty("error", out var error)) answer.SetException(new InvalidOperationException(error.GetRawText()));
        else answer.SetResult(root.GetProperty("result"));
    }
}

/// <summary>One page of a <see cref="Browser"/>.</summary>
sealed class BrowserPage(Browser browser, string session)
{
    public Task<JsonElement> SendAsync(string method, JsonObject? parameters = null) => browser.SendAsync(session, method, parameters);

    /// <summary>What this page told, by method.</summary>
    public IEnumerable<JsonElement> Told(string method) =>
        browser.Events.Where(told => told.Session == session && told.Method == method).Select(told => told.Parameters);

    /// <param name="scheme"><c>light</c> or <c>dark</c>.</param>
    public async Task ShowAsync(Uri address, string scheme = "light", int width = 1280, int height = 900)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride",
            new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await SendAsync("Emulation.setEmulatedMedia",
            new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
        await SendAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
        await EvaluateAsync("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))");
    }

    /// <summary>The value of a JavaScript expression; a promise's when it is one.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate",
            new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        answer.TryGetProperty("exceptionDetails", out var failure).ShouldBeFalse(failure.ValueKind == JsonValueKind.Undefined ? "" : failure.GetRawText());
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    public async Task<string> TextAsync(string expression) => (await EvaluateAsync(expression)).GetString()!;

    /// <summary>Waits for the change of the page that makes a condition true.</summary>
    public Task UntilAsync(string condition) => EvaluateAsync($$"""
        new Promise(done => {
          const look = () => ({{condition}}) && (observer.disconnect(), done());
          const observer = new MutationObserver(look);
          observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
          look();
        })
        """);

    public async Task PressAsync(string key, int code, string text = "")
    {
        var stroke = new JsonObject { ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code, ["text"] = text };
        stroke["type"] = text == "" ? "rawKeyDown" : "keyDown";
        await SendAsync("Input.dispatchKeyEvent", stroke);
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code });
    }

    public async Task<byte[]> PictureAsync() => (await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" })).GetProperty("data").GetBytesFromBase64();
}
