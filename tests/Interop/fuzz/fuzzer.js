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
const { Values, wire } = require("./values");

const CORPUS = path.join(__dirname, "corpus");
const { INTERNAL } = grpc.status;

/** Kinds of input, and how many of each are under way at the same time. Calls of the service wait for the plugin's own rate limits. */
const WORKERS = { proper: 6, broken: 6, frames: 8, answers: 6 };

/**
 * How far the least memory of a run's last third may lie above the most of its first third. Garbage comes and goes; what stays is a leak.
 */
const GROWTH_BYTES = 48 * 1024 * 1024;

/** Collects garbage early, so that it hides no leak, and ends the process where more than 400 MiB are really in use. */
const FRUGAL = { DOTNET_GCConserveMemory: "9", DOTNET_GCgen0size: "0x400000", DOTNET_GCHeapHardLimit: "0x19000000" };

/** Open files that a run may leave behind: connections to the service that wait to be used again. */
const LEFT_OPEN = 64;

/** The longest time limit of a call. None reaches past the end of a run by more than a second, so that the end comes soon. */
const CALL_MILLISECONDS = 20_000;

/** How long after a run's end everything must have been answered, also by a busy machine; what has not been hangs. */
const PATIENCE_MILLISECONDS = 20_000;

/** Stands in the stream keys of the calls that reach the service; nothing that is told or logged may hold it. */
const SERVED_KEY = "canary-served-key-0815";

/** Throws generated input at one plugin and keeps what breaks a promise. */
class Fuzzer {
    counts = { proper: 0, broken: 0, frames: 0, answers: 0 };
    statuses = {};
    findings = [];
    /** A small input for each call and status that the corpus has no example of. */
    news = new Map();
    #samples = [];
    #end = Infinity;

    constructor(seed) {
        this.seed = seed;
        this.corpus = fs.readdirSync(CORPUS).filter(name => name.endsWith(".json")).map(name => ({
            name: path.basename(name, ".json"), ...JSON.parse(fs.readFileSync(path.join(CORPUS, name), "utf8")),
        }));
        // Chance of its own for each, so that what one makes does not hang on how fast the others are.
        const chance = share => new Random((seed + share * 0x9e3779b1) >>> 0);
        this.service = new HostileService(chance(0));
        this.workers = Object.entries(WORKERS).flatMap(([kind, count]) => Array(count).fill(kind)).map((kind, index) => {
            const random = chance(index + 1);
            return { kind, random, frames: new Frames(random), bodies: new Bodies(random, new Values(random), this.corpus) };
        });
    }

    async start() {
        await this.service.start();
        this.plugin = await Plugin.start({ environment: { NO_PROXY: "127.0.0.1", ...FRUGAL } });
        await this.plugin.handshake();
        await this.plugin.configure({ endpoint: this.service.address, region: "cn-shanghai", accessKey: "fuzz", secretKey: secret("fuzz-secret-key") });
        this.openAtStart = this.#open();
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

    /** Runs until the time is over, or until the plugin is dead. Ends soon after its time whatever the plugin does. */
    async run(seconds, report = () => {}) {
        const began = Date.now();
        this.#end = began + seconds * 1000;
        let told = began;
        let guard;
        const ticks = setInterval(() => {
            this.#samples.push({ share: (Date.now() - began) / (this.#end - began), bytes: this.memory() });
            if (Date.now() - told > 10_000) {
                told = Date.now();
                report(this);
            }
        }, 250);
        const late = new Promise(resolve => { guard = setTimeout(resolve, this.#end + PATIENCE_MILLISECONDS - Date.now(), "late"); });
        const work = (async () => {
            await this.replay();
            await Promise.all(this.workers.map(async worker => {
                while (Date.now() < this.#end && this.#alive())
                    await this.#one(worker);
            }));
            if (this.#alive())
                await this.plugin.handshake();
        })();
        const end = await Promise.race([work, late]);
        clearTimeout(guard);
        clearInterval(ticks);
        if (!this.#alive())
            this.#find("death", `the plugin has ended: ${this.plugin.child.error}`);
        else if (end === "late")
            this.#find("hang", `something is not answered ${PATIENCE_MILLISECONDS / 1000} seconds after its time`);
        else
            await this.#look();
        if (this.plugin.child.error)
            this.#find("stderr", `something was written to standard error: ${this.plugin.child.error}`);
        for (const { message } of this.plugin.log.filter(({ message }) => message.includes(SERVED_KEY)))
            this.#find("secret", `a stream key was logged: ${message}`);
    }

    /** What a run has left in the plugin. */
    async #look() {
        const memory = (from, to) => this.#samples.filter(({ share }) => share >= from && share <= to).map(({ bytes }) => bytes);
        const growth = Math.min(...memory(2 / 3, 2)) - Math.max(...memory(0, 1 / 3));
        if (growth > GROWTH_BYTES)
            this.#find("memory", `the plugin has grown by ${Math.round(growth / 1024 / 1024)} MiB`);
        this.session.destroy();
        // The plugin learns of closed connections when it is scheduled.
        const until = Date.now() + PATIENCE_MILLISECONDS;
        while (this.#open() > this.openAtStart + LEFT_OPEN && Date.now() < until)
            await new Promise(resolve => setTimeout(resolve, 50));
        if (this.#open() > this.openAtStart + LEFT_OPEN)
            this.#find("open", `${this.#open()} files are open, ${this.openAtStart} were before`);
    }

    /** The corpus once more: what ever broke a promise, and an example of each call with each status. */
    async replay() {
        for (const { name, method, body } of this.corpus) {
            this.news.set(name, undefined);
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

    /** How many files and connections the plugin has open; 0 where the system does not tell. */
    #open() {
        try {
            return fs.readdirSync(`/proc/${this.plugin.child.process.pid}/fd`).length;
        } catch {
            return 0;
        }
    }

    async #one({ kind, random, frames, bodies }) {
        switch (kind) {
            case "frames": return await this.#session(frames.session(), random.below(20));
            case "answers": return await this.#service(random);
            default: {
                const { method, body } = bodies[kind]();
                return await this.#call(method, body, kind);
            }
        }
    }

    /** A call of the life cycle that is well-formed and reaches the service, which answers with rubbish. */
    async #service(random) {
        const session = random.once(2);
        const type = session ? "aliyun-live:index:MonitorSession" : "aliyun-live:index:RelayTask";
        const map = wire.struct(session
            ? { monitorName: "n", domain: "live.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }], monitorId: "x", status: "Stopped" }
            : {
                taskName: "n", region: "cn-shanghai", sourceType: "live", sourceProtocol: "rtmp", sourceUrls: ["rtmp://a.example.com/b/c"], taskId: "x", status: "Idle",
                dstUrl: `rtmp://push.example.com/a/b?auth_key=${SERVED_KEY}`, startTime: "2034-01-01T00:00:00Z", endTime: "2034-01-01T01:00:00Z",
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
        const limit = Math.ceil(Math.min(CALL_MILLISECONDS, Math.max(this.#end - Date.now(), 0) + 1000));
        const reply = await new Promise(resolve => {
            const result = { headers: {}, trailers: {}, data: [] };
            const stream = this.session.request({
                ":method": "POST", ":path": SERVICE + method, "content-type": "application/grpc", te: "trailers", "grpc-timeout": `${limit}m`,
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
        if (message.includes(SERVED_KEY))
            this.#find("secret", `${method} told a stream key: ${message}`, input);
        if (this.session.destroyed || this.session.closed)
            this.#connect();
    }

    async #session(pieces, patience) {
        this.counts.frames++;
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
            new Promise(resolve => { timer = setTimeout(resolve, patience); }),
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

    #find(kind, what, input = {}) {
        this.findings.push({ kind, what, ...input });
        // A few examples of a kind say enough; the name tells where they came from.
        const same = this.findings.filter(finding => finding.kind === kind).length;
        if (same <= 5 && input.method)
            this.news.set(`${kind}-${this.seed}-${same}`, { what: what.split("\n")[0].slice(0, 160), ...input });
    }
}

module.exports = { Fuzzer };
