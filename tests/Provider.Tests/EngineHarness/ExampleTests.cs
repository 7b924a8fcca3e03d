using System.Globalization;
using EngineHarness;
using LiveSimulator;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>
/// Every example under <c>examples/yaml</c> works: it goes up, has nothing to do afterwards, refreshes to the same, and leaves nothing behind.
/// </summary>
public sealed class ExampleTests
{
    readonly TestClock _clock = new();
    readonly LiveService _service;
    readonly InProcessPluginHost _host;
    readonly List<string> _printed = [];
    StackState _state = StackState.Empty;

    public ExampleTests()
    {
        _service = new LiveService(_clock);
        _service.Settings.SkewReference = SkewReference.SimulatedTime;
        _host = new(host =>
        {
            var provider = new LiveProvider(new HostLog(host), _clock, config => config.Connect(_clock, new SimulatorHandler(_service)));
            return new DispatcherConnection(new RpcDispatcher(provider, new EngineClient(TimeProvider.System)));
        });
    }

    public static TheoryData<string> Examples { get; } =
        [.. ExampleProgram.Names.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_goes_through_its_whole_life(string name)
    {
        var program = ExampleProgram.Text(name);
        if (name == "import-existing")
            program = await MadeByHandAsync(program);

        (await RunAsync(program, engine => engine.PreviewAsync())).Succeeded.ShouldBeTrue(_printed[^1]);
        (await RunAsync(program, engine => engine.UpAsync())).Succeeded.ShouldBeTrue(_printed[^1]);
        (await RunAsync(program, engine => engine.UpAsync())).NoChanges.ShouldBeTrue(_printed[^1]);
        _service.MoveClock(TimeSpan.FromMinutes(1));
        (await RunAsync(program, engine => engine.RefreshAsync())).NoChanges.ShouldBeTrue(_printed[^1]);
        (await RunAsync(program, engine => engine.PreviewAsync())).NoChanges.ShouldBeTrue(_printed[^1]);
        program = program.Replace("      protect: true\n", "", StringComparison.Ordinal);
        await RunAsync(program, engine => engine.UpAsync());
        (await RunAsync(program, engine => engine.DestroyAsync())).Succeeded.ShouldBeTrue(_printed[^1]);

        _state.Resources.ShouldBeEmpty();
        _service.Tasks.Values.ShouldAllBe(task => task.State == RelayState.Exit);
        _service.Monitors.Values.ShouldAllBe(monitor => monitor.Deleted);
        _service.Conflicts.ShouldBeEmpty();
        string.Concat(_printed).ShouldNotContain("example-");
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_explains_itself(string name)
    {
        var readme = Repository.Read($"{ExampleProgram.Folder}/{name}/README.md").TrimEnd().Split('\n');

        readme[0].ShouldStartWith("# ");
        readme.Length.ShouldBeInRange(8, 14);
    }

    /// <summary>Makes the task that the program wants to import, and puts its id into the program.</summary>
    async Task<string> MadeByHandAsync(string program)
    {
        var plain = program.Replace("      protect: true\n", "", StringComparison.Ordinal);
        const string Id = "00000000-0000-0000-0000-000000000000";
        plain.ShouldContain($"import: cn-shanghai/{Id}");
        plain = plain.Replace($"      import: cn-shanghai/{Id}\n", "      retainOnDelete: true\n", StringComparison.Ordinal);
        await RunAsync(plain, engine => engine.UpAsync());
        _state = StackState.Empty;
        return program.Replace(Id, _service.Tasks.Values.Single().TaskId, StringComparison.Ordinal);
    }

    async Task<RunResult> RunAsync(string program, Func<Engine, Task<RunResult>> command)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var options = new EngineOptions
        {
            ProgramText = program,
            Config = new Dictionary<string, ConfigValue>(StringComparer.Ordinal)
            {
                ["aliyun-live:accessKey"] = new(LiveService.DefaultAccessKeyId, Secret: false),
                ["aliyun-live:secretKey"] = new(LiveService.DefaultAccessKeySecret, Secret: true),
                ["aliyun-live:region"] = new("cn-shanghai", Secret: false),
                ["accessKey"] = new(LiveService.DefaultAccessKeyId, Secret: true),
                ["secretKey"] = new(LiveService.DefaultAccessKeySecret, Secret: true),
            },
        };
        var engine = new Engine(options, _host, _state, state => _state = state, output);
        var result = await command(engine);
        _state = engine.State;
        _printed.Add(output.ToString());
        return result;
    }
}
