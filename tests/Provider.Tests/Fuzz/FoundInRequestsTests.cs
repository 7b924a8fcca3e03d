using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Tests.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Fuzz;

/// <summary>What generated requests have found.</summary>
public sealed class FoundInRequestsTests
{
    /// <summary>
    /// A URN that is none was quoted whole. As a header of some hundred kilobytes it made clients over nghttp2, such as Node's, break the
    /// connection off, and every other call of it was left without an answer.
    /// </summary>
    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("👩")]
    public async Task An_error_that_quotes_half_a_megabyte_is_cut_to_what_every_client_reads(string letter)
    {
        using var engine = new EngineClient(TimeProvider.System);
        using var dispatcher = new RpcDispatcher(new FakeProvider(), engine);
        await using var server = GrpcServer.Listen();
        await server.ServeAsync(dispatcher, TimeProvider.System);
        using var client = new WireCalls(server.Port);
        var urn = string.Concat(Enumerable.Repeat(letter, 500_000));

        var error = await Should.ThrowAsync<RpcException>(() => client.Check(new Wire.CheckRequest { Urn = urn }));

        error.Code.ShouldBe(PulumiAliyunLive.Model.ProviderStatus.InvalidArgument);
        error.Message.ShouldStartWith($"'{letter}{letter}");
        error.Message.ShouldEndWith(" …");
        error.Message.ShouldNotContain("\uFFFD");
        GrpcFraming.EncodeMessage(error.Message).Length.ShouldBeLessThan(40_000);
    }
}
