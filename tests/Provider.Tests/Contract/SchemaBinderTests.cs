using System.Text.Json;
using System.Text.Json.Nodes;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;

namespace PulumiAliyunLive.Tests.Contract;

/// <summary>The engine, its code generators and its documentation can read the schema.</summary>
public sealed class SchemaBinderTests
{
    [Fact]
    public void The_committed_schema_binds() =>
        SchemaBinder.Problems(JsonDocument.Parse(Repository.Read("schema.json")).RootElement).ShouldBeEmpty();

    [Fact]
    public void The_served_schema_binds()
    {
        using var rig = new Rig(RelayTask.Token);
        SchemaBinder.Problems(JsonDocument.Parse(rig.Provider.GetSchema()).RootElement).ShouldBeEmpty();
    }

    /// <summary>One fault each, and a word of what must be found.</summary>
    public static TheoryData<string, string, string?> Faults() => new()
    {
        { "name", "not allowed", "keywrods" },
        { "types/aliyun-live:index:InputConfig/properties/index/type", "no type", null },
        { "types/aliyun-live:index:InputConfig/required/0", "does not exist", null },
        { "types/aliyun-live:index:SourceType/enum/0/value", "no string", null },
        { "resources/aliyun-live:index:RelayTask/requiredInputs/0", "does not exist", null },
        { "resources/aliyun-live:index:RelayTask/required/0", "does not exist", null },
        { "resources/aliyun-live:index:RelayTask/inputProperties/sourceType/$ref", "leads nowhere", null },
        { "resources/aliyun-live:index:RelayTask/inputProperties/retryCount/default", "default is no integer", null },
        { "resources/aliyun-live:index:RelayTask/inputProperties/region", "not allowed", "requierd" },
        { "provider/inputProperties/region", "reserved", "../version" },
        { "language/csharp/rootNamespace", "not allowed", "rootNamespaec" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_in_the_schema_is_found(string path, string found, string? addedKey)
    {
        var root = JsonNode.Parse(Repository.Read("schema.json"))!;
        var steps = path.Split('/');
        var owner = root;
        foreach (var step in steps[..^1]) owner = owner is JsonArray list ? list[int.Parse(step)]! : owner[step]!;
        if (addedKey is not null)
        {
            var target = owner is JsonObject && owner[steps[^1]] is JsonObject inner
                && !addedKey.StartsWith("../", StringComparison.Ordinal) ? inner : owner.AsObject();
            target[addedKey.Replace("../", "", StringComparison.Ordinal)] = new JsonObject { ["type"] = "string" };
        }
        else if (owner is JsonArray list)
        {
            list[int.Parse(steps[^1])] = "nothing";
        }
        else
        {
            owner[steps[^1]] = steps[^1] == "value" ? 5 : "nothing";
        }

        SchemaBinder.Problems(JsonDocument.Parse(root.ToJsonString()).RootElement).ShouldHaveSingleItem().ShouldContain(found);
    }
}
