namespace LiveSimulator;

/// <summary>
/// How long callers waited for the answers to their latest requests, from the request's last byte to the answer's. Real time.
/// </summary>
sealed class CallTimes
{
    const int Kept = 1000;

    readonly Lock _gate = new();
    readonly Dictionary<string, TimeSpan?> _times = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();

    /// <summary>The answer to a request is on its way.</summary>
    public void Begin(string requestId)
    {
        lock (_gate)
        {
            _times[requestId] = null;
            _order.Enqueue(requestId);
            if (_order.Count > Kept) _times.Remove(_order.Dequeue());
        }
    }

    /// <summary>The answer has left, or the connection has ended.</summary>
    public void End(string requestId, TimeSpan took)
    {
        lock (_gate)
        {
            if (_times.ContainsKey(requestId)) _times[requestId] = took;
        }
    }

    /// <returns>Whether the request came over a socket and is remembered.</returns>
    /// <param name="took">Null while the caller waits.</param>
    public bool TryGet(string requestId, out TimeSpan? took)
    {
        lock (_gate) return _times.TryGetValue(requestId, out took);
    }
}
