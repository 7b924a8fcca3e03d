namespace PulumiAliyunLive.Tests;

/// <summary>The files of the repository that the tests were built from.</summary>
static class Repository
{
    static readonly string[] s_built = ["bin", "obj", "node_modules", "artifacts", "dist", "TestResults", ".git"];

    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>The text of a file, named from the repository's folder on.</summary>
    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    /// <summary>All files below a folder that people write, as paths from the repository's folder on.</summary>
    public static IEnumerable<string> Files(string folder = "", string pattern = "*") =>
        Below(new DirectoryInfo(Path.Combine(Root, folder)), pattern)
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    static IEnumerable<FileInfo> Below(DirectoryInfo folder, string pattern)
    {
        var inside = folder.EnumerateDirectories().Where(inner => !s_built.Contains(inner.Name, StringComparer.Ordinal));
        return folder.EnumerateFiles(pattern).Concat(inside.SelectMany(inner => Below(inner, pattern)));
    }

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "pulumi-aliyun-live.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }
}
