using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.Features;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class GrpcServerTests : IAsyncLifetime
{
    const string Service = "pulumirpc.ResourceProvider/";
    const string Urn = "urn:pulumi:stack::project::pkg:index:Thing::name";

    readonly FakeProvider _provider = new();
    readonly ManualClock _clock = new();
    readonly EngineClient _engine = new(TimeProvider.System);
    RpcDispatcher _dispatcher = null!;
    GrpcServer _server = null!;
    GrpcClient _client = null!;
    HttpMessageInvoker _http = null!;

    public async ValueTask InitializeAsync()
    {
        _dispatcher = new RpcDispatcher(_provider, _engine);
        _server = GrpcServer.Listen();
        await _server.ServeAsync(_dispatcher, _clock);
        _client = new GrpcClient($"127.0.0.1:{_server.Port}");
        _http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        _dispatcher.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public async Task A_call_travels_there_and_back()
    {
        var reply = await Check(new Wire.CheckRequest { Urn = Urn, News = Text("v") });

        reply.Inputs.Fields["k"].StringValue.ShouldBe("v");
    }

    /// <summary>Kestrel's own limit is 130 seconds. It counts in the units of its clock, where a limit of all time turns into one of none.</summary>
    [Fact]
    public void A_connection_may_rest_for_years_which_the_server_can_count()
    {
        var limits = GrpcServer.NewOptions().Limits;

        limits.KeepAliveTimeout.ShouldBeGreaterThan(TimeSpan.FromDays(365));
        var now = TimeProvider.System.GetTimestamp();
        checked(now + (long)(limits.KeepAliveTimeout.TotalSeconds * TimeProvider.System.TimestampFrequency)).ShouldBeGreaterThan(now);
        limits.Http2.KeepAlivePingDelay.ShouldBe(TimeSpan.MaxValue, "a client that rests need not answer pings");
    }

    [Fact]
    public async Task A_message_may_arrive_in_pieces_of_any_size()
    {
        var frame = Frame(new Wire.CheckRequest { Urn = Urn, News = Text("value") });

        foreach (var size in new[] { 1, 3, 4, 5, 6, 17 })
        {
            using var reply = await Send("Check", new PiecesContent(frame.Chunk(size)));
            await ShouldHaveStatus(reply, 0);
        }
    }

    [Fact]
    public async Task A_reply_is_one_message_and_trailers()
    {
        using var reply = await Send("Delete", new ByteArrayContent(Frame(new Wire.DeleteRequest { Urn = Urn })));

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        reply.Content.Headers.ContentType!.ToString().ShouldBe("application/grpc");
        (await reply.Content.ReadAsByteArrayAsync()).ShouldBe([0, 0, 0, 0, 0]);
        reply.Headers.Contains("grpc-status").ShouldBeFalse();
        reply.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
    }

    [Fact]
    public async Task A_failure_has_its_status_among_the_headers_and_no_body()
    {
        _provider.OnCreate = (_, _) => throw new ProviderException(ProviderStatus.NotFound, "50% lost\nü");

        using var reply = await Send("Create", new ByteArrayContent(Frame(new Wire.CreateRequest { Urn = Urn })));

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        reply.Content.Headers.ContentType!.ToString().ShouldBe("application/grpc");
        (await reply.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        reply.Headers.GetValues("grpc-status").ShouldBe(["5"]);
        reply.Headers.GetValues("grpc-message").ShouldBe(["50%25 lost%0A%C3%BC"]);
        reply.Headers.Contains("grpc-status-details-bin").ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(2_000_000)]
    public async Task Details_of_a_partial_failure_agree_with_the_trailer(int length)
    {
        _provider.OnCreate = (_, _) =>
            throw new PartialFailureException("i", new PropertyMap { ["o"] = new string('x', length) }, [], ["because ü"]);

        var error = await Should.ThrowAsync<RpcException>(
            () => _client.CallAsync(Service + "Create", new Wire.CreateRequest { Urn = Urn }, Wire.CreateResponse.Parser));

        (error.Status.Code, error.Status.Message).ShouldBe((2, "because ü"));
        error.Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull().Properties.Fields["o"].StringValue.Length.ShouldBe(length);
    }

    [Fact]
    public async Task Code_and_text_of_the_details_are_those_of_the_trailer()
    {
        _provider.OnCreate = (_, _) => throw new PartialFailureException("i", [], [], ["first", "second"]);

        using var reply = await Send("Create", new ByteArrayContent(Frame(new Wire.CreateRequest { Urn = Urn })));

        var details = reply.Headers.GetValues("grpc-status-details-bin").Single();
        details.ShouldNotContain("=");
        var status = Wire.Status.Parser.ParseFrom(Convert.FromBase64String(details + new string('=', (4 - details.Length % 4) % 4)));
        reply.Headers.GetValues("grpc-status").Single().ShouldBe("2");
        (status.Code, status.Message).ShouldBe((2, "first\nsecond"));
        reply.Headers.GetValues("grpc-message").Single().ShouldBe("first%0Asecond");
    }

    [Theory]
    [InlineData("pulumirpc.ResourceProvider/Nope", "'Nope' is not known")]
    [InlineData("pulumirpc.ResourceProvider/", "'' is not known")]
    [InlineData("pulumirpc.LanguageRuntime/Run", "No service")]
    [InlineData("", "No service")]
    public async Task An_unknown_path_is_unimplemented(string path, string text)
    {
        var error = await Should.ThrowAsync<RpcException>(() => _client.CallAsync(path, new Empty(), Empty.Parser));

        error.Code.ShouldBe(ProviderStatus.Unimplemented);
        error.Message.ShouldContain(text);
    }

    [Fact]
    public async Task What_is_no_grpc_is_refused_as_http()
    {
        using var json = await Send("Check", new StringContent("{}", new MediaTypeHeaderValue("application/json")));
        json.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);

        using var get = NewRequest("Check", null);
        get.Method = HttpMethod.Get;
        using var refused = await _http.SendAsync(get, CancellationToken.None);
        refused.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("", 13)] // no message at all
    [InlineData("000000", 13)] // ends inside the prefix
    [InlineData("000000000A 0A00", 13)] // ends inside the message
    [InlineData("0000000000 0000000000", 13)] // a second message
    [InlineData("0000000000 00", 13)] // something behind the message
    [InlineData("0100000000", 13)] // compressed, but nothing says how
    [InlineData("00FFFFFFFF", 8)] // longer than any message may be
    public async Task A_body_that_is_not_one_message_is_refused(string hex, int status)
    {
        var body = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        using var reply = await Send("Check", new ByteArrayContent(body));

        await ShouldHaveStatus(reply, status);
    }

    [Fact]
    public async Task A_compressed_message_is_unimplemented_and_the_reply_says_what_is_accepted()
    {
        using var request = NewRequest("Check", new ByteArrayContent([1, 0, 0, 0, 0]));
        request.Headers.Add("grpc-encoding", "gzip");

        using var reply = await _http.SendAsync(request, CancellationToken.None);

        await ShouldHaveStatus(reply, 12);
        reply.Headers.GetValues("grpc-accept-encoding").ShouldBe(["identity"]);
    }

    [Fact]
    public async Task A_malformed_message_is_an_invalid_argument()
    {
        using var reply = await Send("Check", new ByteArrayContent([0, 0, 0, 0, 1, 0xFF]));

        await ShouldHaveStatus(reply, 3);
    }

    [Fact]
    public async Task A_deadline_ends_the_call()
    {
        _provider.OnCreate = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("unreachable");
        };
        var create = _client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn }, Wire.CreateResponse.Parser, timeout: TimeSpan.FromSeconds(10));
        await _clock.WaitForWaiterAsync();

        _clock.Advance(TimeSpan.FromSeconds(11));

        (await Should.ThrowAsync<RpcException>(() => create)).Code.ShouldBe(ProviderStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task A_reply_after_the_deadline_is_not_sent()
    {
        var finish = new TaskCompletionSource();
        _provider.OnCreate = async (_, _) =>
        {
            await finish.Task;
            return new CreateResult("late", []);
        };
        var create = _client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn }, Wire.CreateResponse.Parser, timeout: TimeSpan.FromSeconds(10));
        await _clock.WaitForWaiterAsync();

        _clock.Advance(TimeSpan.FromSeconds(11));
        finish.SetResult();

        (await Should.ThrowAsync<RpcException>(() => create)).Code.ShouldBe(ProviderStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task A_deadline_ends_a_request_that_does_not_arrive()
    {
        var never = new TaskCompletionSource();
        using var request = NewRequest("Check", new PiecesContent([[0, 0, 0]], never.Task));
        request.Headers.Add("grpc-timeout", "10S");
        var reply = _http.SendAsync(request, CancellationToken.None);
        await _clock.WaitForWaiterAsync();

        _clock.Advance(TimeSpan.FromSeconds(11));

        using var answer = await reply;
        await ShouldHaveStatus(answer, 4);
        never.SetResult();
    }

    [Fact]
    public async Task A_malformed_deadline_is_refused()
    {
        using var request = NewRequest("Check", new ByteArrayContent(Frame(new Wire.CheckRequest { Urn = Urn })));
        request.Headers.Add("grpc-timeout", "soon");

        using var reply = await _http.SendAsync(request, CancellationToken.None);

        await ShouldHaveStatus(reply, 13);
    }

    [Fact]
    public async Task A_reset_stream_cancels_the_call_and_no_other()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _provider.OnCreate = async (_, cancellation) =>
        {
            await using var registration = cancellation.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            throw new OperationCanceledException(cancellation);
        };
        using var reset = new CancellationTokenSource();
        var create = _client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn }, Wire.CreateResponse.Parser, cancellation: reset.Token);
        await started.Task;

        await reset.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => create);
        await cancelled.Task;
        (await Check(new Wire.CheckRequest { Urn = Urn })).Inputs.ShouldNotBeNull();
    }

    [Fact]
    public async Task Cancel_makes_calls_in_flight_answer()
    {
        var started = new TaskCompletionSource();
        _provider.OnCreate = async (_, cancellation) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("unreachable");
        };
        var create = _client.CallAsync(Service + "Create", new Wire.CreateRequest { Urn = Urn }, Wire.CreateResponse.Parser);
        await started.Task;

        await _client.CallAsync(Service + "Cancel", new Empty(), Empty.Parser);

        (await Should.ThrowAsync<RpcException>(() => create)).Code.ShouldBe(ProviderStatus.Cancelled);
    }

    [Fact]
    public async Task Fifty_megabytes_pass_in_both_directions()
    {
        var text = new string('x', 50_000_000);

        var reply = await Check(new Wire.CheckRequest { Urn = Urn, News = Text(text) });

        reply.Inputs.Fields["k"].StringValue.ShouldBe(text, "the text changed on its way");
    }

    [Fact]
    public async Task A_hundred_calls_run_at_once()
    {
        var running = 0;
        var all = new TaskCompletionSource();
        _provider.OnCheck = async (request, _) =>
        {
            if (Interlocked.Increment(ref running) == 100)
                all.SetResult();
            await all.Task;
            return new CheckResult(request.News, []);
        };

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(
            index => Check(new Wire.CheckRequest { Urn = Urn, News = Text($"{index}") })));

        replies.Select(reply => reply.Inputs.Fields["k"].StringValue).ShouldBe(Enumerable.Range(0, 100).Select(index => $"{index}"));
    }

    [Fact]
    public async Task A_list_is_streamed()
    {
        _provider.OnList = _ => [new ListItem("a", "A"), new ListItem("b", "B")];

        List<string> ids = [];
        await foreach (var reply in _client.StreamAsync(Service + "List", new Wire.ListRequest { Token = "t" }, Wire.ListResponse.Parser))
            ids.Add(reply.Result.Id);

        ids.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_list_without_results_is_fine() =>
        (await _client.StreamAsync(Service + "List", new Wire.ListRequest { Token = "t" }, Wire.ListResponse.Parser).ToListAsync())
            .ShouldBeEmpty();

    [Fact]
    public async Task A_list_that_fails_midway_says_so_behind_its_results()
    {
        _provider.OnList = _ => Items();
        List<string> ids = [];

        var error = await Should.ThrowAsync<RpcException>(async () =>
        {
            var replies = _client.StreamAsync(Service + "List", new Wire.ListRequest { Token = "t" }, Wire.ListResponse.Parser);
            await foreach (var reply in replies)
                ids.Add(reply.Result.Id);
        });

        ids.ShouldBe(["a"]);
        error.Code.ShouldBe(ProviderStatus.Unavailable);

        static IEnumerable<ListItem> Items()
        {
            yield return new ListItem("a", "A");
            throw new ProviderException(ProviderStatus.Unavailable, "gone");
        }
    }

    [Fact]
    public async Task Calls_in_flight_answer_before_the_server_stops()
    {
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        _provider.OnCheck = async (request, _) =>
        {
            started.SetResult();
            await finish.Task;
            return new CheckResult(request.News, []);
        };
        var check = Check(new Wire.CheckRequest { Urn = Urn, News = Text("v") });
        await started.Task;

        var stop = _server.StopAsync(CancellationToken.None);
        finish.SetResult();

        (await check).Inputs.Fields["k"].StringValue.ShouldBe("v");
        await stop;
    }

    [Fact]
    public async Task Every_answer_without_grpc_has_a_code()
    {
        var status = 0;
        await using var plain = await PlainServer.StartAsync(context =>
        {
            context.GetRequiredFeature<IHttpResponseFeature>().StatusCode = status;
            return Task.CompletedTask;
        });
        foreach (var (http, code) in new[]
        {
            (400, ProviderStatus.Internal), (401, ProviderStatus.Unauthenticated), (403, ProviderStatus.PermissionDenied),
            (404, ProviderStatus.Unimplemented),
            (429, ProviderStatus.Unavailable), (503, ProviderStatus.Unavailable),
            (418, ProviderStatus.Unknown), (200, ProviderStatus.Unknown),
        })
        {
            status = http;
            using var client = new GrpcClient($"127.0.0.1:{plain.Port}");
            (await Should.ThrowAsync<RpcException>(() => client.CallAsync("a/b", new Empty(), Empty.Parser)))
                .Code.ShouldBe(code, $"HTTP {http}");
        }
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_unavailable()
    {
        using var client = new GrpcClient("127.0.0.1:1");

        (await Should.ThrowAsync<RpcException>(() => client.CallAsync("a/b", new Empty(), Empty.Parser)))
            .Code.ShouldBe(ProviderStatus.Unavailable);
    }

    Task<Wire.CheckResponse> Check(Wire.CheckRequest request) => _client.CallAsync(Service + "Check", request, Wire.CheckResponse.Parser);

    static Struct Text(string value) => new() { Fields = { ["k"] = Value.ForString(value) } };

    static byte[] Frame(IMessage message)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        GrpcFraming.Write(output, message);
        return output.WrittenSpan.ToArray();
    }

    HttpRequestMessage NewRequest(string method, HttpContent? content)
    {
        if (content is not null)
            content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        return new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_server.Port}/{Service}{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
    }

    async Task<HttpResponseMessage> Send(string method, HttpContent content)
    {
        using var request = NewRequest(method, content);
        return await _http.SendAsync(request, CancellationToken.None);
    }

    static async Task ShouldHaveStatus(HttpResponseMessage reply, int status)
    {
        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        await reply.Content.ReadAsByteArrayAsync();
        HttpHeaders trailers = reply.TrailingHeaders.Contains("grpc-status") ? reply.TrailingHeaders : reply.Headers;
        trailers.GetValues("grpc-status").ShouldBe([$"{status}"]);
    }
}
