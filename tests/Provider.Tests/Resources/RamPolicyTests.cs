using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using LiveSimulator;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>The policy that the function writes: what the code calls, no more and no less.</summary>
public sealed class RamPolicyTests
{
    const string Role = "acs:ram::1234567890123456:role/live";

    /// <summary>The operations of the one class that calls the service.</summary>
    static IEnumerable<string> OperationsOfTheClient =>
        typeof(LiveClient).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(member => member.FieldType.Name == "LiveOperation")
            .Select(member => (string)member.FieldType.GetProperty("Name")!.GetValue(member.GetValue(null))!);

    static PropertyMap Features(params string[] features) =>
        new() { ["features"] = PropertyValue.Of(features.Select(feature => (PropertyValue)feature)) };

    static async Task<string[]> ActionsAsync(PropertyMap args)
    {
        using var fleet = new Fleet();
        var result = await fleet.CallAsync(GetRamPolicy.Token, args, preview: true);
        fleet.Service.Calls.ShouldBeEmpty();
        string[] actions = [.. result["actions"]!.Elements.Select(action => action.Text!)];
        var policy = JsonDocument.Parse(result["json"]!.Text!).RootElement;
        policy.GetProperty("Version").GetString().ShouldBe("1");
        var statements = policy.GetProperty("Statement").EnumerateArray().ToList();
        statements.ShouldAllBe(statement => statement.GetProperty("Effect").GetString() == "Allow");
        statements.SelectMany(statement => statement.GetProperty("Action").EnumerateArray()).Select(action => action.GetString()!)
            .ShouldBe(actions);
        return actions;
    }

    [Fact]
    public async Task Without_features_the_policy_grants_every_operation_that_the_client_has_and_no_other()
    {
        var operations = OperationsOfTheClient.Select(operation => $"live:{operation}").Order(StringComparer.Ordinal).ToList();
        operations.Count.ShouldBe(13);

        (await ActionsAsync([])).ShouldBe(operations);
        (await ActionsAsync(Features("monitor", "relay", "readOnly"))).ShouldBe(operations);
    }

    [Fact]
    public async Task Read_only_grants_exactly_the_operations_that_describe() =>
        (await ActionsAsync(Features("readOnly"))).ShouldBe(
            OperationsOfTheClient.Where(operation => operation.StartsWith("Describe", StringComparison.Ordinal))
                .Select(operation => $"live:{operation}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("relay", RelayTask.Token)]
    [InlineData("monitor", MonitorSession.Token)]
    public async Task A_resource_lives_its_whole_life_under_its_feature_and_uses_all_of_it(string feature, string token)
    {
        var granted = await ActionsAsync(Features(feature));
        using var account = new Guarded(granted);

        await account.LiveAsync(token);

        account.Used.Order(StringComparer.Ordinal).ShouldBe(granted);
    }

    [Fact]
    public async Task Looking_needs_no_more_than_read_only_and_a_change_is_refused_by_name()
    {
        using var account = new Guarded(await ActionsAsync(Features("readOnly")));

        await account.LookAsync();
        account.Used.Order(StringComparer.Ordinal).ShouldBe(await ActionsAsync(Features("readOnly")));

        var error = await Should.ThrowAsync<RpcException>(() => account.CreateAsync(RelayTask.Token));
        error.Code.ShouldBe(ProviderStatus.PermissionDenied);
        error.Message.ShouldContain("live:CreateLivePullToPush");
    }

    [Fact]
    public async Task Roles_to_take_on_are_a_statement_of_their_own()
    {
        using var fleet = new Fleet();
        var args = Features("readOnly");
        args["assumeRoleArns"] = PropertyValue.Of(Role, Role);

        var result = await fleet.CallAsync(GetRamPolicy.Token, args);

        var last = JsonDocument.Parse(result["json"]!.Text!).RootElement.GetProperty("Statement")[1];
        last.GetRawText().ShouldBe($$"""{"Effect":"Allow","Action":["sts:AssumeRole"],"Resource":["{{Role}}"]}""");
        result["actions"]!.Elements[^1].Text.ShouldBe("sts:AssumeRole");
    }

    [Fact]
    public async Task The_order_of_the_features_changes_nothing()
    {
        using var fleet = new Fleet();
        var one = await fleet.CallAsync(GetRamPolicy.Token, Features("relay", "readOnly"));
        var other = await fleet.CallAsync(GetRamPolicy.Token, Features("readOnly", "relay", "relay"));

        other["json"]!.Text.ShouldBe(one["json"]!.Text);
    }

    [Theory]
    [InlineData("acs:ram::1234567890123456:role/*")]
    [InlineData("acs:ram::*:role/live")]
    [InlineData("acs:ram::1234567890123456:user/live")]
    [InlineData("live")]
    public async Task What_is_no_role_of_one_account_is_refused(string arn)
    {
        using var fleet = new Fleet();
        var reply = await fleet.InvokeAsync(GetRamPolicy.Token, new() { ["assumeRoleArns"] = PropertyValue.Of(arn) });

        reply.Failures.Single().Reason.ShouldBe("assumeRoleArns[0]: must be the ARN of a RAM role, acs:ram::<account>:role/<name>");
    }

    [Fact]
    public async Task A_list_of_no_features_or_of_unknown_ones_is_refused()
    {
        using var fleet = new Fleet();
        (await fleet.InvokeAsync(GetRamPolicy.Token, Features())).Failures.Single().Reason.ShouldContain("at least one feature");
        (await fleet.InvokeAsync(GetRamPolicy.Token, Features("everything"))).Failures.Single().Reason.ShouldContain("relay");
    }

    /// <summary>An account that refuses what a policy does not grant, and one plugin that works on it. Time is simulated for both.</summary>
    sealed class Guarded : IDisposable
    {
        readonly Fleet _others = new();
        readonly RpcClient _rpc;
        readonly Guard _guard;

        public Guarded(string[] granted)
        {
            _guard = new(granted, new SimulatorHandler(_others.Service));
            _rpc = new(new LiveProvider(_others.Log, _others.Clock, read => read.Connect(_others.Clock, _guard)));
            var keys = new PropertyMap
            {
                ["region"] = Fleet.Region,
                ["accessKey"] = LiveService.DefaultAccessKeyId,
                ["secretKey"] = ((PropertyValue)LiveService.DefaultAccessKeySecret).AsSecret(),
            };
            var request = new Wire.ConfigureRequest { Args = ValueCodec.Encode(keys), AcceptSecrets = true, SendsOldInputs = true };
            _rpc.Configure(request).GetAwaiter().GetResult();
        }

        public IEnumerable<string> Used => _guard.Used;

        /// <summary>Created, stopped, started with a change, read, imported, found, deleted.</summary>
        public async Task LiveAsync(string token)
        {
            var created = await CreateAsync(token);
            await _others.SettleAsync();
            var stopped = await UpdateAsync(token, created.Id, ValueCodec.Decode(created.Properties), "Running", "Stopped");
            var running = await UpdateAsync(token, created.Id, stopped, "Stopped", "Running");
            var import = new Wire.ReadRequest { Id = created.Id, Urn = Urn(token), Type = token };
            var refresh = new Wire.ReadRequest(import) { Properties = ValueCodec.Encode(running), Inputs = await InputsAsync(token, "Running") };
            (await _rpc.Read(refresh)).Id.ShouldBe(created.Id);
            (await _rpc.Read(import)).Id.ShouldBe(created.Id);
            await FindAsync(token == RelayTask.Token ? GetRelayTasks.Token : GetMonitorSessions.Token);
            await _rpc.Delete(new Wire.DeleteRequest
            {
                Id = created.Id, Urn = Urn(token), Type = token, Properties = ValueCodec.Encode(running),
            });
        }

        public async Task LookAsync()
        {
            var task = await _others.AddTaskAsync("one");
            await _others.AddMonitorAsync("wall");
            await FindAsync(GetRelayTasks.Token);
            await FindAsync(GetMonitorSessions.Token);
            var import = new Wire.ReadRequest { Id = $"{Fleet.Region}/{task}", Urn = Urn(RelayTask.Token), Type = RelayTask.Token };
            (await _rpc.Read(import)).Id.ShouldBe(import.Id);
        }

        public async Task<Wire.CreateResponse> CreateAsync(string token) => await _rpc.Create(
            new Wire.CreateRequest { Urn = Urn(token), Type = token, Name = "one", Properties = await InputsAsync(token, "Running") });

        public void Dispose()
        {
            _rpc.Dispose();
            _others.Dispose();
            _guard.Dispose();
        }

        async Task<PropertyMap> UpdateAsync(string token, string id, PropertyMap state, string before, string after)
        {
            var request = new Wire.UpdateRequest
            {
                Id = id, Urn = Urn(token), Type = token, Olds = ValueCodec.Encode(state),
                OldInputs = await InputsAsync(token, before), News = await InputsAsync(token, after),
            };
            return ValueCodec.Decode((await _rpc.Update(request)).Properties);
        }

        async Task FindAsync(string function) =>
            (await _rpc.Invoke(new Wire.InvokeRequest { Tok = function, Args = ValueCodec.Encode(PropertyMap.Empty) }))
                .Failures.ShouldBeEmpty();

        static string Urn(string token) => $"urn:pulumi:dev::demo::{token}::one";

        async Task<Struct> InputsAsync(string token, string status)
        {
            var check = await _rpc.Check(new Wire.CheckRequest
            {
                Urn = Urn(token), Type = token, Name = "one", News = ValueCodec.Encode(Stated(token, status)),
            });
            check.Failures.ShouldBeEmpty();
            return check.Inputs;
        }

        /// <summary>With the run state a further input changes, so that there is something to update.</summary>
        static PropertyMap Stated(string token, string status) => token == RelayTask.Token
            ? new PropertyMap
            {
                ["region"] = Fleet.Region, ["taskName"] = "one", ["sourceType"] = "live", ["sourceProtocol"] = "rtmp",
                ["sourceUrls"] = PropertyValue.Of("rtmp://pull.example.com/live/a"),
                ["dstUrl"] = ((PropertyValue)"rtmp://push.example.com/live/a").AsSecret(),
                ["endTime"] = Times.ToText(TestClock.Start.AddDays(9)), ["desiredStatus"] = status,
                ["callbackUrl"] = $"https://hooks.example.com/{status}",
            }
            : new PropertyMap
            {
                ["monitorName"] = $"wall-{status}", ["domain"] = "monitor.example.com", ["outputTemplate"] = "lp_hd",
                ["desiredStatus"] = status,
                ["inputList"] = PropertyValue.Of(new PropertyMap { ["inputUrl"] = "rtmp://pull.example.com/live/a" }),
            };
    }

    /// <summary>Refuses, as the service does, every operation that is not granted.</summary>
    sealed class Guard(string[] granted, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        readonly HashSet<string> _used = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Used => _used;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var action = $"live:{request.Headers.NonValidated["x-acs-action"]}";
            if (granted.Contains(action, StringComparer.Ordinal))
            {
                _used.Add(action);
                return base.SendAsync(request, cancellationToken);
            }

            const string Refusal = """{"Code":"Forbidden.RAM","Message":"User not authorized.","RequestId":"1"}""";
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.Forbidden)
            {
                RequestMessage = request, Content = new StringContent(Refusal, Encoding.UTF8, "application/json"),
            });
        }
    }
}
