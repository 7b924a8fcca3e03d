using System.Globalization;
using System.Text;
using PulumiAliyunLive.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EngineHarness;

/// <summary>Program text for values, as <c>pulumi import</c> writes it. Secrets come out in clear, as they do there.</summary>
static class ProgramText
{
    public static YamlNode Of(PropertyValue value) => value.Bare switch
    {
        StringValue text => TextNode(text.Value),
        NumberValue number => new YamlScalarNode(number.Value.ToString("R", CultureInfo.InvariantCulture)),
        BoolValue flag => new YamlScalarNode(flag.Value ? "true" : "false"),
        ArrayValue list => new YamlSequenceNode(list.Items.Select(Of)),
        ObjectValue map => MappingNode(map.Fields),
        _ => new YamlScalarNode("null"),
    };

    /// <summary>Block-style YAML, two spaces a level.</summary>
    public static string Write(YamlMappingNode root)
    {
        var text = new StringBuilder();
        Write(text, root, 0);
        return text.ToString();
    }

    static YamlMappingNode MappingNode(PropertyMap map)
    {
        var node = new YamlMappingNode();
        foreach (var (name, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            node.Add(name, Of(value));
        return node;
    }

    /// <summary>A text, quoted where it would otherwise be read as something else.</summary>
    static YamlScalarNode TextNode(string text)
    {
        var plain = text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && !text.Contains(": ", StringComparison.Ordinal)
            && !text.Contains(" #", StringComparison.Ordinal) && !text.Contains("${", StringComparison.Ordinal) && !text.EndsWith(':')
            && text is not ("true" or "false" or "null") && text.All(c => !char.IsControl(c)) && !text.EndsWith(' ')
            && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return new(text) { Style = plain ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted };
    }

    static void Write(StringBuilder text, YamlMappingNode map, int depth, bool firstInLine = false)
    {
        foreach (var (key, value) in map.Children)
        {
            text.Append(' ', firstInLine ? 0 : depth * 2).Append(Scalar((YamlScalarNode)key)).Append(':');
            WriteValue(text, value, depth);
            firstInLine = false;
        }
    }

    static void WriteValue(StringBuilder text, YamlNode value, int depth)
    {
        switch (value)
        {
            case YamlMappingNode { Children.Count: 0 }:
                text.Append(" {}\n");
                break;
            case YamlSequenceNode { Children.Count: 0 }:
                text.Append(" []\n");
                break;
            case YamlMappingNode map:
                text.Append('\n');
                Write(text, map, depth + 1);
                break;
            case YamlSequenceNode list:
                text.Append('\n');
                foreach (var item in list)
                    WriteItem(text, item, depth + 1);
                break;
            case YamlScalarNode scalar:
                text.Append(' ').Append(Scalar(scalar)).Append('\n');
                break;
        }
    }

    static void WriteItem(StringBuilder text, YamlNode item, int depth)
    {
        text.Append(' ', depth * 2).Append("- ");
        if (item is YamlMappingNode { Children.Count: > 0 } map)
            Write(text, map, depth + 1, firstInLine: true);
        else if (item is YamlScalarNode scalar)
            text.Append(Scalar(scalar)).Append('\n');
        else
            text.Append(PropertyListItem(item)).Append('\n');
    }

    static string PropertyListItem(YamlNode item) => item is YamlSequenceNode list
        ? "[" + string.Join(", ", list.Select(PropertyListItem)) + "]"
        : item is YamlScalarNode scalar ? Scalar(scalar) : "{}";

    static string Scalar(YamlScalarNode scalar) => scalar.Style == ScalarStyle.DoubleQuoted
        ? "\"" + scalar.Value!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("${", "$${", StringComparison.Ordinal) + "\""
        : scalar.Value!;
}
