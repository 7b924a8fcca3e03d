using System.Globalization;

namespace PulumiAliyunLive.Model;

/// <summary>Booleans and numbers, which may arrive as themselves or as text.</summary>
static class Scalars
{
    /// <summary>The largest magnitude up to which every whole number has a double of its own.</summary>
    public const double LargestExact = 9007199254740991;

    /// <summary>The boolean of a bare value.</summary>
    public static bool TryBoolean(PropertyValue bare, out bool result)
    {
        switch (bare)
        {
            case BoolValue boolean:
                result = boolean.Value;
                return true;
            case StringValue text:
                return bool.TryParse(text.Value, out result);
            default:
                result = false;
                return false;
        }
    }

    /// <summary>The number of a bare value; it may be infinite or not a number.</summary>
    public static bool TryNumber(PropertyValue bare, out double result)
    {
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        switch (bare)
        {
            case NumberValue number:
                result = number.Value;
                return true;
            case StringValue text:
                return double.TryParse(text.Value, Plain, CultureInfo.InvariantCulture, out result);
            default:
                result = 0;
                return false;
        }
    }

    /// <summary>
    /// A bare value as a primitive type wants it; null where it is no value of that type. Ranges and declared values are not looked at.
    /// </summary>
    public static PropertyValue? As(TypeSchema type, PropertyValue bare) => type switch
    {
        BooleanType => bare is BoolValue ? bare : TryBoolean(bare, out var boolean) ? boolean : null,
        IntegerType or NumberType when bare is NumberValue { Value: not 0 } => bare,
        IntegerType or NumberType => TryNumber(bare, out var number) ? PositiveZero(number) : null,
        StringType => bare as StringValue,
        EnumType choice => As(choice.Underlying, bare),
        _ => null,
    };

    /// <summary>Minus zero would be written with its sign.</summary>
    static double PositiveZero(double number) => number + 0.0;
}
