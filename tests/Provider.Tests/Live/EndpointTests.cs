using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Live;

public sealed class EndpointTests
{
    [Theory]
    [InlineData("live.aliyuncs.com", "https://live.aliyuncs.com/")]
    [InlineData(" https://live.ap-southeast-1.aliyuncs.com ", "https://live.ap-southeast-1.aliyuncs.com/")]
    [InlineData("https://live.example.com:8443/", "https://live.example.com:8443/")]
    [InlineData("http://localhost:8080", "http://localhost:8080/")]
    [InlineData("http://127.0.0.1:1", "http://127.0.0.1:1/")]
    [InlineData("http://[::1]:1", "http://[::1]:1/")]
    public void An_address_serves(string text, string address)
    {
        Endpoint.TryParse(text, out var endpoint, out var problem).ShouldBeTrue();

        endpoint!.AbsoluteUri.ShouldBe(address);
        problem.ShouldBeNull();
    }

    [Theory]
    [InlineData("http://live.aliyuncs.com", "must begin with https://")]
    [InlineData("http://192.168.0.1", "must begin with https://")]
    [InlineData("ftp://live.aliyuncs.com", "must begin with https://")]
    [InlineData("https://me:pass@live.aliyuncs.com", "user name or password")]
    [InlineData("https://live.aliyuncs.com/path", "without path or query")]
    [InlineData("https://live.aliyuncs.com?x=1", "without path or query")]
    [InlineData("", "must be a host name")]
    [InlineData("https://", "must be a host name")]
    [InlineData("not a host", "must be a host name")]
    public void An_address_that_does_not_serve_is_told_why(string text, string reason)
    {
        Endpoint.TryParse(text, out var endpoint, out var problem).ShouldBeFalse();

        endpoint.ShouldBeNull();
        problem!.ShouldContain(reason);
    }
}
