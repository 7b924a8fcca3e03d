"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { once } = require("node:events");
const http2 = require("node:http2");
const grpc = require("@grpc/grpc-js");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { Plugin, details, secret } = require("./support/plugin");
const { Resource } = require("./support/resource");
const { Simulator } = require("./support/simulator");

for (const signal of ["SIGINT", "SIGTERM"]) {
    test(`Cancel is a goodbye: the plugin goes on answering, and ends with 0 at ${signal}`, async () => {
        const plugin = await Plugin.start();
        try {
            await plugin.handshake();
            await plugin.cancel();
            await plugin.handshake();
            assert.equal(plugin.child.process.exitCode, null);
            // The engine waits five seconds before it kills; the limit is the engine's and not ours, so that a busy machine fails nothing.
            const kill = setTimeout(() => plugin.child.process.kill("SIGKILL"), 5000);
            plugin.child.process.kill(signal);
            const end = await plugin.child.ended;
            clearTimeout(kill);
            assert.deepEqual(end, { code: 0, signal: null });
            assert.equal(plugin.child.error, "");
        } finally {
            await plugin.close();
        }
    });
}

test("Cancel ends a wait at once, and the reply keeps the id of what exists", async () => {
    const simulator = await Simulator.start();
    const plugin = await Plugin.startConfigured(simulator);
    try {
        const resource = new Resource(plugin, "aliyun-live:index:RelayTask", "waiting");
        const { inputs, failures } = await resource.check({
            sourceType: "live",
            sourceUrls: ["rtmp://pull.example.com/live/one"],
            dstUrl: secret("rtmp://push.example.com/live/one"),
            endTime: "2034-01-01T00:00:00Z",
            awaitRunning: true,
        });
        assert.deepEqual(failures, []);
        // The task starts a few seconds after its creation; the wait for that is what Cancel ends.
        const creation = resource.create(inputs).then(() => assert.fail("it should have been cancelled"), failure => failure);
        await plugin.untilLogged(({ ephemeral }) => ephemeral);
        await plugin.cancel();
        const error = await creation;

        assert.equal(error.code, grpc.status.UNKNOWN);
        const [{ name, message }] = details(error);
        assert.equal(name, "pulumirpc.ErrorResourceInitFailed");
        const { tasks } = await simulator.state();
        assert.deepEqual(tasks.map(({ taskId }) => `cn-shanghai/${taskId}`), [message.getId()]);
    } finally {
        await plugin.close();
        await simulator.stop();
    }
});

test("a call that the client gives up does not disturb the others", async () => {
    const plugin = await Plugin.start();
    try {
        const given = plugin.client.handshake(new provider.ProviderHandshakeRequest(), () => {});
        const ended = once(given, "status");
        given.cancel();
        await ended;
        await plugin.handshake();
    } finally {
        await plugin.close();
    }
});

test("a connection that rests stays open", async () => {
    const plugin = await Plugin.start();
    try {
        const session = http2.connect(`http://127.0.0.1:${plugin.portLine}`);
        await once(session, "connect");
        // The server looks after its connections once a second, so that it has had its chances in this time.
        const rest = new Promise(resolve => setTimeout(resolve, 2500, "still open"));
        const closed = ["goaway", "close", "error"].map(event => once(session, event).then(() => event));
        assert.equal(await Promise.race([rest, ...closed]), "still open");
        session.destroy();
    } finally {
        await plugin.close();
    }
});
