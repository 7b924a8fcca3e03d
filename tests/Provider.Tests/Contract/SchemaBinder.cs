using System.Text.Json;
using System.Text.RegularExpressions;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>
/// Finds what the engine's schema binder and the metaschema would refuse: keys that are not allowed, tokens of the wrong form, references
/// that lead
/// nowhere, required names that do not exist, reserved names. The rules are written down here from the format's description, apart from the
/// plugin's own reader.
/// </summary>
static partial class SchemaBinder
{
    static readonly string[] s_package =
    [
        "name", "displayName", "version", "description", "homepage", "license", "attribution", "repository", "publisher", "logoUrl", "keywords", "namespace",
        "pluginDownloadURL", "meta", "config", "types", "provider", "resources", "functions", "language", "dependencies", "parameterization",
        "extensionParameterization", "allowedPackageNames",
    ];

    static readonly string[] s_type = ["type", "items", "additionalProperties", "$ref", "oneOf", "discriminator", "plain"];

    static readonly string[] s_property =
        [.. s_type, "description", "default", "defaultInfo", "const", "secret", "replaceOnChanges", "willReplaceOnChanges", "deprecationMessage", "language"];

    static readonly string[] s_complex = ["type", "description", "properties", "required", "enum", "plain", "isOverlay", "overlaySupportedLanguages", "language"];

    static readonly string[] s_resource =
    [
        "properties", "required", "inputProperties", "requiredInputs", "stateInputs", "listInputs", "aliases", "isComponent", "methods", "deprecationMessage", "description",
        "language", "isOverlay", "overlaySupportedLanguages", "type",
    ];

    static readonly string[] s_function =
        ["description", "inputs", "outputs", "returnType", "multiArgumentInputs", "deprecationMessage", "isOverlay", "overlaySupportedLanguages", "language"];

    static readonly Dictionary<string, string[]> s_language = new(StringComparer.Ordinal)
    {
        ["csharp"] = ["rootNamespace", "namespaces", "packageReferences", "projectReferences", "compatibility", "dictionaryConstructors", "liftSingleValueMethodReturns", "respectSchemaVersion"],
        ["nodejs"] =
        [
            "packageName", "packageDescription", "readme", "dependencies", "devDependencies", "peerDependencies", "resolutions", "typescriptVersion", "moduleToPackage", "compatibility",
            "disableUnionOutputTypes", "containsEnums", "providerNameToModuleName", "extraTypeScriptFiles", "liftSingleValueMethodReturns", "respectSchemaVersion", "useTypeOnlyReferences",
        ],
        ["python"] =
        [
            "packageName", "requires", "pythonRequires", "readme", "moduleNameOverrides", "compatibility", "mapCase", "usesIOClasses", "liftSingleValueMethodReturns", "respectSchemaVersion",
            "pyproject", "inputTypes",
        ],
        ["go"] =
        [
            "importBasePath", "modulePath", "rootPackageName", "moduleToPackage", "packageImportAliases", "importPathPattern", "generateResourceContainerTypes", "generateExtraInputTypes",
            "omitExtraInputTypes", "pulumiSDKVersion", "disableFunctionOutputVersions", "disableInputTypeRegistrations", "disableObjectDefaults", "internalModuleName", "internalDependencies",
            "liftSingleValueMethodReturns", "respectSchemaVersion", "generics",
        ],
        ["java"] = ["packages", "basePackage", "buildFiles", "dependencies", "gradleNexusPublishPluginVersion", "gradleTest"],
    };

    static readonly string[] s_primitives = ["boolean", "integer", "number", "string"];

    /// <summary>Every problem, with its place; empty where the schema binds.</summary>
    public static IReadOnlyList<string> Problems(JsonElement root) => [.. new Binding(root).Package()];

    sealed class Binding(JsonElement root)
    {
        public IEnumerable<string> Package()
        {
            var name = Text(root, "name");
            if (!Name().IsMatch(name) || name is "pulumi" or "input") yield return $"name: {name}";
            var problems = Keys(root, s_package, "package")
                .Concat(Members("types").SelectMany(type => Token(type, TypeToken(), name).Concat(Complex(type.Value, type.Name))))
                .Concat(Members("resources")
                    .SelectMany(resource => Token(resource, TypeToken(), name).Concat(Resource(resource.Value, resource.Name))))
                .Concat(Members("functions")
                    .SelectMany(function => Token(function, FunctionToken(), name).Concat(Function(function.Value, function.Name))))
                .Concat(root.TryGetProperty("provider", out var provider)
                    ? Resource(provider, "provider").Concat(ProviderNames(provider)) : [])
                .Concat(root.TryGetProperty("config", out var config) ? Config(config) : [])
                .Concat(Members("language").SelectMany(Language))
                .Concat(Collisions());
            foreach (var problem in problems) yield return problem;
        }

        JsonProperty[] Members(string part) => root.TryGetProperty(part, out var members) ? [.. members.EnumerateObject()] : [];

        static IEnumerable<string> Keys(JsonElement element, string[] allowed, string place) =>
            element.EnumerateObject().Select(member => member.Name).Except(allowed, StringComparer.Ordinal)
                .Select(key => $"{place}: key {key} is not allowed");

        static IEnumerable<string> Token(JsonProperty member, Regex form, string package)
        {
            if (!form.IsMatch(member.Name)) yield return $"{member.Name}: not a token";
            if (member.Name.Split(':')[0] != package) yield return $"{member.Name}: of another package";
            if (member.Name.Split(':') is [_, var module, var last])
            {
                if (module.StartsWith("index/", StringComparison.Ordinal)) yield return $"{member.Name}: a module below index";
                if (module is "" or "index" && last is "provider" or "Provider") yield return $"{member.Name}: a reserved name";
            }
        }

        IEnumerable<string> Collisions() =>
            Members("types").Concat(Members("resources"))
            .Select(member => member.Name).Concat(Members("functions").Select(member => member.Name))
            .GroupBy(token => token, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
                .Select(group => $"{group.Key}: the same token twice but for case");

        IEnumerable<string> Config(JsonElement config)
        {
            var variables = config.TryGetProperty("variables", out var found) ? found : default;
            return Keys(config, ["variables", "defaults"], "config")
                .Concat(Properties(config, "variables", "config"))
                .Concat(Required(config, "defaults", variables, "config"));
        }

        static IEnumerable<string> ProviderNames(JsonElement provider) =>
            from side in (string[])["inputProperties", "properties"]
            where provider.TryGetProperty(side, out _)
            from property in provider.GetProperty(side).EnumerateObject()
            where property.Name is "version" or "pulumi"
            select $"provider: input {property.Name} is reserved";

        IEnumerable<string> Resource(JsonElement resource, string place)
        {
            foreach (var problem in Keys(resource, s_resource, place)) yield return problem;
            foreach (var (side, required) in ((string, string)[])[("properties", "required"), ("inputProperties", "requiredInputs")])
            {
                foreach (var problem in Properties(resource, side, place)) yield return problem;
                var properties = resource.TryGetProperty(side, out var found) ? found : default;
                foreach (var problem in Required(resource, required, properties, place)) yield return problem;
            }

            if (resource.TryGetProperty("properties", out var outputs))
            {
                foreach (var output in outputs.EnumerateObject()
                    .Where(output => output.Name is "id" or "urn")) yield return $"{place}: output {output.Name} hides the engine's own";
            }

            if (resource.TryGetProperty("stateInputs", out var state))
            {
                foreach (var problem in Complex(state, $"{place} stateInputs")) yield return problem;
                if (state.GetProperty("properties").TryGetProperty("id", out _)) yield return $"{place}: stateInputs holds id";
            }
        }

        IEnumerable<string> Function(JsonElement function, string place)
        {
            foreach (var problem in Keys(function, s_function, place)) yield return problem;
            foreach (var side in (string[])["inputs", "outputs"])
            {
                if (!function.TryGetProperty(side, out var shape)) continue;
                var problems = shape.TryGetProperty("properties", out _) ? Complex(shape, $"{place} {side}")
                    : Type(shape, $"{place} {side}", s_type);
                foreach (var problem in problems) yield return problem;
            }
        }

        IEnumerable<string> Complex(JsonElement type, string place)
        {
            foreach (var problem in Keys(type, s_complex, place)) yield return problem;
            var kind = Text(type, "type");
            if (type.TryGetProperty("enum", out var values))
            {
                if (!s_primitives.Contains(kind, StringComparer.Ordinal)) yield return $"{place}: an enum of {kind}";
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var value in values.EnumerateArray())
                {
                    foreach (var problem in Keys(value, ["name", "description", "value", "deprecationMessage"],
                        place)) yield return problem;
                    if (!value.TryGetProperty("value", out var stated)
                        || !IsOf(stated, kind)) yield return $"{place}: an enum value that is no {kind}";
                    else if (!seen.Add(stated.GetRawText())) yield return $"{place}: the enum value {stated} twice";
                }

                yield break;
            }

            if (kind != "object") yield return $"{place}: neither an object nor an enum";
            foreach (var problem in Properties(type, "properties", place)) yield return problem;
            foreach (var problem in Required(type, "required", type.TryGetProperty("properties", out var properties) ? properties
                : default, place)) yield return problem;
        }

        static IEnumerable<string> Required(JsonElement owner, string key, JsonElement properties, string place)
        {
            if (!owner.TryGetProperty(key, out var names)) yield break;
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var name in names.EnumerateArray().Select(name => name.GetString()!))
            {
                if (properties.ValueKind != JsonValueKind.Object
                    || !properties.TryGetProperty(name, out _)) yield return $"{place}: {key} names {name}, which does not exist";
                if (!seen.Add(name)) yield return $"{place}: {key} names {name} twice";
            }
        }

        IEnumerable<string> Properties(JsonElement owner, string side, string place)
        {
            if (!owner.TryGetProperty(side, out var properties)) yield break;
            foreach (var property in properties.EnumerateObject())
            {
                var at = $"{place}.{property.Name}";
                if (property.Name == "pulumi" || property.Name.Length == 0) yield return $"{at}: a forbidden name";
                foreach (var problem in Type(property.Value, at, s_property)) yield return problem;
                foreach (var problem in Default(property.Value, at)) yield return problem;
            }
        }

        IEnumerable<string> Default(JsonElement property, string place)
        {
            foreach (var key in (string[])["default", "const"])
            {
                if (!property.TryGetProperty(key, out var value)) continue;
                var kind = Primitive(property);
                if (kind is null) yield return $"{place}: {key} of a type that is not primitive";
                else if (!IsOf(value, kind)) yield return $"{place}: {key} is no {kind}";
            }

            if (!property.TryGetProperty("defaultInfo", out var info)) yield break;
            foreach (var problem in Keys(info, ["environment", "language"], place)) yield return problem;
            if (!info.TryGetProperty("environment", out var variables)
                || variables.GetArrayLength() == 0) yield return $"{place}: defaultInfo without a variable";
        }

        /// <summary>The primitive type that a property has, also through an enum; null for any other.</summary>
        string? Primitive(JsonElement property)
        {
            var kind = Text(property, "type");
            if (property.TryGetProperty("$ref", out var reference) && Find(reference.GetString()!) is { } target
                && target.TryGetProperty("enum", out _)) kind = Text(target, "type");
            return s_primitives.Contains(kind, StringComparer.Ordinal) ? kind : null;
        }

        JsonElement? Find(string reference)
        {
            foreach (var part in (string[])["types", "resources"])
            {
                var prefix = $"#/{part}/";
                if (reference.StartsWith(prefix, StringComparison.Ordinal) && root.TryGetProperty(part, out var members)
                    && members.TryGetProperty(Uri.UnescapeDataString(reference[prefix.Length..]), out var target))
                {
                    return target;
                }
            }

            return null;
        }

        IEnumerable<string> Type(JsonElement type, string place, string[] allowed)
        {
            foreach (var problem in Keys(type, allowed, place)) yield return problem;
            if (type.TryGetProperty("$ref", out var reference))
            {
                var text = reference.GetString()!;
                if (text is not ("pulumi.json#/Any" or "pulumi.json#/Json" or "pulumi.json#/Asset" or "pulumi.json#/Archive" or "#/provider") && Find(text) is null) yield return $"{place}: {text} leads nowhere";
                yield break;
            }

            var kind = Text(type, "type");
            if (kind == "array")
            {
                if (!type.TryGetProperty("items", out var items)) yield return $"{place}: a list of nothing";
                else foreach (var problem in Type(items, $"{place}[]", s_type)) yield return problem;
            }
            else if (kind == "object")
            {
                if (type.TryGetProperty("additionalProperties", out var inner))
                {
                    foreach (var problem in Type(inner, $"{place}{{}}", s_type)) yield return problem;
                }
            }
            else if (!s_primitives.Contains(kind, StringComparer.Ordinal) && !type.TryGetProperty("oneOf", out _))
            {
                yield return $"{place}: no type";
            }
        }

        static IEnumerable<string> Language(JsonProperty block) => s_language.TryGetValue(block.Name, out var allowed)
            ? Keys(block.Value, allowed, $"language {block.Name}")
            : [$"language {block.Name}: not a language of Pulumi's"];

        /// <summary>Whether a value is of a primitive type; whole numbers must fit 32 bits.</summary>
        static bool IsOf(JsonElement value, string kind) => kind switch
        {
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            _ => false,
        };

        static string Text(JsonElement element, string key) =>
            element.TryGetProperty(key, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
    }

    [GeneratedRegex("^[a-zA-Z][-a-zA-Z0-9_]*$", RegexOptions.None, 1000)]
    private static partial Regex Name();

    [GeneratedRegex("^[a-zA-Z][-a-zA-Z0-9_]*:([^0-9][a-zA-Z0-9._/-]*)?:[^0-9][a-zA-Z0-9._/]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeToken();

    [GeneratedRegex("^[a-zA-Z][-a-zA-Z0-9_]*:([^0-9][a-zA-Z0-9._/-]*)?:[^0-9][-a-zA-Z0-9._/]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FunctionToken();
}
