// Relays a live stream to another platform and watches both ends of it.
package main

import (
	"github.com/pulumi-aliyun-live/pulumi-aliyun-live/sdk/go/aliyunlive"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// half gives one stream its half of the picture.
func half(layoutID int, streamName pulumi.StringInput, inputURL string) aliyunlive.InputConfigArgs {
	volume := 0.0
	if layoutID == 1 {
		volume = 1
	}
	return aliyunlive.InputConfigArgs{
		Index:      pulumi.Int(layoutID),
		LayoutId:   pulumi.Int(layoutID),
		StreamName: streamName.ToStringOutput(),
		InputUrl:   pulumi.String(inputURL),
		LayoutConfig: aliyunlive.LayoutConfigArgs{
			FillMode:           aliyunlive.FillModeNone,
			PositionRefer:      aliyunlive.PositionReferTopLeft,
			PositionNormalized: pulumi.Float64Array{pulumi.Float64(float64(layoutID-1) / 2), pulumi.Float64(0)},
			SizeNormalized:     pulumi.Float64Array{pulumi.Float64(0.5), pulumi.Float64(1)},
		},
		PlayConfig: aliyunlive.PlayConfigArgs{VolumeRate: pulumi.Float64(volume)},
	}
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		conf := config.New(ctx, "")
		end := conf.Get("end")
		if end == "" {
			end = "2035-01-01T00:00:00Z"
		}

		// Pulls the stream and pushes it to the other platform until EndTime.
		relay, err := aliyunlive.NewRelayTask(ctx, "relay", &aliyunlive.RelayTaskArgs{
			Region:         pulumi.String("cn-shanghai"),
			SourceType:     aliyunlive.SourceTypeLive,
			SourceProtocol: aliyunlive.SourceProtocolRtmp,
			SourceUrls:     pulumi.StringArray{pulumi.String("rtmp://pull.example.com/live/channel-one")},
			// The push address holds the stream key, so it comes from secret configuration as a whole.
			DstUrl:        conf.RequireSecret("destination"),
			EndTime:       pulumi.String(end),
			DesiredStatus: aliyunlive.DesiredStatusRunning,
		})
		if err != nil {
			return err
		}

		// The source, and what the platform plays.
		watch, err := aliyunlive.NewMonitorSession(ctx, "watch", &aliyunlive.MonitorSessionArgs{
			Domain:         pulumi.String("monitor.example.com"),
			OutputTemplate: aliyunlive.OutputTemplateHigh,
			InputList: aliyunlive.InputConfigArray{
				half(1, pulumi.String("source"), "rtmp://pull.example.com/live/channel-one"),
				half(2, relay.TaskName, "rtmp://play.example.com/live/channel-one"),
			},
			MonitorConfig: aliyunlive.MonitorConfigArgs{
				FpsLowThres:         pulumi.Float64(0.6),
				BrLowThres:          pulumi.Float64(0.5),
				EofDurationThresSec: pulumi.Float64(10),
			},
			DesiredStatus: aliyunlive.DesiredStatusRunning,
		})
		if err != nil {
			return err
		}

		ctx.Export("relayTask", relay.ID())
		ctx.Export("relayStatus", relay.Status)
		ctx.Export("watchAt", watch.OutputUrls)
		return nil
	})
}
