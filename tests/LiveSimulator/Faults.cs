using System.Collections.Immutable;

namespace LiveSimulator;

/// <summary>What goes wrong with a call.</summary>
public enum FaultKind
{
    /// <summary>A refusal with the given code and status; nothing is done.</summary>
    Refuse,

    /// <summary>The given code and status, although the call was carried out.</summary>
    FailAfterDoing,

    /// <summary>The connection ends before the request counts: nothing is done, no nonce is used up.</summary>
    DropBefore,

    /// <summary>The call is carried out, and the connection ends without an answer.</summary>
    DropAfter,

    /// <summary>The call is carried out, and the answer is JSON that ends too early.</summary>
    MalformedJson,

    /// <summary>A proxy's HTML page with status 502; nothing is done.</summary>
    HtmlBadGateway,

    /// <summary>The call is carried out, and the connection ends in the middle of the answer.</summary>
    CutAnswer,

    /// <summary>The call is carried out, and the connection stays open without an answer until the caller hangs up.</summary>
    Stall,

    /// <summary>The call is carried out, and the answer comes a few bytes at a time, with <see cref="Fault.Pause"/> between them.</summary>
    SlowBytes,

    /// <summary>The call is carried out, and the answer leaves after that of the next call.</summary>
    LateAnswer,

    /// <summary>A listing misses what was made within the last <see cref="Fault.Age"/>.</summary>
    ListLags,

    /// <summary>A listing still shows what was deleted within the last <see cref="Fault.Age"/>, as it was before.</summary>
    ListGhosts,
}

/// <summary>Something that goes wrong with the next call of an operation.</summary>
public sealed record Fault(FaultKind Kind, string Code = "InternalError", int HttpStatus = 500)
{
    public string Message { get; init; } = "The request has failed for an unknown reason.";

    /// <summary>Sent as <c>x-acs-retry-after</c>, in milliseconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Between the pieces of a slow answer.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How far behind a listing is.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>How many calls it hits.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How many calls pass unharmed before it hits.</summary>
    public int AfterCalls { get; init; }

    /// <summary>Hits only calls whose decoded parameters satisfy this.</summary>
    public Func<IReadOnlyDictionary<string, string>, bool>? Where { get; init; }

    public static Fault Refuse(string code, int httpStatus = 400, string message = "The request was refused.") =>
        new(FaultKind.Refuse, code, httpStatus) { Message = message };

    /// <param name="retryAfter">Sent as <c>x-acs-retry-after</c> when given.</param>
    public static Fault Throttle(TimeSpan? retryAfter = null, string code = "Throttling.User") =>
        new(FaultKind.Refuse, code, 400) { Message = "Request was denied due to flow control.", RetryAfter = retryAfter };

    public static Fault ErrorBeforeDoing() => new(FaultKind.Refuse);

    public static Fault ErrorAfterDoing() => new(FaultKind.FailAfterDoing);

    public static Fault DropBefore() => new(FaultKind.DropBefore);

    public static Fault DropAfter() => new(FaultKind.DropAfter);

    public static Fault MalformedJson() => new(FaultKind.MalformedJson);

    public static Fault HtmlBadGateway() => new(FaultKind.HtmlBadGateway, "BadGateway", 502);

    public static Fault NonceUsed() => Refuse("SignatureNonceUsed");

    public static Fault CutAnswer() => new(FaultKind.CutAnswer);

    public static Fault Stall() => new(FaultKind.Stall);

    public static Fault SlowBytes() => new(FaultKind.SlowBytes);

    public static Fault LateAnswer() => new(FaultKind.LateAnswer);

    public static Fault ListLags(TimeSpan age) => new(FaultKind.ListLags) { Age = age };

    public static Fault ListGhosts(TimeSpan age) => new(FaultKind.ListGhosts) { Age = age };
}

/// <summary>A fault that has not hit yet.</summary>
/// <param name="Left">How many calls it will hit.</param>
/// <param name="Passing">How many calls pass unharmed before.</param>
sealed record WaitingFault(string Operation, Fault Fault, int Left, int Passing);

/// <summary>The faults that wait for their calls, in the order in which they were ordered.</summary>
sealed class FaultQueue
{
    /// <summary>Stands for every operation.</summary>
    public const string AnyOperation = "*";

    readonly List<Waiting> _waiting = [];

    sealed class Waiting(string operation, Fault fault)
    {
        public string Operation { get; } = operation;

        public Fault Fault { get; } = fault;

        public int Passing { get; set; } = fault.AfterCalls;

        public int Left { get; set; } = fault.Times;
    }

    public void Add(string operation, Fault fault) => _waiting.Add(new Waiting(operation, fault));

    public void Clear() => _waiting.Clear();

    /// <summary>What has not hit yet.</summary>
    public ImmutableArray<WaitingFault> Waits =>
        [.. _waiting.Select(waiting => new WaitingFault(waiting.Operation, waiting.Fault, waiting.Left, Math.Max(waiting.Passing, 0)))];

    /// <summary>The fault that hits this call, which is then used up once.</summary>
    /// <param name="beforeArrival">Looks for faults that keep the request from arriving; otherwise for all others.</param>
    public Fault? Next(string operation, IReadOnlyDictionary<string, string> parameters, bool beforeArrival)
    {
        foreach (var waiting in _waiting)
        {
            if (waiting.Fault.Kind == FaultKind.DropBefore != beforeArrival) continue;
            if (waiting.Operation != operation && waiting.Operation != AnyOperation) continue;
            if (waiting.Fault.Where?.Invoke(parameters) == false) continue;
            if (waiting.Passing-- > 0) continue;
            if (--waiting.Left == 0) _waiting.Remove(waiting);
            return waiting.Fault;
        }
        return null;
    }
}
