using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Bad input is told whole and with paths before anything is called; values that are not known yet pass.</summary>
public sealed class MonitorSessionCheckTests
{
    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once_without_a_call()
    {
        using var rig = new Rig(MonitorSession.Token);
        var failures = await FailuresAsync(rig, new PropertyMap
        {
            ["monitorName"] = " ",
            ["domain"] = "rtmp://monitor.example.com/live",
            ["outputTemplate"] = "lp_4k",
            ["app"] = "a/b",
            ["stream"] = "x?auth_key=BADKEY",
            ["callbackUrl"] = "ftp://hooks.example.com?token=BADKEY",
            ["dingTalkWebHookUrl"] = "BADKEY",
            ["desiredStatus"] = "Paused",
            ["monitorConfig"] = new PropertyMap { ["fpsLowThres"] = -1, ["brMidThres"] = 2 },
            ["inputList"] = PropertyValue.Of(
                new PropertyMap { ["inputUrl"] = "ftp://pull.example.com?auth_key=BADKEY", ["layoutId"] = 0, ["playConfig"] = new PropertyMap { ["volumeRate"] = 0.505 } },
                new PropertyMap { ["layoutId"] = 2, ["layoutConfig"] = new PropertyMap { ["positionRefer"] = "middle", ["positionNormalized"] = PropertyValue.Of(0.5), ["sizeNormalized"] = PropertyValue.Of(0.5, 1.5) } },
                new PropertyMap { ["inputUrl"] = "rtmp://pull.example.com/live/c d", ["layoutId"] = 2, ["url"] = "x", ["playConfig"] = new PropertyMap { ["volumeRate"] = 2 } },
                new PropertyMap { ["inputUrl"] = "", ["index"] = "one" }),
        });
        string[] paths =
        [
            "monitorName", "domain", "outputTemplate", "app", "stream", "callbackUrl", "dingTalkWebHookUrl", "desiredStatus", "monitorConfig.fpsLowThres",
            "inputList[0].inputUrl", "inputList[0].layoutId", "inputList[0].playConfig.volumeRate",
            "inputList[1].inputUrl", "inputList[1].layoutConfig.positionRefer", "inputList[1].layoutConfig.positionNormalized", "inputList[1].layoutConfig.sizeNormalized[1]",
            "inputList[2].inputUrl", "inputList[2].layoutId", "inputList[2].playConfig.volumeRate", "inputList[3].inputUrl", "inputList[3].index",
        ];
        foreach (var path in paths) failures.ShouldContain(failure => failure.StartsWith($"{path}: ", StringComparison.Ordinal), path);
        failures.ShouldContain(failure => failure.Contains("brMidThres", StringComparison.Ordinal));
        failures.ShouldContain(failure => failure.StartsWith("inputList[2]: ", StringComparison.Ordinal) && failure.Contains("`url`", StringComparison.Ordinal));
        failures.Count.ShouldBe(paths.Length + 2);
        rig.Service.Calls.ShouldBeEmpty();
        Secrets.ShouldNotLeak(rig);
    }

    [Fact]
    public async Task What_must_be_stated_is_named()
    {
        using var rig = new Rig(MonitorSession.Token);
        var failures = await FailuresAsync(rig, PropertyMap.Empty);
        foreach (var name in (string[])["domain", "outputTemplate", "inputList"]) failures.ShouldContain(failure => failure.StartsWith($"{name}: ", StringComparison.Ordinal) || failure.Contains($"`{name}`", StringComparison.Ordinal), name);
        failures.Count.ShouldBe(3);
        (await FailuresAsync(rig, Programs.Monitor().With(("inputList", new ArrayValue([]))))).ShouldHaveSingleItem().ShouldStartWith("inputList: ");
    }

    [Fact]
    public async Task Inputs_without_numbers_are_numbered_by_position()
    {
        using var rig = new Rig(MonitorSession.Token);
        PropertyMap Input(int? place = null) => place is { } id ? new() { ["inputUrl"] = "pull.example.com", ["layoutId"] = id } : new() { ["inputUrl"] = "pull.example.com" };
        double[] Places(PropertyMap inputs) => [.. inputs["inputList"]!.Elements.Select(input => input.Members["layoutId"]!.Number!.Value)];

        Places(await rig.CheckAsync(Programs.Monitor().With(("inputList", PropertyValue.Of(Input(), Input(), Input()))), PropertyMap.Empty)).ShouldBe([1, 2, 3]);
        Places(await rig.CheckAsync(Programs.Monitor().With(("inputList", PropertyValue.Of(Input(7), Input(), Input(1), Input()))), PropertyMap.Empty)).ShouldBe([7, 2, 1, 4]);
        var secret = PropertyValue.Of(Input(), ((PropertyValue)Input()).AsSecret()).AsSecret();
        var kept = (await rig.CheckAsync(Programs.Monitor().With(("inputList", secret)), PropertyMap.Empty))["inputList"]!;
        kept.IsSecret.ShouldBeTrue();
        kept.Elements[1].IsSecret.ShouldBeTrue();
    }

    public static TheoryData<string> UnknownPlaces() =>
    [
        "inputList", "inputList[0]", "inputList[1].inputUrl", "inputList[1].index", "inputList[1].layoutId", "inputList[0].streamName", "inputList[0].layoutConfig",
        "inputList[0].layoutConfig.positionNormalized", "inputList[0].layoutConfig.positionNormalized[1]", "inputList[0].layoutConfig.positionRefer", "inputList[0].playConfig",
        "inputList[0].playConfig.volumeRate", "monitorConfig", "monitorConfig.fpsLowThres", "monitorName", "domain", "outputTemplate", "app", "stream", "callbackUrl",
        "dingTalkWebHookUrl", "desiredStatus",
    ];

    [Theory]
    [MemberData(nameof(UnknownPlaces))]
    public async Task A_value_that_is_not_known_yet_passes_through_previews(string place)
    {
        foreach (var unknown in (PropertyValue[])[PropertyValue.Unknown, PropertyValue.Unknown.AsSecret()])
        {
            using var rig = new Rig(MonitorSession.Token);
            var program = Programs.Monitor();
            var open = Replaced(program, place, unknown).Members;
            (await rig.PreviewAsync(open)).ShouldBe(Step.Create);
            rig.Service.Calls.ShouldBeEmpty("a preview calls nothing");

            await rig.UpAsync(program);
            rig.TakeChanges();
            (await rig.PreviewAsync(open)).ShouldBe(Step.Update);
            var news = await rig.CheckAsync(open, rig.State!.Inputs);
            news.ContainsUnknown.ShouldBeTrue();
            (await rig.DiffAsync(news)).DetailedDiff.Keys.ShouldAllBe(path => path.StartsWith(place, StringComparison.Ordinal));
            rig.Service.Calls.ShouldBeEmpty();
            Secrets.ShouldNotLeak(rig);
        }
    }

    [Fact]
    public async Task A_bad_value_stops_an_up_before_anything_is_called()
    {
        using var rig = new Rig(MonitorSession.Token);
        await rig.UpAsync(Programs.Monitor());
        rig.Service.ClearCalls();
        await Should.ThrowAsync<CheckFailedException>(() => rig.UpAsync(Programs.Monitor().With(("domain", "a b"))));
        rig.Service.Calls.ShouldBeEmpty();
    }

    static async Task<IReadOnlyList<string>> FailuresAsync(Rig rig, PropertyMap program)
    {
        var reply = await rig.CheckRawAsync(program, PropertyMap.Empty);
        return [.. reply.Failures.Select(failure => failure.Property.Length > 0 ? $"{failure.Property}: {failure.Reason}" : failure.Reason)];
    }

    /// <summary>The value with another one in one place.</summary>
    static PropertyValue Replaced(PropertyValue value, string text, PropertyValue with)
    {
        if (text.Length == 0) return with;
        if (text[0] == '[')
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            var index = int.Parse(text[1..end], System.Globalization.CultureInfo.InvariantCulture);
            return PropertyValue.Of(value.Elements.Select((item, at) => at == index ? Replaced(item, text[(end + 1)..].TrimStart('.'), with) : item));
        }

        var stop = text.IndexOfAny(['.', '[']);
        var name = stop < 0 ? text : text[..stop];
        var rest = stop < 0 ? "" : text[stop..].TrimStart('.');
        return value.Members.With((name, Replaced(value.Members[name] ?? PropertyValue.Null, rest, with)));
    }
}
