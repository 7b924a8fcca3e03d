"use strict";

const assert = require("node:assert/strict");
const os = require("node:os");
const { test } = require("node:test");
const { Fuzzer } = require("./fuzz/fuzzer");

// The same seed each time, so that a red run is red again; `make fuzz` looks for new input.
const SEED = 20161101;
const SECONDS = 45;

test("hostile input for a while: the plugin lives, answers with a status, calls nothing its own fault and keeps its size", { timeout: 120_000 }, async t => {
    t.diagnostic(`seed ${SEED}, ${SECONDS} seconds`);
    // The other tests run at the same time and go first; the plugin inherits this.
    os.setPriority(5);
    const fuzzer = new Fuzzer(SEED);
    await fuzzer.start();
    try {
        await fuzzer.run(SECONDS);
    } finally {
        await fuzzer.stop();
    }
    t.diagnostic(fuzzer.told());
    assert.deepEqual(fuzzer.findings, []);
    for (const [kind, count] of Object.entries(fuzzer.counts))
        assert.ok(count > 0, kind);
});
