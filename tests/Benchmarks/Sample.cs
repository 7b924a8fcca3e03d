using System.Globalization;

namespace Benchmarks;

/// <summary>Measurements of one thing, in one unit.</summary>
sealed class Sample
{
    readonly List<double> _sorted = [];

    public Sample(params IEnumerable<double> values)
    {
        _sorted.AddRange(values);
        _sorted.Sort();
    }

    public double Median => At(0.5);

    /// <summary>The value that a share of all does not exceed.</summary>
    public double At(double share) => _sorted[Math.Min((int)(share * _sorted.Count), _sorted.Count - 1)];

    /// <summary>The median, and between which values the middle half lies.</summary>
    public string Text(int digits) => _sorted.Count == 1
        ? Number(Median, digits)
        : $"{Number(Median, digits)} ({Number(At(0.25), digits)}–{Number(At(0.75), digits)})";

    /// <summary>The ratios of runs that were made in pairs, one right after the other.</summary>
    public static Sample Ratio(IReadOnlyList<double> runs, IReadOnlyList<double> others) =>
        new(runs.Zip(others, (run, other) => run / other));

    public static string Number(double value, int digits) =>
        value.ToString($"N{digits.ToString(CultureInfo.InvariantCulture)}", CultureInfo.InvariantCulture);
}
