using System.Globalization;
using System.Text.RegularExpressions;
using EngineHarness;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>
/// The harness makes the calls that two releases of the real engine were recorded making: the commands of a recording are run one after the
/// other on one state, every request is compared field by field, and what is printed line by line.
/// </summary>
public sealed partial class EngineTrafficTests
{
    /// <summary>
    /// What is recorded and not reproduced. Anything else that differs fails the test.
    /// </summary>
    static readonly IReadOnlyList<(string Version, string Command, string Method, string Reason)> s_notReproduced =
    [
        ("3.259", "26-destroy", "Configure",
            "the real engine does not wait for Configure and closed the previewing plugin first; the harness waits, so the reply arrives"),
    ];

    const string Region = "cn-shanghai";

    static readonly string s_schema = RecordedTraffic.Program("schema.json");

    [Theory]
    [InlineData("3.200")]
    [InlineData("3.259")]
    public async Task The_first_recording_is_reproduced(string version)
    {
        var wall = RecordedTraffic.Program("relay-and-wall.yaml");
        var later = wall.Replace("2027-01-01", "2027-02-01", StringComparison.Ordinal);
        var elsewhere = later.Replace("live/b?auth_key=PUSHKEY", "live/c?auth_key=PUSHKEY", StringComparison.Ordinal);
        var explicitProvider = RecordedTraffic.Program("explicit-provider.yaml");
        var stack = new RecordedStack(version, new(StringComparer.Ordinal)
        {
            ["aliyun-live:region"] = new(Region, Secret: false),
            ["aliyun-live:secretKey"] = new("SECRETKEY", Secret: true),
            ["aliyun-live:assumeRole"] = new("""{"roleArn":"acs:ram::1:role/live"}""", Secret: false),
        });

        await stack.RunAsync("01-preview", wall, engine => engine.PreviewAsync());
        await stack.RunAsync("02-up", wall, engine => engine.UpAsync());
        await stack.RunAsync("03-up-no-change", wall, engine => engine.UpAsync());
        await stack.RunAsync("04-update-in-place", later, engine => engine.UpAsync());
        await stack.RunAsync("05-replace-delete-first", elsewhere, engine => engine.UpAsync());
        await stack.RunAsync("06-refresh", elsewhere, engine => engine.RefreshAsync());
        await stack.RunAsync("07-import", elsewhere, engine => engine.ImportAsync("aliyun-live:RelayTask", "adopted", "cn-shanghai/abc"));
        await stack.RunAsync("08-null-and-wrong-type", RecordedTraffic.Program("broken.yaml"), engine => engine.PreviewAsync());
        await stack.RunAsync("09-autonaming-verbatim", wall, engine => engine.PreviewAsync(), options => options with
        {
            Config = new Dictionary<string, ConfigValue>(options.Config, StringComparer.Ordinal)
            {
                ["pulumi:autonaming"] = new("""{"mode":"verbatim"}""", Secret: false),
            },
        });
        await stack.RunAsync("10-explicit-provider-timeouts-ignore", explicitProvider, engine => engine.UpAsync());
        await stack.RunAsync(
            "11-provider-secret-rotated", explicitProvider.Replace(": SK\n", ": SK2\n", StringComparison.Ordinal),
            engine => engine.UpAsync());
        await stack.RunAsync("12-destroy", explicitProvider, engine => engine.DestroyAsync());

        stack.State.Resources.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("3.200")]
    [InlineData("3.259")]
    public async Task The_second_recording_is_reproduced(string version)
    {
        var program = RecordedTraffic.Program("run-state.yaml");
        var later = program.Replace("2027-01-01", "2027-02-01", StringComparison.Ordinal);
        var replacing = later + "    options:\n      replaceOnChanges: [endTime]\n";
        var unmanaged = program.Replace("      desiredStatus: Running\n", "", StringComparison.Ordinal);
        var stack = new RecordedStack(version, new(StringComparer.Ordinal) { ["aliyun-live:region"] = new(Region, Secret: false) });
        var relay = "urn:pulumi:dev::relay-demo::aliyun-live:index:RelayTask::relay";

        stack.Existing("13-refresh-finds-drift");
        await stack.RunAsync("13-refresh-finds-drift", program, engine => engine.RefreshAsync());
        await stack.RunAsync("14-up-repairs-drift", program, engine => engine.UpAsync());
        await stack.RunAsync(
            "15-up-with-refresh-repairs-drift", program, engine => engine.UpAsync(), options => options with { Refresh = true });
        await stack.RunAsync("16-target-replace", program, engine => engine.UpAsync(), options => options with { TargetReplace = [relay] });
        await stack.RunAsync("17-tainted", program, engine =>
        {
            engine.Taint(relay);
            return engine.UpAsync();
        });
        await stack.RunAsync("18-replace-on-changes", replacing, engine => engine.UpAsync());
        await stack.RunAsync("19-check-failures", later, engine => engine.UpAsync());

        stack.Empty();
        await stack.RunAsync("20-create-fails-after-the-object-exists", unmanaged, engine => engine.UpAsync());
        stack.State.Find(relay)!.InitErrors.ShouldBe(["task did not reach Running in 30 s: PullStreamFailed"]);
        await stack.RunAsync("21-next-up-completes-it", unmanaged, engine => engine.UpAsync());
        stack.State.Find(relay)!.InitErrors.ShouldBeEmpty();

        stack.Empty();
        await stack.RunAsync("22-plugin-dies-in-create", unmanaged, engine => engine.UpAsync());
        stack.State.Find(relay).ShouldBeNull();
        await stack.RunAsync("23-up-after-it", unmanaged, engine => engine.UpAsync());

        stack.Empty();
        await stack.RunAsync("24-create-asking-for-refresh-before-update", program, engine => engine.UpAsync());
        await stack.RunAsync("25-up-with-refresh-before-update", program, engine => engine.UpAsync());
        await stack.RunAsync("26-destroy", program, engine => engine.DestroyAsync());

        stack.State.Resources.ShouldBeEmpty();
    }

    /// <summary>A stack that goes through the commands of a recording.</summary>
    sealed class RecordedStack(string version, Dictionary<string, ConfigValue> config)
    {
        public StackState State { get; private set; } = StackState.Empty;

        public void Empty() => State = StackState.Empty;

        /// <summary>The state that a command found, as far as its Configure and Read requests tell it.</summary>
        public void Existing(string command)
        {
            var calls = RecordedTraffic.Calls(version, command);
            var configure = calls.First(call => call.Method == "Configure").Request;
            var provider = new ResourceState
            {
                Urn = configure["urn"]!.GetValue<string>(),
                Type = configure["type"]!.GetValue<string>(),
                Id = configure["id"]!.GetValue<string>(),
                Inputs = Map(configure["args"]!),
                Outputs = Map(configure["args"]!),
            };
            var read = calls.First(call => call.Method == "Read").Request;
            State = new(
                [
                    new()
                    {
                        Urn = "urn:pulumi:dev::relay-demo::pulumi:pulumi:Stack::relay-demo-dev",
                        Type = "pulumi:pulumi:Stack",
                        Custom = false,
                    },
                    provider,
                    new()
                    {
                        Urn = read["urn"]!.GetValue<string>(),
                        Type = read["type"]!.GetValue<string>(),
                        Id = read["id"]!.GetValue<string>(),
                        Provider = provider.Reference,
                        Inputs = Map(read["inputs"]!),
                        Outputs = Map(read["properties"]!),
                    },
                ],
                []);
        }

        public async Task RunAsync(
            string command, string program, Func<Engine, Task<RunResult>> run, Func<EngineOptions, EngineOptions>? change = null)
        {
            var release = version == "3.200" ? EngineRelease.V3200 : EngineRelease.V3259;
            var plugins = new RecordedPlugins(RecordedTraffic.Calls(version, command), s_schema) { Details = DetailsOf(command) };
            var options = new EngineOptions
            {
                ProgramText = program,
                Config = config,
                Release = release,
                // The older engine had the schema in its cache already.
                CachedSchema = version == "3.200" ? s_schema : null,
            };
            using var output = new StringWriter(CultureInfo.InvariantCulture);
            var engine = new Engine(change?.Invoke(options) ?? options, plugins, State, state => State = state, output);
            await run(engine);
            State = engine.State;

            var printed = output.ToString();
            plugins.Left.Select(call => call.Key)
                .ShouldBeEmpty($"{version} {command}: calls that the engine made and the harness did not\n{printed}");
            var comparison = new CallComparison();
            plugins.Made.SelectMany(pair => comparison.Compare(pair.Ours, pair.Theirs)).ShouldBeEmpty($"{version} {command}");
            var except = s_notReproduced.Where(item => item.Version == version && item.Command == command).Select(item => item.Method)
                .ToHashSet(StringComparer.Ordinal);
            foreach (var lane in RecordedTraffic.Calls(version, command).GroupBy(call => call.Lane, StringComparer.Ordinal))
            {
                var theirs = lane.Where(call => !except.Contains(call.Method)).Select(call => call.Key);
                var ours = plugins.Made.Select(pair => pair.Ours).Where(call => call.Lane == lane.Key && !except.Contains(call.Method));
                ours.Select(call => call.Key).ShouldBe(theirs, $"{version} {command}: order of the calls of {lane.Key}");
            }
            if (version == "3.259")
                Normal(printed).ShouldBe(Normal(RecordedTraffic.Printed(version, command)), $"{version} {command}: what is printed");
        }

        PulumiAliyunLive.Protocol.Wire.ErrorResourceInitFailed? DetailsOf(string command)
        {
            if (!command.StartsWith("20-", StringComparison.Ordinal))
                return null;
            // The recording has no details; the next command shows what they were.
            var next = RecordedTraffic.Calls(version, "21-next-up-completes-it").First(call => call.Method == "Diff").Request;
            return new()
            {
                Id = next["id"]!.GetValue<string>(),
                Properties = ValueCodec.Encode(Map(next["olds"]!)),
                Reasons = { "task did not reach Running in 30 s: PullStreamFailed" },
            };
        }

        static PropertyMap Map(System.Text.Json.Nodes.JsonNode json) =>
            ValueCodec.Decode(Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson(json.ToJsonString()));

        /// <summary>The lines without times, sorted, since independent steps end in any order.</summary>
        static IEnumerable<string> Normal(string text) => Seconds().Replace(text, "").Split('\n')
            .Select(line => line.TrimEnd()).Where(line => line.Length > 0).Order(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\s*\(\d+(\.\d+)?s\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Seconds();
}
