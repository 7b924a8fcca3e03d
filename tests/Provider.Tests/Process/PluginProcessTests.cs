using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Process;

public sealed class PluginProcessTests
{
    const string Service = PluginCalls.Service;

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGQUIT)]
    public async Task A_whole_life_from_port_line_to_signal(PosixSignal signal)
    {
        await using var engine = await FakeEngine.StartAsync();
        await using var plugin = PluginProcess.Start(["--logtostderr", "-v=9", "--tracing", "file:///x", "--unknown", engine.Address]);
        using var client = new GrpcClient($"127.0.0.1:{await plugin.ReadPortAsync()}");

        var handshake = await client.CallAsync(
            Service + "Handshake",
            new Wire.ProviderHandshakeRequest { EngineAddress = engine.Address }, Wire.ProviderHandshakeResponse.Parser);
        var info = await client.CallAsync(Service + "GetPluginInfo", new Empty(), Wire.PluginInfo.Parser);
        await client.CallAsync(Service + "Cancel", new Empty(), Empty.Parser);
        plugin.Signal(signal);

        handshake.AcceptSecrets.ShouldBeTrue();
        info.Version.ShouldBe(PackageVersion.Text);
        (await plugin.EndAsync()).ShouldBe((0, "", ""));
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGQUIT)]
    public async Task A_plugin_of_a_background_job_heeds_the_signals_that_its_shell_ignores(PosixSignal signal)
    {
        await using var plugin = PluginProcess.Start(["127.0.0.1:1"], ignoring: "INT QUIT");
        await plugin.ReadPortAsync();
        plugin.Signal(signal);
        (await plugin.EndAsync()).ShouldBe((0, "", ""));
    }

    [Fact]
    public async Task The_end_of_standard_input_ends_nothing()
    {
        await using var plugin = PluginProcess.Start(["127.0.0.1:1"]);
        plugin.Input.Close();
        using var client = new GrpcClient($"127.0.0.1:{await plugin.ReadPortAsync()}");

        (await client.CallAsync(Service + "GetPluginInfo", new Empty(), Wire.PluginInfo.Parser)).Version.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Settings_of_the_users_project_and_shell_change_nothing()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(directory.FullName, "appsettings.json"),
                """
                {
                  "Urls": "http://127.0.0.1:1",
                  "Kestrel": { "Endpoints": { "X": { "Url": "http://0.0.0.0:1" } }, "Limits": { "MaxRequestBodySize": 1 } },
                  "Logging": { "LogLevel": { "Default": "Trace" } }
                }
                """);
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:1",
                ["ASPNETCORE_HTTP_PORTS"] = "1",
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["DOTNET_URLS"] = "http://127.0.0.1:1",
                ["Logging__LogLevel__Default"] = "Trace",
                ["HTTP_PROXY"] = "http://127.0.0.1:1",
                ["HTTPS_PROXY"] = "http://127.0.0.1:1",
            };
            await using var plugin = PluginProcess.Start(["127.0.0.1:1"], directory.FullName, environment);
            var port = await plugin.ReadPortAsync();
            using var client = new GrpcClient($"127.0.0.1:{port}");

            port.ShouldBeGreaterThan(1);
            (await client.CallAsync(Service + "GetPluginInfo", new Empty(), Wire.PluginInfo.Parser)).Version.ShouldNotBeEmpty();
            plugin.Signal(PosixSignal.SIGTERM);
            (await plugin.EndAsync()).ShouldBe((0, "", ""));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_call_that_does_not_end_does_not_hold_up_the_end()
    {
        await using var plugin = PluginProcess.Start([]);
        var port = await plugin.ReadPortAsync();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var never = new TaskCompletionSource();
        var sent = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/{Service}Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PiecesContent(Pieces(), never.Task),
        };
        var call = http.SendAsync(request, CancellationToken.None);
        await sent.Task;

        plugin.Signal(PosixSignal.SIGINT);

        (await plugin.EndAsync()).ShouldBe((0, "", ""));
        await Should.ThrowAsync<HttpRequestException>(() => call);
        never.SetResult();

        IEnumerable<byte[]> Pieces()
        {
            yield return [0, 0, 0];
            sent.SetResult();
        }
    }

    [Fact]
    public async Task A_creation_on_its_way_is_told_at_the_end()
    {
        var service = new LiveService(TimeProvider.System);
        await using var simulator = SimulatorServer.Start(service);
        await using var plugin = PluginProcess.Start([]);
        using var client = await PluginCalls.ConnectAsync(plugin, simulator.Address);
        using var cancelled = new ManualResetEventSlim();
        service.AfterCall = operation =>
        {
            if (operation != "CreateLivePullToPush") return;
            plugin.Signal(PosixSignal.SIGTERM);
            cancelled.Wait(TimeSpan.FromMinutes(1));
        };

        // Another call, which the signal ends: from then on the plugin knows.
        service.FailNext("DescribeLivePullToPush", Fault.Stall());
        var read = client.CallAsync(
            Service + "Read", new Wire.ReadRequest { Id = "cn-shanghai/1", Urn = "urn:pulumi:dev::demo::x::y", Type = RelayTask.Token }, Wire.ReadResponse.Parser);
        var create = PluginCalls.CreateRelayAsync(client, "last");
        await Should.ThrowAsync<RpcException>(() => read);
        cancelled.Set();

        var failure = await Should.ThrowAsync<RpcException>(() => create);
        failure.Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull().Id.ShouldBe($"cn-shanghai/{service.Tasks.Keys.Single()}");
        (await plugin.EndAsync()).Code.ShouldBe(0);
    }

    [Fact]
    public async Task The_version_can_be_asked_for()
    {
        await using var plugin = PluginProcess.Start(["--version"]);

        (await plugin.EndAsync()).ShouldBe((0, PackageVersion.Text + "\n", ""));
    }

    [Fact]
    public async Task The_schema_can_be_asked_for()
    {
        await using var plugin = PluginProcess.Start(["--schema"]);

        var (code, output, error) = await plugin.EndAsync();

        (code, error).ShouldBe((0, ""));
        using var schema = JsonDocument.Parse(output);
        schema.RootElement.GetProperty("name").GetString().ShouldBe("aliyun-live");
    }

    [Fact]
    public async Task Help_says_how_to_attach()
    {
        await using var plugin = PluginProcess.Start(["--help"]);

        var (code, output, error) = await plugin.EndAsync();

        (code, error).ShouldBe((0, ""));
        output.ShouldContain("PULUMI_DEBUG_PROVIDERS=aliyun-live:PORT");
    }

    [Fact]
    public async Task A_wrong_argument_is_one_line_on_standard_error()
    {
        await using var plugin = PluginProcess.Start(["nonsense"]);

        var (code, output, error) = await plugin.EndAsync();

        (code, output).ShouldBe((1, ""));
        error.ShouldStartWith("pulumi-resource-aliyun-live: 'nonsense' is not the address of a Pulumi engine");
        error.TrimEnd().ShouldNotContain("\n");
    }
}
