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
const { Frames, rawCall } = require("./frames");
const { Random } = require("./random");
const { Values, wire } = require("./values");

const CORPUS = path.join(__dirname, "corpus");
const { INTERNAL } = grpc.status;

/** Kinds of input, and how many of each are under way at the same time. Calls of the service wait for the plugin's own rate limits. */
const WORKERS = { proper: 6, broken: 6, frames: 8, answers: 6 };

/** What a plugin may hold at the end of a run above what it held when it was warm, each time after it has tidied up. */
const GROWTH_BYTES = 64 * 1024 * 1024;

/**
 * A plugin that has had fewer inputs than the first is not warm yet, and with fewer than the second since then what the system happens to
 * have taken back outweighs a leak; a large one meets the limit of the heap before.
 */
const WARM_INPUTS = 1000;
const JUDGED_INPUTS = 30_000;

/** Collects garbage early, so that it hides no leak, and ends the process where more than 256 MiB are really in use. */
const FRUGAL = { DOTNET_GCConserveMemory: "9", DOTNET_GCgen0size: "0x400000", DOTNET_GCHeapHardLimit: "0x10000000" };

/** Open files that a run may leave behind: connections to the service that wait to be used again. */
const LEFT_OPEN = 64;

/** The longest time limit of a call. None reaches past the end of a run by more than a second, so that the end comes soon. */
const CALL_MILLISECONDS = 5000;

/** How long after a run's end everything must have been answered, also by a busy machine; what has not been hangs. */
const PATIENCE_MILLISECONDS = 40_000;

/** How long after its time limit a call must have been answered. */
const ANSWER_MILLISECONDS = 8000;

/** The most time that is given to tidying up. */
const TIDY_MILLISECONDS = 8000;

/** Stands in the stream keys of the calls that reach the service; nothing that is told or logged may hold it. */
const SERVED_KEY = "canary-served-key-0815";

const percentDecoded = text => decodeURIComponent(String(text).replace(/%(?![0-9A-F]{2})/g, "%25"));

/** Throws generated input at one plugin and keeps what breaks a promise. */
class Fuzzer {
    counts = { proper: 0, broken: 0, frames: 0, answers: 0 };
    statuses = {};
    findings = [];
    /** A small input for each call and status that the corpus has no example of. */
    news = new Map();
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

    /** What was done so far, in a line. */
    told() {
        const growth = this.growth === undefined ? "" : `, grown by ${Math.round(this.growth / 1024 / 1024)} MiB`;
        return `${this.inputs} inputs ${JSON.stringify(this.counts)}, statuses ${JSON.stringify(this.statuses)}, ${this.service.requests} answers, `
            + `${Math.round(this.memory() / 1024 / 1024)} MiB${growth}, ${this.findings.length} findings`;
    }

    /** Runs until the time is over, or until the plugin is dead. Ends soon after its time whatever the plugin does. */
    async run(seconds, report = () => {}) {
        const began = Date.now();
        this.#end = began + seconds * 1000;
        let guard;
        const reports = setInterval(() => report(this), 10_000);
        const late = new Promise(resolve => { guard = setTimeout(resolve, this.#end + PATIENCE_MILLISECONDS - Date.now(), "late"); });
        const end = await Promise.race([this.#work(began + seconds * 333), late]);
        clearTimeout(guard);
        clearInterval(reports);
        if (!this.#alive())
            this.#find("death", `the plugin has ended: ${this.plugin.child.error}`);
        else if (end === "late")
            this.#find("hang", `something is not answered ${PATIENCE_MILLISECONDS / 1000} seconds after the end`);
        if (this.plugin.child.error)
            this.#find("stderr", `something was written to standard error: ${this.plugin.child.error}`);
        for (const { message } of this.plugin.log.filter(({ message }) => message.includes(SERVED_KEY)))
            this.#find("secret", `a stream key was logged: ${message}`);
    }

    async #work(warm) {
        await Promise.all([this.replay(), this.#all(warm)]);
        const warmInputs = this.inputs;
        const warmMemory = warmInputs >= WARM_INPUTS ? await this.#tidy() : undefined;
        await this.#all(this.#end);
        if (!this.#alive())
            return;
        await this.plugin.handshake();
        this.growth = warmMemory && await this.#tidy() - warmMemory;
        if (this.growth > GROWTH_BYTES && this.inputs - warmInputs >= JUDGED_INPUTS)
            this.#find("memory", `the plugin has grown by ${Math.round(this.growth / 1024 / 1024)} MiB`);
        this.session.destroy();
        // The plugin learns of closed connections when it is scheduled.
        const until = Date.now() + PATIENCE_MILLISECONDS / 2;
        while (this.#open() > this.openAtStart + LEFT_OPEN && Date.now() < until)
            await new Promise(resolve => setTimeout(resolve, 50));
        if (this.#open() > this.openAtStart + LEFT_OPEN)
            this.#find("open", `${this.#open()} files are open, ${this.openAtStart} were before`);
    }

    /** Input of all kinds at the same time. */
    async #all(until) {
        await Promise.all(this.workers.map(async worker => {
            while (Date.now() < until && this.#alive())
                await this.#one(worker);
        }));
    }

    /**
     * The memory that is left when nothing else is done and much small garbage has been made: free memory is given back after some twenty
     * collections.
     */
    async #tidy() {
        const list = wire.struct({ restartTriggers: Array.from({ length: 10_000 }, (_, index) => `trigger ${index}`) });
        const body = Buffer.concat([wire.text(1, "urn:pulumi:dev::fuzz::aliyun-live:index:RelayTask::tidy"), wire.field(3, list)]);
        const until = Date.now() + TIDY_MILLISECONDS;
        let least = Infinity;
        for (let count = 0; count < 150 && Date.now() < until && this.#alive(); count++) {
            await this.#exchange("Check", body, CALL_MILLISECONDS);
            least = Math.min(least, this.memory());
        }
        return least;
    }

    /** The corpus once more: what ever broke a promise, and an example of each call with each status. */
    async replay() {
        await Promise.all(this.corpus.map(({ name, method, body }) => {
            this.news.set(name, undefined);
            return this.#call(method, Buffer.from(body, "base64"), "broken");
        }));
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
        const limit = Math.ceil(Math.min(CALL_MILLISECONDS, Math.max(this.#end - Date.now(), 0) + 1000));
        const { code, message, why } = await this.#exchange(method, body, limit);
        this.statuses[code] = (this.statuses[code] ?? 0) + 1;

        const input = { method, body: body.toString("base64") };
        const name = `${method}-${code}`;
        if (kind !== "answers" && body.length < 2000 && !this.news.has(name))
            this.news.set(name, input);
        if (code === undefined)
            this.#find("status", `${method} got no status: ${why}`, input);
        else if (Number(code) === INTERNAL)
            this.#find("internal", `${method}: ${this.plugin.log.findLast(line => line.severity === severity.DEBUG)?.message ?? message}`, input);
        if (message?.includes(SERVED_KEY))
            this.#find("secret", `${method} told a stream key: ${message}`, input);
    }

    /**
     * The status of one call, and its words: `{ code, message }`. Node's HTTP/2 breaks a connection off, or hangs, when it is sent a header of
     * more than 64 KiB, such as the details of a large resource; what it does not tell is looked for in the bytes of another connection.
     */
    async #exchange(method, body, milliseconds) {
        const prefix = Buffer.alloc(5);
        prefix.writeUInt32BE(body.length, 1);
        const message = Buffer.concat([prefix, body]);
        const headers = { ":method": "POST", ":path": SERVICE + method, "content-type": "application/grpc", te: "trailers", "grpc-timeout": `${milliseconds}m` };
        const { session } = this;
        const reply = await new Promise(resolve => {
            const result = { fields: {} };
            if (session.closed || session.destroyed)
                return resolve(result);
            const stream = session.request(headers);
            const late = setTimeout(() => {
                session.destroy();
                resolve(result);
            }, milliseconds + ANSWER_MILLISECONDS);
            stream.on("response", fields => Object.assign(result.fields, fields));
            stream.on("trailers", fields => Object.assign(result.fields, fields));
            stream.on("data", () => {});
            stream.on("error", () => {});
            stream.on("close", () => {
                clearTimeout(late);
                resolve(result);
            });
            stream.end(message);
        });
        if (reply.fields["grpc-status"] !== undefined)
            return { code: reply.fields["grpc-status"], message: percentDecoded(reply.fields["grpc-message"] ?? "") };
        if (session === this.session)
            this.#connect();
        return this.#alive() ? await rawCall(this.plugin.portLine, headers, message, ANSWER_MILLISECONDS + milliseconds) : { why: "the plugin has ended" };
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
        this.session?.destroy();
        const session = this.session = http2.connect(`http://127.0.0.1:${this.plugin.portLine}`);
        session.setMaxListeners(0);
        session.on("error", () => {});
        session.on("goaway", code => {
            if (code !== http2.constants.NGHTTP2_NO_ERROR)
                this.#find("goaway", `the plugin closed a proper connection with code ${code}`);
        });
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
