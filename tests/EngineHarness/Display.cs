using System.Globalization;
using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>
/// Prints a run as the command line tool prints it without a terminal: a line for each step begun and ended, log lines under their
/// resource, and at the end diagnostics, outputs and counts. Safe to call from several threads.
/// </summary>
/// <param name="paths">Whether to list every changed path under the line that plans a step, which the tool does not do by itself.</param>
sealed class Display(TextWriter output, bool preview, bool debug, bool paths, TimeProvider time)
{
    static readonly StepKind[] s_counted =
        [StepKind.Create, StepKind.Update, StepKind.Delete, StepKind.Replace, StepKind.Read, StepKind.Import];

    readonly Lock _gate = new();
    readonly List<StepRecord> _steps = [];
    readonly List<Diagnostic> _diagnostics = [];
    readonly Dictionary<string, string> _rows = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _lastRows = new(StringComparer.Ordinal);
    readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    readonly Dictionary<StepKind, int> _counts = [];

    public IReadOnlyList<StepRecord> Steps
    {
        get
        {
            lock (_gate)
                return [.. _steps];
        }
    }

    public IReadOnlyDictionary<StepKind, int> Counts => _counts;

    public IReadOnlyList<Diagnostic> Diagnostics
    {
        get
        {
            lock (_gate)
                return [.. _diagnostics];
        }
    }

    /// <summary>Whether an error was reported, by a call or through the log.</summary>
    public bool Failed => Diagnostics.Any(diagnostic => diagnostic.Severity == "error");

    public void Begin(string what)
    {
        lock (_gate)
            output.Write($"{what}\n\n");
    }

    /// <summary>A step that begins; it ends with <see cref="RunningStep.Done"/> or <see cref="RunningStep.Failed"/>.</summary>
    public RunningStep Step(StepKind kind, string urn, IReadOnlyList<ChangedPath>? changes = null)
    {
        var step = new RunningStep(this, kind, urn, changes ?? [], time.GetTimestamp());
        lock (_gate)
        {
            var info = Info(step.Changes);
            if (preview && kind != StepKind.Refresh)
                Row(kind, urn, kind.Planned(), info);
            else
                Row(kind, urn, preview ? kind.Running() : $"{kind.Running()} (0s)", info);
            if (preview && paths)
                PrintPaths(step.Changes);
            _rows[urn] = LinePrefix(kind, urn, preview ? kind.Planned() : $"{kind.Running()} (0s)");
        }
        return step;
    }

    /// <summary>A step that is shown once, begun and ended in one.</summary>
    public void Mark(StepKind kind, string urn, IReadOnlyList<ChangedPath> changes) => Step(kind, urn, changes).Done();

    /// <summary>Counts a resource that needs nothing; no line is shown for it.</summary>
    public void Same(string urn)
    {
        lock (_gate)
        {
            Count(StepKind.Same);
            _steps.Add(new(StepKind.Same, urn, []));
        }
    }

    /// <summary>Counts a resource as part of a run that failed later.</summary>
    public void Count(string urn, StepKind kind)
    {
        lock (_gate)
        {
            Count(kind);
            _steps.Add(new(kind, urn, []));
        }
    }

    /// <summary>Says what stands before messages about a resource from now on.</summary>
    public void Place(StepKind kind, string urn, string status)
    {
        lock (_gate)
            _rows[urn] = LinePrefix(kind, urn, status);
    }

    /// <summary>A line about a resource that is no step.</summary>
    public void Row(StepKind kind, string urn, string status, string info = "")
    {
        lock (_gate)
            output.Write($"{LinePrefix(kind, urn, status)} {info}\n");
    }

    /// <summary>The last line about a resource whose run failed; the messages about it are counted when everything has ended.</summary>
    public void FailedRow(StepKind kind, string urn, string status)
    {
        lock (_gate)
            _lastRows[urn] = LinePrefix(kind, urn, status);
    }

    /// <summary>A message about a resource, shown under its line now and among the diagnostics at the end.</summary>
    public void Report(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == "debug" && !debug)
            return;
        lock (_gate)
        {
            _diagnostics.Add(diagnostic);
            var prefix = _rows.GetValueOrDefault(diagnostic.Urn) ?? LinePrefix(StepKind.Same, diagnostic.Urn, "");
            // An error shows its first line here and the rest at the end.
            var lines = Prefixed(diagnostic).Split('\n').Where(line => line.Length > 0);
            foreach (var line in diagnostic.Severity == "error" ? lines.Take(1) : lines)
                output.Write($"{prefix} {line}\n");
        }
    }

    /// <summary>Progress text, shown and forgotten.</summary>
    public void Progress(string urn, string message)
    {
        lock (_gate)
            output.Write($"{_rows.GetValueOrDefault(urn) ?? LinePrefix(StepKind.Same, urn, "")} {message}\n");
    }

    /// <summary>What is known at the end: diagnostics, outputs against what they were, counts.</summary>
    public void End(PropertyMap? outputs, PropertyMap? oldOutputs, TimeSpan? duration)
    {
        lock (_gate)
        {
            PrintMessageCounts();
            PrintDiagnostics();
            if (outputs is not null)
                PrintOutputs(outputs, oldOutputs);
            PrintCounts();
            if (duration is { } time)
                output.Write($"Duration: {Math.Max(1, (int)Math.Round(time.TotalSeconds))}s\n\n");
        }
    }

    static string LinePrefix(StepKind kind, string urn, string status) =>
        $" {kind.Sign()} {Tokens.TypeOf(urn)} {Tokens.NameOf(urn)} {status}";

    /// <summary>The properties a step changes, by kind: <c>[diff: +a-b~c]</c>.</summary>
    internal static string Info(IReadOnlyList<ChangedPath> changes)
    {
        if (changes.Count == 0)
            return "";
        var names = new SortedDictionary<string, PathChange>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var path = AccessPath.Parse(change.Path);
            var kind = path.Steps.Count == 1 ? change.Change : PathChange.Update;
            names[path.Root] = names.TryGetValue(path.Root, out var other) && other != kind ? PathChange.Update : kind;
        }
        return "[diff: " + Of(PathChange.Add, "+") + Of(PathChange.Delete, "-") + Of(PathChange.Update, "~") + "]";

        string Of(PathChange kind, string sign)
        {
            var list = string.Join(',', names.Where(pair => pair.Value == kind).Select(pair => pair.Key));
            return list.Length == 0 ? "" : sign + list;
        }
    }

    void PrintPaths(IReadOnlyList<ChangedPath> changes)
    {
        // What the line itself does not tell: places below the top level, and what forces a replacement.
        foreach (var change in changes.Where(change => change.Replace || AccessPath.Parse(change.Path).Steps.Count > 1))
            output.Write($"        {change}\n");
    }

    static string Prefixed(Diagnostic diagnostic) =>
        diagnostic.Severity == "info" ? diagnostic.Message : $"{diagnostic.Severity}: {diagnostic.Message}";

    /// <summary>A last line for each resource with messages that no step has ended.</summary>
    void PrintMessageCounts()
    {
        foreach (var group in ByResource().Where(group => !_ended.Contains(group.Key)))
        {
            var others = group.Where(diagnostic => diagnostic.Severity is "info" or "debug");
            string[] counts =
            [
                Number(group.Count(diagnostic => diagnostic.Severity == "error"), "error"),
                Number(group.Count(diagnostic => diagnostic.Severity == "warning"), "warning"),
                Number(others.Sum(diagnostic => diagnostic.Message.Split('\n').Length), "message"),
            ];
            var prefix = _lastRows.GetValueOrDefault(group.Key) ?? LinePrefix(StepKind.Same, group.Key, "");
            output.Write($"{prefix} {string.Join("; ", counts.Where(count => count.Length > 0))}\n");
        }
    }

    IEnumerable<IGrouping<string, Diagnostic>> ByResource() =>
        _diagnostics.GroupBy(diagnostic => diagnostic.Urn, StringComparer.Ordinal);

    static string Number(int count, string what) => count switch { 0 => "", 1 => $"1 {what}", _ => $"{count} {what}s" };

    void PrintDiagnostics()
    {
        if (_diagnostics.Count == 0)
            return;
        output.Write("Diagnostics:\n");
        foreach (var group in ByResource().OrderBy(group => Tokens.TypeOf(group.Key) == Tokens.Stack ? 0 : 1))
        {
            output.Write($"  {Tokens.TypeOf(group.Key)} ({Tokens.NameOf(group.Key)}):\n");
            foreach (var diagnostic in group)
                output.Write("    " + Prefixed(diagnostic).TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal) + "\n");
            output.Write("\n");
        }
    }

    void PrintOutputs(PropertyMap outputs, PropertyMap? olds)
    {
        var names = outputs.Keys.Union(olds?.Keys ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var lines = names.ConvertAll(name => (Name: name, Line: OutputLine(outputs[name], olds, name)));
        // A preview shows outputs only where it knows that they change.
        if (lines.Count == 0 || (preview && olds is not null && lines.TrueForAll(line => line.Line.Sign == ' ')))
            return;
        output.Write("Outputs:\n");
        var width = names.Max(name => name.Length);
        foreach (var (name, (sign, text)) in lines)
            output.Write($"  {sign} {name.PadRight(width)}: {text}\n");
        output.Write("\n");
    }

    static (char Sign, string Text) OutputLine(PropertyValue? now, PropertyMap? olds, string name)
    {
        var old = olds?[name];
        return (old, now) switch
        {
            (null, { } value) => (olds is null ? ' ' : '+', Show(value)),
            ({ } value, null) => ('-', Show(value)),
            ({ } before, { IsUnknown: true }) => (' ', Show(before)),
            ({ } before, { } after) when PropertyValue.SameValue(before, after) => (' ', Show(after)),
            ({ } before, { } after) => ('~', $"{Show(before)} => {Show(after)}"),
            _ => (' ', "null"),
        };
    }

    /// <summary>A value as it may be shown to anybody.</summary>
    internal static string Show(PropertyValue value) => value switch
    {
        { IsSecret: true } => "[secret]",
        { IsUnknown: true } => "[unknown]",
        ArrayValue list => "[" + string.Join(", ", list.Items.Select(Show)) + "]",
        ObjectValue map => "{" + string.Join(", ", map.Fields.Select(field => $"{field.Key}: {Show(field.Value)}")) + "}",
        OpaqueValue => "{…}",
        _ => PropertyJson.Write(value),
    };

    void PrintCounts()
    {
        output.Write("Resources:\n");
        var changes = 0;
        var kinds = 0;
        foreach (var kind in s_counted)
        {
            var count = _counts.GetValueOrDefault(kind);
            if (count == 0)
                continue;
            changes += count;
            kinds++;
            output.Write($"    {kind.Sign()}{count} {(preview ? "to " + kind.Planned() : kind.Done())}\n");
        }
        var same = _counts.GetValueOrDefault(StepKind.Same);
        var line = (kinds > 1 ? [$"{changes} changes"] : Array.Empty<string>()).Concat(same > 0 ? [$"{same} unchanged"] : []);
        if (line.Any())
            output.Write($"    {string.Join(". ", line)}\n");
        var errored = ByResource().Count(group => group.Any(diagnostic => diagnostic.Severity == "error"));
        if (errored > 0)
            output.Write($"    {errored} errored\n");
        output.Write("\n");
    }

    void Count(StepKind kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;

    /// <summary>A step between its first and its last line.</summary>
    internal sealed class RunningStep(Display display, StepKind kind, string urn, IReadOnlyList<ChangedPath> changes, long begun)
    {
        public IReadOnlyList<ChangedPath> Changes { get; private set; } = changes;

        /// <summary>The step ended well; <paramref name="found"/> replaces what was known of the changes when it began.</summary>
        public void Done(StepKind? became = null, IReadOnlyList<ChangedPath>? found = null)
        {
            Changes = found ?? Changes;
            var now = became ?? kind;
            lock (display._gate)
            {
                display._steps.Add(new(now, urn, Changes));
                // Of a replacement only the step that stands for the whole is counted.
                if (now is not (StepKind.CreateReplacement or StepKind.DeleteReplaced or StepKind.Refresh))
                    display.Count(now == StepKind.ImportReplacement ? StepKind.Import : now);
                if (kind == StepKind.Refresh)
                    display.Row(now, urn, Refreshed(now), Info(Changes));
                else if (!display.IsPreview)
                    display.Row(kind, urn, $"{kind.Done()} ({Elapsed()})", Info(Changes));
                if (kind == StepKind.Refresh && display.ShowsPaths)
                    display.PrintPaths(Changes);
                display._rows.Remove(urn);
                display._ended.Add(urn);
            }
        }

        string Refreshed(StepKind now) => now == StepKind.Same ? "" : display.IsPreview ? now.Planned() : $"{now.Done()} ({Elapsed()})";

        /// <summary>The step failed; the message says why.</summary>
        public void Failed(string message)
        {
            display.Report(new(urn, "error", message));
            lock (display._gate)
            {
                display.Row(kind, urn, $"**{kind.Running()} failed**", "error: " + message.Split('\n')[0]);
                display._rows.Remove(urn);
                display._ended.Add(urn);
            }
        }

        string Elapsed() => display.Since(begun).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + "s";
    }

    bool IsPreview => preview;

    bool ShowsPaths => preview && paths;

    TimeSpan Since(long begun) => time.GetElapsedTime(begun);
}
