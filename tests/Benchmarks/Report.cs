using System.Text;

namespace Benchmarks;

/// <summary>What was found, as tables of Markdown that can also be read on a terminal.</summary>
sealed class Report
{
    readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public void Line(string text = "") => _text.Append(text).Append('\n');

    /// <param name="rows">Texts of the cells; numbers read best at the right, so every column but the first is aligned there.</param>
    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] lines = [heads, .. rows];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        Line();
        Line(Row(heads, widths));
        var rules = widths.Select((width, column) => column == 0 ? new string('-', width + 2) : new string('-', width + 1) + ":");
        Line($"|{string.Join('|', rules)}|");
        foreach (var line in lines.Skip(1)) Line(Row(line, widths));
        Line();
    }

    static string Row(IReadOnlyList<string> cells, int[] widths)
    {
        var padded = cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
        return $"| {string.Join(" | ", padded)} |";
    }
}
