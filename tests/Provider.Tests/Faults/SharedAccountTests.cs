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
    public async Task Plugins_that_share_an_account_all_finish_and_use_most_of_its_limit(int plugins, int factor)
    {
        const int Calls = 40;
        var clock = new TestClock();
        var service = NewService(clock, factor);
        var ends = new DateTimeOffset[plugins];
        var began = clock.GetUtcNow();

        await Task.WhenAll(Enumerable.Range(0, plugins).Select(plugin => Task.Run(async () =>
        {
            var random = new Random(plugin);
            using var client = new LiveClient(new LiveClientOptions(), new FixedKey(), clock, () => Locked(random), new SimulatorHandler(service));
            await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, stop) =>
                await client.ListLivePullToPushAsync(Rig.Region, Nothing, new Deadline(clock, TimeSpan.FromMinutes(5), stop)));
            ends[plugin] = clock.GetUtcNow();
        })));

        // As long as everybody has something to do.
        var busy = ends.Min() - began;
        var done = service.Calls.Count(call => call.Code is null && call.At < ends.Min());
        var share = done / (busy.TotalSeconds * CallsPerSecond * factor);
        output.WriteLine($"{plugins} plugins: first done after {busy.TotalSeconds:0} s, last after {(ends.Max() - began).TotalSeconds:0} s, {share:P0} of the limit used, {service.Calls.Count(call => call.Code is not null)} calls throttled");
        share.ShouldBeGreaterThan(0.8);
        var fair = TimeSpan.FromSeconds(plugins * Calls / (double)(CallsPerSecond * factor));
        (ends.Max() - began).ShouldBeLessThan(2 * fair, "nobody starves");
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
