using FsCheck;
using FsCheck.Fluent;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>Random programs without a fault: all source types, each optional input with and without, any of them secret.</summary>
static class RandomInputs
{
    /// <summary>Names as people give them; never only blanks.</summary>
    static readonly Gen<PropertyValue> s_name = Gen.Elements("a", "Ж", "直播", "😀", " ", "&", "=", "+", "%41", "\"", "'", "\\", "/", "<", "e\u0301", "#", "?", ",", "[", "{")
        .ArrayOf().Resize(12).Select(parts => (PropertyValue)$"n{string.Concat(parts)}");

    static readonly Gen<PropertyValue> s_dstUrl = Gen.Elements<PropertyValue>(
        Programs.Destination, "rtmp://push.example.com/live/plain", "rtmp://user:PUSHKEY@push.example.com:1935/live/b", "rtmp://push.example.com/live/直播?auth_key=PUSHKEY&x=%20+");

    static readonly Gen<PropertyValue> s_hook = Gen.Elements<PropertyValue>("https://hooks.example.com/relay", "http://hooks.example.com/relay?token=HOOKKEY", "https://me:HOOKKEY@hooks.example.com/");

    static readonly Gen<PropertyValue> s_streamUrl = Gen.Elements<PropertyValue>(
        Programs.Source, "rtmp://pull.example.com/live/plain", "srt://pull.example.com:1105?streamid=SOURCEKEY", "https://pull.example.com/live/a.flv?sign=SOURCEKEY", "https://pull.example.com/live/a.m3u8");

    static readonly Gen<PropertyValue> s_any = Gen.Elements<PropertyValue>("1", 1, true,
        new PropertyMap { ["digest"] = "sha256:1", ["tags"] = PropertyValue.Of("x") }, PropertyValue.Of(1, "2"));

    /// <summary>Relay tasks that start within five days of the tests' clock and end after that.</summary>
    public static Gen<PropertyMap> RelayTask =>
        from sourceType in Gen.Elements("live", "vod", "url")
        from sources in Sources(sourceType)
        from files in sourceType == "live" ? Gen.Constant(PropertyMap.Empty) : Files(sources.Elements.Length)
        from protocol in sourceType == "live" ? Optional(Protocol(sources.Elements[0].Text!)) : Gen.Constant<PropertyValue?>(null)
        from start in Optional(Gen.Choose(1, 5 * 24 * 60).Select(Minutes))
        from end in Gen.Choose(6 * 24 * 60, 60 * 24 * 60).Select(Minutes)
        from rest in Map(
            ("region", Optional(Gen.Elements<PropertyValue>("cn-shanghai", "cn-beijing", "ap-southeast-1", "ap-southeast-5"))),
            ("taskName", Optional(s_name)),
            ("dstUrl", Stated(s_dstUrl)),
            ("retryCount", Optional(Gen.Choose(0, 10).Select(Number))),
            ("retryInterval", Optional(Gen.Choose(60, 300).Select(Number))),
            ("callbackUrl", Optional(s_hook)),
            ("desiredStatus", Optional(Gen.Elements<PropertyValue>("Running", "Stopped"))),
            ("awaitRunning", Optional(Gen.Elements<PropertyValue>(true, false))),
            ("restartTriggers", Optional(s_any.ArrayOf().Resize(3).Select(items => PropertyValue.Of(items)))),
            ("onDelete", Optional(Gen.Elements<PropertyValue>("Delete", "Stop"))))
        from program in Secrets(new PropertyMap(Joined(rest, files))
        {
            ["sourceType"] = sourceType, ["sourceUrls"] = sources,
            ["endTime"] = end, ["startTime"] = start ?? PropertyValue.Null, ["sourceProtocol"] = protocol ?? PropertyValue.Null
        })
        select program;

    /// <summary>Monitor sessions of one to four inputs.</summary>
    public static Gen<PropertyMap> MonitorSession =>
        from count in Gen.Choose(1, 4)
        from inputs in Gen.CollectToArray(Enumerable.Range(1, count).Select(_ => Input))
        from numbered in Gen.Elements(true, false)
        from rest in Map(
            ("monitorName", Optional(s_name)),
            ("domain", Stated(Gen.Elements<PropertyValue>("monitor.example.com", "m-1.example.com"))),
            ("outputTemplate", Stated(Gen.Elements<PropertyValue>("lp_ld", "lp_sd", "lp_hd", "lp_ud"))),
            ("app", Optional(Gen.Elements<PropertyValue>("monitor", "wall", "直播"))),
            ("stream", Optional(Gen.Elements<PropertyValue>("wall-1", "流", "a_b.c"))),
            ("monitorConfig", Optional(Thresholds)),
            ("callbackUrl", Optional(s_hook)),
            ("dingTalkWebHookUrl", Optional(Gen.Constant<PropertyValue>("https://oapi.dingtalk.com/robot/send?access_token=DINGKEY"))),
            ("desiredStatus", Optional(Gen.Elements<PropertyValue>("Running", "Stopped"))))
        from program in Secrets(new PropertyMap(rest)
        {
            // Numbers of one's own need not follow the order of the list.
            ["inputList"] = PropertyValue.Of(inputs.Select((input, index) => (PropertyValue)(numbered
                ? new PropertyMap(input) { ["index"] = index + 1, ["layoutId"] = count - index } : input))),
        })
        select program;

    /// <summary>Runs a test on random values, and throws what the smallest failing one makes it throw.</summary>
    public static void ForAll<T>(Gen<T> generator, int tests, Func<T, Task> body) =>
        Prop.ForAll(generator.ToArbitrary(), value => body(value).GetAwaiter().GetResult())
            .Check(FsCheck.Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(tests));

    static Gen<PropertyMap> Input => Map(
        ("inputUrl", Stated(Gen.OneOf(s_streamUrl, Gen.Constant<PropertyValue>("pull.example.com")))),
        ("streamName", Optional(s_name)),
        ("layoutConfig", Optional(Map(
            ("fillMode", Optional(Gen.Constant<PropertyValue>("none"))),
            ("positionNormalized", Optional(Pair)),
            ("positionRefer", Optional(Gen.Elements<PropertyValue>("topLeft", "topRight", "bottomLeft", "bottomRight"))),
            ("sizeNormalized", Optional(Pair))).Select(map => (PropertyValue)map))),
        ("playConfig", Optional(Map(("volumeRate", Optional(Gen.Choose(0, 100).Select(hundredths => (PropertyValue)(hundredths / 100.0)))))
            .Select(map => (PropertyValue)map))));

    static Gen<PropertyValue> Pair =>
        Gen.Elements(0, 0.25, 1 / 3.0, 0.5, 0.125, 1e-5, 1).Two().Select(pair => PropertyValue.Of(pair.Item1, pair.Item2));

    static Gen<PropertyValue> Thresholds => Map(
        ("fpsLowThres", Optional(Threshold)),
        ("brLowThres", Optional(Threshold)),
        ("brHighThres", Optional(Threshold)),
        ("eofDurationThresSec", Optional(Threshold))).Select(map => (PropertyValue)map);

    static Gen<PropertyValue> Threshold => Gen.Elements(0, 0.6, 1.1, 10, 0.333, 2.50).Select(number => (PropertyValue)number);

    static Gen<PropertyValue> Sources(string sourceType) => sourceType switch
    {
        "live" => s_streamUrl.Select(url => PropertyValue.Of(url)),
        "vod" => Gen.Elements<PropertyValue>("media-1", "bd7e7fcd01a2471eb7a1", "m2").NonEmptyListOf().Resize(5)
            .Select(items => PropertyValue.Of(items)),
        _ => Gen.Elements<PropertyValue>("https://v.example.com/a.mp4?sign=FILEKEY", "http://v.example.com/b,c.mp4", "https://v.example.com/直播 片.mp4".Replace(' ', '+')).NonEmptyListOf().Resize(5).Select(items => PropertyValue.Of(items)),
    };

    static Gen<PropertyMap> Files(int count) => Map(
        ("repeatNumber", Optional(Gen.Choose(-1, 5).Select(Number))),
        ("offset", Optional(Gen.Choose(0, 100).Select(Number))),
        ("fileIndex", Optional(Gen.Choose(0, count - 1).Select(Number))));

    static Gen<PropertyValue> Protocol(string url) => Gen.Constant<PropertyValue>(
        url.StartsWith("http", StringComparison.Ordinal) ? url.Contains(".m3u8", StringComparison.Ordinal) ? "hls" : "http-flv"
            : url.Split(':')[0]);

    /// <summary>A time that many minutes from the start of the tests' clock, in one of the forms people write.</summary>
    static PropertyValue Minutes(int minutes)
    {
        var time = TestClock.Start.AddMinutes(minutes);
        return (minutes % 3) switch
        {
            0 => Times.ToText(time),
            1 => time.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz"),
            _ => time.ToString("yyyy-MM-dd't'HH:mm:ss'.750z'"),
        };
    }

    static PropertyValue Number(int number) => number;

    static Gen<PropertyValue?> Stated(Gen<PropertyValue> values) => values.Select(value => (PropertyValue?)value);

    static Gen<PropertyValue?> Optional(Gen<PropertyValue> values) => Gen.OneOf(Stated(values), Gen.Constant<PropertyValue?>(null));

    static Gen<PropertyMap> Map(params (string Name, Gen<PropertyValue?> Values)[] members) =>
        Gen.CollectToArray(members.Select(member => member.Values.Select(value => (member.Name, Value: value)))).Select(chosen =>
        {
            var map = new PropertyMap();
            foreach (var (name, value) in chosen)
            {
                if (value is not null) map[name] = value;
            }

            return map;
        });

    static PropertyMap Joined(PropertyMap left, PropertyMap right)
    {
        var joined = new PropertyMap(left);
        foreach (var (name, value) in right) joined[name] = value;
        return joined;
    }

    /// <summary>The program with some top-level values marked as secret.</summary>
    static Gen<PropertyMap> Secrets(PropertyMap program) =>
        Gen.CollectToArray(program.Keys.Select(name => Gen.Frequency((5, Gen.Constant<string?>(null)), (1, Gen.Constant<string?>(name)))))
        .Select(names =>
    {
        var marked = new PropertyMap(program);
        foreach (var name in names)
        {
            if (name is not null && marked[name] is { } value) marked[name] = value.AsSecret();
        }

        return marked;
    });
}
