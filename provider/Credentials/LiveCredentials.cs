namespace PulumiAliyunLive.Credentials;

/// <summary>A key to sign requests with. No text made of it shows the secret or the token.</summary>
/// <param name="SecurityToken">Present with temporary keys only.</param>
/// <param name="Source">Where it came from, for messages: <c>environment ALICLOUD_ACCESS_KEY</c>.</param>
sealed record LiveCredentials(string AccessKeyId, string AccessKeySecret, string? SecurityToken, string Source)
{
    public override string ToString() => $"access key {AccessKeyId} from {Source}";
}

/// <summary>Where keys come from. Safe for concurrent use; nothing is looked for before the first call.</summary>
interface ICredentialSource
{
    /// <summary>The key to use now, refreshed where it would soon run out.</summary>
    /// <exception cref="CredentialsException">There is none; the text says where it was looked for.</exception>
    ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation);

    /// <summary>
    /// The service says that this key has run out: the next <see cref="GetAsync"/> must not return it again if it can help it.
    /// </summary>
    void Expire(LiveCredentials stale);
}

/// <summary>There are no usable keys. The text is for the user and names every place looked at.</summary>
sealed class CredentialsException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether looking further would go against what was clearly meant: a whole key is there, and it is spoilt.</summary>
    public bool EndsSearch { get; init; }
}
