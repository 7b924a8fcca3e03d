using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>What must hold for a monitor session's inputs beyond the schema; the facts are those of CreateLiveStreamMonitor.</summary>
static class MonitorSessionRules
{
    public static readonly IReadOnlyList<Rule> All =
    [
        Rule.NotEmpty("monitorName"),
        new("domain-form", ["domain"], null, Domain),
        new("inputList-elements", ["inputList"], "at least one", Inputs),
        new("app-form", ["app"], null, scope => PathPart(scope, "app")),
        new("stream-form", ["stream"], null, scope => PathPart(scope, "stream")),
        new("monitorConfig-range", ["monitorConfig"], null, Thresholds),
        Rule.WebAddress("callbackUrl", null),
        Rule.WebAddress("dingTalkWebHookUrl", null),
    ];

    static void Domain(RuleScope scope)
    {
        if (scope.Text("domain") is not { } domain) return;
        if (domain.Length == 0 || domain.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-')))
        {
            scope.Fail("domain", "must be the name of a live domain alone, such as monitor.example.com, without scheme, port or path");
        }
    }

    static void PathPart(RuleScope scope, string property)
    {
        if (scope.Text(property) is not { } text) return;
        if (text.Length == 0 || text.Any(character => char.IsWhiteSpace(character) || character is '/' or '?' or '#' or '%'))
        {
            scope.Fail(property, "must be one part of an address: not empty, without blanks, `/`, `?`, `#` and `%`");
        }
    }

    static void Inputs(RuleScope scope)
    {
        if (scope.Inputs["inputList"] is not { IsUnknown: false } list || list.Bare is not ArrayValue) return;
        if (list.Elements.IsEmpty) scope.Fail("inputList", "must hold at least one input");
        var places = new Dictionary<double, int>();
        for (var index = 0; index < list.Elements.Length; index++)
        {
            var input = list.Elements[index].Members;
            var path = $"inputList[{index}]";
            InputUrl(scope, $"{path}.inputUrl", input["inputUrl"]?.Text);
            if (input["layoutId"]?.Number is { } place)
            {
                if (place < 1) scope.Fail($"{path}.layoutId", "must be 1 or more", Field.ToText(place));
                else if (!places.TryAdd(place, index)) scope.Fail($"{path}.layoutId", $"must not be used twice, but is the same as that of inputList[{places[place]}]");
            }

            Pair(scope, $"{path}.layoutConfig.positionNormalized", input["layoutConfig"]?.Members["positionNormalized"]);
            Pair(scope, $"{path}.layoutConfig.sizeNormalized", input["layoutConfig"]?.Members["sizeNormalized"]);
            if (input["playConfig"]?.Members["volumeRate"]?.Number is { } volume && (volume is < 0 or > 1 || Math.Abs((volume * 100) - Math.Round(volume * 100)) > 1e-9))
            {
                scope.Fail($"{path}.playConfig.volumeRate", "must be from 0 to 1 with at most two decimals", Field.ToText(volume));
            }
        }
    }

    /// <summary>The service's examples show a bare domain too, so only an address with a scheme is held against the schemes that can be pulled.</summary>
    static void InputUrl(RuleScope scope, string path, string? text)
    {
        if (text is null) return;
        if (text.Length == 0 || text.Any(char.IsWhiteSpace)) scope.Fail(path, "must be a stream address, not empty and without blanks");
        else if (text.Contains("://", StringComparison.Ordinal) && Addresses.Problem(text, "rtmp", "rtsp", "srt", "http", "https") is { } problem) scope.Fail(path, problem);
    }

    static void Pair(RuleScope scope, string path, PropertyValue? value)
    {
        if (value is null || value.Bare is not ArrayValue) return;
        if (value.Elements.Length != 2) scope.Fail(path, $"must hold two numbers, but holds {value.Elements.Length}");
        for (var index = 0; index < value.Elements.Length; index++)
        {
            if (value.Elements[index].Number is { } number and (< 0 or > 1)) scope.Fail($"{path}[{index}]", "must be from 0 to 1", Field.ToText(number));
        }
    }

    static void Thresholds(RuleScope scope)
    {
        foreach (var (name, value) in scope.Inputs["monitorConfig"]?.Members ?? PropertyMap.Empty)
        {
            if (value.Number is { } number and < 0) scope.Fail($"monitorConfig.{name}", "must be 0 or more", Field.ToText(number));
        }
    }
}
