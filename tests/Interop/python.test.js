"use strict";

const assert = require("node:assert/strict");
const { execFile } = require("node:child_process");
const path = require("node:path");
const { test } = require("node:test");
const { promisify } = require("node:util");
const { Plugin } = require("./support/plugin");
const { findPython } = require("./support/python");

const PROTOS = path.resolve(__dirname, "../../provider/Protocol/Proto");
const python = findPython("grpc, grpc_tools.protoc, google.protobuf");

test("the plugin under Python's grpcio", { skip: !python && "python3-grpcio and python3-grpc-tools of Debian are not installed", timeout: 120_000 }, async () => {
    const plugin = await Plugin.start();
    try {
        const { stdout, stderr } = await promisify(execFile)(python, [path.join(__dirname, "python/smoke.py"), plugin.portLine, PROTOS]);
        assert.deepEqual({ stdout, stderr }, { stdout: "", stderr: "" });
    } finally {
        await plugin.close();
    }
});
