using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Resources;

/// <summary>Names a relay task: the service needs the region in each call and echoes it in none, so the id carries it.</summary>
readonly record struct RelayTaskId(string Region, string TaskId)
{
    const string Example = "cn-shanghai/8c218232-5ce2-4eae-829a-8ab15bdab2eb";

    /// <summary>The id in the state file and in imports: <c>region/taskId</c>.</summary>
    public override string ToString() => $"{Region}/{TaskId}";

    /// <summary>The task of a resource in the state: its id, with the task id last seen, should a restart have changed it.</summary>
    public static RelayTaskId Of(string id, PropertyMap outputs, string? defaultRegion)
    {
        var parsed = Parse(id, defaultRegion);
        return outputs["taskId"]?.Text is { Length: > 0 } taskId ? parsed with { TaskId = taskId } : parsed;
    }

    /// <summary>Reads <c>region/taskId</c>, or a bare task id together with the provider's region.</summary>
    /// <exception cref="ProviderException">The text is neither; the message shows the form.</exception>
    public static RelayTaskId Parse(string text, string? defaultRegion)
    {
        var parts = text.Split('/');
        return parts switch
        {
            [{ Length: > 0 } region, { Length: > 0 } taskId] when IsTaskId(taskId) => new(region, taskId),
            [{ Length: > 0 } taskId] when IsTaskId(taskId) && defaultRegion is not null => new(defaultRegion, taskId),
            [{ Length: > 0 } taskId] when IsTaskId(taskId) => throw new ProviderException(
                ProviderStatus.InvalidArgument,
                $"The id names no region and the provider has none: state it as `<region>/<taskId>`, for example `{Example}`, "
                + "or set `aliyun-live:region`."),
            _ => throw new ProviderException(
                ProviderStatus.InvalidArgument,
                $"The id of a relay task is `<region>/<taskId>`, for example `{Example}`; a task id holds letters, digits, `_` and `-`."),
        };
    }

    public static bool IsTaskId(string text) => text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');
}
