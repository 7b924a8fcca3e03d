using System.Collections.Immutable;

namespace LiveSimulator;

/// <summary>The whole service in one moment.</summary>
/// <param name="Moved">How far the clock was moved.</param>
/// <param name="Calls">How many calls there were; <paramref name="Latest"/> holds the last of them.</param>
sealed record ServiceMoment(
    DateTimeOffset Now, TimeSpan Moved, ImmutableArray<TaskSnapshot> Tasks, ImmutableArray<MonitorSnapshot> Monitors,
    ImmutableArray<PushConflict> Conflicts, int Calls, ImmutableArray<ServiceCall> Latest, ImmutableArray<WaitingFault> Faults);
