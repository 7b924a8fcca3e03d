using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>The server under a client that sends HTTP/2 frames made by hand.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, Continuation = 9;
    const byte EndStream = 0x1, Acknowledge = 0x1, EndHeaders = 0x4;

    readonly FakeProvider _provider = new();
    readonly EngineClient _engine = new(TimeProvider.System);
    RpcDispatcher _dispatcher = null!;
    GrpcServer _server = null!;
    TcpClient _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _dispatcher = new RpcDispatcher(_provider, _engine);
        _server = GrpcServer.Listen();
        await _server.ServeAsync(_dispatcher, TimeProvider.System);
        _connection = new TcpClient();
        await _connection.ConnectAsync("127.0.0.1", _server.Port);
        await _connection.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await Send(Settings, 0, 0);
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _server.DisposeAsync();
        _dispatcher.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public async Task The_first_frame_is_settings()
    {
        var first = await Receive();

        (first.Type, first.Flags & Acknowledge).ShouldBe((Settings, 0));
    }

    [Fact]
    public async Task Settings_and_pings_are_acknowledged_also_during_a_call()
    {
        await SendHeaders(1, "/pulumirpc.ResourceProvider/GetPluginInfo");
        await Send(Data, 0, 1, 0, 0, 0);
        await Send(Settings, 0, 0, 0, 4, 0, 0, 0, 16); // INITIAL_WINDOW_SIZE = 16
        await Send(Ping, 0, 0, 2, 4, 16, 16, 9, 14, 7, 7);

        (await ReceiveUntil(frame => frame.Type == Ping)).ShouldSatisfyAllConditions(
            ping => ping.Flags.ShouldBe(Acknowledge), ping => ping.Payload.ShouldBe([2, 4, 16, 16, 9, 14, 7, 7]));
    }

    [Fact]
    public async Task Data_frames_may_end_anywhere()
    {
        byte[] frame = [0, 0, 0, 0, 0];
        await SendHeaders(1, "/pulumirpc.ResourceProvider/GetPluginInfo");
        foreach (var octet in frame)
            await Send(Data, 0, 1, octet);
        await Send(Data, EndStream, 1);

        var data = await ReceiveUntil(received => received.Type == Data);
        Wire.PluginInfo.Parser.ParseFrom(data.Payload.AsSpan(5)).Version.ShouldBe(PackageVersion.Text);
        var trailers = await ReceiveUntil(received => received.Type == Headers);
        (trailers.Flags & EndStream).ShouldBe(EndStream);
    }

    [Fact]
    public async Task A_failure_is_one_block_of_headers_that_ends_the_stream()
    {
        await SendHeaders(1, "/pulumirpc.ResourceProvider/Construct");
        await Send(Data, EndStream, 1, 0, 0, 0, 0, 0);

        var answer = await ReceiveUntil(frame => frame.Stream == 1);

        (answer.Type, answer.Flags).ShouldBe((Headers, (byte)(EndStream | EndHeaders)));
    }

    [Fact]
    public async Task A_window_smaller_than_the_reply_is_respected()
    {
        await Send(Settings, 0, 0, 0, 4, 0, 0, 0, 3); // INITIAL_WINDOW_SIZE = 3
        await ReceiveUntil(frame => frame.Type == Settings && frame.Flags == Acknowledge);
        await SendHeaders(1, "/pulumirpc.ResourceProvider/GetPluginInfo");
        await Send(Data, EndStream, 1, 0, 0, 0, 0, 0);

        List<byte> body = [];
        while (body.Count < 5 + 2 + PackageVersion.Text.Length)
        {
            var data = await ReceiveUntil(frame => frame.Type == Data);
            data.Payload.Length.ShouldBeLessThanOrEqualTo(3);
            body.AddRange(data.Payload);
            await Send(8, 0, 1, 0, 0, 0, 3); // WINDOW_UPDATE
        }

        Wire.PluginInfo.Parser.ParseFrom(body.ToArray().AsSpan(5)).Version.ShouldBe(PackageVersion.Text);
    }

    [Fact]
    public async Task A_probe_with_an_empty_path_gets_an_answer_and_harms_nobody()
    {
        await SendHeaders(1, "", EndStream);
        (await ReceiveUntil(frame => frame.Stream == 1)).Type.ShouldBeOneOf(ResetStream, Headers);

        await SendHeaders(3, "/pulumirpc.ResourceProvider/GetPluginInfo");
        await Send(Data, EndStream, 3, 0, 0, 0, 0, 0);
        (await ReceiveUntil(frame => frame.Stream == 3)).Type.ShouldBe(Headers);
    }

    [Fact]
    public async Task Details_larger_than_a_frame_continue_in_further_frames()
    {
        _provider.OnCreate = (_, _) =>
            throw new PartialFailureException("i", new PropertyMap { ["o"] = new string('x', 50_000) }, [], ["r"]);
        var request = new Wire.CreateRequest { Name = "n", Type = "t" }.ToByteArray();
        await SendHeaders(1, "/pulumirpc.ResourceProvider/Create");
        await Send(Data, EndStream, 1, [0, 0, 0, 0, (byte)request.Length, .. request]);

        var headers = await ReceiveUntil(frame => frame.Stream == 1);
        (headers.Type, headers.Flags & EndHeaders, headers.Flags & EndStream).ShouldBe((Headers, 0, (int)EndStream));
        var length = headers.Payload.Length;
        for (var ended = false; !ended;)
        {
            var more = await ReceiveUntil(frame => frame.Stream == 1);
            more.Type.ShouldBe(Continuation);
            length += more.Payload.Length;
            ended = (more.Flags & EndHeaders) != 0;
        }

        length.ShouldBeGreaterThan(50_000);
    }

    Task SendHeaders(int stream, string path, byte flags = 0)
    {
        // Every field as a literal that is neither indexed nor Huffman-coded.
        List<byte> block = [];
        foreach (var (name, value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"),
            ("te", "trailers"), ("content-type", "application/grpc"),
        })
        {
            block.Add(0);
            foreach (var text in new[] { name, value })
                block.AddRange([(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);
        }

        return Send(Headers, (byte)(flags | EndHeaders), stream, [.. block]);
    }

    async Task Send(byte type, byte flags, int stream, params byte[] payload)
    {
        var header = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(header, payload.Length << 8);
        (header[3], header[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(5), stream);
        await _connection.GetStream().WriteAsync((byte[])[.. header, .. payload]);
    }

    async Task<Frame> Receive()
    {
        var header = new byte[9];
        await _connection.GetStream().ReadExactlyAsync(header);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
        await _connection.GetStream().ReadExactlyAsync(payload);
        return new Frame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    async Task<Frame> ReceiveUntil(Predicate<Frame> wanted)
    {
        while (true)
        {
            var frame = await Receive();
            if (wanted(frame))
                return frame;
        }
    }

    sealed record Frame(byte Type, byte Flags, int Stream, byte[] Payload);
}
