using System.Runtime.InteropServices;

namespace PulumiAliyunLive.Protocol;

/// <summary>
/// What a process inherits about signals. A shell lets its background jobs ignore SIGINT and SIGQUIT, and so do the children of a CLI that
/// runs as one; .NET leaves an ignored signal ignored, even with a handler. But SIGINT is how the engine tells a plugin to end.
/// </summary>
static class InheritedSignals
{
    const int Interrupt = 2;
    const int Quit = 3;
    const nint DefaultAction = 0;

    /// <summary>Lets signals arrive that were ignored. To be called before the first handler is registered.</summary>
    public static void Heed()
    {
        if (OperatingSystem.IsWindows()) return;
        _ = SetAction(Interrupt, DefaultAction);
        _ = SetAction(Quit, DefaultAction);
    }

    [DllImport("libc", EntryPoint = "signal"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern nint SetAction(int signal, nint action);
}
