using PulumiAliyunLive.Credentials;

namespace PulumiAliyunLive.Tests.Credentials;

public sealed class MetadataKeysTests
{
    static readonly CredentialOptions s_role = new() { EcsRoleName = "node" };

    [Fact]
    public async Task The_second_version_is_asked_with_a_token_of_its_own()
    {
        var world = new World();
        world.Network.Answer = request => StandInNetwork.Text(request.Method == "PUT" ? "the-token" : request.Path.EndsWith('/') ? "node" : world.Keys("id"));

        (await world.FindAsync()).ShouldBe(new LiveCredentials("id", "secret-of-id", "token-of-id", "role `node` of the ECS instance"));

        world.Network.Requests.Select(request => $"{request.Method} {request.Address}").ShouldBe(
        [
            "PUT http://100.100.100.200/latest/api/token",
            "GET http://100.100.100.200/latest/meta-data/ram/security-credentials/",
            "GET http://100.100.100.200/latest/meta-data/ram/security-credentials/node",
        ]);
        world.Network.Requests[0].Headers["X-aliyun-ecs-metadata-token-ttl-seconds"].ShouldBe("21600");
        world.Network.Requests[2].Headers["X-aliyun-ecs-metadata-token"].ShouldBe("the-token");
    }

    [Theory]
    [InlineData("ALICLOUD_ECS_ROLE_NAME")]
    [InlineData("ALIBABA_CLOUD_ECS_METADATA")]
    public async Task A_role_named_by_the_environment_is_not_discovered(string variable)
    {
        var world = new World();
        world.Variables[variable] = "named";
        world.Network.Answer = request => StandInNetwork.Text(request.Method == "PUT" ? "the-token" : world.Keys("id"));

        await world.FindAsync();

        world.Network.Requests.Count.ShouldBe(2);
        world.Network.Requests[1].Path.ShouldEndWith("/named");
    }

    [Fact]
    public async Task The_first_version_is_asked_where_the_second_gives_no_token()
    {
        var world = new World();
        world.Network.Answer = request => request.Method == "PUT" ? StandInNetwork.Text("", 404) : StandInNetwork.Text(world.Keys("id"));

        (await world.FindAsync(s_role)).AccessKeyId.ShouldBe("id");

        world.Network.Requests[^1].Headers.Keys.ShouldNotContain("X-aliyun-ecs-metadata-token");
    }

    [Fact]
    public async Task The_first_version_is_not_asked_where_that_is_forbidden()
    {
        var world = new World();
        world.Variables["ALIBABA_CLOUD_IMDSV1_DISABLED"] = "true";
        world.Network.Answer = request => request.Method == "PUT" ? StandInNetwork.Text("", 403) : StandInNetwork.Text(world.Keys("id"));

        (await world.FailAsync(s_role)).ShouldContain("gave no token (answered HTTP 403), and ALIBABA_CLOUD_IMDSV1_DISABLED forbids to ask without one");
        world.Network.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Off_the_cloud_it_is_asked_once_and_no_more()
    {
        var world = new World();

        (await world.FailAsync(s_role)).ShouldContain("this is no ECS instance, or it is shielded");
        world.Network.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task It_is_not_asked_where_that_is_switched_off()
    {
        var world = new World();
        world.Variables["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "TRUE";

        (await world.FailAsync(s_role)).ShouldContain("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true");
        world.Network.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(503, "", "the metadata service could not give keys of the role `node`: answered HTTP 503")]
    [InlineData(404, "", "no such RAM role is attached to the ECS instance")]
    [InlineData(200, "<html>hush-hush</html>", "the metadata service's answer is no JSON (line 1, byte 1)")]
    [InlineData(200, "[]", "the metadata service's answer is JSON, but no object")]
    [InlineData(200, """{"Code":"Failed","AccessKeySecret":"hush-hush"}""", "the metadata service's answer says that there are no keys")]
    [InlineData(200, """{"AccessKeyId":"id","AccessKeySecret":"hush-hush"}""", "the metadata service's answer has no SecurityToken")]
    [InlineData(200, """{"AccessKeyId":"id","AccessKeySecret":"hush-hush","SecurityToken":"t","Expiration":"2026-01-02T03:00:00Z"}""", "had run out at 2026-01-02T03:00:00Z")]
    public async Task A_wrong_answer_is_named_and_not_shown(int status, string body, string words)
    {
        var world = new World();
        world.Network.Answer = request => request.Method == "PUT" ? StandInNetwork.Text("the-token") : StandInNetwork.Text(body, status);

        var told = await world.FailAsync(s_role);

        told.ShouldContain(words);
        told.ShouldNotContain("hush-hush");
    }

    [Fact]
    public async Task A_fault_that_passes_is_waited_out()
    {
        var world = new World();
        var faults = 0;
        world.Network.Answer = request => ++faults is 2 or 3 ? StandInNetwork.Text("", 500) : StandInNetwork.Text(request.Method == "PUT" ? "t" : world.Keys("id"));

        (await world.FindAsync(s_role)).AccessKeyId.ShouldBe("id");
        world.Network.Requests.Count.ShouldBe(4);
    }
}
