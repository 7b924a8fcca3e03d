using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSimulator.WebConsole;

namespace LiveSimulator;

/// <summary>
/// The door under <c>/simulator/</c> for people, scripts and pages: state and calls to look at, and everything that happens outside of the
/// service's own operations. Unsigned; the server listens on the loopback address only. Arguments come as a JSON object in the body, or in
/// the query. The table in README.md lists what there is.
/// </summary>
sealed class AdminDoor(LiveService service)
{
    const string Root = "/simulator/";

    public static bool IsFor(string path) => path.StartsWith(Root, StringComparison.Ordinal);

    public ServiceAnswer Answer(ServiceRequest request)
    {
        if (IsOfAnotherPage(request))
            return Json(403, new JsonObject { ["error"] = "Pages of other addresses may not change anything here." });
        try
        {
            var steps = request.Path[Root.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
            return Json(200, Act(request.Method, steps, new AdminArguments(request)));
        }
        catch (AdminRouteException error)
        {
            return Json(404, new JsonObject { ["error"] = error.Message });
        }
        catch (Exception error) when (error is ArgumentException or JsonException or FormatException)
        {
            return Json(400, new JsonObject { ["error"] = error.Message });
        }
    }

    // Browsers let any page send requests to this machine, and say from which page they come.
    static bool IsOfAnotherPage(ServiceRequest request) =>
        request.Method != "GET" && request.Header("origin") is { } origin && origin != $"http://{request.Header("host")}";

    JsonObject Act(string method, string[] steps, AdminArguments arguments) => (method, steps) switch
    {
        ("GET", ["state"]) => AdminView.State(service),
        ("GET", ["console"]) => ConsoleView.State(service),
        ("GET", ["calls"]) => AdminView.Calls(service.Calls),
        ("DELETE", ["calls"]) => Done(service.ClearCalls),
        ("GET", ["settings"]) => AdminView.Settings(service.Settings),
        ("POST", ["settings"]) => ChangeSettings(arguments),
        ("GET", ["clock"]) => AdminView.Clock(service),
        ("POST", ["clock"]) => MoveClock(arguments),
        ("POST", ["fail"]) => Done(() => service.FailNext(arguments.Required("operation"), arguments.Fault())),
        ("DELETE", ["fail"]) => Done(service.ClearFaults),
        ("POST", ["keys"]) =>
            Done(() => service.AddAccessKey(arguments.Required("id"), arguments.Required("secret"), arguments.Text("token"))),
        ("POST", ["expire-token"]) => Done(() => service.ExpireToken(arguments.Required("token"))),
        ("POST", ["tasks", var id, "lose-source"]) => Done(() => service.LoseSource(id)),
        ("POST", ["tasks", var id, "restore-source"]) => Done(() => service.RestoreSource(id)),
        ("POST", ["tasks" or "monitors", var id, "stop"]) => Done(() => service.StopBehindOurBack(id)),
        ("POST", ["tasks" or "monitors", var id, "start"]) => Done(() => service.StartBehindOurBack(id)),
        ("POST", ["tasks" or "monitors", var id, "delete"]) => Done(() => service.DeleteBehindOurBack(id)),
        ("POST", ["tasks" or "monitors", var id, "edit"]) => Edit(id, arguments),
        _ => throw new AdminRouteException(
            $"There is no {method} {Root}{string.Join('/', steps)}; README.md of the simulator lists what there is."),
    };

    JsonObject ChangeSettings(AdminArguments arguments)
    {
        foreach (var (name, value) in arguments.All) service.Settings.Set(name, value);
        return AdminView.Settings(service.Settings);
    }

    JsonObject MoveClock(AdminArguments arguments)
    {
        var by = arguments.Required("by");
        service.MoveClock(double.TryParse(by, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Parse(by, CultureInfo.InvariantCulture));
        return AdminView.Clock(service);
    }

    JsonObject Edit(string id, AdminArguments arguments) => Done(() =>
    {
        foreach (var (field, value) in arguments.All) service.EditBehindOurBack(id, field, value);
    });

    static JsonObject Done(Action act)
    {
        act();
        return new JsonObject { ["done"] = true };
    }

    static ServiceAnswer Json(int status, JsonNode body) =>
        ServiceAnswer.Text(status, "application/json;charset=utf-8", body.ToJsonString(AnswerJson.Indented) + "\n", []);

    sealed class AdminRouteException(string message) : Exception(message);
}

/// <summary>Arguments of an admin request: the query's, and over them the body's.</summary>
sealed class AdminArguments
{
    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="JsonException">The body is no JSON.</exception>
    public AdminArguments(ServiceRequest request)
    {
        foreach (var (name, value) in request.DecodedQuery()) _values[name] = value;
        if (request.Body.Length == 0) return;
        using var document = JsonDocument.Parse(request.Body);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("The body must be a JSON object.");
        // Lists and objects stand for the JSON text that the service's own parameters hold.
        foreach (var field in document.RootElement.EnumerateObject()) _values[field.Name] = field.Value.ToString();
    }

    public IReadOnlyDictionary<string, string> All => _values;

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public string Required(string name) => Text(name) ?? throw new ArgumentException($"The argument {name} is missing.");

    /// <summary>
    /// The fault described by <c>kind</c>, <c>code</c>, <c>status</c>, <c>retryAfter</c> (milliseconds), <c>age</c> (seconds), <c>pause</c>
    /// (milliseconds), <c>times</c> and <c>afterCalls</c>.
    /// </summary>
    public Fault Fault()
    {
        if (!Enum.TryParse<FaultKind>(Required("kind"), ignoreCase: true, out var kind) || !Enum.IsDefined(kind))
            throw new ArgumentException($"kind must be one of {string.Join(", ", Enum.GetNames<FaultKind>())}.");
        return new Fault(kind, Text("code") ?? "InternalError", Integer("status") ?? (int)HttpStatusCode.InternalServerError)
        {
            RetryAfter = Integer("retryAfter") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            Age = Integer("age") is { } age ? TimeSpan.FromSeconds(age) : TimeSpan.Zero,
            Pause = Integer("pause") is { } pause ? TimeSpan.FromMilliseconds(pause) : new Fault(kind).Pause,
            Times = Integer("times") ?? 1,
            AfterCalls = Integer("afterCalls") ?? 0,
        };
    }

    int? Integer(string name) =>
        Text(name) is { } text ? int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : null;
}
