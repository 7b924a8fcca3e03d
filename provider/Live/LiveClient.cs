using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>
/// ApsaraVideo Live, version 2016-11-01: one method per operation. Parameters are given by the service's own names, as text. Every call
/// waits its turn under the rate limits and is tried again where that is safe, within its time limit. One instance serves the whole
/// process.
/// </summary>
/// <remarks>
/// Every method throws <see cref="LiveException"/> when the service refuses or fails, <see cref="CredentialsException"/> when there is
/// nothing to sign with, and <see cref="OperationCanceledException"/> when the operation is cancelled. A cancelled Create that was already
/// sent may have made its object.
/// </remarks>
/// <param name="clock">The clock of waits, of time limits and of the dates on requests.</param>
/// <param name="jitter">Chance, from 0 to 1, that spreads repeated calls.</param>
/// <param name="handler">Replaces the network, in tests.</param>
sealed class LiveClient(
    LiveClientOptions options, ICredentialSource credentials, TimeProvider clock, Func<double> jitter, HttpMessageHandler? handler = null)
    : IDisposable
{
    const string Version = "2016-11-01";

    // Relay operations but Create are published for GET only; the official client sends the others as POST.
    static readonly LiveOperation CreateTask = new("CreateLivePullToPush", HttpMethod.Post, Once: true);
    static readonly LiveOperation UpdateTask = new("UpdateLivePullToPush", HttpMethod.Get);
    static readonly LiveOperation DescribeTask = new("DescribeLivePullToPush", HttpMethod.Get);
    static readonly LiveOperation ListTasks = new("DescribeLivePullToPushList", HttpMethod.Get);
    static readonly LiveOperation StopTask = new("StopLivePullToPush", HttpMethod.Get);
    static readonly LiveOperation RestartTask = new("RestartLivePullToPush", HttpMethod.Get);
    static readonly LiveOperation DeleteTask = new("DeleteLivePullToPush", HttpMethod.Get);
    static readonly LiveOperation CreateMonitor = new("CreateLiveStreamMonitor", HttpMethod.Post, Once: true);
    static readonly LiveOperation UpdateMonitor = new("UpdateLiveStreamMonitor", HttpMethod.Post);
    static readonly LiveOperation ListMonitors =
        new("DescribeLiveStreamMonitorList", HttpMethod.Post, CallsPerSecond: Limits.MonitorListCallsPerSecond);
    static readonly LiveOperation StartMonitor = new("StartLiveStreamMonitor", HttpMethod.Post);
    static readonly LiveOperation StopMonitor = new("StopLiveStreamMonitor", HttpMethod.Post);
    static readonly LiveOperation DeleteMonitor = new("DeleteLiveStreamMonitor", HttpMethod.Post);

    readonly RpcTransport _transport = new(options.Endpoint ?? Endpoint.Live, options, clock, handler);
    readonly Retry _retry = new(clock, jitter, options.MaxRetryTime);
    readonly ConcurrentDictionary<LiveOperation, RateGate> _gates = new();

    /// <summary>The service's clock: ours, put right by the <c>Date</c> of the latest answer; to about a second.</summary>
    public DateTimeOffset ServerNow => _transport.ServerNow;

    /// <summary>
    /// Told the id before and after each call about one relay task or monitor session, whatever comes of it, so that whoever remembers a
    /// listing knows what has become newer.
    /// </summary>
    public Action<string>? Addressed { get; set; }

    /// <summary>Creates a relay task and returns its id.</summary>
    public Task<string> CreateLivePullToPushAsync(string region, IReadOnlyDictionary<string, string> parameters, Deadline deadline) =>
        CallAsync(CreateTask, [.. parameters, new("Region", region)], deadline, answer => Required(CreateTask, answer, "TaskId"));

    public Task UpdateLivePullToPushAsync(
        string region, string taskId, IReadOnlyDictionary<string, string> parameters, Deadline deadline) =>
        CallAsync(UpdateTask, [.. parameters, .. TaskAddress(region, taskId)], deadline, answer => answer);

    /// <summary>
    /// The task of this exact id. An ended one may still be returned, as <see cref="TaskStatus.Exit"/>, or be
    /// <see cref="LiveErrorKind.Gone"/>.
    /// </summary>
    public Task<LiveTask> DescribeLivePullToPushAsync(string region, string taskId, Deadline deadline) =>
        CallAsync(DescribeTask, TaskAddress(region, taskId), deadline, answer => ReadTask(DescribeTask, answer, answer));

    /// <summary>
    /// One page of the tasks in a region. The filters <c>TaskId</c>, <c>TaskName</c> and <c>DstUrl</c> match loosely: compare what comes
    /// back.
    /// </summary>
    /// <param name="pageNumber">From 1.</param>
    /// <param name="pageSize">1 to 100.</param>
    public Task<LiveTaskPage> DescribeLivePullToPushListAsync(
        string region, IReadOnlyDictionary<string, string> filters, int pageNumber, int pageSize, Deadline deadline) =>
        CallAsync(
            ListTasks,
            [.. filters, new("Region", region), new("PageNumber", Digits(pageNumber)), new("PageSize", Digits(pageSize))],
            deadline,
            answer => new LiveTaskPage(
                Total(answer), [.. Items(ListTasks, answer, "TaskList").Select(item => ReadTask(ListTasks, answer, item))]));

    /// <summary>All tasks in a region that match the filters loosely, each once.</summary>
    public async Task<IReadOnlyList<LiveTask>> ListLivePullToPushAsync(
        string region, IReadOnlyDictionary<string, string> filters, Deadline deadline) =>
        await EachLivePullToPushAsync(region, filters, deadline).ToListAsync();

    /// <summary>The same, page by page as they are asked for: whoever has enough stops, and no further page is read.</summary>
    public IAsyncEnumerable<LiveTask> EachLivePullToPushAsync(
        string region, IReadOnlyDictionary<string, string> filters, Deadline deadline) =>
        AllPagesAsync(ListTasks, Limits.TaskPageSize, task => task.TaskId, async page =>
        {
            var answer = await DescribeLivePullToPushListAsync(region, filters, page, Limits.TaskPageSize, deadline);
            return (answer.Total, answer.TaskList);
        });

    /// <summary>Stops a running task. <see cref="LiveErrorKind.AlreadySo"/> when it has been stopped.</summary>
    public Task StopLivePullToPushAsync(string region, string taskId, Deadline deadline) =>
        CallAsync(StopTask, TaskAddress(region, taskId), deadline, answer => answer);

    /// <summary>
    /// Starts a task anew with its latest configuration, interrupting the push. Returns the id it has afterwards: one page calls the
    /// answered id that of a new task, and whether it can differ is not confirmed.
    /// </summary>
    public Task<string> RestartLivePullToPushAsync(string region, string taskId, Deadline deadline) =>
        CallAsync(RestartTask, TaskAddress(region, taskId), deadline, answer => NotEmpty(answer.Text("TaskId")) ?? taskId);

    public Task DeleteLivePullToPushAsync(string region, string taskId, Deadline deadline) =>
        CallAsync(DeleteTask, TaskAddress(region, taskId), deadline, answer => answer);

    /// <summary>Creates a monitor session, not yet started, and returns its id.</summary>
    public Task<string> CreateLiveStreamMonitorAsync(IReadOnlyDictionary<string, string> parameters, Deadline deadline) =>
        CallAsync(CreateMonitor, parameters, deadline, answer => Required(CreateMonitor, answer, "MonitorId"));

    public Task UpdateLiveStreamMonitorAsync(string monitorId, IReadOnlyDictionary<string, string> parameters, Deadline deadline) =>
        CallAsync(UpdateMonitor, [.. parameters, MonitorAddress(monitorId)], deadline, answer => answer);

    /// <summary>One page of the account's monitor sessions, or of those that match an id.</summary>
    /// <param name="pageNum">From 1.</param>
    public Task<LiveMonitorPage> DescribeLiveStreamMonitorListAsync(string? monitorId, int pageNum, int pageSize, Deadline deadline)
    {
        List<KeyValuePair<string, string>> parameters = [new("PageNum", Digits(pageNum)), new("PageSize", Digits(pageSize))];
        if (monitorId is not null) parameters.Add(MonitorAddress(monitorId));
        return CallAsync(ListMonitors, parameters, deadline, answer => new LiveMonitorPage(
            Total(answer), [.. Items(ListMonitors, answer, "LiveStreamMonitorList").Select(item => ReadMonitor(answer, item))]));
    }

    /// <summary>All monitor sessions of the account, each once.</summary>
    public async Task<IReadOnlyList<LiveMonitor>> ListLiveStreamMonitorsAsync(Deadline deadline) =>
        await EachLiveStreamMonitorAsync(deadline).ToListAsync();

    /// <summary>The same, page by page as they are asked for.</summary>
    public IAsyncEnumerable<LiveMonitor> EachLiveStreamMonitorAsync(Deadline deadline) =>
        AllPagesAsync(ListMonitors, Limits.MonitorPageSize, monitor => monitor.MonitorId, async page =>
        {
            var answer = await DescribeLiveStreamMonitorListAsync(null, page, Limits.MonitorPageSize, deadline);
            return (answer.Total, answer.LiveStreamMonitorList);
        });

    /// <summary>Begins monitoring. <see cref="LiveErrorKind.AlreadySo"/> when it runs.</summary>
    public Task StartLiveStreamMonitorAsync(string monitorId, Deadline deadline) =>
        CallAsync(StartMonitor, [MonitorAddress(monitorId)], deadline, answer => answer);

    /// <summary>Ends monitoring. <see cref="LiveErrorKind.AlreadySo"/> when it does not run.</summary>
    public Task StopLiveStreamMonitorAsync(string monitorId, Deadline deadline) =>
        CallAsync(StopMonitor, [MonitorAddress(monitorId)], deadline, answer => answer);

    /// <summary>Deletes a session that does not run; <see cref="LiveErrorKind.NotAllowed"/> when it does.</summary>
    public Task DeleteLiveStreamMonitorAsync(string monitorId, Deadline deadline) =>
        CallAsync(DeleteMonitor, [MonitorAddress(monitorId)], deadline, answer => answer);

    public void Dispose() => _transport.Dispose();

    async Task<T> CallAsync<T>(
        LiveOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, Deadline deadline, Func<LiveObject, T> read)
    {
        // A call about one object: whatever comes of it, a listing made before is no longer the latest word on that object.
        var addressed = parameters.FirstOrDefault(parameter => parameter.Key is "TaskId" or "MonitorId").Value;
        if (addressed is not null) Addressed?.Invoke(addressed);
        try
        {
            return await SendAsync(operation, parameters, deadline, read);
        }
        finally
        {
            if (addressed is not null) Addressed?.Invoke(addressed);
        }
    }

    async Task<T> SendAsync<T>(
        LiveOperation operation, IEnumerable<KeyValuePair<string, string>> parameters, Deadline deadline, Func<LiveObject, T> read)
    {
        var rpc = new RpcOperation(operation.Name, Version, operation.Method, operation.Once);
        var gate = _gates.GetOrAdd(operation, static (key, clock) => new RateGate(clock, key.CallsPerSecond), clock);
        var secrets = SecretParameters.Of(parameters);
        var remedies = new Remedies(_transport, credentials, operation.Name);

        return await _retry.RunAsync(operation.Once, deadline, remedies.Apply, async () =>
        {
            // Obtained for every attempt: a long wait may outlast a temporary key.
            var key = remedies.Key = await credentials.GetAsync(deadline.Cancellation);
            Redaction.Remember(key.AccessKeySecret);
            Redaction.Remember(key.SecurityToken);
            if (!await gate.EnterAsync(deadline))
            {
                throw new LiveException(
                    LiveErrorKind.Transient, operation.Name, LiveErrors.OutOfTime,
                    $"the time limit of {Retry.Span(deadline.Limit)} left no room for it under the rate limit of {Digits(gate.Places)} " +
                    "calls per second", null);
            }

            try
            {
                return read(await _transport.SendAsync(rpc, parameters, key, secrets, deadline.Cancellation));
            }
            catch (LiveException failure) when (failure.Kind == LiveErrorKind.Throttled)
            {
                gate.SlowDown(failure.RetryAfter);
                throw;
            }
            finally
            {
                gate.Leave();
            }
        });
    }

    /// <summary>
    /// Pages until one is empty, or short although the service speaks of no more, or brings nothing new. The number of objects that came
    /// back counts, not the announced total: it may be wrong, and objects come and go while paging.
    /// </summary>
    static async IAsyncEnumerable<T> AllPagesAsync<T>(
        LiveOperation operation, int pageSize, Func<T, string> id, Func<int, Task<(int Total, IReadOnlyList<T> Items)>> read)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        for (var page = 1; page <= Limits.MaxPages; page++)
        {
            var (total, items) = await read(page);
            var before = found.Count;
            foreach (var item in items)
            {
                if (found.Add(id(item))) yield return item;
            }

            if (found.Count == before || (items.Count < pageSize && found.Count >= total)) yield break;
        }

        throw new LiveException(
            LiveErrorKind.Transient, operation.Name, LiveErrors.BadAnswer,
            $"the listing does not end after {Digits(Limits.MaxPages)} pages", null);
    }

    static LiveTask ReadTask(LiveOperation operation, LiveObject answer, LiveObject item)
    {
        var info = item.Object("TaskInfo") ?? throw Answer.Lacking(operation.Name, answer, "TaskInfo");
        var id = item.Text("TaskId") ?? info.Text("TaskId") ?? throw Answer.Lacking(operation.Name, answer, "TaskId");
        var status = item.Integer("TaskStatus") is >= (int)TaskStatus.Exit and <= (int)TaskStatus.Offline and var number
            ? (TaskStatus)number
            : throw Answer.Lacking(operation.Name, answer, "TaskStatus");

        // Seconds since 1970; zero stands for none.
        DateTimeOffset? exit = item.Integer("TaskExitTime") is > 0 and <= 253402300799 and var seconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
        return new LiveTask(id, status, NotEmpty(item.Text("TaskInvalidReason")), exit, NotEmpty(item.Text("TaskExitReason")), info);
    }

    static LiveMonitor ReadMonitor(LiveObject answer, LiveObject item) => new(
        item.Text("MonitorId") ?? throw Answer.Lacking(ListMonitors.Name, answer, "MonitorId"),
        item.Integer("Status") switch { 0 => false, 1 => true, _ => throw Answer.Lacking(ListMonitors.Name, answer, "Status") },
        item);

    static string Required(LiveOperation operation, LiveObject answer, string field) =>
        NotEmpty(answer.Text(field)) ?? throw Answer.Lacking(operation.Name, answer, field);

    /// <summary>
    /// The objects of a listing. A listing without its list is no empty listing: nothing may be taken for gone because of it.
    /// </summary>
    static IEnumerable<LiveObject> Items(LiveOperation operation, LiveObject answer, string field)
    {
        if (!answer.Element.TryGetProperty(field, out var list) || list.ValueKind != JsonValueKind.Array)
            throw Answer.Lacking(operation.Name, answer, field);
        return list.EnumerateArray().Select(item => new LiveObject(item));
    }

    static int Total(LiveObject answer) => (int)Math.Clamp(answer.Integer("Total") ?? 0, 0, int.MaxValue);

    static KeyValuePair<string, string>[] TaskAddress(string region, string taskId) => [new("Region", region), new("TaskId", taskId)];

    static KeyValuePair<string, string> MonitorAddress(string monitorId) => new("MonitorId", monitorId);

    static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <param name="Once">Whether a second execution makes a second, billed object.</param>
    sealed record LiveOperation(string Name, HttpMethod Method, bool Once = false, int CallsPerSecond = Limits.CallsPerSecond);
}
