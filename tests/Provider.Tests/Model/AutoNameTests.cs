using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Tests.Model;

public class AutoNameTests
{
    static readonly byte[] s_seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void A_new_name_is_the_resource_name_and_seven_digits_from_the_seed()
    {
        var (name, failures) = Choose(Request("relay"));
        name.ShouldNotBeNull().ShouldMatch("^relay-[0-9a-f]{7}$");
        failures.ShouldBeEmpty();
        Choose(Request("relay")).Name.ShouldBe(name);
        Choose(Request("relay") with { RandomSeed = new byte[32] }).Name.ShouldNotBe(name, StringComparer.Ordinal);
        Choose(Request("relay") with { Urn = "another" }).Name.ShouldBe(name);
    }

    [Fact]
    public void Without_a_seed_the_name_comes_from_the_urn()
    {
        var request = Request("relay") with { RandomSeed = default };
        Choose(request).Name.ShouldNotBeNull().ShouldMatch("^relay-[0-9a-f]{7}$");
        Choose(request).Name.ShouldBe(Choose(request).Name);
        Choose(request with { Urn = "another" }).Name.ShouldNotBe(Choose(request).Name, StringComparer.Ordinal);
    }

    public static TheoryData<string> Modes => ["none", nameof(AutonamingMode.Propose), nameof(AutonamingMode.Enforce), nameof(AutonamingMode.Disable)];

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_stated_name_wins_known_or_not_and_nothing_is_filled_in(string mode)
    {
        foreach (var stated in (PropertyValue[])["mine", new SecretValue("mine"), PropertyValue.Unknown])
        {
            var request = Request("relay", mode) with { News = new() { ["title"] = stated }, Olds = new() { ["title"] = "old" } };
            Choose(request).ShouldBe((null, ""));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_name_once_chosen_is_kept(string mode)
    {
        var request = Request("relay", mode) with { News = new() { ["title"] = PropertyValue.Null }, Olds = new() { ["title"] = "relay-1234567" } };
        Choose(request).ShouldBe(("relay-1234567", ""));
    }

    [Fact]
    public void A_proposed_name_is_taken_and_fitted_to_length_and_characters()
    {
        Choose(Request("relay", "Propose", "live-relay")).Name.ShouldBe("live-relay");
        Choose(Request("relay", "Propose", "a-very-long-proposal-1234567"), maxLength: 16).Name.ShouldBe("a-very-l-1234567");
        Choose(Request("relay", "Propose", "live relay!"), allowed: char.IsLetterOrDigit).Name.ShouldBe("live-relay-");
        Choose(Request("relay", "Propose", "")).Name.ShouldNotBeNull().ShouldStartWith("relay-");
    }

    [Fact]
    public void An_enforced_name_is_taken_exactly_or_refused()
    {
        Choose(Request("relay", "Enforce", "exact")).ShouldBe(("exact", ""));
        Choose(Request("relay", "Enforce", "exactly"), maxLength: 6)
            .ShouldBe((null, "|title: cannot be `exactly` as the naming rule demands: the name has 7 characters, and at most 6 are allowed; state a name, or change the rule"));
        Choose(Request("relay", "Enforce", "a b"), allowed: char.IsLetterOrDigit).Failures.ShouldContain("a character that is not allowed");
        Choose(Request("relay", "Enforce", "")).Failures.ShouldContain("empty");
    }

    [Fact]
    public void With_naming_switched_off_the_name_must_be_stated() =>
        Choose(Request("relay", "Disable")).ShouldBe((null, "|title: is required, because automatic naming is switched off"));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(13)]
    public void A_long_name_is_cut_in_front_of_its_digits_and_never_through_a_character(int maxLength)
    {
        foreach (var resource in (string[])["a-long-resource-name", "📺📺📺📺📺📺📺📺", "x📺📺📺📺📺📺📺📺"])
        {
            var full = Choose(Request(resource), maxLength: 1000).Name!;
            var name = Choose(Request(resource), maxLength).Name!;
            name.Length.ShouldBeInRange(1, maxLength);
            full.ShouldEndWith(name[^Math.Min(8, name.Length)..]);
            name.EnumerateRunes().ShouldNotContain(System.Text.Rune.ReplacementChar);
        }
    }

    [Fact]
    public void A_cut_proposal_does_not_start_its_end_with_half_a_character() =>
        Choose(Request("relay", "Propose", "abcdefgh📺1234567"), maxLength: 12).Name.ShouldBe("abcde1234567");

    static CheckRequest Request(string name, string mode = "none", string proposed = "proposed") => new(
        $"urn:pulumi:dev::p::studio:index:Show::{name}", name, "studio:index:Show", PropertyMap.Empty, PropertyMap.Empty, s_seed,
        Enum.TryParse<AutonamingMode>(mode, out var parsed) ? new Autonaming(proposed, parsed) : null);

    static (string? Name, string Failures) Choose(CheckRequest request, int maxLength = 64, Func<char, bool>? allowed = null)
    {
        var failures = new CheckFailures(TestSchema.Inputs, request.News);
        var name = AutoName.Choose(request, "title", maxLength, failures, allowed);
        return (name, string.Join("\n", TestSchema.Texts(failures)));
    }
}
