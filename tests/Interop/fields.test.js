"use strict";

const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const http2 = require("node:http2");
const net = require("node:net");
const { once } = require("node:events");
const grpc = require("@grpc/grpc-js");
const empty = require("google-protobuf/google/protobuf/empty_pb");
const { PluginAttach } = require("@pulumi/pulumi/proto/plugin_pb");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const providergrpc = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { Plugin, UNKNOWN, isSecret, secret, struct } = require("./support/plugin");
const { Resource } = require("./support/resource");
const { make, useSimulatedPlugin } = require("./support/suite");

const RELAY = "aliyun-live:index:RelayTask";
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** One for each type of value, all of them unknown. */
const SENTINELS = {
    boolean: "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    number: "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    string: UNKNOWN,
    array: "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    asset: "030794c1-ac77-496b-92df-f27374a8bd58",
    archive: "e48ece36-62e2-4504-bad9-02848725956a",
    object: "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
};

const special = (signature, fields) => ({ [SIGNATURE]: signature, ...fields });
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const HASH = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const URN = "urn:pulumi:dev::interop::random:index/randomPassword:RandomPassword::other";

/** Values that are no plain JSON, as engines send them. */
const SPECIAL = {
    "an asset of text": special(ASSET, { text: "hello", hash: HASH }),
    "an asset of a file": special(ASSET, { path: "./x.txt", hash: HASH }),
    "an asset at an address": special(ASSET, { uri: "https://example.com/x" }),
    "an elided asset": special(ASSET, { hash: HASH }),
    "an archive of a file": special(ARCHIVE, { path: "./x.zip", hash: HASH }),
    "an archive of assets": special(ARCHIVE, { assets: { one: special(ASSET, { text: "1" }), two: special(ARCHIVE, { hash: HASH }) } }),
    "an elided archive": special(ARCHIVE, { hash: HASH }),
    "a reference to a resource": special("5cf8f73096256a8f31e491e813e4eb8e", { urn: URN, id: "i-1", packageVersion: "1.2.3" }),
    "a reference to a resource that is not there yet": special("5cf8f73096256a8f31e491e813e4eb8e", { urn: URN, id: UNKNOWN }),
    "a reference to a component": special("5cf8f73096256a8f31e491e813e4eb8e", { urn: URN }),
    "bytes": special("803fd3297a5875dc03ca845dda5d2a98", { value: "//79" }),
    "a secret": secret("s"),
    "a secret in a secret's object": secret({ inner: secret([1, true, "x"]) }),
};

const relayProgram = changes => ({
    sourceType: "live",
    sourceUrls: ["rtmp://pull.example.com/live/one"],
    dstUrl: secret(`rtmp://push.example.com/live/fields-${process.hrtime.bigint()}`),
    startTime: "2034-01-01T00:00:00Z",
    endTime: "2034-01-01T01:00:00Z",
    ...changes,
});

/** The failure of a promise that must fail. */
const failure = promise => promise.then(() => assert.fail("it should have failed"), error => error);

describe("each field on the wire, with the official Node client at the other end", { timeout: 300_000 }, () => {
    /** @type {import("./support/simulator").Simulator} */
    let simulator;
    /** @type {Plugin} */
    let plugin;

    useSimulatedPlugin(started => ({ simulator, plugin } = started));

    const makeRelay = (name, changes) => make(plugin, RELAY, name, relayProgram(changes));

    const checkRequest = (fields = {}) => {
        const request = new provider.CheckRequest();
        request.setUrn(`urn:pulumi:dev::interop::${RELAY}::fields`);
        request.setName("fields");
        request.setType(RELAY);
        request.setOlds(struct({}));
        request.setNews(struct(relayProgram()));
        request.setRandomseed(Buffer.alloc(32, 7));
        for (const [name, value] of Object.entries(fields))
            request[`set${name}`](value);
        return request;
    };

    const checkedName = async fields => (await plugin.call("check", checkRequest(fields))).getInputs().toJavaScript().taskName;

    test("Handshake and Configure tell the same abilities, every one of them", async () => {
        const hand = await plugin.handshake();
        assert.deepEqual(hand.toObject(), {
            acceptSecrets: true, acceptResources: true, acceptOutputs: true, supportsAutonamingConfiguration: true, acceptsByteString: true,
        });
        const configured = await plugin.configure({
            endpoint: simulator.address, region: "cn-shanghai", accessKey: "test-access-key-id", secretKey: secret("test-access-key-secret"),
        });
        assert.deepEqual(configured.toObject(), {
            acceptsecrets: true, supportspreview: true, acceptresources: true, acceptoutputs: true, supportsAutonamingConfiguration: true,
        });
    });

    test("CheckRequest: name and type alone, or a URN alone, say what is meant", async () => {
        assert.match(await checkedName({ Urn: "" }), /^fields-/);
        assert.match(await checkedName({ Name: "", Type: "" }), /^fields-/);
        const error = await failure(plugin.call("check", checkRequest({ Urn: "", Name: "", Type: "" })));
        assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
        const other = await failure(plugin.call("check", checkRequest({ Type: "aliyun-live:index:Nothing" })));
        assert.equal(other.code, grpc.status.INVALID_ARGUMENT);
        assert.match(other.details, /aliyun-live:index:Nothing/);
    });

    test("CheckRequest: the seed makes the name, old inputs keep it", async () => {
        const name = await checkedName({});
        assert.equal(await checkedName({}), name);
        assert.notEqual(await checkedName({ Randomseed: Buffer.alloc(32, 8) }), name);
        assert.equal(await checkedName({ Olds: struct(relayProgram({ taskName: "kept" })) }), "kept");
    });

    test("CheckRequest: each mode of autonaming is obeyed", async () => {
        const { AutonamingOptions } = provider.CheckRequest;
        const rule = mode => {
            const options = new AutonamingOptions();
            options.setProposedName("proposed");
            options.setMode(AutonamingOptions.Mode[mode]);
            return options;
        };
        assert.equal(await checkedName({ Autonaming: rule("PROPOSE") }), "proposed");
        assert.equal(await checkedName({ Autonaming: rule("ENFORCE") }), "proposed");
        const reply = await plugin.call("check", checkRequest({ Autonaming: rule("DISABLE") }));
        assert.match(reply.getFailuresList().map(item => item.getReason()).join("\n"), /taskName/);
    });

    test("CheckResponse: a failure names its property, or tells the path where the property may be secret", async () => {
        const reply = await plugin.call("check", checkRequest({ News: struct(relayProgram({ retryInterval: 5, dstUrl: "x" })) }));
        const failures = Object.fromEntries(reply.getFailuresList().map(item => [item.getProperty(), item.getReason()]));
        assert.deepEqual(Object.keys(failures).sort(), ["", "retryInterval"]);
        assert.match(failures[""], /^dstUrl/);
        assert.match(failures.retryInterval, /60/);
    });

    for (const [type, sentinel] of Object.entries(SENTINELS)) {
        test(`the unknown ${type} passes Check, Diff and the preview of Create and Update`, async () => {
            const resource = new Resource(plugin, RELAY, `unknown-${type}`);
            const { inputs, failures } = await resource.check(relayProgram({ callbackUrl: sentinel, restartTriggers: [secret(sentinel)] }));
            assert.deepEqual(failures, []);
            assert.equal(inputs.callbackUrl, UNKNOWN);
            assert.deepEqual(inputs.restartTriggers, [secret(UNKNOWN)]);
            const preview = await resource.create({ ...inputs, callbackUrl: sentinel }, { preview: true });
            assert.equal(preview.outputs.callbackUrl, UNKNOWN);

            const known = (await resource.check(relayProgram({ dstUrl: inputs.dstUrl }))).inputs;
            const state = { id: "cn-shanghai/x", inputs: known, outputs: { ...known, taskId: "x", status: "Idle" } };
            const news = { ...known, callbackUrl: sentinel };
            assert.deepEqual((await resource.diff(state, news)).detailed, { callbackUrl: provider.PropertyDiff.Kind.ADD });
            assert.equal((await resource.update(state, news, { preview: true })).outputs.callbackUrl, UNKNOWN);
        });
    }

    for (const [name, value] of Object.entries(SPECIAL)) {
        test(`${name} passes Check, Diff, Create, Update and Delete as it is`, async () => {
            const { resource, inputs, state } = await makeRelay("special", { restartTriggers: [value] });
            const triggers = { restartTriggers: [value] };
            assert.deepEqual({ restartTriggers: inputs.restartTriggers }, triggers);
            assert.deepEqual({ restartTriggers: state.outputs.restartTriggers }, triggers);
            assert.deepEqual((await resource.diff(state, inputs)).detailed, {});
            const updated = await resource.update(state, { ...inputs, endTime: "2034-01-01T02:00:00Z" });
            assert.deepEqual({ restartTriggers: updated.outputs.restartTriggers }, triggers);
            await resource.delete(updated);
        });
    }

    test("output values are read with their secrecy and without their wrapping getting in the way", async () => {
        const output = fields => special("d0e6a833031e9bbcd3f4e8bde6ca49a4", fields);
        const resource = new Resource(plugin, RELAY, "outputs");
        const { inputs, failures } = await resource.check(relayProgram({
            retryCount: output({ value: 5, dependencies: [URN] }),
            callbackUrl: output({ dependencies: [URN] }),
            dstUrl: output({ value: "rtmp://push.example.com/live/outputs", secret: true }),
        }));
        assert.deepEqual(failures, []);
        assert.equal(inputs.retryCount?.value ?? inputs.retryCount, 5);
        const preview = await resource.create(inputs, { preview: true });
        assert.ok(isSecret(preview.outputs.dstUrl) || preview.outputs.dstUrl.secret === true);
    });

    test("DiffResponse: every field, from a change that replaces and one that does not", async () => {
        const { resource, inputs, state } = await makeRelay("diffed");
        const request = new provider.DiffRequest();
        request.setId(state.id);
        request.setUrn(resource.urn);
        request.setOlds(struct(state.outputs));
        request.setOldInputs(struct(inputs));
        request.setNews(struct({ ...inputs, retryCount: 9, endTime: "2034-01-01T02:00:00Z", callbackUrl: "https://example.com/e" }));
        request.setIgnorechangesList(["callbackUrl"]);
        const reply = (await plugin.call("diff", request)).toObject();
        assert.deepEqual(reply.replacesList, ["retryCount"]);
        assert.deepEqual(reply.stablesList, []);
        assert.equal(reply.deletebeforereplace, true);
        assert.equal(reply.changes, provider.DiffResponse.DiffChanges.DIFF_SOME);
        assert.deepEqual(reply.diffsList.sort(), ["endTime", "retryCount"]);
        assert.deepEqual(Object.fromEntries(reply.detaileddiffMap), {
            retryCount: { kind: provider.PropertyDiff.Kind.UPDATE_REPLACE, inputdiff: true },
            endTime: { kind: provider.PropertyDiff.Kind.UPDATE, inputdiff: true },
        });
        assert.equal(reply.hasdetaileddiff, true);
        await resource.delete(state);
    });

    test("refresh_before_update comes with Create, Read and Update where the configuration asks for it", async () => {
        const careful = await Plugin.start();
        try {
            await careful.handshake();
            await careful.configure({
                endpoint: simulator.address, region: "cn-shanghai", accessKey: "test-access-key-id",
                secretKey: secret("test-access-key-secret"), refreshBeforeUpdate: true,
            });
            const resource = new Resource(careful, RELAY, "careful");
            const { inputs } = await resource.check(relayProgram());
            const replies = {};
            const seen = careful.call.bind(careful);
            careful.call = async (method, request) => replies[method] = await seen(method, request);
            const state = await resource.create(inputs);
            await resource.read(state);
            await resource.update(state, { ...inputs, endTime: "2034-01-01T02:00:00Z" });
            for (const method of ["create", "read", "update"])
                assert.equal(replies[method].getRefreshBeforeUpdate(), true, method);
            await resource.delete(state);
        } finally {
            await careful.close();
        }
    });

    test("the timeout of Create, Read, Update and Delete is kept to", async () => {
        const { resource, inputs, state } = await makeRelay("timed");
        await simulator.refuse("*", "ServiceUnavailable", 503, 10_000);
        const properties = { setUrn: resource.urn, setName: "timed", setType: RELAY, setTimeout: 0.5 };
        const calls = {
            create: [new provider.CreateRequest(), { setProperties: struct({ ...inputs, dstUrl: secret("rtmp://push.example.com/live/timed") }) }],
            read: [new provider.ReadRequest(), { setId: state.id, setProperties: struct(state.outputs), setInputs: struct(inputs) }],
            update: [new provider.UpdateRequest(), {
                setId: state.id, setOlds: struct(state.outputs), setOldInputs: struct(inputs), setNews: struct({ ...inputs, endTime: "2034-01-01T03:00:00Z" }),
            }],
            delete: [new provider.DeleteRequest(), { setId: state.id, setProperties: struct(state.outputs), setOldInputs: struct(inputs) }],
        };
        // Without the field each of these goes on for a minute or more.
        await Promise.all(Object.entries(calls).map(async ([method, [request, fields]]) => {
            for (const [setter, value] of Object.entries({ ...properties, ...fields }))
                request[setter](value);
            const began = process.hrtime.bigint();
            const error = await failure(plugin.call(method, request));
            assert.ok(process.hrtime.bigint() - began < 30_000_000_000n, `${method} took its time`);
            assert.notEqual(error.code, grpc.status.INTERNAL, method);
            assert.notEqual(error.details, "", method);
        }));
        await simulator.forgive();
        await resource.delete(state);
    });

    test("grpc-timeout is obeyed by the plugin itself, not only by the client", async () => {
        const session = http2.connect(`http://127.0.0.1:${plugin.portLine}`);
        const call = session.request({
            ":method": "POST", ":path": "/pulumirpc.ResourceProvider/GetSchema", "content-type": "application/grpc", te: "trailers", "grpc-timeout": "50m",
        });
        // The message never comes, so that only the plugin's own timer can end the call.
        const [headers] = await once(call, "response");
        assert.equal(headers["grpc-status"], String(grpc.status.DEADLINE_EXCEEDED));
        session.destroy();
    });

    test("a deadline of the client ends a call with DEADLINE_EXCEEDED, and the next call is served", async () => {
        const resource = new Resource(plugin, RELAY, "late");
        const { inputs } = await resource.check(relayProgram());
        await simulator.refuse("*", "ServiceUnavailable", 503, 10_000);
        const request = new provider.CreateRequest();
        request.setUrn(resource.urn);
        request.setProperties(struct(inputs));
        const error = await new Promise(resolve => plugin.client.create(request, { deadline: Date.now() + 200 }, resolve));
        assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
        await plugin.handshake();
    });

    test("Attach moves the log to another engine; an address that is none is refused", async () => {
        const other = await Plugin.start();
        try {
            const attach = new PluginAttach();
            attach.setAddress(plugin.engineAddress);
            await other.call("attach", attach);
            await other.configure({
                endpoint: simulator.address, region: "cn-shanghai", accessKey: "test-access-key-id", secretKey: secret("test-access-key-secret"),
            });
            const session = new Resource(other, "aliyun-live:index:MonitorSession", "attached");
            const { inputs } = await session.check({ domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }] });
            const state = await session.create(inputs);
            assert.ok(plugin.log.some(({ urn }) => urn === session.urn));
            assert.deepEqual(other.log, []);
            await session.delete(state);

            attach.setAddress("nowhere");
            assert.equal((await failure(other.call("attach", attach))).code, grpc.status.INVALID_ARGUMENT);
        } finally {
            await other.close();
        }
    });

    test("50 MB pass in both directions in one message", async () => {
        const triggers = ["x".repeat(50 * 1024 * 1024)];
        const { inputs } = await new Resource(plugin, RELAY, "heavy").check(relayProgram({ restartTriggers: triggers }));
        assert.equal(inputs.restartTriggers[0].length, triggers[0].length);
    });

    /** All replies of one List call, each as plain data. */
    const list = fields => new Promise((resolve, reject) => {
        const request = new provider.ListRequest();
        for (const [name, value] of Object.entries(fields))
            request[`set${name}`](value);
        const replies = [];
        plugin.client.list(request)
            .on("data", reply => replies.push({
                ...reply.hasResult() && { id: reply.getResult().getId(), name: reply.getResult().getName() },
                ...reply.hasContinuation() && { continuation: reply.getContinuation().getContinuationToken() },
                ...reply.hasComputed() && { computed: true },
            }))
            .on("error", reject)
            .on("end", () => resolve(replies));
    });

    test("ListRequest and ListResponse: type, query, limit, page size, continuation; ids and names", async () => {
        const made = await Promise.all(["one", "two", "three"].map(name => makeRelay(name, { taskName: `listed-${name}` })));
        const query = struct({ taskNamePrefix: "listed-" });
        const known = made.map(({ state }) => ({ id: state.id, name: state.inputs.taskName }));
        const sorted = items => items.toSorted((a, b) => a.name.localeCompare(b.name));

        const all = await list({ Token: RELAY, Query: query });
        assert.deepEqual(sorted(all), sorted(known));
        assert.deepEqual(await list({ Token: RELAY, Query: struct({ taskName: "listed-two" }) }), [known[1]]);
        assert.deepEqual(await list({ Token: RELAY, Query: query, Limit: 2 }), all.slice(0, 2));

        const first = await list({ Token: RELAY, Query: query, PageSize: 2 });
        assert.deepEqual(first.slice(0, 2), all.slice(0, 2));
        assert.equal(first.length, 3);
        assert.notEqual(first[2].continuation, "");
        assert.deepEqual(await list({ Token: RELAY, Query: query, PageSize: 2, ContinuationToken: first[2].continuation }), all.slice(2));

        assert.equal((await failure(list({ Token: "aliyun-live:index:Nothing" }))).code, grpc.status.INVALID_ARGUMENT);
        assert.equal((await failure(list({ Token: RELAY, ContinuationToken: "x" }))).code, grpc.status.INVALID_ARGUMENT);
        await Promise.all(made.map(({ resource, state }) => resource.delete(state)));
    });

    test("InvokeRequest and InvokeResponse: function, arguments, preview; what it returns, and failures", async () => {
        const { resource, inputs, state } = await makeRelay("invoked");
        const invoke = async fields => {
            const request = new provider.InvokeRequest();
            for (const [name, value] of Object.entries(fields))
                request[`set${name}`](value);
            const reply = await plugin.call("invoke", request);
            return { returned: reply.getReturn()?.toJavaScript(), failures: reply.getFailuresList().map(item => item.toObject()) };
        };
        const token = "aliyun-live:index:getRelayTask";
        for (const Preview of [false, true]) {
            const { returned, failures } = await invoke({ Tok: token, Args: struct({ taskId: state.outputs.taskId }), Preview });
            assert.deepEqual(failures, []);
            assert.equal(returned.id, state.id);
            assert.equal(returned.taskName, inputs.taskName);
            assert.deepEqual(returned.dstUrl, inputs.dstUrl);
            assert.ok(isSecret(returned.dstUrl));
        }

        const wrong = await invoke({ Tok: "aliyun-live:index:getMonitorSessions", Args: struct({ status: "Flying", monitorNam: "x" }) });
        assert.deepEqual(wrong.returned, {});
        assert.equal(wrong.failures.length, 2);
        assert.match(wrong.failures[0].reason, /^status: must be one of `Running`, `Stopped`/);
        assert.match(wrong.failures[1].reason, /`monitorNam`.*`monitorName`/);
        assert.equal((await failure(invoke({ Tok: "aliyun-live:index:getNothing" }))).code, grpc.status.INVALID_ARGUMENT);
        assert.equal((await failure(invoke({ Tok: token, Args: struct({ taskId: "nobody" }) }))).code, grpc.status.NOT_FOUND);
        await resource.delete(state);
    });

    test("a client that has lost its connection finds the plugin again at the same port", async () => {
        for (let round = 0; round < 3; round++) {
            const client = new providergrpc.ResourceProviderClient(`127.0.0.1:${plugin.portLine}`, grpc.credentials.createInsecure(), {
                "grpc.use_local_subchannel_pool": 1,
            });
            const info = await new Promise((resolve, reject) =>
                client.getPluginInfo(new empty.Empty(), (error, reply) => error ? reject(error) : resolve(reply)));
            assert.notEqual(info.getVersion(), "");
            client.close();
        }
        const broken = net.connect(plugin.portLine, "127.0.0.1");
        await once(broken, "connect");
        broken.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        broken.resetAndDestroy();
        await plugin.handshake();
    });

    test("GetSchema, GetPluginInfo, GetMapping and GetMappings answer with every field they have", async () => {
        const version = (await plugin.call("getPluginInfo", new empty.Empty())).getVersion();
        const schema = new provider.GetSchemaRequest();
        schema.setVersion(0);
        assert.equal(JSON.parse((await plugin.call("getSchema", schema)).getSchema()).version, version);
        const mapping = new provider.GetMappingRequest();
        mapping.setKey("terraform");
        mapping.setProvider("alicloud");
        assert.deepEqual((await plugin.call("getMapping", mapping)).toObject(), { provider: "", data: "" });
        const mappings = new provider.GetMappingsRequest();
        mappings.setKey("terraform");
        assert.deepEqual((await plugin.call("getMappings", mappings)).toObject(), { providersList: [] });
    });
});
