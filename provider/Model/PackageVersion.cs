using System.Reflection;

namespace PulumiAliyunLive.Model;

/// <summary>The one version number, as it was built in.</summary>
static class PackageVersion
{
    /// <summary>Semantic version without a leading <c>v</c> and without build metadata.</summary>
    public static string Text { get; } = typeof(PackageVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
