"""Relays a live stream to another platform and watches both ends of it."""

import pulumi
import pulumi_aliyun_live as aliyun_live

config = pulumi.Config()
end = config.get("end") or "2035-01-01T00:00:00Z"

# Pulls the stream and pushes it to the other platform until end_time.
relay = aliyun_live.RelayTask(
    "relay",
    region="cn-shanghai",
    source_type=aliyun_live.SourceType.LIVE,
    source_protocol=aliyun_live.SourceProtocol.RTMP,
    source_urls=["rtmp://pull.example.com/live/channel-one"],
    # The push address holds the stream key, so it comes from secret configuration as a whole.
    dst_url=config.require_secret("destination"),
    end_time=end,
    desired_status=aliyun_live.DesiredStatus.RUNNING,
)


def half(layout_id, stream_name, input_url):
    """Half of the picture for one stream."""
    return aliyun_live.InputConfigArgs(
        index=layout_id,
        layout_id=layout_id,
        stream_name=stream_name,
        input_url=input_url,
        layout_config=aliyun_live.LayoutConfigArgs(
            fill_mode=aliyun_live.FillMode.NONE,
            position_refer=aliyun_live.PositionRefer.TOP_LEFT,
            position_normalized=[(layout_id - 1) / 2, 0],
            size_normalized=[0.5, 1],
        ),
        play_config=aliyun_live.PlayConfigArgs(volume_rate=1 if layout_id == 1 else 0),
    )


# The source, and what the platform plays.
watch = aliyun_live.MonitorSession(
    "watch",
    domain="monitor.example.com",
    output_template=aliyun_live.OutputTemplate.HIGH,
    input_list=[
        half(1, "source", "rtmp://pull.example.com/live/channel-one"),
        half(2, relay.task_name, "rtmp://play.example.com/live/channel-one"),
    ],
    monitor_config=aliyun_live.MonitorConfigArgs(fps_low_thres=0.6, br_low_thres=0.5, eof_duration_thres_sec=10),
    desired_status=aliyun_live.DesiredStatus.RUNNING,
)

pulumi.export("relayTask", relay.id)
pulumi.export("relayStatus", relay.status)
pulumi.export("watchAt", watch.output_urls)
