using EngineHarness;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.EngineHarness;

public sealed class StateFileTests : IDisposable
{
    static readonly Dictionary<string, IReadOnlyList<string>> s_none = new(StringComparer.Ordinal);

    readonly string _folder = Directory.CreateTempSubdirectory("state-file-").FullName;

    string Path => System.IO.Path.Combine(_folder, "state.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static StackState Stack { get; } = new(
        [
            new()
            {
                Urn = "urn:pulumi:dev::x::t:index:T::a",
                Type = "t:index:T",
                Id = "id-1",
                Provider = "urn:pulumi:dev::x::pulumi:providers:t::default::p-1",
                Inputs = new()
                {
                    ["key"] = new SecretValue("hush-1"),
                    ["deep"] = PropertyValue.Of(new PropertyMap { ["inner"] = new SecretValue(new PropertyMap { ["word"] = "hush-2" }) }),
                    ["none"] = PropertyValue.Null,
                },
                Outputs = new() { ["n"] = 1.5, ["flag"] = true, ["list"] = PropertyValue.Of("a", 2) },
                Protect = true,
                Taint = true,
                RefreshBeforeUpdate = true,
                Dependencies = ["urn:b"],
                InitErrors = ["not yet"],
                IgnoreChanges = ["a.b"],
                AdditionalSecretOutputs = ["n"],
                Timeouts = new(Create: 90, Read: 1),
                ImportId = "imported",
                PropertyDependencies = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["key"] = ["urn:b"] },
            },
        ],
        [new("urn:pulumi:dev::x::t:index:T::b", "creating")]);

    [Fact]
    public void What_is_saved_is_read_again()
    {
        var file = new StateFile(Path, "pass");
        file.Config["t:secret"] = new("hush-3", Secret: true);
        file.Config["t:open"] = new("word", Secret: false);
        file.Save(Stack);

        var again = new StateFile(Path, "pass");

        var (saved, read) = (Stack.Resources[0], again.State.Resources.Single());
        read.Inputs.ShouldBe(saved.Inputs);
        read.Outputs.ShouldBe(saved.Outputs);
        read.Dependencies.ShouldBe(saved.Dependencies);
        read.InitErrors.ShouldBe(saved.InitErrors);
        read.IgnoreChanges.ShouldBe(saved.IgnoreChanges);
        read.AdditionalSecretOutputs.ShouldBe(saved.AdditionalSecretOutputs);
        read.PropertyDependencies.Single().Key.ShouldBe("key");
        read.PropertyDependencies["key"].ShouldBe(["urn:b"]);
        Plain(read).ShouldBe(Plain(saved));
        again.State.Pending.ShouldBe(Stack.Pending);
        again.Config.ShouldBe(file.Config);
    }

    /// <summary>A state without what compares by reference.</summary>
    static ResourceState Plain(ResourceState state) => state with
    {
        Inputs = PropertyMap.Empty,
        Outputs = PropertyMap.Empty,
        Dependencies = [],
        InitErrors = [],
        IgnoreChanges = [],
        AdditionalSecretOutputs = [],
        PropertyDependencies = s_none,
    };

    [Fact]
    public void No_secret_stands_in_the_file()
    {
        var file = new StateFile(Path, "pass");
        file.Config["t:secret"] = new("hush-3", Secret: true);
        file.Save(Stack);

        var text = File.ReadAllText(Path);
        text.ShouldNotContain("hush");
        text.ShouldContain("\"4dabf18193072939515e22adb298388d\": \"1b47061264138c4ac30d75fd1eb44270\"");
    }

    [Fact]
    public void The_file_changes_only_with_the_stack()
    {
        new StateFile(Path, "pass").Save(Stack);
        var before = File.ReadAllText(Path);

        var again = new StateFile(Path, "pass");
        again.Save(again.State);

        File.ReadAllText(Path).ShouldBe(before);
    }

    [Fact]
    public void A_wrong_passphrase_is_named_as_such()
    {
        new StateFile(Path, "pass").Save(Stack);

        Should.Throw<InvalidOperationException>(() => new StateFile(Path, "other")).Message.ShouldStartWith("incorrect passphrase");
    }
}
