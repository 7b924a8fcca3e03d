using System.Collections.Immutable;

namespace PulumiAliyunLive.Model;

/// <summary>A resource as the package schema declares it.</summary>
/// <param name="Token">Its type on the wire, <c>package:module:Name</c>.</param>
sealed record ResourceSchema(string Token, ObjectSchema Inputs, ObjectSchema Outputs, string Description);

/// <summary>A function as the package schema declares it.</summary>
/// <param name="Token">Its name on the wire, <c>package:module:name</c>.</param>
sealed record FunctionSchema(string Token, ObjectSchema Inputs, ObjectSchema Outputs);

/// <summary>One property of an object.</summary>
/// <param name="Secret">Whether the whole value is to be shown to nobody.</param>
/// <param name="WillReplaceOnChanges">Whether a change of the property replaces the resource.</param>
/// <param name="Default">What an absent value means; null where absent means absent.</param>
/// <param name="Environment">The environment variables that stand in for an absent value, first one first.</param>
sealed record PropertySchema(
    string Name, TypeSchema Type, bool Required, bool Secret, bool WillReplaceOnChanges, PropertyValue? Default,
    IReadOnlyList<string> Environment, string Description);

/// <summary>The properties of an object, in the order in which the schema declares them. Types may contain themselves.</summary>
sealed class ObjectSchema
{
    public static readonly ObjectSchema Empty = new();

    readonly OrderedDictionary<string, PropertySchema> _properties = new(StringComparer.Ordinal);
    readonly Lazy<bool> _hasDefaults;
    readonly Lazy<bool> _hasSecrets;

    /// <summary>An object to be filled by <see cref="Declare"/>.</summary>
    public ObjectSchema()
    {
        _hasDefaults = new(() => Reaches(static property => property.Default is not null));
        _hasSecrets = new(() => Reaches(static property => property.Secret));
    }

    /// <summary>An object with the given properties.</summary>
    public ObjectSchema(params IEnumerable<PropertySchema> properties)
        : this() => Declare(properties);

    public IReadOnlyDictionary<string, PropertySchema> Properties => _properties;

    /// <summary>The properties in their order, quick to walk.</summary>
    public ImmutableArray<PropertySchema> Ordered { get; private set; } = [];

    /// <summary>Whether a default stands here or in an object inside.</summary>
    public bool HasDefaults => _hasDefaults.Value;

    /// <summary>Whether a secret property stands here or in an object inside.</summary>
    public bool HasSecrets => _hasSecrets.Value;

    /// <summary>A property by its name; null where there is none.</summary>
    public PropertySchema? Find(string name) => _properties.TryGetValue(name, out var property) ? property : null;

    /// <summary>The place of a property in the schema's order; -1 for a name that is none.</summary>
    public int IndexOf(string name) => _properties.IndexOf(name);

    /// <summary>
    /// Fills an empty object, once. Apart from the constructor because objects may contain themselves: they all exist before the first is
    /// filled.
    /// </summary>
    public void Declare(IEnumerable<PropertySchema> properties)
    {
        foreach (var property in properties)
            _properties.Add(property.Name, property);
        Ordered = [.. _properties.Values];
    }

    bool Reaches(Func<PropertySchema, bool> wanted)
    {
        HashSet<ObjectSchema> seen = [this];
        Queue<ObjectSchema> open = new(seen);
        while (open.TryDequeue(out var next))
        {
            foreach (var property in next.Ordered)
            {
                if (wanted(property))
                    return true;
                if (property.Type.Innermost is ObjectType inner && seen.Add(inner.Schema))
                    open.Enqueue(inner.Schema);
            }
        }
        return false;
    }
}

/// <summary>The type of a property, an element or a member.</summary>
abstract record TypeSchema
{
    /// <summary>The type inside all lists and maps around it.</summary>
    public TypeSchema Innermost => this switch
    {
        ArrayType array => array.Item.Innermost,
        MapType map => map.Item.Innermost,
        _ => this,
    };
}

sealed record BooleanType : TypeSchema;

/// <summary>A whole number, exact up to 2^53.</summary>
sealed record IntegerType : TypeSchema;

sealed record NumberType : TypeSchema;

sealed record StringType : TypeSchema;

/// <summary>One of a few declared values.</summary>
/// <param name="Underlying">The primitive type that the values have.</param>
sealed record EnumType(string Token, TypeSchema Underlying, ImmutableArray<EnumValue> Values) : TypeSchema
{
    /// <summary>Whether a value, marks aside, is a declared one, exactly.</summary>
    public bool Declares(PropertyValue value)
    {
        var bare = value.Bare;
        foreach (var declared in Values)
        {
            if (declared.Value == bare)
                return true;
        }
        return false;
    }
}

/// <summary>One declared value of an enum.</summary>
sealed record EnumValue(PropertyValue Value, string Description)
{
    /// <summary>The value as a program states it.</summary>
    public string Text => Value.Text ?? Value.Number?.ToString("R") ?? (Value.Boolean == true ? "true" : "false");
}

/// <summary>A list.</summary>
sealed record ArrayType(TypeSchema Item) : TypeSchema;

/// <summary>Members of free names, all of one type.</summary>
sealed record MapType(TypeSchema Item) : TypeSchema;

/// <summary>An object of declared properties.</summary>
sealed record ObjectType(ObjectSchema Schema) : TypeSchema;

/// <summary>Anything at all.</summary>
sealed record AnyType : TypeSchema;
