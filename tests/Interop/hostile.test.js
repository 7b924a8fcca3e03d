"use strict";

const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { once } = require("node:events");
const grpc = require("@grpc/grpc-js");
const empty = require("google-protobuf/google/protobuf/empty_pb");
const { PluginAttach } = require("@pulumi/pulumi/proto/plugin_pb");
const providergrpc = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { EXECUTABLE, Plugin, details, secret } = require("./support/plugin");
const { Resource } = require("./support/resource");
const { Simulator } = require("./support/simulator");

const RELAY = "aliyun-live:index:RelayTask";

/** A guard against a hanging test; nothing is expected to take any part of it. */
const timeout = 120_000;

/** Starts the plugin with exactly these variables, and asks it something; its port, version and end. */
async function life({ environment = {}, cwd, stdio = ["pipe", "pipe", "pipe"], signal = "SIGINT", file = EXECUTABLE, args = [] } = {}) {
    const child = spawn(file, [...args, "127.0.0.1:1"], { env: environment, cwd, stdio });
    const ended = once(child, "close");
    let output = "";
    let error = "";
    child.stderr?.setEncoding("utf8").on("data", text => { error += text; });
    child.stdout.setEncoding("utf8").on("data", text => { output += text; });
    while (!output.includes("\n")) {
        if (await Promise.race([once(child.stdout, "data"), ended.then(() => "ended")]) === "ended" && !output.includes("\n"))
            return { output, error, code: child.exitCode, signal: child.signalCode };
    }
    const version = await ask(Number(output));
    child.kill(signal);
    await ended;
    return { output, error, version, code: child.exitCode, signal: child.signalCode };
}

const ask = port => new Promise((resolve, reject) => {
    const client = new providergrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    client.getPluginInfo(new empty.Empty(), (error, reply) => {
        client.close();
        if (error)
            reject(error);
        else
            resolve(reply.getVersion());
    });
});

const isFine = result => {
    assert.match(result.output, /^[1-9]\d*\n$/);
    assert.match(result.version, /^\d+\.\d+\.\d+/);
    assert.deepEqual({ code: result.code, signal: result.signal, error: result.error }, { code: 0, signal: null, error: "" });
};

const temporary = t => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "aliyun-live-"));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
};

const waitingTask = async (plugin, index) => {
    const resource = new Resource(plugin, RELAY, `waiting${index}`);
    const { inputs } = await resource.check({
        sourceType: "live", sourceUrls: ["rtmp://pull.example.com/live/one"], dstUrl: secret(`rtmp://push.example.com/live/${index}`),
        endTime: "2034-01-01T00:00:00Z", awaitRunning: true,
    });
    return resource.create(inputs).then(() => ({ code: 0 }), error => error);
};

test("no variable at all: no home, no path, no language", { timeout }, async () => isFine(await life()));

test("variables that a .NET host would obey change nothing", { timeout }, async t => {
    const folder = temporary(t);
    const settings = { Kestrel: { Endpoints: { X: { Url: "http://0.0.0.0:1" } } }, Urls: "http://0.0.0.0:1", Logging: { LogLevel: { Default: "Trace" } } };
    for (const name of ["appsettings.json", "appsettings.Development.json", "appsettings.Production.json"])
        fs.writeFileSync(path.join(folder, name), JSON.stringify(settings));
    fs.writeFileSync(path.join(folder, "pulumi-resource-aliyun-live.runtimeconfig.json"), "{ broken");
    fs.writeFileSync(path.join(folder, "global.json"), "{ broken");
    isFine(await life({
        cwd: folder,
        environment: {
            ASPNETCORE_URLS: "http://0.0.0.0:1", ASPNETCORE_HTTP_PORTS: "1", ASPNETCORE_ENVIRONMENT: "Development", ASPNETCORE_CONTENTROOT: "/nowhere",
            ASPNETCORE_HOSTINGSTARTUPASSEMBLIES: "Nothing", DOTNET_ENVIRONMENT: "Development", DOTNET_URLS: "http://0.0.0.0:1",
            DOTNET_ROOT: "/nowhere", DOTNET_gcServer: "1", DOTNET_TieredPGO: "0", DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "0",
            DOTNET_SYSTEM_NET_HTTP_USESOCKETSHTTPHANDLER: "0", DOTNET_hostBuilder__reloadConfigOnChange: "true", DOTNET_CLI_HOME: "/nowhere",
            Kestrel__Endpoints__X__Url: "http://0.0.0.0:1", HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1", ALL_PROXY: "x://:y",
            http_proxy: "::", LANG: "tr_TR.UTF-8", LC_ALL: "xx_YY", TZ: "Nowhere/Nothing", COMPlus_EnableDiagnostics: "1", TERM: "",
        },
    }));
});

test("startup hooks, profilers and dump settings of the user's shell that name nothing do not keep the plugin from starting", { timeout }, async () =>
    isFine(await life({ environment: { CORECLR_ENABLE_PROFILING: "0", DOTNET_DbgEnableMiniDump: "0", DOTNET_EnableDiagnostics: "0" } })));

test("a home that cannot be written, or is not there", { timeout }, async t => {
    const folder = temporary(t);
    const home = path.join(folder, "home");
    fs.mkdirSync(home, { mode: 0o500 });
    isFine(await life({ environment: { HOME: home, TMPDIR: home, XDG_CACHE_HOME: home } }));
    isFine(await life({ environment: { HOME: path.join(folder, "missing"), TMPDIR: path.join(folder, "missing") } }));
    isFine(await life({ environment: { HOME: "/proc/1/nothing", DOTNET_BUNDLE_EXTRACT_BASE_DIR: "/proc/1/nothing" } }));
});

test("certificates that are nowhere to be found", { timeout }, async () =>
    isFine(await life({ environment: { SSL_CERT_DIR: "/nowhere", SSL_CERT_FILE: "/nowhere/file" } })));

/** Whether this machine lets a test have a view of the file system of its own. */
const canMount = () => {
    try {
        execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
        return true;
    } catch {
        return false;
    }
};

test("no /etc/ssl, and a disk without room", { timeout, skip: !canMount() && "mounting is not permitted here (unshare --mount)" }, async t => {
    const folder = temporary(t);
    const full = path.join(folder, "full");
    fs.mkdirSync(full);
    const script = `mount -t tmpfs none /etc/ssl && mount -t tmpfs -o size=4k none ${full} && { head -c 100000 /dev/zero > ${full}/x 2>/dev/null; cd ${full}; exec "$@"; }`;
    isFine(await life({ file: "unshare", args: ["--mount", "sh", "-c", script, "sh", EXECUTABLE], environment: { PATH: process.env.PATH, HOME: full, TMPDIR: full } }));
});

// Who may do everything may also write to a folder that forbids it, but not to what is mounted read-only.
test("a home that is mounted read-only", { timeout, skip: !canMount() && "mounting is not permitted here (unshare --mount)" }, async t => {
    const home = temporary(t);
    const script = `mount -t tmpfs -o ro none ${home} && { ! touch ${home}/x 2>/dev/null; } && cd ${home} && exec "$@"`;
    isFine(await life({ file: "unshare", args: ["--mount", "sh", "-c", script, "sh", EXECUTABLE], environment: { PATH: process.env.PATH, HOME: home, TMPDIR: home } }));
});

test("a standard output that is closed at once does not matter to a process that has told its port", { timeout }, async () => {
    const child = spawn(EXECUTABLE, ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "pipe"], env: {} });
    const [line] = await once(child.stdout, "data");
    child.stdout.destroy();
    child.stderr.destroy();
    assert.notEqual(await ask(Number(String(line))), "");
    child.kill("SIGINT");
    await once(child, "exit");
    assert.equal(child.exitCode, 0);
});

test("without anybody to tell the port to, the process ends with 1 and a word", { timeout, skip: !fs.existsSync("/dev/full") && "there is no /dev/full" }, async () => {
    const full = fs.openSync("/dev/full", "w");
    const child = spawn(EXECUTABLE, ["127.0.0.1:1"], { stdio: ["pipe", full, "pipe"], env: {} });
    let error = "";
    child.stderr.setEncoding("utf8").on("data", text => { error += text; });
    await once(child, "close");
    fs.closeSync(full);
    assert.equal(child.exitCode, 1);
    assert.match(error, /^pulumi-resource-aliyun-live: cannot start: [^\n]+\n$/);
});

test("twenty plugins at once each have a port of their own", { timeout }, async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => life()));
    results.forEach(isFine);
});

test("an engine that has gone disturbs no call, and no log line", { timeout }, async () => {
    const simulator = await Simulator.start();
    const plugin = await Plugin.startConfigured(simulator);
    try {
        plugin.engine.forceShutdown();
        const resource = new Resource(plugin, "aliyun-live:index:MonitorSession", "alone");
        const { inputs } = await resource.check({ domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }] });
        const state = await resource.create(inputs);
        await resource.delete(state);
        plugin.child.process.kill("SIGINT");
        assert.deepEqual(await plugin.child.ended, { code: 0, signal: null });
    } finally {
        await plugin.close();
        await simulator.stop();
    }
});

test("an engine that accepts connections and never answers does not hold calls up for ever", { timeout }, async () => {
    const silent = net.createServer(socket => socket.on("error", () => {}));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const simulator = await Simulator.start();
    const plugin = await Plugin.startConfigured(simulator);
    try {
        const attach = new PluginAttach();
        attach.setAddress(`127.0.0.1:${silent.address().port}`);
        await plugin.call("attach", attach);
        const resource = new Resource(plugin, "aliyun-live:index:MonitorSession", "unheard");
        const { inputs } = await resource.check({ domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }] });
        await resource.delete(await resource.create(inputs));
    } finally {
        await plugin.close();
        await simulator.stop();
        silent.close();
    }
});

test("SIGINT amid fifty waits: each is answered with an id that exists or cut off, and the process ends with 0", { timeout }, async () => {
    const simulator = await Simulator.start();
    const plugin = await Plugin.startConfigured(simulator);
    try {
        await simulator.set({ RateLimitFactor: 0 });
        const creations = Array.from({ length: 50 }, (_, index) => waitingTask(plugin, index));
        while (plugin.log.filter(({ ephemeral }) => ephemeral).length === 0)
            await new Promise(resolve => setImmediate(resolve));
        const kill = setTimeout(() => plugin.child.process.kill("SIGKILL"), 5000);
        plugin.child.process.kill("SIGINT");
        assert.deepEqual(await plugin.child.ended, { code: 0, signal: null });
        clearTimeout(kill);
        const ends = await Promise.all(creations);
        const tasks = (await simulator.state()).tasks.map(({ taskId }) => `cn-shanghai/${taskId}`);
        for (const error of ends) {
            assert.ok([grpc.status.UNKNOWN, grpc.status.CANCELLED, grpc.status.UNAVAILABLE].includes(error.code), `status ${error.code}`);
            for (const { message } of details(error))
                assert.ok(tasks.includes(message.getId()), message.getId());
        }
        assert.equal(plugin.child.error, "");
    } finally {
        await plugin.close();
        await simulator.stop();
    }
});

test("after Cancel later calls run as usual, also waits", { timeout }, async () => {
    const simulator = await Simulator.start();
    const plugin = await Plugin.startConfigured(simulator);
    try {
        await plugin.cancel();
        await plugin.cancel();
        const resource = new Resource(plugin, "aliyun-live:index:MonitorSession", "later");
        const { inputs } = await resource.check({ domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }], desiredStatus: "Running" });
        const state = await resource.create(inputs);
        assert.equal(state.outputs.status, "Running");
        await resource.delete(state);
    } finally {
        await plugin.close();
        await simulator.stop();
    }
});

test("attached, one process serves run after run, each with its engine, until a signal", { timeout }, async () => {
    const simulator = await Simulator.start();
    const plugin = await Plugin.start();
    const engines = [];
    try {
        for (let run = 0; run < 3; run++) {
            const engine = run === 0 ? plugin : await Plugin.start();
            engines.push(engine);
            const attach = new PluginAttach();
            attach.setAddress(engine.engineAddress);
            await plugin.call("attach", attach);
            await plugin.configure({ endpoint: simulator.address, region: "cn-shanghai", accessKey: "test-access-key-id", secretKey: secret("test-access-key-secret") });
            const resource = new Resource(plugin, "aliyun-live:index:MonitorSession", `run${run}`);
            const { inputs } = await resource.check({ domain: "m.example.com", outputTemplate: "lp_hd", inputList: [{ inputUrl: "rtmp://a.example.com/b/c" }] });
            await resource.delete(await resource.create(inputs));
            assert.ok(engine.log.some(({ urn }) => urn === resource.urn), `run ${run}`);
            await plugin.cancel();
            if (run > 0)
                await engine.close();
        }
        plugin.child.process.kill("SIGTERM");
        assert.deepEqual(await plugin.child.ended, { code: 0, signal: null });
    } finally {
        await Promise.all(engines.map(engine => engine.close()));
        await plugin.close();
        await simulator.stop();
    }
});

test("a parent that was killed leaves a plugin that still ends at a signal", { timeout }, async () => {
    const script = `const child = require("node:child_process").spawn(process.argv[1], ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "pipe"], detached: true });
        child.stdout.once("data", port => process.stdout.write(JSON.stringify({ pid: child.pid, port: Number(port) }) + "\\n"));`;
    const parent = spawn(process.execPath, ["-e", script, EXECUTABLE], { stdio: ["pipe", "pipe", "inherit"] });
    const { pid, port } = JSON.parse(String((await once(parent.stdout, "data"))[0]));
    parent.kill("SIGKILL");
    await once(parent, "close");
    // Its pipes are gone; the engine's health question every five minutes is what ends it by itself (tested with a moved clock in .NET).
    assert.notEqual(await ask(port), "");
    process.kill(pid, "SIGTERM");
    await gone(pid);
});

/** Waits until a process that is no child of ours is no more. */
async function gone(pid) {
    for (;;) {
        try {
            process.kill(pid, 0);
            if (/^State:\s+Z/m.test(fs.existsSync(`/proc/${pid}/status`) ? fs.readFileSync(`/proc/${pid}/status`, "utf8") : ""))
                return;
        } catch {
            return;
        }
        await new Promise(resolve => setTimeout(resolve, 20));
    }
}
