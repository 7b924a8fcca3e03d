"use strict";

const assert = require("node:assert/strict");
const { after, afterEach, before } = require("node:test");
const { Plugin } = require("./plugin");
const { Resource } = require("./resource");
const { Simulator } = require("./simulator");

/**
 * Gives a suite a simulator and a plugin that uses it, from its first test to its last. Faults do not outlive their test.
 * @param {(pair: { simulator: Simulator, plugin: Plugin }) => void} started receives both.
 */
function useSimulatedPlugin(started) {
    const pair = {};

    before(async () => {
        pair.simulator = await Simulator.start();
        pair.plugin = await Plugin.startConfigured(pair.simulator);
        started(pair);
    });

    afterEach(async () => await pair.simulator.forgive());

    after(async () => {
        await pair.plugin?.close();
        await pair.simulator?.stop();
    });
}

/** Checks a program and creates what it asks for. */
async function make(plugin, type, name, program) {
    const resource = new Resource(plugin, type, name);
    const { inputs, failures } = await resource.check(program);
    assert.deepEqual(failures, []);
    return { resource, inputs, state: await resource.create(inputs) };
}

module.exports = { make, useSimulatedPlugin };
