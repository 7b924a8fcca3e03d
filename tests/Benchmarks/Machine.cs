namespace Benchmarks;

static class Machine
{
    /// <summary>The processor's name, as far as the system tells.</summary>
    public static string Processor()
    {
        const string Table = "/proc/cpuinfo";
        const string Unknown = "processor unknown";
        if (!File.Exists(Table)) return Unknown;
        var line = File.ReadLines(Table).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? Unknown : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
