namespace PulumiAliyunLive.Credentials;

/// <summary>Temporary keys from an address that hands them out, usually of a helper beside this process.</summary>
static class AddressKeys
{
    public static readonly string[] Variables = ["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"];

    /// <summary>The place that the environment names.</summary>
    public static KeyPlace FromEnvironment(Surroundings world) => new("credentials address", cancellation =>
        world.First(Variables) is var (name, address)
            ? TakeAsync(world, address, $"credentials address of {name}", cancellation)
            : throw new CredentialsException($"neither {Variables[0]} nor {Variables[1]} is set"));

    public static async ValueTask<TakenKeys> TakeAsync(Surroundings world, string address, string source, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            throw new CredentialsException("the address must be a whole http:// or https:// address");

        var answer = await world.Http.AskAsync(() => new HttpRequestMessage(HttpMethod.Get, uri), uri, cancellation);
        if (answer.Problem is not null) throw new CredentialsException(answer.Problem);
        if (!answer.IsSuccess) throw new CredentialsException($"{uri.Authority} {answer.Words}");
        var what = $"the answer of {uri.Authority}";
        var keys = KeyJson.Object(answer.Body, what);
        if (keys.Text("Code") is { } code && code != "Success") throw new CredentialsException($"{what} says that there are no keys");
        return KeyJson.Temporary(keys, answer, world.Clock, source, what);
    }
}
