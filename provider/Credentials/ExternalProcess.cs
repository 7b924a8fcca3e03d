using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace PulumiAliyunLive.Credentials;

/// <summary>Runs a program without a shell and returns what it printed.</summary>
/// <param name="limit">In real time; the program is killed when it is over.</param>
/// <exception cref="CredentialsException">It could not be started, took too long, printed too much, or failed.</exception>
delegate Task<byte[]> RunProcess(IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellation);

/// <summary>
/// Keys that a program prints, as profiles of mode <c>External</c> name one. What it prints, on either stream, never appears anywhere.
/// </summary>
static class ExternalProcess
{
    const string Disabled = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";

    public static async ValueTask<TakenKeys> TakeAsync(Surroundings world, string command, string source, CancellationToken cancellation)
    {
        if (world.Value(Disabled) is { } value && !value.Equals("false", StringComparison.OrdinalIgnoreCase) && value != "0")
            throw new CredentialsException($"it runs a program, which {Disabled} forbids");

        var words = Words(command);
        if (words.Count == 0) throw new CredentialsException("its process_command is empty");
        var output = await world.RunProcess(words, CredentialLimits.ExternalProcess, cancellation);

        var what = $"the output of {words[0]}";
        var keys = KeyJson.Object(output, what);
        string Part(string name) => keys.Text(name) ?? throw new CredentialsException($"{what} has no {name}");
        var token = keys.Text("mode") switch
        {
            "AK" or null when keys.Text("sts_token") is null => null,
            "AK" => null,
            "StsToken" or null => Part("sts_token"),
            _ => throw new CredentialsException($"{what} has a mode that is neither AK nor StsToken"),
        };
        var end = KeyJson.Time(keys.Text("expiration"));
        if (keys.Text("expiration") is not null && end is null) throw new CredentialsException($"{what} has an expiration that is no time");
        var found = KeyText.Checked(new LiveCredentials(Part("access_key_id"), Part("access_key_secret"), token, source));
        return new TakenKeys(found, token is null ? end : end ?? world.Clock.GetUtcNow() + CredentialLimits.UnknownLife);
    }

    /// <summary>The words of a command line; quotes keep blanks together and nothing else is special.</summary>
    public static IReadOnlyList<string> Words(string command)
    {
        List<string> words = [];
        var word = new StringBuilder();
        var (inWord, quote) = (false, '\0');
        foreach (var letter in command)
        {
            if (quote != '\0')
            {
                if (letter == quote) quote = '\0';
                else word.Append(letter);
            }
            else if (letter is '"' or '\'')
            {
                (inWord, quote) = (true, letter);
            }
            else if (!char.IsWhiteSpace(letter))
            {
                inWord = true;
                word.Append(letter);
            }
            else if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }

        if (inWord) words.Add(word.ToString());
        return words;
    }

    /// <summary>Runs a program of this machine.</summary>
    public static async Task<byte[]> RunAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        using var process = Start(start);
        try
        {
            // Nobody answers its questions; its complaints are read so that it does not wait to be heard, and forgotten.
            process.StandardInput.Close();
            var complaints = process.StandardError.BaseStream.CopyToAsync(Stream.Null, timer.Token);
            var output = await ReadAsync(process, command[0], timer.Token);
            await process.WaitForExitAsync(timer.Token);
            await complaints;
            return process.ExitCode == 0
                ? output
                : throw new CredentialsException($"{command[0]} failed with exit code {process.ExitCode}; run it by hand to see why");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CredentialsException($"{command[0]} did not finish within {limit.TotalSeconds:0.#} s");
        }
        catch (IOException failure)
        {
            throw new CredentialsException($"{command[0]} could not be listened to: {failure.Message}", failure);
        }
        finally
        {
            Kill(process);
        }
    }

    static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CredentialsException($"{start.FileName} could not be started");
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            throw new CredentialsException($"{start.FileName} could not be started; is it installed and on the PATH?", failure);
        }
    }

    static async Task<byte[]> ReadAsync(Process process, string name, CancellationToken cancellation)
    {
        using var output = new MemoryStream();
        var chunk = new byte[8 * 1024];
        int read;
        while ((read = await process.StandardOutput.BaseStream.ReadAsync(chunk, cancellation)) > 0)
        {
            if (output.Length + read > CredentialLimits.MaxTextBytes)
                throw new CredentialsException($"{name} printed more than keys can be");
            output.Write(chunk, 0, read);
        }

        return output.ToArray();
    }

    static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself meanwhile, or belongs to somebody else now: nothing is left to do.
        }
    }
}
