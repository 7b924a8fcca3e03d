"use strict";

const assert = require("node:assert/strict");
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, test } = require("node:test");
const ts = require("typescript");
const { ROOT, csharp, enums, pascal, properties, schema, snake, typescript } = require("./support/sdk");

const EXAMPLES = path.join(ROOT, "examples");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "aliyun-live-examples-"));
after(() => fs.rmSync(folder, { recursive: true }));

/** The first program of a page in one language. */
const first = (language, page = "docs/_index.md") => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(fs.readFileSync(path.join(ROOT, page), "utf8"))[1];

const read = (...parts) => fs.readFileSync(path.join(EXAMPLES, ...parts), "utf8");

/** What the compiler says about programs that use the real SDK and the generated one. */
function problems(files) {
    const sdk = path.join(folder, "pulumi-aliyun-live.d.ts");
    fs.writeFileSync(sdk, typescript());
    const program = ts.createProgram(files, {
        strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10, types: ["node"],
        typeRoots: [path.join(__dirname, "node_modules/@types")],
        paths: { "pulumi-aliyun-live": [sdk], "*": [path.join(__dirname, "node_modules/*")] },
    });
    return ts.getPreEmitDiagnostics(program)
        .map(found => `${path.basename(found.file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(found.messageText, "\n")}`);
}

test("the TypeScript example is a program for the real SDK and the package's own, and wrong ones are found", () => {
    const good = path.join(EXAMPLES, "typescript/relay-live/index.ts");
    const text = read("typescript/relay-live/index.ts");
    const bad = {
        "name.ts": text.replace("dstUrl:", "dstURL:"),
        "value.ts": text.replace("aliyunlive.SourceType.Live", "\"file\""),
        "missing.ts": text.replace("    endTime: end,\n", ""),
    };
    for (const [name, changed] of Object.entries(bad)) {
        assert.notEqual(changed, text, name);
        fs.writeFileSync(path.join(folder, name), changed);
    }

    const short = path.join(folder, "first.ts");
    fs.writeFileSync(short, first("typescript"));

    const found = problems([good, short, ...Object.keys(bad).map(name => path.join(folder, name))]);

    assert.deepEqual(found.filter(line => !Object.keys(bad).some(name => line.startsWith(name))), []);
    for (const name of Object.keys(bad)) assert.ok(found.some(line => line.startsWith(name)), `${name} passes`);
});

test("the C# example compiles against the SDK's signatures, and a wrong one does not", () => {
    const [, version, sdks] = /^(\S+) \[(.+)\]$/.exec(execFileSync("dotnet", ["--list-sdks"], { encoding: "utf8" }).trim().split("\n").at(-1));
    const compiler = path.join(sdks, version, "Roslyn/bincore/csc.dll");
    const packs = path.join(path.dirname(sdks), "packs/Microsoft.NETCore.App.Ref");
    const newest = fs.readdirSync(packs).sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
    const [framework] = fs.readdirSync(path.join(packs, newest, "ref"));
    const references = fs.readdirSync(path.join(packs, newest, "ref", framework)).filter(file => file.endsWith(".dll"))
        .map(file => `-r:${path.join(packs, newest, "ref", framework, file)}`);
    const sdk = path.join(folder, "Sdk.cs");
    fs.writeFileSync(sdk, csharp());
    const compile = text => {
        const program = path.join(folder, "Program.cs");
        fs.writeFileSync(program, text);
        return spawnSync("dotnet", [compiler, "-nologo", "-nullable:enable", "-langversion:latest", `-out:${path.join(folder, "example.dll")}`,
            ...references, sdk, program], { encoding: "utf8" }).stdout;
    };
    const text = read("csharp/relay-live/Program.cs");

    assert.equal(compile(text), "");
    assert.equal(compile(first("csharp")), "");
    assert.equal(compile(first("csharp", "README.md")), "");
    assert.match(compile(text.replace("DstUrl =", "DstURL =")), /error CS0117.*DstURL/);
});

test("the Python examples are Python and name what the package has", () => {
    const short = path.join(folder, "first.py");
    fs.writeFileSync(short, first("python"));
    const [said, inShort] = [path.join(EXAMPLES, "python/relay-live/__main__.py"), short].map(file =>
        JSON.parse(execFileSync("python3", [path.join(__dirname, "python/names.py"), file], { encoding: "utf8" })));
    const [taken, values] = [properties(), enums()];

    assert.deepEqual(said.calls.map(([name]) => name).sort(), ["InputConfigArgs", "LayoutConfigArgs", "MonitorConfigArgs", "MonitorSession", "PlayConfigArgs", "RelayTask"]);
    said.calls.push(...inShort.calls);
    said.values.push(...inShort.values);
    for (const [name, args] of said.calls) assert.deepEqual(args.filter(arg => !taken[name].map(snake).includes(arg)), [], name);
    assert.ok(said.values.length > 5);
    for (const [name, value] of said.values) assert.ok(values[name].map(each => snake(each).toUpperCase()).includes(value), `${name}.${value}`);
});

const gofmt = spawnSync("gofmt", ["-h"]).error ? undefined : "gofmt";

test("the Go example is in gofmt's form", { skip: !gofmt && "gofmt is not installed; the names are checked without it" }, () =>
    assert.equal(execFileSync(gofmt, ["-l", "-e", path.join(EXAMPLES, "go/relay-live")], { encoding: "utf8" }), ""));

test("the Go examples name what the package has", () => {
    const text = read("go/relay-live/main.go") + first("go");
    const [taken, values] = [properties(), enums()];
    // Each literal of a type of the package, with the fields on its own level of braces.
    const literals = [...text.matchAll(/aliyunlive\.(\w+?)(?:Args)?\{/g)].filter(([whole]) => whole.includes("Args{"));
    assert.equal(literals.length, 7);
    for (const literal of literals) {
        const name = taken[literal[1]] ? literal[1] : `${literal[1]}Args`;
        const known = taken[name].map(pascal);
        assert.deepEqual(fields(text, literal.index + literal[0].length).filter(field => !known.includes(field)), [], name);
    }
    const constants = [...text.matchAll(/aliyunlive\.(\w+)\b(?![({])/g)].map(([, name]) => name);
    const declared = Object.entries(values).flatMap(([name, each]) => each.map(value => name + value));
    assert.deepEqual(constants.filter(name => !declared.includes(name) && !/^(InputConfigArgs|aliyunlive)$/.test(name)), []);
});

/** Names of fields on the level that begins at a place inside braces. */
function fields(text, start) {
    const found = [];
    let depth = 1;
    for (let at = start; depth > 0; at++) {
        if ("{(".includes(text[at])) depth++;
        else if ("})".includes(text[at])) depth--;
        const field = depth === 1 && /^[\s{,](\w+):\s/.exec(text.slice(at, at + 60));
        if (field) found.push(field[1]);
    }
    return found;
}

test("the examples in other languages say what the YAML one says", () => {
    const texts = { yaml: read("yaml/relay-live/Pulumi.yaml") };
    for (const [language, file] of [["typescript", "index.ts"], ["python", "__main__.py"], ["go", "main.go"], ["csharp", "Program.cs"]])
        texts[language] = read(language, "relay-live", file);
    for (const [language, text] of Object.entries(texts)) {
        for (const said of ["cn-shanghai", "rtmp://pull.example.com/live/channel-one", "rtmp://play.example.com/live/channel-one", "2035-01-01T00:00:00Z", "monitor.example.com", "0.6"])
            assert.ok(text.includes(said), `${language} says nothing of ${said}`);
    }
});

test("every example explains in ten lines or so what it shows, what it costs and how it is run", () => {
    const folders = ["yaml", "typescript", "python", "go", "csharp"]
        .flatMap(language => fs.readdirSync(path.join(EXAMPLES, language)).map(name => `${language}/${name}`));
    const list = read("README.md");
    assert.ok(folders.length >= 13);
    for (const name of folders) {
        const text = read(name, "README.md");
        assert.match(text, /^# .+\n\n.+\n\n(- .+\n){3,5}\nCost: .+\n\nRun: .+running-an-example.+\n$/, name);
        assert.ok(list.includes(`(${name})`), `examples/README.md does not list ${name}`);
    }
});

test("every input of a resource is stated by an example", () => {
    const said = fs.readdirSync(path.join(EXAMPLES, "yaml")).map(name => read("yaml", name, "Pulumi.yaml")).join("\n");
    const unsaid = Object.values(schema.resources).flatMap(resource => Object.keys(resource.inputProperties))
        .filter(name => !new RegExp(`^ +(- )?${name}:`, "m").test(said));
    assert.deepEqual(unsaid, []);
});
