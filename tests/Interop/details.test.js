"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const path = require("node:path");
const { test } = require("node:test");
const { once } = require("node:events");
const grpc = require("@grpc/grpc-js");
const { Plugin, decoded, isSecret, secret } = require("./support/plugin");
const { findPython } = require("./support/python");
const { Resource } = require("./support/resource");
const { Simulator } = require("./support/simulator");

const python = findPython("grpc");

/** Ways to make a Create call that fails: `{ code, bytes }`, the bytes being those of the error's details. */
const CLIENTS = {
    // Node's HTTP/2 takes no header longer than 64 KiB.
    "@grpc/grpc-js": {
        sizes: [1024, 16 * 1024, 40 * 1024],
        create: (plugin, request) => plugin.call("create", request).then(() => assert.fail("it should have been cancelled"), error => ({
            code: error.code, bytes: error.metadata.get("grpc-status-details-bin")[0],
        })),
    },
    "Python's grpcio": {
        sizes: [1024, 128 * 1024, 1024 * 1024],
        skip: !python && "python3-grpcio of Debian is not installed",
        create: async (plugin, request) => {
            const child = spawn(python, [path.join(__dirname, "python/create.py"), plugin.portLine], { stdio: ["pipe", "pipe", "inherit"] });
            let output = "";
            child.stdout.setEncoding("utf8").on("data", text => { output += text; });
            child.stdin.end(request.serializeBinary());
            await once(child, "close");
            const { code, details } = JSON.parse(output);
            return { code, bytes: Buffer.from(details, "base64") };
        },
    },
};

for (const [name, { sizes, skip, create }] of Object.entries(CLIENTS)) {
    test(`error details of ${sizes.at(-1) / 1024} KiB arrive whole under ${name}`, { skip, timeout: 120_000 }, async () => {
        const simulator = await Simulator.start();
        const plugin = await Plugin.startConfigured(simulator);
        try {
            for (const size of sizes) {
                const resource = new Resource(plugin, "aliyun-live:index:RelayTask", `details${size}`);
                // Details tell inputs and outputs, so that this stands in them twice.
                const trigger = "é\0".repeat(size / 6);
                const { inputs, failures } = await resource.check({
                    sourceType: "live", sourceUrls: ["rtmp://pull.example.com/live/one"], dstUrl: secret(`rtmp://push.example.com/live/${size}`),
                    endTime: "2034-01-01T00:00:00Z", awaitRunning: true, restartTriggers: [trigger],
                });
                assert.deepEqual(failures, []);
                const creation = create(plugin, resource.createRequest(inputs));
                await plugin.untilLogged(({ urn, ephemeral }) => ephemeral && urn === resource.urn);
                await plugin.cancel();

                const { code, bytes } = await creation;
                assert.equal(code, grpc.status.UNKNOWN);
                assert.ok(bytes.length > size, `${bytes.length} bytes`);
                const [{ name: type, message }] = decoded(bytes);
                assert.equal(type, "pulumirpc.ErrorResourceInitFailed");
                assert.match(message.getId(), /^cn-shanghai\/.+/);
                assert.deepEqual(message.getInputs().toJavaScript(), inputs);
                const outputs = message.getProperties().toJavaScript();
                assert.deepEqual(outputs.restartTriggers, [trigger]);
                assert.ok(isSecret(outputs.dstUrl));
                assert.notDeepEqual(message.getReasonsList(), []);
            }
            await plugin.handshake();
        } finally {
            await plugin.close();
            await simulator.stop();
        }
    });
}