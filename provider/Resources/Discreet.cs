using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// The way out for everything that the plugin says to a person: log lines, status lines and errors all pass <see cref="Redaction"/>,
/// wherever their words came from. A name that a program gives to an object may hold a key, too.
/// </summary>
sealed class Discreet(IEngineLog log) : IEngineLog
{
    public ValueTask LogAsync(LogSeverity severity, string message, string urn, bool ephemeral = false) =>
        log.LogAsync(severity, Redaction.Text(message), urn, ephemeral);

    /// <summary>The same failure without secrets in its words; outputs and inputs are marked where they are made.</summary>
    public static ProviderException Error(ProviderException error) => error is PartialFailureException partial
        ? new PartialFailureException(partial.Id, partial.Outputs, partial.Inputs, [.. partial.Reasons.Select(Redaction.Text)], partial)
        : new ProviderException(error.Status, Redaction.Text(error.Message), error);
}
