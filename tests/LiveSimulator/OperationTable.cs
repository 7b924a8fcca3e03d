using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace LiveSimulator;

/// <summary>One operation: how it is addressed, and what it does.</summary>
/// <param name="GetOnly">Published for GET alone.</param>
/// <param name="HasRetCode">Its answers carry <c>RetCode</c> and <c>Description</c>.</param>
/// <param name="MalformedCode">The code for a value it does not take.</param>
sealed record Operation(
    string Name, string Version, bool GetOnly, bool HasRetCode, string MalformedCode, FrozenSet<string> Parameters,
    Func<CallParameters, DateTimeOffset, AccessKey, JsonObject> Run);

/// <summary>The operations by name: seven for relay tasks, six for monitor sessions, two of the Security Token Service.</summary>
static class OperationTable
{
    const string LiveVersion = "2016-11-01";
    const string TokenVersion = "2015-04-01";

    public static FrozenDictionary<string, Operation> Build(RelayOperations relays, MonitorOperations monitors, SecurityTokenService tokens)
    {
        Operation[] all =
        [
            Relay("CreateLivePullToPush", false, true, relays.Create,
                "TaskName StartTime EndTime SourceType SourceProtocol SourceUrls DstUrl RepeatNumber Offset FileIndex RetryCount RetryInterval "
                + "CallbackUrl"),
            Relay("UpdateLivePullToPush", true, true, relays.Update,
                "TaskId StartTime EndTime SourceUrls RepeatNumber Offset FileIndex CallbackUrl"),
            Relay("DescribeLivePullToPush", true, true, relays.Describe, "TaskId"),
            Relay("DescribeLivePullToPushList", true, false, relays.List, "TaskId TaskName DstUrl PageNumber PageSize"),
            Relay("StopLivePullToPush", true, false, relays.Stop, "TaskId"),
            Relay("RestartLivePullToPush", true, false, relays.Restart, "TaskId"),
            Relay("DeleteLivePullToPush", true, true, relays.Delete, "TaskId"),
            Monitor("CreateLiveStreamMonitor", monitors.Create,
                "MonitorName Domain OutputTemplate InputList App Stream MonitorConfig CallbackUrl DingTalkWebHookUrl"),
            Monitor("UpdateLiveStreamMonitor", (call, _) => monitors.Update(call),
                "MonitorId MonitorName Domain OutputTemplate InputList App Stream MonitorConfig CallbackUrl DingTalkWebHookUrl"),
            Monitor("DescribeLiveStreamMonitorList", monitors.List, "MonitorId PageNum PageSize Status OrderRule"),
            Monitor("StartLiveStreamMonitor", monitors.Start, "MonitorId"),
            Monitor("StopLiveStreamMonitor", monitors.Stop, "MonitorId"),
            Monitor("DeleteLiveStreamMonitor", monitors.Delete, "MonitorId"),
            Token("AssumeRole", (call, now, _) => tokens.AssumeRole(call, now),
                "RoleArn RoleSessionName DurationSeconds Policy ExternalId SourceIdentity"),
            Token("GetCallerIdentity", (_, _, caller) => tokens.GetCallerIdentity(caller), ""),
        ];
        return all.ToFrozenDictionary(operation => operation.Name, StringComparer.Ordinal);
    }

    static Operation Relay(
        string name, bool getOnly, bool hasRetCode, Func<CallParameters, DateTimeOffset, JsonObject> run, string parameters) =>
        new(name, LiveVersion, getOnly, hasRetCode, "InvalidParameter", Names("Region " + parameters), (call, now, _) => run(call, now));

    static Operation Monitor(string name, Func<CallParameters, DateTimeOffset, JsonObject> run, string parameters) =>
        new(name, LiveVersion, false, false, "InvalidParameter.Malformed", Names(parameters), (call, now, _) => run(call, now));

    static Operation Token(string name, Func<CallParameters, DateTimeOffset, AccessKey, JsonObject> run, string parameters) =>
        new(name, TokenVersion, false, false, "InvalidParameter", Names(parameters), run);

    static FrozenSet<string> Names(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
