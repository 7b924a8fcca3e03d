namespace LiveSimulator;

/// <summary>A request that reached the service.</summary>
/// <param name="Parameters">Decoded.</param>
/// <param name="HttpStatus">Status of the answer; 0 when the connection ended without one.</param>
/// <param name="Code">The error code the caller got; null for success.</param>
/// <param name="Done">Whether the operation was carried out; with an injected fault it may be although the caller got an error.</param>
/// <param name="At">The simulated time.</param>
public sealed record ServiceCall(
    string Operation, string Method, IReadOnlyDictionary<string, string> Parameters, int HttpStatus, string? Code, bool Done,
    string RequestId, DateTimeOffset At)
{
    /// <summary>A short form for messages of tests, for example <c>StopLivePullToPush 400 CodeTaskHasStopped</c>.</summary>
    public override string ToString() => Code is null ? Operation : $"{Operation} {HttpStatus} {Code}";
}
