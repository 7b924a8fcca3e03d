"use strict";

const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const grpc = require("@grpc/grpc-js");
const empty = require("google-protobuf/google/protobuf/empty_pb");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { Plugin, UNKNOWN, details, isSecret, secret, severity, struct } = require("./support/plugin");
const { Resource } = require("./support/resource");
const { make, useSimulatedPlugin } = require("./support/suite");

const RELAY = "aliyun-live:index:RelayTask";
const MONITOR = "aliyun-live:index:MonitorSession";
const KEY = "interop-stream-key";
const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
const { UPDATE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;

let destinations = 0;

/** A relay task that starts in a year, with a destination of its own. */
const relayProgram = changes => ({
    sourceType: "live",
    sourceUrls: ["rtmp://pull.example.com/live/one"],
    dstUrl: secret(`rtmp://push.example.com/live/${++destinations}?auth_key=${KEY}`),
    startTime: "2034-01-01T00:00:00Z",
    endTime: "2034-01-01T01:00:00Z",
    ...changes,
});

const monitorProgram = changes => ({
    domain: "monitor.example.com",
    outputTemplate: "lp_hd",
    inputList: [{ inputUrl: "rtmp://pull.example.com/live/one" }, { inputUrl: `rtmp://pull.example.com/live/two?auth_key=${KEY}` }],
    monitorConfig: { fpsLowThres: 0.6 },
    ...changes,
});

describe("the published plugin under the official Node client", () => {
    /** @type {import("./support/simulator").Simulator} */
    let simulator;
    /** @type {Plugin} */
    let plugin;

    useSimulatedPlugin(started => ({ simulator, plugin } = started));

    test("the first line is the port, Handshake tells what is understood, GetPluginInfo the version", async () => {
        assert.match(plugin.portLine, /^[1-9]\d*$/);
        const reply = await plugin.handshake();
        assert.equal(reply.getAcceptSecrets(), true);
        assert.equal(reply.getSupportsAutonamingConfiguration(), true);
        const info = await plugin.call("getPluginInfo", new empty.Empty());
        assert.match(info.getVersion(), /^\d+\.\d+\.\d+/);
    });

    test("an unconfigured plugin serves the schema, with its own version in it", async () => {
        const bare = await Plugin.start({ args: ["--logtostderr", "-v=9", "--tracing", "file:///x", "--flag-to-come"] });
        try {
            const schema = JSON.parse((await bare.call("getSchema", new provider.GetSchemaRequest())).getSchema());
            const info = await bare.call("getPluginInfo", new empty.Empty());
            assert.equal(schema.name, "aliyun-live");
            assert.equal(schema.version, info.getVersion());
            assert.deepEqual(Object.keys(schema.resources).sort(), [MONITOR, RELAY]);
        } finally {
            await bare.close();
        }
    });

    test("CheckConfig takes a stack's texts and names what is wrong with them", async () => {
        const request = new provider.CheckRequest();
        request.setUrn("urn:pulumi:dev::interop::pulumi:providers:aliyun-live::default");
        request.setOlds(struct({}));
        request.setNews(struct({ region: "cn-shanghai", refreshBeforeUpdate: "true", version: "0.1.0" }));
        const good = await plugin.call("checkConfig", request);
        assert.deepEqual(good.getFailuresList(), []);
        assert.equal(good.getInputs().toJavaScript().region, "cn-shanghai");

        request.setNews(struct({ accessKey: "a", endpoint: "http://live.example.com" }));
        const bad = await plugin.call("checkConfig", request);
        const reasons = bad.getFailuresList().map(failure => `${failure.getProperty()} ${failure.getReason()}`).join("\n");
        assert.match(reasons, /secretKey/);
        assert.match(reasons, /endpoint/);
    });

    test("DiffConfig never replaces, whatever is rotated", async () => {
        const request = new provider.DiffRequest();
        request.setUrn("urn:pulumi:dev::interop::pulumi:providers:aliyun-live::default");
        request.setOlds(struct({ region: "cn-shanghai", secretKey: secret("old") }));
        request.setOldInputs(struct({ region: "cn-shanghai", secretKey: secret("old") }));
        request.setNews(struct({ region: "cn-beijing", secretKey: secret("new") }));
        const reply = await plugin.call("diffConfig", request);
        assert.equal(reply.getChanges(), DIFF_SOME);
        assert.deepEqual(reply.getReplacesList(), []);
        assert.deepEqual([...reply.getDetaileddiffMap().keys()].sort(), ["region", "secretKey"]);
    });

    test("Check fills defaults, names and marks, and tells all problems at once", async () => {
        const resource = new Resource(plugin, RELAY, "checked");
        const { inputs, failures } = await resource.check(relayProgram({ sourceUrls: [`rtmp://pull.example.com/live/one?auth_key=${KEY}`] }));
        assert.deepEqual(failures, []);
        assert.match(inputs.taskName, /^checked-\w{7}$/);
        assert.equal(inputs.retryCount, 3);
        assert.equal(inputs.sourceProtocol, "rtmp");
        assert.ok(isSecret(inputs.dstUrl));
        assert.ok(isSecret(inputs.sourceUrls[0]));

        const bad = await resource.check(relayProgram({ retryInterval: 5, sourceType: "radio", colour: "blue" }));
        assert.equal(bad.failures.length, 3, JSON.stringify(bad.failures));
    });

    test("unknown values pass through Check and the preview of Create", async () => {
        const resource = new Resource(plugin, RELAY, "unknown");
        const { inputs, failures } = await resource.check(relayProgram({ sourceUrls: UNKNOWN, callbackUrl: UNKNOWN, sourceProtocol: "rtmp" }));
        assert.deepEqual(failures, []);
        assert.equal(inputs.sourceUrls, UNKNOWN);
        const before = await simulator.operations();
        const preview = await resource.create(inputs, { preview: true });
        assert.equal(preview.id, "");
        assert.equal(preview.outputs.callbackUrl, UNKNOWN);
        assert.equal(preview.outputs.taskId, UNKNOWN);
        assert.ok(isSecret(preview.outputs.dstUrl));
        assert.deepEqual(await simulator.operations(), before, "a preview calls nothing");
    });

    test("a relay task is created, found unchanged, updated, replaced in the diff, read after drift, and deleted", async () => {
        const { resource, inputs, state } = await make(plugin, RELAY, "life", relayProgram({ callbackUrl: "https://example.com/events" }));
        assert.match(state.id, /^cn-shanghai\/.+/);
        assert.equal(state.outputs.status, "Idle");
        assert.equal(`cn-shanghai/${state.outputs.taskId}`, state.id);

        const same = await resource.diff(state, inputs);
        assert.equal(same.changes, DIFF_NONE);

        const news = { ...inputs, endTime: "2034-01-01T02:00:00Z" };
        const change = await resource.diff(state, news);
        assert.deepEqual(change.detailed, { endTime: UPDATE });
        assert.ok(change.hasDetailedDiff);
        assert.deepEqual((await resource.diff(state, news, ["endTime"])).detailed, {});

        const preview = await resource.update(state, news, { preview: true });
        assert.equal(preview.outputs.endTime, news.endTime);
        const updated = await resource.update(state, news);
        const task = () => simulator.state().then(({ tasks }) => tasks.find(({ taskId }) => taskId === state.outputs.taskId));
        assert.equal((await task()).endTime, news.endTime);

        const replacement = await resource.diff(updated, { ...news, retryCount: 5 });
        assert.deepEqual(replacement.detailed, { retryCount: UPDATE_REPLACE });
        assert.deepEqual(replacement.replaces, ["retryCount"]);
        assert.equal(replacement.deleteBeforeReplace, true, "the destination stays");

        await simulator.act("tasks", state.outputs.taskId, "edit", { CallbackUrl: "https://example.com/other" });
        const read = await resource.read(updated);
        assert.equal(read.inputs.callbackUrl, "https://example.com/other");
        assert.ok(isSecret(read.outputs.dstUrl));

        await resource.delete(read);
        assert.equal((await task())?.state ?? "Exit", "Exit");
        await resource.delete(read);
        assert.equal(await resource.read({ id: state.id }), undefined, "nothing is left to import");
    });

    test("a monitor session runs, is changed in place, imported without a difference, and deleted", async () => {
        const { resource, inputs, state } = await make(plugin, MONITOR, "watch", monitorProgram({ desiredStatus: "Running" }));
        assert.equal(state.outputs.status, "Running");
        assert.ok(isSecret(state.outputs.inputList[1].inputUrl));

        const news = { ...inputs, monitorConfig: { fpsLowThres: 0.7 } };
        const change = await resource.diff(state, news);
        assert.deepEqual(change.detailed, { "monitorConfig.fpsLowThres": UPDATE });
        const updated = await resource.update(state, news);
        assert.equal(updated.outputs.status, "Running");

        const imported = await resource.read({ id: state.id });
        const again = await resource.check(imported.inputs, imported.inputs);
        assert.deepEqual(again.failures, []);
        assert.equal((await resource.diff(imported, again.inputs)).changes, DIFF_NONE);

        await resource.delete(updated);
        assert.equal(await resource.read(updated), undefined);
    });

    test("log lines reach the engine, with severity and URN", async () => {
        const { resource, state } = await make(plugin, MONITOR, "quiet", monitorProgram());
        const line = plugin.log.find(({ urn }) => urn === resource.urn);
        assert.match(line.message, /created, not monitoring/);
        assert.equal(line.severity, severity.INFO);
        assert.equal(line.ephemeral, false);
        await resource.delete(state);
    });

    test("a creation that stops half-way is an ErrorResourceInitFailed with id, outputs, inputs and reasons", async () => {
        const resource = new Resource(plugin, MONITOR, "partial");
        const { inputs } = await resource.check(monitorProgram({ desiredStatus: "Running", dingTalkWebHookUrl: secret(`https://example.com/robot?token=${KEY}`) }));
        await simulator.refuse("StartLiveStreamMonitor", "Forbidden.RAM", 403);
        const error = await resource.create(inputs).then(() => assert.fail("it should have failed"), failure => failure);

        assert.equal(error.code, grpc.status.UNKNOWN);
        const [{ name, message }] = details(error);
        assert.equal(name, "pulumirpc.ErrorResourceInitFailed");
        assert.notEqual(message.getId(), "");
        const state = { id: message.getId(), inputs: message.getInputs().toJavaScript(), outputs: message.getProperties().toJavaScript() };
        assert.equal(state.outputs.status, "Stopped");
        assert.ok(isSecret(state.outputs.dingTalkWebHookUrl));
        assert.ok(isSecret(state.inputs.dingTalkWebHookUrl));
        assert.match(message.getReasonsList().join("\n"), /live:StartLiveStreamMonitor/);

        // The engine calls Update next; it finishes the work on the session that exists.
        const finished = await resource.update(state, inputs);
        assert.equal(finished.outputs.status, "Running");
        await resource.delete(finished);
    });

    test("a refused call has a status of its own, words of the service, and no secret in it", async () => {
        const { resource, state } = await make(plugin, RELAY, "refused", relayProgram());
        const second = new Resource(plugin, RELAY, "second");
        const { inputs } = await second.check(relayProgram({ dstUrl: state.inputs.dstUrl }));
        const error = await second.create(inputs).then(() => assert.fail("it should have failed"), failure => failure);
        assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
        assert.match(error.details, new RegExp(state.id));

        await simulator.refuse("DescribeLivePullToPush", "CodeInvalidAliUid", 400);
        const denied = await resource.read(state).then(() => assert.fail("it should have failed"), failure => failure);
        assert.equal(denied.code, grpc.status.PERMISSION_DENIED);
        assert.match(denied.details, /CodeInvalidAliUid/);
        for (const { message, details: text } of [error, denied]) {
            assert.ok(!message.includes(KEY));
            assert.ok(!text.includes(KEY));
        }
        await resource.delete(state);
    });

    test("calls that a provider may lack are answered as such", async () => {
        for (const [method, request] of [["parameterize", new provider.ParameterizeRequest()], ["construct", new provider.ConstructRequest()], ["call", new provider.CallRequest()]]) {
            const error = await plugin.call(method, request).then(() => assert.fail(`${method} should have failed`), failure => failure);
            assert.equal(error.code, grpc.status.UNIMPLEMENTED, method);
            assert.notEqual(error.details, "");
        }
        assert.equal((await plugin.call("getMapping", new provider.GetMappingRequest())).getProvider(), "");
        assert.deepEqual((await plugin.call("getMappings", new provider.GetMappingsRequest())).getProvidersList(), []);
    });

    test("a hundred calls at once are all answered, each with its own", async () => {
        const replies = await Promise.all(Array.from({ length: 100 }, (_, index) =>
            new Resource(plugin, RELAY, `many${index}`).check(relayProgram({ taskName: `task ${index}` }))));
        assert.deepEqual(replies.map(({ inputs }) => inputs.taskName), replies.map((_, index) => `task ${index}`));
    });

    test("a message of several megabytes passes in both directions", async () => {
        const triggers = ["x".repeat(6 * 1024 * 1024)];
        const { inputs, failures } = await new Resource(plugin, RELAY, "large").check(relayProgram({ restartTriggers: triggers }));
        assert.deepEqual(failures, []);
        assert.deepEqual(inputs.restartTriggers, triggers);
    });

    test("nothing secret was logged by all of this", () => {
        assert.ok(plugin.log.length > 0);
        for (const { message } of plugin.log)
            assert.ok(!message.includes(KEY) && !message.includes("test-access-key-secret"), message);
        assert.equal(plugin.child.error, "");
    });
});
