using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using PulumiAliyunLive.Model;
using static PulumiAliyunLive.Tests.Model.TestSchema;

namespace PulumiAliyunLive.Tests.Model;

/// <summary>What must hold for check, diff, defaults and marks whatever the values are.</summary>
public class ModelProperties
{
    [Fact]
    public void Check_of_checked_inputs_changes_nothing() => ForAll(Values.Junk, news =>
    {
        var (once, failures) = Check(news);
        var (twice, again) = Check(once);
        twice.ShouldHold(once);
        // Names of dropped nulls are not missed the second time, and the stated values of printable properties are the normalised ones.
        again.Select(Reason).ShouldBe(failures.Select(Reason));
    });

    [Fact]
    public void Right_inputs_in_every_form_pass() => ForAll(Values.Right(unknowns: true), news => Check(news).Failures.ShouldBeEmpty());

    [Fact]
    public void Secret_marks_and_unknowns_survive_check_defaults_and_marking() => ForAll(Values.Right(unknowns: true), news =>
    {
        var result = SchemaCheck.MarkSecrets(Inputs, SchemaCheck.WithDefaults(Inputs, Check(news).Result));
        foreach (var (path, value) in Walk(news, PropertyPath.Root))
        {
            if (value.IsSecret && !value.IsNull)
                path.Get(result).ShouldNotBeNull(path.ToString()).IsSecret.ShouldBeTrue(path.ToString());
            if (value.IsUnknown)
                path.Get(result).ShouldNotBeNull(path.ToString()).IsUnknown.ShouldBeTrue(path.ToString());
        }
    });

    [Fact]
    public void No_failure_holds_a_stated_text_or_names_a_property_whose_value_could_be_one() => ForAll(Values.Junk, news =>
    {
        var failures = new CheckFailures(Inputs, news);
        SchemaCheck.Normalise(Inputs, news, failures);
        foreach (var failure in failures.ToList())
        {
            failure.Reason.ShouldNotContain(Values.Token);
            if (failure.Property.Length > 0)
                (news[failure.Property] is BoolValue or NumberValue or StringValue { Value: "live" or "vod" or "RTMP" }).ShouldBeTrue(failure.Property);
        }
    });

    [Fact]
    public void Inputs_do_not_differ_from_themselves_with_or_without_defaults_and_marks() => ForAll(Values.Right(unknowns: false), news =>
    {
        var inputs = SchemaCheck.WithDefaults(Inputs, Check(news).Result);
        var marked = SchemaCheck.MarkSecrets(Inputs, inputs);
        SchemaDiff.Compare(Inputs, inputs, inputs, []).ShouldBeEmpty();
        SchemaDiff.Compare(Inputs, news, marked, []).ShouldBeEmpty();
        SchemaDiff.Compare(Inputs, marked, news, []).ShouldBeEmpty();
        foreach (var property in Inputs.Ordered.Where(property => property.Default is not null))
        {
            if (!PropertyValue.SameValue(inputs[property.Name]!, property.Default!))
                continue;
            var before = new PropertyMap(inputs);
            before.Remove(property.Name);
            SchemaDiff.Compare(Inputs, before, inputs, []).ShouldBeEmpty(property.Name);
            SchemaDiff.Compare(Inputs, inputs, before, []).ShouldBeEmpty(property.Name);
        }
    });

    [Fact]
    public void Every_difference_is_found_and_each_path_leads_to_what_changed() => ForAll(Gen.Two(Values.Right(unknowns: true)), pair =>
    {
        var old = Check(pair.Item1).Result;
        var news = Check(pair.Item2).Result;
        var changes = SchemaDiff.Compare(Inputs, old, news, []);
        (changes.Count == 0).ShouldBe(PropertyValue.SameValue(SchemaCheck.WithDefaults(Inputs, old), SchemaCheck.WithDefaults(Inputs, news)));
        changes.Select(change => change.Path).ShouldBeUnique(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            PropertyPath.TryParse(change.Path, out var path).ShouldBeTrue(change.Path);
            path!.ToString().ShouldBe(change.Path);
            change.Replace.ShouldBe(Inputs.Find(path.RootName!)!.WillReplaceOnChanges);
            (path.Get(old), path.Get(news)).ShouldSatisfyAllConditions(
                values => (values.Item1 is null).ShouldBe(change.Kind == ChangeKind.Add, change.Path),
                values => (values.Item2 is null).ShouldBe(change.Kind == ChangeKind.Delete, change.Path));
        }
    });

    [Fact]
    public void Ignoring_every_changed_path_or_its_property_leaves_nothing() => ForAll(Gen.Two(Values.Right(unknowns: true)), pair =>
    {
        var changes = SchemaDiff.Compare(Inputs, pair.Item1, pair.Item2, []);
        SchemaDiff.Compare(Inputs, pair.Item1, pair.Item2, [.. changes.Select(change => change.Path)]).ShouldBeEmpty();
        foreach (var change in changes)
        {
            var root = PropertyPath.Parse(change.Path).RootName!;
            SchemaDiff.Compare(Inputs, pair.Item1, pair.Item2, [root]).ShouldBe(
                changes.Where(other => PropertyPath.Parse(other.Path).RootName != root));
        }
    });

    [Fact]
    public void Dropped_defaults_come_back() => ForAll(Values.Right(unknowns: true), news =>
    {
        var full = SchemaCheck.WithDefaults(Inputs, Check(news).Result);
        SchemaCheck.WithDefaults(Inputs, full).ShouldHold(full);
        var restored = SchemaCheck.WithDefaults(Inputs, WithoutDefaults(Inputs, full));
        restored.Count.ShouldBe(full.Count);
        foreach (var (name, value) in full)
            (value.ContainsUnknown || PropertyValue.SameValue(restored[name]!, value)).ShouldBeTrue(name);
    });

    [Fact]
    public void Marking_twice_is_marking_once_and_changes_no_value() => ForAll(Values.Right(unknowns: false), news =>
    {
        var marked = SchemaCheck.MarkSecrets(Inputs, news);
        SchemaCheck.MarkSecrets(Inputs, marked).ShouldHold(marked);
        PropertyValue.SameValue(marked, news).ShouldBeTrue();
    });

    [Fact]
    public void A_path_of_any_names_reads_as_it_was_written()
    {
        var letters = Gen.Elements("a", "B", ".", "[", "]", "\"", "\\", "*", " ", "é", "0").ArrayOf().Select(string.Concat).Where(PropertyPath.CanWrite);
        var step = Gen.OneOf(letters.Select(name => (object)name), Gen.Choose(0, int.MaxValue).Select(index => (object)index));
        ForAll(step.NonEmptyListOf(), steps =>
        {
            var path = PropertyPath.Root;
            foreach (var one in steps)
                path = one is string name ? path.Child(name) : path.Child((int)one);
            PropertyPath.TryParse(path.ToString(), out var read).ShouldBeTrue(path.ToString());
            read.ShouldBe(path);
        });
    }

    [Fact]
    public void No_text_makes_the_path_reader_fail() => ForAll(
        Gen.Elements("a", ".", "[", "]", "\"", "\\", "*", "0", "[0]", "[\"").ArrayOf().Select(string.Concat), text =>
        {
            // A backslash may end a name that cannot be written; everything else reads again as the same.
            if (PropertyPath.TryParse(text, out var path) && !text.Contains('\\', StringComparison.Ordinal))
                PropertyPath.Parse(path.ToString()).ShouldBe(path);
        });

    [Fact]
    public void No_configuration_makes_the_decoder_fail() => ForAll(Values.JunkConfig, news =>
    {
        var (result, failures) = Decode(news);
        var (again, failuresAgain) = Decode(result);
        if (failures.Count == 0)
        {
            failuresAgain.ShouldBeEmpty();
            again.ShouldHold(result);
        }
    });

    static string Reason(string failure) => failure[failure.IndexOf('|', StringComparison.Ordinal)..] is var reason && failure.StartsWith('|')
        ? reason
        : $"|{failure.Replace("|", ": ", StringComparison.Ordinal)}";

    static void ForAll<T>(Gen<T> generator, Action<T> body) => Prop.ForAll(generator.ToArbitrary(), body).Check(FsCheck.Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(300));

    static IEnumerable<(PropertyPath Path, PropertyValue Value)> Walk(PropertyMap map, PropertyPath path) =>
        map.SelectMany(member => Walk(member.Value, path.Child(member.Key)));

    static IEnumerable<(PropertyPath Path, PropertyValue Value)> Walk(PropertyValue value, PropertyPath path) => value.Bare switch
    {
        ArrayValue list => list.Items.SelectMany((item, index) => Walk(item, path.Child(index))).Prepend((path, value)),
        ObjectValue map => Walk(map.Fields, path).Prepend((path, value)),
        _ => [(path, value)],
    };
}

/// <summary>Random values: right ones for the test schema in every form they may arrive in, and junk.</summary>
static class Values
{
    /// <summary>Begins every text that junk holds, so that a leak of one is found.</summary>
    public const string Token = "s3cr3t";

    static readonly Gen<string> s_text = Gen.Choose(0, 5).Select(i => $"text{i}");
    static readonly Gen<string> s_name = Gen.Elements("a", "b", "x.y", "c[0]", "\"q\"", "", "d\\", "*");

    /// <summary>Inputs without a failure; texts for numbers, nulls for absent, marks and (if wanted) unknowns anywhere.</summary>
    public static Gen<PropertyMap> Right(bool unknowns) => Object(Inputs, unknowns, depth: 0);

    /// <summary>Inputs with declared and other names and any values at all.</summary>
    public static Gen<PropertyMap> Junk => Map(Gen.OneOf(Gen.Elements(Inputs.Properties.Keys.ToArray()), s_name), Any(depth: 0));

    /// <summary>Configuration with declared and other names, JSON text, near-JSON and any values at all.</summary>
    public static Gen<PropertyMap> JunkConfig
    {
        get
        {
            var pieces = Gen.Elements(
                "{", "}", "[", "]", ",", ":", "\"roleArn\"", "\"role_arn\"", "\"x\"", "5", "true", "null", "\"" + Signatures.Key + "\"",
                "\"" + Signatures.Secret + "\"", "\"value\"", "\"" + Signatures.UnknownString + "\"", "\"\\ud800\"");
            var text = pieces.ArrayOf().Select(parts => (PropertyValue)string.Concat(parts));
            var whole = Gen.Elements<PropertyValue>("{\"roleArn\":\"x\"}", "[\"x\"]", "{\"role_arn\":\"x\",\"steps\":[{\"role_arn\":\"y\"}]}", "7", "live");
            return Map(Gen.Elements(TestSchema.Config.Properties.Keys.Append("version").Append("other").ToArray()), Gen.OneOf(text, whole, Any(depth: 1)));
        }
    }

    static Gen<PropertyMap> Object(ObjectSchema schema, bool unknowns, int depth)
    {
        var members = schema.Ordered
            .Where(property => depth < 3 || property.Required)
            .Select(property => Gen.OneOf(Of(property.Type, unknowns, depth).Select(value => (property.Name, Value: (PropertyValue?)value)), Gen.Constant(
                property.Required && property.Default is null ? (property.Name, "stated") : (property.Name, (PropertyValue?)null))));
        var junkNull = Gen.Elements(PropertyValue.Null, null);
        return Gen.CollectToArray(members).SelectMany(chosen => junkNull.Select(absent =>
        {
            var map = new PropertyMap();
            foreach (var (name, value) in chosen)
            {
                if ((value ?? absent) is { } stated)
                    map[name] = stated;
            }
            return map;
        }));
    }

    static Gen<PropertyValue> Of(TypeSchema type, bool unknowns, int depth)
    {
        var plain = type switch
        {
            BooleanType => Gen.Elements<PropertyValue>(true, false, "true", "False"),
            IntegerType => Gen.Choose(-5, 5).SelectMany(number => Gen.Elements<PropertyValue>(number, $"{number}")),
            NumberType => Gen.Choose(-5, 5).SelectMany(number => Gen.Elements<PropertyValue>(number / 2.0, $"{number / 2.0}")),
            StringType => s_text.Select(text => (PropertyValue)text),
            EnumType choice => Gen.Elements(choice.Values.Select(value => value.Value).ToArray()),
            ArrayType array => Of(array.Item, unknowns, depth + 1).ArrayOf().Resize(3).Select(items => (PropertyValue)new ArrayValue([.. items])),
            MapType map => Map(s_name, Of(map.Item, unknowns, depth + 1)).Select(members => (PropertyValue)members),
            ObjectType inner => Object(inner.Schema, unknowns, depth + 1).Select(members => (PropertyValue)members),
            _ => Gen.OneOf(Of(new ArrayType(new StringType()), unknowns, depth), Of(new MapType(new IntegerType()), unknowns, depth)),
        };
        var secret = plain.Select(value => (PropertyValue)new SecretValue(value));
        return unknowns
            ? Gen.Frequency((6, plain), (1, secret), (1, Gen.Elements(PropertyValue.Unknown, new SecretValue(PropertyValue.Unknown))))
            : Gen.Frequency((6, plain), (1, secret));
    }

    static Gen<PropertyValue> Any(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.Elements(PropertyValue.Null, PropertyValue.Unknown, true, false, 1, 1.5, double.NaN, 1e300, "5", "true", "live", "LIVE"),
            s_text.Select(text => (PropertyValue)(Token + text)),
            Gen.Constant((PropertyValue)new OpaqueValue(OpaqueKind.Asset, PropertyMap.Empty)));
        if (depth == 3)
            return leaf;
        var inner = Any(depth + 1);
        return Gen.Frequency(
            (4, leaf),
            (1, inner.ArrayOf().Resize(3).Select(items => (PropertyValue)new ArrayValue([.. items]))),
            (1, Map(Gen.OneOf(s_name, Gen.Elements("name", "inputUrl", "width", "quality", "inner")), inner).Select(map => (PropertyValue)map)),
            (1, inner.Select(value => (PropertyValue)new SecretValue(value))),
            (1, inner.Select(value => (PropertyValue)new OutputValue(value, Secret: true, ImmutableArray<string>.Empty))));
    }

    static Gen<PropertyMap> Map(Gen<string> name, Gen<PropertyValue> value) =>
        name.SelectMany(one => value.Select(given => (Name: one, Value: given))).ArrayOf().Resize(5).Select(members =>
        {
            var map = new PropertyMap();
            foreach (var member in members)
                map[member.Name] = member.Value;
            return map;
        });
}
