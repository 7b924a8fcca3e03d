namespace PulumiAliyunLive.Protocol;

/// <summary>What the process is asked to do.</summary>
enum StartMode
{
    Serve,
    ShowVersion,
    ShowSchema,
    ShowHelp,
}

/// <summary>
/// The arguments of the process: <c>[--logtostderr] [-v=N] [--tracing ENDPOINT] ENGINE_ADDRESS</c> from the engine, or what a person types.
/// Flags of engines to come are ignored.
/// </summary>
/// <param name="EngineAddress">Host and port of the engine; null where the process is started by hand.</param>
/// <param name="Problem">Why the arguments cannot be followed; null where they can.</param>
sealed record CommandLine(StartMode Mode, string? EngineAddress, string? Problem)
{
    public static CommandLine Parse(ReadOnlySpan<string> args)
    {
        string? address = null;
        string? stray = null;
        for (var index = 0; index < args.Length; index++)
        {
            switch (args[index])
            {
                case "--version":
                    return new CommandLine(StartMode.ShowVersion, null, null);
                case "--schema":
                    return new CommandLine(StartMode.ShowSchema, null, null);
                case "--help" or "-h":
                    return new CommandLine(StartMode.ShowHelp, null, null);
                case "--tracing":
                    index++;
                    break;
                case ['-', ..]:
                    break;
                // The address comes last; a word before it may be the value of a flag that is not known here.
                case var word when GrpcClient.IsAddress(word):
                    address = word;
                    break;
                case var word:
                    stray ??= word;
                    break;
            }
        }

        return new CommandLine(
            StartMode.Serve, address,
            address is null && stray is not null ? $"'{stray}' is not the address of a Pulumi engine (host:port); see --help" : null);
    }
}
