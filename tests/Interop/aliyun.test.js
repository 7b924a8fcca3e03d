"use strict";

const assert = require("node:assert/strict");
const http = require("node:http");
const { after, afterEach, before, describe, test } = require("node:test");
const { once } = require("node:events");
const { default: OpenApi, Config, OpenApiRequest, Params } = require("@alicloud/openapi-client");
const { default: Credential } = require("@alicloud/credentials");
const { RuntimeOptions } = require("@alicloud/tea-util");
const { Plugin, secret } = require("./support/plugin");
const { Resource } = require("./support/resource");
const { Simulator } = require("./support/simulator");

const RELAY = "aliyun-live:index:RelayTask";
const MONITOR = "aliyun-live:index:MonitorSession";
const KEYS = { accessKeyId: "test-access-key-id", accessKeySecret: "test-access-key-secret" };

/** Method by operation, as the official client of Live sends it. */
const OPERATIONS = {
    CreateLivePullToPush: "POST", UpdateLivePullToPush: "GET", DescribeLivePullToPush: "GET", DescribeLivePullToPushList: "GET",
    StopLivePullToPush: "GET", RestartLivePullToPush: "GET", DeleteLivePullToPush: "GET", CreateLiveStreamMonitor: "POST",
    UpdateLiveStreamMonitor: "POST", DescribeLiveStreamMonitorList: "POST", StartLiveStreamMonitor: "POST", StopLiveStreamMonitor: "POST",
    DeleteLiveStreamMonitor: "POST",
};

/** A way to the simulator that keeps each request as it came over the wire. */
class Recorder {
    requests = [];

    static async start(simulator) {
        const recorder = new Recorder();
        const target = new URL(simulator.address);
        recorder.server = http.createServer((request, response) => {
            const body = [];
            request.on("data", data => body.push(data));
            request.on("end", () => {
                const url = new URL(request.url, "http://x");
                recorder.requests.push({
                    action: request.headers["x-acs-action"], method: request.method, path: url.pathname, parameters: Object.fromEntries(url.searchParams),
                    query: url.search, headers: request.headers, body: Buffer.concat(body),
                });
                const onward = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers }, answer => {
                    response.writeHead(answer.statusCode, answer.headers);
                    answer.pipe(response);
                });
                onward.end(Buffer.concat(body));
            });
        });
        recorder.server.listen(0, "127.0.0.1");
        await once(recorder.server, "listening");
        recorder.host = `127.0.0.1:${recorder.server.address().port}`;
        recorder.address = `http://${recorder.host}`;
        return recorder;
    }

    take() {
        return this.requests.splice(0);
    }

    stop() {
        this.server.closeAllConnections();
        this.server.close();
    }
}

describe("Alibaba's own Node client", { timeout: 120_000 }, () => {
    /** @type {Simulator} */
    let simulator;
    /** @type {Recorder} */
    let recorder;
    /** @type {Plugin} */
    let plugin;
    let client;

    before(async () => {
        simulator = await Simulator.start();
        recorder = await Recorder.start(simulator);
        plugin = await Plugin.start();
        await plugin.handshake();
        await plugin.configure({ endpoint: recorder.address, region: "cn-shanghai", accessKey: KEYS.accessKeyId, secretKey: secret(KEYS.accessKeySecret) });
        client = new OpenApi(new Config({ ...KEYS, endpoint: recorder.host, protocol: "http" }));
    });

    afterEach(() => recorder.take());

    after(async () => {
        await plugin?.close();
        recorder?.stop();
        await simulator?.stop();
    });

    /** A call as the generated clients make it: everything in the query, RPC style, no body. */
    const call = async (action, query, over = client) => {
        const params = new Params({
            action, version: "2016-11-01", protocol: "HTTPS", pathname: "/", method: OPERATIONS[action], authType: "AK", style: "RPC",
            reqBodyType: "formData", bodyType: "json",
        });
        const { body } = await over.callApi(params, new OpenApiRequest({ query }), new RuntimeOptions({ autoretry: false }));
        return body;
    };

    test("performs all thirteen operations against the simulator", async () => {
        const region = { Region: "cn-shanghai" };
        const created = await call("CreateLivePullToPush", {
            ...region, TaskName: "official 名前 ~*'()!", StartTime: "2034-01-01T00:00:00Z", EndTime: "2034-01-01T01:00:00Z", SourceType: "live", SourceProtocol: "rtmp",
            SourceUrls: JSON.stringify(["rtmp://pull.example.com/live/a?x=1&y=%20"]), DstUrl: "rtmp://push.example.com/live/official?auth_key=1-2-3&a+b",
            RetryCount: "3", RetryInterval: "60",
        });
        assert.equal(created.RetCode, 0);
        const task = { ...region, TaskId: created.TaskId };
        assert.equal((await call("UpdateLivePullToPush", { ...task, EndTime: "2034-01-01T02:00:00Z" })).RetCode, 0);
        const described = await call("DescribeLivePullToPush", task);
        assert.equal(described.TaskInfo.EndTime, "2034-01-01T02:00:00Z");
        assert.equal(described.TaskInfo.TaskName, "official 名前 ~*'()!");
        assert.equal(described.TaskInfo.DstUrl, "rtmp://push.example.com/live/official?auth_key=1-2-3&a+b");
        assert.equal((await call("DescribeLivePullToPushList", { ...region, DstUrl: "official" })).Total, 1);
        // The task has not started: whether that is an error is the service's business, not whether the request is understood.
        for (const action of ["StopLivePullToPush", "RestartLivePullToPush"])
            await call(action, task).catch(error => assert.match(error.code, /^(Code|InvalidParam)/));
        assert.equal((await call("DeleteLivePullToPush", task)).RetCode, 0);

        const monitor = {
            MonitorName: "official", Domain: "m.example.com", OutputTemplate: "lp_hd",
            InputList: JSON.stringify([{ InputUrl: "rtmp://pull.example.com/live/a", Index: 1 }]),
        };
        const { MonitorId } = await call("CreateLiveStreamMonitor", monitor);
        await call("UpdateLiveStreamMonitor", { ...monitor, MonitorId, MonitorName: "renamed" });
        await call("StartLiveStreamMonitor", { MonitorId });
        const [listed] = (await call("DescribeLiveStreamMonitorList", { MonitorId })).LiveStreamMonitorList;
        assert.equal(listed.MonitorName, "renamed");
        await call("StopLiveStreamMonitor", { MonitorId });
        await call("DeleteLiveStreamMonitor", { MonitorId });

        assert.deepEqual([...new Set(recorder.requests.map(({ action }) => action))].sort(), Object.keys(OPERATIONS).sort());
    });

    test("reads a refusal of the simulator as one of the service", async () => {
        const error = await call("DescribeLivePullToPush", { Region: "cn-shanghai", TaskId: "nobody" }).then(() => assert.fail("it should have failed"), failure => failure);
        assert.equal(error.code, "CodeTaskNotExist");
        const forged = new OpenApi(new Config({ ...KEYS, accessKeySecret: "wrong", endpoint: recorder.host, protocol: "http" }));
        await assert.rejects(call("DescribeLivePullToPush", { Region: "cn-shanghai", TaskId: "x" }, forged), { code: "SignatureDoesNotMatch" });
    });

    test("sends for each operation what the plugin sends: method, path, parameters, headers and signature", async () => {
        // A life of each resource under the plugin makes it use every operation.
        const relay = new Resource(plugin, RELAY, "compared");
        const { inputs } = await relay.check({
            taskName: "compared 名前 ~*'()!+", sourceType: "live", sourceProtocol: "rtmp", sourceUrls: ["rtmp://pull.example.com/live/a?x=1&y=%20"],
            dstUrl: secret("rtmp://push.example.com/live/compared?auth_key=1-2-3&a+b"), endTime: "2034-01-01T00:00:00Z", callbackUrl: "https://example.com/e?a=b%20c&d=~*",
            retryCount: 5,
        });
        const relayState = await relay.create(inputs);
        const moved = await relay.update(relayState, { ...inputs, endTime: "2034-01-02T00:00:00Z" });
        await simulator.pass(60);
        const running = await relay.read(moved);
        assert.equal(running.outputs.status, "Running");
        const restarted = await relay.update(running, { ...moved.inputs, restartTriggers: ["again"] });
        const session = new Resource(plugin, MONITOR, "compared");
        const watched = (await session.check({
            monitorName: "compared", domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://pull.example.com/live/a" }],
            monitorConfig: { fpsLowThres: 0.5 }, desiredStatus: "Running",
        })).inputs;
        const sessionState = await session.create(watched);
        const changed = await session.update(sessionState, { ...watched, monitorName: "changed" });
        await session.delete(changed);
        await relay.delete(restarted);

        const byAction = new Map(recorder.take().map(request => [request.action, request]));
        assert.deepEqual([...byAction.keys()].sort(), Object.keys(OPERATIONS).sort());

        for (const [action, ours] of byAction) {
            // The object is gone by now: the answer may be a refusal, the request is what counts.
            await call(action, ours.parameters).catch(error => assert.doesNotMatch(String(error.code), /Signature|Timeout/));
            const [official] = recorder.take();
            assert.equal(ours.method, official.method, action);
            assert.equal(ours.path, official.path, action);
            assert.deepEqual(ours.parameters, official.parameters, action);
            assert.deepEqual([ours.body.length, official.body.length], [0, 0], action);

            const signed = headers => Object.keys(headers).filter(name => name.startsWith("x-acs-") || name === "host").sort();
            // The official client tells which of its credential classes was used; that is its own affair.
            assert.deepEqual(signed(ours.headers), signed(official.headers).filter(name => name !== "x-acs-credentials-provider"), action);
            for (const name of ["host", "x-acs-action", "x-acs-version", "x-acs-content-sha256", "accept"])
                assert.equal(ours.headers[name], official.headers[name], `${action} ${name}`);
            assert.equal("content-type" in ours.headers, "content-type" in official.headers, action);
            assert.match(ours.headers["x-acs-date"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
            assert.match(official.headers["x-acs-date"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
            const shape = ({ authorization }) => authorization.replace(/Signature=[0-9a-f]{64}$/, "Signature=").replace("x-acs-credentials-provider;", "");
            assert.equal(shape(ours.headers), shape(official.headers), action);
        }
    });

    test("signs what the plugin sent with the same signature", async () => {
        const { default: Util } = require("@alicloud/openapi-util");
        const relay = new Resource(plugin, RELAY, "signed");
        const { inputs } = await relay.check({
            taskName: "名前 ~*'()!+%&=", sourceType: "live", sourceUrls: ["rtmp://pull.example.com/live/a"], dstUrl: secret("rtmp://push.example.com/live/signed"),
            startTime: "2034-01-01T00:00:00Z", endTime: "2034-01-02T00:00:00Z",
        });
        const state = await relay.create(inputs);
        const ours = recorder.take().find(({ action }) => action === "CreateLivePullToPush");
        assert.equal(ours.parameters.TaskName, inputs.taskName);
        const names = Object.keys(ours.headers).filter(name => name !== "authorization");
        const request = {
            method: ours.method, pathname: ours.path, query: ours.parameters, headers: Object.fromEntries(names.map(name => [name, ours.headers[name]])),
        };
        const official = Util.getAuthorization(request, "ACS3-HMAC-SHA256", ours.headers["x-acs-content-sha256"], KEYS.accessKeyId, KEYS.accessKeySecret);
        assert.equal(ours.headers.authorization, official);
        await relay.delete(state);
    });

    test("takes the same keys from the environment as the plugin", async () => {
        const environment = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
        Object.assign(process.env, environment);
        const other = await Plugin.start({ environment: { ...environment, ALIBABA_CLOUD_SECURITY_TOKEN: "", NO_PROXY: "127.0.0.1" } });
        try {
            await other.handshake();
            await other.configure({ endpoint: recorder.address, region: "cn-shanghai" });
            await new Resource(other, RELAY, "keys").read({ id: "cn-shanghai/nobody" });
            const [ours] = recorder.take();
            const keys = await new Credential().getCredential();
            assert.match(ours.headers.authorization, new RegExp(`Credential=${keys.accessKeyId},`));
            assert.equal(keys.accessKeySecret, KEYS.accessKeySecret);
            assert.equal(ours.headers["x-acs-security-token"], keys.securityToken || undefined);
        } finally {
            Object.keys(environment).forEach(name => delete process.env[name]);
            await other.close();
        }
    });
});
