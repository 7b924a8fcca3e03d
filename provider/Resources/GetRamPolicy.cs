using System.Buffers;
using System.Text;
using System.Text.Json;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>The RAM policy that grants what the chosen features call, and nothing else. Asks nobody, so it needs no keys.</summary>
sealed class GetRamPolicy(ObjectSchema arguments) : Function(arguments)
{
    public const string Token = "aliyun-live:index:getRamPolicy";

    /// <summary>What each feature calls. The service knows one action for each operation, and no resource narrower than all.</summary>
    static readonly Dictionary<string, string[]> s_operations = new(StringComparer.Ordinal)
    {
        ["relay"] =
        [
            "CreateLivePullToPush", "DeleteLivePullToPush", "DescribeLivePullToPush", "DescribeLivePullToPushList", "RestartLivePullToPush",
            "StopLivePullToPush", "UpdateLivePullToPush",
        ],
        ["monitor"] =
        [
            "CreateLiveStreamMonitor", "DeleteLiveStreamMonitor", "DescribeLiveStreamMonitorList", "StartLiveStreamMonitor",
            "StopLiveStreamMonitor", "UpdateLiveStreamMonitor",
        ],
        ["readOnly"] = ["DescribeLivePullToPush", "DescribeLivePullToPushList", "DescribeLiveStreamMonitorList"],
    };

    const string AssumeRole = "sts:AssumeRole";

    static readonly string[] s_managing = ["relay", "monitor"];

    protected override void Check(PropertyMap args, Session session, CheckFailures failures)
    {
        if (args["features"] is { Elements.Length: 0 })
        {
            failures.Add("features", "must name at least one feature; left out it means relay and monitor");
        }

        foreach (var (role, index) in (args["assumeRoleArns"]?.Elements ?? []).Select((role, index) => (role.Text ?? "", index)))
        {
            if (!IsRole(role)) failures.Add($"assumeRoleArns[{index}]", "must be the ARN of a RAM role, acs:ram::<account>:role/<name>");
        }
    }

    protected override Task<PropertyMap> RunAsync(PropertyMap args, Session session, Deadline deadline)
    {
        var features = args["features"]?.Elements.Select(feature => feature.Text!) ?? s_managing;
        string[] actions =
        [
            .. features.SelectMany(feature => s_operations[feature]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(operation => $"live:{operation}"),
        ];
        var stated = args["assumeRoleArns"]?.Elements.Select(role => role.Text!) ?? [];
        string[] roles = [.. stated.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] granted = roles.Length > 0 ? [.. actions, AssumeRole] : actions;
        return Task.FromResult(new PropertyMap
        {
            ["actions"] = PropertyValue.Of(granted.Select(action => (PropertyValue)action)),
            ["json"] = Json(actions, roles),
        });
    }

    static string Json(string[] actions, string[] roles)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("Version", "1");
            writer.WriteStartArray("Statement");
            WriteStatement(writer, actions, ["*"]);
            if (roles.Length > 0) WriteStatement(writer, [AssumeRole], roles);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void WriteStatement(Utf8JsonWriter writer, string[] actions, string[] resources)
    {
        writer.WriteStartObject();
        writer.WriteString("Effect", "Allow");
        WriteList(writer, "Action", actions);
        WriteList(writer, "Resource", resources);
        writer.WriteEndObject();
    }

    static void WriteList(Utf8JsonWriter writer, string name, string[] values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    /// <summary>A role of one account; a wildcard would grant more than was asked for.</summary>
    static bool IsRole(string arn) =>
        arn.Split(':') is ["acs", "ram", "", var account, var role]
        && account.Length > 0 && account.All(char.IsAsciiDigit)
        && role.Split('/') is ["role", { Length: > 0 } name]
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
