namespace PulumiAliyunLive.Model;

/// <summary>The words in which check speaks of types, kinds and names. They never hold a stated value, which may be secret.</summary>
static class Wording
{
    /// <summary>Names longer than this are compared with nothing: the work grows with the square of the length.</summary>
    const int LongestComparedName = 64;

    /// <summary>What a value of a type is: "a list of strings".</summary>
    public static string Describe(TypeSchema type) => type switch
    {
        BooleanType => "a boolean",
        IntegerType => "a whole number",
        NumberType => "a number",
        StringType => "a string",
        EnumType choice => $"one of {Choices(choice)}",
        ArrayType { Item: AnyType } => "a list",
        ArrayType array => $"a list of {DescribeMany(array.Item)}",
        MapType { Item: AnyType } => "a map",
        MapType map => $"a map of {DescribeMany(map.Item)}",
        ObjectType => "an object",
        _ => "any value",
    };

    /// <summary>The kind of a given value, marks aside: "a number".</summary>
    public static string Kind(PropertyValue value) => value.Bare switch
    {
        BoolValue => "a boolean",
        NumberValue => "a number",
        StringValue => "a string",
        ArrayValue => "a list",
        ObjectValue => "an object",
        UnknownValue => "an unknown value",
        OpaqueValue { Kind: OpaqueKind.Asset } => "an asset",
        OpaqueValue { Kind: OpaqueKind.Archive } => "an archive",
        OpaqueValue { Kind: OpaqueKind.ResourceReference } => "a resource",
        OpaqueValue => "a string of bytes that is no text",
        _ => "null",
    };

    /// <summary>Why a required property's absence is a failure.</summary>
    public static string Missing(PropertySchema property)
    {
        var about = FirstSentence(property.Description);
        return $"is required and missing; it must be {Describe(property.Type)}{(about.Length == 0 ? "" : $": {about}")}";
    }

    /// <summary>Why a value of another kind is a failure.</summary>
    public static string WrongKind(TypeSchema type, PropertyValue value)
    {
        var hint = type is StringType && value.Bare is NumberValue or BoolValue ? "; put it in quotes" : "";
        return $"must be {Describe(type)}, but is {Kind(value)}{hint}";
    }

    /// <summary>Why a value that an enum does not declare is a failure.</summary>
    public static string NotDeclared(EnumType type, PropertyValue value)
    {
        var reason = $"must be one of {Choices(type)}";
        var text = value.Text;
        if (text is null || Nearest(text, type.Values.Select(choice => choice.Text)) is not { } nearest)
            return reason;
        return string.Equals(nearest, text, StringComparison.OrdinalIgnoreCase)
            ? $"{reason}; the right spelling is `{nearest}`"
            : $"{reason}; did you mean `{nearest}`?";
    }

    /// <summary>Why a name that is not declared is a failure.</summary>
    public static string UnknownName(string name, ObjectSchema schema)
    {
        if (Nearest(name, schema.Properties.Keys) is { } nearest)
            return $"unknown property `{name}`; did you mean `{nearest}`?";
        return schema.Properties.Count == 0
            ? $"unknown property `{name}`; there are no properties here"
            : $"unknown property `{name}`; the properties are {Quoted(schema.Properties.Keys)}";
    }

    /// <summary>The known name that a misspelt one most likely means; null where none is near.</summary>
    public static string? Nearest(string given, IEnumerable<string> known)
    {
        if (given.Length is 0 or > LongestComparedName)
            return null;
        string? nearest = null;
        var bound = Math.Max(1, (given.Length + 1) / 3);
        foreach (var name in known)
        {
            var distance = Distance(given, name);
            if (distance > bound || (nearest is not null && distance == bound))
                continue;
            nearest = name;
            bound = distance;
        }
        return nearest;
    }

    static string DescribeMany(TypeSchema type) => type switch
    {
        BooleanType => "booleans",
        IntegerType => "whole numbers",
        NumberType => "numbers",
        StringType => "strings",
        EnumType choice => $"values out of {Choices(choice)}",
        ArrayType => "lists",
        MapType => "maps",
        ObjectType => "objects",
        _ => "values",
    };

    static string Choices(EnumType type) => Quoted(type.Values.Select(value => value.Text));

    static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"`{name}`"));

    /// <summary>The first sentence of a description, without its full stop.</summary>
    static string FirstSentence(string description)
    {
        var text = description.AsSpan().Trim();
        var line = text.IndexOfAny('\r', '\n');
        if (line >= 0)
            text = text[..line];
        var end = text.IndexOf(". ");
        if (end >= 0)
            text = text[..end];
        return text.TrimEnd(" .").ToString();
    }

    /// <summary>How many letters must be put in, taken out or replaced to make one name the other; case does not count.</summary>
    static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[LongestComparedName + 1];
        if (right.Length > LongestComparedName)
            return int.MaxValue;
        for (var j = 0; j <= right.Length; j++)
            row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }
        return row[right.Length];
    }
}
