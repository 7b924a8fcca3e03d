using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Process;

/// <summary>
/// The plugin's process with a simulated service behind it: what trimming or another environment could break, and what only a process can show.
/// </summary>
public sealed class PublishedPluginTests
{
    const string Service = PluginCalls.Service;
    const string RelayTask = "aliyun-live:index:RelayTask";
    const string StreamKey = "process-test-stream-key";

    static readonly PropertyMap s_relay = new()
    {
        ["sourceType"] = "live",
        ["sourceUrls"] = PropertyValue.Of([(PropertyValue)"rtmp://pull.example.com/live/one"]),
        ["dstUrl"] = ((PropertyValue)$"rtmp://push.example.com/live/one?auth_key={StreamKey}").AsSecret(),
        ["startTime"] = "2034-01-01T00:00:00Z",
        ["endTime"] = "2034-01-01T01:00:00Z",
    };

    [Fact]
    public void A_published_plugin_is_one_file()
    {
        if (PluginProcess.Published is not { } published)
        {
            Assert.Skip("ALIYUN_LIVE_PLUGIN names no published plugin.");
            return;
        }

        Directory.GetFiles(Path.GetDirectoryName(published)!).ShouldBe([published]);
        new FileInfo(published).Length.ShouldBeLessThan(45_000_000, "the size of the plugin has jumped");
    }

    [Fact]
    public async Task Two_plugins_run_side_by_side()
    {
        await using var first = PluginProcess.Start(["127.0.0.1:1"]);
        await using var second = PluginProcess.Start(["127.0.0.1:1"]);

        (await first.ReadPortAsync()).ShouldNotBe(await second.ReadPortAsync());
    }

    [Fact]
    public async Task A_task_is_created_read_and_deleted_by_a_process_whose_keys_come_from_the_environment()
    {
        await using var live = SimulatorServer.Start(new LiveService(TimeProvider.System), 0);
        await using var engine = await FakeEngine.StartAsync();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ALICLOUD_ACCESS_KEY"] = LiveService.DefaultAccessKeyId,
            ["ALICLOUD_SECRET_KEY"] = LiveService.DefaultAccessKeySecret,
            ["ALIBABA_CLOUD_REGION"] = "cn-shanghai",
            ["LIVE_ENDPOINT"] = $"http://127.0.0.1:{live.Address.Port}",
            // Calls to this machine go past every proxy.
            ["HTTP_PROXY"] = "http://127.0.0.1:1",
            ["HTTPS_PROXY"] = "http://127.0.0.1:1",
            ["NO_PROXY"] = "127.0.0.1",
        };
        await using var plugin = PluginProcess.Start([engine.Address], environment: environment);
        using var client = new GrpcClient($"127.0.0.1:{await plugin.ReadPortAsync()}");
        await client.CallAsync(Service + "Configure", new Wire.ConfigureRequest { Args = ValueCodec.Encode([]), AcceptSecrets = true }, Wire.ConfigureResponse.Parser);

        var inputs = await CheckAsync(client);
        var created = await client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn, Name = "relay", Type = RelayTask, Properties = inputs }, Wire.CreateResponse.Parser);
        var read = await client.CallAsync(
            Service + "Read",
            new Wire.ReadRequest { Id = created.Id, Urn = Urn, Name = "relay", Type = RelayTask, Properties = created.Properties, Inputs = inputs },
            Wire.ReadResponse.Parser);
        await client.CallAsync(
            Service + "Delete",
            new Wire.DeleteRequest { Id = created.Id, Urn = Urn, Name = "relay", Type = RelayTask, Properties = read.Properties, OldInputs = inputs },
            Empty.Parser);

        created.Id.ShouldStartWith("cn-shanghai/");
        read.Id.ShouldBe(created.Id);
        ValueCodec.Decode(read.Properties)["dstUrl"].ShouldNotBeNull().IsSecret.ShouldBeTrue();
        plugin.Signal(PosixSignal.SIGINT);
        (await plugin.EndAsync()).ShouldBe((0, "", ""));
    }

    /// <summary>Far more than one frame holds, and than clients of other languages take; the engine takes 16 MiB.</summary>
    [Fact]
    public async Task The_details_of_an_error_may_be_larger_than_128_kilobytes()
    {
        var service = new LiveService(TimeProvider.System);
        await using var live = SimulatorServer.Start(service);
        await using var plugin = PluginProcess.Start(["127.0.0.1:1"], environment: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["LIVE_ENDPOINT"] = live.Address.ToString(),
        });
        using var client = new GrpcClient($"127.0.0.1:{await plugin.ReadPortAsync()}");
        var config = new PropertyMap
        {
            ["region"] = "cn-shanghai", ["accessKey"] = LiveService.DefaultAccessKeyId, ["secretKey"] = LiveService.DefaultAccessKeySecret,
        };
        await client.CallAsync(Service + "Configure", new Wire.ConfigureRequest { Args = ValueCodec.Encode(config) }, Wire.ConfigureResponse.Parser);
        var inputs = await CheckAsync(client);
        var trigger = new string('x', 128 * 1024);
        inputs.Fields["restartTriggers"] = Value.ForList(Value.ForString(trigger));
        service.FailNext("DescribeLivePullToPush", Fault.Refuse("InternalFault") with { Times = 20 });

        var error = await Should.ThrowAsync<RpcException>(() => client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn, Name = "relay", Type = RelayTask, Properties = inputs }, Wire.CreateResponse.Parser));

        error.Status.CalculateSize().ShouldBeGreaterThan(128 * 1024);
        var partial = error.Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull();
        partial.Id.ShouldBe($"cn-shanghai/{service.Tasks.Keys.Single()}");
        ValueCodec.Decode(partial.Properties)["restartTriggers"]!.Elements.Single().Text.ShouldBe(trigger);
        ValueCodec.Decode(partial.Inputs)["restartTriggers"]!.Elements.Single().Text.ShouldBe(trigger);
    }

    [Fact]
    public async Task Without_keys_the_first_call_that_needs_them_names_the_places_looked_at()
    {
        var environment = KeyVariables().ToDictionary(name => name, _ => "", StringComparer.Ordinal);
        await using var plugin = PluginProcess.Start(["127.0.0.1:1"], environment: environment);
        using var client = new GrpcClient($"127.0.0.1:{await plugin.ReadPortAsync()}");
        var config = new PropertyMap { ["region"] = "cn-shanghai" };
        await client.CallAsync(Service + "Configure", new Wire.ConfigureRequest { Args = ValueCodec.Encode(config) }, Wire.ConfigureResponse.Parser);
        var inputs = await CheckAsync(client);

        var error = await Should.ThrowAsync<RpcException>(() => client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = Urn, Name = "relay", Type = RelayTask, Properties = inputs }, Wire.CreateResponse.Parser));

        error.Code.ShouldBe(ProviderStatus.Unauthenticated);
        error.Message.ShouldContain("ALICLOUD_ACCESS_KEY");
        error.Message.ShouldContain("ALIBABA_CLOUD_ACCESS_KEY_ID");
        error.Message.ShouldNotContain(StreamKey);
    }

    [Fact]
    public async Task The_schema_of_the_process_is_the_committed_one_with_the_version_filled_in()
    {
        await using var plugin = PluginProcess.Start(["--schema"]);

        var (_, output, _) = await plugin.EndAsync();

        var committed = JsonNode.Parse(Repository.Read("schema.json"))!.AsObject();
        var served = JsonNode.Parse(output)!.AsObject();
        committed.ContainsKey("version").ShouldBeFalse();
        served["version"]!.GetValue<string>().ShouldBe(PackageVersion.Text);
        served.Remove("version");
        JsonNode.DeepEquals(served, committed).ShouldBeTrue();
    }

    static string Urn => $"urn:pulumi:dev::process::{RelayTask}::relay";

    static IEnumerable<string> KeyVariables() =>
        LiveProvider.Schema.Config.Properties.Values.SelectMany(property => property.Environment).Append("ALIBABA_CLOUD_ROLE_ARN");

    static async Task<Struct> CheckAsync(GrpcClient client)
    {
        var reply = await client.CallAsync(
            Service + "Check",
            new Wire.CheckRequest { Urn = Urn, Name = "relay", Type = RelayTask, Olds = ValueCodec.Encode([]), News = ValueCodec.Encode(s_relay) },
            Wire.CheckResponse.Parser);
        reply.Failures.ShouldBeEmpty();
        return reply.Inputs;
    }
}
