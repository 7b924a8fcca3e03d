using Google.Protobuf.Collections;
using PulumiAliyunLive.Model;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace EngineHarness;

/// <summary>
/// Check failures as the engine prints them: with the value of a property whose name matches exactly, secret or not. Plugins that do
/// not want a value shown must leave the property empty.
/// </summary>
static class CheckFailures
{
    public static StepFailedException Report(Pass pass, Identity id, RepeatedField<Wire.CheckFailure> failures, PropertyMap inputs)
    {
        foreach (var failure in failures)
            pass.Display.Report(new(id.Urn, "error", Text(id, failure, inputs)));
        return new($"{id.Type} resource '{id.Name}' has problems");
    }

    /// <summary>One failure as a line.</summary>
    public static string Text(Identity id, Wire.CheckFailure failure, PropertyMap inputs) => failure.Property.Length == 0
        ? $"{id.Type} resource '{id.Name}' has a problem: {failure.Reason}"
        : $"{id.Type} resource '{id.Name}': property {failure.Property} value {{{Dump(inputs[failure.Property])}}} "
            + $"has a problem: {failure.Reason}";

    /// <summary>A value as Go's <c>%v</c> prints it.</summary>
    static string Dump(PropertyValue? value) => value switch
    {
        null => "<nil>",
        SecretValue secret => $"&{{{{{Dump(secret.Element)}}}}}",
        StringValue text => text.Value,
        BoolValue flag => flag.Value ? "true" : "false",
        NumberValue number => number.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        ArrayValue list => "[" + string.Join(" ", list.Items.Select(item => $"{{{Dump(item)}}}")) + "]",
        ObjectValue map => "map[" + string.Join(" ", map.Fields.OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => $"{field.Key}:{{{Dump(field.Value)}}}")) + "]",
        UnknownValue => "{{<nil>}}",
        _ => "<nil>",
    };
}
