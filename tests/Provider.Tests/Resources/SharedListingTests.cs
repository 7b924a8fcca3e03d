using FsCheck;
using FsCheck.Fluent;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>The rules by which reads share a listing, one by one, and all of them against a world that changes.</summary>
public sealed class SharedListingTests
{
    /// <param name="Version">Changes with every change.</param>
    sealed record Thing(string Id, int Version, bool Alive = true);

    readonly TestClock _clock = new();
    readonly Dictionary<string, Thing> _world = new(StringComparer.Ordinal);
    readonly ExactCalls _exact;
    readonly SharedListing<Thing> _listing;
    Func<Task> _beforePage = () => Task.CompletedTask;
    int _pageSize = 10;
    int _pages;

    public SharedListingTests()
    {
        _exact = new(_clock);
        _listing = new(_clock, _exact, PageAsync, thing => thing.Id, thing => thing.Alive);
    }

    async Task<(int Total, IReadOnlyList<Thing> Items)> PageAsync(int page, Deadline deadline)
    {
        Interlocked.Increment(ref _pages);
        await _beforePage();
        lock (_world) return (_world.Count, [.. _world.Values.Skip((page - 1) * _pageSize).Take(_pageSize)]);
    }

    void Fill(int count)
    {
        for (var number = 0; number < count; number++) _world[$"{number}"] = new($"{number}", 0);
    }

    Task<Thing?> FindAsync(string id, CancellationToken cancellation = default) => _listing.FindAsync(id, new Deadline(_clock, TimeSpan.FromMinutes(1), cancellation));

    /// <summary>Makes the reads that come before any listing.</summary>
    async Task WarmUpAsync()
    {
        for (var read = 0; read < SharedListing<Thing>.FirstReads; read++) (await FindAsync("0")).ShouldBeNull();
        _pages.ShouldBe(0);
    }

    [Fact]
    public async Task The_first_reads_are_exact_and_the_next_ones_share_all_pages_of_one_listing()
    {
        Fill(80);
        await WarmUpAsync();

        for (var number = 0; number < 80; number++) (await FindAsync($"{number}")).ShouldBe(_world[$"{number}"]);

        _pages.ShouldBe(8);
    }

    [Fact]
    public async Task Reads_at_one_moment_wait_for_the_same_listing_and_one_that_is_given_up_takes_nothing_from_the_others()
    {
        Fill(10);
        await WarmUpAsync();
        var gate = new TaskCompletionSource();
        _beforePage = () => gate.Task;
        using var impatient = new CancellationTokenSource();

        var given = FindAsync("1", impatient.Token);
        var others = Enumerable.Range(0, 10).Select(number => FindAsync($"{number}")).ToList();
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => given);
        gate.SetResult();

        (await Task.WhenAll(others)).ShouldBe(_world.Values);
        _pages.ShouldBe(1);
    }

    [Fact]
    public async Task Slow_reads_never_start_a_listing()
    {
        Fill(10);
        for (var number = 0; number < 30; number++)
        {
            (await FindAsync($"{number % 10}")).ShouldBeNull();
            _clock.Advance(TimeSpan.FromSeconds(2));
        }

        _pages.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_missing_or_ended_is_left_to_an_exact_read()
    {
        Fill(3);
        _world["1"] = new("1", 0, Alive: false);
        await WarmUpAsync();

        (await FindAsync("0")).ShouldNotBeNull();
        (await FindAsync("1")).ShouldBeNull();
        (await FindAsync("unheard-of")).ShouldBeNull();
    }

    [Fact]
    public async Task An_object_that_a_call_was_about_is_left_to_exact_reads_until_the_service_has_settled()
    {
        Fill(3);
        await WarmUpAsync();
        (await FindAsync("0")).ShouldNotBeNull();
        _exact.Note("0");

        (await FindAsync("0")).ShouldBeNull();
        (await FindAsync("1")).ShouldNotBeNull();

        // A new listing that began too soon after the call does not count either.
        _clock.Advance(TimeSpan.FromSeconds(6));
        for (var read = 0; read < 10; read++) (await FindAsync("0")).ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(6));
        for (var read = 0; read < 10; read++) await FindAsync("2");
        (await FindAsync("0")).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_we_change_while_a_listing_is_read_is_left_to_an_exact_read()
    {
        Fill(3);
        await WarmUpAsync();
        var (begun, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _beforePage = () =>
        {
            begun.SetResult();
            return gate.Task;
        };

        var reads = Enumerable.Range(0, 3).Select(number => FindAsync($"{number}")).ToList();
        await begun.Task;
        _exact.Note("1");
        gate.SetResult();

        (await Task.WhenAll(reads)).Select(thing => thing?.Id).ShouldBe(["0", null, "2"]);
    }

    [Fact]
    public async Task What_slips_between_two_pages_is_left_to_an_exact_read()
    {
        Fill(6);
        _pageSize = 3;
        await WarmUpAsync();
        _beforePage = () =>
        {
            // Somebody deletes an object of the first page before the second is read: what follows moves up by one.
            if (_pages == 2) _world.Remove("0");
            return Task.CompletedTask;
        };

        (await FindAsync("5"))!.Id.ShouldBe("5");
        (await FindAsync("3")).ShouldBeNull("it stood on neither page");
        _pages.ShouldBe(2);
    }

    [Fact]
    public async Task A_listing_answers_for_a_few_seconds_only()
    {
        Fill(2);
        await WarmUpAsync();
        (await FindAsync("0"))!.Version.ShouldBe(0);
        _world["0"] = new("0", 1);

        _clock.Advance(SharedListing<Thing>.Fresh - TimeSpan.FromTicks(1));
        (await FindAsync("0"))!.Version.ShouldBe(0);
        _clock.Advance(TimeSpan.FromTicks(1));
        (await FindAsync("0") ?? _world["0"]).Version.ShouldBe(1);
    }

    [Fact]
    public async Task A_slow_listing_is_never_older_than_its_limit()
    {
        Fill(20);
        await WarmUpAsync();
        _beforePage = () =>
        {
            _clock.Advance(SharedListing<Thing>.Oldest / 2);
            return Task.CompletedTask;
        };

        (await FindAsync("0")).ShouldBeNull("two pages took all the time there is");
    }

    [Fact]
    public async Task A_few_objects_among_many_foreign_ones_cost_one_page_in_vain_at_most()
    {
        Fill(2000);
        for (var read = 0; read < 12; read++) (await FindAsync($"{read}")).ShouldBeNull();

        _pages.ShouldBe(1);
    }

    [Fact]
    public async Task Enough_reads_make_a_long_listing_worth_its_calls()
    {
        Fill(200);
        _pageSize = 10;
        for (var read = 0; read < 200; read++) await FindAsync($"{read}");

        // One page told the size when five reads were known; twenty pages were worth it at the tenth.
        _pages.ShouldBe(21);
    }

    [Fact]
    public async Task Pages_smaller_than_asked_for_count_as_they_come()
    {
        Fill(9);
        _pageSize = 3;
        await WarmUpAsync();

        for (var number = 0; number < 9; number++) (await FindAsync($"{number}")).ShouldNotBeNull();
        _pages.ShouldBe(3);
    }

    [Fact]
    public async Task A_listing_that_fails_leaves_all_to_exact_reads_for_a_minute()
    {
        Fill(3);
        await WarmUpAsync();
        _beforePage = () => throw new LiveException(LiveErrorKind.Denied, "DescribeLivePullToPushList", "Forbidden.RAM", "no", null);

        for (var read = 0; read < 10; read++) (await FindAsync("0")).ShouldBeNull();
        _pages.ShouldBe(1);

        _beforePage = () => Task.CompletedTask;
        _clock.Advance(TimeSpan.FromMinutes(1));
        for (var read = 0; read < 10; read++) await FindAsync("0");
        (await FindAsync("0")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_read_with_little_time_left_does_not_wait_for_a_listing()
    {
        Fill(3);
        await WarmUpAsync();

        (await _listing.FindAsync("0", new Deadline(_clock, TimeSpan.FromSeconds(5), CancellationToken.None))).ShouldBeNull();
        _pages.ShouldBe(0);
    }

    /// <summary>
    /// Reads, waits, and changes of ours and of others come in any order, also between the pages of a listing. An answer was true within the greatest age of a listing, what we
    /// changed is known at once, and what an exact read has seen gone stays gone.
    /// </summary>
    [Fact]
    public void No_answer_is_older_than_documented_and_none_is_older_than_our_own_calls() =>
        Prop.ForAll<(byte Act, byte Object, byte Wait)[]>(script => new SharedListingTests().RunAsync(script))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(120));

    async Task RunAsync((byte Act, byte Object, byte Wait)[] script)
    {
        const int Objects = 7;
        _world.Clear();
        _pageSize = 3;
        Fill(Objects);
        var past = _world.Keys.ToDictionary(id => id, _ => new List<(DateTimeOffset From, int Step, int? Version)> { (_clock.GetUtcNow(), -1, 0) }, StringComparer.Ordinal);
        var ours = new Dictionary<string, int>(StringComparer.Ordinal);
        var between = new Queue<(string Id, bool Ours)>();
        var (version, step) = (0, 0);
        _beforePage = () =>
        {
            if (between.TryDequeue(out var next)) ChangeBetween(next.Id, next.Ours);
            return Task.CompletedTask;
        };
        void ChangeBetween(string id, bool byUs)
        {
            if (byUs)
            {
                _exact.Note(id);
                ours[id] = step;
            }

            Change(id, delete: !byUs);
        }

        void Change(string id, bool delete)
        {
            if (delete) _world.Remove(id);
            else _world[id] = new(id, ++version);
            past[id].Add((_clock.GetUtcNow(), step, delete ? null : version));
        }

        foreach (var (act, which, wait) in script)
        {
            var id = $"{which % Objects}";
            step++;
            switch (act % 8)
            {
                case 0:
                    Change(id, delete: false);
                    break;
                case 1:
                    Change(id, delete: true);
                    break;
                case 2:
                    _exact.Note(id);
                    Change(id, delete: which > 127);
                    _exact.Note(id);
                    ours[id] = step;
                    break;
                case 3:
                    _clock.Advance(TimeSpan.FromMilliseconds(wait * 50));
                    break;
                case 4:
                    between.Enqueue((id, which > 127));
                    break;
                default:
                    if (await FindAsync(id) is not { } answer)
                    {
                        // An exact read: from now on no answer may be older.
                        _exact.Note(id);
                        ours[id] = step;
                        break;
                    }

                    var oldest = _clock.GetUtcNow() - SharedListing<Thing>.Oldest;
                    var own = ours.GetValueOrDefault(id, -1);
                    var states = past[id];
                    Enumerable.Range(0, states.Count)
                        .Where(index => index == states.Count - 1 || (states[index + 1].From >= oldest && states[index + 1].Step > own))
                        .Select(index => states[index].Version)
                        .ShouldContain(answer.Version);
                    break;
            }
        }
    }
}
