using System.Globalization;
using System.Reflection;

namespace LiveSimulator;

/// <summary>Reads and sets the switches by name, and lists the variations that a client has to live with.</summary>
static class SettingVariations
{
    static readonly PropertyInfo[] Switches =
        [.. typeof(SimulatorSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    public static IEnumerable<(string Name, Action<SimulatorSettings> Apply)> All =>
        from property in Switches
        let mark = property.GetCustomAttribute<UnconfirmedAttribute>()
        where mark is not null
        from value in OtherValues(property, mark)
        select ($"{property.Name}={value}", (Action<SimulatorSettings>)(settings => Set(settings, property.Name, value)));

    /// <summary>The switches with their values as text, in the order of their declaration.</summary>
    public static IEnumerable<(string Name, string Value)> Read(SimulatorSettings settings) =>
        Switches.Select(property => (property.Name, Format(property.GetValue(settings)!)));

    public static void Set(SimulatorSettings settings, string name, string value)
    {
        var property = Array.Find(Switches, candidate => candidate.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"There is no setting {name}. There are: {string.Join(", ", Switches.Select(known => known.Name))}.");
        property.SetValue(settings, Parse(property, value));
    }

    static IEnumerable<string> OtherValues(PropertyInfo property, UnconfirmedAttribute mark)
    {
        var usual = Format(property.GetValue(new SimulatorSettings())!);
        var known = property.PropertyType.IsEnum ? Enum.GetNames(property.PropertyType)
            : property.PropertyType == typeof(bool) ? ["False", "True"]
            : mark.OtherValues;
        return known.Where(value => value != usual);
    }

    static object Parse(PropertyInfo property, string value)
    {
        var type = property.PropertyType;
        if (type == typeof(string)) return value;
        if (type == typeof(bool) && bool.TryParse(value, out var flag)) return flag;
        if (type == typeof(int) && int.TryParse(value, CultureInfo.InvariantCulture, out var integer)) return integer;
        if (type == typeof(double) && double.TryParse(value, CultureInfo.InvariantCulture, out var number)) return number;
        if (type == typeof(TimeSpan) && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var span)) return span;
        var isName = char.IsAsciiLetter(value.FirstOrDefault());
        if (type.IsEnum && isName && Enum.TryParse(type, value, ignoreCase: true, out var choice)) return choice;
        var expected = type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type))
            : type == typeof(TimeSpan) ? "a time such as 00:00:02"
            : type == typeof(bool) ? "true or false"
            : "a number";
        throw new ArgumentException($"{property.Name} cannot be {value}; it takes {expected}.");
    }

    static string Format(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
