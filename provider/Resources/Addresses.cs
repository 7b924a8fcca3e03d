using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>Rules for addresses that people state: what is one, and what in it is a secret.</summary>
static class Addresses
{
    /// <summary>Longest destination and callback address the service takes, in characters (CreateLivePullToPush).</summary>
    public const int MaxLength = 2000;

    /// <summary>Why the text is no usable address with one of the schemes; null when it is one. The text is never repeated.</summary>
    public static string? Problem(string text, params ReadOnlySpan<string> schemes)
    {
        var names = string.Join(", ", schemes.ToArray());
        var kind = schemes.Length == 1 ? $"an {names} address" : $"an address with one of the schemes {names}";
        if (text.Length == 0) return $"must be {kind}, but is empty";
        if (text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character)))
        {
            return $"must be {kind}, but holds a space or a line break";
        }

        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end <= 0) return $"must be {kind} such as {schemes[0]}://host/…, but has no scheme";
        if (!schemes.Contains(text.Split("://", 2)[0], StringComparer.OrdinalIgnoreCase)) return $"must be {kind}, but has another scheme";
        return HasHost(text.AsSpan(end + 3)) ? null : $"must be {kind}, but names no host";
    }

    /// <summary>That an address is longer than the service takes; null when it is not.</summary>
    public static string? TooLong(string text) =>
        text.Length > MaxLength ? $"must have at most {MaxLength} characters, but has {text.Length}" : null;

    /// <summary>The value with a secret mark where it is an address that carries a query or user info; stream keys stand there.</summary>
    public static PropertyValue MarkKeys(PropertyValue value) => value.Text is { } text && CarriesKey(text) ? value.AsSecret() : value;

    /// <summary>The list with such a mark at each element that needs one.</summary>
    public static PropertyValue MarkEach(PropertyValue list) => Rewrap(list, new ArrayValue([.. list.Elements.Select(MarkKeys)]));

    /// <summary>What the service tells of an input, with the marks that the program gave it, place by place.</summary>
    public static PropertyValue Told(PropertyValue? stated, PropertyValue told)
    {
        if (stated is not { ContainsSecret: true }) return told;
        if (stated.IsSecret) return told.AsSecret();
        switch (told.Bare)
        {
            case ArrayValue list:
                return PropertyValue.Of(list.Items.Select((item, index) => Told(index < stated.Elements.Length ? stated.Elements[index] : null, item)));
            case ObjectValue map:
                var marked = new PropertyMap();
                foreach (var (name, member) in map.Fields) marked[name] = Told(stated.Members[name], member);
                return marked;
            default:
                return told;
        }
    }

    /// <summary>The new content with the mark that the old one had as a whole; a value of another kind stays as it is.</summary>
    public static PropertyValue Rewrap(PropertyValue old, PropertyValue content) =>
        old.Bare.GetType() != content.GetType() ? old : old.IsSecret ? content.AsSecret() : content;

    static bool CarriesKey(string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0) return text.Contains('?', StringComparison.Ordinal);
        var rest = text.AsSpan(end + 3);
        var path = rest.IndexOfAny('/', '?', '#');
        var authority = path < 0 ? rest : rest[..path];
        return rest.Contains('?') || authority.Contains('@');
    }

    static bool HasHost(ReadOnlySpan<char> rest)
    {
        var path = rest.IndexOfAny('/', '?', '#');
        var authority = path < 0 ? rest : rest[..path];
        var user = authority.LastIndexOf('@');
        var host = user < 0 ? authority : authority[(user + 1)..];
        var port = host.StartsWith('[') ? host.IndexOf(']') + 1 : host.IndexOf(':');
        return (port <= 0 ? host : host[..port]).Length > 0 && !host.StartsWith(':');
    }
}
