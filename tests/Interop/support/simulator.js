"use strict";

const path = require("node:path");
const { Child } = require("./process");

const EXECUTABLE = process.env.LIVE_SIMULATOR
    ?? path.resolve(__dirname, "../../LiveSimulator/bin/Release/net10.0/live-simulator");

/** A local ApsaraVideo Live in a process of its own. */
class Simulator {
    static async start() {
        const simulator = new Simulator();
        simulator.child = new Child(EXECUTABLE, ["--port", "0"]);
        const line = await simulator.child.firstLine();
        simulator.address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)[0];
        return simulator;
    }

    /** Tasks and sessions as they stand. */
    async state() {
        return await this.#ask("GET", "state");
    }

    /** Counts of the calls so far, per operation. */
    async operations() {
        return (await this.#ask("GET", "calls")).operations;
    }

    /** Has the next calls of an operation refused. */
    async refuse(operation, code, status, times = 1) {
        await this.#ask("POST", "fail", { operation, kind: "Refuse", code, status, times });
    }

    /** Takes back refusals that have not hit yet. */
    async forgive() {
        await this.#ask("DELETE", "fail");
    }

    /** Lets that many seconds pass in the service. */
    async pass(seconds) {
        await this.#ask("POST", `clock?by=${seconds}`);
    }

    /** Sets switches by name. */
    async set(switches) {
        await this.#ask("POST", "settings", switches);
    }

    /** Somebody changes a task or a session in the console. */
    async act(kind, id, action, body) {
        await this.#ask("POST", `${kind}/${id}/${action}`, body);
    }

    async stop() {
        await this.child.stop("SIGTERM");
    }

    async #ask(method, what, body) {
        const reply = await fetch(`${this.address}/simulator/${what}`, { method, body: body && JSON.stringify(body) });
        const text = await reply.text();
        if (!reply.ok)
            throw new Error(`${method} ${what}: ${reply.status} ${text}`);
        return text ? JSON.parse(text) : undefined;
    }
}

module.exports = { Simulator };
