using System.Globalization;
using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>One request on its way to its answer and to its line in the list of calls.</summary>
sealed class Exchange(
    ServiceRequest request, string operation, IReadOnlyDictionary<string, string> parameters, string requestId, DateTimeOffset now,
    SimulatorSettings settings)
{
    const string JsonType = "application/json;charset=utf-8";

    ServiceAnswer? _answer;
    ServiceCall? _call;

    public ServiceAnswer Answer => _answer ?? throw new InvalidOperationException("The request was not answered.");

    public ServiceCall Call => _call ?? throw new InvalidOperationException("The request was not answered.");

    public void Succeed(JsonObject fields)
    {
        fields["RequestId"] = requestId;
        Finish(Json(200, fields), code: null, done: true);
    }

    /// <param name="asRetCode">Whether the operation's answers have a <c>RetCode</c>, which the settings may let carry errors.</param>
    public void Refuse(ServiceError error, bool asRetCode)
    {
        var answer = asRetCode && settings.ErrorsAsRetCode && IsOfTheService(error)
            ? Json(200, new JsonObject { ["RequestId"] = requestId, ["RetCode"] = error.Status, ["Description"] = error.Code })
            : Error(error, RetryAfter(error));
        Finish(answer, error.Code, done: false);
    }

    public void Drop() => Finish(ServiceAnswer.NoAnswer, "ConnectionDropped", done: false);

    /// <summary>Answers as the fault says, and carries the call out where the fault comes after doing it.</summary>
    public void Fail(Fault fault, Func<JsonObject> run)
    {
        var error = new ServiceError(fault.HttpStatus, fault.Code, fault.Message);
        switch (fault.Kind)
        {
            case FaultKind.FailAfterDoing:
                Finish(Error(error, fault.RetryAfter), fault.Code, Try(run) is not null);
                break;
            case FaultKind.DropAfter:
                Finish(ServiceAnswer.NoAnswer, "ConnectionDropped", Try(run) is not null);
                break;
            case FaultKind.MalformedJson:
                var fields = Try(run);
                var text = (fields ?? []).ToJsonString(AnswerJson.Options);
                Finish(Text(200, JsonType, text[..^1] + ",\"RequestId\":\"", null), "MalformedJson", fields is not null);
                break;
            case FaultKind.HtmlBadGateway:
                const string page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
                Finish(Text(502, "text/html", page, null), fault.Code, done: false);
                break;
            case FaultKind.CutAnswer or FaultKind.Stall:
                Succeed(run());
                _answer = Answer with { Delivery = fault.Kind == FaultKind.Stall ? Delivery.Never : Delivery.CutShort };
                _call = Call with { HttpStatus = 0, Code = "ConnectionDropped" };
                break;
            case FaultKind.SlowBytes or FaultKind.LateAnswer:
                Succeed(run());
                _answer = Answer with { Delivery = fault.Kind == FaultKind.LateAnswer ? Delivery.Late : Delivery.Slow, Pause = fault.Pause };
                break;
            case FaultKind.ListLags or FaultKind.ListGhosts:
                Succeed(run());
                break;
            default:
                Finish(Error(error, fault.RetryAfter), fault.Code, done: false);
                break;
        }
    }

    // The gateway's own refusals never arrive with status 200.
    static bool IsOfTheService(ServiceError error) =>
        error.Code is "InvalidParameter" or "MissingParameter" || error.Code.StartsWith("Code", StringComparison.Ordinal)
        || error.Code.StartsWith("InvalidParam.", StringComparison.Ordinal);

    static JsonObject? Try(Func<JsonObject> run)
    {
        try
        {
            return run();
        }
        catch (ServiceError)
        {
            return null;
        }
    }

    TimeSpan? RetryAfter(ServiceError error) =>
        error.Code.StartsWith("Throttling", StringComparison.Ordinal) && settings.ThrottlingRetryAfter > TimeSpan.Zero
            ? settings.ThrottlingRetryAfter
            : null;

    ServiceAnswer Error(ServiceError error, TimeSpan? retryAfter)
    {
        var fields = new JsonObject
        {
            ["RequestId"] = requestId,
            ["Message"] = error.Message,
            ["Recommend"] = $"https://api.aliyun.com/troubleshoot?q={Uri.EscapeDataString(error.Code)}&product=live&requestId={requestId}",
            ["HostId"] = request.Header("host") ?? "",
            ["Code"] = error.Code,
        };
        return Text(error.Status, JsonType, Written(fields), retryAfter);
    }

    ServiceAnswer Json(int status, JsonObject fields) => Text(status, JsonType, Written(fields), null);

    string Written(JsonObject fields)
    {
        if (settings.KeysReordered)
            fields = new JsonObject(fields.Reverse().Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        return fields.ToJsonString(AnswerJson.Options);
    }

    ServiceAnswer Text(int status, string contentType, string body, TimeSpan? retryAfter)
    {
        List<KeyValuePair<string, string>> headers =
        [
            new("Date", now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)),
            new("x-acs-request-id", requestId),
        ];
        if (retryAfter is { } wait)
            headers.Add(new("x-acs-retry-after", ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
        return ServiceAnswer.Text(status, contentType, body, headers);
    }

    void Finish(ServiceAnswer answer, string? code, bool done)
    {
        _answer = answer with { RequestId = requestId };
        _call = new ServiceCall(operation, request.Method, parameters, answer.Status, code, done, requestId, now);
    }
}
