using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Protocol;

/// <summary>How gRPC lies on HTTP/2, the same for both sides: names of headers, prefix of a message, encodings of header values.</summary>
static class GrpcFraming
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string DetailsHeader = "grpc-status-details-bin";
    public const string TimeoutHeader = "grpc-timeout";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";
    public const string IdentityEncoding = "identity";

    /// <summary>One byte that tells of compression, four bytes of length.</summary>
    public const int PrefixBytes = 5;

    /// <summary>The engine's limit for one message, in both directions.</summary>
    public const int MaxMessageBytes = 400 * 1024 * 1024;

    /// <summary>Characters of a status text. Encoded, each may take nine bytes.</summary>
    public const int MaxTextLength = 4000;

    /// <summary>The longest time that timers of .NET can wait for, about 49 days.</summary>
    static readonly TimeSpan LongestTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    static readonly SearchValues<byte> PlainBytes = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x7E - 0x20 + 1).Where(code => code != '%').Select(code => (byte)code)]);

    /// <summary>Whether a content type says gRPC: <c>application/grpc</c>, alone or followed by <c>+…</c> or <c>;…</c>.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>Writes an uncompressed message with its prefix.</summary>
    public static void Write(IBufferWriter<byte> output, IMessage message)
    {
        var prefix = output.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], message.CalculateSize());
        output.Advance(PrefixBytes);
        message.WriteTo(output);
    }

    /// <summary>Reads a prefix and returns the length of the message behind it.</summary>
    /// <exception cref="RpcException">The message is compressed, or longer than <paramref name="maxBytes"/>.</exception>
    public static int ReadPrefix(ReadOnlySpan<byte> prefix, string? encoding, int maxBytes = MaxMessageBytes)
    {
        if (prefix[0] != 0)
        {
            throw prefix[0] == 1 && encoding is not (null or "" or IdentityEncoding)
                ? new RpcException(ProviderStatus.Unimplemented, "Compressed messages are not supported.")
                : new RpcException(ProviderStatus.Internal, "The message is marked as compressed, but no compression was announced.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= maxBytes
            ? (int)length
            : throw new RpcException(
                ProviderStatus.ResourceExhausted, $"The message is {length} bytes long; the limit is {maxBytes} bytes.");
    }

    /// <summary>
    /// A text of a length that every client reads: one that quotes what was sent may be of any length, and headers of 64 KiB make some break
    /// the connection off.
    /// </summary>
    public static string Shortened(string message) => message.Length <= MaxTextLength ? message
        : message[..(char.IsHighSurrogate(message[MaxTextLength - 1]) ? MaxTextLength - 1 : MaxTextLength)] + " …";

    /// <summary>Encodes a status text for <c>grpc-message</c>: each UTF-8 byte that is not plain ASCII becomes <c>%XX</c>.</summary>
    public static string EncodeMessage(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        if (!bytes.AsSpan().ContainsAnyExcept(PlainBytes))
            return message;

        var text = new StringBuilder(bytes.Length + 32);
        foreach (var octet in bytes)
        {
            if (PlainBytes.Contains(octet))
                text.Append((char)octet);
            else
                text.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    /// <summary>Decodes <c>grpc-message</c>; what is not a well-formed escape stays as it is.</summary>
    public static string DecodeMessage(string encoded) => Uri.UnescapeDataString(encoded);

    /// <summary>Encodes the value of a header whose name ends in <c>-bin</c>: base64 without padding.</summary>
    public static string EncodeBinary(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Decodes the value of a header whose name ends in <c>-bin</c>, padded or not; null where it is not base64.</summary>
    public static byte[]? DecodeBinary(string encoded)
    {
        var text = encoded.TrimEnd('=');
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        return Base64.IsValid(padded) ? Convert.FromBase64String(padded) : null;
    }

    /// <summary>Reads <c>grpc-timeout</c>: one to eight digits and a unit. Null where it is absent or beyond all timers.</summary>
    /// <exception cref="RpcException">The value has another form.</exception>
    public static TimeSpan? ParseTimeout(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return null;
        if (value.Length is < 2 or > 9
            || !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            throw BadTimeout();

        var timeout = value[^1] switch
        {
            'H' => TimeSpan.FromTicks(count * TimeSpan.TicksPerHour),
            'M' => TimeSpan.FromTicks(count * TimeSpan.TicksPerMinute),
            'S' => TimeSpan.FromTicks(count * TimeSpan.TicksPerSecond),
            'm' => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond),
            'u' => TimeSpan.FromTicks(count * TimeSpan.TicksPerMicrosecond),
            'n' => TimeSpan.FromTicks(count / TimeSpan.NanosecondsPerTick),
            _ => throw BadTimeout(),
        };
        return timeout <= LongestTimeout ? timeout : null;

        static RpcException BadTimeout() => new(ProviderStatus.Internal, "The header grpc-timeout is malformed.");
    }

    /// <summary>Writes a time limit for <c>grpc-timeout</c>, in the finest unit that its eight digits can hold.</summary>
    public static string FormatTimeout(TimeSpan timeout)
    {
        const long MaxCount = 99_999_999;
        var ticks = Math.Max(timeout.Ticks, 0);
        return (ticks / TimeSpan.TicksPerMicrosecond, ticks / TimeSpan.TicksPerMillisecond, ticks / TimeSpan.TicksPerSecond) switch
        {
            ( <= MaxCount and var micros, _, _) => $"{micros}u",
            (_, <= MaxCount and var millis, _) => $"{millis}m",
            (_, _, var seconds) => $"{Math.Min(seconds, MaxCount)}S",
        };
    }
}
