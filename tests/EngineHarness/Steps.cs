namespace EngineHarness;

/// <summary>What a step does to a resource.</summary>
enum StepKind
{
    Same,
    Create,
    Update,
    Delete,

    /// <summary>The marker of a replacement as a whole.</summary>
    Replace,
    CreateReplacement,
    DeleteReplaced,
    Read,
    Import,
    ImportReplacement,

    /// <summary>A refresh of its own.</summary>
    Refresh,
}

/// <summary>How steps are written.</summary>
static class StepWords
{
    /// <summary>The sign in front of a line, two characters wide.</summary>
    public static string Sign(this StepKind kind) => kind switch
    {
        StepKind.Create => "+ ",
        StepKind.Update or StepKind.Refresh => "~ ",
        StepKind.Delete => "- ",
        StepKind.Replace => "+-",
        StepKind.CreateReplacement => "++",
        StepKind.DeleteReplaced => "--",
        StepKind.Read => "> ",
        StepKind.Import => "= ",
        StepKind.ImportReplacement => "=>",
        _ => "  ",
    };

    public static string Planned(this StepKind kind) => kind switch
    {
        StepKind.CreateReplacement => "create replacement",
        StepKind.DeleteReplaced => "delete original",
        StepKind.ImportReplacement => "import replacement",
        StepKind.Same => "",
        _ => kind.ToString().ToLowerInvariant(),
    };

    public static string Running(this StepKind kind) => kind switch
    {
        StepKind.Create => "creating",
        StepKind.Update => "updating",
        StepKind.Delete => "deleting",
        StepKind.Replace => "replacing",
        StepKind.CreateReplacement => "creating replacement",
        StepKind.DeleteReplaced => "deleting original",
        StepKind.Read => "reading",
        StepKind.Import => "importing",
        StepKind.ImportReplacement => "importing replacement",
        StepKind.Refresh => "refreshing",
        _ => "",
    };

    public static string Done(this StepKind kind) => kind switch
    {
        StepKind.Create => "created",
        StepKind.Update => "updated",
        StepKind.Delete => "deleted",
        StepKind.Replace => "replaced",
        StepKind.CreateReplacement => "created replacement",
        StepKind.DeleteReplaced => "deleted original",
        StepKind.Read => "read",
        StepKind.Import => "imported",
        StepKind.ImportReplacement => "imported replacement",
        StepKind.Refresh => "refresh",
        _ => "",
    };
}

/// <summary>How a property changed.</summary>
enum PathChange
{
    Add,
    Delete,
    Update,
}

/// <summary>One changed path of a resource.</summary>
sealed record ChangedPath(string Path, PathChange Change, bool Replace)
{
    /// <summary>The same change seen from the other side.</summary>
    public ChangedPath Inverted => this with
    {
        Change = Change switch { PathChange.Add => PathChange.Delete, PathChange.Delete => PathChange.Add, _ => Change },
    };

    public override string ToString() => $"{Sign}{Path}{(Replace ? " (replace)" : "")}";

    string Sign => Change switch { PathChange.Add => "+", PathChange.Delete => "-", _ => "~" };
}

/// <summary>A step that was shown: what a run did, or what a preview says it would do.</summary>
sealed record StepRecord(StepKind Kind, string Urn, IReadOnlyList<ChangedPath> Changes);

/// <summary>A message to the user about a resource.</summary>
/// <param name="Severity"><c>debug</c>, <c>info</c>, <c>warning</c> or <c>error</c>.</param>
sealed record Diagnostic(string Urn, string Severity, string Message);

/// <summary>How a run, or its preview, ended.</summary>
sealed record RunResult(
    bool Succeeded, IReadOnlyList<StepRecord> Steps, IReadOnlyDictionary<StepKind, int> Counts, IReadOnlyList<Diagnostic> Diagnostics,
    PulumiAliyunLive.Model.PropertyMap Outputs)
{
    /// <summary>Whether nothing was changed, or would be.</summary>
    public bool NoChanges => Succeeded && Counts.Keys.All(kind => kind is StepKind.Same or StepKind.Read);

    /// <summary>How many resources a kind of step concerned.</summary>
    public int Count(StepKind kind) => Counts.GetValueOrDefault(kind);

    /// <summary>The steps of one resource, in order.</summary>
    public IEnumerable<StepRecord> Of(string name) => Steps.Where(step => Tokens.NameOf(step.Urn) == name);
}
