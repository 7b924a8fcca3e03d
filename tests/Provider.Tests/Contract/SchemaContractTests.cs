using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>The schema and the code that serves it say the same, and the schema says all of it.</summary>
public sealed partial class SchemaContractTests
{
    static readonly JsonElement s_json = JsonDocument.Parse(Repository.Read("schema.json")).RootElement;

    public static TheoryData<string> Tokens() => [.. LiveProvider.Registry.Value.Keys];

    [Fact]
    public void Every_declared_resource_is_registered_and_every_registered_one_declared() =>
        LiveProvider.Registry.Value.Keys.Order(StringComparer.Ordinal)
            .ShouldBe(LiveProvider.Schema.Resources.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_declared_function_is_registered_and_every_registered_one_declared() =>
        LiveProvider.Functions.Value.Keys.Order(StringComparer.Ordinal)
            .ShouldBe(LiveProvider.Schema.Functions.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Tokens))]
    public void Every_input_has_a_field_line_and_every_field_line_an_input(string token)
    {
        var names = LiveProvider.Registry.Value[token].Fields.Select(field => field.Name).ToList();
        names.ShouldBeUnique();
        names.Order(StringComparer.Ordinal)
            .ShouldBe(LiveProvider.Schema.Resources[token].Inputs.Properties.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public void What_no_update_can_change_is_declared_to_replace_and_nothing_else_is(string token)
    {
        var replacing = LiveProvider.Registry.Value[token].Fields.Where(field => field.Takes == Takes.OnReplacement)
            .Select(field => field.Name);
        LiveProvider.Schema.Resources[token].Inputs.Ordered.Where(property => property.WillReplaceOnChanges)
            .Select(property => property.Name).Order(StringComparer.Ordinal)
            .ShouldBe(replacing.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public void What_replaces_is_said_in_its_description(string token)
    {
        foreach (var property in LiveProvider.Schema.Resources[token].Inputs.Ordered)
        {
            property.Description.Contains("A change replaces the task", StringComparison.Ordinal)
                .ShouldBe(property.WillReplaceOnChanges, property.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public void A_field_line_names_a_parameter_unless_the_provider_alone_acts_on_it(string token)
    {
        foreach (var field in LiveProvider.Registry.Value[token].Fields)
        {
            (field.Parameter is null).ShouldBe(field.Takes == Takes.InProvider, field.Name);
            if (field.Parameter is null) field.Response.ShouldBeNull(field.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public void Every_input_is_an_output_of_the_same_shape_words_and_secrecy(string token)
    {
        var resource = LiveProvider.Schema.Resources[token];
        foreach (var input in resource.Inputs.Ordered)
        {
            var output = resource.Outputs.Find(input.Name).ShouldNotBeNull(input.Name);
            output.Type.ShouldBe(input.Type, input.Name);
            output.Description.ShouldBe(input.Description);
            output.Secret.ShouldBe(input.Secret, input.Name);

            // What is always stated, or has a default, is always there.
            if (input.Required || input.Default is not null) output.Required.ShouldBeTrue(input.Name);
        }
    }

    [Fact]
    public void Everything_has_a_description_in_whole_sentences()
    {
        var described = Described(s_json).ToList();
        described.Count.ShouldBeGreaterThan(80);
        foreach (var (place, text) in described)
        {
            text.ShouldNotBeNullOrWhiteSpace(place);
            text.ShouldEndWith(".", Case.Sensitive, place);
            text.ShouldNotContain("  ", Case.Sensitive, place);
        }
    }

    [Fact]
    public void No_two_properties_share_a_description()
    {
        // Inputs and outputs of one name are one property, and so are stack configuration and explicit providers.
        var byText = Properties()
            .Select(property =>
            (Place: property.Place.Split('#')[0] + property.Name, Text: property.Value.GetProperty("description").GetString()))
            .GroupBy(property => property.Text, StringComparer.Ordinal);
        byText.Where(group => group.Select(property => property.Place).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(group => group.Key).ShouldBeEmpty();
    }

    [Fact]
    public void Every_declared_default_is_told_in_the_description()
    {
        var told = 0;
        foreach (var (place, name, property) in Properties())
        {
            if (!property.TryGetProperty("default", out var value)) continue;
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            Regex.IsMatch(property.GetProperty("description").GetString()!, $@"\bDefault `?{Regex.Escape(text)}`?[.,;]",
                RegexOptions.None, TimeSpan.FromSeconds(1)).ShouldBeTrue($"{place} {name}: Default {text}");
            told++;
        }

        told.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void The_provider_takes_exactly_the_configuration()
    {
        var config = s_json.GetProperty("config").GetProperty("variables");
        JsonElement.DeepEquals(s_json.GetProperty("provider").GetProperty("inputProperties"), config).ShouldBeTrue();
        LiveProvider.Schema.Config.Properties.Keys.ShouldBe(config.EnumerateObject().Select(variable => variable.Name));
    }

    [Fact]
    public void The_served_schema_is_the_committed_one_with_the_version_and_nothing_else()
    {
        var committed = File.ReadAllBytes(Path.Combine(Repository.Root, "schema.json"));
        JsonDocument.Parse(committed).RootElement.TryGetProperty("version", out _)
            .ShouldBeFalse("the version is filled in when the schema is served");
        using var rig = new Rig(RelayTask.Token);
        var served = rig.Provider.GetSchema().Span;
        var same = served.CommonPrefixLength(committed);
        var added = served.Length - committed.Length;
        served[(same + added)..].SequenceEqual(committed.AsSpan(same)).ShouldBeTrue("one piece is put in, the rest is as committed");
        Encoding.UTF8.GetString(served.Slice(same, added)).ShouldContain($"version\": \"{PackageVersion.Text}\"");
        JsonDocument.Parse(served.ToArray()).RootElement.GetProperty("version").GetString().ShouldBe(PackageVersion.Text);
    }

    [Fact]
    public void The_version_is_the_one_number_of_the_project() =>
        PackageVersion.Text.ShouldBe(VersionElement().Match(Repository.Read("Directory.Build.props")).Groups["version"].Value);

    [Theory]
    [MemberData(nameof(Tokens))]
    public void Every_resource_tells_how_it_is_imported(string token) =>
        LiveProvider.Schema.Resources[token].Description.ShouldContain($"## Import\n\n", Case.Sensitive, token);

    /// <summary>All properties with their owner; both sides of one resource have one owner, told apart after <c>#</c>.</summary>
    static IEnumerable<(string Place, string Name, JsonElement Value)> Properties()
    {
        foreach (var (place, holder) in Holders())
        {
            foreach (var property in holder.EnumerateObject()) yield return (place, property.Name, property.Value);
        }
    }

    static IEnumerable<(string Place, JsonElement Holder)> Holders()
    {
        yield return ("config#stack", s_json.GetProperty("config").GetProperty("variables"));
        yield return ("config#provider", s_json.GetProperty("provider").GetProperty("inputProperties"));
        foreach (var resource in s_json.GetProperty("resources").EnumerateObject())
        {
            yield return ($"{resource.Name}#inputs", resource.Value.GetProperty("inputProperties"));
            yield return ($"{resource.Name}#outputs", resource.Value.GetProperty("properties"));
        }

        foreach (var type in s_json.GetProperty("types").EnumerateObject())
        {
            if (type.Value.TryGetProperty("properties", out var properties)) yield return ($"{type.Name}#", properties);
        }
    }

    /// <summary>Everything that a reader of the documentation meets: the package, properties, types, enum values, resources,
    /// functions.</summary>
    static IEnumerable<(string Place, string? Text)> Described(JsonElement root)
    {
        static string? Text(JsonElement element) => element.TryGetProperty("description", out var text) ? text.GetString() : null;

        yield return ("package", Text(root));
        yield return ("provider", Text(root.GetProperty("provider")));
        foreach (var (place, name, value) in Properties()) yield return ($"{place}.{name}", Text(value));
        foreach (var part in (string[])["types", "resources", "functions"])
        {
            foreach (var member in root.GetProperty(part).EnumerateObject())
            {
                yield return (member.Name, Text(member.Value));
                foreach (var side in (string[])["inputs", "outputs"])
                {
                    if (part != "functions" || !member.Value.GetProperty(side).TryGetProperty("properties", out var properties)) continue;
                    foreach (var property in properties.EnumerateObject()) yield return ($"{member.Name} {side} {property.Name}",
                        Text(property.Value));
                }

                if (!member.Value.TryGetProperty("enum", out var values)) continue;
                foreach (var value in values.EnumerateArray()) yield return ($"{member.Name} {value.GetProperty("value")}", Text(value));
            }
        }
    }

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionElement();
}
