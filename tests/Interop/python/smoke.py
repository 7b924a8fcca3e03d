"""The plugin under grpcio, the C++ core's client: smoke.py PORT PROTO_FOLDER. Messages are compiled from the plugin's own files when it runs."""

import json
import os
import re
import subprocess
import sys
import tempfile
import types

import grpc
import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2, message_factory, struct_pb2


def main(port, protos):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("alias.proto", "provider.proto"):
            with open(os.path.join(protos, name), encoding="utf-8") as source, open(os.path.join(folder, name), "w", encoding="utf-8") as target:
                # Older compilers know no presence; the bytes are the same.
                target.write(re.sub(r"^  optional ", "  ", source.read(), flags=re.MULTILINE))
        known = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
        compiled = os.path.join(folder, "all")
        subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"-I{known}", "--include_imports", f"--descriptor_set_out={compiled}", "provider.proto"], check=True)
        with open(compiled, "rb") as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
        pool = descriptor_pool.Default()
        for file in files:
            if not file.name.startswith("google/"):
                pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        names = [message.name for message in files[-1].message_type]
        run(port, types.SimpleNamespace(**{name: factory.GetPrototype(pool.FindMessageTypeByName(f"pulumirpc.{name}")) for name in names}))


def run(port, provider):
    options = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.max_send_message_length", 400 * 1024 * 1024)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:

        def call(method, request, reply, **keywords):
            path = f"/pulumirpc.ResourceProvider/{method}"
            return channel.unary_unary(path, request_serializer=lambda message: message.SerializeToString(), response_deserializer=reply.FromString)(
                request, timeout=60, **keywords)

        def refused(method, request, reply):
            try:
                call(method, request, reply)
            except grpc.RpcError as error:
                return error
            raise AssertionError(f"{method} should have failed")

        hand = call("Handshake", provider.ProviderHandshakeRequest(engine_address="127.0.0.1:1"), provider.ProviderHandshakeResponse)
        assert hand.accept_secrets and hand.accepts_byte_string
        version = call("GetPluginInfo", empty_pb2.Empty(), provider.PluginInfo).version
        schema = json.loads(call("GetSchema", provider.GetSchemaRequest(), provider.GetSchemaResponse).schema)
        assert schema["version"] == version, version
        args = struct_pb2.Struct()
        args.update({"region": "cn-shanghai", "accessKey": "python", "secretKey": "python"})
        assert call("Configure", provider.ConfigureRequest(args=args), provider.ConfigureResponse).supportsPreview

        news = struct_pb2.Struct()
        news.update({
            "sourceType": "live", "sourceUrls": ["rtmp://pull.example.com/live/one"], "dstUrl": "rtmp://push.example.com/live/one",
            "endTime": "2034-01-01T00:00:00Z", "restartTriggers": ["x" * 6_000_000],
        })
        kind = "aliyun-live:index:RelayTask"
        request = provider.CheckRequest(urn=f"urn:pulumi:dev::python::{kind}::one", news=news, randomSeed=b"\7" * 32)
        checked = call("Check", request, provider.CheckResponse)
        assert not checked.failures and checked.inputs["taskName"].startswith("one-")
        assert len(checked.inputs["restartTriggers"][0]) == 6_000_000
        diff = call("Diff", provider.DiffRequest(urn=request.urn, olds=checked.inputs, old_inputs=checked.inputs, news=checked.inputs), provider.DiffResponse)
        assert diff.changes == provider.DiffResponse.DIFF_NONE and diff.hasDetailedDiff

        error = refused("Check", provider.CheckRequest(urn="nothing"), provider.CheckResponse)
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT and "nothing" in error.details()
        assert refused("Construct", provider.ConstructRequest(), provider.ConstructResponse).code() == grpc.StatusCode.UNIMPLEMENTED
        call("Cancel", empty_pb2.Empty(), empty_pb2.Empty)


main(sys.argv[1], sys.argv[2])
