using System.Globalization;
using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>
/// The steps of a property path or of a reference in a program: <c>a.b[0]["x.y"]</c>; <c>[*]</c> stands for every element. Read here once
/// more, apart from the plugin's own reader, so that the two can disagree.
/// </summary>
sealed class AccessPath
{
    AccessPath(IReadOnlyList<Step> steps) => Steps = steps;

    public IReadOnlyList<Step> Steps { get; }

    /// <summary>The first step's name.</summary>
    public string Root => Steps[0].Name ?? "";

    /// <summary>Reads a path; a text that is none is a <see cref="FormatException"/>.</summary>
    public static AccessPath Parse(string text)
    {
        var steps = new List<Step>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '[')
            {
                var quoted = at + 1 < text.Length && text[at + 1] == '"';
                var close = quoted ? text.IndexOf("\"]", at + 2, StringComparison.Ordinal) : text.IndexOf(']', at);
                if (close < 0)
                    throw new FormatException($"'{text}' is not a property path: a bracket is not closed");
                var inside = quoted ? text[(at + 2)..close] : text[(at + 1)..close];
                if (quoted)
                    steps.Add(new(inside.Replace("\\\"", "\"", StringComparison.Ordinal), 0));
                else if (inside == "*")
                    steps.Add(Step.Every);
                else if (int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                    steps.Add(new(null, index));
                else
                    throw new FormatException($"'{text}' is not a property path: '{inside}' is neither a number nor quoted");
                at = close + (quoted ? 2 : 1);
                continue;
            }
            if (text[at] == '.')
            {
                if (at == 0 || at + 1 == text.Length)
                    throw new FormatException($"'{text}' is not a property path: a name is missing");
                at++;
            }
            var end = text.AsSpan(at).IndexOfAny('.', '[');
            end = end < 0 ? text.Length : at + end;
            if (end == at)
                throw new FormatException($"'{text}' is not a property path: a name is missing");
            steps.Add(new(text[at..end], 0));
            at = end;
        }
        return steps.Count > 0 ? new(steps) : throw new FormatException("an empty text is not a property path");
    }

    /// <summary>Whether the two paths are equal, or one leads to something inside or around the other.</summary>
    public bool Overlaps(AccessPath other)
    {
        for (var i = 0; i < Math.Min(Steps.Count, other.Steps.Count); i++)
        {
            if (Steps[i] != other.Steps[i] && Steps[i] != Step.Every && other.Steps[i] != Step.Every)
                return false;
        }
        return true;
    }

    /// <summary>Whether this path, wildcards considered, is the other one or leads to something around it.</summary>
    public bool Covers(AccessPath other) => Steps.Count <= other.Steps.Count && Overlaps(other);

    /// <summary>
    /// The values with what stands at this path taken from <paramref name="source"/>; what is absent there is taken away.
    /// </summary>
    public PropertyMap Reset(PropertyMap values, PropertyMap source) => Reset(new ObjectValue(values), new ObjectValue(source), 0).Members;

    PropertyValue Reset(PropertyValue value, PropertyValue? source, int depth)
    {
        if (depth == Steps.Count)
            return source ?? PropertyValue.Null;
        var step = Steps[depth];
        var result = value.Bare switch
        {
            ArrayValue list => PropertyValue.Of(list.Items.Select((item, index) =>
                step == Step.Every || (step.Name is null && step.Index == index)
                    ? Reset(item, source is not null && index < source.Elements.Length ? source.Elements[index] : null, depth + 1)
                    : item)),
            ObjectValue map => ResetMembers(map.Fields, source, step, depth),
            _ => value,
        };
        return value.IsSecret ? result.AsSecret() : result;
    }

    PropertyMap ResetMembers(PropertyMap fields, PropertyValue? source, Step step, int depth)
    {
        var result = new PropertyMap(fields);
        var names = step == Step.Every ? fields.Keys.ToList() : step.Name is { } one ? [one] : [];
        foreach (var name in names)
        {
            var old = source?.Members[name];
            if (depth + 1 == Steps.Count && old is null)
                result.Remove(name);
            else if (depth + 1 == Steps.Count)
                result[name] = old!;
            else if (fields[name] is { } inner)
                result[name] = Reset(inner, old, depth + 1);
        }
        return result;
    }

    /// <param name="Name">A member's name; null for an element.</param>
    internal sealed record Step(string? Name, int Index)
    {
        public static readonly Step Every = new(null, -1);
    }
}
