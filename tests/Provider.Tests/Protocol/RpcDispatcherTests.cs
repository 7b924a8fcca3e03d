using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class RpcDispatcherTests : IDisposable
{
    const string Urn = "urn:pulumi:stack::project::pkg:index:Parent$pkg:index:Thing::my::name";

    readonly FakeProvider _provider = new();
    readonly RpcClient _client;

    public RpcDispatcherTests() => _client = new RpcClient(_provider);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Handshake_and_configure_agree()
    {
        var handshake = await _client.Handshake(new Wire.ProviderHandshakeRequest());
        var configure = await _client.Configure(new Wire.ConfigureRequest());

        (configure.AcceptSecrets, configure.AcceptResources, configure.AcceptOutputs, configure.SupportsAutonamingConfiguration)
            .ShouldBe((handshake.AcceptSecrets, handshake.AcceptResources, handshake.AcceptOutputs, handshake.SupportsAutonamingConfiguration));
        new[] { handshake.AcceptSecrets, handshake.AcceptResources, handshake.AcceptOutputs, handshake.SupportsAutonamingConfiguration }
            .ShouldAllBe(flag => flag);
        (handshake.AcceptsByteString, configure.SupportsPreview).ShouldBe((true, true));
    }

    [Fact]
    public async Task The_version_is_semantic_and_without_metadata()
    {
        var info = await _client.Call("GetPluginInfo", new Empty(), Wire.PluginInfo.Parser);

        info.Version.ShouldMatch(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$");
    }

    [Fact]
    public async Task The_schema_is_served_as_it_is()
    {
        _provider.Schema = """{"name":"ü"}"""u8.ToArray();

        (await _client.Call("GetSchema", new Wire.GetSchemaRequest(), Wire.GetSchemaResponse.Parser)).Schema.ShouldBe("""{"name":"ü"}""");
    }

    [Fact]
    public async Task There_are_no_mappings()
    {
        (await _client.Call("GetMapping", new Wire.GetMappingRequest { Key = "terraform" }, Wire.GetMappingResponse.Parser))
            .Data.ShouldBeEmpty();
        (await _client.Call("GetMappings", new Wire.GetMappingsRequest { Key = "terraform" }, Wire.GetMappingsResponse.Parser))
            .Providers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Parameterize", "takes no parameters")]
    [InlineData("Construct", "has no components")]
    [InlineData("Call", "have no methods")]
    [InlineData("StreamInvoke", "'StreamInvoke' is not known")]
    [InlineData("check", "'check' is not known")]
    [InlineData("", "'' is not known")]
    public async Task What_is_not_served_is_unimplemented_with_a_sentence(string method, string sentence)
    {
        var error = await Fails(() => _client.Call(method, new Empty(), Empty.Parser));

        error.Code.ShouldBe(ProviderStatus.Unimplemented);
        error.Message.ShouldContain(sentence);
    }

    [Fact]
    public async Task Name_and_type_come_from_the_urn_where_an_old_engine_sends_nothing_else()
    {
        await _client.Check(new Wire.CheckRequest { Urn = Urn });
        await _client.Diff(new Wire.DiffRequest { Urn = Urn });
        await _client.Create(new Wire.CreateRequest { Urn = Urn });
        await _client.Read(new Wire.ReadRequest { Urn = Urn });
        await _client.Update(new Wire.UpdateRequest { Urn = Urn });
        await _client.Delete(new Wire.DeleteRequest { Urn = Urn });

        (string, string)[] seen =
        [
            (_provider.Last<CheckRequest>().Name, _provider.Last<CheckRequest>().Type),
            (_provider.Last<DiffRequest>().Name, _provider.Last<DiffRequest>().Type),
            (_provider.Last<CreateRequest>().Name, _provider.Last<CreateRequest>().Type),
            (_provider.Last<ReadRequest>().Name, _provider.Last<ReadRequest>().Type),
            (_provider.Last<UpdateRequest>().Name, _provider.Last<UpdateRequest>().Type),
            (_provider.Last<DeleteRequest>().Name, _provider.Last<DeleteRequest>().Type),
        ];
        seen.Distinct().ShouldBe([("my::name", "pkg:index:Thing")]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("urn:pulumi:stack::project")]
    public async Task A_resource_that_cannot_be_told_is_an_invalid_argument(string urn) =>
        (await Fails(() => _client.Check(new Wire.CheckRequest { Urn = urn }))).Code.ShouldBe(ProviderStatus.InvalidArgument);

    [Theory]
    [InlineData(0, null)]
    [InlineData(-1, null)]
    [InlineData(double.NaN, null)]
    [InlineData(double.NegativeInfinity, null)]
    [InlineData(0.25, 0.25)]
    [InlineData(300, 300.0)]
    [InlineData(1e300, 2147483.647)]
    [InlineData(double.PositiveInfinity, 2147483.647)]
    public async Task A_time_limit_is_taken_where_there_is_one(double sent, double? seconds)
    {
        await _client.Create(new Wire.CreateRequest { Urn = Urn, Timeout = sent });

        _provider.Last<CreateRequest>().Timeout?.TotalSeconds.ShouldBe(seconds!.Value);
        _provider.Last<CreateRequest>().Timeout.HasValue.ShouldBe(seconds.HasValue);
    }

    [Theory]
    [InlineData(0, "Propose")]
    [InlineData(1, "Enforce")]
    [InlineData(2, "Disable")]
    public async Task The_users_naming_rule_arrives(int mode, string expected)
    {
        await _client.Check(new Wire.CheckRequest
        {
            Urn = Urn,
            Autonaming = new Wire.CheckRequest.Types.AutonamingOptions
            {
                ProposedName = "p",
                Mode = (Wire.CheckRequest.Types.AutonamingOptions.Types.Mode)mode,
            },
        });

        _provider.Last<CheckRequest>().Autonaming.ShouldBe(new Autonaming("p", System.Enum.Parse<AutonamingMode>(expected)));
        await _client.Check(new Wire.CheckRequest { Urn = Urn });
        _provider.Last<CheckRequest>().Autonaming.ShouldBeNull();
    }

    [Fact]
    public async Task A_diff_names_roots_once_and_paths_in_full()
    {
        _provider.OnDiff = _ => new DiffResult(
            [
                new("list[0].a", ChangeKind.Add), new("list[1]", ChangeKind.Delete, InputDiff: false), new("x.y", ChangeKind.Update),
                new("[\"x.y\"].z", ChangeKind.Add, Replace: true), new("[\"a\\\"b\"]", ChangeKind.Delete, Replace: true),
                new("k[\"x.y\"]", ChangeKind.Update, Replace: true),
            ],
            DeleteBeforeReplace: false);

        var diff = await _client.Diff(new Wire.DiffRequest { Urn = Urn });

        diff.Changes.ShouldBe(Wire.DiffResponse.Types.DiffChanges.DiffSome);
        diff.HasDetailedDiff.ShouldBeTrue();
        diff.DeleteBeforeReplace.ShouldBeFalse();
        diff.Diffs.ShouldBe(["list", "x", "x.y", "a\"b", "k"]);
        diff.Replaces.ShouldBe(["x.y", "a\"b", "k"]);
        diff.DetailedDiff.ToDictionary(entry => entry.Key, entry => (entry.Value.Kind, entry.Value.InputDiff), StringComparer.Ordinal)
            .ShouldBe(new Dictionary<string, (Wire.PropertyDiff.Types.Kind, bool)>(StringComparer.Ordinal)
            {
                ["list[0].a"] = (Wire.PropertyDiff.Types.Kind.Add, true),
                ["list[1]"] = (Wire.PropertyDiff.Types.Kind.Delete, false),
                ["x.y"] = (Wire.PropertyDiff.Types.Kind.Update, true),
                ["[\"x.y\"].z"] = (Wire.PropertyDiff.Types.Kind.AddReplace, true),
                ["[\"a\\\"b\"]"] = (Wire.PropertyDiff.Types.Kind.DeleteReplace, true),
                ["k[\"x.y\"]"] = (Wire.PropertyDiff.Types.Kind.UpdateReplace, true),
            }, ignoreOrder: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("[0].b")]
    public async Task A_path_that_would_crash_the_engines_display_never_reaches_it(string path)
    {
        _provider.OnDiff = _ => new DiffResult([new PropertyChange(path, ChangeKind.Update)], DeleteBeforeReplace: false);

        (await Fails(() => _client.Diff(new Wire.DiffRequest { Urn = Urn }))).Code.ShouldBe(ProviderStatus.Internal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_order_of_a_replacement_is_told_even_without_a_change(bool deleteFirst)
    {
        _provider.OnDiff = _ => new DiffResult([], deleteFirst);

        var diff = await _client.DiffConfig(new Wire.DiffRequest { Urn = Urn });

        (diff.Changes, diff.DeleteBeforeReplace, diff.HasDetailedDiff)
            .ShouldBe((Wire.DiffResponse.Types.DiffChanges.DiffNone, deleteFirst, true));
    }

    [Fact]
    public async Task A_read_for_an_import_has_no_maps_whether_they_are_absent_or_empty()
    {
        await _client.Read(new Wire.ReadRequest { Id = "i", Urn = Urn });
        await _client.Read(new Wire.ReadRequest { Id = "i", Urn = Urn, Properties = new Struct(), Inputs = new Struct() });

        _provider.Requests.OfType<ReadRequest>().ShouldAllBe(request => request.Properties == null && request.Inputs == null);
    }

    [Fact]
    public async Task A_gone_resource_has_no_id_no_properties_and_no_inputs()
    {
        _provider.OnRead = _ => null;

        var reply = await _client.Read(new Wire.ReadRequest { Id = "i", Urn = Urn });

        (reply.Id, reply.Properties, reply.Inputs).ShouldBe(("", null, null));
    }

    [Fact]
    public async Task An_existing_resource_always_has_maps()
    {
        var reply = await _client.Read(new Wire.ReadRequest { Id = "i", Urn = Urn });
        var update = await _client.Update(new Wire.UpdateRequest { Id = "i", Urn = Urn });
        var check = await _client.CheckConfig(new Wire.CheckRequest { Urn = Urn });

        new[] { reply.Properties, reply.Inputs, update.Properties, check.Inputs }.ShouldAllBe(map => map != null);
    }

    [Theory]
    [InlineData("FF")] // no tag
    [InlineData("1A 05 0A")] // a struct that ends too early
    [InlineData("08 FF FF FF FF FF FF FF FF FF FF FF FF")] // an endless number
    public async Task A_malformed_request_is_an_invalid_argument(string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        var error = await Fails(() => _client.Dispatcher.CallAsync("Check", bytes, CancellationToken.None).AsTask());

        error.Code.ShouldBe(ProviderStatus.InvalidArgument);
        error.Message.ShouldContain("CheckRequest");
    }

    [Fact]
    public async Task A_thousand_nested_objects_pass_through_a_small_stack()
    {
        var reply = await OnSmallStack(
            () => _client.Dispatcher.CallAsync("Check", Nested(1000, inList: false), CancellationToken.None).AsTask());

        reply.CalculateSize().ShouldBeGreaterThan(5000);
    }

    [Theory]
    [InlineData(1100, false)]
    [InlineData(1100, true)]
    [InlineData(3000, false)]
    [InlineData(3000, true)]
    [InlineData(200_000, false)]
    [InlineData(200_000, true)]
    public async Task What_is_nested_deeper_is_refused(int depth, bool inList)
    {
        var error = await Fails(
            () => OnSmallStack(() => _client.Dispatcher.CallAsync("Check", Nested(depth, inList), CancellationToken.None).AsTask()));

        error.Code.ShouldBe(ProviderStatus.InvalidArgument);
        error.Message.ShouldContain("nested more than 1024 levels deep");
        error.Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task A_refusal_of_the_provider_keeps_its_code_and_text()
    {
        _provider.OnCreate = (_, _) => throw new ProviderException(ProviderStatus.FailedPrecondition, "Not now.");

        var error = await Fails(() => _client.Create(new Wire.CreateRequest { Urn = Urn }));

        (error.Code, error.Message).ShouldBe((ProviderStatus.FailedPrecondition, "Not now."));
        error.Status.Details.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_partial_failure_keeps_what_exists()
    {
        _provider.OnCreate = (_, _) => throw new PartialFailureException(
            "the-id", new PropertyMap { ["o"] = new SecretValue("v") }, new PropertyMap { ["i"] = 1 }, ["first reason", "second reason"]);

        var error = await Fails(() => _client.Create(new Wire.CreateRequest { Urn = Urn }));

        error.Code.ShouldBe(ProviderStatus.Unknown);
        error.Message.ShouldBe("first reason\nsecond reason");
        error.Status.Details.Single().TypeUrl.ShouldBe("type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
        var detail = error.Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull();
        detail.Id.ShouldBe("the-id");
        detail.Reasons.ShouldBe(["first reason", "second reason"]);
        ValueCodec.Decode(detail.Properties)["o"].ShouldBe(new SecretValue("v"));
        ValueCodec.Decode(detail.Inputs)["i"].ShouldBe(new NumberValue(1));
    }

    [Fact]
    public async Task An_unforeseen_error_blames_the_plugin_and_quotes_nothing()
    {
        _provider.OnCreate = (_, _) => throw new InvalidOperationException("the key is sk-12345");

        var error = await Fails(() => _client.Create(new Wire.CreateRequest { Urn = Urn }));

        error.Code.ShouldBe(ProviderStatus.Internal);
        error.Message.ShouldStartWith(
            "Create failed with an unforeseen InvalidOperationException. This is a fault of the plugin aliyun-live ");
        error.Message.ShouldContain("Please report it");
        error.Message.ShouldNotContain("sk-12345");
        error.Message.ShouldNotContain(" at ");
    }

    [Fact]
    public async Task Cancel_ends_what_is_in_flight_and_nothing_later()
    {
        var waiting = new TaskCompletionSource();
        _provider.OnCreate = async (_, cancellation) =>
        {
            waiting.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("unreachable");
        };
        var create = _client.Create(new Wire.CreateRequest { Urn = Urn });
        await waiting.Task;

        await _client.Cancel();

        (await Fails(() => create)).Code.ShouldBe(ProviderStatus.Cancelled);
        _provider.OnCreate = (_, cancellation) =>
            ValueTask.FromResult(new CreateResult(cancellation.IsCancellationRequested ? "cancelled" : "fine", []));
        (await _client.Create(new Wire.CreateRequest { Urn = Urn })).Id.ShouldBe("fine");
    }

    [Fact]
    public async Task An_object_made_before_a_cancel_is_still_reported()
    {
        var waiting = new TaskCompletionSource();
        _provider.OnCreate = async (_, cancellation) =>
        {
            waiting.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            throw new PartialFailureException("the-id", [], [], ["cancelled while waiting"]);
        };
        var create = _client.Create(new Wire.CreateRequest { Urn = Urn });
        await waiting.Task;

        await _client.Cancel();

        (await Fails(() => create)).Detail<Wire.ErrorResourceInitFailed>().ShouldNotBeNull().Id.ShouldBe("the-id");
    }

    [Theory]
    [InlineData(0, 0, "", "a,b,c,d,e", null)]
    [InlineData(3, 0, "", "a,b,c", null)]
    [InlineData(0, 2, "", "a,b", "2")]
    [InlineData(0, 2, "2", "c,d", "4")]
    [InlineData(0, 2, "4", "e", null)]
    [InlineData(0, 5, "", "a,b,c,d,e", null)]
    [InlineData(2, 2, "2", "c,d", null)]
    [InlineData(1, 2, "4", "e", null)]
    [InlineData(-1, -1, "", "a,b,c,d,e", null)]
    public async Task List_gives_its_results_in_pages(long limit, long pageSize, string token, string expected, string? next)
    {
        _provider.OnList = _ => "abcde".Select(letter => new ListItem(letter.ToString(), $"name-{letter}"));

        var replies = await _client.List(
            new Wire.ListRequest { Token = "t", Limit = limit, PageSize = pageSize, ContinuationToken = token });

        string.Join(',', replies.Where(reply => reply.Result is not null).Select(reply => reply.Result.Id)).ShouldBe(expected);
        replies.Select(reply => reply.Continuation?.ContinuationToken).LastOrDefault(found => found is not null).ShouldBe(next);
        replies.First().Result.Name.ShouldBe($"name-{expected[0]}");
    }

    [Fact]
    public async Task List_fails_as_every_call_does()
    {
        _provider.OnList = _ => throw new ProviderException(ProviderStatus.NotFound, "No such type.");
        (await Fails(() => _client.List(new Wire.ListRequest()))).Code.ShouldBe(ProviderStatus.NotFound);
        (await Fails(() => _client.List(new Wire.ListRequest { ContinuationToken = "x" }))).Code.ShouldBe(ProviderStatus.InvalidArgument);
    }

    [Fact]
    public async Task Attach_wants_an_address()
    {
        await _client.Call("Attach", new Wire.PluginAttach { Address = "127.0.0.1:1" }, Empty.Parser);

        var error = await Fails(() => _client.Call("Attach", new Wire.PluginAttach { Address = "nowhere" }, Empty.Parser));
        error.Code.ShouldBe(ProviderStatus.InvalidArgument);
        error.Message.ShouldContain("'nowhere'");
    }

    static Task<RpcException> Fails(Func<Task> call) => Should.ThrowAsync<RpcException>(call);

    /// <summary>A check request whose news are nested so deep, written from the inside out without any recursion.</summary>
    static byte[] Nested(int depth, bool inList)
    {
        // Each level is put in front of what was written before it, so the bytes are collected backwards.
        List<byte> backwards = [];
        Prepend(0x1A, [(byte)'x']);
        for (var level = 0; level < depth; level++)
        {
            if (inList)
            {
                Wrap(0x0A); // ListValue.values
                Wrap(0x32); // Value.list_value
            }
            else
            {
                Entry();
                Wrap(0x2A); // Value.struct_value
            }
        }

        Entry();
        Wrap(0x1A); // CheckRequest.news
        Prepend(0x32, [(byte)'n']);
        Prepend(0x3A, [(byte)'t']);
        backwards.Reverse();
        return [.. backwards];

        void Entry()
        {
            Wrap(0x12); // the entry's value
            Prepend(0x0A, [(byte)'k']);
            Wrap(0x0A); // Struct.fields
        }

        void Prepend(byte tag, byte[] content)
        {
            backwards.AddRange(content.Reverse());
            Length(content.Length);
            backwards.Add(tag);
        }

        void Wrap(byte tag)
        {
            Length(backwards.Count);
            backwards.Add(tag);
        }

        void Length(int value)
        {
            List<byte> varint = [];
            for (; value >= 0x80; value >>= 7)
                varint.Add((byte)(value | 0x80));
            varint.Add((byte)value);
            varint.Reverse();
            backwards.AddRange(varint);
        }
    }

    /// <summary>Runs a call on a stack as small as the smallest that threads of a supported system have.</summary>
    static async Task<IMessage> OnSmallStack(Func<Task<IMessage>> call)
    {
        var done = new TaskCompletionSource<Task<IMessage>>();
        var thread = new Thread(
            () =>
            {
                var task = call();
                task.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
                done.SetResult(task);
            },
            maxStackSize: 1024 * 1024);
        thread.Start();
        return await await done.Task;
    }
}
