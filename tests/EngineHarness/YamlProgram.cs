using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EngineHarness;

/// <summary>A program that is not understood: says where in the file, and why.</summary>
sealed class ProgramException(string file, long line, string message) : Exception($"{file}:{line}: {message}")
{
    /// <summary>The line of the file, counted from 1.</summary>
    public long Line { get; } = line;
}

/// <summary>A configuration value the program declares.</summary>
sealed record ConfigDeclaration(string Name, string Type, YamlNode? Default, bool Secret, YamlNode Node);

/// <summary>A name given to an expression: a variable or an output.</summary>
sealed record NamedExpression(string Name, YamlNode Value);

/// <summary>A resource of the program; its properties are expressions.</summary>
/// <param name="Key">The name that references use.</param>
/// <param name="Name">The name in the URN.</param>
sealed record ResourceDeclaration(
    string Key, string Name, string Type, YamlMappingNode? Properties, ResourceOptions Options, GetDeclaration? Get, YamlNode Node)
{
    public bool IsProvider => Type.StartsWith("pulumi:providers:", StringComparison.Ordinal);
}

/// <summary>A resource that exists already and is only read.</summary>
sealed record GetDeclaration(YamlNode Id, YamlMappingNode? State);

/// <summary>What a program says about a resource besides its properties.</summary>
sealed record ResourceOptions
{
    public static readonly ResourceOptions None = new();

    public YamlNode? Provider { get; init; }

    public IReadOnlyList<YamlNode> DependsOn { get; init; } = [];

    public IReadOnlyList<string> IgnoreChanges { get; init; } = [];

    public IReadOnlyList<string> ReplaceOnChanges { get; init; } = [];

    public IReadOnlyList<string> AdditionalSecretOutputs { get; init; } = [];

    /// <summary>Former names or URNs.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public Timeouts Timeouts { get; init; } = new();

    public bool? DeleteBeforeReplace { get; init; }

    /// <summary>The id of an existing object to take over.</summary>
    public YamlNode? Import { get; init; }

    public bool RetainOnDelete { get; init; }

    public bool Protect { get; init; }
}

/// <summary>Custom timeouts in seconds; 0 where none was given.</summary>
sealed record Timeouts(double Create = 0, double Update = 0, double Delete = 0, double Read = 0);

/// <summary>
/// The subset of a Pulumi YAML program that the examples use. What lies outside of it is an error that names the line, never ignored.
/// </summary>
sealed class YamlProgram
{
    readonly string _file;

    YamlProgram(string file, string[] lines)
    {
        _file = file;
        Lines = lines;
    }

    public string Name { get; private set; } = "";

    public IReadOnlyList<ConfigDeclaration> Config { get; private set; } = [];

    public IReadOnlyList<NamedExpression> Variables { get; private set; } = [];

    public IReadOnlyList<ResourceDeclaration> Resources { get; private set; } = [];

    public IReadOnlyList<NamedExpression> Outputs { get; private set; } = [];

    public string[] Lines { get; }

    /// <summary>Reads <c>Pulumi.yaml</c> of a folder.</summary>
    public static YamlProgram Load(string folder)
    {
        var path = Path.Combine(folder, "Pulumi.yaml");
        return File.Exists(path)
            ? Parse(File.ReadAllText(path))
            : throw new FileNotFoundException($"there is no Pulumi.yaml in {folder}");
    }

    public static YamlProgram Parse(string text, string file = "Pulumi.yaml")
    {
        var program = new YamlProgram(file, text.Split('\n'));
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            throw new ProgramException(file, error.Start.Line, $"not YAML: {error.Message}");
        }
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            throw new ProgramException(file, 1, "a program is one YAML mapping");
        program.Read(root);
        return program;
    }

    /// <summary>An error at a node of this program.</summary>
    public ProgramException Error(YamlNode node, string message) => new(_file, node.Start.Line, message);

    /// <summary>The key and value pairs of a mapping whose keys are plain names.</summary>
    public IEnumerable<(string Key, YamlNode Value)> Members(YamlMappingNode node) =>
        node.Children.Select(pair => (Text(pair.Key, "a key"), pair.Value));

    /// <summary>The text of a scalar.</summary>
    public string Text(YamlNode node, string what) =>
        node is YamlScalarNode { Value: { } value } ? value : throw Error(node, $"{what} must be a text");

    void Read(YamlMappingNode root)
    {
        foreach (var (key, value) in Members(root))
        {
            switch (key)
            {
                case "name":
                    Name = Text(value, "name");
                    break;
                case "runtime":
                    if (Text(value is YamlMappingNode map ? map["name"] : value, "runtime") != "yaml")
                        throw Error(value, "only programs with 'runtime: yaml' are understood");
                    break;
                case "description" or "author" or "website" or "license" or "backend" or "plugins":
                    break;
                case "config" or "configuration":
                    Config = [.. Members(Mapping(value, key)).Select(pair => ReadConfig(pair.Key, pair.Value))];
                    break;
                case "variables":
                    Variables = [.. Members(Mapping(value, key)).Select(pair => new NamedExpression(pair.Key, pair.Value))];
                    break;
                case "resources":
                    Resources = [.. Members(Mapping(value, key)).Select(pair => ReadResource(pair.Key, Mapping(pair.Value, pair.Key)))];
                    break;
                case "outputs":
                    Outputs = [.. Members(Mapping(value, key)).Select(pair => new NamedExpression(pair.Key, pair.Value))];
                    break;
                default:
                    throw Error(value, $"the section '{key}' is not understood by this harness");
            }
        }
        if (Name.Length == 0)
            throw Error(root, "the program has no 'name'");
    }

    ConfigDeclaration ReadConfig(string name, YamlNode node)
    {
        if (node is not YamlMappingNode map)
            return new(name, "string", node, false, node);
        var declaration = new ConfigDeclaration(name, "string", null, false, node);
        foreach (var (key, value) in Members(map))
        {
            declaration = key switch
            {
                "type" => declaration with { Type = Text(value, "type").ToLowerInvariant() },
                "default" or "value" => declaration with { Default = value },
                "secret" => declaration with { Secret = Flag(value) },
                "description" => declaration,
                _ => throw Error(value, $"config has no '{key}'"),
            };
        }
        return declaration;
    }

    ResourceDeclaration ReadResource(string name, YamlMappingNode node)
    {
        var (type, logical, properties, options, get) = ("", name, (YamlMappingNode?)null, ResourceOptions.None, (GetDeclaration?)null);
        foreach (var (key, value) in Members(node))
        {
            switch (key)
            {
                case "type":
                    type = Tokens.Canonical(Text(value, "type"));
                    break;
                case "name":
                    logical = Text(value, "name");
                    break;
                case "properties":
                    properties = Mapping(value, key);
                    break;
                case "options":
                    options = ReadOptions(Mapping(value, key));
                    break;
                case "get":
                    get = ReadGet(Mapping(value, key));
                    break;
                default:
                    throw Error(value, $"a resource has no '{key}'");
            }
        }
        if (type.Length == 0)
            throw Error(node, $"the resource '{name}' has no 'type'");
        if (get is not null && properties is not null)
            throw Error(node, $"the resource '{name}' has both 'get' and 'properties'");
        return new(name, logical, type, properties, options, get, node);
    }

    GetDeclaration ReadGet(YamlMappingNode node)
    {
        YamlNode? id = null;
        YamlMappingNode? state = null;
        foreach (var (key, value) in Members(node))
        {
            switch (key)
            {
                case "id":
                    id = value;
                    break;
                case "state":
                    state = Mapping(value, key);
                    break;
                default:
                    throw Error(value, $"'get' has no '{key}'");
            }
        }
        return new(id ?? throw Error(node, "'get' has no 'id'"), state);
    }

    ResourceOptions ReadOptions(YamlMappingNode node)
    {
        var options = new ResourceOptions();
        foreach (var (key, value) in Members(node))
        {
            options = key switch
            {
                "provider" => options with { Provider = value },
                "dependsOn" => options with { DependsOn = value is YamlSequenceNode list ? [.. list] : [value] },
                "ignoreChanges" => options with { IgnoreChanges = Texts(value, key) },
                "replaceOnChanges" => options with { ReplaceOnChanges = Texts(value, key) },
                "additionalSecretOutputs" => options with { AdditionalSecretOutputs = Texts(value, key) },
                "aliases" => options with { Aliases = ReadAliases(value) },
                "customTimeouts" => options with { Timeouts = ReadTimeouts(Mapping(value, key)) },
                "deleteBeforeReplace" => options with { DeleteBeforeReplace = Flag(value) },
                "import" => options with { Import = value },
                "retainOnDelete" => options with { RetainOnDelete = Flag(value) },
                "protect" => options with { Protect = Flag(value) },
                _ => throw Error(value, $"the resource option '{key}' is not understood by this harness"),
            };
        }
        return options;
    }

    List<string> ReadAliases(YamlNode node) => node is not YamlSequenceNode list
        ? throw Error(node, "aliases is a list")
        : [.. list.Select(item => item is YamlMappingNode map
            ? Members(map).Select(pair => pair.Key == "name"
                ? Text(pair.Value, "name")
                : throw Error(pair.Value, $"an alias by '{pair.Key}' is not understood by this harness")).Single()
            : Text(item, "an alias"))];

    Timeouts ReadTimeouts(YamlMappingNode node)
    {
        var timeouts = new Timeouts();
        foreach (var (key, value) in Members(node))
        {
            var seconds = Seconds(value);
            timeouts = key switch
            {
                "create" => timeouts with { Create = seconds },
                "update" => timeouts with { Update = seconds },
                "delete" => timeouts with { Delete = seconds },
                "read" => timeouts with { Read = seconds },
                _ => throw Error(value, $"customTimeouts has no '{key}'"),
            };
        }
        return timeouts;
    }

    /// <summary>A duration as the command line tool reads it: <c>1h30m</c>, <c>90s</c>, <c>500ms</c>.</summary>
    double Seconds(YamlNode node)
    {
        var text = Text(node, "a timeout");
        var (total, at) = (0.0, 0);
        while (at < text.Length)
        {
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
                at++;
            var letters = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
                at++;
            var factor = text[letters..at] switch { "h" => 3600.0, "m" => 60.0, "s" => 1.0, "ms" => 0.001, _ => 0.0 };
            var count = text.AsSpan(digits, letters - digits);
            if (factor == 0 || !double.TryParse(count, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                throw Error(node, $"'{text}' is not a duration such as 90s or 5m");
            total += number * factor;
        }
        return total;
    }

    bool Flag(YamlNode node) => Text(node, "a flag") switch
    {
        "true" => true,
        "false" => false,
        _ => throw Error(node, "must be true or false"),
    };

    List<string> Texts(YamlNode node, string what) =>
        node is YamlSequenceNode list ? [.. list.Select(item => Text(item, what))] : throw Error(node, $"{what} is a list of texts");

    YamlMappingNode Mapping(YamlNode node, string what) =>
        node as YamlMappingNode ?? throw Error(node, $"'{what}' must be a mapping");
}
