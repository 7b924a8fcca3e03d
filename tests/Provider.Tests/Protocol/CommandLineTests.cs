using PulumiAliyunLive.Protocol;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("127.0.0.1:4321")]
    [InlineData("--logtostderr -v=9 --tracing file:///trace 127.0.0.1:4321")]
    [InlineData("--tracing 10.0.0.1:9 127.0.0.1:4321")]
    [InlineData("--some-flag-to-come value 127.0.0.1:4321")]
    [InlineData("127.0.0.1:1 127.0.0.1:4321")]
    [InlineData("-v=9 127.0.0.1:4321 more words")]
    public void The_engines_address_is_found_among_whatever_else_there_is(string line)
    {
        var parsed = CommandLine.Parse(line.Split(' '));

        parsed.ShouldBe(new CommandLine(StartMode.Serve, "127.0.0.1:4321", Problem: null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--logtostderr")]
    [InlineData("--tracing")]
    [InlineData("--tracing 127.0.0.1:1")]
    public void Without_an_address_the_process_waits_to_be_attached_to(string line)
    {
        var parsed = CommandLine.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        parsed.ShouldBe(new CommandLine(StartMode.Serve, EngineAddress: null, Problem: null));
    }

    [Theory]
    [InlineData("version")]
    [InlineData("4321")]
    [InlineData("--flag here there")]
    public void A_word_that_is_no_address_is_a_problem(string line)
    {
        var parsed = CommandLine.Parse(line.Split(' '));

        parsed.EngineAddress.ShouldBeNull();
        parsed.Problem.ShouldNotBeNull().ShouldContain("is not the address of a Pulumi engine");
    }

    [Theory]
    [InlineData("--version", nameof(StartMode.ShowVersion))]
    [InlineData("--schema", nameof(StartMode.ShowSchema))]
    [InlineData("--help", nameof(StartMode.ShowHelp))]
    [InlineData("-h", nameof(StartMode.ShowHelp))]
    [InlineData("--logtostderr --version 127.0.0.1:1", nameof(StartMode.ShowVersion))]
    public void People_can_ask(string line, string mode) => CommandLine.Parse(line.Split(' ')).Mode.ToString().ShouldBe(mode);
}
