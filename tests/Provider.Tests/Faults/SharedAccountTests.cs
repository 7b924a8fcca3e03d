using System.Globalization;
using LiveSimulator;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>Many calls at once under the account's limits, by one plugin alone and by many that know nothing of each other.</summary>
public sealed class SharedAccountTests(ITestOutputHelper output)
{
    const int CallsPerSecond = 10;

    [Fact]
    public async Task Three_hundred_tasks_at_parallelism_64_are_never_throttled()
    {
        const int Tasks = 300;
        var clock = new TestClock();
        var service = NewService(clock, factor: 1);
        using var rpc = new RpcClient(new LiveProvider(new RecordingLog(), clock, config => config.Connect(clock, new SimulatorHandler(service))));
        await rpc.Configure(new Wire.ConfigureRequest { Args = ValueCodec.Encode(Config()), AcceptSecrets = true });
        var all = new ParallelOptions { MaxDegreeOfParallelism = 64 };
        var states = new ResourceState[Tasks];

        await TimedAsync("create", () => Parallel.ForAsync(0, Tasks, all, async (number, _) => states[number] = await CreateAsync(rpc, number, clock)));
        await TimedAsync("update", () => Parallel.ForAsync(0, Tasks, all, async (number, _) => states[number] = await UpdateAsync(rpc, number, states[number])));
        await TimedAsync("read", () => Parallel.ForAsync(0, Tasks, all, async (number, _) => await ReadAsync(rpc, number, states[number])));
        await TimedAsync("delete", () => Parallel.ForAsync(0, Tasks, all, async (number, _) => await DeleteAsync(rpc, number, states[number])));

        service.Tasks.Count.ShouldBe(Tasks);
        service.Tasks.Values.ShouldAllBe(task => !task.IsLive);

        async Task TimedAsync(string what, Func<Task> run)
        {
            service.ClearCalls();
            var began = clock.GetUtcNow();
            await run();
            var took = clock.GetUtcNow() - began;
            service.Calls.Where(call => call.Code?.Contains("Throttling", StringComparison.Ordinal) == true).ShouldBeEmpty();

            output.WriteLine($"{what}: {service.Calls.Count} calls in {took.TotalSeconds:0.0} s of the tests' clock");
        }
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(50, 5)]
    public async Task Plugins_that_share_an_account_all_finish(int plugins, int factor)
    {
        const int Calls = 20;
        var clock = new TestClock();
        var service = NewService(clock, factor);

        await Task.WhenAll(Enumerable.Range(0, plugins).Select(plugin => Task.Run(async () =>
        {
            var random = new Random(plugin);
            using var client = new LiveClient(new LiveClientOptions(), new FixedKey(), clock, () => Locked(random), new SimulatorHandler(service));
            await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, stop) =>
                await client.ListLivePullToPushAsync(Rig.Region, Nothing, new Deadline(clock, TimeSpan.FromMinutes(5), stop)));
        })));

        service.Calls.Count(call => call.Code is null).ShouldBe(plugins * Calls);
        output.WriteLine($"{plugins} plugins: {service.Calls.Count(call => call.Code is not null)} calls of {service.Calls.Count} throttled");
    }

    /// <summary>
    /// Step by step and on one thread: how much of a limit is used cannot be told by a clock that runs ahead of a busy machine.
    /// </summary>
    [Theory]
    [InlineData(8, 2)]
    [InlineData(50, 5)]
    [InlineData(50, 20)]
    [InlineData(100, 10)]
    public void Gates_that_know_nothing_of_each_other_use_most_of_the_limit_and_starve_nobody(int plugins, int factor)
    {
        const int Calls = 40;
        var clock = new ManualClock();
        var account = new Account(clock, CallsPerSecond * factor);
        var all = Enumerable.Range(0, plugins).Select(number => new Plugin(clock, account, Calls, number)).ToList();
        var began = clock.GetUtcNow();
        while (all.Exists(plugin => plugin.End is null))
        {
            foreach (var plugin in all) plugin.Step();
            clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        // As long as those with something to do could use up the limit: until half of them are done.
        var ends = all.Select(plugin => (plugin.End!.Value - began).TotalSeconds).Order().ToList();
        var until = began + TimeSpan.FromSeconds(ends[plugins / 2]);
        var used = account.Let.Count(at => at < until) / (ends[plugins / 2] * CallsPerSecond * factor);
        output.WriteLine(
            $"{plugins} plugins on {CallsPerSecond * factor} calls a second: first done after {ends[0]:0} s, half after {ends[plugins / 2]:0} s, last after {ends[^1]:0} s, "
            + $"{used:P0} of the limit used, {account.Throttled} calls throttled beside {account.Let.Count}");
        used.ShouldBeGreaterThan(0.8);

        // The least that the gate leaves a plugin is one call a second, and less than half of all are throttled: no more than two seconds for
        // each call, however busy the others are.
        account.Throttled.ShouldBeLessThan(account.Let.Count);
        ends[^1].ShouldBeLessThan(2 * Calls, "nobody starves");
    }

    /// <summary>What the service counts of one operation.</summary>
    sealed class Account(TimeProvider clock, int limit)
    {
        readonly Queue<DateTimeOffset> _lastSecond = [];

        public List<DateTimeOffset> Let { get; } = [];

        public int Throttled { get; private set; }

        public bool Take()
        {
            var now = clock.GetUtcNow();
            while (_lastSecond.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromSeconds(1)) _lastSecond.Dequeue();
            if (_lastSecond.Count == limit)
            {
                Throttled++;
                return false;
            }

            _lastSecond.Enqueue(now);
            Let.Add(now);
            return true;
        }
    }

    /// <summary>A plugin with four operations at a time, each call answered at once.</summary>
    sealed class Plugin(TimeProvider clock, Account account, int calls, int seed)
    {
        readonly RateGate _gate = new(clock, CallsPerSecond);
        readonly Random _random = new(seed);
        readonly Operation?[] _running = new Operation?[4];
        int _left = calls;
        int _open = calls;

        public DateTimeOffset? End { get; private set; }

        public void Step()
        {
            for (var place = 0; place < _running.Length; place++)
            {
                if (_running[place] is null && _left > 0)
                {
                    _left--;
                    _running[place] = new Operation(clock.GetUtcNow());
                }

                if (_running[place] is { } operation && TryDo(operation))
                {
                    _running[place] = null;
                    if (--_open == 0) End = clock.GetUtcNow();
                }
            }
        }

        bool TryDo(Operation operation)
        {
            var now = clock.GetUtcNow();
            if (now < operation.NotBefore) return false;
            operation.Entry ??= _gate.EnterAsync(new Deadline(clock, TimeSpan.FromMinutes(5), CancellationToken.None)).AsTask();
            if (!operation.Entry.IsCompleted) return false;
            operation.Entry.IsCompletedSuccessfully.ShouldBeTrue();
            operation.Entry = null;
            var let = account.Take();
            if (!let)
            {
                _gate.SlowDown(null);

                // As Retry waits.
                var whole = Math.Min(Limits.RetryBaseDelay.TotalSeconds * Math.Pow(2, operation.Waits++), Limits.RetryMaxDelay.TotalSeconds);
                operation.NotBefore = now + TimeSpan.FromSeconds(whole * (0.5 + (0.5 * _random.NextDouble())));
            }

            _gate.Leave();
            return let;
        }

        sealed class Operation(DateTimeOffset notBefore)
        {
            public DateTimeOffset NotBefore { get; set; } = notBefore;

            public Task<bool>? Entry { get; set; }

            public int Waits { get; set; }
        }
    }

    static readonly Dictionary<string, string> Nothing = new(StringComparer.Ordinal);

    static double Locked(Random random)
    {
        lock (random) return random.NextDouble();
    }

    static LiveService NewService(TestClock clock, int factor)
    {
        var service = new LiveService(clock);
        service.Settings.SkewReference = SkewReference.SimulatedTime;
        service.Settings.RateLimitFactor = factor;
        return service;
    }

    static PropertyMap Config() => new()
    {
        ["region"] = Rig.Region,
        ["accessKey"] = LiveService.DefaultAccessKeyId,
        ["secretKey"] = ((PropertyValue)LiveService.DefaultAccessKeySecret).AsSecret(),
    };

    static string UrnOf(int number) => $"urn:pulumi:dev::demo::{RelayTask.Token}::r{number}";

    static async Task<ResourceState> CreateAsync(RpcClient rpc, int number, TestClock clock)
    {
        var program = Programs.Relay().With(("dstUrl", ((PropertyValue)$"rtmp://push.example.com/live/{number.ToString(CultureInfo.InvariantCulture)}?auth_key=PUSHKEY").AsSecret()), ("endTime", clock.In(TimeSpan.FromDays(1))), ("taskName", $"r{number}"));
        var check = await rpc.Check(new Wire.CheckRequest { Urn = UrnOf(number), Name = $"r{number}", Type = RelayTask.Token, News = ValueCodec.Encode(program) });
        check.Failures.ShouldBeEmpty();
        var reply = await rpc.Create(new Wire.CreateRequest { Urn = UrnOf(number), Name = $"r{number}", Type = RelayTask.Token, Properties = check.Inputs });
        return new(reply.Id, ValueCodec.Decode(check.Inputs), ValueCodec.Decode(reply.Properties), []);
    }

    static async Task<ResourceState> UpdateAsync(RpcClient rpc, int number, ResourceState state)
    {
        var news = state.Inputs.With(("callbackUrl", "https://hooks.example.com/relay"));
        var reply = await rpc.Update(new Wire.UpdateRequest
        {
            Id = state.Id, Urn = UrnOf(number), Name = $"r{number}", Type = RelayTask.Token,
            Olds = ValueCodec.Encode(state.Outputs), OldInputs = ValueCodec.Encode(state.Inputs), News = ValueCodec.Encode(news),
        });
        return state with { Inputs = news, Outputs = ValueCodec.Decode(reply.Properties) };
    }

    static async Task ReadAsync(RpcClient rpc, int number, ResourceState state)
    {
        var reply = await rpc.Read(new Wire.ReadRequest
        {
            Id = state.Id, Urn = UrnOf(number), Name = $"r{number}", Type = RelayTask.Token, Properties = ValueCodec.Encode(state.Outputs), Inputs = ValueCodec.Encode(state.Inputs),
        });
        reply.Id.ShouldBe(state.Id);
    }

    static Task<Google.Protobuf.WellKnownTypes.Empty> DeleteAsync(RpcClient rpc, int number, ResourceState state) => rpc.Delete(new Wire.DeleteRequest
    {
        Id = state.Id, Urn = UrnOf(number), Name = $"r{number}", Type = RelayTask.Token, Properties = ValueCodec.Encode(state.Outputs), OldInputs = ValueCodec.Encode(state.Inputs),
    });

    sealed class FixedKey : ICredentialSource
    {
        public ValueTask<LiveCredentials> GetAsync(CancellationToken cancellation) =>
            ValueTask.FromResult(new LiveCredentials(LiveService.DefaultAccessKeyId, LiveService.DefaultAccessKeySecret, null, "test"));

        public void Expire(LiveCredentials stale)
        {
        }
    }
}
