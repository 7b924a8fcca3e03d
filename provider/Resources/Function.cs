using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>One function of the package. It only looks, so it may run in previews.</summary>
/// <param name="arguments">The arguments as the schema declares them.</param>
abstract class Function(ObjectSchema arguments)
{
    /// <summary>Checks the arguments, all problems at once, and then looks.</summary>
    public async Task<InvokeResult> InvokeAsync(PropertyMap args, Session session, CancellationToken cancellation)
    {
        var failures = new CheckFailures(arguments, args);
        var stated = SchemaCheck.Normalise(arguments, args, failures);
        Check(stated, session, failures);
        if (failures.Count > 0) return new(PropertyMap.Empty, failures.ToList());
        return new(await RunAsync(stated, session, session.Deadline(null, Waiting.ReadLimit, cancellation)), []);
    }

    /// <summary>Adds what the schema cannot say of the arguments.</summary>
    protected abstract void Check(PropertyMap args, Session session, CheckFailures failures);

    /// <summary>Looks; secrets are marked in what is returned.</summary>
    protected abstract Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline);

    /// <summary>Exactly one of these arguments says what is looked for.</summary>
    protected static void CheckOneOf(PropertyMap args, CheckFailures failures, params ReadOnlySpan<string> names)
    {
        var stated = 0;
        foreach (var name in names)
        {
            if (args[name] is not { } value) continue;
            stated++;
            if (value.Text is { Length: 0 }) failures.Add(name, "must not be empty");
        }

        if (stated == 1) return;
        var found = stated == 0 ? "none is" : $"{stated} are";
        failures.Add("", $"exactly one of {string.Join(", ", names.ToArray())} must be stated, but {found}");
    }
}
