using PulumiAliyunLive.Model;
using Kind = PulumiAliyunLive.Protocol.Wire.PropertyDiff.Types.Kind;
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
        var sorted = changes.OrderBy(change => change.Path, StringComparer.Ordinal);
        return new(true, reply.DeleteBeforeReplace, [.. sorted], reply.Replaces.Count > 0);
    }

    /// <summary>The answer with every change that a path of <paramref name="replaceOnChanges"/> covers turned into a replacement.</summary>
    public DiffAnswer ReplacingOn(IReadOnlyList<string> replaceOnChanges)
    {
        if (!Changed || replaceOnChanges.Count == 0)
            return this;
        var paths = replaceOnChanges.Select(AccessPath.Parse).ToList();
        return this with { Changes = [.. Changes.Select(change => Covered(change) ? change with { Replace = true } : change)] };

        bool Covered(ChangedPath change) => paths.Exists(path => path.Covers(AccessPath.Parse(change.Path)));
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

    static PathChange KindOf(Kind kind) => kind switch
    {
        Kind.Add or Kind.AddReplace => PathChange.Add,
        Kind.Delete or Kind.DeleteReplace => PathChange.Delete,
        _ => PathChange.Update,
    };

    static bool IsReplace(Kind kind) =>
        kind is Kind.AddReplace or Kind.DeleteReplace or Kind.UpdateReplace;
}
