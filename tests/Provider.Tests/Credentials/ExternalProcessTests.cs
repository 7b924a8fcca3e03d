using System.Text;
using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Tests.Credentials;

/// <summary>With real programs: small scripts of the shell.</summary>
public sealed class ExternalProcessTests
{
    static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task What_a_program_prints_is_returned_and_its_complaints_are_dropped() =>
        Encoding.UTF8.GetString(await RunAsync("echo complaint >&2; echo '{\"a\":1}'")).ShouldBe("{\"a\":1}\n");

    [Fact]
    public async Task A_program_that_fails_is_told_by_its_exit_code_alone()
    {
        var failure = await Should.ThrowAsync<CredentialsException>(() => RunAsync("echo hush-hush; echo hush-hush >&2; exit 3"));

        failure.Message.ShouldBe("sh failed with exit code 3; run it by hand to see why");
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_named()
    {
        var failure = await Should.ThrowAsync<CredentialsException>(() => ExternalProcess.RunAsync(["no-such-program-anywhere"], s_long, CancellationToken.None));

        failure.Message.ShouldContain("no-such-program-anywhere could not be started");
    }

    [Fact]
    public async Task A_program_that_takes_too_long_is_stopped()
    {
        // The limit is all that can end it: it would run for an hour.
        var failure = await Should.ThrowAsync<CredentialsException>(
            () => ExternalProcess.RunAsync(["sh", "-c", "sleep 3600"], TimeSpan.FromMilliseconds(100), CancellationToken.None));

        failure.Message.ShouldBe("sh did not finish within 0.1 s");
    }

    [Fact]
    public async Task A_cancelled_run_stops_the_program()
    {
        using var cancellation = new CancellationTokenSource();
        var run = ExternalProcess.RunAsync(["sh", "-c", "sleep 3600"], s_long, cancellation.Token);
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(run);
    }

    [Fact]
    public async Task A_program_that_asks_gets_no_answer() => (await RunAsync("read answer; echo \"[$answer]\"")).Length.ShouldBe(3);

    [Fact]
    public async Task A_program_that_never_stops_talking_is_stopped() =>
        (await Should.ThrowAsync<CredentialsException>(() => RunAsync("while :; do echo hush-hush; done"))).Message.ShouldBe("sh printed more than keys can be");

    [Theory]
    [InlineData("", "")]
    [InlineData("  a  b\tc ", "a|b|c")]
    [InlineData("\"C:\\Program Files\\x.exe\" --a='b c'", "C:\\Program Files\\x.exe|--a=b c")]
    [InlineData("a '' b", "a||b")]
    public void Quotes_keep_words_together(string command, string words) => string.Join('|', ExternalProcess.Words(command)).ShouldBe(words);

    static Task<byte[]> RunAsync(string script) => ExternalProcess.RunAsync(["sh", "-c", script], s_long, CancellationToken.None);
}
