using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

public sealed class FaultTests : IDisposable
{
    const string Create = "CreateLivePullToPush";

    readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_refusal_hits_one_call_of_its_operation_and_does_nothing()
    {
        _client.Service.FailNext(Create, Fault.Refuse("Forbidden.RAM", 403));
        _client.Succeed("DescribeLivePullToPushList", ("Region", "cn-shanghai"));
        CreateOutcome().ShouldBe("403 Forbidden.RAM");
        _client.Service.Tasks.ShouldBeEmpty();
        CreateOutcome().ShouldBe("200 ");
        _client.Service.Tasks.Count.ShouldBe(1);
    }

    [Fact]
    public void Throttling_can_tell_how_long_to_wait()
    {
        _client.Service.FailNext(Create, Fault.Throttle(TimeSpan.FromSeconds(2)));
        _client.Service.FailNext(Create, Fault.Throttle(code: "Throttling.Api"));
        var first = _client.Call(Create, _client.TaskParameters());
        first.ErrorCode.ShouldBe("Throttling.User");
        first.Message.Headers.GetValues("x-acs-retry-after").ShouldBe(["2000"]);
        var second = _client.Call(Create, _client.TaskParameters());
        second.ErrorCode.ShouldBe("Throttling.Api");
        second.Message.Headers.Contains("x-acs-retry-after").ShouldBeFalse();
    }

    [Fact]
    public void A_server_error_comes_before_or_after_the_call_is_carried_out()
    {
        _client.Service.FailNext(Create, Fault.ErrorBeforeDoing());
        _client.Service.FailNext(Create, Fault.ErrorAfterDoing());
        CreateOutcome().ShouldBe("500 InternalError");
        _client.Service.Tasks.ShouldBeEmpty();
        CreateOutcome().ShouldBe("500 InternalError");
        _client.Service.Tasks.Count.ShouldBe(1);
        _client.Service.Calls.Select(call => call.Done).ShouldBe([false, true]);
    }

    [Fact]
    public void A_connection_ends_before_or_after_the_call_is_carried_out()
    {
        _client.Service.FailNext(Create, Fault.DropBefore());
        _client.Service.FailNext(Create, Fault.DropAfter());
        Should.Throw<HttpRequestException>(() => CreateOutcome()).HttpRequestError.ShouldBe(HttpRequestError.ResponseEnded);
        _client.Service.Tasks.ShouldBeEmpty();
        Should.Throw<HttpRequestException>(() => CreateOutcome());
        _client.Service.Tasks.Count.ShouldBe(1);
        _client.Service.Calls.Select(call => (call.HttpStatus, call.Code, call.Done))
            .ShouldBe([(0, "ConnectionDropped", false), (0, "ConnectionDropped", true)]);
    }

    [Fact]
    public void A_request_that_never_arrived_has_not_used_up_its_nonce()
    {
        _client.FixedNonce = "same";
        _client.Service.FailNext(Create, Fault.DropBefore());
        Should.Throw<HttpRequestException>(() => CreateOutcome());
        CreateOutcome().ShouldBe("200 ");
        CreateOutcome().ShouldBe("400 SignatureNonceUsed");
    }

    [Fact]
    public void Malformed_json_comes_after_the_call_is_carried_out()
    {
        _client.Service.FailNext(Create, Fault.MalformedJson());
        Should.Throw<JsonException>(() => CreateOutcome());
        _client.Service.Tasks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_proxys_page_is_html_with_status_502()
    {
        _client.Service.FailNext("*", Fault.HtmlBadGateway());
        using var http = new HttpClient(new SimulatorHandler(_client.Service));
        _client.Settings.VerifiesRequests = false;
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://live.aliyuncs.com/?Region=cn-shanghai");
        request.Headers.Add("x-acs-action", "DescribeLivePullToPushList");
        request.Headers.Add("x-acs-version", "2016-11-01");
        using var response = await http.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(502);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("<html>");
    }

    [Fact]
    public void A_fault_can_wait_repeat_choose_its_calls_and_be_taken_back()
    {
        _client.Service.FailNext(Create, Fault.ErrorBeforeDoing() with { AfterCalls = 1, Times = 2 });
        Enumerable.Range(0, 4).Select(_ => CreateOutcome()[..3]).ShouldBe(["200", "500", "500", "200"]);

        _client.Service.FailNext(Create, Fault.ErrorBeforeDoing() with { Where = parameters => parameters["TaskName"] == "chosen" });
        CreateOutcome().ShouldBe("200 ");
        CreateOutcome(("TaskName", "chosen")).ShouldBe("500 InternalError");

        _client.Service.FailNext(Create, Fault.ErrorBeforeDoing() with { Times = int.MaxValue });
        CreateOutcome().ShouldBe("500 InternalError");
        _client.Service.ClearFaults();
        CreateOutcome().ShouldBe("200 ");
    }

    [Fact]
    public void A_fault_waits_for_a_call_that_is_signed_well()
    {
        _client.Service.FailNext(Create, Fault.ErrorBeforeDoing());
        _client.Secret = "another";
        CreateOutcome().ShouldBe("400 SignatureDoesNotMatch");
        _client.Secret = LiveService.DefaultAccessKeySecret;
        CreateOutcome().ShouldBe("500 InternalError");
    }

    [Fact]
    public void A_fault_for_an_unknown_operation_is_a_mistake_of_the_test() =>
        Should.Throw<ArgumentException>(() => _client.Service.FailNext("CreateLivePullToPull", Fault.DropBefore()));

    [Fact]
    public async Task A_test_can_cancel_before_and_after_a_call_is_carried_out()
    {
        using var http = new HttpClient(new SimulatorHandler(_client.Service));
        _client.Settings.VerifiesRequests = false;
        var query = SimulatorClientExtensions.Query(_client.TaskParameters());
        foreach (var after in new[] { false, true })
        {
            using var cancellation = new CancellationTokenSource();
            var seen = "";
            _client.Service.BeforeCall = operation => Cancel(operation, !after);
            _client.Service.AfterCall = operation => Cancel(operation, after);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://live.aliyuncs.com/?{query}");
            request.Headers.Add("x-acs-action", Create);
            request.Headers.Add("x-acs-version", "2016-11-01");
            await Should.ThrowAsync<OperationCanceledException>(() => http.SendAsync(request, cancellation.Token));
            seen.ShouldBe(Create);
            _client.Service.Tasks.Count.ShouldBe(after ? 1 : 0);

            void Cancel(string operation, bool now)
            {
                seen = operation;
                if (now) cancellation.Cancel();
            }
        }
    }

    [Fact]
    public void A_listing_lags_or_shows_ghosts_for_one_call()
    {
        var id = _client.CreateTask();
        _client.Service.FailNext("DescribeLivePullToPushList", Fault.ListLags(TimeSpan.FromSeconds(5)));
        Listed().ShouldBe(0);
        Listed().ShouldBe(1);

        _client.OnTask("DeleteLivePullToPush", id);
        _client.Service.FailNext("DescribeLivePullToPushList", Fault.ListGhosts(TimeSpan.FromSeconds(5)));
        Listed().ShouldBe(1);
        Listed().ShouldBe(0);

        int Listed() => _client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai")).Json.GetProperty("Total").GetInt32();
    }

    [Theory]
    [InlineData("CutAnswer")]
    [InlineData("Stall")]
    [InlineData("SlowBytes")]
    [InlineData("LateAnswer")]
    public async Task An_answer_can_be_cut_held_back_or_dribble_on_its_way(string kind)
    {
        _client.Settings.VerifiesRequests = false;
        await using var server = SimulatorServer.Start(_client.Service);
        using var http = new HttpClient();
        _client.Service.FailNext("DescribeLivePullToPushList", new Fault(Enum.Parse<FaultKind>(kind)) { Pause = TimeSpan.FromMilliseconds(1) });
        foreach (var handler in (HttpMessageHandler[])[new SimulatorHandler(_client.Service), new SocketsHttpHandler()])
        {
            using var client = new HttpClient(handler);
            using var hangUp = new CancellationTokenSource();
            var answer = ListAsync(client, hangUp.Token);
            switch (kind)
            {
                case "CutAnswer":
                    await Should.ThrowAsync<HttpRequestException>(() => answer);
                    break;
                case "Stall":
                    answer.IsCompleted.ShouldBeFalse();
                    await hangUp.CancelAsync();
                    await Should.ThrowAsync<OperationCanceledException>(() => answer);
                    break;
                case "LateAnswer":
                    while (_client.Service.Calls.Count == 0) await Task.Yield();
                    (await ListAsync(http, default)).ShouldContain("TaskList");
                    (await answer).ShouldContain("TaskList");
                    break;
                default:
                    (await answer).ShouldContain("TaskList");
                    break;
            }

            _client.Service.ClearCalls();
            _client.Service.ClearFaults();
            _client.Service.FailNext("DescribeLivePullToPushList", new Fault(Enum.Parse<FaultKind>(kind)) { Pause = TimeSpan.FromMilliseconds(1) });
        }

        async Task<string> ListAsync(HttpClient client, CancellationToken hangUp)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "/?Region=cn-shanghai"));
            request.Headers.Add("x-acs-action", "DescribeLivePullToPushList");
            request.Headers.Add("x-acs-version", "2016-11-01");
            using var response = await client.SendAsync(request, hangUp);
            return await response.Content.ReadAsStringAsync(hangUp);
        }
    }

    string CreateOutcome(params (string Name, string Value)[] others)
    {
        var destination = $"rtmp://a/b/{_client.Service.Calls.Count}";
        var answer = _client.Call(Create, _client.TaskParameters(others: [("DstUrl", destination), .. others]));
        return $"{answer.Status} {answer.ErrorCode}";
    }
}
