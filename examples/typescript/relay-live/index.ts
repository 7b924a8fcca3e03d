import * as pulumi from "@pulumi/pulumi";
import * as aliyunlive from "pulumi-aliyun-live";

const config = new pulumi.Config();
const end = config.get("end") ?? "2035-01-01T00:00:00Z";

// The push address holds the stream key, so it comes from secret configuration as a whole.
const destination = config.requireSecret("destination");

// Pulls the stream and pushes it to the other platform until endTime.
const relay = new aliyunlive.RelayTask("relay", {
    region: "cn-shanghai",
    sourceType: aliyunlive.SourceType.Live,
    sourceProtocol: aliyunlive.SourceProtocol.Rtmp,
    sourceUrls: ["rtmp://pull.example.com/live/channel-one"],
    dstUrl: destination,
    endTime: end,
    desiredStatus: aliyunlive.DesiredStatus.Running,
});

// Half of the picture for each: the source, and what the platform plays.
function half(layoutId: number, streamName: pulumi.Input<string>, inputUrl: string): aliyunlive.types.input.InputConfigArgs {
    return {
        index: layoutId,
        layoutId,
        streamName,
        inputUrl,
        layoutConfig: {
            fillMode: aliyunlive.FillMode.None,
            positionRefer: aliyunlive.PositionRefer.TopLeft,
            positionNormalized: [(layoutId - 1) / 2, 0],
            sizeNormalized: [0.5, 1],
        },
        playConfig: { volumeRate: layoutId === 1 ? 1 : 0 },
    };
}

const watch = new aliyunlive.MonitorSession("watch", {
    domain: "monitor.example.com",
    outputTemplate: aliyunlive.OutputTemplate.High,
    inputList: [
        half(1, "source", "rtmp://pull.example.com/live/channel-one"),
        half(2, relay.taskName, "rtmp://play.example.com/live/channel-one"),
    ],
    monitorConfig: { fpsLowThres: 0.6, brLowThres: 0.5, eofDurationThresSec: 10 },
    desiredStatus: aliyunlive.DesiredStatus.Running,
});

export const relayTask = relay.id;
export const relayStatus = relay.status;
export const watchAt = watch.outputUrls;
