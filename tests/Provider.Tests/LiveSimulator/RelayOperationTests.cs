using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class RelayOperationTests : IDisposable
{
    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Describe_shows_what_was_created_in_the_services_spelling_with_its_defaults()
    {
        var id = _client.CreateTask(start: 60);
        var answer = _client.Describe(id);
        answer.Integer("RetCode").ShouldBe(0);
        answer.Text("Description").ShouldBe("OK");
        answer.Text("TaskId").ShouldBe(id);
        answer.Json.TryGetProperty("TaskExitTime", out _).ShouldBeFalse();
        var info = answer.Json.GetProperty("TaskInfo");
        info.EnumerateObject().Select(field => field.Name).ShouldBe(
            ["TaskId", "TaskName", "StartTime", "EndTime", "SourceType", "SourceProtocol", "SourceUrls", "DstUrl", "RepeatNumber", "Offset",
                "FileIndex", "RetryCount", "RetryInterval", "CallbackURL"],
            ignoreOrder: true);
        info.GetProperty("StartTime").GetString().ShouldBe("2026-03-01T12:01:00Z");
        info.GetProperty("SourceUrls")[0].GetString().ShouldBe("rtmp://pull.example.com/app/source");
        info.GetProperty("RetryCount").GetInt32().ShouldBe(3);
        info.GetProperty("RetryInterval").GetInt32().ShouldBe(60);
        info.GetProperty("CallbackURL").GetString().ShouldBe("");
    }

    public static TheoryData<string, string, string> WrongValues => new()
    {
        { "Region", "cn-hangzhou", "InvalidParameter" },
        { "Region", "-", "MissingParameter" },
        { "StartTime", "-", "MissingParameter" },
        { "StartTime", "2026-03-01T12:00:00+00:00", "InvalidParameter" },
        { "EndTime", "2026-03-01T12:00:00.5Z", "InvalidParameter" },
        { "EndTime", "2026-03-01T12:00:00Z", "InvalidParam.CodeIllegalDuration" },
        { "SourceType", "file", "InvalidParameter" },
        { "SourceProtocol", "-", "MissingParameter" },
        { "SourceProtocol", "rtsp", "InvalidParameter" },
        { "SourceUrls", "-", "MissingParameter" },
        { "SourceUrls", "rtmp://a/b/c", "InvalidParameter" },
        { "SourceUrls", "[]", "InvalidParameter" },
        { "SourceUrls", """["rtmp://a/b/c","rtmp://a/b/d"]""", "InvalidParameter" },
        { "SourceUrls", """["ftp://a/b/c"]""", "InvalidParameter" },
        { "SourceUrls", """["  "]""", "InvalidParameter" },
        { "SourceUrls", "[1]", "InvalidParameter" },
        { "DstUrl", "-", "MissingParameter" },
        { "DstUrl", "http://a/b/c", "InvalidParameter" },
        { "RepeatNumber", "-2", "InvalidParameter" },
        { "Offset", "0", "InvalidParameter" },
        { "Offset", "1.5", "InvalidParameter" },
        { "FileIndex", "-1", "InvalidParameter" },
        { "RetryCount", "-1", "InvalidParameter" },
        { "RetryInterval", "59", "InvalidParameter" },
        { "RetryInterval", "301", "InvalidParameter" },
        { "CallbackUrl", "rtmp://a/b", "InvalidParameter" },
        { "Misspelled", "x", "InvalidParameter" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Create_refuses_a_wrong_value_and_makes_nothing(string name, string value, string code)
    {
        var answer = _client.Call("CreateLivePullToPush", _client.TaskParameters(others: (name, value)));
        answer.ErrorCode.ShouldBe(code, answer.Json.GetRawText());
        answer.Status.ShouldBe(400);
        _client.Service.Tasks.ShouldBeEmpty();
    }

    [Fact]
    public void Addresses_longer_than_2000_characters_are_refused()
    {
        var longest = "rtmp://a/b/".PadRight(2000, 'x');
        _client.CreateTask(others: ("DstUrl", longest));
        _client.Call("CreateLivePullToPush", _client.TaskParameters(others: ("DstUrl", longest + "x"))).ErrorCode.ShouldBe("InvalidParameter");
    }

    [Fact]
    public void An_end_time_in_the_past_is_refused()
    {
        _client.Call("CreateLivePullToPush", _client.TaskParameters(start: -120, end: -60)).ErrorCode.ShouldBe("InvalidParam.CodeIllegalDuration");
    }

    [Theory]
    [InlineData("vod", 30, "id", true)]
    [InlineData("vod", 31, "id", false)]
    [InlineData("url", 30, "http://a.example.com/1.mp4", true)]
    [InlineData("url", 31, "http://a.example.com/1.mp4", false)]
    [InlineData("url", 1, "rtmp://a.example.com/1", false)]
    [InlineData("vod", 1, "http://a.example.com/1.mp4", false)]
    public void File_sources_take_up_to_30_entries_of_their_kind(string type, int count, string entry, bool accepted)
    {
        var urls = JsonSerializer.Serialize(Enumerable.Repeat(entry, count));
        var parameters = _client.TaskParameters(others: [("SourceType", type), ("SourceProtocol", "-"), ("SourceUrls", urls)]);
        var answer = _client.Call("CreateLivePullToPush", parameters);
        (answer.Status == 200).ShouldBe(accepted, answer.Json.GetRawText());
    }

    [Fact]
    public void Source_addresses_are_parsed_as_json_whatever_its_escapes()
    {
        var id = _client.CreateTask(others: ("SourceUrls", """["rtmp:\/\/a.example.com/b?c\u003dd\u0026e"]"""));
        _client.Info(id).GetProperty("SourceUrls")[0].GetString().ShouldBe("rtmp://a.example.com/b?c=d&e");
    }

    [Fact]
    public void A_task_is_reached_through_its_region_only()
    {
        var id = _client.CreateTask();
        _client.Call("DescribeLivePullToPush", ("Region", "cn-beijing"), ("TaskId", id)).ErrorCode.ShouldBe("CodeTaskNotExist");
        _client.Call("StopLivePullToPush", ("Region", "cn-beijing"), ("TaskId", id)).ErrorCode.ShouldBe("CodeTaskNotExist");
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-beijing")).Integer("Total").ShouldBe(0);
        _client.Call("DescribeLivePullToPush", ("TaskId", id)).ErrorCode.ShouldBe("MissingParameter");
    }

    [Fact]
    public void State_changing_operations_are_get_only_and_create_takes_both_methods()
    {
        var parameters = _client.TaskParameters();
        _client.Send(HttpMethod.Get, "CreateLivePullToPush", parameters).Status.ShouldBe(200);
        var id = _client.Send(HttpMethod.Post, "CreateLivePullToPush", parameters).Text("TaskId");
        foreach (var operation in new[] { "Update", "Describe", "Stop", "Restart", "Delete" })
        {
            var answer = _client.Send(HttpMethod.Post, operation + "LivePullToPush", ("Region", "cn-shanghai"), ("TaskId", id));
            answer.ErrorCode.ShouldBe("UnsupportedOperation");
        }
        _client.Settings.GetOnlyRefusesPost = false;
        _client.Send(HttpMethod.Post, "DeleteLivePullToPush", ("Region", "cn-shanghai"), ("TaskId", id)).Status.ShouldBe(200);
    }

    [Fact]
    public void Update_answers_without_a_task_id_and_has_no_parameter_for_the_destination()
    {
        var id = _client.CreateTask(start: 60);
        var answer = _client.OnTask("UpdateLivePullToPush", id, ("CallbackUrl", "https://example.com/hook"));
        answer.Integer("RetCode").ShouldBe(0);
        answer.Json.TryGetProperty("TaskId", out _).ShouldBeFalse();
        _client.Info(id).GetProperty("CallbackURL").GetString().ShouldBe("https://example.com/hook");
        _client.OnTask("UpdateLivePullToPush", id, ("DstUrl", "rtmp://a/b/c")).ErrorCode.ShouldBe("InvalidParameter");
    }

    [Fact]
    public void Everything_can_be_updated_before_the_start_and_when_stopped()
    {
        var id = _client.CreateTask(start: 60);
        _client.OnTask("UpdateLivePullToPush", id, ("StartTime", _client.In(120)), ("EndTime", _client.In(7200)),
            ("SourceUrls", """["rtmp://b/c/d"]"""), ("Offset", "5"), ("FileIndex", "1"), ("RepeatNumber", "-1")).Status.ShouldBe(200);
        var config = _client.Task(id).Config;
        config.StartTime.ShouldBe(_client.Clock.Time.AddSeconds(120));
        config.SourceUrls.ShouldBe(["rtmp://b/c/d"]);
        (config.Offset, config.FileIndex, config.RepeatNumber).ShouldBe((5, 1, -1));
        _client.Pass(60);
        _client.Task(id).State.ShouldBe(RelayState.Idle);
        _client.Pass(60);
        _client.Task(id).OnAir!.Offset.ShouldBe(5);

        _client.OnTask("StopLivePullToPush", id);
        _client.OnTask("UpdateLivePullToPush", id, ("SourceUrls", """["rtmp://e/f/g"]""")).Status.ShouldBe(200);
        _client.OnTask("RestartLivePullToPush", id);
        _client.Task(id).OnAir!.SourceUrls.ShouldBe(["rtmp://e/f/g"]);
    }

    [Fact]
    public void Update_refuses_times_that_create_would_refuse()
    {
        var id = _client.CreateTask(start: 60);
        _client.OnTask("UpdateLivePullToPush", id, ("EndTime", _client.In(30))).ErrorCode.ShouldBe("InvalidParam.CodeIllegalDuration");
        _client.OnTask("UpdateLivePullToPush", id, ("SourceUrls", "[]")).ErrorCode.ShouldBe("InvalidParameter");
    }

    [Fact]
    public void The_list_answers_with_total_and_without_a_return_code()
    {
        _client.CreateTask();
        var list = _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        list.Json.EnumerateObject().Select(field => field.Name)
            .ShouldBe(["RequestId", "Total", "PageNumber", "PageSize", "TaskList"], ignoreOrder: true);
        (list.Integer("Total"), list.Integer("PageNumber"), list.Integer("PageSize")).ShouldBe((1, 1, 10));
        list.Json.GetProperty("TaskList")[0].GetProperty("TaskInfo").GetProperty("CallbackURL").GetString().ShouldBe("");
    }

    [Fact]
    public void Pages_hold_every_task_once()
    {
        var ids = Enumerable.Range(0, 25).Select(number => _client.CreateTask(others: ("DstUrl", $"rtmp://a/b/{number}"))).ToList();
        var pages = Enumerable.Range(1, 4).Select(page => _client.Succeed(
            "DescribeLivePullToPushList", ("Region", "cn-shanghai"), ("PageNumber", $"{page}"), ("PageSize", "10"))).ToList();
        pages.Select(page => page.Json.GetProperty("TaskList").GetArrayLength()).ShouldBe([10, 10, 5, 0]);
        pages.ShouldAllBe(page => page.Integer("Total") == 25);
        pages.SelectMany(page => page.Json.GetProperty("TaskList").EnumerateArray()).Select(task => task.GetProperty("TaskId").GetString()!)
            .ShouldBe(ids, ignoreOrder: true);
    }

    [Theory]
    [InlineData("PageNumber", "0")]
    [InlineData("PageNumber", "2147483648")]
    [InlineData("PageSize", "0")]
    [InlineData("PageSize", "101")]
    [InlineData("PageSize", "ten")]
    [InlineData("TaskId", "not/an/id")]
    public void Pages_out_of_bounds_are_refused(string name, string value) =>
        _client.Refused(400, "InvalidParameter", "DescribeLivePullToPushList", ("Region", "cn-shanghai"), (name, value));

    [Fact]
    public void The_largest_page_number_is_an_empty_page()
    {
        _client.CreateTask();
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"), ("PageNumber", "2147483647"), ("PageSize", "100"))
            .Json.GetProperty("TaskList").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public void Filters_match_parts_of_ids_names_and_destinations()
    {
        var morning = _client.CreateTask(others: [("TaskName", "morning-show"), ("DstUrl", "rtmp://a/live/one")]);
        var evening = _client.CreateTask(others: [("TaskName", "evening-show"), ("DstUrl", "rtmp://a/live/one-more")]);
        Listed("TaskName", "show").ShouldBe([morning, evening], ignoreOrder: true);
        Listed("TaskName", "morning").ShouldBe([morning]);
        Listed("TaskName", "Morning").ShouldBeEmpty();
        Listed("DstUrl", "rtmp://a/live/one").ShouldBe([morning, evening], ignoreOrder: true);
        Listed("TaskId", evening[4..20]).ShouldBe([evening]);
        Listed("TaskId", "").ShouldBe([morning, evening], ignoreOrder: true);
    }

    List<string> Listed(string name, string value) => _client.ListedTasks((name, value));
}
