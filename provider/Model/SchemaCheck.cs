using System.Collections.Immutable;

namespace PulumiAliyunLive.Model;

/// <summary>
/// What the schema alone says about values: which are right, what absent ones mean, which are secret. Every method returns a new map that
/// its caller may change. Secret marks and unknowns stay where they stand.
/// </summary>
static class SchemaCheck
{
    /// <summary>Deeper values are refused: no input of this package comes near it, and every walk over values is recursive.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Brings values into the one form that the rest of the provider works with: nulls dropped, numbers and booleans out of text, output
    /// wrappers reduced to secret or unknown. Everything that is wrong is reported, and kept as it was stated.
    /// </summary>
    public static PropertyMap Normalise(ObjectSchema schema, PropertyMap news, CheckFailures failures) =>
        Members(schema, news, PropertyPath.Root, failures);

    /// <summary>Fills in the default of every absent property, in nested objects that are there, too.</summary>
    public static PropertyMap WithDefaults(ObjectSchema schema, PropertyMap values)
    {
        var result = new PropertyMap(values);
        if (!schema.HasDefaults)
            return result;
        foreach (var property in schema.Ordered)
        {
            if (result[property.Name] is { } value)
                result[property.Name] = ObjectWalk.Rewrite(property.Type, value, static inner => inner.HasDefaults, WithDefaults);
            else if (property.Default is not null)
                result[property.Name] = property.Default;
        }
        return result;
    }

    /// <summary>
    /// Reads provider configuration, where every value that is not a string may arrive as JSON text, and brings it into the form of
    /// <see cref="Normalise"/>. Members that are the engine's pass through.
    /// </summary>
    public static PropertyMap DecodeConfig(ObjectSchema schema, PropertyMap news, CheckFailures failures)
    {
        var own = new PropertyMap();
        var kept = new PropertyMap();
        foreach (var (name, value) in news)
        {
            if (schema.Find(name) is { } property)
            {
                var decoded = ConfigText.Decode(property.Type, value, name, failures);
                own[name] = decoded ?? PropertyValue.Unknown; // reported already, and nothing more to be said
                if (decoded is null)
                    kept[name] = value;
            }
            else if (name is "version" or "pluginDownloadURL" || name.StartsWith("__", StringComparison.Ordinal))
            {
                kept[name] = value;
            }
            else
            {
                own[name] = value;
            }
        }
        var result = Normalise(schema, own, failures);
        foreach (var (name, value) in kept)
            result[name] = value;
        return result;
    }

    /// <summary>Marks the values of secret properties, in nested objects where they stand.</summary>
    public static PropertyMap MarkSecrets(ObjectSchema schema, PropertyMap values)
    {
        var result = new PropertyMap(values);
        if (!schema.HasSecrets)
            return result;
        foreach (var property in schema.Ordered)
        {
            if (result[property.Name] is not { } value)
                continue;
            var inside = ObjectWalk.Rewrite(property.Type, value, static inner => inner.HasSecrets, MarkSecrets);
            result[property.Name] = property.Secret ? inside.AsSecret() : inside;
        }
        return result;
    }

    static PropertyMap Members(ObjectSchema schema, PropertyMap values, PropertyPath path, CheckFailures failures)
    {
        var result = new PropertyMap();
        var declared = 0;
        foreach (var property in schema.Ordered)
        {
            if (values.TryGetValue(property.Name, out var value))
            {
                declared++;
                if (!value.IsNull)
                {
                    result[property.Name] = Value(property.Type, value, path.Child(property.Name), failures);
                    continue;
                }
            }
            if (property.Required && property.Default is null)
                failures.Add(path.Child(property.Name), Wording.Missing(property));
        }
        if (declared == values.Count)
            return result;
        foreach (var (name, value) in values)
        {
            if (schema.Find(name) is not null || value.IsNull)
                continue;
            failures.Add(path, Wording.UnknownName(name, schema));
            result[name] = value;
        }
        return result;
    }

    static PropertyValue Value(TypeSchema type, PropertyValue value, PropertyPath path, CheckFailures failures)
    {
        var secret = false;
        var bare = value;
        while (true)
        {
            if (bare is SecretValue mark)
            {
                secret = true;
                bare = mark.Element;
            }
            else if (bare is OutputValue output)
            {
                secret |= output.Secret;
                bare = output.Element ?? PropertyValue.Unknown;
            }
            else
            {
                break;
            }
        }
        var result = bare is UnknownValue ? bare : Bare(type, bare, path, failures);
        if (!secret)
            return result;
        return value is SecretValue outer && ReferenceEquals(outer.Element, result) ? value : result.AsSecret();
    }

    static PropertyValue Bare(TypeSchema type, PropertyValue value, PropertyPath path, CheckFailures failures)
    {
        if (path.Depth > MaxDepth)
        {
            failures.Add(path, $"is nested more than {MaxDepth} levels deep");
            return value;
        }
        return (type, value) switch
        {
            (ArrayType array, ArrayValue list) => Items(array.Item, list, path, failures),
            (MapType map, ObjectValue members) => FreeMembers(map.Item, members.Fields, path, failures),
            (ObjectType inner, ObjectValue members) => Members(inner.Schema, members.Fields, path, failures),
            (AnyType, ArrayValue list) => Items(type, list, path, failures),
            (AnyType, ObjectValue members) => FreeMembers(type, members.Fields, path, failures),
            (AnyType, NumberValue) => Scalar(new NumberType(), value, path, failures),
            (AnyType, _) => value,
            _ => Scalar(type, value, path, failures),
        };
    }

    static ArrayValue Items(TypeSchema type, ArrayValue list, PropertyPath path, CheckFailures failures)
    {
        ImmutableArray<PropertyValue>.Builder? changed = null;
        for (var i = 0; i < list.Items.Length; i++)
        {
            var item = Value(type, list.Items[i], path.Child(i), failures);
            if (changed is null && !ReferenceEquals(item, list.Items[i]))
                changed = list.Items.ToBuilder();
            if (changed is not null)
                changed[i] = item;
        }
        return changed is null ? list : new ArrayValue(changed.MoveToImmutable());
    }

    static PropertyMap FreeMembers(TypeSchema type, PropertyMap members, PropertyPath path, CheckFailures failures)
    {
        var result = new PropertyMap();
        foreach (var (name, value) in members)
        {
            if (!value.IsNull)
                result[name] = Value(type, value, path.Child(name), failures);
        }
        return result;
    }

    static PropertyValue Scalar(TypeSchema type, PropertyValue value, PropertyPath path, CheckFailures failures)
    {
        if (Scalars.As(type, value) is not { } scalar)
        {
            var isText = value is StringValue;
            failures.Add(path, type is EnumType named && isText ? Wording.NotDeclared(named, value) : Wording.WrongKind(type, value));
            return value;
        }
        var wrong = type switch
        {
            EnumType choice when !choice.Declares(scalar) => Wording.NotDeclared(choice, scalar),
            IntegerType or NumberType => WrongNumber(scalar.Number ?? double.NaN, whole: type is IntegerType),
            _ => null,
        };
        if (wrong is null)
            return scalar;
        failures.Add(path, wrong);
        return value;
    }

    static string? WrongNumber(double number, bool whole)
    {
        if (double.IsNaN(number))
            return "must be a number, but is none (NaN)";
        if (Math.Abs(number) > Scalars.LargestExact)
            return $"must be between -{Scalars.LargestExact:F0} and {Scalars.LargestExact:F0}";
        return whole && number != Math.Floor(number) ? "must be a whole number, but has a fraction" : null;
    }
}
