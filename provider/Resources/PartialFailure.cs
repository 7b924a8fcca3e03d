using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>What may go wrong once an object exists: whatever it is, the object's id and last known outputs reach the state.</summary>
static class PartialFailure
{
    /// <summary>Runs what follows; a failure of any kind, a cancellation and a fault of this plugin included, keeps the object.</summary>
    /// <param name="id">The resource's id in the state.</param>
    /// <param name="what">The object, for texts: <c>relay task cn-shanghai/…</c>.</param>
    /// <param name="outputs">The outputs as far as they are known when it fails.</param>
    /// <param name="inputs">The inputs that go with them.</param>
    public static async Task<T> KeepAsync<T>(string id, string what, Func<PropertyMap> outputs, PropertyMap inputs, Func<Task<T>> rest)
    {
        try
        {
            return await rest();
        }
        catch (Exception error) when (error is not PartialFailureException)
        {
            throw new PartialFailureException(id, outputs(), inputs, [Reason(error, what)], error);
        }
    }

    static string Reason(Exception error, string what) => error switch
    {
        ProviderException or CredentialsException => error.Message,
        LiveException failure => ErrorTexts.Text(failure, $"finish the work on {what}"),
        OperationCanceledException => $"Cancelled before the work on {what} was finished; it exists and the next up continues with it.",

        // Its own words may quote values, so only its kind is told.
        _ => $"The work on {what} stopped with an unforeseen {error.GetType().Name}. This is a fault of the plugin, not of your program; "
            + $"please report it. The {what} exists and the next up continues with it.",
    };
}
