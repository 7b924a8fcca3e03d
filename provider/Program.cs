using System.Runtime.InteropServices;
using System.Text;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;

const string Help = """
    pulumi-resource-aliyun-live: the plugin with which Pulumi manages relay tasks and monitor sessions of ApsaraVideo Live.

    Pulumi starts it by itself: pulumi-resource-aliyun-live [flags] ENGINE_ADDRESS
    Without an address it waits for a Pulumi to attach: PULUMI_DEBUG_PROVIDERS=aliyun-live:PORT pulumi up

      --version   print the version
      --schema    print the package schema, as JSON
      --help      print this text

    """;

var line = CommandLine.Parse(args);
try
{
    switch (line.Mode)
    {
        case StartMode.ShowVersion:
            Print($"{PackageVersion.Text}\n");
            return 0;
        case StartMode.ShowHelp:
            Print(Help);
            return 0;
        case StartMode.ShowSchema:
            using (var silent = new EngineClient(TimeProvider.System))
                Print(Encoding.UTF8.GetString(new LiveProvider(silent, TimeProvider.System).GetSchema().Span));
            return 0;
        default:
            return line.Problem is null ? await ServeAsync(line.EngineAddress) : Fail(line.Problem);
    }
}
catch (Exception e)
{
    return Fail($"cannot start: {e.Message}");
}

static async Task<int> ServeAsync(string? engineAddress)
{
    // Kept short after a signal: the engine kills what takes longer than five seconds, and people wait. But a creation on its way may
    // have made something that costs money, and is given the time to learn its id.
    var timeForCalls = Limits.CreateGrace + TimeSpan.FromSeconds(1);
    var timeForReplies = TimeSpan.FromMilliseconds(700);

    InheritedSignals.Heed();
    var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop);

    // The engine waits for the port, the first line of standard output, where nothing else ever goes. What its first call needs can be
    // built while it connects.
    await using var server = GrpcServer.Listen();
    Print($"{server.Port}\n");

    using var engine = new EngineClient(TimeProvider.System);
    if (engineAddress is not null)
        engine.Connect(engineAddress);
    using var dispatcher = new RpcDispatcher(new LiveProvider(engine, TimeProvider.System), engine);
    await server.ServeAsync(dispatcher, TimeProvider.System);
    if (engineAddress is null && !Console.IsInputRedirected && !Console.IsOutputRedirected)
        Explain(server.Port);

    using var watching = new CancellationTokenSource();
    var gone = engineAddress is null ? Task.Delay(Timeout.Infinite, watching.Token) : engine.WaitUntilGoneAsync(watching.Token);
    await Task.WhenAny(stop.Task, gone);
    await watching.CancelAsync();

    dispatcher.Dispose();
    await Task.WhenAny(dispatcher.Ended, Task.Delay(timeForCalls));
    using var patience = new CancellationTokenSource(timeForReplies);
    await server.StopAsync(patience.Token);
    return 0;

    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.TrySetResult();
    }
}

static void Explain(int port) => Console.Error.WriteLine(
    $"""
    This is the Pulumi plugin for ApsaraVideo Live relay tasks and monitor sessions, version {PackageVersion.Text}.
    Pulumi starts it by itself. Started by hand it waits for a Pulumi to attach, for example to debug it:

      PULUMI_DEBUG_PROVIDERS=aliyun-live:{port} pulumi preview

    Press Ctrl-C to stop it.
    """);

// Straight to the stream: the console's writer would cost start-up time and guess an encoding.
static void Print(string text)
{
    using var output = Console.OpenStandardOutput();
    output.Write(Encoding.UTF8.GetBytes(text));
    output.Flush();
}

static int Fail(string problem)
{
    Console.Error.WriteLine($"pulumi-resource-aliyun-live: {problem.ReplaceLineEndings(" ")}");
    return 1;
}
