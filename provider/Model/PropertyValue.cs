using System.Collections.Immutable;

namespace PulumiAliyunLive.Model;

/// <summary>
/// A Pulumi property value: what a program states and what the state file keeps, free of any wire form.
/// Values are immutable and compare by content. A secret is its element with a mark around it, at any depth.
/// </summary>
abstract record PropertyValue
{
    /// <summary>The null value; in a property map it means "not set".</summary>
    public static PropertyValue Null { get; } = new NullValue();

    /// <summary>A value that is not known before the real run.</summary>
    public static PropertyValue Unknown { get; } = new UnknownValue();

    /// <summary>The value without the secret marks and output wrappers around it (not below it).</summary>
    public PropertyValue Bare
    {
        get
        {
            var value = this;
            while (true)
            {
                switch (value)
                {
                    case SecretValue secret:
                        value = secret.Element;
                        break;
                    case OutputValue output:
                        value = output.Element ?? Unknown;
                        break;
                    default:
                        return value;
                }
            }
        }
    }

    /// <summary>Whether the value itself, marks aside, is unknown.</summary>
    public bool IsUnknown => Bare is UnknownValue;

    /// <summary>Whether the value itself, marks aside, is null.</summary>
    public bool IsNull => Bare is NullValue;

    /// <summary>Whether the outermost value carries a secret mark.</summary>
    public bool IsSecret => this is SecretValue or OutputValue { Secret: true };

    /// <summary>Whether an unknown stands anywhere in the value.</summary>
    public bool ContainsUnknown => Bare switch
    {
        UnknownValue => true,
        ArrayValue array => array.Items.Any(item => item.ContainsUnknown),
        ObjectValue map => map.Fields.Any(member => member.Value.ContainsUnknown),
        _ => false,
    };

    /// <summary>Whether a secret mark stands anywhere in the value.</summary>
    public bool ContainsSecret => IsSecret || Bare switch
    {
        ArrayValue array => array.Items.Any(item => item.ContainsSecret),
        ObjectValue map => map.Fields.Any(member => member.Value.ContainsSecret),
        _ => false,
    };

    /// <summary>The text of a string value, marks aside; null for any other kind.</summary>
    public string? Text => (Bare as StringValue)?.Value;

    /// <summary>The number of a number value, marks aside; null for any other kind.</summary>
    public double? Number => (Bare as NumberValue)?.Value;

    /// <summary>The value of a boolean, marks aside; null for any other kind.</summary>
    public bool? Boolean => (Bare as BoolValue)?.Value;

    /// <summary>The elements of an array, marks aside; empty for any other kind.</summary>
    public ImmutableArray<PropertyValue> Elements => (Bare as ArrayValue)?.Items ?? [];

    /// <summary>The fields of an object, marks aside; empty for any other kind.</summary>
    public PropertyMap Members => (Bare as ObjectValue)?.Fields ?? PropertyMap.Empty;

    /// <summary>The same value with a secret mark around it; a value that has one stays as it is.</summary>
    public PropertyValue AsSecret() => IsSecret || IsNull ? this : new SecretValue(this);

    /// <summary>
    /// Whether two values are the same once all secret marks are taken away. A null member is the same as none; unknown equals nothing.
    /// </summary>
    public static bool SameValue(PropertyValue left, PropertyValue right) => (left.Bare, right.Bare) switch
    {
        (UnknownValue, _) or (_, UnknownValue) => false,
        (ArrayValue a, ArrayValue b) => SameItems(a.Items, b.Items),
        (ObjectValue a, ObjectValue b) => SameMembers(a.Fields, b.Fields),
        var (a, b) => a == b,
    };

    public static implicit operator PropertyValue(string value) => new StringValue(value);

    public static implicit operator PropertyValue(double value) => new NumberValue(value);

    public static implicit operator PropertyValue(bool value) => new BoolValue(value);

    public static implicit operator PropertyValue(PropertyMap value) => new ObjectValue(value);

    /// <summary>An array of the given values.</summary>
    public static PropertyValue Of(params IEnumerable<PropertyValue> items) => new ArrayValue([.. items]);

    /// <summary>Secret contents never show in texts: this names the kind only.</summary>
    public sealed override string ToString() => GetType().Name;

    static bool SameItems(ImmutableArray<PropertyValue> left, ImmutableArray<PropertyValue> right)
    {
        if (left.Length != right.Length)
            return false;
        for (var i = 0; i < left.Length; i++)
        {
            if (!SameValue(left[i], right[i]))
                return false;
        }
        return true;
    }

    static bool SameMembers(PropertyMap left, PropertyMap right)
    {
        foreach (var (name, value) in left)
        {
            var same = value.IsNull ? right[name] is null : right[name] is { } other && SameValue(value, other);
            if (!same)
                return false;
        }
        foreach (var (name, value) in right)
        {
            if (!value.IsNull && left[name] is null)
                return false;
        }
        return true;
    }
}

/// <summary>JSON null.</summary>
sealed record NullValue : PropertyValue;

/// <summary>A value known only after the real run, sent by the engine during previews.</summary>
sealed record UnknownValue : PropertyValue;

/// <summary>A boolean.</summary>
sealed record BoolValue(bool Value) : PropertyValue;

/// <summary>A number; integers are doubles too, exact up to 2^53.</summary>
sealed record NumberValue(double Value) : PropertyValue;

/// <summary>A text.</summary>
sealed record StringValue(string Value) : PropertyValue;

/// <summary>A list of values.</summary>
sealed record ArrayValue(ImmutableArray<PropertyValue> Items) : PropertyValue
{
    public bool Equals(ArrayValue? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Length;
}

/// <summary>A map of named values.</summary>
sealed record ObjectValue(PropertyMap Fields) : PropertyValue;

/// <summary>A value that must be shown to nobody; <paramref name="Element"/> may be of any kind, unknown included.</summary>
sealed record SecretValue(PropertyValue Element) : PropertyValue;

/// <summary>An output of another resource, with its dependencies; <paramref name="Element"/> null means unknown. Only in Construct and Call.</summary>
sealed record OutputValue(PropertyValue? Element, bool Secret, ImmutableArray<string> Dependencies) : PropertyValue
{
    public bool Equals(OutputValue? other) =>
        other is not null && Element == other.Element && Secret == other.Secret && Dependencies.SequenceEqual(other.Dependencies);

    public override int GetHashCode() => HashCode.Combine(Element, Secret, Dependencies.Length);
}

/// <summary>What an <see cref="OpaqueValue"/> is.</summary>
enum OpaqueKind
{
    Asset,
    Archive,
    ResourceReference,
    ByteString,
}

/// <summary>
/// A value this provider has no use for but passes on unharmed: an asset or archive (elided ones, which hold only a hash, included),
/// a reference to a resource, a string of bytes. <paramref name="Fields"/> are its fields but the signature.
/// </summary>
sealed record OpaqueValue(OpaqueKind Kind, PropertyMap Fields) : PropertyValue;
