using System.Text.RegularExpressions;
using EngineHarness;
using Google.Protobuf;
using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>Every YAML example passes Check and a preview against the plugin's schema, without network and keys unless it calls a
/// function.</summary>
public sealed partial class ExampleTests
{
    public static TheoryData<string> Examples() => [.. ExampleProgram.Names];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_passes_check_offline(string example)
    {
        // An import asks the service for what exists; the inputs are checked all the same without it.
        var text = Import().Replace(ExampleProgram.Text(example), "");
        var program = YamlProgram.Parse(text);
        var clock = new TestClock();
        var replies = new List<Wire.CheckResponse>();
        var service = new LiveService(clock);
        service.Settings.SkewReference = SkewReference.SimulatedTime;

        // A function looks things up in a preview, too, so it needs keys; nothing else does.
        var looks = text.Contains("fn::invoke", StringComparison.Ordinal);
        LiveClient Connect(ProviderConfig config)
        {
            if (!looks) return config.Connect(clock, new NoNetwork());
            var keys = config.Credentials with { AccessKey = LiveService.DefaultAccessKeyId, SecretKey = LiveService.DefaultAccessKeySecret };
            return (config with { Credentials = keys }).Connect(clock, new SimulatorHandler(service));
        }

        var host = new InProcessPluginHost(_ => new CheckListener(
            new RpcDispatcher(new LiveProvider(new RecordingLog(), clock, Connect), new EngineClient(clock)), replies));
        using var printed = new StringWriter();
        var config = program.Config.Where(setting => setting.Default is null)
            .ToDictionary(setting => setting.Name, setting => new ConfigValue("example", setting.Secret), StringComparer.Ordinal);
        config["aliyun-live:region"] = new("cn-shanghai", Secret: false);
        var options = new EngineOptions
        {
            ProgramText = text, ProgramFolder = Path.Combine(Repository.Root, ExampleProgram.Folder, example),
            Config = config
        };
        await new Engine(options, host, StackState.Empty, _ => { }, printed).PreviewAsync();
        replies.SelectMany(reply => reply.Failures).ShouldBeEmpty(printed.ToString());
        service.Calls.ShouldAllBe(call => call.Operation.EndsWith("List", StringComparison.Ordinal));
        replies.Count.ShouldBe(program.Resources.Count(resource => !resource.IsProvider), printed.ToString());
    }

    [Fact]
    public void Every_resource_has_an_example()
    {
        var types = ExampleProgram.Names.SelectMany(example => YamlProgram.Parse(ExampleProgram.Text(example)).Resources)
            .Select(resource => resource.Type.Replace("aliyun-live:index:", "aliyun-live:", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal).ToList();
        foreach (var token in LiveProvider.Registry.Value.Keys) types.ShouldContain(token.Replace(":index:", ":",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Every_function_has_an_example()
    {
        var texts = ExampleProgram.Names.Select(ExampleProgram.Text).ToList();
        foreach (var token in LiveProvider.Functions.Value.Keys)
        {
            var call = $"function: {token.Replace(":index:", ":", StringComparison.Ordinal)}\n";
            texts.Any(text => text.Contains(call, StringComparison.Ordinal)).ShouldBeTrue(token);
        }
    }

    [GeneratedRegex(@"^ +import: .*\n", RegexOptions.Multiline, 1000)]
    private static partial Regex Import();

    /// <summary>Listens to the answers of Check on the way.</summary>
    sealed class CheckListener(RpcDispatcher dispatcher, List<Wire.CheckResponse> replies) : IPluginConnection
    {
        readonly DispatcherConnection _inner = new(dispatcher);

        public string? Ended => _inner.Ended;

        public async Task<TReply> CallAsync<TReply>(string method, IMessage request, TimeSpan? timeout, CancellationToken cancellation)
            where TReply : class, IMessage<TReply>, new()
        {
            var reply = await _inner.CallAsync<TReply>(method, request, timeout, cancellation);
            if (method == "Check" && reply is Wire.CheckResponse check)
            {
                lock (replies) replies.Add(check);
            }

            return reply;
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }

    sealed class NoNetwork : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"a preview called {request.RequestUri}");
    }
}
