"use strict";

const { execFileSync } = require("node:child_process");

/** The first Python that has the modules: Debian's own where another one comes first on the path. */
const findPython = modules => ["/usr/bin/python3", "python3"].find(name => {
    try {
        execFileSync(name, ["-c", `import ${modules}`], { stdio: "ignore" });
        return true;
    } catch {
        return false;
    }
});

module.exports = { findPython };
