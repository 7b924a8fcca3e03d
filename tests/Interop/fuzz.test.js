"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Fuzzer } = require("./fuzz/fuzzer");

// The same seed each time, so that a red run is red again; `make fuzz` looks for new input.
const SEED = 20161101;
const SECONDS = 60;

test("a minute of hostile input: the plugin lives, answers with a status, calls nothing its own fault and keeps its size", async t => {
    const fuzzer = new Fuzzer(SEED);
    await fuzzer.start();
    try {
        await fuzzer.run(SECONDS);
        t.diagnostic(`${fuzzer.inputs} inputs, statuses ${JSON.stringify(fuzzer.statuses)}`);
        assert.deepEqual(fuzzer.findings, []);
        for (const [kind, count] of Object.entries(fuzzer.counts))
            assert.ok(count > 0, kind);
    } finally {
        await fuzzer.stop();
    }
});
