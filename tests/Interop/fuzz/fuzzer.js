"use strict";

const fs = require("node:fs");
const http2 = require("node:http2");
const net = require("node:net");
const path = require("node:path");
const { once } = require("node:events");
const grpc = require("@grpc/grpc-js");
const { Plugin, secret, severity } = require("../support/plugin");
const { HostileService } = require("./answers");
const { Bodies, SERVICE } = require("./bodies");
const { Frames } = require("./frames");
const { Random } = require("./random");
const { CANARY, Values, wire } = require("./values");

const CORPUS = path.join(__dirname, "corpus");
const { INTERNAL } = grpc.status;

/** Kinds of input, and how many of each are under way at the same time. Calls of the service wait for the plugin's own rate limits. */
const WORKERS = { proper: 6, broken: 6, frames: 8, answers: 6 };

/** Memory that a run may add once the plugin is warm: what garbage collection leaves lying about, not what a leak would pile up. */
const GROWTH_BYTES = 96 * 1024 * 1024;

/** Throws generated input at one plugin and keeps what breaks a promise. */
class Fuzzer {
    counts = { proper: 0, broken: 0, frames: 0, answers: 0 };
    statuses = {};
    findings = [];
    /** A small input for each call and status that the corpus has no example of. */
    news = new Map();

    constructor(seed) {
        this.seed = seed;
        this.random = new Random(seed);
        this.values = new Values(this.random);
        this.bodies = new Bodies(this.random, this.values);
        this.frames = new Frames(this.random);
        this.service = new HostileService(this.random);
    }

    async start() {
        await this.service.start();
        this.plugin = await Plugin.start({ environment: { NO_PROXY: "127.0.0.1" } });
        await this.plugin.handshake();
        await this.plugin.configure({ endpoint: this.service.address, region: "cn-shanghai", accessKey: "fuzz", secretKey: secret("fuzz-secret-key") });
        this.#connect();
    }

    async stop() {
        this.session.destroy();
        this.service.stop();
        await this.plugin.close();
    }

    get inputs() {
        return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    }

    /** Runs until the time is over, or until the plugin is dead. */
    async run(seconds, report = () => {}) {
        await this.replay();
        const end = Date.now() + seconds * 1000;
        let warm;
        let told = Date.now();
        const work = async one => {
            while (Date.now() < end && this.#alive()) {
                await one();
                if (!warm && (this.inputs > 5000 || Date.now() > end - seconds * 700))
                    warm = this.memory();
                if (Date.now() - told > 10_000) {
                    told = Date.now();
                    report(this);
                }
            }
        };
        await Promise.all(Object.entries(WORKERS).flatMap(([kind, count]) => Array.from({ length: count }, () => work(() => this.#one(kind)))));
        if (!this.#alive())
            this.#find("death", "the plugin has ended", { output: this.plugin.child.error });
        else
            await this.plugin.handshake();
        const growth = warm ? this.memory() - warm : 0;
        if (growth > GROWTH_BYTES)
            this.#find("memory", `the plugin has grown by ${Math.round(growth / 1024 / 1024)} MiB`, {});
        if (this.plugin.child.error)
            this.#find("stderr", "something was written to standard error", { output: this.plugin.child.error });
    }

    /** The corpus once more: what ever broke a promise, and an example of each call with each status. */
    async replay() {
        for (const file of fs.readdirSync(CORPUS).filter(name => name.endsWith(".json"))) {
            const { method, body } = JSON.parse(fs.readFileSync(path.join(CORPUS, file), "utf8"));
            this.news.set(path.basename(file, ".json"), undefined);
            await this.#call(method, Buffer.from(body, "base64"), "broken");
        }
    }

    /** Adds what is new to the corpus. */
    keep() {
        for (const [name, input] of this.news) {
            if (input)
                fs.writeFileSync(path.join(CORPUS, `${name}.json`), JSON.stringify(input) + "\n");
        }
    }

    /** Resident memory of the plugin in bytes; 0 where the system does not tell. */
    memory() {
        try {
            return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.plugin.child.process.pid}/status`, "utf8"))[1]) * 1024;
        } catch {
            return 0;
        }
    }

    async #one(kind) {
        switch (kind) {
            case "frames": return await this.#session();
            case "answers": return await this.#service();
            default: {
                const { method, body } = this.bodies[kind]();
                return await this.#call(method, body, kind);
            }
        }
    }

    /** A call of the life cycle that is well-formed and reaches the service, which answers with rubbish. */
    async #service() {
        const { random } = this;
        const session = random.once(2);
        const type = session ? "aliyun-live:index:MonitorSession" : "aliyun-live:index:RelayTask";
        const map = wire.struct(session
            ? { monitorName: "n", domain: "live.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }], monitorId: "x", status: "Stopped" }
            : {
                taskName: "n", region: "cn-shanghai", sourceType: "live", sourceProtocol: "rtmp", sourceUrls: ["rtmp://a.example.com/b/c"], taskId: "x", status: "Idle",
                dstUrl: `rtmp://push.example.com/a/b?auth_key=${CANARY}`, startTime: "2034-01-01T00:00:00Z", endTime: "2034-01-01T01:00:00Z",
            });
        const changed = Buffer.concat([map, wire.struct(session ? { monitorName: "m" } : { endTime: "2034-01-01T02:00:00Z" })]);
        const id = wire.text(1, session ? "x" : "cn-shanghai/x");
        const urn = number => wire.text(number, `urn:pulumi:dev::fuzz::${type}::name`);
        const seconds = number => wire.double(number, 0.2);
        const [method, body] = random.pick([
            ["Create", [urn(1), wire.field(2, map), seconds(3)]],
            ["Read", [id, urn(2), wire.field(3, map), wire.field(4, map), seconds(10)]],
            ["Read", [id, urn(2), seconds(10)]],
            ["Update", [id, urn(2), wire.field(3, map), wire.field(4, changed), seconds(5), wire.field(8, map)]],
            ["Delete", [id, urn(2), wire.field(3, map), seconds(4), wire.field(5, map)]],
        ]);
        await this.#call(method, Buffer.concat(body), "answers");
    }

    async #call(method, body, kind) {
        this.counts[kind]++;
        const prefix = Buffer.alloc(5);
        prefix.writeUInt32BE(body.length, 1);
        const reply = await new Promise(resolve => {
            const result = { headers: {}, trailers: {}, data: [] };
            const stream = this.session.request({
                ":method": "POST", ":path": SERVICE + method, "content-type": "application/grpc", te: "trailers", "grpc-timeout": "20S",
            });
            stream.on("response", headers => { result.headers = headers; });
            stream.on("trailers", trailers => { result.trailers = trailers; });
            stream.on("data", data => result.data.push(data));
            stream.on("error", error => { result.error = error; });
            stream.on("close", () => resolve(result));
            stream.end(Buffer.concat([prefix, body]));
        });
        const code = reply.trailers["grpc-status"] ?? reply.headers["grpc-status"];
        const message = decodeURIComponent(String(reply.trailers["grpc-message"] ?? reply.headers["grpc-message"] ?? "").replace(/%(?![0-9A-F]{2})/g, "%25"));
        this.statuses[code] = (this.statuses[code] ?? 0) + 1;

        const input = { method, body: body.toString("base64") };
        const name = `${method}-${code}`;
        if (kind !== "answers" && body.length < 2000 && !this.news.has(name))
            this.news.set(name, input);
        if (code === undefined)
            this.#find("status", `${method} got no status: ${reply.error?.message ?? "closed"}`, input);
        else if (Number(code) === INTERNAL)
            this.#find("internal", `${method}: ${this.plugin.log.findLast(line => line.severity === severity.DEBUG)?.message ?? message}`, input);
        // Broken bytes may carry a key in a place that is told; proper ones may not.
        if (kind === "answers" && message.includes(CANARY))
            this.#find("secret", `${method} told a stream key: ${message}`, input);
        if (this.session.destroyed || this.session.closed)
            this.#connect();
    }

    async #session() {
        this.counts.frames++;
        const pieces = this.frames.session();
        const socket = net.connect(this.plugin.portLine, "127.0.0.1");
        socket.on("error", () => {});
        await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => {});
        for (const piece of pieces) {
            if (!socket.writable)
                break;
            socket.write(piece);
        }
        // Until an answer comes, or the end: what takes neither is cut off by the reset below.
        let timer;
        await Promise.race([
            once(socket, "data").catch(() => {}), once(socket, "close").catch(() => {}),
            new Promise(resolve => { timer = setTimeout(resolve, this.random.below(20)); }),
        ]);
        clearTimeout(timer);
        socket.resetAndDestroy();
    }

    #connect() {
        this.session = http2.connect(`http://127.0.0.1:${this.plugin.portLine}`);
        this.session.on("error", () => {});
        this.session.setMaxListeners(0);
    }

    #alive() {
        const { exitCode, signalCode } = this.plugin.child.process;
        return exitCode === null && signalCode === null;
    }

    #find(kind, what, input) {
        this.findings.push({ kind, what });
        // A few examples of a kind say enough; the name tells where they came from.
        const same = this.findings.filter(finding => finding.kind === kind).length;
        if (same <= 5 && input.method)
            this.news.set(`${kind}-${this.seed}-${same}`, { what: what.split("\n")[0].slice(0, 160), ...input });
    }
}

module.exports = { Fuzzer };
