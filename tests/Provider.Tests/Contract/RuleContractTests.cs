using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Model;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>Every rule is documented where it applies, can fire, and lets right inputs pass.</summary>
public sealed class RuleContractTests
{
    /// <summary>A rule and inputs that break it, and it alone where that is possible.</summary>
    sealed record Violation(string Rule, params PropertyMap[] Inputs);

    static readonly string s_longAddress = $"{new string('a', 2000)}";

    static readonly IReadOnlyList<Violation> s_relay =
    [
        new("region-form", Programs.Relay().With(("region", "")), Programs.Relay().With(("region", "CN Shanghai"))),
        new("taskName-not-empty", Programs.Relay().With(("taskName", "")), Programs.Relay().With(("taskName", " "))),
        new(
            "dstUrl-address", Programs.Relay().With(("dstUrl", "push.example.com/live")), Programs.Relay().With(("dstUrl", "rtmp://")),
            Programs.Relay().With(("dstUrl", "https://push.example.com/a")),
            Programs.Relay().With(("dstUrl", "rtmp://push.example.com/a b")), Programs.Relay().With(("dstUrl", "")),
            Programs.Relay().With(("dstUrl", $"rtmp://push.example.com/{s_longAddress}"))),
        new(
            "sourceUrls-by-sourceType", Programs.Relay().With(("sourceUrls", PropertyValue.Of())),
            Programs.Relay().With(("sourceUrls", PropertyValue.Of("rtmp://a.example.com/a", "rtmp://a.example.com/b"))),
            Programs.Relay().With(("sourceUrls", PropertyValue.Of("a.example.com"))),
            Programs.Playlist().With(("sourceUrls", PropertyValue.Of())),
            Programs.Playlist().With(("sourceUrls", Many(31, "https://v.example.com/a.mp4"))),
            Programs.Playlist().With(("sourceUrls", PropertyValue.Of("rtmp://a.example.com/a"))),
            Programs.Playlist().With(("sourceType", "vod")),
            Programs.Playlist().With(("sourceType", "vod"), ("sourceUrls", Many(31, "media"))),
            Programs.Playlist().With(("sourceType", "vod"), ("sourceUrls", PropertyValue.Of("media", " ")))),
        new("sourceProtocol-with-live", Programs.Playlist().With(("sourceProtocol", "rtmp")),
            Programs.Playlist().With(("sourceType", "vod"), ("sourceUrls", PropertyValue.Of("media")), ("sourceProtocol", "hls"))),
        new("repeatNumber-for-files", Programs.Relay().With(("repeatNumber", 1)), Programs.Relay().With(("repeatNumber", -1))),
        new("offset-for-files", Programs.Relay().With(("offset", 1))),
        new("fileIndex-for-files", Programs.Relay().With(("fileIndex", 1))),
        new("repeatNumber-range", Programs.Playlist().With(("repeatNumber", -2)), Programs.Playlist().With(("repeatNumber", 2147483648.0))),
        new("offset-range", Programs.Playlist().With(("offset", -1)), Programs.Playlist().With(("offset", 2147483648.0))),
        new("fileIndex-range", Programs.Playlist().With(("fileIndex", -1)), Programs.Playlist().With(("fileIndex", 3))),
        new("retryCount-range", Programs.Relay().With(("retryCount", -1))),
        new("retryInterval-range", Programs.Relay().With(("retryInterval", 59)), Programs.Relay().With(("retryInterval", 301))),
        new(
            "callbackUrl-address", Programs.Relay().With(("callbackUrl", "rtmp://hooks.example.com")),
            Programs.Relay().With(("callbackUrl", "hooks.example.com")),
            Programs.Relay().With(("callbackUrl", $"https://hooks.example.com/{s_longAddress}"))),
        new("endTime-after-startTime", Programs.Relay().With(("startTime", Programs.Relay()["endTime"])),
            Programs.Relay().With(("startTime", "2030-01-01T00:00:00Z"))),
        new("endTime-in-future", Programs.Relay().With(("endTime", Times.ToText(TestClock.Start))),
            Programs.Relay().With(("endTime", "2020-01-01T00:00:00Z"))),
    ];

    static readonly IReadOnlyList<Violation> s_monitor =
    [
        new("monitorName-not-empty", Programs.Monitor().With(("monitorName", "")), Programs.Monitor().With(("monitorName", "\t"))),
        new("domain-form", Programs.Monitor().With(("domain", "")), Programs.Monitor().With(("domain", "https://monitor.example.com")),
            Programs.Monitor().With(("domain", "monitor.example.com:80"))),
        new(
            "inputList-elements", Programs.Monitor().With(("inputList", PropertyValue.Of())), Input(("inputUrl", "")),
            Input(("inputUrl", "rtmp://a.example.com/a b")), Input(("inputUrl", "ftp://a.example.com/a")),
            Input(("layoutId", 0)), Twice, Layout("positionNormalized", PropertyValue.Of(0, 1.1)),
            Layout("positionNormalized", PropertyValue.Of(-0.1, 1)),
            Layout("sizeNormalized", PropertyValue.Of(1)), Layout("sizeNormalized", PropertyValue.Of(1, 1, 1)),
            Layout("sizeNormalized", PropertyValue.Of()),
            Volume(-0.01), Volume(1.01), Volume(0.005)),
        new("app-form", Programs.Monitor().With(("app", "")), Programs.Monitor().With(("app", "a/b")),
            Programs.Monitor().With(("app", "a b"))),
        new("stream-form", Programs.Monitor().With(("stream", "")), Programs.Monitor().With(("stream", "a?b")),
            Programs.Monitor().With(("stream", "a#b"))),
        new(
            "monitorConfig-range",
            [.. LiveProvider.Schema.Resources[MonitorSession.Token].Inputs.Properties["monitorConfig"].Type is ObjectType thresholds
                ? thresholds.Schema.Properties.Keys.Select(name =>
                    Programs.Monitor().With(("monitorConfig", new PropertyMap { [name] = -0.1 }))) : []]),
        new("callbackUrl-address", Programs.Monitor().With(("callbackUrl", "rtmp://hooks.example.com")),
            Programs.Monitor().With(("callbackUrl", ""))),
        new("dingTalkWebHookUrl-address",
            Programs.Monitor().With(("dingTalkWebHookUrl", "oapi.dingtalk.com/robot/send?access_token=DINGKEY"))),
    ];

    static readonly IReadOnlyList<Violation> s_config =
    [
        new("accessKey-with-secretKey", new PropertyMap { ["accessKey"] = "AK" }, new PropertyMap { ["secretKey"] = "SK" }),
        new("endpoint-address", new PropertyMap { ["endpoint"] = "http://live.aliyuncs.com" },
            new PropertyMap { ["endpoint"] = "https://live.aliyuncs.com/path" }),
        new(
            "assumeRole-role", Role(("roleArn", "live")), Role(("sessionName", "a")), Role(("sessionName", new string('a', 65))),
            Role(("sessionName", "a b")), Role(("sessionExpiration", 899)),
            Role(("externalId", "x")), Role(("externalId", new string('x', 1225)))),
        new(
            "assumeRoleWithOidc-role", Oidc(("roleArn", "live")), Oidc(("oidcProviderArn", "k8s")), Oidc(("roleSessionName", "a")),
            Oidc(("sessionExpiration", 899)), Oidc(("oidcToken", "a.b.c"), ("oidcTokenFile", "/var/run/token"))),
        new("credentialsUri-address", new PropertyMap { ["credentialsUri"] = "127.0.0.1/keys" },
            new PropertyMap { ["credentialsUri"] = "ftp://127.0.0.1/keys" }),
        new("allowedAccountIds-form", new PropertyMap { ["allowedAccountIds"] = PropertyValue.Of("1234567890123456", "prod") },
            new PropertyMap { ["allowedAccountIds"] = PropertyValue.Of("") }),
        new("maxRetryTimeout-range", new PropertyMap { ["maxRetryTimeout"] = -1 }, new PropertyMap { ["maxRetryTimeout"] = 86_401 }),
        new("clientConnectTimeout-range", new PropertyMap { ["clientConnectTimeout"] = 99 },
            new PropertyMap { ["clientConnectTimeout"] = 300_001 }),
        new("clientReadTimeout-range", new PropertyMap { ["clientReadTimeout"] = 99 }, new PropertyMap { ["clientReadTimeout"] = 600_001 }),
    ];

    /// <summary>The rules of a token with their violations, and right inputs that break none.</summary>
    static (IReadOnlyList<Rule> Rules, ObjectSchema Schema, IReadOnlyList<Violation> Violations, PropertyMap[] Right) Of(string owner) =>
        owner switch
        {
            RelayTask.Token => (RelayTaskRules.All, LiveProvider.Schema.Resources[owner].Inputs,
                s_relay, [Programs.Relay(), Programs.Playlist()]),
            MonitorSession.Token => (MonitorSessionRules.All, LiveProvider.Schema.Resources[owner].Inputs, s_monitor, [Programs.Monitor()]),
            _ => (ProviderConfig.Rules, LiveProvider.Schema.Config,
                s_config, [PropertyMap.Empty, Role(), new() { ["endpoint"] = "" }, new() { ["endpoint"] = "live.aliyuncs.com" },
            new() { ["accessKey"] = "AK", ["secretKey"] = "SK" }, Oidc(("oidcToken", "a.b.c")),
            new() { ["maxRetryTimeout"] = 0, ["allowedAccountIds"] = PropertyValue.Of("1") }]),
        };

    public static TheoryData<string> Owners() => [.. LiveProvider.Registry.Value.Keys, "config"];

    [Theory]
    [MemberData(nameof(Owners))]
    public void Rules_have_ids_of_their_own_and_name_existing_properties(string owner)
    {
        var (rules, schema, _, _) = Of(owner);
        rules.Select(rule => rule.Id).ShouldBeUnique();
        foreach (var rule in rules)
        {
            rule.Properties.ShouldNotBeEmpty(rule.Id);
            foreach (var name in rule.Properties) schema.Find(name).ShouldNotBeNull($"{rule.Id}: {name}");
        }
    }

    [Theory]
    [MemberData(nameof(Owners))]
    public void The_bound_of_a_rule_is_told_in_the_description_of_its_property(string owner)
    {
        var (rules, schema, _, _) = Of(owner);
        foreach (var rule in rules.Where(rule => rule.Bound is not null))
        {
            schema.Find(rule.Properties[0])!.Description.ShouldContain(rule.Bound!, Case.Sensitive, rule.Id);
        }
    }

    [Theory]
    [MemberData(nameof(Owners))]
    public void Every_rule_can_fire_and_right_inputs_break_none(string owner)
    {
        var (rules, schema, violations, right) = Of(owner);
        violations.Select(violation => violation.Rule).Order(StringComparer.Ordinal)
            .ShouldBe(rules.Select(rule => rule.Id).Order(StringComparer.Ordinal));
        foreach (var rule in rules)
        {
            foreach (var inputs in right) Apply(rule, schema, inputs).ShouldBeEmpty($"{rule.Id} on right inputs");
            var violation = violations.Single(candidate => candidate.Rule == rule.Id);
            violation.Inputs.ShouldNotBeEmpty(rule.Id);
            foreach (var inputs in violation.Inputs)
            {
                var found = Apply(rule, schema, inputs);
                found.ShouldNotBeEmpty($"{rule.Id} on {TestSchema.Show(inputs)}");
                found.ShouldAllBe(text =>
                    rule.Properties.Any(name => text.StartsWith(name, StringComparison.Ordinal)),
                    $"{rule.Id} reports one of its properties");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Owners))]
    public async Task What_a_rule_finds_is_what_check_answers(string owner)
    {
        var (rules, schema, violations, right) = Of(owner);
        using var rig = new Rig(owner == "config" ? RelayTask.Token : owner);
        foreach (var inputs in right) (await CheckAsync(rig, owner, inputs)).ShouldBeEmpty(TestSchema.Show(inputs));
        foreach (var violation in violations)
        {
            foreach (var inputs in violation.Inputs)
            {
                var answered = await CheckAsync(rig, owner, inputs);
                answered.ShouldBe(Apply(rules.Single(rule => rule.Id == violation.Rule), schema, inputs), ignoreOrder: true,
                    $"{violation.Rule} on {TestSchema.Show(inputs)}, and no other rule");
            }
        }
    }

    /// <summary>The values next to each limit: what is let through.</summary>
    public static TheoryData<string, string, double> Limits() => new()
    {
        { RelayTask.Token, "retryInterval", 60 },
        { RelayTask.Token, "retryInterval", 300 },
        { RelayTask.Token, "retryCount", 0 },
        { RelayTask.Token, "repeatNumber", -1 },
        { RelayTask.Token, "repeatNumber", int.MaxValue },
        { RelayTask.Token, "offset", 0 },
        { RelayTask.Token, "fileIndex", 0 },
        { RelayTask.Token, "fileIndex", 2 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_limit_itself_is_let_through(string token, string property, double value)
    {
        using var rig = new Rig(token);
        (await CheckAsync(rig, token, Programs.Playlist().With((property, value)))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Thirty_files_and_an_address_of_the_greatest_length_are_let_through()
    {
        using var rig = new Rig(RelayTask.Token);
        var longest = "rtmp://push.example.com/";
        var program = Programs.Playlist().With(("sourceUrls", Many(30, "https://v.example.com/a.mp4")), ("dstUrl",
            longest + new string('a', 2000 - longest.Length)));
        (await CheckAsync(rig, RelayTask.Token, program)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_end_in_the_past_is_refused_only_where_it_is_new()
    {
        using var rig = new Rig(RelayTask.Token);
        var ended = Programs.Relay().With(("endTime", "2020-01-01T00:00:00Z"));
        (await rig.CheckRawAsync(ended,
            PropertyMap.Empty)).Failures.ShouldHaveSingleItem().Reason.ShouldStartWith("endTime: must lie in the future");
        (await rig.CheckRawAsync(ended, Programs.Relay())).Failures.ShouldHaveSingleItem();
        (await rig.CheckRawAsync(ended, ended)).Failures.ShouldBeEmpty();
        (await rig.CheckRawAsync(ended.With(("endTime", "2020-01-01T08:00:00.4+08:00")), ended)).Failures.ShouldBeEmpty();
    }

    /// <summary>What one rule finds, each with the path in front.</summary>
    static IReadOnlyList<string> Apply(Rule rule, ObjectSchema schema, PropertyMap inputs)
    {
        var failures = new CheckFailures(schema, inputs);
        var complete = SchemaCheck.WithDefaults(schema, SchemaCheck.Normalise(schema, inputs, new CheckFailures(schema, inputs)));
        if (complete["inputList"] is { } list)
        {
            // Check numbers the inputs by their position before the rules look at them.
            complete["inputList"] = PropertyValue.Of(list.Elements.Select((input, index) =>
                (PropertyValue)new PropertyMap(input.Members) { ["layoutId"] = input.Members["layoutId"] ?? index + 1 }));
        }

        rule.Apply(new(complete, PropertyMap.Empty, failures, TestClock.Start));
        return [.. failures.ToList().Select(failure => Told(failure.Property, failure.Reason))];
    }

    static async Task<IReadOnlyList<string>> CheckAsync(Rig rig, string owner, PropertyMap inputs)
    {
        var reply = owner == "config"
            ? await rig.Rpc.CheckConfig(new Wire.CheckRequest
            {
                Urn = "urn:pulumi:dev::demo::pulumi:providers:aliyun-live::default",
                News = PulumiAliyunLive.Protocol.ValueCodec.Encode(inputs)
            })
            : await rig.CheckRawAsync(inputs, PropertyMap.Empty);
        return [.. reply.Failures.Select(failure => Told(failure.Property, failure.Reason))];
    }

    static PropertyMap Oidc(params (string Name, PropertyValue Value)[] members)
    {
        var role = new PropertyMap();
        foreach (var (name, value) in members) role[name] = value;
        return new PropertyMap { ["assumeRoleWithOidc"] = role };
    }

    static string Told(string property, string reason) => property.Length == 0 ? reason : $"{property}: {reason}";

    static PropertyValue Many(int count, string text) => PropertyValue.Of(Enumerable.Repeat((PropertyValue)text, count));

    static PropertyMap Input(params (string Name, PropertyValue? Value)[] changes)
    {
        var inputs = Programs.Monitor()["inputList"]!.Elements;
        return Programs.Monitor().With(("inputList", PropertyValue.Of(inputs[0].Members.With(changes), inputs[1].Members)));
    }

    /// <summary>Two inputs that state one place.</summary>
    static PropertyMap Twice => Programs.Monitor().With(("inputList",
        PropertyValue.Of(Programs.Monitor()["inputList"]!.Elements.Select(input => (PropertyValue)input.Members.With(("layoutId", 2))))));

    static PropertyMap Layout(string name, PropertyValue value) => Input(("layoutConfig", new PropertyMap { [name] = value }));

    static PropertyMap Volume(double value) => Input(("playConfig", new PropertyMap { ["volumeRate"] = value }));

    static PropertyMap Role(params (string Name, PropertyValue? Value)[] changes) =>
        new()
        {
            ["assumeRole"] = new PropertyMap
            {
                ["roleArn"] = "acs:ram::1:role/live", ["sessionName"] = "ab",
                ["sessionExpiration"] = 900
            }.With(changes)
        };
}
