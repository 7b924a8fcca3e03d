"use strict";

const { EventEmitter, once } = require("node:events");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const empty = require("google-protobuf/google/protobuf/empty_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");
const enginegrpc = require("@pulumi/pulumi/proto/engine_grpc_pb");
const engineproto = require("@pulumi/pulumi/proto/engine_pb");
const providergrpc = require("@pulumi/pulumi/proto/provider_grpc_pb");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { Status } = require("@pulumi/pulumi/proto/status_pb");
const { Child } = require("./process");

const EXECUTABLE = process.env.ALIYUN_LIVE_PLUGIN
    ?? path.resolve(__dirname, "../../../bin/pulumi-resource-aliyun-live");

// The limit of the engine, in both directions.
const OPTIONS = { "grpc.max_receive_message_length": 400 * 1024 * 1024, "grpc.max_send_message_length": 400 * 1024 * 1024 };

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What the engine sends for a value that is not known before the real run. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value marked as secret, as it travels. */
const secret = value => ({ [SIGNATURE]: SECRET, value });

const isSecret = value => value?.[SIGNATURE] === SECRET;

const struct = object => Struct.fromJavaScript(object);

/** The plugin, started and called as the engine does it: with the address of an Engine service that takes log lines. */
class Plugin {
    /** Lines the plugin logged: `{ severity, message, urn, ephemeral }`. */
    log = [];

    #logged = new EventEmitter();

    static async start({ args = [], environment = {} } = {}) {
        const plugin = new Plugin();
        plugin.engine = new grpc.Server(OPTIONS);
        plugin.engine.addService(enginegrpc.EngineService, {
            log(call, callback) {
                plugin.log.push({
                    severity: call.request.getSeverity(),
                    message: call.request.getMessage(),
                    urn: call.request.getUrn(),
                    ephemeral: call.request.getEphemeral(),
                });
                callback(null, new empty.Empty());
                plugin.#logged.emit("line");
            },
        });
        const port = await new Promise((resolve, reject) => plugin.engine.bindAsync(
            "127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => error ? reject(error) : resolve(bound)));
        plugin.engineAddress = `127.0.0.1:${port}`;

        plugin.child = new Child(EXECUTABLE, [...args, plugin.engineAddress], environment);
        plugin.portLine = await plugin.child.firstLine();
        plugin.client = new providergrpc.ResourceProviderClient(
            `127.0.0.1:${plugin.portLine}`, grpc.credentials.createInsecure(), OPTIONS);
        return plugin;
    }

    /** Starts the plugin, shakes hands and configures it for a simulator. */
    static async startConfigured(simulator) {
        const plugin = await Plugin.start();
        await plugin.handshake();
        await plugin.configure({
            endpoint: simulator.address,
            region: "cn-shanghai",
            accessKey: "test-access-key-id",
            secretKey: secret("test-access-key-secret"),
        });
        return plugin;
    }

    /** Waits until a line was logged that satisfies a condition. */
    async untilLogged(condition) {
        while (!this.log.some(condition))
            await once(this.#logged, "line");
    }

    /** Makes one call with the official client; errors are grpc-js' own. */
    call(method, request) {
        return new Promise((resolve, reject) =>
            this.client[method](request, (error, reply) => error ? reject(error) : resolve(reply)));
    }

    handshake() {
        const request = new provider.ProviderHandshakeRequest();
        request.setEngineAddress(this.engineAddress);
        request.setConfigureWithUrn(true);
        request.setSupportsViews(true);
        request.setSupportsRefreshBeforeUpdate(true);
        request.setInvokeWithPreview(true);
        return this.call("handshake", request);
    }

    configure(config) {
        const request = new provider.ConfigureRequest();
        request.setArgs(struct(config));
        request.setAcceptsecrets(true);
        request.setAcceptresources(true);
        request.setSendsOldInputs(true);
        request.setSendsOldInputsToDelete(true);
        return this.call("configure", request);
    }

    cancel() {
        return this.call("cancel", new empty.Empty());
    }

    /** Ends plugin and engine, whatever state they are in. */
    async close() {
        this.client.close();
        if (this.child.process.exitCode === null)
            await this.child.stop();
        this.engine.forceShutdown();
    }
}

/** The details of an error of grpc-js: `[{ name, message }]`, decoded with the official types. */
function details(error) {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    return bytes ? decoded(bytes) : [];
}

/** The same from the bytes of the trailer. */
function decoded(bytes) {
    return Status.deserializeBinary(bytes).getDetailsList().map(any => {
        const name = any.getTypeName();
        const type = provider[name.replace("pulumirpc.", "")];
        return { name, message: any.unpack(type.deserializeBinary, name) };
    });
}

module.exports = { EXECUTABLE, Plugin, UNKNOWN, decoded, details, isSecret, secret, severity: engineproto.LogSeverity, struct };
