namespace PulumiAliyunLive.Credentials;

/// <summary>
/// Looks for keys in one place after the other, when the first are needed, and stays with the place that has them. A place that fails later
/// is an error then: other keys may belong to another account.
/// </summary>
/// <param name="places">In the order they are asked.</param>
/// <param name="nothing">The error when none has keys, made of a line for each.</param>
sealed class CredentialSearch(IReadOnlyList<KeyPlace> places, Func<IReadOnlyList<string>, string> nothing, Surroundings world)
    : ICredentialSource, IDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    RenewingSource? _winner;
    CredentialsException? _failure;
    DateTimeOffset _repeatAt;

    public async ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _winner) is { } winner) return await winner.GetAsync(cancellation);

        await _turn.WaitAsync(cancellation);
        try
        {
            if (_winner is not null) return await _winner.GetAsync(cancellation);
            if (_failure is not null && world.Clock.GetUtcNow() < _repeatAt) throw new CredentialsException(_failure.Message, _failure);
            return await SearchAsync(cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Expire(LiveCredentials stale) => Volatile.Read(ref _winner)?.Expire(stale);

    public void Dispose()
    {
        _winner?.Dispose();
        _turn.Dispose();
    }

    async Task<LiveCredentials> SearchAsync(CancellationToken cancellation)
    {
        List<string> looked = [];
        foreach (var place in places)
        {
            var source = new RenewingSource(place.Take, world.Clock);
            try
            {
                // What may pass is thrown and ends the search: the next place may hold keys of another account.
                var key = await source.GetAsync(cancellation);
                Volatile.Write(ref _winner, source);
                var passed = looked.Count == 0 ? "" : $" Passed over: {string.Join("; ", looked)}.";
                world.Debug($"Using keys from {key.Source}.{passed}");
                return key;
            }
            catch (CredentialsException failure) when (!failure.EndsSearch)
            {
                looked.Add($"{place.Name}: {failure.Message}");
            }

            source.Dispose();
        }

        _failure = new CredentialsException(nothing(looked));
        _repeatAt = world.Clock.GetUtcNow() + CredentialLimits.SearchPause;
        throw _failure;
    }
}
