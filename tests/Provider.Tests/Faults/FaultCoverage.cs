using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>What befell which calls, over many programs.</summary>
sealed class FaultCoverage
{
    static readonly string[] Calls = ["Create", "Read", "Update", "Delete"];
    static readonly string[] Cuts = ["killed before", "killed after", "cancelled before", "cancelled after"];

    readonly ConcurrentDictionary<(string What, string Call), int> _counts = new();

    /// <summary>Creations that were cancelled and left an object of which the program's user was told.</summary>
    public const string Told = "left behind, told";

    /// <param name="call">The provider's call and the type: <c>Create RelayTask</c>.</param>
    public void Note(string what, string call) => _counts.AddOrUpdate((what, call), 1, (_, count) => count + 1);

    public int Count(string what) => _counts.Where(count => count.Key.What == what).Sum(count => count.Value);

    /// <summary>What never befell a call that it can befall.</summary>
    public IReadOnlyList<string> Missing() =>
        [.. Trouble.Kinds.Concat(Cuts).SelectMany(what => Columns.Where(call => CanBefall(what, call) && !_counts.ContainsKey((what, call))).Select(call => $"{what} in {call}"))];

    // A relay task is listed only before and after its creation.
    static bool CanBefall(string what, string call) => !what.StartsWith("list", StringComparison.Ordinal) || call.EndsWith("MonitorSession", StringComparison.Ordinal) || call == "Create RelayTask";

    static IEnumerable<string> Columns => Calls.SelectMany(call => (string[])[$"{call} RelayTask", $"{call} MonitorSession"]);

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{"",-18}").AppendJoin(' ', Columns.Select(call => $"{call.Replace("RelayTask", "task", StringComparison.Ordinal).Replace("MonitorSession", "session", StringComparison.Ordinal),14}")).AppendLine();
        foreach (var what in _counts.Keys.Select(key => key.What).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{what,-18}")
                .AppendJoin(' ', Columns.Select(call => $"{_counts.GetValueOrDefault((what, call)),14}")).AppendLine();
        }

        return text.ToString();
    }
}
