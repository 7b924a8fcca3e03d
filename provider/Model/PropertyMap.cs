using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace PulumiAliyunLive.Model;

/// <summary>Named property values: the inputs or outputs of a resource, or an object inside them. Names compare ordinally; order is kept.</summary>
/// <remarks>Filled by its creator through the indexer or a collection initializer, and not changed after it was handed on.</remarks>
sealed class PropertyMap : IReadOnlyDictionary<string, PropertyValue>, IEquatable<PropertyMap>
{
    public static readonly PropertyMap Empty = [];

    readonly Dictionary<string, PropertyValue> _values;

    public PropertyMap() => _values = new(StringComparer.Ordinal);

    /// <summary>A copy of <paramref name="other"/> that may be changed.</summary>
    public PropertyMap(PropertyMap other) => _values = new(other._values, StringComparer.Ordinal);

    /// <summary>The value of a name; null where there is none or where it is the null value.</summary>
    [DisallowNull]
    public PropertyValue? this[string name]
    {
        get => _values.TryGetValue(name, out var value) && !value.IsNull ? value : null;
        set => _values[name] = value;
    }

    PropertyValue IReadOnlyDictionary<string, PropertyValue>.this[string key] => _values[key];

    public int Count => _values.Count;

    public IEnumerable<string> Keys => _values.Keys;

    public IEnumerable<PropertyValue> Values => _values.Values;

    /// <summary>Whether anything in the map is unknown.</summary>
    public bool ContainsUnknown => _values.Values.Any(value => value.ContainsUnknown);

    /// <summary>For collection initializers.</summary>
    public void Add(string name, PropertyValue value) => _values.Add(name, value);

    /// <summary>Takes a name out.</summary>
    public void Remove(string name) => _values.Remove(name);

    public bool ContainsKey(string key) => _values.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out PropertyValue value) => _values.TryGetValue(key, out value);

    /// <summary>A <c>foreach</c> over the map allocates nothing.</summary>
    public Dictionary<string, PropertyValue>.Enumerator GetEnumerator() => _values.GetEnumerator();

    IEnumerator<KeyValuePair<string, PropertyValue>> IEnumerable<KeyValuePair<string, PropertyValue>>.GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _values.GetEnumerator();

    public bool Equals(PropertyMap? other) => other is not null && Count == other.Count
        && _values.All(pair => other._values.TryGetValue(pair.Key, out var value) && pair.Value == value);

    public override bool Equals(object? obj) => Equals(obj as PropertyMap);

    public override int GetHashCode() => Count;

    /// <summary>Contents may be secret, so only the names are told.</summary>
    public override string ToString() => $"{{{string.Join(", ", Keys)}}}";
}
