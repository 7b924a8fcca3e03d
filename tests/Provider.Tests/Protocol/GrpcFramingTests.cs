using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Protocol;

public sealed class GrpcFramingTests
{
    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("Application/GRPC", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_grpc_content_types_are_grpc(string? contentType, bool expected) => GrpcFraming.IsGrpc(contentType).ShouldBe(expected);

    [Fact]
    public void A_message_follows_its_flag_and_its_length()
    {
        var output = new ArrayBufferWriter<byte>();

        GrpcFraming.Write(output, new Wire.PluginInfo { Version = "1.2.3" });

        output.WrittenSpan.ToArray().ShouldBe([0, 0, 0, 0, 7, 0x0A, 5, .. "1.2.3"u8]);
    }

    [Theory]
    [InlineData("plain text 0-9 ~!@#$^&*()", "plain text 0-9 ~!@#$^&*()")]
    [InlineData("", "")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\tc\r", "a%0Ab%09c%0D")]
    [InlineData("ü漢🎥", "%C3%BC%E6%BC%A2%F0%9F%8E%A5")]
    [InlineData("\u007f", "%7F")]
    public void A_status_text_is_percent_encoded(string text, string encoded)
    {
        GrpcFraming.EncodeMessage(text).ShouldBe(encoded);
        GrpcFraming.DecodeMessage(encoded).ShouldBe(text);
    }

    [Fact]
    public void Every_text_survives_and_is_a_legal_header()
    {
        Prop.ForAll<string>(text =>
        {
            var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));
            var encoded = GrpcFraming.EncodeMessage(valid);
            return encoded.All(letter => letter is >= ' ' and <= '~') && GrpcFraming.DecodeMessage(encoded) == valid;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("100%ZZ", "100%ZZ")]
    [InlineData("%", "%")]
    public void A_malformed_escape_stays_as_it_is(string encoded, string text) => GrpcFraming.DecodeMessage(encoded).ShouldBe(text);

    [Theory]
    [InlineData("", "")]
    [InlineData("01", "AQ")]
    [InlineData("0102", "AQI")]
    [InlineData("010203", "AQID")]
    [InlineData("FBFF", "+/8")]
    public void Details_are_base64_without_padding_and_read_with_either(string hex, string encoded)
    {
        var bytes = Convert.FromHexString(hex);
        GrpcFraming.EncodeBinary(bytes).ShouldBe(encoded);
        GrpcFraming.DecodeBinary(encoded).ShouldBe(bytes);
        GrpcFraming.DecodeBinary(Convert.ToBase64String(bytes)).ShouldBe(bytes);
    }

    [Fact]
    public void What_is_not_base64_is_nothing() => GrpcFraming.DecodeBinary("%%%").ShouldBeNull();

    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("50u", 500)]
    [InlineData("600n", 6)]
    [InlineData("0S", 0)]
    [InlineData("4999999u", 49_999_990)]
    public void A_time_limit_is_digits_and_a_unit(string value, long ticks) =>
        GrpcFraming.ParseTimeout(value).ShouldBe(TimeSpan.FromTicks(ticks));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("99999999H")]
    public void No_time_limit_and_one_beyond_all_timers_mean_none(string? value) => GrpcFraming.ParseTimeout(value).ShouldBeNull();

    [Theory]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData("5.5S")]
    [InlineData("123456789S")]
    [InlineData(" 5S")]
    public void Any_other_time_limit_is_refused(string value) =>
        Should.Throw<RpcException>(() => GrpcFraming.ParseTimeout(value)).Code.ShouldBe(ProviderStatus.Internal);

    [Theory]
    [InlineData(0, "0u")]
    [InlineData(-1, "0u")]
    [InlineData(0.000_001, "1u")]
    [InlineData(5, "5000000u")]
    [InlineData(100, "100000m")]
    [InlineData(1_000_000, "1000000S")]
    [InlineData(1e11, "99999999S")]
    public void A_time_limit_is_written_as_fine_as_eight_digits_allow(double seconds, string expected) =>
        GrpcFraming.FormatTimeout(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);

    [Theory]
    [InlineData("0000000000", null, 0)]
    [InlineData("00000001FF", null, 511)]
    [InlineData("0019000000", "gzip", 419430400)]
    public void A_prefix_tells_the_length(string hex, string? encoding, int length) =>
        GrpcFraming.ReadPrefix(Convert.FromHexString(hex), encoding).ShouldBe(length);

    [Theory]
    [InlineData("0100000001", "gzip", ProviderStatus.Unimplemented)]
    [InlineData("0100000001", "identity", ProviderStatus.Internal)]
    [InlineData("0100000001", null, ProviderStatus.Internal)]
    [InlineData("0200000001", "gzip", ProviderStatus.Internal)]
    [InlineData("0019000001", null, ProviderStatus.ResourceExhausted)]
    [InlineData("00FFFFFFFF", null, ProviderStatus.ResourceExhausted)]
    public void A_prefix_that_promises_too_much_is_refused(string hex, string? encoding, object status) =>
        Should.Throw<RpcException>(() => GrpcFraming.ReadPrefix(Convert.FromHexString(hex), encoding))
            .Code.ShouldBe((ProviderStatus)status);

    [Fact]
    public void Details_read_back_as_they_were()
    {
        var status = new Wire.Status { Code = 2, Message = "text" };

        Wire.Status.Parser.ParseFrom(GrpcFraming.DecodeBinary(GrpcFraming.EncodeBinary(status.ToByteArray()))).ShouldBe(status);
    }
}
