using System.Security;

namespace PulumiAliyunLive.Credentials;

/// <summary>Everything outside the process that the search for keys looks at.</summary>
sealed record Surroundings
{
    /// <summary>The value of an environment variable, null where it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The content of a file; fails as <see cref="File.ReadAllBytes"/> does.</summary>
    public required Func<string, byte[]> ReadFile { get; init; }

    /// <summary>Runs a program and returns what it printed.</summary>
    public required RunProcess RunProcess { get; init; }

    public required KeyHttp Http { get; init; }

    public required ISecurityTokenService SecurityTokens { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Receives a line, without secrets, when keys were found.</summary>
    public Action<string> Debug { get; init; } = _ => { };

    /// <summary>The home directory of the user, null in containers and services that have none.</summary>
    public string? Home => First(OperatingSystem.IsWindows() ? ["USERPROFILE", "HOME"] : ["HOME", "USERPROFILE"])?.Value;

    /// <summary>This machine.</summary>
    /// <param name="handler">Replaces the network, in tests.</param>
    public static Surroundings OfThisMachine(
        Func<string, string?> environment, ISecurityTokenService service, TimeProvider clock, HttpMessageHandler? handler,
        Action<string>? debug) =>
        new()
        {
            Environment = environment,
            ReadFile = File.ReadAllBytes,
            RunProcess = ExternalProcess.RunAsync,
            Http = new KeyHttp(clock, handler),
            SecurityTokens = service,
            Clock = clock,
            Debug = debug ?? (_ => { }),
        };

    /// <summary>The value of a variable without blanks around it; null where nothing is left.</summary>
    public string? Value(string name) => KeyText.Given(Environment(name));

    /// <summary>The first of these variables that has a value.</summary>
    public (string Name, string Value)? First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Value(name) is { } value) return (name, value);
        }

        return null;
    }

    public bool IsTrue(string name) => string.Equals(Value(name), "true", StringComparison.OrdinalIgnoreCase) || Value(name) == "1";

    /// <summary>A path as people write it, <c>~</c> standing for the home directory.</summary>
    public string FullPath(string path) =>
        (path is "~" || path.StartsWith("~/", StringComparison.Ordinal)) && Home is { } home ? $"{home}{path[1..]}" : path;

    /// <summary>The bytes of a file that must be there.</summary>
    /// <exception cref="CredentialsException">It is not, or cannot be read.</exception>
    public ReadOnlyMemory<byte> Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = ReadFile(FullPath(path));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CredentialsException($"the file {path} does not exist", failure);
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or SecurityException or ArgumentException or NotSupportedException)
        {
            throw new CredentialsException($"the file {path} cannot be read: {failure.Message}", failure);
        }

        if (bytes.Length > CredentialLimits.MaxTextBytes) throw new CredentialsException($"the file {path} is far too large to hold keys");
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        return bytes.AsSpan().StartsWith(byteOrderMark) ? bytes.AsMemory(byteOrderMark.Length) : bytes;
    }
}
