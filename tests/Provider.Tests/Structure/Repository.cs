using System.Runtime.CompilerServices;

namespace PulumiAliyunLive.Tests.Structure;

/// <summary>The files of the project, as a checkout holds them.</summary>
static class Repository
{
    static readonly string[] s_built = ["bin", "obj", "node_modules", "artifacts", "dist", "TestResults"];

    public static string Root { get; } = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", ".."));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>All files below a folder that are written by people, as paths from the root with <c>/</c>.</summary>
    public static IEnumerable<string> Files(string folder = "", string pattern = "*") =>
        Below(new DirectoryInfo(Path.Combine(Root, folder)), pattern)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    static IEnumerable<string> Below(DirectoryInfo folder, string pattern)
    {
        foreach (var file in folder.EnumerateFiles(pattern)) yield return file.FullName;
        foreach (var inner in folder.EnumerateDirectories())
        {
            if (s_built.Contains(inner.Name, StringComparer.Ordinal) || inner.Name == ".git") continue;
            foreach (var file in Below(inner, pattern)) yield return file;
        }
    }

    static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
