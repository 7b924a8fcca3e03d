using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>One thing that must hold for inputs beyond what the schema says.</summary>
/// <param name="Id">A name for tests and docs: <c>retryInterval-range</c>.</param>
/// <param name="Properties">The inputs it looks at.</param>
/// <param name="Bound">Words that the first property's description must hold, so that docs and check agree; null: no bound.</param>
/// <param name="Apply">Adds a failure for each violation. Unknown and absent values violate nothing.</param>
sealed record Rule(string Id, IReadOnlyList<string> Properties, string? Bound, Action<RuleScope> Apply)
{
    /// <summary>An integer or number within bounds.</summary>
    public static Rule Range(string property, double min, double max, string must, string bound) =>
        new($"{property}-range", [property], bound, scope =>
        {
            if (scope.Number(property) is not { } value || (value >= min && value <= max)) return;
            scope.Fail(property, $"must be {must}", Field.ToText(value));
        });

    /// <summary>A text that is not empty.</summary>
    public static Rule NotEmpty(string property) => new($"{property}-not-empty", [property], null, scope =>
    {
        if (scope.Text(property) is { } text && string.IsNullOrWhiteSpace(text)) scope.Fail(property, "must not be empty");
    });

    /// <summary>An http or https address of bounded length.</summary>
    public static Rule WebAddress(string property, string? bound) => new($"{property}-address", [property], bound, scope =>
    {
        if (scope.Text(property) is not { } text) return;
        if ((Addresses.Problem(text, "http", "https") ?? Addresses.TooLong(text)) is { } problem) scope.Fail(property, problem);
    });
}

/// <summary>What a rule sees.</summary>
/// <param name="Inputs">The normalised new inputs.</param>
/// <param name="Olds">The old checked inputs; empty for a creation.</param>
/// <param name="Now">The present, by the best clock at hand.</param>
sealed record RuleScope(PropertyMap Inputs, PropertyMap Olds, CheckFailures Failures, DateTimeOffset Now)
{
    public string? Text(string property) => Inputs[property]?.Text;

    public double? Number(string property) => Inputs[property]?.Number;

    public void Fail(string path, string reason) => Failures.Add(path, reason);

    /// <summary>Adds a failure that repeats what is stated, unless the program marked it as secret.</summary>
    public void Fail(string path, string must, string stated) => Fail(path, IsSecret(path) ? must : $"{must}, but is {stated}");

    /// <summary>Whether a value, or one it stands in, is marked as secret; one that no path leads to counts as secret.</summary>
    public bool IsSecret(string path) => !PropertyPath.TryParse(path, out var read) || read.Get(Inputs)?.IsSecret == true;
}
