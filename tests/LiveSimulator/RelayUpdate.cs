using System.Collections.Immutable;

namespace LiveSimulator;

/// <summary>
/// One UpdateLivePullToPush: which of its values take effect in the task's state. Before the start all do; while the task runs or retries
/// only <c>CallbackUrl</c> and <c>RepeatNumber</c>, and by setting <c>EndTime</c> and <c>SourceUrls</c>; stopped all do. A value that is
/// sent unchanged is never disallowed.
/// </summary>
sealed class RelayUpdate(SimulatorSettings settings, SimulatedTask task)
{
    readonly List<string> _disallowed = [];

    public RelayConfig Config { get; private set; } = task.Config;

    /// <summary>Whether the sources on air change at once.</summary>
    public bool ChangesOnAir { get; private set; }

    public void Apply(CallParameters call, ImmutableArray<string>? sourceUrls, int? offset)
    {
        var stored = task.Config;
        var resets = settings.OmittedTaskValues == OmittedValues.Reset;

        if (call.Time("StartTime") is { } start && start != stored.StartTime)
            Take("StartTime", !task.Pushing, Config with { StartTime = start });
        if (call.Time("EndTime") is { } end && end != stored.EndTime)
            Take("EndTime", !task.Pushing || settings.EndTimeWhileRunning, Config with { EndTime = end });
        if (sourceUrls is { } urls && !urls.SequenceEqual(stored.SourceUrls))
        {
            var taken = Take("SourceUrls", !task.Pushing || settings.SourceUrlsWhileRunning, Config with { SourceUrls = urls });
            ChangesOnAir = taken && task.Pushing;
        }

        var seek = offset ?? (resets ? 0 : stored.Offset);
        if (seek != stored.Offset) Take("Offset", !task.Pushing, Config with { Offset = seek });
        var file = call.Integer("FileIndex", least: 0) ?? (resets ? 0 : stored.FileIndex);
        if (file != stored.FileIndex) Take("FileIndex", !task.Pushing, Config with { FileIndex = file });
        Config = Config with
        {
            RepeatNumber = call.Integer("RepeatNumber", least: -1) ?? (resets ? 0 : stored.RepeatNumber),
            CallbackUrl = Callback(call, resets),
        };

        if (_disallowed.Count == 0 || settings.DisallowedUpdate == DisallowedUpdate.FieldIgnored) return;
        if (settings.DisallowedUpdate == DisallowedUpdate.Refused)
            throw ServiceError.InvalidParameter($"{string.Join(", ", _disallowed)} cannot be updated while the task is running.");
        Config = stored;
        ChangesOnAir = false;
    }

    bool Take(string field, bool allowed, RelayConfig changed)
    {
        if (allowed) Config = changed;
        else _disallowed.Add(field);
        return allowed;
    }

    string Callback(CallParameters call, bool resets)
    {
        var sent = call.WebAddress("CallbackUrl");
        if (sent is null) return resets ? "" : task.Config.CallbackUrl;
        if (sent != "" || settings.EmptyCallbackUrl == EmptyValue.Clears) return sent;
        return settings.EmptyCallbackUrl == EmptyValue.Ignored
            ? task.Config.CallbackUrl
            : throw ServiceError.InvalidParameter("CallbackUrl must not be empty.");
    }
}
