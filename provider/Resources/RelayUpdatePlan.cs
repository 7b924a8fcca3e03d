using PulumiAliyunLive.Model;
using TaskStatus = PulumiAliyunLive.Live.TaskStatus;

namespace PulumiAliyunLive.Resources;

/// <summary>
/// What an update of a relay task does, decided from the state alone, so that preview and update agree: the update never interrupts a push
/// that preview did not say it would.
/// </summary>
sealed record RelayUpdatePlan
{
    /// <summary>
    /// Output that outlives a failed start or stop: the run state, <c>Running</c> or <c>Stopped</c>, that the next update still has to
    /// bring about. Its name marks it as internal.
    /// </summary>
    public const string PendingKey = "__pending";

    /// <summary>The new inputs.</summary>
    public required PropertyMap News { get; init; }

    /// <summary>The old outputs and inputs.</summary>
    public required PropertyMap Olds { get; init; }

    public required PropertyMap OldInputs { get; init; }

    /// <summary>The top-level inputs that changed.</summary>
    public required IReadOnlySet<string> Changed { get; init; }

    /// <summary>Whether the task is over.</summary>
    public required bool Ended { get; init; }

    /// <summary>Whether an ended task is given a new end in the future, which only a replacement can do.</summary>
    public required bool Extended { get; init; }

    /// <summary>Whether the task is on air as far as the state knows.</summary>
    public required bool OnAirByState { get; init; }

    /// <summary>Whether its start has passed as far as the state knows.</summary>
    public required bool Started { get; init; }

    /// <summary>The run state the program wants kept; null where it leaves that to others, <c>ignoreChanges</c> included.</summary>
    public required string? Desired { get; init; }

    /// <summary>The run state to bring about: a changed <c>desiredStatus</c>, or what an earlier update left undone.</summary>
    public required string? MoveTo { get; init; }

    /// <summary>Whether a configuration changed that a task on air takes only through stop, update and restart.</summary>
    public required bool ChangesWhatPlays { get; init; }

    /// <summary>Whether <c>restartTriggers</c> asks for a restart that applies: not on a task that is to be stopped.</summary>
    public bool WantsRestart => Changed.Contains("restartTriggers") && Desired != "Stopped";

    public bool Awaits => News["awaitRunning"]?.Boolean == true && Desired != "Stopped";

    public bool RunStateMoves => MoveTo is not null || WantsRestart || (OnAirByState && ChangesWhatPlays);

    /// <summary>Whether anything is left to do but to record the new inputs.</summary>
    public required bool NeedsService { get; init; }

    /// <summary>What the preview warns of; null where nothing interrupts the push. A stop that is asked for needs no warning.</summary>
    public string? Interruption
    {
        get
        {
            if (Ended || MoveTo == "Stopped") return null;
            if (OnAirByState && ChangesWhatPlays)
            {
                var names = string.Join(", ", Changed.Where(name => name is "sourceUrls" or "offset" or "fileIndex"));
                return $"this interrupts the push: a change of {names} applies only through stop, update and restart of the task";
            }

            return WantsRestart && Started ? "this interrupts the push: the changed restartTriggers restart the task" : null;
        }
    }

    public static RelayUpdatePlan Of(RelayTask resource, UpdateRequest request, DateTimeOffset now)
    {
        var byField = resource.Fields.ToDictionary(field => field.Name, field => field.Takes, StringComparer.Ordinal);
        var changes = resource.Changes(request.Olds, request.OldInputs, request.News, request.IgnoreChanges, now);
        var changed = changes.Select(change => PropertyPath.Parse(change.Path).RootName!).Where(byField.ContainsKey).ToHashSet(StringComparer.Ordinal);
        var desired = RelayTask.Covers(request.IgnoreChanges, "desiredStatus") ? null : request.News["desiredStatus"]?.Text;
        var moveTo = (changed.Contains("desiredStatus") ? desired : null) ?? Undone(request.Olds, desired);
        var ended = RelayTask.HasEnded(request.Olds, now);
        var started = HasStarted(request.Olds, now);
        return new()
        {
            News = request.News,
            Olds = request.Olds,
            OldInputs = request.OldInputs,
            Changed = changed,
            Ended = ended,
            Extended = ended && Times.Parse(request.News["endTime"]?.Text) > now,
            OnAirByState = WasOnAir(request.Olds, now),
            Started = started,
            Desired = desired,
            MoveTo = moveTo,
            ChangesWhatPlays = changed.Any(name => byField[name] == Takes.WhenStopped && !IsUnsendable(name, request.News)),
            NeedsService = moveTo is not null
                || changed.Any(name => byField[name] is Takes.AtOnce or Takes.WhenStopped)
                || changed.Contains("restartTriggers")
                || (changed.Contains("startTime") && !started)
                || (request.News["awaitRunning"]?.Boolean == true && desired != "Stopped"),
        };
    }

    /// <summary>Whether a new value is one that no update can send: the service takes no offset of 0, which is what none means.</summary>
    public static bool IsUnsendable(string name, PropertyMap news) =>
        name == "offset" && news[name] is null or { IsUnknown: false, Number: null or 0 };

    /// <summary>What an earlier update left undone, unless the program wants the opposite by now.</summary>
    public static string? Undone(PropertyMap olds, string? desired) =>
        olds[PendingKey]?.Text is { } pending && (pending == "Stopped") == (desired == "Stopped") ? pending : null;

    /// <summary>On air by the state: seen running, or waiting for a start that has passed since.</summary>
    public static bool WasOnAir(PropertyMap olds, DateTimeOffset now) => olds["status"]?.Text switch
    {
        nameof(TaskStatus.Running) or nameof(TaskStatus.Recovering) => true,
        nameof(TaskStatus.Idle) => Times.Parse(olds["startTime"]?.Text) <= now,
        // A stop of ours that still awaits its restart.
        nameof(TaskStatus.Offline) => olds[PendingKey]?.Text == "Running",
        _ => false,
    };

    public static bool HasStarted(PropertyMap olds, DateTimeOffset now) =>
        olds["status"]?.Text is nameof(TaskStatus.Running) or nameof(TaskStatus.Recovering) or nameof(TaskStatus.Offline)
        || Times.Parse(olds["startTime"]?.Text) <= now;

    /// <summary>The old outputs with the new inputs in place of the old ones, for a change that only needs recording.</summary>
    public PropertyMap Recorded()
    {
        var outputs = new PropertyMap(News);
        foreach (var (name, value) in Olds)
        {
            if (!outputs.ContainsKey(name) && (name is "startTime" || !OldInputs.ContainsKey(name))) outputs[name] = value;
        }

        // The task keeps the start it had; a stated one in its past changes nothing there.
        if (Started && Olds["startTime"] is { } start) outputs["startTime"] = start;
        return outputs;
    }
}
