using LiveSimulator;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Resources;

/// <summary>Looks for every secret that the tests' programs hold.</summary>
static class Secrets
{
    static readonly string[] Keys = ["PUSHKEY", "SOURCEKEY", "FILEKEY", "HOOKKEY", "DINGKEY", "BADKEY", LiveService.DefaultAccessKeySecret];

    /// <summary>No secret in any log line or error, nor unmarked in the state.</summary>
    public static void ShouldNotLeak(Rig rig)
    {
        foreach (var key in Keys)
        {
            rig.Transcript.ToString().ShouldNotContain(key);
            foreach (var line in rig.Log.Lines) line.Message.ShouldNotContain(key);
        }

        if (rig.State is { } state)
        {
            ShouldBeMarked(state.Inputs, "inputs");
            ShouldBeMarked(state.Outputs, "outputs");
        }
    }

    static void ShouldBeMarked(PropertyValue value, string path)
    {
        switch (value)
        {
            case SecretValue: break;
            case StringValue text:
                foreach (var key in Keys) text.Value.Contains(key, StringComparison.Ordinal).ShouldBeFalse($"{path} is in clear");
                break;
            case ArrayValue array:
                for (var index = 0; index < array.Items.Length; index++) ShouldBeMarked(array.Items[index], $"{path}[{index}]");
                break;
            case ObjectValue map:
                foreach (var (name, member) in map.Fields) ShouldBeMarked(member, $"{path}.{name}");
                break;
        }
    }
}
