using System.Security.Cryptography;
using System.Text;
using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Live;

public sealed class SignatureTests
{
    // The worked example of the official page "Request syntax and signature method V3".
    static readonly KeyValuePair<string, string>[] Parameters =
    [
        new("RegionId", "cn-shanghai"),
        new("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
    ];

    static readonly KeyValuePair<string, string>[] Headers =
    [
        new("x-acs-version", "2014-05-26"),
        new("x-acs-action", "RunInstances"),
        new("host", "ecs.cn-shanghai.aliyuncs.com"),
        new("x-acs-date", "2023-10-26T10:22:32Z"),
        new("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
        new("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ];

    [Fact]
    public void The_official_example_has_the_official_canonical_request()
    {
        var request = Signature.CanonicalRequest(HttpMethod.Post, Signature.CanonicalQuery(Parameters), Headers);

        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))
            .ShouldBe("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
    }

    [Fact]
    public void The_official_example_has_the_official_signature()
    {
        var header = Signature.Authorization(HttpMethod.Post, Signature.CanonicalQuery(Parameters), Headers, "YourAccessKeyId", "YourAccessKeySecret");

        header.ShouldBe(
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId," +
            "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
            "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }

    [Theory]
    [InlineData(" ", "%20")]
    [InlineData("*", "%2A")]
    [InlineData("~", "~")]
    [InlineData("/", "%2F")]
    [InlineData("+", "%2B")]
    [InlineData("-_.", "-_.")]
    [InlineData("!'()", "%21%27%28%29")]
    [InlineData("\"[]{}", "%22%5B%5D%7B%7D")]
    [InlineData("拉流", "%E6%8B%89%E6%B5%81")]
    [InlineData("📺", "%F0%9F%93%BA")]
    [InlineData("%41", "%2541")]
    [InlineData("", "")]
    public void Everything_but_the_unreserved_letters_is_percent_encoded(string text, string encoded) => Signature.Encode(text).ShouldBe(encoded);

    [Fact]
    public void A_value_of_any_length_is_encoded() => Signature.Encode(new string('/', 100_000)).Length.ShouldBe(300_000);

    [Fact]
    public void Parameters_are_sorted_by_the_bytes_of_their_names_and_empty_values_stay() =>
        Signature.CanonicalQuery([new("b", "2"), new("a", ""), new("B", "1"), new("_", "0")]).ShouldBe("B=1&_=0&a=&b=2");
}
