using System.Collections.Immutable;

namespace PulumiAliyunLive.Model;

/// <summary>What changed between two sets of inputs, by the schema alone.</summary>
static class SchemaDiff
{
    /// <summary>
    /// Every change as a path of its own, in the order of the schema. Absent, null and a stated default are the same, secret or not makes
    /// no difference, an unknown new value is a change. What the schema does not declare is not looked at.
    /// </summary>
    /// <param name="ignoreChanges">Property paths; changes at or below them are left out. Texts that are no paths have no effect.</param>
    public static IReadOnlyList<PropertyChange> Compare(
        ObjectSchema schema, PropertyMap oldInputs, PropertyMap news, IReadOnlyList<string> ignoreChanges)
    {
        var comparison = new Comparison(ignoreChanges);
        foreach (var property in schema.Ordered)
            comparison.Property(property, oldInputs, news, PropertyPath.Root, property.WillReplaceOnChanges);
        return comparison.Changes;
    }

    /// <summary>One comparison and what it has found so far.</summary>
    sealed class Comparison
    {
        readonly PropertyPath[] _ignored;
        readonly List<PropertyChange> _changes = [];

        public Comparison(IReadOnlyList<string> ignoreChanges)
        {
            if (ignoreChanges.Count == 0)
            {
                _ignored = [];
                return;
            }
            var ignored = new List<PropertyPath>(ignoreChanges.Count);
            foreach (var text in ignoreChanges)
            {
                if (PropertyPath.TryParse(text, out var path))
                    ignored.Add(path);
            }
            _ignored = [.. ignored];
        }

        public IReadOnlyList<PropertyChange> Changes => _changes;

        public void Property(PropertySchema property, PropertyMap old, PropertyMap news, PropertyPath parent, bool replace)
        {
            var (statedOld, statedNew) = (old[property.Name], news[property.Name]);
            if (statedOld is null && statedNew is null)
                return;
            // The engine shows the stated values, so the kind speaks of those, although the comparison speaks of the meant ones.
            var kind = statedOld is null ? ChangeKind.Add : statedNew is null ? ChangeKind.Delete : ChangeKind.Update;
            Value(property.Type, statedOld ?? property.Default, statedNew ?? property.Default, kind, parent.Child(property.Name), replace);
        }

        void Value(TypeSchema type, PropertyValue? old, PropertyValue? news, ChangeKind kind, PropertyPath path, bool replace)
        {
            if (old is null || news is null)
            {
                Report(path, kind, replace);
                return;
            }
            switch (type, old.Bare, news.Bare)
            {
                case (ObjectType inner, ObjectValue before, ObjectValue after):
                    foreach (var property in inner.Schema.Ordered)
                        Property(property, before.Fields, after.Fields, path, replace);
                    break;
                case (MapType map, ObjectValue before, ObjectValue after):
                    Members(map.Item, before.Fields, after.Fields, path, replace);
                    break;
                case (AnyType, ObjectValue before, ObjectValue after):
                    Members(type, before.Fields, after.Fields, path, replace);
                    break;
                case (ArrayType array, ArrayValue before, ArrayValue after):
                    Items(array.Item, before.Items, after.Items, path, replace);
                    break;
                case (AnyType, ArrayValue before, ArrayValue after):
                    Items(type, before.Items, after.Items, path, replace);
                    break;
                case var (_, before, after):
                    if (!SameScalar(type, before, after))
                        Report(path, kind, replace);
                    break;
            }
        }

        void Items(TypeSchema type, ImmutableArray<PropertyValue> old, ImmutableArray<PropertyValue> news, PropertyPath path, bool replace)
        {
            var common = Math.Min(old.Length, news.Length);
            for (var i = 0; i < common; i++)
                Value(type, old[i], news[i], ChangeKind.Update, path.Child(i), replace);
            for (var i = common; i < old.Length; i++)
                Report(path.Child(i), ChangeKind.Delete, replace);
            for (var i = common; i < news.Length; i++)
                Report(path.Child(i), ChangeKind.Add, replace);
        }

        void Members(TypeSchema type, PropertyMap old, PropertyMap news, PropertyPath path, bool replace)
        {
            var start = _changes.Count;
            var writable = true;
            foreach (var (name, value) in old)
            {
                if (value.IsNull)
                    continue;
                var before = _changes.Count;
                var after = news[name];
                Value(type, value, after, after is null ? ChangeKind.Delete : ChangeKind.Update, path.Child(name), replace);
                writable &= _changes.Count == before || PropertyPath.CanWrite(name);
            }
            foreach (var (name, value) in news)
            {
                if (value.IsNull || old[name] is not null)
                    continue;
                Report(path.Child(name), ChangeKind.Add, replace);
                writable &= PropertyPath.CanWrite(name);
            }
            if (writable)
                return;
            // A path that the engine cannot read would fail the whole step, so the map itself is named instead.
            _changes.RemoveRange(start, _changes.Count - start);
            Report(path, ChangeKind.Update, replace);
        }

        void Report(PropertyPath path, ChangeKind kind, bool replace)
        {
            foreach (var ignored in _ignored)
            {
                if (ignored.Covers(path))
                    return;
            }
            _changes.Add(new PropertyChange(path.ToString(), kind, replace));
        }

        /// <summary>Text of a number or boolean, as an earlier version may have kept it, is that number or boolean.</summary>
        static bool SameScalar(TypeSchema type, PropertyValue old, PropertyValue news)
        {
            if (Scalars.As(type, old) is { } left && Scalars.As(type, news) is { } right)
                return left == right;
            return PropertyValue.SameValue(old, news);
        }
    }
}
