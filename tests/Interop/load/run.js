"use strict";

// node load/run.js [CALLS]: how many calls a second the published plugin answers over 100 streams, how long one takes, whether it grows, and
// whether a connection may rest.
const fs = require("node:fs");
const http2 = require("node:http2");
const os = require("node:os");
const path = require("node:path");
const { spawnSync } = require("node:child_process");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { Plugin, secret, struct } = require("../support/plugin");
const { Resource } = require("../support/resource");

const STREAMS = 100;
const MEASURED = 20_000;
const GROWTH = 0.05;

/** Longer than a server of this kind keeps a resting connection by itself, which is 130 seconds. */
const REST_MILLISECONDS = 140_000;
const RELAY = "aliyun-live:index:RelayTask";

const framed = message => {
    const body = Buffer.from(message.serializeBinary());
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(body.length, 1);
    return Buffer.concat([prefix, body]);
};

const memory = plugin => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${plugin.child.process.pid}/status`, "utf8"))[1]) / 1024;

/** Makes calls over one connection; every answer must be OK. Calls per second, and how long one took in milliseconds. */
async function drive(port, method, body, calls) {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const times = new Float64Array(calls);
    let next = 0;
    const stream = async () => {
        for (let call = next++; call < calls; call = next++) {
            const began = performance.now();
            const status = await new Promise((resolve, reject) => {
                const request = session.request({
                    ":method": "POST", ":path": `/pulumirpc.ResourceProvider/${method}`, "content-type": "application/grpc", te: "trailers",
                });
                let status;
                request.on("trailers", trailers => { status = trailers["grpc-status"]; });
                request.on("data", () => {});
                request.on("error", reject);
                request.on("close", () => resolve(status));
                request.end(body);
            });
            if (status !== "0")
                throw new Error(`${method} ended with status ${status}`);
            times[call] = performance.now() - began;
        }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: STREAMS }, stream));
    const seconds = (performance.now() - began) / 1000;
    session.destroy();
    times.sort();
    const at = share => times[Math.floor(calls * share)].toFixed(2);
    return { rate: Math.round(calls / seconds), half: at(0.5), most: at(0.99), longest: times[calls - 1].toFixed(2) };
}

/** A connection that makes one call, rests, and makes another. */
async function rest(port) {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const call = () => new Promise((resolve, reject) => {
        const request = session.request({ ":method": "POST", ":path": "/pulumirpc.ResourceProvider/GetPluginInfo", "content-type": "application/grpc", te: "trailers" });
        request.on("trailers", trailers => resolve(trailers["grpc-status"]));
        request.on("data", () => {});
        request.on("error", reject);
        request.end(Buffer.alloc(5));
    });
    await call();
    await new Promise(resolve => setTimeout(resolve, REST_MILLISECONDS));
    const lost = session.closed || session.destroyed;
    const status = lost ? "none" : await call();
    session.destroy();
    return status === "0";
}

/** The same with h2load of Debian's nghttp2-client, which costs less; false where it is not installed. It does not look at gRPC's status. */
function h2load(port, method, body, calls) {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "load-")), "body");
    fs.writeFileSync(file, body);
    const run = spawnSync("h2load", [
        `-n${calls}`, "-c1", `-m${STREAMS}`, "-d", file, "-H", "content-type: application/grpc", "-H", "te: trailers",
        `http://127.0.0.1:${port}/pulumirpc.ResourceProvider/${method}`,
    ], { encoding: "utf8" });
    fs.rmSync(path.dirname(file), { recursive: true });
    if (run.error)
        return false;
    const done = new RegExp(`requests: .* ${calls} succeeded, 0 failed`).test(run.stdout);
    if (!done)
        throw new Error(`h2load: ${run.stdout}${run.stderr}`);
    console.log(`${method}: ${calls} calls by h2load: ${/finished in .*/.exec(run.stdout)[0]}; ${/time for request:.*/.exec(run.stdout)[0]} (min, max, mean, sd)`);
    return true;
}

async function main([count = "1000000"]) {
    const plugin = await Plugin.start();
    try {
        await plugin.handshake();
        await plugin.configure({ region: "cn-shanghai", accessKey: "load", secretKey: secret("load") });
        const rested = rest(plugin.portLine);
        const program = {
            sourceType: "live", sourceUrls: ["rtmp://pull.example.com/live/one"], dstUrl: secret("rtmp://push.example.com/live/one?auth_key=x"),
            startTime: "2034-01-01T00:00:00Z", endTime: "2034-01-01T01:00:00Z",
        };
        const { inputs } = await new Resource(plugin, RELAY, "load").check(program);
        const named = request => {
            request.setUrn(`urn:pulumi:dev::load::${RELAY}::load`);
            request.setName("load");
            request.setType(RELAY);
            return request;
        };
        const check = named(new provider.CheckRequest());
        check.setOlds(struct({}));
        check.setNews(struct(program));
        check.setRandomseed(Buffer.alloc(32, 7));
        const diff = named(new provider.DiffRequest());
        diff.setId("cn-shanghai/x");
        diff.setOlds(struct({ ...inputs, taskId: "x", status: "Running" }));
        diff.setOldInputs(struct(inputs));
        diff.setNews(struct({ ...inputs, endTime: "2034-01-01T02:00:00Z" }));
        const bodies = { Check: framed(check), Diff: framed(diff) };

        const calls = Number(count);
        for (const [method, body] of Object.entries(bodies)) {
            await drive(plugin.portLine, method, body, Math.min(MEASURED, calls));
            const { rate, half, most, longest } = await drive(plugin.portLine, method, body, Math.min(MEASURED, calls));
            console.log(`${method}: ${rate} calls a second over ${STREAMS} streams; one took ${half} ms (half of them less), ${most} ms (99 %), ${longest} ms (all)`);
        }
        const many = async share => {
            for (const [method, body] of Object.entries(bodies))
                h2load(plugin.portLine, method, body, share) || await drive(plugin.portLine, method, body, share);
        };
        await many(Math.ceil(calls / 20));
        const before = memory(plugin);
        await many(Math.ceil(calls / 2));
        const after = memory(plugin);
        console.log(`memory: ${before.toFixed(1)} MiB before ${calls} calls, ${after.toFixed(1)} MiB after`);
        const kept = await rested;
        console.log(`a connection that rested for ${REST_MILLISECONDS / 1000} seconds ${kept ? "is open" : "was closed"}`);
        if (!kept)
            process.exitCode = 1;
        if (after > before * (1 + GROWTH)) {
            console.log(`That is more than ${GROWTH * 100} % of growth.`);
            process.exitCode = 1;
        }
    } finally {
        await plugin.close();
    }
}

main(process.argv.slice(2));
