using PulumiAliyunLive.Live;

namespace PulumiAliyunLive.Tests.Live;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("push to rtmp://push.example.com/app/stream?auth_key=1-0-0-k failed", "push to rtmp://push.example.com/[hidden] failed")]
    [InlineData("at https://user:word@hook.example.com:8443/x now", "at https://hook.example.com:8443/[hidden] now")]
    [InlineData("""["rtmp://a.example.com/1/k","srt://b.example.com:9?streamid=k"]""", """["rtmp://a.example.com/[hidden]","srt://b.example.com:9/[hidden]"]""")]
    [InlineData("see https://help.example.com for more", "see https://help.example.com for more")]
    [InlineData("""{"u":"rtmp:\/\/push.example.com\/app\/key"}""", """{"u":"rtmp:\/\/push.example.com/[hidden]"}""")]
    [InlineData("POST / DstUrl=rtmp%3A%2F%2Fpush.example.com%2Fapp%2Fkey&EndTime=1", "POST / DstUrl=rtmp%3A%2F%2F[hidden]&EndTime=1")]
    [InlineData("twice rtmp%253A%252F%252Fpush.example.com%252Fkey&b", "twice rtmp%253A%252F%252F[hidden]&b")]
    [InlineData("push.example.com/app/stream?auth_key=17-0-0-ab is wrong", "push.example.com/app/stream?[hidden] is wrong")]
    [InlineData("token=abc, and access_token = def; x", "token=[hidden], and access_token = [hidden]; x")]
    [InlineData("""{"AccessKeySecret": "abc", "Region": "cn"}""", """{"AccessKeySecret": "[hidden]", "Region": "cn"}""")]
    [InlineData("Did you mean TaskId? Region=cn-shanghai", "Did you mean TaskId? Region=cn-shanghai")]
    [InlineData("The task has been stopped.", "The task has been stopped.")]
    [InlineData("", "")]
    public void Addresses_and_keys_are_hidden_and_the_rest_stays(string text, string shown) => Redaction.Text(text).ShouldBe(shown);

    [Fact]
    public void A_remembered_secret_is_hidden_wherever_it_stands_also_encoded()
    {
        Redaction.Remember("CAIS/remembered+token==");

        Redaction.Text("a CAIS/remembered+token== b CAIS%2Fremembered%2Btoken%3D%3D c").ShouldBe("a [hidden] b [hidden] c");
    }

    [Fact]
    public void Short_texts_are_not_remembered_because_they_would_tear_words_apart()
    {
        Redaction.Remember("ok");
        Redaction.Remember(null);

        Redaction.Text("token books ok").ShouldBe("token books ok");
    }

    [Fact]
    public void A_secret_within_a_longer_one_leaves_no_rest() => Redaction.Text("x abcdef y", ["abc", "abcdef"]).ShouldBe("x [hidden] y");

    [Fact]
    public void A_long_text_without_anything_to_hide_is_looked_through_in_no_time() =>
        Redaction.Text(new string('a', 200_000)).Length.ShouldBe(200_000);

    [Fact]
    public void Keys_and_options_show_no_secret_as_text()
    {
        new PulumiAliyunLive.Credentials.LiveCredentials("id", "the-secret", "the-token", "test").ToString().ShouldBe("access key id from test");
        new PulumiAliyunLive.Credentials.CredentialOptions { SecretKey = "the-secret", SecurityToken = "the-token" }.ToString().ShouldNotContain("the-");
    }
}
