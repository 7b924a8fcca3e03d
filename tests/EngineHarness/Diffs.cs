using PulumiAliyunLive.Model;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>A plugin's answer to Diff, or the engine's own, in the engine's terms.</summary>
sealed record DiffAnswer(bool Changed, bool DeleteBeforeReplace, IReadOnlyList<ChangedPath> Changes, bool ReplaceForced = false)
{
    public bool Replace => Changed && (ReplaceForced || Changes.Any(change => change.Replace));

    /// <summary>Reads an answer. One that leaves the question open is answered by comparing inputs.</summary>
    /// <exception cref="FormatException">A key of the detailed diff is no property path.</exception>
    public static DiffAnswer From(Wire.DiffResponse reply, PropertyMap oldInputs, PropertyMap news)
    {
        if (reply.Changes == Wire.DiffResponse.Types.DiffChanges.DiffUnknown)
        {
            var compared = Compare(oldInputs, news);
            return new(compared.Count > 0, reply.DeleteBeforeReplace, compared);
        }
        if (reply.Changes == Wire.DiffResponse.Types.DiffChanges.DiffNone)
            return new(false, reply.DeleteBeforeReplace, []);
        IEnumerable<ChangedPath> changes = reply.HasDetailedDiff
            ? reply.DetailedDiff.Select(pair => new ChangedPath(Checked(pair.Key), KindOf(pair.Value.Kind), IsReplace(pair.Value.Kind)))
            : reply.Diffs.Select(name => new ChangedPath(name, PathChange.Update, reply.Replaces.Contains(name)));
        return new(true, reply.DeleteBeforeReplace, [.. changes.OrderBy(change => change.Path, StringComparer.Ordinal)], reply.Replaces.Count > 0);
    }

    /// <summary>The answer with every change that a path of <paramref name="replaceOnChanges"/> covers turned into a replacement.</summary>
    public DiffAnswer ReplacingOn(IReadOnlyList<string> replaceOnChanges)
    {
        if (!Changed || replaceOnChanges.Count == 0)
            return this;
        var paths = replaceOnChanges.Select(AccessPath.Parse).ToList();
        return this with
        {
            Changes = [.. Changes.Select(change => paths.Exists(path => path.Covers(AccessPath.Parse(change.Path))) ? change with { Replace = true } : change)],
        };
    }

    /// <summary>What differs between two maps, name by name.</summary>
    public static List<ChangedPath> Compare(PropertyMap olds, PropertyMap news)
    {
        var changes = new List<ChangedPath>();
        foreach (var name in olds.Keys.Union(news.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (olds[name], news[name])
            {
                case (null, not null):
                    changes.Add(new(name, PathChange.Add, Replace: false));
                    break;
                case (not null, null):
                    changes.Add(new(name, PathChange.Delete, Replace: false));
                    break;
                case ({ } before, { } after) when !PropertyValue.SameValue(before, after):
                    changes.Add(new(name, PathChange.Update, Replace: false));
                    break;
            }
        }
        return changes;
    }

    static string Checked(string path) => AccessPath.Parse(path) is not null ? path : "";

    static PathChange KindOf(Wire.PropertyDiff.Types.Kind kind) => kind switch
    {
        Wire.PropertyDiff.Types.Kind.Add or Wire.PropertyDiff.Types.Kind.AddReplace => PathChange.Add,
        Wire.PropertyDiff.Types.Kind.Delete or Wire.PropertyDiff.Types.Kind.DeleteReplace => PathChange.Delete,
        _ => PathChange.Update,
    };

    static bool IsReplace(Wire.PropertyDiff.Types.Kind kind) =>
        kind is Wire.PropertyDiff.Types.Kind.AddReplace or Wire.PropertyDiff.Types.Kind.DeleteReplace or Wire.PropertyDiff.Types.Kind.UpdateReplace;
}
