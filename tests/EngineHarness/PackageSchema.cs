using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace EngineHarness;

/// <summary>
/// What the engine and the language host use of a package's schema: which outputs are secret, and of which type the inputs are.
/// </summary>
sealed class PackageSchema
{
    readonly JsonElement _root;

    PackageSchema(JsonElement root) => _root = root;

    /// <summary>Reads a schema's text.</summary>
    public static PackageSchema Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return new(document.RootElement.Clone());
    }

    /// <summary>Names of a resource's outputs that are always secret.</summary>
    public IReadOnlyList<string> SecretOutputs(string type) =>
        Find("resources", type) is { } resource && resource.TryGetProperty("properties", out var properties)
            ? [.. properties.EnumerateObject().Where(property => Flag(property.Value, "secret")).Select(property => property.Name)]
            : [];

    /// <summary>Names of a resource's inputs; empty for a type the schema does not have.</summary>
    public IReadOnlyList<string> Inputs(string type) =>
        Find("resources", type) is { } resource && resource.TryGetProperty("inputProperties", out var inputs)
            ? [.. inputs.EnumerateObject().Select(property => property.Name)]
            : [];

    /// <summary>Refuses, as the program's language host does, what cannot be of the type that the schema asks for.</summary>
    /// <exception cref="BindingException">At least one property cannot be assigned.</exception>
    public void Bind(YamlProgram program)
    {
        foreach (var resource in program.Resources.Where(resource => !resource.IsProvider))
        {
            if (Find("resources", resource.Type) is not { } declared)
                throw new BindingException($"Error: unable to find resource {resource.Type} in the schema");
            if (resource.Properties is null || !declared.TryGetProperty("inputProperties", out var inputs))
                continue;
            var problems = new List<(YamlNode Node, string Text)>();
            foreach (var (name, value) in program.Members(resource.Properties))
            {
                var (found, wanted) = (Shape(value), inputs.TryGetProperty(name, out var input) ? Wanted(input) : null);
                if (wanted is not null && found is not null && !Fits(found, wanted))
                    problems.Add((value, $"{name}: Cannot assign '{Name(program, value)}' to '{wanted}'"));
            }
            if (problems.Count > 0)
                throw Refusal(program, resource, problems);
        }
    }

    static BindingException Refusal(YamlProgram program, ResourceDeclaration resource, List<(YamlNode Node, string Text)> problems)
    {
        var all = Name(program, resource.Properties!);
        var line = problems[0].Node.Start.Line;
        return new(
            $"Error: {resource.Type} is not assignable from {all}\n  on Pulumi.yaml line {line}:\n"
            + $"  {line}: {program.Lines[line - 1].TrimEnd()}\nCannot assign '{all}' to '{resource.Type}':\n  "
            + string.Join("\n  ", problems.Select(problem => problem.Text)));
    }

    /// <summary>The shape of an expression; null where only running it can tell.</summary>
    static string? Shape(YamlNode node) => node switch
    {
        YamlSequenceNode => "List",
        YamlMappingNode map when map.Children.Keys.FirstOrDefault() is YamlScalarNode { Value: { } key }
            && key.StartsWith("fn::", StringComparison.Ordinal) => null,
        YamlMappingNode => "Object",
        YamlScalarNode { Value: { } text } when text.Contains("${", StringComparison.Ordinal) => null,
        YamlScalarNode { Value: null or "" or "null" or "~" } => null,
        _ => "Scalar",
    };

    static bool Fits(string shape, string wanted) => shape switch
    {
        _ when wanted is "any" || wanted.StartsWith("pulumi.json#", StringComparison.Ordinal) => true,
        "List" => wanted.StartsWith("List<", StringComparison.Ordinal),
        "Object" => wanted is "object" || wanted.StartsWith('#') || wanted.StartsWith("Map<", StringComparison.Ordinal),
        _ => !wanted.StartsWith("List<", StringComparison.Ordinal) && wanted is not "object",
    };

    /// <summary>The type of an expression as the language host names it.</summary>
    static string Name(YamlProgram program, YamlNode node) => node switch
    {
        YamlSequenceNode list => $"List<{(list.Children.Count > 0 ? Name(program, list.Children[0]) : "any")}>",
        YamlMappingNode map when Shape(map) is null => "string",
        YamlMappingNode map => "{" + string.Join(", ", program.Members(map)
            .Where(pair => pair.Value is not YamlScalarNode { Value: null or "" or "null" or "~" })
            .Select(pair => $"{pair.Key}: {Name(program, pair.Value)}")) + "}",
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: { } text } when double.TryParse(text, out _) => "number",
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" or "false" } => "boolean",
        _ => "string",
    };

    static string Wanted(JsonElement property)
    {
        if (property.TryGetProperty("$ref", out var reference))
            return reference.GetString()!;
        return property.TryGetProperty("type", out var type) ? type.GetString() switch
        {
            "array" => $"List<{Wanted(property.GetProperty("items"))}>",
            "object" when property.TryGetProperty("additionalProperties", out var values) => $"Map<{Wanted(values)}>",
            var name => name!,
        } : "any";
    }

    JsonElement? Find(string section, string token) =>
        _root.TryGetProperty(section, out var map) && map.TryGetProperty(token, out var found) ? found : null;

    static bool Flag(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}

/// <summary>The program does not fit the schema.</summary>
sealed class BindingException(string message) : Exception(message);
