using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Process;

/// <summary>A relay task that a plugin made, as the engine keeps it.</summary>
sealed record MadeRelay(string Name, string Id, Struct Inputs, Struct Outputs)
{
    public string Urn => PluginCalls.UrnOf(Name);
}

/// <summary>What an engine calls of a plugin process.</summary>
static class PluginCalls
{
    public const string Service = "pulumirpc.ResourceProvider/";

    public static string UrnOf(string name) => $"urn:pulumi:dev::demo::{RelayTask.Token}::{name}";

    /// <summary>Connects to a plugin and configures it for a simulator.</summary>
    public static async Task<GrpcClient> ConnectAsync(PluginProcess plugin, Uri endpoint)
    {
        var config = new PropertyMap
        {
            ["region"] = Rig.Region,
            ["endpoint"] = endpoint.AbsoluteUri,
            ["accessKey"] = LiveService.DefaultAccessKeyId,
            ["secretKey"] = ((PropertyValue)LiveService.DefaultAccessKeySecret).AsSecret(),
        };
        var client = new GrpcClient($"127.0.0.1:{(await plugin.ReadPortAsync()).ToString(CultureInfo.InvariantCulture)}");
        await client.CallAsync(Service + "Configure", new Wire.ConfigureRequest { Args = ValueCodec.Encode(config), AcceptSecrets = true }, Wire.ConfigureResponse.Parser);
        return client;
    }

    /// <summary>Checks and creates a relay task with a destination of its own, on air for an hour.</summary>
    public static async Task<MadeRelay> CreateRelayAsync(GrpcClient client, string name)
    {
        var program = Programs.Relay().With(
            ("dstUrl", ((PropertyValue)$"rtmp://push.example.com/live/{name}?auth_key=PUSHKEY").AsSecret()), ("taskName", name), ("endTime", Times.ToText(DateTimeOffset.UtcNow.AddHours(1))));
        var check = await client.CallAsync(
            Service + "Check", new Wire.CheckRequest { Urn = UrnOf(name), Name = name, Type = RelayTask.Token, News = ValueCodec.Encode(program) }, Wire.CheckResponse.Parser);
        check.Failures.ShouldBeEmpty();
        var made = await client.CallAsync(
            Service + "Create", new Wire.CreateRequest { Urn = UrnOf(name), Name = name, Type = RelayTask.Token, Properties = check.Inputs }, Wire.CreateResponse.Parser);
        return new(name, made.Id, check.Inputs, made.Properties);
    }
}
