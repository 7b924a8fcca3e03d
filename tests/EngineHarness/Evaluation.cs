using System.Globalization;
using System.Text;
using PulumiAliyunLive.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EngineHarness;

/// <summary>A value of the stack's configuration.</summary>
sealed record ConfigValue(string Text, bool Secret);

/// <summary>What the engine knows of a resource once the program may use it.</summary>
/// <param name="Id">Unknown while previewing a creation.</param>
/// <param name="Incomplete">Whether an output that is missing is merely not known yet.</param>
sealed record RegisteredResource(string Urn, PropertyValue Id, PropertyMap Outputs, bool Incomplete);

/// <summary>A resource as the program wants it, all expressions evaluated.</summary>
sealed record ResourceGoal(ResourceDeclaration Declaration, PropertyMap Inputs)
{
    /// <summary>For each input the URNs of the resources it was computed from.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> PropertyDependencies { get; init; }

    /// <summary>All resources this one depends on, <c>dependsOn</c> included.</summary>
    public required IReadOnlyList<string> Dependencies { get; init; }

    /// <summary>The URN of the explicit provider; null for the default one.</summary>
    public string? Provider { get; init; }

    /// <summary>The id of the object to take over (option <c>import</c>) or to read (<c>get</c>); may be unknown.</summary>
    public PropertyValue? Id { get; init; }
}

/// <summary>The engine as a running program sees it.</summary>
interface IProgramHost
{
    bool Preview { get; }

    Task<RegisteredResource> RegisterAsync(ResourceGoal goal);

    Task<PropertyMap> InvokeAsync(string token, PropertyMap arguments);
}

/// <summary>Runs a program: evaluates its expressions and registers its resources in the order of their dependencies.</summary>
sealed class Evaluation(YamlProgram program, string stack, IReadOnlyDictionary<string, ConfigValue> config, IProgramHost host)
{
    readonly Dictionary<string, (PropertyValue Value, IReadOnlyList<string> Dependencies)> _values = new(StringComparer.Ordinal);
    readonly Dictionary<string, RegisteredResource> _resources = new(StringComparer.Ordinal);
    readonly HashSet<string> _running = new(StringComparer.Ordinal);

    /// <summary>The program's view of a configuration: what is set, and the defaults it declares for whatever is not.</summary>
    public static Dictionary<string, ConfigValue> Configuration(YamlProgram program, IReadOnlyDictionary<string, ConfigValue> set)
    {
        var result = new Dictionary<string, ConfigValue>(set, StringComparer.Ordinal);
        foreach (var declaration in program.Config)
        {
            // A name with a colon is another package's configuration, which the program presets.
            if (declaration.Name.Contains(':', StringComparison.Ordinal) && declaration.Default is YamlScalarNode { Value: { } text })
                result.TryAdd(declaration.Name, new(text, declaration.Secret));
        }
        return result;
    }

    /// <summary>Runs the program and gives its outputs.</summary>
    public async Task<PropertyMap> RunAsync()
    {
        foreach (var declaration in program.Config.Where(declaration => !declaration.Name.Contains(':', StringComparison.Ordinal)))
            _values[declaration.Name] = (ConfigOf(declaration), []);
        foreach (var variable in program.Variables)
            await VariableAsync(variable);
        foreach (var resource in program.Resources)
            await ResourceAsync(resource);
        var outputs = new PropertyMap();
        foreach (var output in program.Outputs)
            outputs[output.Name] = await EvaluateAsync(output.Value, []);
        return outputs;
    }

    PropertyValue ConfigOf(ConfigDeclaration declaration)
    {
        if (config.TryGetValue($"{program.Name}:{declaration.Name}", out var set) || config.TryGetValue(declaration.Name, out set))
        {
            PropertyValue value = declaration.Type == "string" ? set.Text : PropertyJson.Parse(set.Text);
            return set.Secret || declaration.Secret ? value.AsSecret() : value;
        }
        if (declaration.Default is null)
        {
            throw program.Error(
                declaration.Node, $"the program needs the configuration '{declaration.Name}': --set {declaration.Name}=…");
        }
        var standard = Literal(declaration.Default);
        return declaration.Secret ? standard.AsSecret() : standard;
    }

    async Task VariableAsync(NamedExpression variable)
    {
        if (_values.ContainsKey(variable.Name))
            return;
        Enter(variable.Name, variable.Value);
        var dependencies = new HashSet<string>(StringComparer.Ordinal);
        var value = await EvaluateAsync(variable.Value, dependencies);
        _values[variable.Name] = (value, [.. dependencies]);
        _running.Remove(variable.Name);
    }

    async Task<RegisteredResource> ResourceAsync(ResourceDeclaration declaration)
    {
        if (_resources.TryGetValue(declaration.Key, out var known))
            return known;
        Enter(declaration.Key, declaration.Node);
        var (inputs, perProperty, all) = await PropertiesAsync(declaration.Properties ?? declaration.Get?.State);
        var options = declaration.Options;
        foreach (var other in options.DependsOn)
            all.Add((await TargetAsync(other)).Urn);
        var provider = options.Provider is null ? null : (await TargetAsync(options.Provider)).Urn;
        var id = (declaration.Get?.Id ?? options.Import) is { } idNode ? await EvaluateAsync(idNode, all) : null;
        var resource = await host.RegisterAsync(new(declaration, inputs)
        {
            PropertyDependencies = perProperty,
            Dependencies = [.. all],
            Provider = provider,
            Id = id,
        });
        _running.Remove(declaration.Key);
        _resources[declaration.Key] = resource;
        return resource;
    }

    async Task<(PropertyMap, Dictionary<string, IReadOnlyList<string>>, HashSet<string>)> PropertiesAsync(YamlMappingNode? node)
    {
        var inputs = new PropertyMap();
        var perProperty = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, expression) in node is null ? [] : program.Members(node))
        {
            var dependencies = new HashSet<string>(StringComparer.Ordinal);
            inputs[name] = await EvaluateAsync(expression, dependencies);
            perProperty[name] = [.. dependencies];
            all.UnionWith(dependencies);
        }
        return (inputs, perProperty, all);
    }

    void Enter(string name, YamlNode node)
    {
        if (!_running.Add(name))
            throw program.Error(node, $"'{name}' depends on itself");
    }

    /// <summary>The resource that an option names as <c>${name}</c>.</summary>
    async Task<RegisteredResource> TargetAsync(YamlNode node)
    {
        var text = program.Text(node, "an option that names a resource");
        if (!text.StartsWith("${", StringComparison.Ordinal) || !text.EndsWith('}')
            || program.Resources.FirstOrDefault(resource => resource.Key == text[2..^1]) is not { } declaration)
            throw program.Error(node, $"'{text}' does not name a resource: write ${{name}}");
        return await ResourceAsync(declaration);
    }

    async ValueTask<PropertyValue> EvaluateAsync(YamlNode node, HashSet<string> dependencies)
    {
        switch (node)
        {
            case YamlScalarNode { Value: { } text } scalar when text.Contains("${", StringComparison.Ordinal):
                return await InterpolateAsync(scalar, text, dependencies);
            case YamlScalarNode:
                return Literal(node);
            case YamlSequenceNode list:
                var items = new List<PropertyValue>();
                foreach (var item in list)
                    items.Add(await EvaluateAsync(item, dependencies));
                return PropertyValue.Of(items);
            case YamlMappingNode map:
                var members = program.Members(map).ToList();
                if (members is [var (name, argument)] && name.StartsWith("fn::", StringComparison.Ordinal))
                    return await FunctionAsync(node, name, argument, dependencies);
                var result = new PropertyMap();
                foreach (var (key, value) in members)
                    result[key] = await EvaluateAsync(value, dependencies);
                return result;
            default:
                throw program.Error(node, "YAML aliases are not understood by this harness");
        }
    }

    async ValueTask<PropertyValue> FunctionAsync(YamlNode node, string name, YamlNode argument, HashSet<string> dependencies)
    {
        switch (name)
        {
            case "fn::secret":
                return (await EvaluateAsync(argument, dependencies)).AsSecret();
            case "fn::toJSON":
                var value = await EvaluateAsync(argument, dependencies);
                PropertyValue json = value.ContainsUnknown ? PropertyValue.Unknown : PropertyJson.Write(value);
                return value.ContainsSecret ? json.AsSecret() : json;
            case "fn::join":
                var parts = await EvaluateAsync(argument, dependencies);
                if (parts.Elements is not [{ Text: { } separator }, var list])
                    throw program.Error(argument, "fn::join takes a separator and a list of texts");
                if (parts.ContainsUnknown)
                    return parts.ContainsSecret ? PropertyValue.Unknown.AsSecret() : PropertyValue.Unknown;
                PropertyValue joined = string.Join(separator, list.Elements.Select(item => TextOf(item, argument)));
                return parts.ContainsSecret ? joined.AsSecret() : joined;
            case "fn::invoke":
                var call = argument as YamlMappingNode ?? throw program.Error(argument, "fn::invoke takes a mapping");
                return await InvokeAsync(call, dependencies);
            default:
                throw program.Error(node, $"the function '{name}' is not understood by this harness");
        }
    }

    async ValueTask<PropertyValue> InvokeAsync(YamlMappingNode node, HashSet<string> dependencies)
    {
        var (function, arguments, member) = ("", PropertyMap.Empty, (string?)null);
        foreach (var (key, value) in program.Members(node))
        {
            switch (key)
            {
                case "function":
                    function = Tokens.Canonical(program.Text(value, "function"));
                    break;
                case "arguments":
                    arguments = (await EvaluateAsync(value, dependencies)).Members;
                    break;
                case "return":
                    member = program.Text(value, "return");
                    break;
                default:
                    throw program.Error(value, $"fn::invoke has no '{key}' in this harness");
            }
        }
        if (new ObjectValue(arguments).ContainsUnknown)
            return PropertyValue.Unknown;
        PropertyValue result = await host.InvokeAsync(function, arguments);
        if (new ObjectValue(arguments).ContainsSecret)
            result = result.AsSecret();
        return member is null ? result : Member(result, new(member, 0), incomplete: false, node, member);
    }

    async ValueTask<PropertyValue> InterpolateAsync(YamlScalarNode node, string text, HashSet<string> dependencies)
    {
        var (built, unknown, secret, at) = (new StringBuilder(), false, false, 0);
        while (at < text.Length)
        {
            var start = text.IndexOf("${", at, StringComparison.Ordinal);
            if (start < 0)
            {
                built.Append(text, at, text.Length - at);
                break;
            }
            if (start > 0 && text[start - 1] == '$')
            {
                built.Append(text, at, start - at - 1).Append("${");
                at = start + 2;
                continue;
            }
            var end = text.IndexOf('}', start);
            if (end < 0)
                throw program.Error(node, "a ${…} is not closed");
            built.Append(text, at, start - at);
            var value = await ReferenceAsync(node, text[(start + 2)..end], dependencies);
            if (start == 0 && end == text.Length - 1)
                return value; // the whole value keeps its type
            unknown |= value.ContainsUnknown;
            secret |= value.ContainsSecret;
            if (!value.ContainsUnknown)
                built.Append(TextOf(value, node));
            at = end + 1;
        }
        PropertyValue result = unknown ? PropertyValue.Unknown : built.ToString();
        return secret ? result.AsSecret() : result;
    }

    string TextOf(PropertyValue value, YamlNode node) => value.Bare switch
    {
        StringValue text => text.Value,
        NumberValue number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        BoolValue flag => flag.Value ? "true" : "false",
        _ => throw program.Error(node, "a list, an object or null cannot be part of a text; fn::toJSON makes it one"),
    };

    async ValueTask<PropertyValue> ReferenceAsync(YamlNode node, string text, HashSet<string> dependencies)
    {
        AccessPath path;
        try
        {
            path = AccessPath.Parse(text.Trim());
        }
        catch (FormatException error)
        {
            throw program.Error(node, error.Message);
        }
        var rest = path.Steps.Skip(1);
        if (path.Root == "pulumi")
            return path.Steps is [_, { Name: var name }] ? Builtin(node, name) : throw program.Error(node, $"'{text}' is not known");
        if (program.Resources.FirstOrDefault(resource => resource.Key == path.Root) is { } declaration)
            return await ResourceReferenceAsync(node, text, path, declaration, dependencies);
        if (program.Variables.FirstOrDefault(variable => variable.Name == path.Root) is { } variable)
            await VariableAsync(variable);
        if (!_values.TryGetValue(path.Root, out var known))
            throw program.Error(node, $"'{path.Root}' is neither a resource, nor a variable, nor a declared configuration");
        dependencies.UnionWith(known.Dependencies);
        return rest.Aggregate(known.Value, (value, step) => Member(value, step, incomplete: false, node, text));
    }

    async ValueTask<PropertyValue> ResourceReferenceAsync(
        YamlNode node, string text, AccessPath path, ResourceDeclaration declaration, HashSet<string> dependencies)
    {
        var resource = await ResourceAsync(declaration);
        dependencies.Add(resource.Urn);
        return path.Steps switch
        {
            [_] => new OpaqueValue(OpaqueKind.ResourceReference, new() { ["urn"] = resource.Urn, ["id"] = resource.Id }),
            [_, { Name: "id" }] => resource.Id,
            [_, { Name: "urn" }] => resource.Urn,
            _ => path.Steps.Skip(1).Aggregate(
                (PropertyValue)resource.Outputs, (value, step) => Member(value, step, resource.Incomplete, node, text)),
        };
    }

    PropertyValue Builtin(YamlNode node, string? name) => name switch
    {
        "stack" => stack,
        "project" => program.Name,
        "cwd" => Directory.GetCurrentDirectory(),
        _ => throw program.Error(node, $"'pulumi.{name}' is not understood by this harness"),
    };

    PropertyValue Member(PropertyValue value, AccessPath.Step step, bool incomplete, YamlNode node, string text)
    {
        if (value.IsUnknown)
            return value;
        var found = step.Name is not null
            ? value.Members[step.Name]
            : step.Index < value.Elements.Length ? value.Elements[step.Index] : null;
        if (found is null && incomplete)
            found = PropertyValue.Unknown;
        if (found is null)
            throw program.Error(node, $"'{text}' has no value");
        return value.IsSecret ? found.AsSecret() : found;
    }

    /// <summary>A scalar, list or mapping without expressions; plain scalars have the types of YAML's core schema.</summary>
    PropertyValue Literal(YamlNode node) => node switch
    {
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => scalar.Value switch
        {
            null or "" or "~" or "null" => PropertyValue.Null,
            "true" => true,
            "false" => false,
            { } text when (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            { } text => text,
        },
        YamlScalarNode scalar => scalar.Value ?? "",
        YamlSequenceNode list => PropertyValue.Of(list.Select(Literal)),
        YamlMappingNode map => ObjectOf(map),
        _ => throw program.Error(node, "YAML aliases are not understood by this harness"),
    };

    PropertyMap ObjectOf(YamlMappingNode map)
    {
        var result = new PropertyMap();
        foreach (var (key, value) in program.Members(map))
            result[key] = Literal(value);
        return result;
    }
}
