using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>
/// A local ApsaraVideo Live: the relay tasks and monitor sessions of one account, the rules by which calls and time change them, and a door
/// for what happens outside. Nothing runs by itself; what time brings about is worked out when somebody looks. Safe to use from several
/// threads.
/// </summary>
public sealed class LiveService
{
    /// <summary>The pair of keys that is accepted from the start.</summary>
    public const string DefaultAccessKeyId = "test-access-key-id";

    public const string DefaultAccessKeySecret = "test-access-key-secret";

    readonly Lock _gate = new();
    readonly TimeProvider _clock;
    readonly IdSource _ids = new();
    readonly RelayLifeCycle _tasks = new();
    readonly MonitorOperations _monitors;
    readonly RequestVerification _verification;
    readonly RateLimits _rateLimits;
    readonly FaultQueue _faults = new();
    readonly Queue<TaskCompletionSource> _late = new();
    readonly FrozenDictionary<string, Operation> _operations;
    readonly List<ServiceCall> _calls = [];
    readonly AccessKey _defaultKey;
    TimeSpan _moved;

    public LiveService(TimeProvider clock, SimulatorSettings? settings = null)
    {
        _clock = clock;
        Settings = settings ?? new SimulatorSettings();
        _verification = new RequestVerification(Settings);
        _rateLimits = new RateLimits(Settings);
        _monitors = new MonitorOperations(Settings, _ids);
        var relays = new RelayOperations(Settings, _tasks, _ids);
        _operations = OperationTable.Build(relays, _monitors, new SecurityTokenService(Settings, _verification, _ids));
        _defaultKey = PermanentKey(DefaultAccessKeyId, DefaultAccessKeySecret, token: null);
        _verification.Add(_defaultKey);
    }

    /// <summary>The switches; they may be changed at any time and act from the next call on.</summary>
    public SimulatorSettings Settings { get; }

    /// <summary>
    /// Called with the operation's name before a request is looked at; outside of locks, so that it may use this service.
    /// </summary>
    public Action<string>? BeforeCall { get; set; }

    /// <summary>
    /// Called with the operation's name when a request has been carried out or refused and its answer is not yet on the way.
    /// </summary>
    public Action<string>? AfterCall { get; set; }

    /// <summary>The simulated time: the clock's, plus what it was moved by.</summary>
    public DateTimeOffset Now => _clock.GetUtcNow() + _moved;

    /// <summary>Every request so far, in order.</summary>
    public IReadOnlyList<ServiceCall> Calls => Locked(_ => _calls.ToArray());

    /// <summary>All relay tasks that ever were, by id, as they are now.</summary>
    public IReadOnlyDictionary<string, TaskSnapshot> Tasks =>
        Locked(_ => _tasks.Tasks.ToDictionary(task => task.Key, task => task.Value.Snapshot(), StringComparer.Ordinal));

    /// <summary>All monitor sessions that ever were, by id, as they are now.</summary>
    public IReadOnlyDictionary<string, MonitorSnapshot> Monitors =>
        Locked(_ => _monitors.Monitors.ToDictionary(monitor => monitor.Key, monitor => monitor.Value.Snapshot(), StringComparer.Ordinal));

    /// <summary>Every moment in which two live tasks pushed to one address.</summary>
    public IReadOnlyList<PushConflict> Conflicts => Locked(_ => _tasks.Conflicts.ToArray());

    /// <summary>How long callers waited for their answers, for those that came over a socket.</summary>
    internal CallTimes CallTimes { get; } = new();

    /// <summary>Everything in one moment, with the latest calls only: for a page that looks again and again.</summary>
    internal ServiceMoment Look(int latestCalls) => Locked(now => new ServiceMoment(
        now, _moved,
        [.. _tasks.Tasks.Values.Select(task => task.Snapshot())],
        [.. _monitors.Monitors.Values.Select(monitor => monitor.Snapshot())],
        [.. _tasks.Conflicts],
        _calls.Count,
        [.. _calls.Skip(_calls.Count - latestCalls)],
        _faults.Waits));

    /// <summary>The names of the operations, in the order of the alphabet.</summary>
    internal IEnumerable<string> Operations => _operations.Keys.Order(StringComparer.Ordinal);

    /// <summary>Lets time pass for the service: start times, end times, retries, expiry. The clock it was given stays as it is.</summary>
    public void MoveClock(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_gate)
        {
            _moved += by;
            _tasks.Advance(Now);
        }
    }

    public void ClearCalls() => Locked(_ => _calls.Clear());

    /// <summary>Accepts a further pair of keys, with its security token for temporary ones.</summary>
    public void AddAccessKey(string id, string secret, string? token = null) =>
        Locked(_ => _verification.Add(PermanentKey(id, secret, token)));

    /// <summary>From now on the token is answered with <c>InvalidSecurityToken.Expired</c>.</summary>
    public void ExpireToken(string token) => Locked(_ => _verification.Expire(token));

    /// <summary>
    /// Lets a fault hit the next call of an operation; <c>*</c> stands for any operation. Faults wait in the order of these calls.
    /// </summary>
    public void FailNext(string operation, Fault fault) => Locked(_ =>
    {
        if (operation != FaultQueue.AnyOperation && !_operations.ContainsKey(operation))
            throw new ArgumentException($"There is no operation {operation}.");
        _faults.Add(operation, fault);
    });

    /// <summary>Forgets the faults that have not hit yet.</summary>
    public void ClearFaults() => Locked(_ => _faults.Clear());

    /// <summary>The task's source breaks off: a running task retries, and goes offline after its retries.</summary>
    public void LoseSource(string taskId) => Locked(now => _tasks.LoseSource(Task(taskId), now));

    /// <summary>The task's source is back: a retrying task runs again; an offline one stays offline.</summary>
    public void RestoreSource(string taskId) => Locked(now => _tasks.RestoreSource(Task(taskId), now));

    /// <summary>Somebody stops a task or session elsewhere; what is not running stays as it is.</summary>
    public void StopBehindOurBack(string id) => Locked(now =>
    {
        if (_monitors.Monitors.TryGetValue(id, out var monitor)) monitor.Stop(now);
        else _tasks.Stop(Task(id), now);
    });

    /// <summary>Somebody starts a session or restarts a task elsewhere.</summary>
    public void StartBehindOurBack(string id) => Locked(now =>
    {
        if (_monitors.Monitors.TryGetValue(id, out var monitor)) monitor.Start(now);
        else _tasks.Restart(Task(id), now);
    });

    /// <summary>Somebody deletes a task or session elsewhere.</summary>
    public void DeleteBehindOurBack(string id) => Locked(now =>
    {
        if (_monitors.Monitors.TryGetValue(id, out var monitor))
        {
            monitor.Stop(now);
            monitor.DeletedAt = now;
        }
        else
        {
            _tasks.Delete(Task(id), now);
        }
    });

    /// <summary>Somebody edits a field elsewhere, in whatever state the object is, with effect at once.</summary>
    /// <param name="field">Its name in requests, such as <c>CallbackUrl</c>, or <c>DstUrl</c>, which no operation changes.</param>
    /// <param name="value">As in requests: times, decimal digits, JSON text for lists.</param>
    public void EditBehindOurBack(string id, string field, string value) => Locked(now =>
    {
        if (_monitors.Monitors.TryGetValue(id, out var monitor)) monitor.Config = BehindOurBack.Edit(monitor.Config, field, value);
        else _tasks.Reconfigure(Task(id), BehindOurBack.Edit(Task(id).Config, field, value), onAirToo: true, now);
    });

    /// <summary>Answers a request as the service would, or as the fault says that waits for it.</summary>
    internal ServiceAnswer Handle(ServiceRequest request, CancellationToken cancellation)
    {
        var name = request.Header("x-acs-action") ?? "";
        BeforeCall?.Invoke(name);
        cancellation.ThrowIfCancellationRequested();
        var answer = Locked(now => Answer(request, name, now));
        answer = InTurn(answer);
        AfterCall?.Invoke(name);
        cancellation.ThrowIfCancellationRequested();
        return answer;
    }

    /// <summary>Lets answers that were held back follow this one, or holds this one back.</summary>
    ServiceAnswer InTurn(ServiceAnswer answer)
    {
        lock (_gate)
        {
            while (_late.TryDequeue(out var late)) late.SetResult();
            if (answer.Delivery != Delivery.Late) return answer;
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _late.Enqueue(turn);
            return answer with { Turn = turn.Task };
        }
    }

    ServiceAnswer Answer(ServiceRequest request, string name, DateTimeOffset now)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (parameter, value) in request.DecodedQuery()) parameters[parameter] = value;
        var exchange = new Exchange(request, name, parameters, _ids.NextRequestId(), now, Settings);

        if (_faults.Next(name, parameters, beforeArrival: true) is not null) exchange.Drop();
        else CarryOut(request, name, parameters, exchange, now);
        _calls.Add(exchange.Call);
        return exchange.Answer;
    }

    void CarryOut(ServiceRequest request, string name, Dictionary<string, string> parameters, Exchange exchange, DateTimeOffset now)
    {
        try
        {
            var operation = Find(request, name);
            var caller = Settings.VerifiesRequests ? _verification.Verify(request, now, _clock.GetUtcNow()) : _defaultKey;
            _rateLimits.Count(name, now);
            if (_faults.Next(name, parameters, beforeArrival: false) is { } fault)
                exchange.Fail(fault, () => Run(operation, parameters, now, caller, fault));
            else
                exchange.Succeed(Run(operation, parameters, now, caller, fault: null));
        }
        catch (ServiceError error)
        {
            exchange.Refuse(error, asRetCode: _operations.GetValueOrDefault(name) is { HasRetCode: true });
        }
    }

    Operation Find(ServiceRequest request, string name)
    {
        if (!_operations.TryGetValue(name, out var operation))
            throw new ServiceError(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");
        if (request.Header("x-acs-version") != operation.Version)
            throw new ServiceError(400, "InvalidVersion", $"This action belongs to version {operation.Version}.");
        if (request.Path != "/") throw new ServiceError(404, "InvalidAction.NotFound", "Actions are called at the path /.");
        var methodFits = request.Method == "GET" || (request.Method == "POST" && !(operation.GetOnly && Settings.GetOnlyRefusesPost));
        return methodFits ? operation : throw new ServiceError(400, "UnsupportedOperation", $"This action does not take {request.Method}.");
    }

    JsonObject Run(Operation operation, Dictionary<string, string> parameters, DateTimeOffset now, AccessKey caller, Fault? fault)
    {
        var call = new CallParameters(parameters, operation.MalformedCode)
        {
            Lag = fault is { Kind: FaultKind.ListLags } ? fault.Age : Settings.ListLag,
            Ghosts = fault is { Kind: FaultKind.ListGhosts } ? fault.Age : TimeSpan.Zero,
        };
        if (Settings.UnknownParametersRefused) call.OnlyKnown(operation.Parameters);
        return operation.Run(call, now, caller);
    }

    SimulatedTask Task(string id) => _tasks.Tasks.TryGetValue(id, out var task) && task.State != RelayState.Exit
        ? task
        : throw new ArgumentException($"There is no live task or session {id}.");

    AccessKey PermanentKey(string id, string secret, string? token) =>
        new(id, secret, token, null, $"acs:ram::{Settings.AccountId}:user/{id}");

    T Locked<T>(Func<DateTimeOffset, T> act)
    {
        lock (_gate)
        {
            var now = Now;
            _tasks.Advance(now);
            return act(now);
        }
    }

    void Locked(Action<DateTimeOffset> act)
    {
        lock (_gate)
        {
            var now = Now;
            _tasks.Advance(now);
            act(now);
            _tasks.Advance(now);
        }
    }
}
