using System.Text.RegularExpressions;
using PulumiAliyunLive.Credentials;
using PulumiAliyunLive.Live;
using PulumiAliyunLive.Model;
using PulumiAliyunLive.Resources;

namespace PulumiAliyunLive.Tests.Credentials;

/// <summary>The page about installation and configuration says what schema and code do.</summary>
public sealed partial class InstallationPageTests
{
    static readonly string s_page = Repository.Read("docs/installation-configuration.md");

    [Fact]
    public void The_table_of_settings_is_the_schemas_with_the_codes_variables()
    {
        var rows = Settings().Select(setting => $"| `{setting.Path}` | {Cell(setting.Path)} | {(setting.Property.Secret ? "yes" : "no")} | {Words(setting.Property)} |");

        s_page.ShouldContain($"| setting | environment | secret | meaning |\n|---|---|---|---|\n{string.Join('\n', rows)}\n\n");

        static string Cell(string path) =>
            ProviderConfig.Variables.TryGetValue(path, out var names) ? string.Join("<br>", names.Select(name => $"`{name}`")) : "–";
    }

    [Fact]
    public void Every_description_ends_with_the_variables_that_are_read()
    {
        var settings = Settings().ToList();
        foreach (var (path, property) in settings)
        {
            var told = property.Description.Split(" Environment: ");
            if (ProviderConfig.Variables.TryGetValue(path, out var names)) told[1].ShouldBe($"{string.Join(", ", names.Select(name => $"`{name}`"))}.", path);
            else told.Length.ShouldBe(1, path);
        }

        ProviderConfig.Variables.Keys.Except(settings.Select(setting => setting.Path), StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_of_the_environment_is_declared_as_a_default_that_packages_would_write_into_the_state()
    {
        foreach (var (path, property) in Settings()) property.Environment.ShouldBeEmpty(path);
    }

    [Fact]
    public void The_page_names_every_variable_that_the_code_reads_and_no_other()
    {
        var read = Directory.EnumerateFiles(Path.Combine(Repository.Root, "provider", "Credentials"), "*.cs")
            .Append(Path.Combine(Repository.Root, "provider", "Resources", "ProviderConfig.cs"))
            .SelectMany(path => QuotedVariable().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var told = ToldVariable().Matches(s_page).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        told.ShouldBe(read);
    }

    [Fact]
    public async Task The_places_stand_in_the_order_in_which_they_are_asked()
    {
        var asked = PlaceLine().Matches(await new World().FailAsync()).Select(match => match.Groups["name"].Value).Skip(1).ToList();

        Column("| place | what it is |").ShouldBe(asked);
    }

    [Fact]
    public void The_defaults_of_every_limit_are_the_codes()
    {
        Dictionary<string, string> limits = new(StringComparer.Ordinal)
        {
            ["create, update, delete of a resource"] = Short(Waiting.ChangeLimit),
            ["read of a resource"] = Short(Waiting.ReadLimit),
            ["opening a connection"] = Short(new LiveClientOptions().ConnectTimeout),
            ["waiting for an answer"] = Short(new LiveClientOptions().ReadTimeout),
            ["trying one call again"] = new LiveClientOptions().MaxRetryTime is null ? "as long as the operation may take" : "",
            ["wait before the second try, doubled for each further one, half of it by chance"] = Short(Limits.RetryBaseDelay),
            ["longest wait between two tries"] = Short(Limits.RetryMaxDelay),
            ["longest wait that the service may ask for"] = Short(Limits.RetryAfterMax),
            ["calls per second and operation"] = Limits.CallsPerSecond.ToString(),
            ["calls per second of the session listing"] = Limits.MonitorListCallsPerSecond.ToString(),
            ["temporary keys renewed before they run out, or a third of their life if that is less"] = Short(CredentialLimits.RenewalLead),
            ["wait before a failed renewal is tried again while the old keys serve"] = Short(CredentialLimits.RenewalPause),
            ["wait before a search for keys that found none is repeated"] = Short(CredentialLimits.SearchPause),
            ["life assumed of temporary keys that do not state it"] = Short(CredentialLimits.UnknownLife),
            ["reaching the metadata service"] = Short(CredentialLimits.MetadataConnect),
            ["answer of the metadata service"] = Short(CredentialLimits.MetadataRead),
            ["reaching a credentials address or sign-in portal"] = Short(CredentialLimits.HttpConnect),
            ["answer of a credentials address or sign-in portal"] = Short(CredentialLimits.HttpRead),
            ["times that a metadata service, credentials address or sign-in portal is asked"] = CredentialLimits.HttpAttempts.ToString(),
            ["wait before it is asked again, doubled for the third time"] = Short(CredentialLimits.HttpPause),
            ["run of an external process"] = Short(CredentialLimits.ExternalProcess),
        };

        Column("| limit | default | set by |").ShouldBe(limits.Keys);
        foreach (var (limit, value) in limits) s_page.ShouldContain($"\n| {limit} | {value} |", Case.Sensitive, limit);

        LiveProvider.Schema.Config.Find("clientConnectTimeout")!.Description.ShouldContain($"Default {Limits.ConnectTimeout.TotalMilliseconds}.");
        LiveProvider.Schema.Config.Find("clientReadTimeout")!.Description.ShouldContain($"Default {Limits.ReadTimeout.TotalMilliseconds}.");
    }

    [Theory]
    [InlineData("assumeRole", "sessionName")]
    [InlineData("assumeRoleWithOidc", "roleSessionName")]
    public void The_defaults_of_a_role_are_the_codes(string role, string session)
    {
        var members = ((ObjectType)LiveProvider.Schema.Config.Find(role)!.Type).Schema;
        members.Find(session)!.Description.ShouldContain($"Default `{CredentialLimits.SessionName}`.");
        members.Find("sessionExpiration")!.Description.ShouldContain($"Default {CredentialLimits.SessionExpirationSeconds}.");
        members.Find("sessionExpiration")!.Description.ShouldContain($"{CredentialLimits.MinSessionExpirationSeconds} up to");
    }

    static string Short(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{time.TotalHours} h" : time.TotalMinutes >= 1 ? $"{time.TotalMinutes} min" : $"{time.TotalSeconds} s";

    static IEnumerable<(string Path, PropertySchema Property)> Settings() => LiveProvider.Schema.Config.Ordered.SelectMany(property =>
        property.Type is ObjectType { Schema: var members }
            ? members.Ordered.Select(member => ($"{property.Name}.{member.Name}", member)).Prepend((property.Name, property))
            : [(property.Name, property)]);

    static string Words(PropertySchema property) => property.Description.Split(" Environment: ")[0];

    /// <summary>The first column of a table.</summary>
    static List<string> Column(string head) =>
        [.. s_page.Split($"{head}\n")[1].Split('\n').Skip(1).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|')[1].Trim())];

    [GeneratedRegex("\"(?<name>(ALICLOUD|ALIBABA_CLOUD|ALIBABACLOUD|LIVE)_[A-Z0-9_]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QuotedVariable();

    [GeneratedRegex("`(?<name>(ALICLOUD|ALIBABA_CLOUD|ALIBABACLOUD|LIVE)_[A-Z0-9_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ToldVariable();

    [GeneratedRegex(@"^  - (?<name>[^:]+): ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex PlaceLine();
}
