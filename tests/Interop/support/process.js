"use strict";

const { spawn } = require("node:child_process");
const readline = require("node:readline");

/** A child process of which the first line and the end are waited for. */
class Child {
    constructor(file, args, environment = {}) {
        this.process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } });
        this.error = "";
        this.process.stderr.setEncoding("utf8").on("data", text => { this.error += text; });
        this.lines = readline.createInterface({ input: this.process.stdout });
        this.ended = new Promise((resolve, reject) => {
            this.process.on("error", reject);
            this.process.on("close", (code, signal) => resolve({ code, signal }));
        });
    }

    /** The first line of standard output; an error with standard error's text where the process ends before. */
    async firstLine() {
        return await Promise.race([
            new Promise(resolve => this.lines.once("line", resolve)),
            this.ended.then(({ code, signal }) => {
                throw new Error(`${this.process.spawnfile} ended with ${code ?? signal} before its first line: ${this.error}`);
            }),
        ]);
    }

    /** Ends the process with a signal and waits for the end. */
    async stop(signal = "SIGKILL") {
        this.process.kill(signal);
        return await this.ended;
    }
}

module.exports = { Child };
