"use strict";

// node fuzz/run.js [MINUTES] [SEED]: hostile input for the published plugin; ends with 1 where a promise was broken.
const { Fuzzer } = require("./fuzzer");

async function main([minutes = "10", seed = String(Date.now() % 2 ** 32)]) {
    const fuzzer = new Fuzzer(Number(seed));
    console.log(`seed ${seed}, ${minutes} minutes`);
    await fuzzer.start();
    try {
        await fuzzer.run(Number(minutes) * 60, () => console.log(fuzzer.told()));
        console.log(fuzzer.told());
    } finally {
        await fuzzer.stop();
    }
    fuzzer.keep();
    for (const what of new Set(fuzzer.findings.map(({ kind, what }) => `${kind}: ${what}`)))
        console.log(what);
    process.exitCode = fuzzer.findings.length > 0 ? 1 : 0;
}

main(process.argv.slice(2));
