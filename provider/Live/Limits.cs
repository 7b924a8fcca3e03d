namespace PulumiAliyunLive.Live;

/// <summary>Every default of the talk with the service, each with its unit in the name or the type and its reason.</summary>
static class Limits
{
    /// <summary>Documented calls per second and account of every operation but the monitor listing.</summary>
    public const int CallsPerSecond = 10;

    /// <summary>Documented calls per second and account of DescribeLiveStreamMonitorList.</summary>
    public const int MonitorListCallsPerSecond = 15;

    /// <summary>Largest page DescribeLivePullToPushList accepts.</summary>
    public const int TaskPageSize = 100;

    /// <summary>Page of DescribeLiveStreamMonitorList; its bounds are undocumented, so a size that hardly any service refuses.</summary>
    public const int MonitorPageSize = 20;

    /// <summary>
    /// Page of the monitor listing that refreshes share. Where the service gives less at a time, the pages that come back are counted; where it
    /// refuses the size, every session is asked for by itself.
    /// </summary>
    public const int SharedMonitorPageSize = 100;

    /// <summary>Pages after which a listing is taken to be broken: 100,000 tasks are far beyond any account.</summary>
    public const int MaxPages = 1000;

    /// <summary>Largest answer that is read; a full page of tasks with 30 long source addresses each is under 8 MiB.</summary>
    public const int MaxAnswerBytes = 16 * 1024 * 1024;

    /// <summary>Characters of a service message that are shown; a refused signature repeats the whole request.</summary>
    public const int MaxMessageChars = 1000;

    /// <summary>Characters of an error code or request id that are shown; longer ones are no codes.</summary>
    public const int MaxCodeChars = 128;

    /// <summary>Shortest text that is hidden wherever it appears; hiding shorter ones would tear ordinary words apart.</summary>
    public const int MinSecretChars = 8;

    /// <summary>Secrets remembered for hiding: the keys in use and the tokens of several days.</summary>
    public const int MaxRemembered = 256;

    /// <summary>Time to open a connection, in real time: generous for a TLS handshake across the world through a proxy.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Time from a connection to the end of the answer, by the network's clock: three times what the official client allows.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a Create already sent may go on after a cancellation, by the network's clock: dropping it would lose the id of a billed object, and
    /// an answer usually takes less than a second.
    /// </summary>
    public static readonly TimeSpan CreateGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long an idle connection is kept; shorter than common gateways keep it, so that they rarely close it first.</summary>
    public static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(45);

    /// <summary>How long a connection is used at all, so that a changed DNS entry is noticed.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Wait before the second attempt; doubled for each further one.</summary>
    public static readonly TimeSpan RetryBaseDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait of our own choosing, so that a recovered service is noticed soon.</summary>
    public static readonly TimeSpan RetryMaxDelay = TimeSpan.FromSeconds(20);

    /// <summary>Longest wait the service may ask for with <c>x-acs-retry-after</c>; the official client's cap.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long after its answer a call still counts against the rate limit: the service's second, and a little for the coarseness of
    /// both clocks.
    /// </summary>
    public static readonly TimeSpan RateWindow = TimeSpan.FromMilliseconds(1020);

    /// <summary>
    /// Time without throttling after which one more call per second is allowed again; short, so that what others leave of an account's
    /// limit is taken up soon.
    /// </summary>
    public static readonly TimeSpan RateRecovery = TimeSpan.FromSeconds(2);
}
