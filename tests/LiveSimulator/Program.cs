using System.Runtime.InteropServices;
using LiveSimulator;

const string usage = """
    live-simulator [--port N] [--set name=value ...]

    A local ApsaraVideo Live on 127.0.0.1: relay tasks and monitor sessions, with signatures verified.
    Without --port it takes port 7788; --port 0 takes any free one.
    """;

var settings = new SimulatorSettings();
var port = 7788;
for (var place = 0; place < args.Length; place++)
{
    var value = place + 1 < args.Length ? args[place + 1] : "";
    var equals = value.IndexOf('=', StringComparison.Ordinal);
    switch (args[place])
    {
        case "--help" or "-h":
            Console.WriteLine(usage);
            return 0;
        case "--port" when int.TryParse(value, out port) && port is >= 0 and <= 65535:
            place++;
            break;
        case "--set" when equals > 0:
            try
            {
                settings.Set(value[..equals], value[(equals + 1)..]);
            }
            catch (ArgumentException error)
            {
                return Refuse(error.Message);
            }
            place++;
            break;
        default:
            return Refuse($"{args[place]} {value} is not understood.\n{usage}");
    }
}

using var ended = new ManualResetEventSlim();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
RunningSimulator simulator;
try
{
    simulator = SimulatorServer.Start(new LiveService(TimeProvider.System, settings), port);
}
catch (IOException error)
{
    return Refuse($"Port {port} cannot be used: {error.Message}");
}
await using (simulator)
{
    const string keys = $"{LiveService.DefaultAccessKeyId} / {LiveService.DefaultAccessKeySecret}";
    Console.WriteLine($"live-simulator listens on {simulator.Address} with access key {keys}");
    Console.WriteLine($"""

        Console, for a browser: {simulator.Address}
        For a stack that is to use it:
          {string.Join("\n  ", StackConfiguration.Commands(simulator.Address))}

        Ctrl-C ends it; everything is kept in memory only.
        """);
    ended.Wait();
}
return 0;

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Set();
}

static int Refuse(string message)
{
    Console.Error.WriteLine(message);
    return 2;
}
