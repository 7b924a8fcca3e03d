using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace Benchmarks;

/// <summary>
/// Makes one call again and again over one connection, with a fixed number of calls under way at any time. It speaks no more HTTP/2 than
/// that takes and compresses nothing, so that it leaves the processors to the program that is measured.
/// </summary>
sealed class Http2Load : IDisposable
{
    const int FrameHead = 9;
    const byte Data = 0, Headers = 1, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    const byte EndStream = 1, Ack = 1, EndHeaders = 4;

    /// <summary>What the peer may send without waiting for us; it never has to.</summary>
    const int Window = 1 << 30;

    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly byte[] _received = new byte[1 << 20];
    readonly MemoryStream _toSend = new();
    readonly byte[] _call;
    readonly Dictionary<int, Call> _underWay = [];
    int _receivedCount;
    int _nextStream = 1;
    int _unacknowledged;

    public Http2Load(int port, string method, IMessage request)
    {
        _call = [.. Frame(Headers, EndHeaders, 0, Block(port, method)), .. Frame(Data, EndStream, 0, Message(request))];
        _socket.Connect(IPAddress.Loopback, port);
        _socket.Send([
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(Settings, 0, 0, [0, 4, .. Number(Window)]),
            .. Frame(WindowUpdate, 0, 0, Number(Window))]);
    }

    /// <summary>Calls for a while and returns how long each took, in milliseconds, and how many were answered in a second.</summary>
    /// <exception cref="InvalidDataException">A call was not answered with a message.</exception>
    public (double PerSecond, List<double> Milliseconds) Run(int atATime, TimeSpan time)
    {
        List<double> took = [];
        var begun = Stopwatch.GetTimestamp();
        for (var call = 0; call < atATime; call++) Begin();
        var calling = true;
        while (_underWay.Count > 0)
        {
            Flush();
            var count = _socket.Receive(_received.AsSpan(_receivedCount));
            if (count == 0) throw new InvalidDataException("the connection was closed");
            _receivedCount += count;
            calling &= Stopwatch.GetElapsedTime(begun) < time;
            Take(took, calling);
        }

        Flush();
        return (took.Count / Stopwatch.GetElapsedTime(begun).TotalSeconds, took);
    }

    public void Dispose() => _socket.Dispose();

    void Begin()
    {
        var at = (int)_toSend.Position;
        _toSend.Write(_call);
        var bytes = _toSend.GetBuffer();
        // Both frames of the call, the second of which begins where the first one ends.
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 5), _nextStream);
        var second = at + FrameHead + Length(bytes.AsSpan(at));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(second + 5), _nextStream);
        _underWay.Add(_nextStream, new Call(Stopwatch.GetTimestamp()));
        _nextStream += 2;
    }

    void Flush()
    {
        if (_toSend.Length == 0) return;
        for (var rest = _toSend.GetBuffer().AsSpan(0, (int)_toSend.Length); rest.Length > 0;) rest = rest[_socket.Send(rest)..];
        _toSend.SetLength(0);
    }

    /// <summary>Looks at all frames that are there as a whole.</summary>
    void Take(List<double> took, bool callAgain)
    {
        var at = 0;
        while (_receivedCount - at >= FrameHead)
        {
            var head = _received.AsSpan(at, FrameHead);
            var length = Length(head);
            if (_receivedCount - at < FrameHead + length) break;
            var stream = BinaryPrimitives.ReadInt32BigEndian(head[5..]) & int.MaxValue;
            Look(head[3], head[4], stream, _received.AsSpan(at + FrameHead, length), took, callAgain);
            at += FrameHead + length;
        }

        _received.AsSpan(at, _receivedCount - at).CopyTo(_received);
        _receivedCount -= at;
    }

    void Look(byte type, byte flags, int stream, ReadOnlySpan<byte> payload, List<double> took, bool callAgain)
    {
        switch (type)
        {
            case Settings when (flags & Ack) == 0:
                _toSend.Write(Frame(Settings, Ack, 0, []));
                break;
            case Ping when (flags & Ack) == 0:
                _toSend.Write(Frame(Ping, Ack, 0, payload));
                break;
            case GoAway:
                throw new InvalidDataException("the connection is given up by the other side");
            case Data:
                _underWay[stream].HasMessage |= payload.Length > 0;
                _unacknowledged += payload.Length;
                if (_unacknowledged > Window / 4)
                {
                    _toSend.Write(Frame(WindowUpdate, 0, 0, Number(_unacknowledged)));
                    _unacknowledged = 0;
                }

                break;
        }

        if (type is Headers or Data && (flags & EndStream) != 0)
        {
            // A status without a message before it is an error.
            if (!_underWay.Remove(stream, out var call) || !call.HasMessage) throw new InvalidDataException("a call failed");
            took.Add(Stopwatch.GetElapsedTime(call.Begun).TotalMilliseconds);
            if (callAgain) Begin();
        }
    }

    /// <summary>The headers of a call: two from HTTP/2's own table, the others as plain text.</summary>
    static byte[] Block(int port, string method) =>
    [
        0x83, 0x86,
        .. Text(":path"), .. Text($"/pulumirpc.ResourceProvider/{method}"),
        .. Text(":authority"), .. Text($"127.0.0.1:{port}"),
        .. Text("content-type"), .. Text("application/grpc"),
        .. Text("te"), .. Text("trailers"),
    ];

    /// <summary>A name, which begins a header that nobody shall remember, or a value.</summary>
    static byte[] Text(string text) =>
        text is ":path" or ":authority" or "content-type" or "te"
            ? [0x00, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)]
            : [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    static byte[] Message(IMessage request) => [0, .. Number(request.CalculateSize()), .. request.ToByteArray()];

    static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload) =>
        [.. Number(payload.Length)[1..], type, flags, .. Number(stream), .. payload];

    static byte[] Number(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];

    static int Length(ReadOnlySpan<byte> head) => (head[0] << 16) | (head[1] << 8) | head[2];

    sealed class Call(long begun)
    {
        public long Begun { get; } = begun;

        public bool HasMessage { get; set; }
    }
}
