namespace PulumiAliyunLive.Model;

/// <summary>Reaches the declared objects inside a value, through lists, maps and marks.</summary>
static class ObjectWalk
{
    /// <summary>
    /// Puts every declared object at the top of a value through a change; the change itself goes on to the objects inside. Marks stay, and
    /// what is not of the declared type is left as it is.
    /// </summary>
    /// <param name="concerns">Says of which objects the change could alter anything.</param>
    public static PropertyValue Rewrite(
        TypeSchema type, PropertyValue value, Func<ObjectSchema, bool> concerns, Func<ObjectSchema, PropertyMap, PropertyMap> change)
    {
        if (type.Innermost is not ObjectType innermost || !concerns(innermost.Schema))
            return value;
        PropertyValue? rewritten = (type, value.Bare) switch
        {
            (ObjectType inner, ObjectValue map) => change(inner.Schema, map.Fields),
            (ArrayType array, ArrayValue list) => PropertyValue.Of(list.Items.Select(item => Rewrite(array.Item, item, concerns, change))),
            (MapType map, ObjectValue members) => RewriteMembers(map.Item, members.Fields, concerns, change),
            _ => null,
        };
        if (rewritten is null)
            return value;
        return value.IsSecret ? rewritten.AsSecret() : rewritten;
    }

    static PropertyMap RewriteMembers(
        TypeSchema type, PropertyMap members, Func<ObjectSchema, bool> concerns, Func<ObjectSchema, PropertyMap, PropertyMap> change)
    {
        var result = new PropertyMap();
        foreach (var (name, value) in members)
            result[name] = Rewrite(type, value, concerns, change);
        return result;
    }
}
