using System.Collections.Immutable;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>Something that goes wrong at the n-th service call of an operation, counted from 1.</summary>
sealed record Trouble(int Call, string Kind, int Times)
{
    public static readonly ImmutableArray<string> Kinds =
    [
        "error before", "error after", "drop before", "drop after", "malformed", "html", "cut answer", "slow", "throttle", "throttle api",
        "rejected", "throttle wait", "rejected wait", "unavailable", "nonce used", "clock", "token", "stall", "late answer", "list lags", "list ghosts",
    ];

    public override string ToString() => $"{Kind} at call {Call}{(Times > 1 ? $" and {Times - 1} more" : "")}";

    public Fault ToFault() => (Kind switch
    {
        "error before" => Fault.ErrorBeforeDoing(),
        "error after" => Fault.ErrorAfterDoing(),
        "drop before" => Fault.DropBefore(),
        "drop after" => Fault.DropAfter(),
        "malformed" => Fault.MalformedJson(),
        "html" => Fault.HtmlBadGateway(),
        "cut answer" => Fault.CutAnswer(),
        "slow" => Fault.SlowBytes(),
        "throttle" => Fault.Throttle(),
        "throttle api" => Fault.Throttle(code: "Throttling.Api"),
        "rejected" => Fault.Throttle(code: "Rejected.Throttling"),
        "throttle wait" => Fault.Throttle(TimeSpan.FromSeconds(2)),
        "rejected wait" => Fault.Throttle(TimeSpan.FromMinutes(10), "Rejected.Throttling"),
        "unavailable" => Fault.Refuse("ServiceUnavailable", 503),
        "nonce used" => Fault.NonceUsed(),
        "clock" => Fault.Refuse("InvalidTimeStamp.Expired"),
        "stall" => Fault.Stall(),
        "late answer" => Fault.LateAnswer(),
        "list lags" => Fault.ListLags(TimeSpan.FromSeconds(8)),
        "list ghosts" => Fault.ListGhosts(TimeSpan.FromMinutes(10)),
        _ => throw new InvalidOperationException(Kind),
    }) with
    { Times = Times };
}

/// <summary>The end of an operation at its n-th service call: the plugin is killed or the engine cancels, before or after the service acts.</summary>
sealed record Cut(int Call, bool Kills, bool After)
{
    public override string ToString() => $"{(Kills ? "killed" : "cancelled")} {(After ? "after" : "before")} call {Call}";
}

/// <summary>One step of a program.</summary>
abstract record Act
{
    /// <summary>The program states another value for one resource; <c>gone</c> takes the resource out of it.</summary>
    public sealed record Edit(int Slot, string What, int Value) : Act
    {
        public override string ToString() => $"edit {Slot} {What} {Value}";
    }

    /// <summary>Somebody acts in the console.</summary>
    public sealed record Outside(int Slot, string What) : Act
    {
        public override string ToString() => $"outside {Slot} {What}";
    }

    public sealed record Wait(int Seconds) : Act
    {
        public override string ToString() => $"wait {Seconds} s";
    }

    /// <summary><c>up</c>, <c>refresh</c> or <c>destroy</c> with what goes wrong, which resource comes first, and how long nobody does anything
    /// afterwards.</summary>
    public sealed record Run(string Verb, ImmutableArray<Trouble> Troubles, Cut? Cut, int First, int Pause) : Act
    {
        public override string ToString() => string.Join(
            ", ", [$"{Verb} from {First}", .. Troubles.Select(trouble => trouble.ToString()), .. Cut is null ? [] : new[] { Cut.ToString() }, $"then {Pause} s"]);
    }
}

/// <summary>What is done to a stack, and all that goes wrong with it: pure data, so that it can be run again and made smaller.</summary>
sealed record FaultProgram(int ListLagSeconds, ImmutableArray<Act> Acts)
{
    public const int Slots = 4;

    /// <summary>The slot of the monitor session; the others are relay tasks.</summary>
    public const int MonitorSlot = 3;

    static readonly string[] Edits = ["source", "source", "callback", "callback", "desired", "destination", "triggers", "await", "gone", "back", "retries"];
    static readonly string[] MonitorEdits = ["source", "source", "callback", "callback", "desired", "desired", "gone", "back"];
    static readonly string[] Outsides = ["stop", "start", "delete", "edit", "lose source", "restore source"];

    /// <summary>The same program for the same seed, always.</summary>
    public static FaultProgram Generate(int seed)
    {
        var random = new Random(seed);
        var acts = ImmutableArray.CreateBuilder<Act>();
        acts.Add(NewRun(random, "up"));
        var length = random.Next(3, 10);
        while (acts.Count < length)
        {
            switch (random.Next(10))
            {
                case < 2: acts.Add(new Act.Outside(random.Next(Slots), Outsides[random.Next(Outsides.Length)])); break;
                case 2: acts.Add(new Act.Wait(random.Next(4) switch { 0 => 5, 1 => 15, 2 => 61, _ => 1000 })); break;
                case 3 or 4: acts.Add(NewRun(random, "refresh")); break;
                case 5: acts.Add(NewRun(random, "destroy")); break;
                default:
                    // An up without anything to do calls nothing that could fail.
                    for (var edits = random.Next(1, 4); edits > 0; edits--) acts.Add(NewEdit(random));
                    acts.Add(NewRun(random, "up"));
                    break;
            }
        }

        return new(random.Next(4) switch { 0 => 2, 1 => 8, _ => 0 }, acts.ToImmutable());
    }

    /// <summary>As often for the session as for all tasks together, which have more that can change.</summary>
    static Act.Edit NewEdit(Random random) => random.Next(2) == 0
        ? new(random.Next(MonitorSlot), Edits[random.Next(Edits.Length)], random.Next(3))
        : new(MonitorSlot, MonitorEdits[random.Next(MonitorEdits.Length)], random.Next(3));

    static Act.Run NewRun(Random random, string verb)
    {
        // The first calls more often than the later ones, which not every run comes to.
        int Call() => verb == "refresh" ? random.Next(1, 6) : random.Next(1, random.Next(4, 20));
        var troubles = Enumerable.Range(0, random.Next(5))
            .Select(_ => new Trouble(Call(), Trouble.Kinds[random.Next(Trouble.Kinds.Length)], random.Next(4) == 0 ? 2 : 1));
        var cut = random.Next(3) == 0 ? new Cut(Call(), random.Next(2) == 0, random.Next(2) == 0) : null;
        return new(verb, [.. troubles], cut, random.Next(Slots), random.Next(3) switch { 0 => 0, 1 => 1, _ => 10 });
    }

    /// <summary>Programs that do a little less, the boldest cuts first.</summary>
    public IEnumerable<FaultProgram> Smaller()
    {
        if (Acts.Length > 3)
        {
            yield return this with { Acts = Acts[..(Acts.Length / 2)] };
            yield return this with { Acts = Acts[(Acts.Length / 2)..] };
        }

        for (var at = Acts.Length - 1; at >= 0; at--) yield return this with { Acts = Acts.RemoveAt(at) };
        for (var at = 0; at < Acts.Length; at++)
        {
            if (Acts[at] is not Act.Run run) continue;
            if (run.Cut is not null) yield return this with { Acts = Acts.SetItem(at, run with { Cut = null }) };
            foreach (var trouble in run.Troubles)
            {
                yield return this with { Acts = Acts.SetItem(at, run with { Troubles = run.Troubles.Remove(trouble) }) };
                if (trouble.Times > 1) yield return this with { Acts = Acts.SetItem(at, run with { Troubles = run.Troubles.Replace(trouble, trouble with { Times = 1 }) }) };
            }
        }

        if (ListLagSeconds > 0) yield return this with { ListLagSeconds = 0 };
    }

    public override string ToString() => $"list lag {ListLagSeconds} s\n{string.Join('\n', Acts)}";
}
