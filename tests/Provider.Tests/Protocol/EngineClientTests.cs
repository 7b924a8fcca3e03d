using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class EngineClientTests : IDisposable
{
    static readonly TimeSpan HealthInterval = TimeSpan.FromMinutes(5);

    readonly ManualClock _clock = new();
    readonly EngineClient _client;

    public EngineClientTests() => _client = new EngineClient(_clock);

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(nameof(LogSeverity.Debug), 0)]
    [InlineData(nameof(LogSeverity.Info), 1)]
    [InlineData(nameof(LogSeverity.Warning), 2)]
    [InlineData(nameof(LogSeverity.Error), 3)]
    public async Task A_message_reaches_the_engine(string severity, int number)
    {
        await using var engine = await FakeEngine.StartAsync();
        _client.Connect(engine.Address).ShouldBeTrue();

        await _client.LogAsync(System.Enum.Parse<LogSeverity>(severity), "two\nlines ü", "urn:x", ephemeral: true);

        engine.Logged.ShouldBe(
            [new Wire.LogRequest { Severity = (Wire.LogSeverity)number, Message = "two\nlines ü", Urn = "urn:x", Ephemeral = true }]);
        engine.Calls.ShouldBe([("/pulumirpc.Engine/Log", "application/grpc", "trailers")]);
    }

    [Fact]
    public async Task Without_an_engine_nothing_happens() =>
        await Should.NotThrowAsync(() => _client.LogAsync(LogSeverity.Info, "m", "").AsTask());

    [Fact]
    public async Task An_engine_that_is_gone_or_refuses_fails_nothing()
    {
        var engine = await FakeEngine.StartAsync();
        _client.Connect(engine.Address);
        engine.Status = 13;
        await Should.NotThrowAsync(() => _client.LogAsync(LogSeverity.Info, "m", "").AsTask());
        await engine.DisposeAsync();
        await Should.NotThrowAsync(() => _client.LogAsync(LogSeverity.Info, "m", "").AsTask());
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_not_waited_for()
    {
        await using var engine = await FakeEngine.StartAsync();
        var gate = new TaskCompletionSource();
        engine.Gate = gate.Task;
        _client.Connect(engine.Address);
        var log = _client.LogAsync(LogSeverity.Info, "m", "");
        await _clock.WaitForWaiterAsync();

        _clock.Advance(TimeSpan.FromSeconds(3));

        await log;
        gate.SetResult();
    }

    [Fact]
    public async Task Attaching_moves_the_messages_to_the_new_engine()
    {
        await using var first = await FakeEngine.StartAsync();
        await using var second = await FakeEngine.StartAsync();
        using var dispatcher = new RpcDispatcher(new FakeProvider(), _client);

        await dispatcher.CallAsync(
            "Handshake", Bytes(new Wire.ProviderHandshakeRequest { EngineAddress = first.Address }), CancellationToken.None);
        await _client.LogAsync(LogSeverity.Info, "one", "");
        await dispatcher.CallAsync("Attach", Bytes(new Wire.PluginAttach { Address = second.Address }), CancellationToken.None);
        await _client.LogAsync(LogSeverity.Info, "two", "");

        first.Logged.Select(message => message.Message).ShouldBe(["one"]);
        second.Logged.Select(message => message.Message).ShouldBe(["two"]);
    }

    [Fact]
    public async Task An_unforeseen_failure_leaves_its_trace_but_not_its_text_in_the_debug_log()
    {
        await using var engine = await FakeEngine.StartAsync();
        _client.Connect(engine.Address);
        using var dispatcher = new RpcDispatcher(new FakeProvider { OnInvoke = _ => throw new FormatException("secret text") }, _client);

        await Should.ThrowAsync<RpcException>(() => dispatcher.CallAsync("Invoke", default, CancellationToken.None).AsTask());

        var logged = engine.Logged.Single();
        logged.Severity.ShouldBe(Wire.LogSeverity.Debug);
        logged.Message.ShouldContain("FormatException");
        logged.Message.ShouldContain(nameof(EngineClientTests));
        logged.Message.ShouldNotContain("secret text");
    }

    [Theory]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("localhost:65535", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.0.0.1:", false)]
    [InlineData("127.0.0.1:0", false)]
    [InlineData("127.0.0.1:65536", false)]
    [InlineData("127.0.0.1:1/path", false)]
    [InlineData("http://127.0.0.1:1", false)]
    [InlineData("user@127.0.0.1:1", false)]
    [InlineData("1234", false)]
    [InlineData(":1234", false)]
    [InlineData("", false)]
    public void An_address_is_a_host_and_a_port(string address, bool expected) => _client.Connect(address).ShouldBe(expected);

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public async Task An_engine_that_answers_is_alive_even_if_it_does_not_know_the_question(int status)
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Status = status;
        _client.Connect(engine.Address);
        using var stop = new CancellationTokenSource();
        var gone = _client.WaitUntilGoneAsync(stop.Token);

        for (var calls = 1; calls <= 2; calls++)
        {
            _clock.Advance(HealthInterval);
            while (engine.Calls.Count < calls)
                await Task.Yield();
        }

        gone.IsCompleted.ShouldBeFalse();
        engine.Calls.ShouldAllBe(call => call.Path == "/grpc.health.v1.Health/Check");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(14)]
    public async Task An_engine_that_fails_is_gone(int status)
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Status = status;
        _client.Connect(engine.Address);
        var gone = _client.WaitUntilGoneAsync(CancellationToken.None);

        _clock.Advance(HealthInterval);

        await gone;
    }

    [Fact]
    public async Task An_engine_that_does_not_listen_any_more_is_gone()
    {
        await using (var engine = await FakeEngine.StartAsync())
            _client.Connect(engine.Address);
        var gone = _client.WaitUntilGoneAsync(CancellationToken.None);

        _clock.Advance(HealthInterval);

        await gone;
    }

    [Fact]
    public async Task An_attached_process_outlives_its_engine()
    {
        await using (var engine = await FakeEngine.StartAsync())
            _client.Attach(engine.Address);
        using var stop = new CancellationTokenSource();
        var gone = _client.WaitUntilGoneAsync(stop.Token);

        _clock.Advance(HealthInterval);
        _clock.Advance(HealthInterval);

        gone.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
    }

    static byte[] Bytes(Google.Protobuf.IMessage message) => Google.Protobuf.MessageExtensions.ToByteArray(message);
}
