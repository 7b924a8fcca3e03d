using FsCheck;
using FsCheck.Fluent;
using PulumiAliyunLive.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Live;

public sealed class RateGateTests
{
    /// <summary>Calls as they may come: when, how long until the service counts them, how long until their answer; in milliseconds.</summary>
    static readonly Arbitrary<Call[]> Calls = (
        from count in Gen.Choose(1, 60)
        from calls in Gen.ArrayOf(
            from start in Gen.OneOf(Gen.Choose(0, 200), Gen.Choose(0, 3000))
            from toService in Gen.OneOf(Gen.Choose(0, 20), Gen.Choose(0, 1500))
            from back in Gen.OneOf(Gen.Choose(0, 20), Gen.Choose(0, 1500))
            select new Call(start, toService, back), count)
        select calls).ToArbitrary();

    [Fact]
    public void The_service_never_counts_more_than_its_number_in_any_sliding_second_however_slow_the_network_is() =>
        Prop.ForAll(Calls, async calls =>
        {
            const int Most = 5;
            var clock = new TestClock();
            var gate = new RateGate(clock, Most);
            var counted = new List<TimeSpan>();

            await Task.WhenAll(calls.Select(async call =>
            {
                await Task.Delay(call.Start, clock);
                (await gate.EnterAsync(new Deadline(clock, TimeSpan.FromHours(1), CancellationToken.None))).ShouldBeTrue();
                await Task.Delay(call.ToService, clock);
                lock (counted) counted.Add(clock.Elapsed);
                await Task.Delay(call.Back, clock);
                gate.Leave();
            }));

            counted.Count.ShouldBe(calls.Length);
            counted.Sort();
            for (var index = Most; index < counted.Count; index++)
                (counted[index] - counted[index - Most]).ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task The_first_calls_pass_at_once_and_the_next_ones_as_soon_as_the_second_is_over()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 10);
        var moments = new List<TimeSpan>();
        for (var call = 0; call < 30; call++)
        {
            await gate.EnterAsync(Within(clock, 60));
            moments.Add(clock.Elapsed);
            gate.Leave();
        }

        moments.ShouldBe([.. Enumerable.Range(0, 30).Select(call => call / 10 * Limits.RateWindow)]);
    }

    [Fact]
    public async Task Calls_pass_in_the_order_they_came()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 1);
        List<int> passed = [];
        Task[] calls;
        using (clock.Hold()) calls = [.. Enumerable.Range(0, 12).Select(Pass)];
        await Task.WhenAll(calls);

        passed.ShouldBe(Enumerable.Range(0, 12));
        clock.Elapsed.ShouldBe(11 * Limits.RateWindow);

        async Task Pass(int call)
        {
            await gate.EnterAsync(Within(clock, 60));
            lock (passed) passed.Add(call);
            gate.Leave();
        }
    }

    [Fact]
    public async Task A_cancelled_call_leaves_the_queue_and_takes_no_place()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 1);
        using var cancellation = new CancellationTokenSource();
        await gate.EnterAsync(Within(clock, 60));
        var cancelled = gate.EnterAsync(new Deadline(clock, TimeSpan.FromSeconds(60), cancellation.Token)).AsTask();
        var next = gate.EnterAsync(Within(clock, 60)).AsTask();

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled);
        gate.Leave();

        (await next).ShouldBeTrue();
        clock.Elapsed.ShouldBe(Limits.RateWindow);
    }

    [Fact]
    public async Task A_call_whose_turn_cannot_come_in_time_is_turned_away_at_once()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 1);
        using var hold = clock.Hold();
        await gate.EnterAsync(Within(clock, 60));
        var waiting = Enumerable.Range(0, 20).Select(_ => gate.EnterAsync(Within(clock, 60)).AsTask()).ToList();

        (await gate.EnterAsync(Within(clock, 10))).ShouldBeFalse();

        waiting.ShouldAllBe(call => !call.IsCompleted);
        clock.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_call_whose_turn_comes_too_late_is_turned_away_and_the_next_one_let_in()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 1);
        await gate.EnterAsync(Within(clock, 60));
        var late = gate.EnterAsync(Within(clock, 2)).AsTask();
        var next = gate.EnterAsync(Within(clock, 60)).AsTask();

        clock.Advance(TimeSpan.FromSeconds(3));
        gate.Leave();

        (await late).ShouldBeFalse();
        (await next).ShouldBeTrue();
    }

    [Fact]
    public void Throttling_halves_the_places_once_per_second_and_they_come_back_one_by_one()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 10);

        gate.SlowDown(null);
        gate.SlowDown(null);
        gate.Places.ShouldBe(5);

        clock.Advance(Limits.RateWindow);
        gate.SlowDown(null);
        gate.Places.ShouldBe(2);

        clock.Advance(Limits.RateWindow);
        gate.SlowDown(null);
        clock.Advance(Limits.RateWindow);
        gate.SlowDown(null);
        gate.Places.ShouldBe(1);

        List<int> places = [];
        for (var step = 0; step < 10; step++)
        {
            clock.Advance(Limits.RateRecovery);
            places.Add(gate.Places);
        }

        places.ShouldBe([2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
    }

    [Fact]
    public async Task Nobody_passes_before_the_time_the_service_asked_for()
    {
        var clock = new TestClock();
        var gate = new RateGate(clock, 10);

        gate.SlowDown(TimeSpan.FromSeconds(4));
        (await gate.EnterAsync(Within(clock, 3))).ShouldBeFalse();
        clock.Elapsed.ShouldBe(TimeSpan.Zero);

        (await gate.EnterAsync(Within(clock, 60))).ShouldBeTrue();
        clock.Elapsed.ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task All_calls_of_one_operation_share_its_gate_and_other_operations_have_their_own()
    {
        var moments = new List<(string Action, TimeSpan At)>();
        TestClock? clock = null;
        using var fixture = new ClientFixture(request =>
        {
            lock (moments) moments.Add((SentRequest.Of(request).Action, clock!.Elapsed));
            return Json("""{"RequestId":"R","TaskId":"t","LiveStreamMonitorList":[]}""")(request);
        });
        clock = fixture.Clock;

        Task[] calls;
        using (clock.Hold())
        {
            calls =
            [
                .. Enumerable.Range(0, 21).Select(_ => fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t", fixture.Deadline())),
                .. Enumerable.Range(0, 10).Select(_ => fixture.Client.RestartLivePullToPushAsync(ClientFixture.Region, "t", fixture.Deadline())),
                .. Enumerable.Range(0, 15).Select(_ => fixture.Client.DescribeLiveStreamMonitorListAsync(null, 1, 20, fixture.Deadline())),
            ];
        }

        await Task.WhenAll(calls);

        Moments("RestartLivePullToPush").ShouldBe(Enumerable.Repeat(TimeSpan.Zero, 10));
        Moments("DescribeLiveStreamMonitorList").ShouldBe(Enumerable.Repeat(TimeSpan.Zero, 15));
        var stops = Moments("StopLivePullToPush");
        stops.Count.ShouldBe(21);
        for (var call = 0; call < 21; call++) stops[call].ShouldBeGreaterThanOrEqualTo(call / 10 * Limits.RateWindow);

        List<TimeSpan> Moments(string action) => [.. moments.Where(call => call.Action == action).Select(call => call.At).Order()];
    }

    [Fact]
    public async Task A_throttled_operation_goes_on_more_slowly()
    {
        var throttled = 0;
        using var fixture = new ClientFixture(request => Interlocked.Increment(ref throttled) == 1
            ? Error(400, "Throttling.User")(request)
            : Json("""{"RequestId":"R","TaskId":"t"}""")(request));

        for (var call = 0; call < 9; call++) await fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t", fixture.Deadline());

        // Five places a second are left: nine calls and the refused one need a second window.
        fixture.Clock.Elapsed.ShouldBeGreaterThanOrEqualTo(Limits.RateWindow);
        fixture.Clock.Elapsed.ShouldBeLessThan(2 * Limits.RateWindow);
    }

    static Deadline Within(TestClock clock, int seconds) => new(clock, TimeSpan.FromSeconds(seconds), CancellationToken.None);

    sealed record Call(int StartMilliseconds, int ToServiceMilliseconds, int BackMilliseconds)
    {
        public TimeSpan Start => TimeSpan.FromMilliseconds(StartMilliseconds);

        public TimeSpan ToService => TimeSpan.FromMilliseconds(ToServiceMilliseconds);

        public TimeSpan Back => TimeSpan.FromMilliseconds(BackMilliseconds);
    }
}
