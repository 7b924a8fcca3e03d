using Pulumi;
using Pulumi.AliyunLive;
using Pulumi.AliyunLive.Inputs;

return await Deployment.RunAsync(() =>
{
    var config = new Config();
    var end = config.Get("end") ?? "2035-01-01T00:00:00Z";

    // Pulls the stream and pushes it to the other platform until EndTime.
    var relay = new RelayTask("relay", new RelayTaskArgs
    {
        Region = "cn-shanghai",
        SourceType = SourceType.Live,
        SourceProtocol = SourceProtocol.Rtmp,
        SourceUrls = { "rtmp://pull.example.com/live/channel-one" },
        // The push address holds the stream key, so it comes from secret configuration as a whole.
        DstUrl = config.RequireSecret("destination"),
        EndTime = end,
        DesiredStatus = DesiredStatus.Running,
    });

    // Half of the picture for each: the source, and what the platform plays.
    var watch = new MonitorSession("watch", new MonitorSessionArgs
    {
        Domain = "monitor.example.com",
        OutputTemplate = OutputTemplate.High,
        InputList =
        {
            Half(1, "source", "rtmp://pull.example.com/live/channel-one"),
            Half(2, relay.TaskName, "rtmp://play.example.com/live/channel-one"),
        },
        MonitorConfig = new MonitorConfigArgs { FpsLowThres = 0.6, BrLowThres = 0.5, EofDurationThresSec = 10 },
        DesiredStatus = DesiredStatus.Running,
    });

    return new Dictionary<string, object?>
    {
        ["relayTask"] = relay.Id,
        ["relayStatus"] = relay.Status,
        ["watchAt"] = watch.OutputUrls,
    };
});

static InputConfigArgs Half(int layoutId, Input<string> streamName, string inputUrl) => new()
{
    Index = layoutId,
    LayoutId = layoutId,
    StreamName = streamName,
    InputUrl = inputUrl,
    LayoutConfig = new LayoutConfigArgs
    {
        FillMode = FillMode.None,
        PositionRefer = PositionRefer.TopLeft,
        PositionNormalized = { (layoutId - 1) / 2.0, 0 },
        SizeNormalized = { 0.5, 1 },
    },
    PlayConfig = new PlayConfigArgs { VolumeRate = layoutId == 1 ? 1 : 0 },
};
