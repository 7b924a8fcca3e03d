namespace PulumiAliyunLive.Model;

/// <summary>
/// Collects what is wrong with a resource's inputs. The engine prints the stated value of a failure's property, secret or not, so a failure
/// names its property only where the value is a plain boolean, number or declared enum value; elsewhere the path opens the reason.
/// </summary>
/// <param name="schema">The inputs' schema; failures are listed in its order.</param>
/// <param name="stated">The inputs as the program states them: what the engine would print from.</param>
sealed class CheckFailures(ObjectSchema schema, PropertyMap stated)
{
    readonly List<(int Order, string Path, string Reason)> _failures = [];

    public int Count => _failures.Count;

    /// <summary>Adds a failure, once. The reason must not hold a stated value; an empty path means the resource as a whole.</summary>
    public void Add(string path, string reason)
    {
        if (_failures.Exists(failure => failure.Path == path && failure.Reason == reason))
            return;
        var root = PropertyPath.TryParse(path, out var parsed) ? parsed.RootName : null;
        var order = root is null ? -1 : schema.IndexOf(root);
        _failures.Add((order < 0 ? int.MaxValue : order, path, reason));
    }

    /// <summary>Adds a failure at a path.</summary>
    public void Add(PropertyPath path, string reason) => Add(path.ToString(), reason);

    /// <summary>All failures in the order of the schema, those of no property last.</summary>
    public IReadOnlyList<CheckFailure> ToList() =>
        [.. _failures.OrderBy(failure => failure.Order).Select(failure => ToFailure(failure.Path, failure.Reason))];

    CheckFailure ToFailure(string path, string reason)
    {
        if (path.Length == 0)
            return new CheckFailure("", reason);
        return MayBePrinted(path) ? new CheckFailure(path, reason) : new CheckFailure("", $"{path}: {reason}");
    }

    bool MayBePrinted(string name) => schema.Find(name) is { Secret: false } property && stated[name] is { } value && property.Type switch
    {
        BooleanType => value is BoolValue,
        IntegerType or NumberType => value is NumberValue,
        EnumType choice => !value.IsSecret && choice.Declares(value),
        _ => false,
    };
}
