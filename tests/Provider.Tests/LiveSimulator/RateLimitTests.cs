using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class RateLimitTests : IDisposable
{
    readonly SimulatorClient _client = new(new SimulatorSettings());

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("DescribeLivePullToPushList", 10)]
    [InlineData("DescribeLiveStreamMonitorList", 15)]
    public void Calls_beyond_the_limit_of_a_second_are_throttled(string operation, int limit)
    {
        for (var call = 0; call < limit; call++) Answer(operation).Status.ShouldBe(200);
        Answer(operation).ErrorCode.ShouldBe("Throttling.User");
        _client.Service.Calls[^1].Done.ShouldBeFalse();
    }

    [Fact]
    public void The_second_slides_and_throttled_calls_do_not_count()
    {
        for (var call = 0; call < 5; call++) List().Status.ShouldBe(200);
        Later(0.5);
        for (var call = 0; call < 5; call++) List().Status.ShouldBe(200);
        Later(0.4);
        for (var call = 0; call < 20; call++) List().ErrorCode.ShouldBe("Throttling.User");
        Later(0.1);
        for (var call = 0; call < 5; call++) List().Status.ShouldBe(200);
        List().ErrorCode.ShouldBe("Throttling.User");
    }

    [Fact]
    public void Each_operation_has_its_own_limit()
    {
        for (var call = 0; call < 10; call++) List();
        _client.Describe("unknown").ErrorCode.ShouldBe("CodeTaskNotExist");
    }

    [Fact]
    public void The_limits_can_be_scaled_and_switched_off()
    {
        _client.Settings.RateLimitFactor = 2;
        for (var call = 0; call < 20; call++) List().Status.ShouldBe(200);
        List().Status.ShouldBe(400);
        _client.Settings.RateLimitFactor = 0;
        for (var call = 0; call < 50; call++) List().Status.ShouldBe(200);
    }

    [Fact]
    public void Throttled_answers_tell_how_long_to_wait_where_the_settings_say_so()
    {
        for (var call = 0; call < 10; call++) List();
        List().Message.Headers.Contains("x-acs-retry-after").ShouldBeFalse();
        _client.Settings.ThrottlingRetryAfter = TimeSpan.FromMilliseconds(250);
        _client.Settings.ThrottlingStatus = 429;
        var throttled = List();
        throttled.Message.Headers.GetValues("x-acs-retry-after").ShouldBe(["250"]);
        throttled.Status.ShouldBe(429);
    }

    Answered List() => Answer("DescribeLivePullToPushList");

    Answered Answer(string operation) =>
        operation == "DescribeLiveStreamMonitorList" ? _client.Call(operation) : _client.Call(operation, ("Region", "cn-shanghai"));

    void Later(double seconds) => _client.Clock.Time += TimeSpan.FromSeconds(seconds);
}
