using System.Net;
using System.Net.Http.Headers;

namespace PulumiAliyunLive.Tests.Protocol;

/// <summary>A body whose pieces leave one by one; it ends when it is told to.</summary>
sealed class PiecesContent : HttpContent
{
    readonly IEnumerable<byte[]> _pieces;
    readonly Task _end;

    public PiecesContent(IEnumerable<byte[]> pieces, Task? end = null)
    {
        (_pieces, _end) = (pieces, end ?? Task.CompletedTask);
        Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        foreach (var piece in _pieces)
        {
            await stream.WriteAsync(piece);
            await stream.FlushAsync();
        }

        await _end;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
