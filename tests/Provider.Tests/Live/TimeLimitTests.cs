using System.Net;
using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Live;

/// <summary>The time limits of the provider's configuration do what they say.</summary>
public sealed class TimeLimitTests
{
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(2, 4)]
    [InlineData(4, 5)]
    public async Task A_call_is_tried_again_no_longer_than_the_configured_time(double seconds, int tries)
    {
        var clock = new TestClock();
        var network = new ScriptedHandler(ScriptedHandler.Error(503, "ServiceUnavailable"));
        using var client = NewClient(new LiveClientOptions { MaxRetryTime = TimeSpan.FromSeconds(seconds) }, clock, network);

        var failure = await Should.ThrowAsync<LiveException>(() => client.DescribeLivePullToPushAsync("r", "t", Minute(clock)));

        // Tried after 0, 0.25, 0.75, 1.75, 3.75 … seconds where chance is at its lowest.
        network.Requests.Count.ShouldBe(tries);
        clock.Elapsed.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(seconds));
        failure.Message.ShouldContain($"the limit of trying again being {seconds} s");
        failure.Message.ShouldContain("ServiceUnavailable");
    }

    [Fact]
    public async Task The_time_of_trying_again_begins_with_the_first_failure_and_not_with_the_wait_for_a_turn()
    {
        var clock = new TestClock();
        var answers = Enumerable.Repeat(ScriptedHandler.Json("""{"RequestId":"R"}"""), Limits.CallsPerSecond * 3)
            .Append(ScriptedHandler.Error(503, "ServiceUnavailable")).Append(ScriptedHandler.Json("""{"RequestId":"R"}"""));
        var network = new ScriptedHandler(answers);
        using var client = NewClient(new LiveClientOptions { MaxRetryTime = TimeSpan.FromSeconds(1) }, clock, network);

        await Task.WhenAll(Enumerable.Range(0, (Limits.CallsPerSecond * 3) + 1).Select(_ => client.StopLivePullToPushAsync("r", "t", Minute(clock))));

        network.Requests.Count.ShouldBe((Limits.CallsPerSecond * 3) + 2);
    }

    [Fact]
    public async Task The_provider_hands_its_setting_on()
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Relay());
        rig.Config = rig.Config.With(("maxRetryTimeout", 3));
        await rig.ConfigureAsync();
        rig.Service.FailNext("DescribeLivePullToPush", Fault.Throttle() with { Times = 1000 });
        var began = rig.Clock.GetUtcNow();

        var failure = await Should.ThrowAsync<RpcException>(() => rig.RefreshAsync());

        failure.Message.ShouldContain("the limit of trying again being 3 s");
        failure.Message.ShouldContain("The account's call limit is used up, by this or other programs. Try again later");
        failure.Message.ShouldNotContain("The service or the network failed");
        (rig.Clock.GetUtcNow() - began).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
        rig.State.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_call_that_may_have_been_made_before_it_was_throttled_is_not_told_as_one_that_changed_nothing()
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Relay());
        rig.Service.FailNext("UpdateLivePullToPush", Fault.DropAfter());
        rig.Service.FailNext("UpdateLivePullToPush", Fault.Throttle() with { Times = 1000 });

        var changed = Programs.Relay().With(("callbackUrl", "https://hooks.example.com/other"));
        var failure = await Should.ThrowAsync<RpcException>(() => rig.UpAsync(changed));

        failure.Message.ShouldContain("Throttling.User");
        failure.Message.ShouldContain("run `pulumi refresh` first if in doubt about what was done");
        failure.Message.ShouldNotContain("nothing was changed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_does_not_come_or_does_not_end_is_given_up_after_the_time_to_connect_and_to_read(bool begins)
    {
        var real = new ManualClock();
        var silence = new Silence(begins);
        var options = new LiveClientOptions
        {
            ConnectTimeout = TimeSpan.FromSeconds(1.5), ReadTimeout = TimeSpan.FromSeconds(2.5), NetworkClock = real,
        };
        using var client = NewClient(options, new TestClock(), silence);

        var call = client.CreateLivePullToPushAsync("r", ClientFixture.Nothing, Minute(new TestClock()));
        var given = await silence.Asked;
        real.Advance(TimeSpan.FromSeconds(4) - Moment);
        given.IsCancellationRequested.ShouldBeFalse();
        real.Advance(Moment);

        var failure = await Should.ThrowAsync<LiveException>(() => call);
        failure.Code.ShouldBe(LiveErrors.NoAnswer);
        failure.MaybeDone.ShouldBeTrue("it was sent");
        failure.Message.ShouldContain("none within 4 s");
    }

    [Fact]
    public async Task A_create_that_was_sent_is_given_two_seconds_after_a_cancellation()
    {
        var real = new ManualClock();
        var silence = new Silence(begins: false);
        using var client = NewClient(new LiveClientOptions { NetworkClock = real }, new TestClock(), silence);
        using var engine = new CancellationTokenSource();

        var call = client.CreateLivePullToPushAsync("r", ClientFixture.Nothing, new Deadline(new TestClock(), TimeSpan.FromMinutes(1), engine.Token));
        var given = await silence.Asked;
        await engine.CancelAsync();
        real.Advance(Limits.CreateGrace - Moment);
        given.IsCancellationRequested.ShouldBeFalse();
        real.Advance(Moment);

        (await Record.ExceptionAsync(() => call)).ShouldBeOfType<CancelledWhileSentException>();
    }

    [Fact]
    public async Task Any_other_call_ends_with_its_cancellation()
    {
        var silence = new Silence(begins: false);
        using var client = NewClient(new LiveClientOptions { NetworkClock = new ManualClock() }, new TestClock(), silence);
        using var engine = new CancellationTokenSource();

        var call = client.StopLivePullToPushAsync("r", "t", new Deadline(new TestClock(), TimeSpan.FromMinutes(1), engine.Token));
        await silence.Asked;
        await engine.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public void A_connection_is_given_the_configured_time_and_follows_nobody_else()
    {
        var options = new LiveClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(1500) };
        using var handler = RpcTransport.NewHandler(Endpoint.Live, options);

        handler.ConnectTimeout.ShouldBe(TimeSpan.FromMilliseconds(1500));
        handler.AllowAutoRedirect.ShouldBeFalse();
        handler.UseCookies.ShouldBeFalse();
        handler.UseProxy.ShouldBeTrue();
        using var near = RpcTransport.NewHandler(new Uri("http://127.0.0.1:1"), options);
        near.UseProxy.ShouldBeFalse();
    }

    [Theory]
    [InlineData("Stopped", "waiting for relay task cn-shanghai/")]
    [InlineData("Running", "waiting for relay task cn-shanghai/")]
    public async Task A_long_wait_is_shown_in_the_status_column_with_its_seconds(string desired, string begins)
    {
        using var rig = new Rig(RelayTask.Token);
        await rig.UpAsync(Programs.Relay().With(("desiredStatus", desired), ("awaitRunning", desired == "Running")));

        var lines = rig.Log.Lines.Where(line => line.Message.StartsWith(begins, StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBeGreaterThan(1);
        lines.ShouldAllBe(line => line.Ephemeral && line.Urn == rig.Urn);
        lines.Select(line => line.Message.Split(", ")[^1]).Take(3).ShouldBe(["0 s", "1 s", "3 s"]);
        rig.Log.Lines.Where(line => line.Ephemeral).ShouldAllBe(line => line.Severity == LogSeverity.Info);
    }

    static LiveClient NewClient(LiveClientOptions options, TestClock clock, HttpMessageHandler network) =>
        new(options, new KeyRing(new PulumiAliyunLive.Credentials.LiveCredentials("id", "secret", null, "test")), clock, () => 0, network);

    static Deadline Minute(TestClock clock) => new(clock, TimeSpan.FromMinutes(1), CancellationToken.None);

    /// <summary>A service that never answers, or begins to and never ends.</summary>
    sealed class Silence(bool begins) : HttpMessageHandler
    {
        readonly TaskCompletionSource<CancellationToken> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The token that ends the caller's patience, once it waits.</summary>
        public Task<CancellationToken> Asked => _asked.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (begins) return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Endless(_asked)) };
            _asked.TrySetResult(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Nobody waits that long.");
        }
    }

    sealed class Endless(TaskCompletionSource<CancellationToken> asked) : MemoryStream([(byte)'{'])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length) return await base.ReadAsync(buffer, cancellationToken);
            asked.TrySetResult(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }
    }
}
