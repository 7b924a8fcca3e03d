using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace PulumiAliyunLive.Model;

/// <summary>
/// The way to a value inside a property map, written as the engine writes it: <c>a.b</c>, <c>a[0]</c>, <c>a["x.y"]</c>,
/// <c>["key with.dot"].b</c>, and <c>[*]</c> for every element or member. A path is a chain of steps, so going one step down is cheap.
/// </summary>
sealed class PropertyPath : IEquatable<PropertyPath>
{
    /// <summary>The empty path: the property map itself.</summary>
    public static readonly PropertyPath Root = new(null, null, 0);

    /// <summary>The engine keeps wildcards as this name and cannot tell them from a member of that name; nor can this class.</summary>
    const string Wildcard = "*";

    readonly PropertyPath? _parent;

    /// <summary>The member's name; null in a step to an element.</summary>
    readonly string? _name;
    readonly int _index;

    PropertyPath(PropertyPath? parent, string? name, int index)
    {
        _parent = parent;
        _name = name;
        _index = index;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>How many steps the path has.</summary>
    public int Depth { get; }

    /// <summary>The top-level property the path leads into; null for the empty path and for one that starts with an index.</summary>
    public string? RootName
    {
        get
        {
            var step = this;
            while (step.Depth > 1)
                step = step._parent!; // only the empty path has no parent
            return step._name;
        }
    }

    /// <summary>The path to a member of the object at this path.</summary>
    public PropertyPath Child(string name) => new(this, name, 0);

    /// <summary>The path to an element of the list at this path, counted from 0.</summary>
    public PropertyPath Child(int index) => new(this, null, index);

    /// <summary>
    /// Whether a member's name can be part of a written path. The grammar has no escape for a backslash, so a name that needs quotes and
    /// ends in one cannot be written.
    /// </summary>
    public static bool CanWrite(string name) => !(name.EndsWith('\\') && NeedsQuotes(name));

    /// <summary>Reads a path; a text that is none is a <see cref="FormatException"/>.</summary>
    public static PropertyPath Parse(string text) => TryParse(text, out var path) ? path : throw new FormatException("not a property path");

    /// <summary>Reads a path; false for a text that is none, the empty text included.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PropertyPath? path)
    {
        path = null;
        if (string.IsNullOrEmpty(text))
            return false;
        var current = Root;
        var at = 0;
        while (at < text.Length)
        {
            switch (text[at])
            {
                case '.' when at == 0 || at + 1 == text.Length || text[at + 1] == '.':
                    return false;
                case '.':
                    at++;
                    break;
                case '[':
                    if (!TryReadBracket(text, ref at, ref current))
                        return false;
                    break;
                default:
                    var end = text.AsSpan(at).IndexOfAny('.', '[');
                    end = end < 0 ? text.Length : at + end;
                    current = current.Child(text[at..end]);
                    at = end;
                    break;
            }
        }
        path = current;
        return true;
    }

    /// <summary>Whether this path, wildcards considered, is equal to the other or a prefix of it.</summary>
    public bool Covers(PropertyPath other)
    {
        while (other.Depth > Depth)
            other = other._parent!; // deeper than something, so not the empty path
        if (other.Depth < Depth)
            return false;
        for (var (mine, theirs) = (this, other); mine.Depth > 0; (mine, theirs) = (mine._parent!, theirs._parent!))
        {
            var same = mine._name is null
                ? theirs._name is null && theirs._index == mine._index
                : mine._name == Wildcard || string.Equals(mine._name, theirs._name, StringComparison.Ordinal);
            if (!same)
                return false;
        }
        return true;
    }

    /// <summary>
    /// The value at this path; null where there is none. Below an unknown everything is unknown, below a secret everything is secret.
    /// </summary>
    public PropertyValue? Get(PropertyMap map)
    {
        if (_parent is null)
            return map;
        PropertyValue? value;
        if (_parent._parent is null)
        {
            value = _name is null ? null : map[_name];
        }
        else
        {
            var container = _parent.Get(map);
            if (container is null || container.IsUnknown)
                return container;
            value = _name is not null ? container.Members[_name] : ElementAt(container, _index);
            if (value is not null && container.IsSecret)
                value = value.AsSecret();
        }
        return value is null || value.IsNull ? null : value;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    public bool Equals(PropertyPath? other)
    {
        if (other is null || other.Depth != Depth)
            return false;
        for (var (mine, theirs) = (this, other); mine.Depth > 0; (mine, theirs) = (mine._parent!, theirs._parent!))
        {
            if (mine._index != theirs._index || !string.Equals(mine._name, theirs._name, StringComparison.Ordinal))
                return false;
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as PropertyPath);

    public override int GetHashCode() => _parent is null ? 0 : HashCode.Combine(_parent, _name, _index);

    static PropertyValue? ElementAt(PropertyValue list, int index)
    {
        var elements = list.Elements;
        return index < elements.Length ? elements[index] : null;
    }

    static bool NeedsQuotes(string name) => name.Length == 0 || name.AsSpan().IndexOfAny(".[]\"") >= 0;

    static bool TryReadBracket(string text, ref int at, ref PropertyPath path)
    {
        if (at + 1 < text.Length && text[at + 1] == '"')
            return TryReadQuoted(text, ref at, ref path);
        var close = text.IndexOf(']', at);
        if (close < 0)
            return false;
        var inside = text.AsSpan(at + 1, close - at - 1);
        at = close + 1;
        if (inside is Wildcard)
        {
            path = path.Child(Wildcard);
            return true;
        }
        if (!int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return false;
        path = path.Child(index);
        return true;
    }

    static bool TryReadQuoted(string text, ref int at, ref PropertyPath path)
    {
        var name = new StringBuilder();
        var i = at + 2;
        for (; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '"')
                i++;
            name.Append(text[i]);
        }
        // text[i] is the closing quote, or the text has ended.
        if (i + 1 >= text.Length || text[i + 1] != ']')
            return false;
        at = i + 2;
        path = path.Child(name.ToString());
        return true;
    }

    void Write(StringBuilder text)
    {
        if (_parent is null)
            return;
        _parent.Write(text);
        if (_name is null)
        {
            text.Append('[').Append(_index).Append(']');
        }
        else if (_name == Wildcard)
        {
            text.Append("[*]");
        }
        else if (NeedsQuotes(_name))
        {
            text.Append("[\"").Append(_name.Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\"]");
        }
        else
        {
            if (_parent._parent is not null)
                text.Append('.');
            text.Append(_name);
        }
    }
}
