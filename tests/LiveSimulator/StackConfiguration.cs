namespace LiveSimulator;

/// <summary>What a stack is told so that it uses this simulator.</summary>
public static class StackConfiguration
{
    /// <summary>The commands, the address of the simulator included.</summary>
    public static IEnumerable<string> Commands(Uri address) =>
        [$"pulumi config set aliyun-live:endpoint {address.GetLeftPart(UriPartial.Authority)}", .. Keys];

    /// <summary>The commands that name the keys.</summary>
    internal static IReadOnlyList<string> Keys { get; } =
    [
        $"pulumi config set aliyun-live:accessKey {LiveService.DefaultAccessKeyId}",
        $"pulumi config set --secret aliyun-live:secretKey {LiveService.DefaultAccessKeySecret}",
    ];
}
