using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>Taking secret marks away and putting them where the engine puts them.</summary>
static class Secrets
{
    /// <summary>The map without any secret mark.</summary>
    public static PropertyMap Strip(PropertyMap map) => Strip((PropertyValue)map).Members;

    /// <summary>
    /// Marks what the engine marks by itself: an output whose input of the same name is secret, and those the schema or the program name.
    /// </summary>
    public static PropertyMap MarkOutputs(PropertyMap outputs, PropertyMap inputs, IEnumerable<string> additional)
    {
        var result = new PropertyMap(outputs);
        foreach (var name in inputs.Where(pair => pair.Value.IsSecret).Select(pair => pair.Key).Concat(additional))
        {
            if (result[name] is { } value)
                result[name] = value.AsSecret();
        }
        return result;
    }

    /// <summary>Puts marks back on values that went through a call without them, as the engine does by name.</summary>
    public static PropertyMap Restore(PropertyMap values, PropertyMap marked)
    {
        var result = new PropertyMap(values);
        foreach (var (name, model) in marked)
        {
            if (result[name] is not { } value || !model.ContainsSecret)
                continue;
            result[name] = !model.IsSecret && model.Bare is ObjectValue inner && value.Bare is ObjectValue plain
                ? Restore(plain.Fields, inner.Fields)
                : value.AsSecret();
        }
        return result;
    }

    static PropertyValue Strip(PropertyValue value) => value.Bare switch
    {
        ArrayValue list => PropertyValue.Of(list.Items.Select(Strip)),
        ObjectValue map => StripMembers(map.Fields),
        var bare => bare,
    };

    static PropertyMap StripMembers(PropertyMap map)
    {
        var result = new PropertyMap();
        foreach (var (name, value) in map)
            result[name] = Strip(value);
        return result;
    }
}
