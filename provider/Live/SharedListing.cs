using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Live;

/// <summary>
/// Lets many reads share one listing. A refresh of a thousand objects then costs a dozen calls in place of a thousand.
/// <list type="bullet">
/// <item>The first reads ask for one object each. When reads keep coming, one listing is made that answers all of them.</item>
/// <item>It answers for a few seconds after its last page, never longer than <see cref="Oldest"/> after its first call.</item>
/// <item>It answers only for what it shows alive; the rest is asked for exactly: a listing declares nothing gone.</item>
/// <item>An object that any call of ours was about since shortly before the listing (change, wait, read) is asked for exactly.</item>
/// <item>It is made only where it costs at most two pages for each read of the last seconds: not for a few objects among many others.</item>
/// <item>A listing that fails answers nothing; the exact calls then tell what is wrong.</item>
/// </list>
/// So what others change is seen a few seconds late at most, and what we change at once. Safe for concurrent use; one listing at a time.
/// </summary>
/// <param name="exact">What was asked for or changed exactly.</param>
/// <param name="readPage">One page, from 1: how many objects there are in all, and those of the page.</param>
/// <param name="isAlive">Whether a listed object may be answered as it is.</param>
sealed class SharedListing<T>(
    TimeProvider clock, ExactCalls exact, Func<int, Deadline, Task<(int Total, IReadOnlyList<T> Items)>> readPage, Func<T, string> idOf,
    Func<T, bool> isAlive)
    where T : class
{
    /// <summary>Reads within <see cref="Window"/> that are answered exactly before a listing is thought of.</summary>
    public const int FirstReads = 4;

    /// <summary>Calls that a listing may cost for each read of the last seconds: two, since more reads are likely to follow.</summary>
    const int PagesPerRead = 2;

    /// <summary>Pages of the largest listing: with more, its beginning is old before its end is read.</summary>
    const int MostPages = 100;

    /// <summary>What counts as a stream of reads.</summary>
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>How long a complete listing answers.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>The greatest age of an answer, counted from the first call of the listing.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromSeconds(15);

    /// <summary>How long the size of a listing, or its failure, is remembered when it keeps us from listing again.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly Queue<DateTimeOffset> _reads = [];
    Listing? _current;
    int _pages = 1;
    DateTimeOffset _pagesKnownUntil = DateTimeOffset.MinValue;
    DateTimeOffset _notBefore = DateTimeOffset.MinValue;

    /// <summary>The object from a listing; null where it is to be asked for exactly.</summary>
    public async Task<T?> FindAsync(string id, Deadline deadline)
    {
        if (CurrentFor(deadline) is not { } listing) return null;
        var alive = await listing.Objects.WaitAsync(deadline.Cancellation);
        lock (_lock)
        {
            if (!listing.AnswersAt(clock.GetUtcNow())) return null;
        }

        return exact.IsSettled(id, listing.Begun) ? alive.GetValueOrDefault(id) : null;
    }

    /// <summary>The listing at hand or under way, or a new one where it is worth its calls.</summary>
    Listing? CurrentFor(Deadline deadline)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            _reads.Enqueue(now);
            while (_reads.Count > MostPages || _reads.Peek() + Window < now) _reads.Dequeue();
            if (_current is { } current && (!current.Objects.IsCompleted || current.AnswersAt(now))) return current;
            _current = null;
            if (_reads.Count <= FirstReads || !IsWorthIt(now) || deadline.EndsWithin(Oldest)) return null;

            // No read owns the listing, so that the end of one does not take it from the others; each waits as long as it may.
            var next = new Listing(now);
            next.Objects = Task.Run(() => ListAsync(next));
            return _current = next;
        }
    }

    bool IsWorthIt(DateTimeOffset now) =>
        now >= _notBefore && (now >= _pagesKnownUntil || (_pages <= MostPages && _pages <= PagesPerRead * _reads.Count));

    async Task<IReadOnlyDictionary<string, T>> ListAsync(Listing listing)
    {
        var alive = new Dictionary<string, T>(StringComparer.Ordinal);
        try
        {
            var deadline = new Deadline(clock, Oldest, CancellationToken.None);
            var (total, items) = await readPage(1, deadline);
            if (!GoesOn(total, items.Count, out var pages)) return alive;

            // Pages shift while objects come and go, or are smaller than asked for: what is missed is then asked for exactly.
            var rest = await Task.WhenAll(Enumerable.Range(2, pages - 1).Select(page => readPage(page, deadline)));
            foreach (var item in rest.SelectMany(page => page.Items).Concat(items))
            {
                if (isAlive(item)) alive[idOf(item)] = item;
                else alive.Remove(idOf(item));
            }

            lock (_lock)
            {
                var now = clock.GetUtcNow();
                listing.Until = now + Fresh < listing.Begun + Oldest ? now + Fresh : listing.Begun + Oldest;
            }
        }
        catch (Exception error) when (error is LiveException or CredentialsException or OperationCanceledException)
        {
            lock (_lock)
            {
                _notBefore = clock.GetUtcNow() + Memory;
            }
        }

        return alive;
    }

    /// <summary>Learns from the first page what the listing costs, and whether that is worth it.</summary>
    bool GoesOn(int total, int pageSize, out int pages)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            pages = _pages = pageSize == 0 ? 1 : Math.Max(1, ((total - 1) / pageSize) + 1);
            _pagesKnownUntil = now + Memory;
            return IsWorthIt(now);
        }
    }

    /// <param name="begun">The moment before its first call.</param>
    sealed class Listing(DateTimeOffset begun)
    {
        public DateTimeOffset Begun { get; } = begun;

        /// <summary>The end of its answers; in the past while it is under way, and for ever if it failed.</summary>
        public DateTimeOffset Until { get; set; } = DateTimeOffset.MinValue;

        public Task<IReadOnlyDictionary<string, T>> Objects { get; set; } = null!;

        public bool AnswersAt(DateTimeOffset now) => now < Until;
    }
}
