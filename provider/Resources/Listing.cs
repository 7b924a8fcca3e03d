using System.Runtime.CompilerServices;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>An object that a listing found.</summary>
/// <param name="Id">The id that a resource of it has, and that import takes.</param>
/// <param name="ServiceId">The service's own id.</param>
/// <param name="Ended">Whether it is over, and shown for some time only.</param>
/// <param name="Outputs">What functions return of it.</param>
sealed record Found(string Id, string ServiceId, string Name, bool Ended, Func<PropertyMap> Outputs);

/// <summary>
/// Finds what exists of one resource type: for functions, for the List call, and for imports by name. The service's own filters match
/// loosely, so every name and id is compared here.
/// </summary>
/// <param name="query">The filters as the schema declares them, for the function that lists and for the List call alike.</param>
abstract class Listing(ObjectSchema query)
{
    const int MostNear = 5;

    /// <summary>What is found, as a person calls it: <c>relay task</c>.</summary>
    public abstract string What { get; }

    /// <summary>What import takes, as an error tells it.</summary>
    protected abstract string ImportForms { get; }

    /// <summary>Adds what the schema cannot say of the filters.</summary>
    public abstract void Check(PropertyMap filters, Session session, CheckFailures failures);

    /// <summary>Everything that matches the filters, ended objects included, page by page as it is asked for.</summary>
    protected abstract IAsyncEnumerable<Found> EachAsync(PropertyMap filters, Session session, Deadline deadline);

    /// <summary>Whether this may be the id of an object, so that asking for it makes sense.</summary>
    protected abstract bool MayBeId(string text);

    /// <summary>The filters that find an object by the name that was given in place of an id, and the name by itself.</summary>
    protected abstract (PropertyMap Filters, string Name) ByName(string text, Session session);

    /// <summary>The filters with what narrows them beyond the place that is searched taken out.</summary>
    protected abstract PropertyMap Everything(PropertyMap filters);

    /// <summary>Everything that exists and matches, page by page as it is asked for.</summary>
    public async IAsyncEnumerable<Found> FindAsync(PropertyMap filters, Session session, Deadline deadline, bool alsoEnded = false)
    {
        await using var each = EachAsync(filters, session, deadline).GetAsyncEnumerator(deadline.Cancellation);
        while (true)
        {
            try
            {
                if (!await each.MoveNextAsync()) yield break;
            }
            catch (LiveException error)
            {
                throw error.Explain($"list {What}s");
            }
            catch (CredentialsException error)
            {
                throw new ProviderException(ProviderStatus.Unauthenticated, error.Message, error);
            }

            if (alsoEnded || !each.Current.Ended) yield return each.Current;
        }
    }

    /// <summary>The matches in an order that does not change from run to run: by name, then by id.</summary>
    public async Task<IReadOnlyList<Found>> SortedAsync(PropertyMap filters, Session session, Deadline deadline) =>
        InOrder(await FindAsync(filters, session, deadline).ToListAsync());

    static IReadOnlyList<Found> InOrder(IEnumerable<Found> found) =>
        [.. found.OrderBy(one => one.Name, StringComparer.Ordinal).ThenBy(one => one.Id, StringComparer.Ordinal)];

    /// <summary>The one match.</summary>
    /// <param name="wanted">What was looked for, as an error tells it; without a secret.</param>
    /// <param name="near">The text that near matches are looked for with; null for none.</param>
    /// <exception cref="ProviderException">There is none, or more than one; the message lists near matches, or the ids.</exception>
    public async Task<Found> OnlyAsync(PropertyMap filters, string wanted, string? near, Session session, Deadline deadline) =>
        await SortedAsync(filters, session, deadline) switch
        {
            [var one] => one,
            [] => throw NotFound(wanted, await NearAsync(near, filters, session, deadline)),
            var many => throw Ambiguous(wanted, many),
        };

    public ProviderException NotFound(string wanted, string near) => new(ProviderStatus.NotFound, $"There is no {What} {wanted}.{near}");

    static ProviderException Ambiguous(string wanted, IReadOnlyList<Found> many) => new(
        ProviderStatus.InvalidArgument,
        $"More than one match {wanted}; state one of these ids: {string.Join(", ", many.Select(found => found.Id))}.");

    /// <summary>A sentence that names what the text may have meant, with a space before it; empty where nothing is known.</summary>
    public async Task<string> NearAsync(string? text, PropertyMap filters, Session session, Deadline deadline) =>
        text is not null && await AllForHintsAsync(filters, session, deadline) is { } all ? Near(text, all) : "";

    /// <summary>Everything there is, to say more than that nothing was found. Null where that fails: hints are an extra.</summary>
    async Task<IReadOnlyList<Found>?> AllForHintsAsync(PropertyMap filters, Session session, Deadline deadline)
    {
        try
        {
            return InOrder(await FindAsync(Everything(filters), session, deadline, alsoEnded: true).ToListAsync());
        }
        catch (ProviderException)
        {
            return null;
        }
    }

    string Near(string text, IReadOnlyList<Found> found)
    {
        var all = found.Where(one => !one.Ended).ToList();
        var near = all.Where(found => IsNear(found, text)).Take(MostNear).ToList();
        if (near.Count == 0 && Wording.Nearest(text, all.SelectMany(found => (IEnumerable<string>)[found.Name, found.ServiceId])) is { } nearest)
        {
            near.Add(all.First(found => found.Name == nearest || found.ServiceId == nearest));
        }

        return near.Count > 0
            ? $" Near to it: {string.Join(", ", near.Select(found => $"{found.Id} (`{found.Name}`)"))}."
            : $" Nothing near to it is among the {all.Count} {What}s that exist there.";
    }

    static bool IsNear(Found found, string text) => text.Length > 0
        && (found.ServiceId.Contains(text, StringComparison.OrdinalIgnoreCase)
            || found.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
            || (found.Name.Length > 0 && text.Contains(found.Name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>
    /// Reads an object for an import or a look-up, by id or else by a name that only one has. Null, with a warning that shows the form and
    /// near matches, where there is none.
    /// </summary>
    /// <exception cref="ProviderException">More than one has the name.</exception>
    public async Task<ReadResult?> ImportAsync(Resource resource, ReadRequest request, Session session, CancellationToken cancellation)
    {
        if (MayBeId(request.Id) && await resource.ReadAsync(request, session, cancellation) is { } read) return read;

        var deadline = session.Deadline(request.Timeout, Waiting.ReadLimit, cancellation);
        var (filters, name) = ByName(request.Id, session);
        switch (await SortedAsync(filters, session, deadline))
        {
            case [var one]:
                return await resource.ReadAsync(request with { Id = one.Id }, session, cancellation);
            case [_, _, ..] and var many:
                throw Ambiguous($"`{request.Id}`", many);
        }

        // That an object is over has been told when it was read.
        var all = await AllForHintsAsync(filters, session, deadline);
        if (all?.Any(found => found.Ended && found.ServiceId == name) == true) return null;
        var near = all is null ? "" : Near(name, all);
        await session.Log.LogAsync(LogSeverity.Warning, $"there is no {What} `{request.Id}`. {ImportForms}{near}", request.Urn);
        return null;
    }

    /// <summary>The List call: ids that import takes, with names.</summary>
    public async IAsyncEnumerable<ListItem> ListAsync(
        ListRequest request, Session session, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var failures = new CheckFailures(query, request.Query);
        var filters = SchemaCheck.Normalise(query, request.Query, failures);
        Check(filters, session, failures);
        if (failures.Count > 0)
        {
            var problems = failures.ToList().Select(failure => $"{failure.Property} {failure.Reason}".Trim());
            throw new ProviderException(ProviderStatus.InvalidArgument, string.Join("\n", problems));
        }

        var given = 0L;
        await foreach (var found in FindAsync(filters, session, session.Deadline(null, Waiting.ChangeLimit, cancellation)))
        {
            yield return new(found.Id, found.Name);
            if (++given == request.Limit) yield break;
        }
    }

    /// <summary>Whether a name is what the filters ask for: the whole name, or its beginning.</summary>
    protected static bool IsNamed(string name, string? whole, string? prefix) =>
        (whole is null || name == whole) && (prefix is null || name.StartsWith(prefix, StringComparison.Ordinal));
}
