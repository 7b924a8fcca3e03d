using PulumiAliyunLive.Tests.Live;
using static PulumiAliyunLive.Tests.Live.ScriptedHandler;

namespace PulumiAliyunLive.Tests.Fuzz;

/// <summary>What generated answers of the service have found.</summary>
public sealed class FoundInAnswersTests
{
    /// <summary>An answer dated there made the clock of the service overflow a second later, and an Update that asked it fail as a fault of ours.</summary>
    [Theory]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    [InlineData("Mon, 01 Jan 0001 00:00:00 GMT")]
    public async Task A_date_at_either_end_of_time_is_not_taken_for_the_time(string date)
    {
        using var fixture = new ClientFixture(Json("""{"RequestId":"R","TaskId":"t"}""", 200, ("Date", date)));
        await fixture.Client.StopLivePullToPushAsync(ClientFixture.Region, "t", fixture.Deadline());

        fixture.Clock.Advance(TimeSpan.FromSeconds(10));

        fixture.Client.ServerNow.AddDays(1).ShouldBe(fixture.Clock.GetUtcNow().AddDays(1));
    }
}
