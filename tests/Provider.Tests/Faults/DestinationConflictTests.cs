using PulumiAliyunLive.Model;
using PulumiAliyunLive.Protocol;
using PulumiAliyunLive.Resources;
using PulumiAliyunLive.Tests.Resources;
using Wire = PulumiAliyunLive.Protocol.Wire;

namespace PulumiAliyunLive.Tests.Faults;

/// <summary>Two resources of one stack that push to one address at one time are refused in the preview; whatever is legitimate passes.</summary>
public sealed class DestinationConflictTests : IDisposable
{
    static readonly PropertyValue Elsewhere = ((PropertyValue)"rtmp://push.example.com/live/elsewhere").AsSecret();

    readonly Rig _rig = new(RelayTask.Token);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Two_resources_for_one_address_at_one_time_are_refused_by_name_and_without_the_address()
    {
        await ShouldPassAsync("first", Programs.Relay());

        var failure = (await CheckAsync("second", Programs.Relay())).ShouldHaveSingleItem();

        failure.Property.ShouldBeEmpty();
        failure.Reason.ShouldStartWith("dstUrl: is the destination of resource `first` at the same time");
        failure.Reason.ShouldNotContain("PUSHKEY");
        failure.Reason.ShouldNotContain("push.example.com");
    }

    [Fact]
    public async Task A_start_that_is_not_stated_or_unknown_counts_as_now()
    {
        var later = Programs.Relay().With(("startTime", _rig.Clock.In(TimeSpan.FromHours(2))));
        await ShouldPassAsync("later", later);
        await ShouldPassAsync("before", Programs.Relay().With(("endTime", _rig.Clock.In(TimeSpan.FromHours(1)))));
        await ShouldPassAsync("before", Programs.Relay().With(("endTime", _rig.Clock.In(TimeSpan.FromHours(2)))));
        (await CheckAsync("before", Programs.Relay().With(("endTime", _rig.Clock.In(TimeSpan.FromHours(3)))))).ShouldHaveSingleItem();
        (await CheckAsync("before", Programs.Relay().With(("startTime", PropertyValue.Unknown), ("endTime", _rig.Clock.In(TimeSpan.FromHours(3)))))).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_is_unknown_collides_with_nothing()
    {
        await ShouldPassAsync("first", Programs.Relay());
        await ShouldPassAsync("second", Programs.Relay().With(("dstUrl", PropertyValue.Unknown)));
        await ShouldPassAsync("third", Programs.Relay().With(("endTime", PropertyValue.Unknown)));
        await ShouldPassAsync("fourth", Programs.Relay().With(("desiredStatus", PropertyValue.Unknown)));
    }

    [Fact]
    public async Task A_resource_is_checked_as_often_as_the_engine_likes()
    {
        for (var pass = 0; pass < 3; pass++) await ShouldPassAsync("first", Programs.Relay());
        await ShouldPassAsync("first", Programs.Relay().With(("retryCount", 7)), olds: PropertyMap.Empty);
    }

    [Fact]
    public async Task Resources_that_swap_their_addresses_pass_the_preview_for_either_order()
    {
        await ShouldPassAsync("first", Programs.Relay());
        await ShouldPassAsync("second", Programs.Relay().With(("dstUrl", Elsewhere)));
        await _rig.ConfigureAsync();
        await ShouldPassAsync("first", Programs.Relay().With(("dstUrl", Elsewhere)));
        await ShouldPassAsync("second", Programs.Relay());
    }

    [Fact]
    public async Task A_new_configuration_forgets_so_that_a_renamed_resource_passes()
    {
        await ShouldPassAsync("old-name", Programs.Relay());
        await _rig.ConfigureAsync();
        await ShouldPassAsync("new-name", Programs.Relay());
    }

    [Fact]
    public async Task A_resource_that_gave_its_address_up_is_in_nobodys_way()
    {
        await ShouldPassAsync("first", Programs.Relay());
        await ShouldPassAsync("first", Programs.Relay().With(("dstUrl", Elsewhere)));
        await ShouldPassAsync("second", Programs.Relay());
    }

    [Fact]
    public async Task A_task_that_is_kept_stopped_is_in_nobodys_way()
    {
        await ShouldPassAsync("standby", Programs.Relay().With(("desiredStatus", "Stopped")));
        await ShouldPassAsync("main", Programs.Relay().With(("desiredStatus", "Running")));
    }

    [Fact]
    public async Task Tasks_that_have_ended_are_in_nobodys_way()
    {
        var ended = Programs.Relay().With(("startTime", _rig.Clock.In(TimeSpan.FromMinutes(1))), ("endTime", _rig.Clock.In(TimeSpan.FromHours(1))));
        _rig.Clock.Advance(TimeSpan.FromHours(2));
        await ShouldPassAsync("first", ended, olds: ended);
        await ShouldPassAsync("second", ended, olds: ended);
    }

    [Fact]
    public async Task Another_stack_on_the_same_process_is_let_alone()
    {
        await ShouldPassAsync("first", Programs.Relay());
        var reply = await _rig.Rpc.Check(new Wire.CheckRequest
        {
            Urn = $"urn:pulumi:prod::demo::{RelayTask.Token}::second", Name = "second", Type = RelayTask.Token, News = ValueCodec.Encode(Programs.Relay()),
        });
        reply.Failures.ShouldBeEmpty();
    }

    async Task ShouldPassAsync(string name, PropertyMap program, PropertyMap? olds = null) => (await CheckAsync(name, program, olds)).ShouldBeEmpty();

    async Task<IList<Wire.CheckFailure>> CheckAsync(string name, PropertyMap program, PropertyMap? olds = null)
    {
        _rig.Name = name;
        return (await _rig.CheckRawAsync(program, olds ?? PropertyMap.Empty)).Failures;
    }
}
