using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LiveSimulator;

/// <summary>Ids in the service's forms: they look random, differ within one simulator, and are the same in every run.</summary>
sealed class IdSource
{
    long _count;

    /// <summary>An id as tasks and sessions have it: lower-case hexadecimal digits in groups.</summary>
    public string Next() => NextGuid().ToString();

    /// <summary>An id as requests have it: upper case.</summary>
    public string NextRequestId() => NextGuid().ToString().ToUpperInvariant();

    Guid NextGuid()
    {
        Span<byte> seed = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(seed, Interlocked.Increment(ref _count));
        return new Guid(SHA256.HashData(seed).AsSpan(0, 16));
    }
}
