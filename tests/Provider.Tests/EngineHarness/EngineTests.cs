using EngineHarness;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.EngineHarness;

/// <summary>What the engine does that no recording shows.</summary>
public sealed class EngineTests
{
    const string Pair = """
        resources:
          a:
            type: aliyun-live:Thing
            properties: {home: here}
          b:
            type: aliyun-live:Thing
            properties: {near: "${a.thingId}"}
        """;

    readonly ThingStack _stack = new();

    [Fact]
    public async Task A_replacement_creates_first_updates_dependants_and_deletes_at_the_end()
    {
        const string Program = """
            resources:
              a:
                type: aliyun-live:Thing
                properties: {home: here}
              b:
                type: aliyun-live:Thing
                properties: {tags: ["${a.thingId}"]}
            """;
        await _stack.RunAsync(Program);

        var result = await _stack.RunAsync(Program.Replace("here", "there", StringComparison.Ordinal));

        result.Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Changes.ShouldBe(["Create a", "Update b", "Delete thing-1"]);
        result.Of("a").Select(step => step.Kind).ShouldBe([StepKind.CreateReplacement, StepKind.Replace, StepKind.DeleteReplaced]);
        result.Count(StepKind.Replace).ShouldBe(1);
    }

    [Fact]
    public async Task A_delete_first_replacement_takes_dependants_with_it_that_must_be_replaced()
    {
        var program = Pair.Replace("home: here", "home: here, pinned: true", StringComparison.Ordinal);
        await _stack.RunAsync(program);

        var result = await _stack.RunAsync(program.Replace("here", "there", StringComparison.Ordinal));

        result.Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Changes.ShouldBe(["Delete thing-2", "Delete thing-1", "Create a", "Create b"]);
        result.Of("b").Select(step => step.Kind).ShouldBe([StepKind.DeleteReplaced, StepKind.Replace, StepKind.CreateReplacement]);
    }

    [Fact]
    public async Task The_users_order_of_a_replacement_wins_over_the_plugins()
    {
        var program = Resource("a", "home: here, pinned: true", "deleteBeforeReplace: false");
        await _stack.RunAsync(program);

        await _stack.RunAsync(program.Replace("here", "there", StringComparison.Ordinal));

        _stack.Changes.ShouldBe(["Create a", "Delete thing-1"]);
    }

    [Fact]
    public async Task Dependants_are_deleted_before_what_they_depend_on()
    {
        await _stack.RunAsync("""
            resources:
              late:
                type: aliyun-live:Thing
                options: {dependsOn: ["${early}"]}
              early:
                type: aliyun-live:Thing
            """);
        _stack.Changes.ShouldBe(["Create early", "Create late"]);

        await _stack.RunAsync("resources: {}", engine => engine.DestroyAsync());

        _stack.Changes.ShouldBe(["Delete thing-2", "Delete thing-1"]);
        _stack.State.Resources.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_protected_resource_is_neither_deleted_nor_replaced()
    {
        var program = Resource("a", "home: here", "protect: true");
        await _stack.RunAsync(program);

        (await _stack.RunAsync(program.Replace("here", "there", StringComparison.Ordinal))).Succeeded.ShouldBeFalse();
        (await _stack.RunAsync("resources: {}")).Succeeded.ShouldBeFalse();
        (await _stack.RunAsync("resources: {}", engine => engine.DestroyAsync())).Succeeded.ShouldBeFalse();

        _stack.Things.Count.ShouldBe(1);
        _stack.Printed.ShouldContain("because it is protected");
    }

    [Fact]
    public async Task A_retained_resource_leaves_the_state_and_stays_alive()
    {
        await _stack.RunAsync(Resource("a", "size: 1", "retainOnDelete: true"));

        (await _stack.RunAsync("resources: {}")).Succeeded.ShouldBeTrue();

        _stack.Changes.ShouldBeEmpty();
        _stack.Things.Count.ShouldBe(1);
        _stack.Find("a").ShouldBeNull();
    }

    [Fact]
    public async Task An_alias_makes_a_rename_harmless()
    {
        await _stack.RunAsync(Resource("old", "size: 1"));

        var result = await _stack.RunAsync(Resource("new", "size: 1", "aliases: [old]"));

        result.NoChanges.ShouldBeTrue(_stack.Printed);
        _stack.Find("new")!.Id.Text.ShouldBe("thing-1");
        _stack.Find("old").ShouldBeNull();
    }

    [Fact]
    public async Task What_get_reads_is_used_and_never_deleted()
    {
        _stack.Things["made-elsewhere"] = new() { ["size"] = 7 };
        var result = await _stack.RunAsync("""
            resources:
              found:
                type: aliyun-live:Thing
                get: {id: made-elsewhere}
              follower:
                type: aliyun-live:Thing
                properties: {size: "${found.size}"}
            """);
        result.Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Things["thing-1"]["size"]!.Number.ShouldBe(7);

        await _stack.RunAsync("resources: {}", engine => engine.DestroyAsync());

        _stack.Things.Keys.ShouldBe(["made-elsewhere"]);
    }

    [Fact]
    public async Task Get_of_what_does_not_exist_fails_and_says_so()
    {
        var result = await _stack.RunAsync("resources:\n  found:\n    type: aliyun-live:Thing\n    get: {id: nowhere}");

        result.Succeeded.ShouldBeFalse();
        _stack.Printed.ShouldContain("resource 'nowhere' does not exist");
    }

    [Fact]
    public async Task The_import_option_takes_over_and_updates_what_may_differ()
    {
        _stack.Things["mine"] = new() { ["name"] = "mine", ["size"] = 1, ["home"] = "here" };

        var result = await _stack.RunAsync(Resource("a", "size: 2, home: here", "import: mine"));

        result.Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Changes.ShouldBe(["Update a"]);
        _stack.Find("a")!.Id.Text.ShouldBe("mine");
        (await _stack.RunAsync(Resource("a", "size: 2, home: here", "import: mine"))).NoChanges.ShouldBeTrue(_stack.Printed);
    }

    [Fact]
    public async Task The_import_option_refuses_what_would_be_a_replacement()
    {
        _stack.Things["mine"] = new() { ["name"] = "mine", ["home"] = "here" };

        var result = await _stack.RunAsync(Resource("a", "home: elsewhere", "import: mine"));

        result.Succeeded.ShouldBeFalse();
        _stack.Printed.ShouldContain("inputs to import do not match the existing resource");
        _stack.Find("a").ShouldBeNull();
    }

    [Fact]
    public async Task Ignored_changes_keep_the_old_input_at_any_depth()
    {
        var program = Resource("a", "size: 1, nest: {deep: [1, 2]}", "ignoreChanges: [\"nest.deep[1]\", size]");
        await _stack.RunAsync(program);

        var changed = program.Replace("[1, 2]", "[1, 3]", StringComparison.Ordinal).Replace("size: 1", "size: 5", StringComparison.Ordinal);
        var result = await _stack.RunAsync(changed);

        result.NoChanges.ShouldBeTrue(_stack.Printed);
        _stack.Find("a")!.Inputs["nest"]!.Members["deep"]!.Elements[1].Number.ShouldBe(2);
    }

    [Fact]
    public async Task A_wildcard_in_replaceOnChanges_turns_updates_into_replacements()
    {
        var program = Resource("a", "size: 1", "replaceOnChanges: [\"*\"]").Replace("\"*\"", "\"[*]\"", StringComparison.Ordinal);
        await _stack.RunAsync(program);

        var result = await _stack.RunAsync(program.Replace("size: 1", "size: 2", StringComparison.Ordinal));

        result.Count(StepKind.Replace).ShouldBe(1, _stack.Printed);
    }

    [Fact]
    public async Task A_creation_that_fails_leaves_nothing_in_the_state_and_starts_nothing_after_it()
    {
        _stack.Fail("Create a", new ProviderException(ProviderStatus.FailedPrecondition, "no room"));

        var result = await _stack.RunAsync(Pair);

        result.Succeeded.ShouldBeFalse();
        _stack.Printed.ShouldContain("error: no room");
        _stack.Changes.ShouldBe(["Create a"]);
        _stack.Find("a").ShouldBeNull();
        _stack.State.Pending.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_update_that_fails_halfway_keeps_the_old_inputs_and_is_finished_by_the_next_run()
    {
        await _stack.RunAsync(Resource("a", "size: 1"));
        var outputs = new PropertyMap { ["size"] = 2, ["state"] = "half" };
        _stack.Fail("Update a", new PartialFailureException("thing-1", outputs, PropertyMap.Empty, ["stuck"]));

        (await _stack.RunAsync(Resource("a", "size: 2"))).Succeeded.ShouldBeFalse();
        var half = _stack.Find("a")!;
        half.Inputs["size"]!.Number.ShouldBe(1);
        half.Outputs["state"]!.Text.ShouldBe("half");
        half.InitErrors.ShouldBe(["stuck"]);

        _stack.Before = (_, _) => Task.CompletedTask;
        (await _stack.RunAsync(Resource("a", "size: 2"))).Count(StepKind.Update).ShouldBe(1, _stack.Printed);
        _stack.Find("a")!.InitErrors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deletion_that_fails_keeps_the_resource()
    {
        await _stack.RunAsync(Resource("a", "size: 1"));
        _stack.Fail("Delete thing-1", new ProviderException(ProviderStatus.Unavailable, "later"));

        (await _stack.RunAsync("resources: {}")).Succeeded.ShouldBeFalse();

        _stack.Find("a").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_refresh_drops_what_is_gone_and_the_next_up_makes_it_anew()
    {
        await _stack.RunAsync(Pair);
        _stack.Things.Remove("thing-1");

        var refresh = await _stack.RunAsync(Pair, engine => engine.RefreshAsync());
        refresh.Count(StepKind.Delete).ShouldBe(1, _stack.Printed);
        _stack.Find("b")!.Dependencies.ShouldBeEmpty();

        await _stack.RunAsync(Pair);
        _stack.Find("a").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_refresh_shows_differences_from_the_side_of_the_state()
    {
        await _stack.RunAsync(Resource("a", "size: 1"));
        _stack.Things["thing-1"] = new(_stack.Things["thing-1"]) { ["home"] = "found" };

        var refresh = await _stack.RunAsync(Resource("a", "size: 1"), engine => engine.RefreshAsync());

        refresh.Of("a").Single().Changes.Single().ShouldBe(new("home", PathChange.Add, Replace: false));
    }

    [Fact]
    public async Task Outputs_are_secret_by_their_input_by_the_schema_and_by_option()
    {
        await _stack.RunAsync(
            Resource("a", "name: {\"fn::secret\": hush}, key: open, home: plain", "additionalSecretOutputs: [home]")
            + "outputs: {all: \"${a}\", name: \"${a.name}\", text: \"is ${a.key}\", size: \"${a.thingId}\"}");

        var outputs = _stack.Find("a")!.Outputs;
        new[] { "name", "key", "home" }.ShouldAllBe(name => outputs[name]!.IsSecret);
        outputs["thingId"]!.IsSecret.ShouldBeFalse();
        _stack.Printed.ShouldContain("text: [secret]");
        _stack.Printed.ShouldNotContain("hush");
    }

    [Fact]
    public async Task Warnings_appear_under_their_resource_and_among_the_diagnostics()
    {
        await _stack.RunAsync(Resource("a", "size: 1"));

        var result = await _stack.RunAsync(Resource("a", "size: 2"));

        result.Succeeded.ShouldBeTrue();
        _stack.Printed.ShouldContain(" ~  aliyun-live:index:Thing a update warning: this takes a moment");
        _stack.Printed.ShouldContain("Diagnostics:\n  aliyun-live:index:Thing (a):\n    warning: this takes a moment");
    }

    [Fact]
    public async Task Check_failures_stop_the_preview()
    {
        var result = await _stack.RunAsync(Resource("a", "size: -1"));

        result.Succeeded.ShouldBeFalse();
        _stack.Printed.ShouldContain(
            "error: aliyun-live:index:Thing resource 'a': property size value {-1} has a problem: must not be negative");
        _stack.State.Resources.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_interruption_cancels_the_call_in_flight_and_begins_nothing_more()
    {
        using var interrupt = new CancellationTokenSource();
        _stack.Options = new() { Interrupt = interrupt.Token };
        _stack.Before = async (call, cancellation) =>
        {
            if (call != "Create a")
                return;
            await interrupt.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellation); // ended by the plugin's Cancel
        };

        var result = await _stack.RunAsync(Pair);

        result.Succeeded.ShouldBeFalse();
        _stack.Changes.ShouldBe(["Create a"]);
    }

    [Fact]
    public async Task While_a_call_runs_the_saved_state_says_so()
    {
        IReadOnlyList<PendingOperation>? pending = null;
        _stack.Before = (call, _) =>
        {
            if (call == "Create a")
                pending = _stack.Saved[^1].Pending;
            return Task.CompletedTask;
        };

        await _stack.RunAsync(Resource("a", "size: 1"));

        pending.ShouldBe([new("urn:pulumi:dev::things::aliyun-live:index:Thing::a", "creating")]);
        _stack.Saved[^1].Pending.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_provider_whose_configuration_is_not_known_yet_is_not_configured_in_the_preview()
    {
        const string Program = """
            resources:
              a:
                type: aliyun-live:Thing
              second:
                type: pulumi:providers:aliyun-live
                properties: {region: "${a.thingId}"}
              b:
                type: aliyun-live:Thing
                options: {provider: "${second}"}
            """;
        await _stack.RunAsync(Program, engine => engine.PreviewAsync());
        _stack.Calls.ShouldBe(["Configure "]);

        (await _stack.RunAsync(Program)).Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Calls.Contains("Configure thing-1", StringComparer.Ordinal).ShouldBeTrue();
    }

    [Fact]
    public async Task A_provider_that_must_be_replaced_replaces_its_resources()
    {
        const string Program = """
            resources:
              east:
                type: pulumi:providers:aliyun-live
                properties: {region: one}
              a:
                type: aliyun-live:Thing
                options: {provider: "${east}"}
            """;
        await _stack.RunAsync(Program);

        var result = await _stack.RunAsync(Program.Replace("one", "two", StringComparison.Ordinal));

        result.Succeeded.ShouldBeTrue(_stack.Printed);
        _stack.Changes.ShouldBe(["Create a", "Delete thing-1"]);
        _stack.State.Resources.Count(resource => resource.IsProvider && resource.Name == "east").ShouldBe(1);
    }

    [Fact]
    public async Task A_function_gives_its_result_to_the_program()
    {
        var result = await _stack.RunAsync("""
            variables:
              said:
                fn::invoke:
                  function: aliyun-live:echo
                  arguments: {text: hello}
                  return: echo
            outputs: {said: "${said}"}
            """);

        result.Outputs["said"]!.Text.ShouldBe("hello");
    }

    static string Resource(string name, string properties, string options = "") =>
        $"resources:\n  {name}:\n    type: aliyun-live:Thing\n    properties: {{{properties}}}\n"
        + (options.Length > 0 ? $"    options: {{{options}}}\n" : "");
}
