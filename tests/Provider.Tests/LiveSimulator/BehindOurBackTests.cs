using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class BehindOurBackTests : IDisposable
{
    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Somebody_else_can_stop_restart_and_delete_a_task_without_a_call()
    {
        var id = _client.CreateTask();
        _client.Service.ClearCalls();
        _client.Service.StopBehindOurBack(id);
        _client.Task(id).State.ShouldBe(RelayState.Offline);
        _client.Service.StartBehindOurBack(id);
        _client.Task(id).State.ShouldBe(RelayState.Running);
        _client.Service.DeleteBehindOurBack(id);
        _client.Service.Calls.ShouldBeEmpty();
        _client.Describe(id).ErrorCode.ShouldBe("CodeTaskNotExist");
        Should.Throw<ArgumentException>(() => _client.Service.LoseSource(id));
        Should.Throw<ArgumentException>(() => _client.Service.StopBehindOurBack("unknown"));
    }

    public static TheoryData<string, string, string> Edits => new()
    {
        { "TaskName", "new", "TaskName" },
        { "StartTime", "2026-03-01T12:30:00Z", "StartTime" },
        { "EndTime", "2026-03-02T12:00:00Z", "EndTime" },
        { "SourceType", "url", "SourceType" },
        { "SourceProtocol", "srt", "SourceProtocol" },
        { "SourceUrls", """["rtmp://new/a/b"]""", "SourceUrls" },
        { "DstUrl", "rtmp://new/a/c", "DstUrl" },
        { "RepeatNumber", "7", "RepeatNumber" },
        { "Offset", "8", "Offset" },
        { "FileIndex", "9", "FileIndex" },
        { "RetryCount", "10", "RetryCount" },
        { "RetryInterval", "70", "RetryInterval" },
        { "CallbackUrl", "https://example.com/new", "CallbackURL" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Somebody_else_can_edit_any_field_in_any_state(string field, string value, string shownAs)
    {
        foreach (var start in new[] { 0, 60 })
        {
            var id = _client.CreateTask(start);
            _client.Service.EditBehindOurBack(id, field, value);
            _client.Info(id).GetProperty(shownAs).ToString().ShouldBe(value);
        }
    }

    [Theory]
    [InlineData("Region", "cn-beijing")]
    [InlineData("EndTime", "tomorrow")]
    [InlineData("SourceUrls", "rtmp://a")]
    [InlineData("RetryCount", "few")]
    public void An_edit_that_cannot_be_is_a_mistake_of_the_test(string field, string value)
    {
        var id = _client.CreateTask();
        Should.Throw<ArgumentException>(() => _client.Service.EditBehindOurBack(id, field, value));
    }

    [Fact]
    public void An_edited_start_or_end_time_moves_the_start_and_the_end()
    {
        var id = _client.CreateTask(start: 60);
        _client.Service.EditBehindOurBack(id, "StartTime", _client.In(30));
        _client.Pass(30);
        _client.Task(id).State.ShouldBe(RelayState.Running);
        _client.Service.EditBehindOurBack(id, "EndTime", _client.In(0));
        _client.Task(id).State.ShouldBe(RelayState.Exit);
    }

    [Fact]
    public void An_edited_destination_moves_the_push_and_can_conflict_with_another_one()
    {
        var first = _client.CreateTask();
        var second = _client.CreateTask(others: ("DstUrl", "rtmp://a/b/other"));
        _client.Service.EditBehindOurBack(second, "DstUrl", SimulatorClientExtensions.Destination);
        _client.Service.Conflicts.ShouldHaveSingleItem().OtherTaskId.ShouldBe(first);
        _client.Task(second).State.ShouldBe(RelayState.Recovering);
        _client.Service.EditBehindOurBack(second, "DstUrl", "rtmp://a/b/free");
        _client.Task(second).State.ShouldBe(RelayState.Running);
        _client.Task(second).OnAir!.DstUrl.ShouldBe("rtmp://a/b/free");
    }
}
