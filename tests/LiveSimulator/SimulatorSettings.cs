namespace LiveSimulator;

/// <summary>
/// The switches of the simulator. Those marked <see cref="UnconfirmedAttribute"/> stand for facts that the service's documentation leaves
/// open or tells in two ways: the value here is the simulator's own choice, and a client has to work under every other value, too
/// (<see cref="SettingVariations"/> walks through them).
/// </summary>
public sealed class SimulatorSettings
{
    // ---- Relay tasks: create ----

    /// <summary>
    /// What becomes of a second task with a destination that a live task uses at the same time. The documentation says that pushing
    /// fails.
    /// </summary>
    [Unconfirmed]
    public DuplicateDestination DuplicateDestination { get; set; }

    /// <summary>What Create does with a start time in the past.</summary>
    [Unconfirmed]
    public PastStartTime PastStartTime { get; set; }

    /// <summary>Whether a task may last seven days at most; only older texts say so.</summary>
    [Unconfirmed]
    public bool SevenDayLimit { get; set; }

    /// <summary>Which of the two documented lists of source protocols holds.</summary>
    [Unconfirmed]
    public SourceProtocols SourceProtocols { get; set; }

    /// <summary>Whether <c>Offset</c> 0 is refused, as "greater than 0" suggests, although answers show 0 when none was given.</summary>
    [Unconfirmed]
    public bool OffsetZeroRefused { get; set; } = true;

    /// <summary>Whether operations other than Create refuse <c>cn-shenzhen</c>, which only Create's documentation lists.</summary>
    [Unconfirmed]
    public bool ShenzhenOnlyForCreate { get; set; } = true;

    // ---- Relay tasks: what answers show ----

    /// <summary>How <c>SourceProtocol</c> comes back: examples show another case than requests have, and <c>flv</c>.</summary>
    [Unconfirmed]
    public ProtocolEcho ProtocolEcho { get; set; }

    /// <summary>What <c>SourceProtocol</c> shows for a task that plays files.</summary>
    [Unconfirmed]
    public FileProtocolEcho FileProtocolEcho { get; set; }

    /// <summary>Whether <c>CallbackURL</c> and <c>TaskName</c> that are not set are shown as empty texts or are absent.</summary>
    [Unconfirmed]
    public UnsetField UnsetTaskFields { get; set; }

    /// <summary>Whether reasons and times that do not apply to the task's state are absent, or shown as empty text and 0.</summary>
    [Unconfirmed]
    public UnsetField InapplicableTaskFields { get; set; } = UnsetField.Absent;

    /// <summary>
    /// Whether <c>TaskInvalidReason</c> is shown while retries go on; the documentation says when stopped, its own texts say
    /// "retrying".
    /// </summary>
    [Unconfirmed]
    public bool InvalidReasonWhileRecovering { get; set; }

    /// <summary>
    /// Whether a stop by call shows <c>TriggerByUser</c> as <c>TaskInvalidReason</c>; only the callback page lists that reason.
    /// </summary>
    [Unconfirmed]
    public bool StopReasonShown { get; set; }

    /// <summary>The order of the task list.</summary>
    [Unconfirmed]
    public ListOrder ListOrder { get; set; }

    /// <summary>How long after its creation an object is missing from listings (both kinds of objects).</summary>
    [Unconfirmed("00:00:02")]
    public TimeSpan ListLag { get; set; }

    // ---- Relay tasks: the end ----

    /// <summary>How long Describe and the list show a task after its end as exited, before it is unknown.</summary>
    [Unconfirmed("00:00:00", "3650.00:00:00")]
    public TimeSpan ExitedVisibleFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether the list shows exited tasks while Describe does.</summary>
    [Unconfirmed]
    public bool ExitedListed { get; set; } = true;

    /// <summary>How Describe and the list treat a task that was deleted by call.</summary>
    [Unconfirmed]
    public AfterDelete AfterDelete { get; set; }

    /// <summary>What Stop, Restart, Update and Delete answer for a task that has exited and is still visible.</summary>
    [Unconfirmed]
    public CallOnExited CallOnExited { get; set; }

    // ---- Relay tasks: stop, restart, update ----

    /// <summary>What Stop answers before the start time. It changes nothing in any case.</summary>
    [Unconfirmed]
    public CallOnIdle StopOnIdle { get; set; }

    /// <summary>What Restart answers before the start time. It changes nothing in any case.</summary>
    [Unconfirmed]
    public CallOnIdle RestartOnIdle { get; set; }

    /// <summary>Whether Restart gives the task another id; one text calls the answered id that of the new task.</summary>
    [Unconfirmed]
    public bool RestartChangesTaskId { get; set; }

    /// <summary>What Update does with a changed value that the task's state does not allow to change.</summary>
    [Unconfirmed]
    public DisallowedUpdate DisallowedUpdate { get; set; }

    /// <summary>Whether <c>SourceUrls</c> may change while the task runs, at once; the documentation says both.</summary>
    [Unconfirmed]
    public bool SourceUrlsWhileRunning { get; set; }

    /// <summary>Whether <c>EndTime</c> may change while the task runs; the documentation says both.</summary>
    [Unconfirmed]
    public bool EndTimeWhileRunning { get; set; } = true;

    /// <summary>What an empty <c>CallbackUrl</c> in Update does.</summary>
    [Unconfirmed]
    public EmptyValue EmptyCallbackUrl { get; set; }

    /// <summary>Whether optional values left out of Update keep what they have, or get their defaults again.</summary>
    [Unconfirmed]
    public OmittedValues OmittedTaskValues { get; set; }

    /// <summary>
    /// Whether errors of Create, Update, Describe and Delete come as HTTP 200 with a <c>RetCode</c> other than 0 and the code as
    /// <c>Description</c>.
    /// </summary>
    [Unconfirmed]
    public bool ErrorsAsRetCode { get; set; }

    // ---- Monitor sessions ----

    /// <summary>How a running session refuses to be deleted.</summary>
    [Unconfirmed]
    public DeleteRunningMonitor DeleteRunningMonitor { get; set; }

    /// <summary>Whether <c>InputList</c> may be an empty list.</summary>
    [Unconfirmed]
    public bool InputListMayBeEmpty { get; set; }

    /// <summary>Which name the bitrate threshold has; examples and field list differ.</summary>
    [Unconfirmed]
    public BitrateThreshold BitrateThreshold { get; set; }

    /// <summary>Whether <c>MonitorConfig</c> is answered as JSON text of a JSON text, as the documented example looks.</summary>
    [Unconfirmed]
    public bool MonitorConfigDoublyQuoted { get; set; }

    /// <summary>Whether numbers come back in another form than they were sent (<c>0.50</c> as <c>0.5</c>).</summary>
    [Unconfirmed]
    public bool NumbersRewritten { get; set; }

    /// <summary>Whether the keys of objects come back in another order.</summary>
    [Unconfirmed]
    public bool KeysReordered { get; set; }

    /// <summary>
    /// Whether optional values left out of a session's update keep what they have, or get their defaults (<c>App</c> <c>monitor</c>,
    /// <c>Stream</c> random).
    /// </summary>
    [Unconfirmed]
    public OmittedValues OmittedMonitorValues { get; set; }

    /// <summary>What an empty <c>MonitorConfig</c>, <c>CallbackUrl</c> or <c>DingTalkWebHookUrl</c> in a session's update does.</summary>
    [Unconfirmed]
    public EmptyValue EmptyMonitorValues { get; set; }

    /// <summary>What becomes of changed values other than <c>InputList</c> while the session runs.</summary>
    [Unconfirmed]
    public MonitorUpdateWhileRunning MonitorUpdateWhileRunning { get; set; }

    /// <summary>The largest page of sessions; a larger <c>PageSize</c> is silently cut down to it.</summary>
    [Unconfirmed("10")]
    public int MonitorPageSizeCap { get; set; } = 100;

    /// <summary>What listing an unknown <c>MonitorId</c> answers.</summary>
    [Unconfirmed]
    public UnknownMonitor UnknownMonitor { get; set; }

    /// <summary>Whether the <c>MonitorId</c> of a listing is matched as a part of the id.</summary>
    [Unconfirmed]
    public bool MonitorIdIsFuzzy { get; set; }

    /// <summary>How <c>StartTime</c> and <c>StopTime</c> of a session look before its first start and stop.</summary>
    [Unconfirmed]
    public UnsetField UnsetMonitorTimes { get; set; }

    /// <summary>The region that sessions show; no call sets it.</summary>
    public string MonitorRegion { get; set; } = "cn-shanghai";

    // ---- The gateway in front of the service ----

    /// <summary>Whether operations published as GET only refuse POST; the gateway may accept both.</summary>
    [Unconfirmed]
    public bool GetOnlyRefusesPost { get; set; } = true;

    /// <summary>
    /// Whether a parameter that the operation does not have is refused. The service ignores it; refusing shows a client's misspelling
    /// at once.
    /// </summary>
    public bool UnknownParametersRefused { get; set; } = true;

    /// <summary>Whether signatures, keys, tokens, nonces and dates are verified.</summary>
    public bool VerifiesRequests { get; set; } = true;

    /// <summary>Which clock a request's date may differ from by 15 minutes at most.</summary>
    public SkewReference SkewReference { get; set; }

    /// <summary>Factor on the documented rate limits: 1 as documented, 10 for ten times as many calls, 0 for no limits.</summary>
    public double RateLimitFactor { get; set; } = 1;

    /// <summary>
    /// Value of <c>x-acs-retry-after</c> in throttled answers; zero or less sends none. Whether the service sends it is not confirmed.
    /// </summary>
    [Unconfirmed("00:00:00.2500000")]
    public TimeSpan ThrottlingRetryAfter { get; set; }

    /// <summary>HTTP status of <c>Throttling.User</c>.</summary>
    [Unconfirmed("429", "503")]
    public int ThrottlingStatus { get; set; } = 400;

    /// <summary>HTTP status of <c>SignatureDoesNotMatch</c>; other products answer 403.</summary>
    [Unconfirmed("403")]
    public int SignatureMismatchStatus { get; set; } = 400;

    /// <summary>HTTP status of <c>InvalidAccessKeyId.NotFound</c>; other products answer 400.</summary>
    [Unconfirmed("400")]
    public int UnknownAccessKeyStatus { get; set; } = 404;

    /// <summary>The account that GetCallerIdentity names.</summary>
    public string AccountId { get; set; } = "1000000000000001";

    /// <summary>
    /// Every other value of every unconfirmed switch, one at a time, with a name for a test's theory such as
    /// <c>StopOnIdle=HasStopped</c>.
    /// </summary>
    public static IEnumerable<(string Name, Action<SimulatorSettings> Apply)> Variations => SettingVariations.All;

    /// <summary>Sets a switch by its name, as the command line and the admin door do.</summary>
    /// <exception cref="ArgumentException">There is no such switch, or it cannot have this value; the message names what there is.</exception>
    public void Set(string name, string value) => SettingVariations.Set(this, name, value);
}

/// <summary>Marks a switch for a fact that is not confirmed, with further values to try where its type does not list them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnconfirmedAttribute(params string[] otherValues) : Attribute
{
    /// <summary>Values beside the default one, for types that are no bool and no enum.</summary>
    public IReadOnlyList<string> OtherValues { get; } = otherValues;
}

/// <summary>What becomes of a second task for a destination in use.</summary>
public enum DuplicateDestination
{
    /// <summary>It is created; when it starts while the other one pushes, its push fails and it retries.</summary>
    PushFails,

    /// <summary>
    /// Create refuses it (<c>InvalidParameter</c>) when an idle, running or recovering task of an overlapping time has the destination.
    /// </summary>
    RefusedAtCreate,
}

/// <summary>What Create does with a start time in the past.</summary>
public enum PastStartTime { StartsNow, Refused }

/// <summary>Lists of source protocols for live sources.</summary>
public enum SourceProtocols
{
    /// <summary>rtmp, srt, http-flv, hls</summary>
    Current,

    /// <summary>rtmp, rtsp, srt, http-flv, flv</summary>
    Older,
}

/// <summary>How <c>SourceProtocol</c> comes back.</summary>
public enum ProtocolEcho
{
    AsSent,
    UpperCase,

    /// <summary><c>http-flv</c> as <c>flv</c>, others as sent.</summary>
    FlvForHttpFlv,
}

/// <summary>How <c>SourceProtocol</c> comes back where it has no effect.</summary>
public enum FileProtocolEcho { AsSent, Empty, Absent }

/// <summary>How an unset field is shown.</summary>
public enum UnsetField { Empty, Absent }

/// <summary>Orders of the task list.</summary>
public enum ListOrder { NewestFirst, OldestFirst, ByTaskId }

/// <summary>What Describe answers after Delete.</summary>
public enum AfterDelete
{
    /// <summary><c>CodeTaskNotExist</c> at once.</summary>
    NotExist,

    /// <summary>Status −1 for as long as exited tasks are visible.</summary>
    Exited,
}

/// <summary>What calls on a visible exited task answer.</summary>
public enum CallOnExited
{
    /// <summary><c>CodeTaskNotExist</c></summary>
    NotExist,

    /// <summary><c>CodeTaskHasStopped</c></summary>
    HasStopped,

    /// <summary>Success without effect.</summary>
    Silence,
}

/// <summary>What Stop and Restart answer before the start time.</summary>
public enum CallOnIdle
{
    /// <summary>Success without effect.</summary>
    Silence,

    /// <summary><c>CodeTaskHasStopped</c></summary>
    HasStopped,

    /// <summary><c>InvalidParameter</c></summary>
    InvalidParameter,
}

/// <summary>What Update does with a value that the state does not allow to change.</summary>
public enum DisallowedUpdate
{
    /// <summary>Success; the value stays, the others of the call change.</summary>
    FieldIgnored,

    /// <summary>Success; nothing changes.</summary>
    CallIgnored,

    /// <summary><c>InvalidParameter</c>; nothing changes.</summary>
    Refused,
}

/// <summary>What an empty text in an update does.</summary>
public enum EmptyValue { Clears, Ignored, Refused }

/// <summary>What becomes of values left out of an update.</summary>
public enum OmittedValues { Kept, Reset }

/// <summary>How deleting a running session is refused.</summary>
public enum DeleteRunningMonitor
{
    /// <summary>401 <c>IllegalOperation</c>, as the error table has it.</summary>
    Unauthorized,

    /// <summary>400 <c>IllegalOperation</c>: the status that the description promises, with the only fitting code.</summary>
    BadRequest,
}

/// <summary>Names of the bitrate threshold that are accepted; the other one is refused.</summary>
public enum BitrateThreshold { Both, LowOnly, HighOnly }

/// <summary>What becomes of changes to a running session beside its inputs.</summary>
public enum MonitorUpdateWhileRunning
{
    Applied,
    Ignored,

    /// <summary>401 <c>IllegalOperation</c>; nothing changes.</summary>
    Refused,
}

/// <summary>What listing an unknown session answers.</summary>
public enum UnknownMonitor
{
    EmptyList,

    /// <summary>404 <c>StreamMonitorNotExist</c></summary>
    NotExist,
}

/// <summary>Which clock a request's date is compared with.</summary>
public enum SkewReference
{
    /// <summary>The simulated time or the clock without what it was moved by: a client need not notice that time was moved.</summary>
    SimulatedOrOwnClock,

    /// <summary>The simulated time alone, which answers carry in their <c>Date</c>.</summary>
    SimulatedTime,
}
