using System.Net;
using System.Net.Sockets;
using System.Text;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Live;

/// <summary>What only a real connection shows: how often a request goes out, and what stands on the wire.</summary>
public sealed class RpcTransportTests
{
    const string Ok = """{"RequestId":"R","RetCode":0,"TaskId":"t-1"}""";

    [Fact]
    public async Task A_create_on_a_kept_connection_that_is_closed_without_an_answer_is_sent_once()
    {
        await using var server = new OneAnswerServer(Ok);
        using var client = ClientOf(server);
        await client.StopLivePullToPushAsync("r", "t", Minute());

        var failure = await Should.ThrowAsync<LiveException>(() => client.CreateLivePullToPushAsync("r", ClientFixture.Given(("TaskName", "n")), Minute()));

        failure.MaybeDone.ShouldBeTrue();
        failure.Code.ShouldBe(LiveErrors.NoAnswer);
        server.Requests.Count(request => request.Contains("CreateLivePullToPush", StringComparison.Ordinal)).ShouldBe(1);
        server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_create_stands_on_the_wire_as_a_post_with_everything_in_the_query_and_no_body()
    {
        await using var server = new OneAnswerServer(Ok);
        using var client = ClientOf(server);

        await client.CreateLivePullToPushAsync("r", ClientFixture.Given(("TaskName", "a b~*")), Minute());

        var request = server.Requests.ShouldHaveSingleItem();
        request.ShouldStartWith("POST /?Region=r&TaskName=a%20b~%2A HTTP/1.1\r\n");
        request.ShouldContain("\r\nContent-Length: 0\r\n");
        request.ShouldContain($"\r\nHost: {server.Address.Authority}\r\n");
        request.ShouldNotContain("Content-Type", Case.Insensitive);
        request.ShouldNotContain("traceparent", Case.Insensitive);
        request.ShouldNotContain("Cookie", Case.Insensitive);
        request.ShouldEndWith("\r\n\r\n");
    }

    [Fact]
    public async Task A_redirection_is_not_followed()
    {
        await using var server = new OneAnswerServer("", "307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/");
        using var client = ClientOf(server);

        var failure = await Should.ThrowAsync<LiveException>(() => client.CreateLivePullToPushAsync("r", ClientFixture.Nothing, Minute()));

        failure.Code.ShouldBe(LiveErrors.BadAnswer);
        failure.Message.ShouldContain("HTTP307");
    }

    [Fact]
    public async Task A_service_that_is_not_there_was_not_reached()
    {
        Uri address;
        await using (var gone = new OneAnswerServer(Ok)) address = gone.Address;
        var clock = new TestClock();
        using var client = new LiveClient(new LiveClientOptions { Endpoint = address }, Keys(), clock, () => 0);

        var failure = await Should.ThrowAsync<LiveException>(
            () => client.CreateLivePullToPushAsync("r", ClientFixture.Nothing, new Deadline(clock, TimeSpan.FromSeconds(1), CancellationToken.None)));

        failure.MaybeDone.ShouldBeFalse();
        failure.Message.ShouldContain($"CreateLivePullToPush could not reach the service: no connection to {address.Authority}");
    }

    static LiveClient ClientOf(OneAnswerServer server) => new(new LiveClientOptions { Endpoint = server.Address }, Keys(), new TestClock(), () => 0);

    static KeyRing Keys() => new(new PulumiAliyunLive.Credentials.LiveCredentials("id", "secret", null, "test"));

    static Deadline Minute() => new(TimeProvider.System, TimeSpan.FromMinutes(1), CancellationToken.None);

    /// <summary>Answers the first request of each connection and closes it after the second, unanswered.</summary>
    sealed class OneAnswerServer : IAsyncDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly CancellationTokenSource _stop = new();
        readonly Task _serving;

        public OneAnswerServer(string body, string status = "200 OK")
        {
            _listener.Start();
            _serving = ServeAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        }

        public Uri Address => new($"http://{_listener.LocalEndpoint}");

        public List<string> Requests { get; } = [];

        public int Connections { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _serving;
            _listener.Stop();
            _stop.Dispose();
        }

        async Task ServeAsync(byte[] answer)
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync(_stop.Token);
                    Connections++;
                    if (!await ReadAsync(socket)) continue;
                    await socket.SendAsync(answer);
                    await ReadAsync(socket);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The test is over.
            }
        }

        async Task<bool> ReadAsync(Socket socket)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                var read = await socket.ReceiveAsync(buffer, _stop.Token);
                if (read == 0) return false;
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }

            Requests.Add(text.ToString());
            return true;
        }
    }
}
