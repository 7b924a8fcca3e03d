using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>What must hold for a relay task's inputs beyond the schema; the facts are those of CreateLivePullToPush.</summary>
static class RelayTaskRules
{
    const int MaxSources = 30;

    public static readonly IReadOnlyList<Rule> All =
    [
        new("region-form", ["region"], null, Region),
        Rule.NotEmpty("taskName"),
        new("dstUrl-address", ["dstUrl"], "at most 2000 characters", Destination),
        new("sourceUrls-by-sourceType", ["sourceUrls", "sourceType"], "1 to 30", Sources),
        new("sourceProtocol-with-live", ["sourceProtocol", "sourceType", "sourceUrls"], null, Protocol),
        OnlyForFiles("repeatNumber"),
        OnlyForFiles("offset"),
        OnlyForFiles("fileIndex"),
        Rule.Range("repeatNumber", -1, int.MaxValue, "-1 (for ever), 0 or more", "-1 for ever"),
        Rule.Range("offset", 0, int.MaxValue, "0 or more seconds", "in seconds"),
        new("fileIndex-range", ["fileIndex", "sourceUrls"], "from 0", FileIndex),
        Rule.Range("retryCount", 0, int.MaxValue, "0 or more", "0 or more"),
        Rule.Range("retryInterval", 60, 300, "60 to 300 seconds", "60 to 300 seconds"),
        Rule.WebAddress("callbackUrl", "at most 2000 characters"),
        new("endTime-after-startTime", ["endTime", "startTime"], "later than `startTime`", EndAfterStart),
        new("endTime-in-future", ["endTime"], null, EndInFuture),
    ];

    static void Region(RuleScope scope)
    {
        if (scope.Text("region") is not { } region) return;
        var isId = region.Length > 0
            && region.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');
        if (!isId)
        {
            scope.Fail("region", "must be the id of a live centre, such as cn-shanghai");
        }
    }

    static void Destination(RuleScope scope)
    {
        if (scope.Text("dstUrl") is not { } text) return;
        if ((Addresses.Problem(text, "rtmp") ?? Addresses.TooLong(text)) is { } problem) scope.Fail("dstUrl", problem);
    }

    static void Sources(RuleScope scope)
    {
        if (scope.Inputs["sourceUrls"] is not { Bare: ArrayValue } list || scope.Text("sourceType") is not { } sourceType) return;
        var count = list.Elements.Length;
        if (sourceType == "live" && count != 1)
        {
            scope.Fail("sourceUrls", $"must hold exactly one stream address with sourceType live, but holds {count}");
        }

        if (sourceType is "vod" or "url" && count is 0 or > MaxSources)
        {
            scope.Fail("sourceUrls", $"must hold 1 to {MaxSources} entries, but holds {count}");
        }

        for (var index = 0; index < count; index++)
        {
            if (list.Elements[index].Text is not { } text) continue;
            var problem = sourceType switch
            {
                "live" => Addresses.Problem(text, "rtmp", "rtsp", "srt", "http", "https"),
                "url" => Addresses.Problem(text, "http", "https"),
                "vod" when text.Contains("://", StringComparison.Ordinal) =>
                    "must be a media id of ApsaraVideo VOD with sourceType vod, but is an address; use sourceType url for files",
                "vod" when string.IsNullOrWhiteSpace(text) => "must be a media id of ApsaraVideo VOD, but is empty",
                _ => null,
            };
            if (problem is not null) scope.Fail($"sourceUrls[{index}]", problem);
        }
    }

    static void Protocol(RuleScope scope)
    {
        if (scope.Text("sourceType") is not { } sourceType) return;
        var stated = scope.Inputs["sourceProtocol"] is not null;
        if (sourceType == "live" && !stated)
        {
            scope.Fail("sourceProtocol", "must be stated, since the address does not tell it: rtmp, srt, http-flv or hls");
        }

        if (sourceType is "vod" or "url" && stated)
        {
            scope.Fail("sourceProtocol", "has no effect with a sourceType other than live; leave it out");
        }
    }

    static Rule OnlyForFiles(string property) =>
        new($"{property}-for-files", [property, "sourceType"], "Only with `sourceType` `vod` or `url`", scope =>
        {
            if (scope.Text("sourceType") == "live" && scope.Number(property) is { } value && value != 0)
            {
                scope.Fail(property, "has no effect with sourceType live; leave it out, or use sourceType vod or url");
            }
        });

    static void FileIndex(RuleScope scope)
    {
        if (scope.Number("fileIndex") is not { } index) return;
        if (index < 0) scope.Fail("fileIndex", "must be 0 or more", Field.ToText(index));

        // The service's pages count from 0 in examples and from 1 in words, so the number of files itself is let through.
        var files = scope.Inputs["sourceUrls"] is { IsUnknown: false } list ? list.Elements.Length : 0;
        if (files > 0 && index > files) scope.Fail("fileIndex", $"must name one of the {files} files", Field.ToText(index));
    }

    static void EndAfterStart(RuleScope scope)
    {
        if (Times.Parse(scope.Text("startTime")) is { } start && Times.Parse(scope.Text("endTime")) is { } end && end <= start)
        {
            var stated = scope.IsSecret("startTime") ? "" : $" ({Times.ToText(start)})";
            scope.Fail("endTime", $"must be later than startTime{stated}", Times.ToText(end));
        }
    }

    static void EndInFuture(RuleScope scope)
    {
        // A task that ended keeps its end time in the program; only a new one is held against the clock.
        if (Times.Parse(scope.Text("endTime")) is { } end && end <= scope.Now && end != Times.Parse(scope.Olds["endTime"]?.Text))
        {
            scope.Fail("endTime", $"must lie in the future (now is {Times.ToText(scope.Now)})", Times.ToText(end));
        }
    }
}
