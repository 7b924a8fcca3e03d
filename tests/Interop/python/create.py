"""One Create call under grpcio, the C++ core's client: create.py PORT. The request comes on standard input, as bytes; what its error has goes to standard output."""

import base64
import json
import sys

import grpc

LIMIT = 16 * 1024 * 1024  # of trailers, as in the engine

options = [("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", LIMIT), ("grpc.absolute_max_metadata_size", LIMIT)]
with grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=options) as channel:
    create = channel.unary_unary("/pulumirpc.ResourceProvider/Create")
    try:
        create(sys.stdin.buffer.read(), timeout=60)
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        details = trailers.get("grpc-status-details-bin", b"")
        print(json.dumps({"code": error.code().value[0], "message": error.details(), "details": base64.b64encode(details).decode()}))
