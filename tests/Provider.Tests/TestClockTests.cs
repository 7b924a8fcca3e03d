namespace PulumiAliyunLive.Tests;

public sealed class TestClockTests
{
    [Fact]
    public async Task A_wait_takes_no_real_time_and_moves_the_clock_by_its_length()
    {
        var clock = new TestClock();

        await Task.Delay(TimeSpan.FromHours(5), clock);

        clock.GetUtcNow().ShouldBe(TestClock.Start + TimeSpan.FromHours(5));
    }

    [Fact]
    public async Task Waits_started_together_end_in_the_order_of_their_moments()
    {
        var clock = new TestClock();
        var ends = new List<(int Seconds, TimeSpan At)>();
        async Task Wait(int seconds)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), clock);
            lock (ends) ends.Add((seconds, clock.Elapsed));
        }

        Task[] waits;
        using (clock.Hold()) waits = [.. new[] { 30, 10, 20 }.Select(Wait)];
        await Task.WhenAll(waits);

        ends.ShouldBe([.. new[] { 10, 20, 30 }.Select(seconds => (seconds, TimeSpan.FromSeconds(seconds)))]);
    }

    [Fact]
    public async Task Advance_wakes_whoever_waits_for_a_moment_that_is_passed()
    {
        var clock = new TestClock();
        using var hold = clock.Hold();
        var near = Task.Delay(TimeSpan.FromSeconds(1), clock);
        var far = Task.Delay(TimeSpan.FromSeconds(3), clock);

        clock.Advance(TimeSpan.FromSeconds(2));

        await near;
        far.IsCompleted.ShouldBeFalse();
        clock.Elapsed.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_cancelled_wait_does_not_move_the_clock()
    {
        var clock = new TestClock();
        using var cancellation = new CancellationTokenSource();
        using (clock.Hold())
        {
            var wait = Task.Delay(TimeSpan.FromSeconds(9), clock, cancellation.Token);
            await cancellation.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(wait);
        }

        await Task.Delay(TimeSpan.FromSeconds(1), clock);
        clock.Elapsed.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_repeating_timer_fires_when_it_is_passed_and_does_not_drive_the_clock()
    {
        var clock = new TestClock();
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        clock.Advance(TimeSpan.FromSeconds(3.5));

        fired.ShouldBe(3);
    }
}
