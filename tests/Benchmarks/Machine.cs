namespace Benchmarks;

static class Machine
{
    /// <summary>The processor's name, as far as the system tells.</summary>
    public static string Processor()
    {
        const string Table = "/proc/cpuinfo";
        var line = File.Exists(Table) ? File.ReadLines(Table).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "processor unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
