using System.Diagnostics;
using System.Globalization;
using EngineHarness;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>The harness and the plugin as processes: started, talked to and ended as the engine does it.</summary>
public sealed class PluginProcessHostTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("plugin-host-").FullName;

    PluginStart Start => new(_folder, "test", new Dictionary<string, string>(StringComparer.Ordinal));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_preview_starts_the_plugin_and_ends_it()
    {
        await using var host = await ProcessPluginHost.StartAsync(Beside("pulumi-resource-aliyun-live"));
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var program = ExampleProgram.Text("relay-live");
        var engine = new Engine(new() { ProgramText = program, ProgramFolder = _folder }, host, StackState.Empty, _ => { }, output);

        var result = await engine.PreviewAsync();

        result.Succeeded.ShouldBeTrue(output.ToString());
        result.Count(StepKind.Create).ShouldBe(3);
    }

    [Fact]
    public async Task A_closed_plugin_has_ended_by_itself()
    {
        await using var host = await ProcessPluginHost.StartAsync(Beside("pulumi-resource-aliyun-live"));
        var connection = (PluginProcess)await host.StartAsync(Start, default);
        using var process = System.Diagnostics.Process.GetProcessById(connection.Id);

        await connection.DisposeAsync();

        process.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task A_plugin_that_is_killed_is_reported_as_such()
    {
        await using var host = await ProcessPluginHost.StartAsync(Beside("pulumi-resource-aliyun-live"));
        await using var connection = (PluginProcess)await host.StartAsync(Start, default);
        using var process = System.Diagnostics.Process.GetProcessById(connection.Id);
        connection.Ended.ShouldBeNull();

        process.Kill();
        await process.WaitForExitAsync();

        connection.Ended.ShouldNotBeNull().ShouldContain("exited prematurely");
    }

    [Fact]
    public async Task Anything_but_a_port_on_the_first_line_is_refused()
    {
        var start = new ProcessStartInfo(Beside("live-simulator"), ["--help"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var error = await Should.ThrowAsync<InvalidOperationException>(() => PluginProcess.StartAsync("simulator", start, default));

        error.Message.ShouldContain("wrote an invalid port to stdout");
    }

    [Fact]
    public async Task The_engine_hears_what_is_logged_and_says_that_it_lives()
    {
        await using var service = await EngineService.StartAsync();
        var heard = new List<string>();
        service.Log = log => heard.Add($"{log.Severity}: {log.Message}");
        using var client = new GrpcClient(service.Address);

        await client.CallAsync(
            "pulumirpc.Engine/Log", new Wire.LogRequest { Severity = Wire.LogSeverity.Warning, Message = "hot" },
            Google.Protobuf.WellKnownTypes.Empty.Parser);
        var health = await client.CallAsync(
            "grpc.health.v1.Health/Check", new Wire.HealthCheckRequest(), Wire.HealthCheckResponse.Parser);
        var unknown = await Should.ThrowAsync<RpcException>(() => client.CallAsync(
            "codegen.Mapper/GetMapping", new Wire.LogRequest(), Google.Protobuf.WellKnownTypes.Empty.Parser));

        heard.ShouldBe(["Warning: hot"]);
        health.Status.ShouldBe(Wire.HealthCheckResponse.Types.ServingStatus.Serving);
        unknown.Code.ShouldBe(PulumiAliyunLive.Model.ProviderStatus.Unimplemented);
    }

    /// <summary>An executable of the solution, which is built beside the tests.</summary>
    static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);
}
