using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mode = PulumiAliyunLive.Protocol.Wire.CheckRequest.Types.AutonamingOptions.Types.Mode;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>
/// The user's rule for resource names, from the configuration <c>pulumi:autonaming</c>: a mode (<c>default</c>, <c>verbatim</c>,
/// <c>disabled</c>) or a pattern such as <c>${name}-${hex(6)}</c>.
/// </summary>
sealed partial class Autonaming(EngineOptions options, string project)
{
    readonly (string Mode, string? Pattern, bool Enforce) _rule = Read(options.Config);

    /// <summary>What Check is told; null where the user made no rule.</summary>
    /// <param name="deleteBeforeReplace">Whether the names leave no room for two of a kind.</param>
    public Wire.CheckRequest.Types.AutonamingOptions? For(string name, byte[] seed, out bool deleteBeforeReplace)
    {
        deleteBeforeReplace = false;
        switch (_rule)
        {
            case { Pattern: { } pattern }:
                deleteBeforeReplace = !RandomPart().IsMatch(pattern);
                return new()
                {
                    ProposedName = Expand(pattern, name, seed),
                    Mode = _rule.Enforce ? Mode.Enforce : Mode.Propose,
                };
            case { Mode: "verbatim" }:
                deleteBeforeReplace = true;
                return new() { ProposedName = name, Mode = Mode.Enforce };
            case { Mode: "disabled" }:
                return new() { Mode = Mode.Disable };
            default:
                return null;
        }
    }

    string Expand(string pattern, string name, byte[] seed)
    {
        var random = Convert.ToHexStringLower(SHA256.HashData(seed));
        var text = pattern.Replace("${name}", name, StringComparison.Ordinal)
            .Replace("${stack}", options.Stack, StringComparison.Ordinal)
            .Replace("${project}", project, StringComparison.Ordinal);
        return RandomPart().Replace(text, match => random[..int.Parse(match.Groups["length"].Value)]);
    }

    static (string Mode, string? Pattern, bool Enforce) Read(IReadOnlyDictionary<string, ConfigValue> config)
    {
        if (!config.TryGetValue("pulumi:autonaming", out var value))
            return ("default", null, false);
        using var document = JsonDocument.Parse(value.Text);
        var rule = document.RootElement;
        return (
            rule.TryGetProperty("mode", out var mode) ? mode.GetString()! : "default",
            rule.TryGetProperty("pattern", out var pattern) ? pattern.GetString() : null,
            rule.TryGetProperty("enforce", out var enforce) && enforce.GetBoolean());
    }

    [GeneratedRegex(@"\$\{(?:hex|alphanum|string|num)\((?<length>\d+)\)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RandomPart();
}
