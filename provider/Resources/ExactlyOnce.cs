using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>An object that came into being since a creation began, and may be its work.</summary>
/// <param name="IsExact">Whether it is the same in everything the creation asked for, not in its name alone.</param>
sealed record Candidate(string Id, bool IsExact);

/// <summary>
/// Creates one object by calls that the service has no client token for. When an answer does not tell whether the object was made, it is
/// looked for, and an exact match that was not there before is taken over; only if there is none the call is made again.
/// <para>
/// A listing may lag further behind than anybody looks. So after a repeated call has succeeded, the listing is watched until it shows that
/// call's object: then it shows older ones too, and what an earlier try of this same creation made after all is deleted. It is safe to
/// delete, since it was not there before, is equal in name, address, source and schedule, and never got into any state; the confirmed one
/// stays, since its id is certain. Where the counts do not fit, nothing is deleted and a person is told.
/// </para>
/// </summary>
/// <param name="attempt">For texts: <c>create relay task evening in cn-shanghai</c>.</param>
/// <param name="noun">For texts: <c>task</c>.</param>
/// <param name="finder">The function that lists such objects.</param>
/// <param name="import">The command that takes an object over, ending in a placeholder for its id.</param>
/// <param name="look">Lists what came into being since the creation began and may be its work.</param>
/// <param name="delete">Deletes one such object.</param>
sealed class ExactlyOnce(
    Session session, Deadline deadline, string urn, string attempt, string noun, string finder, string import,
    Func<Deadline, Task<IReadOnlyList<Candidate>>> look, Func<string, Deadline, Task> delete)
{
    const int MaxTries = 3;

    /// <summary>How long a listing is watched for the object of a repeated call.</summary>
    static readonly TimeSpan WatchLimit = TimeSpan.FromMinutes(1);

    /// <summary>Runs the creation and returns the object's id.</summary>
    /// <exception cref="LiveException">The first try was refused, so that nothing was made.</exception>
    /// <exception cref="ProviderException">Whether something was made is not known; the text says what to do.</exception>
    public async Task<string> RunAsync(Func<Task<string>> create)
    {
        for (var tries = 1; ; tries++)
        {
            Exception lost;
            var made = tries;
            try
            {
                var id = await create();
                if (tries > 1) await RemoveOthersAsync(id, tries - 1, shown => shown.Any(candidate => candidate.Id == id));
                return id;
            }
            catch (LiveException error) when (error.MaybeDone)
            {
                await session.Log.LogAsync(LogSeverity.Info, $"the answer to {error.Operation} was lost; looking whether the {noun} was created", urn);
                lost = error;
            }
            catch (CancelledWhileSentException error)
            {
                lost = error;
            }
            catch (Exception error) when (tries > 1 && error is (LiveException or CredentialsException or OperationCanceledException))
            {
                // This try made nothing. An earlier one may have, and may even be why this one is refused.
                var progress = $"trying again failed; looking whether the {noun} was created by an earlier try";
                await session.Log.LogAsync(LogSeverity.Info, progress, urn);
                lost = error;
                made--;
            }

            if (await FindAsync(lost, made) is { } found)
            {
                // Which of the others were made at all is not known, so there is no telling when the listing shows the last of them.
                if (made > 1) await RemoveOthersAsync(found, made - 1, shown => shown.Count >= made);
                return found;
            }

            if (deadline.Cancellation.IsCancellationRequested) throw Unknown(ProviderStatus.Cancelled, "it was cancelled");
            if (made < tries || tries == MaxTries || deadline.Remaining == TimeSpan.Zero)
                throw Unknown(ProviderStatus.Unknown, lost.Message);
        }
    }

    /// <summary>A cancelled or expired operation still looks for a moment: an object that exists must be reported, whoever is in a hurry.</summary>
    async Task<string?> FindAsync(Exception lost, int made)
    {
        try
        {
            var inTime = !deadline.Cancellation.IsCancellationRequested && !deadline.EndsWithin(Waiting.AfterCancelLimit);
            try
            {
                return Choose(await LookAsync(inTime ? deadline : Waiting.AfterCancel(deadline)), made);
            }
            catch (OperationCanceledException) when (inTime)
            {
                return Choose(await LookAsync(Waiting.AfterCancel(deadline)), made);
            }
        }
        catch (Exception error) when (error is LiveException or CredentialsException)
        {
            throw Unknown(ProviderStatus.Unknown, $"{lost.Message}. Looking for it failed, too: {error.Message}", "it may exist");
        }
    }

    Task<IReadOnlyList<Candidate>> LookAsync(Deadline limit) => Waiting.UntilAsync(
        () => look(limit), found => found.Count > 0, Waiting.ReadBackLimit, limit, session.Log, urn, $"looking for the {noun} whose creation was not confirmed");

    /// <summary>
    /// No more exact matches than tries that may have made one: each is this creation's own work, and one of them is as good as the other.
    /// </summary>
    string? Choose(IReadOnlyList<Candidate> found, int made)
    {
        var exact = found.Where(candidate => candidate.IsExact).ToList();
        if (found.Count == 0) return null;
        if (exact.Count > 0 && exact.Count <= made) return exact[0].Id;
        throw new ProviderException(
            ProviderStatus.Unknown,
            $"The answer that should confirm how to {attempt} was lost, and it is not clear which {noun} it made: {Ids(found)} came since. "
            + $"Delete what is too much and import the other: {import}");
    }

    /// <summary>Deletes what other tries of this creation made after all.</summary>
    /// <param name="tries">How many other tries there were.</param>
    /// <param name="isAll">Whether the listing shows all that it will.</param>
    async Task RemoveOthersAsync(string id, int tries, Func<IReadOnlyList<Candidate>, bool> isAll)
    {
        var others = new List<Candidate>();
        try
        {
            var found = await Waiting.UntilAsync(
                () => look(deadline), isAll, WatchLimit, deadline, session.Log, urn,
                $"looking whether the creation that was not confirmed made a second {noun}");
            others = [.. found.Where(candidate => candidate.IsExact && candidate.Id != id)];
            if (others.Count <= tries && found.Any(candidate => candidate.Id == id))
            {
                while (others is [var other, ..])
                {
                    await delete(other.Id, deadline);
                    others.RemoveAt(0);
                    await session.Log.LogAsync(LogSeverity.Info, $"an earlier try had made {noun} {other.Id} after all; it was deleted", urn);
                }

                return;
            }
        }
        catch (Exception error) when (error is LiveException or ProviderException or CredentialsException or OperationCanceledException)
        {
            // The id is known and must reach the state; what is left is told below.
        }

        var which = others.Count == 0 ? "" : $": {Ids(others)}";
        await session.Log.LogAsync(
            LogSeverity.Warning, $"an earlier try to {attempt} got no answer and may have made a second {noun} beside {id}{which}; look for it and delete it", urn);
    }

    ProviderException Unknown(ProviderStatus status, string reason, string seen = "none was found yet, but it may exist") => new(
        status,
        $"Could not {attempt}: {reason}. Whether the {noun} was made is not known: {seen}. Look for it by its name with {finder} or in the "
        + $"console before the next up, and import it: {import}");

    static string Ids(IEnumerable<Candidate> found) => string.Join(", ", found.Select(candidate => candidate.Id));
}
