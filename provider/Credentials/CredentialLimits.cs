namespace PulumiAliyunLive.Credentials;

/// <summary>Defaults of the search for keys, each with its reason.</summary>
static class CredentialLimits
{
    /// <summary>The session name when none is given: tells in the audit trail who acted.</summary>
    public const string SessionName = "pulumi-aliyun-live";

    /// <summary>The service's own default, which every role allows.</summary>
    public const int SessionExpirationSeconds = 3600;

    /// <summary>Shortest session that the service grants.</summary>
    public const int MinSessionExpirationSeconds = 900;

    /// <summary>Largest file, answer or output that keys are looked for in; they are a few kilobytes.</summary>
    public const int MaxTextBytes = 1024 * 1024;

    /// <summary>How often a source that is asked over HTTP is asked when it fails in a way that may pass.</summary>
    public const int HttpAttempts = 3;

    /// <summary>
    /// Temporary keys are renewed this long before they run out, or earlier by a third of their life where that is shorter.
    /// </summary>
    public static readonly TimeSpan RenewalLead = TimeSpan.FromMinutes(5);

    /// <summary>While the old keys still serve, a failed renewal is tried again after this time, not at every call.</summary>
    public static readonly TimeSpan RenewalPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A search without result is repeated after this time, not at every call: a thousand resources would each wait for a metadata service
    /// that is not there.
    /// </summary>
    public static readonly TimeSpan SearchPause = TimeSpan.FromSeconds(30);

    /// <summary>Life of temporary keys whose source does not say when they run out; what official clients assume.</summary>
    public static readonly TimeSpan UnknownLife = TimeSpan.FromHours(1);

    /// <summary>Time to reach the metadata service, in real time: it is on the same host, or there is none.</summary>
    public static readonly TimeSpan MetadataConnect = TimeSpan.FromSeconds(1);

    /// <summary>Time for an answer of the metadata service, in real time.</summary>
    public static readonly TimeSpan MetadataRead = TimeSpan.FromSeconds(5);

    /// <summary>Time to reach a credentials address or a sign-in portal, in real time.</summary>
    public static readonly TimeSpan HttpConnect = TimeSpan.FromSeconds(5);

    /// <summary>Time for the answer of a credentials address or a sign-in portal, in real time.</summary>
    public static readonly TimeSpan HttpRead = TimeSpan.FromSeconds(10);

    /// <summary>Wait before a source is asked over HTTP again; doubled for the third time.</summary>
    public static readonly TimeSpan HttpPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Time that an external process has, in real time; as with the <c>aliyun</c> command line.</summary>
    public static readonly TimeSpan ExternalProcess = TimeSpan.FromSeconds(60);
}
