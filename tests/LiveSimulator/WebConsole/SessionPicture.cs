using System.Text.Json.Nodes;

namespace LiveSimulator.WebConsole;

/// <summary>Where the inputs of a session stand in its picture.</summary>
static class SessionPicture
{
    /// <summary>
    /// The inputs in the order in which they lie over each other, with <c>place</c> in parts of the picture from its upper left corner;
    /// null where no size is stated.
    /// </summary>
    public static JsonArray Inputs(string inputList) => new([.. JsonNode.Parse(inputList)!.AsArray()
        .OfType<JsonObject>()
        .OrderBy(input => (int?)input["LayoutId"] ?? 0)
        .Select(JsonNode (input) => new JsonObject
        {
            ["index"] = (int?)input["Index"],
            ["layoutId"] = (int?)input["LayoutId"],
            ["name"] = (string?)input["StreamName"] ?? "",
            ["url"] = AddressRedaction.Shown((string?)input["InputUrl"] ?? ""),
            ["volume"] = (double?)input["PlayConfig"]?["VolumeRate"],
            ["place"] = Place(input["LayoutConfig"]),
        })]);

    static JsonObject? Place(JsonNode? layout)
    {
        if (layout?["SizeNormalized"] is not JsonArray size) return null;
        var (width, height) = ((double)size[0]!, (double)size[1]!);
        var offset = layout["PositionNormalized"] as JsonArray;
        var (x, y) = offset is null ? (0, 0) : ((double)offset[0]!, (double)offset[1]!);
        var corner = (string?)layout["PositionRefer"] ?? "topLeft";
        return new JsonObject
        {
            ["x"] = Rounded(corner.EndsWith("Right", StringComparison.Ordinal) ? 1 - x - width : x),
            ["y"] = Rounded(corner.StartsWith("bottom", StringComparison.Ordinal) ? 1 - y - height : y),
            ["width"] = width,
            ["height"] = height,
        };
    }

    static double Rounded(double part) => Math.Round(part, 6);
}
