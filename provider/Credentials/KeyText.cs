namespace PulumiAliyunLive.Credentials;

/// <summary>Keys as people and tools write them down.</summary>
static class KeyText
{
    /// <summary>The text without the blanks and line ends that files and shells leave at its ends; null when nothing is left.</summary>
    public static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>The key itself, when it can be sent at all: it travels in HTTP headers.</summary>
    /// <exception cref="CredentialsException">It cannot; the text does not show it.</exception>
    public static LiveCredentials Checked(LiveCredentials key)
    {
        var part =
            !IsSendable(key.AccessKeyId) ? "access key" :
            !IsSendable(key.AccessKeySecret) ? "secret key" :
            key.SecurityToken is { } token && !IsSendable(token) ? "security token" :
            null;
        return part is null
            ? key
            : throw new CredentialsException(
                $"The {part} from {key.Source} contains blanks, line ends or other characters that no {part} has. Copy it again.")
            {
                EndsSearch = true,
            };
    }

    static bool IsSendable(string text) => text.All(letter => letter is > ' ' and <= '~');
}
