using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Process;
using PulumiAliyunLive.Tests.Protocol;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Traffic;

/// <summary>Where the plugins of a replay run.</summary>
public enum Ground
{
    /// <summary>In the test's process, on its clock: every message goes through its bytes, only HTTP is left out.</summary>
    ThisProcess,

    /// <summary>In processes of their own, the published plugin where <c>ALIYUN_LIVE_PLUGIN</c> names it, over sockets in both directions.</summary>
    Processes,
}

/// <summary>The plugins of a replay, with one simulated service behind all of them.</summary>
abstract class ReplayGround : IAsyncDisposable
{
    public abstract LiveService Service { get; }

    /// <summary>What the plugins have logged.</summary>
    public abstract IReadOnlyList<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> Lines { get; }

    public static async Task<ReplayGround> StartAsync(Ground ground) =>
        ground == Ground.ThisProcess ? new InThisProcess() : await InProcesses.StartAsync();

    /// <summary>A plugin that is ready for its first call, for one of the stack's providers or for questions that need no configuration.</summary>
    public abstract Task<EngineCalls> PluginAsync(string provider = "");

    /// <summary>Lets time pass between two commands.</summary>
    public abstract void Pass(TimeSpan time);

    public abstract void ClearLines();

    /// <summary>Every plugin is dead from now on: no answer reaches it, and none of its own gets out.</summary>
    public abstract void Kill();

    /// <summary>Ends the plugins as the engine does; those that were not killed must end well.</summary>
    public abstract Task EndAsync();

    public abstract ValueTask DisposeAsync();

    sealed class InThisProcess : ReplayGround
    {
        readonly TestClock _clock = new(new DateTimeOffset(2026, 11, 22, 1, 0, 0, TimeSpan.Zero));
        readonly RecordingLog _log = new();
        readonly List<(RpcClient Rpc, Cable Cable)> _plugins = [];

        public InThisProcess()
        {
            Service = new LiveService(_clock);
            Service.Settings.SkewReference = SkewReference.SimulatedTime;
        }

        public override LiveService Service { get; }

        public override IReadOnlyList<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> Lines => _log.Lines;

        public override Task<EngineCalls> PluginAsync(string provider = "")
        {
            var cable = new Cable(new SimulatorHandler(Service));
            var rpc = new RpcClient(new LiveProvider(_log, _clock, config => config.Connect(_clock, cable)));
            _plugins.Add((rpc, cable));
            return Task.FromResult<EngineCalls>(rpc);
        }

        public override void Pass(TimeSpan time) => _clock.Advance(time);

        public override void ClearLines() => _log.Clear();

        public override void Kill()
        {
            foreach (var (_, cable) in _plugins) cable.Cut = true;
        }

        public override Task EndAsync() => Task.CompletedTask;

        public override ValueTask DisposeAsync()
        {
            foreach (var (rpc, _) in _plugins) rpc.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>The connection of one plugin; once cut, the plugin is as good as dead.</summary>
    sealed class Cable(HttpMessageHandler service) : DelegatingHandler(service)
    {
        public bool Cut { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Cut) throw new HttpRequestException("the process is dead");
            var response = await base.SendAsync(request, cancellationToken);
            return Cut ? throw new HttpRequestException("the process is dead") : response;
        }
    }

    /// <summary>One process for each provider, configured anew by every command, as where the engine attaches.</summary>
    sealed class InProcesses(RunningSimulator simulator, LiveService service, FakeEngine engine) : ReplayGround
    {
        readonly Dictionary<string, (PluginProcess Process, WireCalls Calls)> _plugins = new(StringComparer.Ordinal);
        readonly List<(PluginProcess Process, WireCalls Calls)> _started = [];

        public override LiveService Service => service;

        public override IReadOnlyList<(LogSeverity Severity, string Message, string Urn, bool Ephemeral)> Lines =>
            [.. engine.Logged.Select(line => ((LogSeverity)line.Severity, line.Message, line.Urn, line.Ephemeral))];

        public static async Task<InProcesses> StartAsync()
        {
            var service = new LiveService(TimeProvider.System);
            return new(SimulatorServer.Start(service), service, await FakeEngine.StartAsync());
        }

        public override async Task<EngineCalls> PluginAsync(string provider = "")
        {
            if (_plugins.TryGetValue(provider, out var running)) return running.Calls;
            var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["LIVE_ENDPOINT"] = simulator.Address.ToString() };
            var process = PluginProcess.Start([engine.Address], environment: environment);
            var calls = new WireCalls(await process.ReadPortAsync());
            _started.Add((process, calls));
            _plugins.Add(provider, (process, calls));
            return calls;
        }

        public override void Pass(TimeSpan time) => service.MoveClock(time);

        public override void ClearLines() => engine.Logged.Clear();

        public override void Kill()
        {
            // Forgotten first: whoever waits for the answer of a dying process goes on before its end is known here.
            var dying = _plugins.Values.ToList();
            _plugins.Clear();
            foreach (var (process, _) in dying) process.Kill();
        }

        public override async Task EndAsync()
        {
            foreach (var (process, _) in _plugins.Values)
            {
                process.Signal(System.Runtime.InteropServices.PosixSignal.SIGINT);
                (await process.EndAsync()).ShouldBe((0, "", ""));
            }
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (var (process, calls) in _started)
            {
                calls.Dispose();
                await process.DisposeAsync();
            }

            await engine.DisposeAsync();
            await simulator.DisposeAsync();
        }
    }
}
