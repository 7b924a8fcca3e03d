"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { GENERATORS, pages } = require("../../eng/docs");
const { HOLE, sentences } = require("./support/messages");
const { ROOT, schema } = require("./support/sdk");

const read = (...parts) => fs.readFileSync(path.join(ROOT, ...parts), "utf8");
const doc = name => read("docs", name);
const headings = page => [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading.replaceAll("`", ""));

test("the tables of the pages are the schema's; `make docs` writes them", () => {
    assert.deepEqual(pages().filter(({ text, now }) => text !== now).map(({ page }) => page), []);
});

test("everything that can be generated stands on a page", () => {
    const all = pages().map(({ text }) => text).join("\n");
    assert.deepEqual(Object.keys(GENERATORS).filter(name => !all.includes(`<!-- generated: ${name} -->`)), []);
});

test("every property, setting, function, type and value of the schema has its place in a page", () => {
    const all = pages().map(({ text }) => text).join("\n");
    const names = new Set();
    const collect = holder => Object.keys(holder ?? {}).forEach(name => names.add(name));
    collect(schema.config.variables);
    for (const resource of Object.values(schema.resources)) [resource.inputProperties, resource.properties].forEach(collect);
    for (const called of Object.values(schema.functions)) [called.inputs.properties, called.outputs.properties].forEach(collect);
    for (const type of Object.values(schema.types)) type.enum ? type.enum.forEach(value => names.add(value.value)) : collect(type.properties);
    assert.ok(names.size > 80);
    assert.deepEqual([...names].filter(name => !all.includes(`\`${name}\``) && !all.includes(`.${name}\``)), []);
    for (const token of Object.keys(schema.functions)) assert.ok(doc("functions.md").includes(`## ${token.split(":").at(-1)}\n`), token);
});

/** Texts of the sources that reach a person only inside another message, or not at all. */
const PARTS = [
    // What was attempted, as it stands after "Could not".
    /^(…|create|read|stop|restart|update|delete|change …( of)?|list|finish the work on)( relay task| monitor session) …( in …)?$|^(monitor session|relay task|finish the work on) …$/,
    // What is being waited for or looked at, and when something happened: lines of progress, and ends of sentences.
    /^(waiting|looking) (for|whether) |^…: (looking|asking) for |^to (go on air|start, so)|^(while waiting for it|when it was|during the update)/,
    // What an address or a number must be, a name of an expected type, a place that keys come from.
    /^(an? |one of …$|-?\d+ (\(|to )|0 or more seconds|at (most|least) |later than `startTime`$|Only with `sourceType`)/,
    /^(provider configuration |profile |role |section |the file …$|credentials address|the (answer|output) of …$|the metadata service's answer|the OIDC token of|OIDC token of|access key … from|aliyun-live:accessKey and|Using keys from| Passed over)/,
    /^(of the given name|with the given dstUrl|it may exist|none was found yet, but it may exist|… in …|…, role …|…, … s|… with …|… min … s|… and …|…, … and …|line …, byte …|values out of …|, but is …|…, but is …)$/,
    /^(tell its role|give keys of the role)|: the limit of|^the (limit of trying again|time limit) being …$|^pulumi import aliyun-live|^Log in: |^(State `|State the |Check that the source|It goes on trying; )|^ Near to it|^ Nothing near/,
    /^(longer than … MiB|JSON that is no object|could not take on the role …|…; (the right spelling|did you mean)|; put it in quotes|the name (is|has) |… any more: it ended at|… (monitor session|relay task) …$)/,
    // Debug lines, and a line of progress.
    /taken as success$|stopping it once more$/,
    // What only a program that is no Pulumi engine brings about, what the plugin tells its log, and ends of another message.
    /^('…' (is no|is not (the URN|of the form|an engine address))|… (gave|was answered|could not be called|was cancelled|failed with …$)|…: the details|The (answer|call broke|request|header) )/,
    /^(failed with …$|… failed with …\n…$|Compressed messages|The message is marked|No service is served|a property path starts|is (not a finite|marked as secret|an output whose)|carries a sig|The plugin made a value)/,
    // What `--help` and a start by hand print.
    /^\s+(pulumi-resource-aliyun-live: the plugin|This is the Pulumi plugin)/,
    // What only a broken schema, or a caller inside the plugin, can bring about.
    /^(the schema |config\.variables and|…: … (must be an object|is required but|is not a type)|…: (a type that|an enum's|a value that is not)|not a property path)/,
];

/** Fixed letters that a heading needs to be recognised within a longer message. */
const FEW_LETTERS = 12;

/** Whether a message is the one of a heading: the pieces between the holes occur in order. A heading of few words is all of its message. */
function isTold(message, heading) {
    if (heading.replace(/[^a-z]/gi, "").length < FEW_LETTERS) return message === heading;
    let at = 0;
    for (const piece of heading.split(HOLE).map(each => each.trim()).filter(Boolean)) {
        const found = message.indexOf(piece, at);
        if (found < 0) return false;
        at = found + piece.length;
    }
    return true;
}

const messages = sentences(".", "Protocol", "Resources", "Live", "Credentials", "Model").map(each => ({ ...each, text: each.text.replaceAll("`", "").trim(), raw: each.text }));
const told = headings(doc("troubleshooting.md"));

test("every message that the plugin can tell has a heading in the page of troubles", () => {
    assert.ok(messages.length > 300);
    const untold = messages.filter(({ text, raw }) => !PARTS.some(part => part.test(raw)) && !told.some(heading => isTold(text, heading)));
    assert.deepEqual(untold.map(({ place, text }) => `${place}: ${text}`), []);
});

test("every heading in the page of troubles is a message of the plugin or a code of the service, told once", () => {
    const codes = read("provider/Live/LiveErrors.cs");
    const strangers = told.filter(heading => !messages.some(({ text }) => isTold(text, heading)) && !codes.includes(`"${heading}"`));
    assert.deepEqual(strangers, []);
    assert.deepEqual(told.filter((heading, index) => told.indexOf(heading) !== index), []);
});

test("every operation that the code calls stands on the page of permissions, with the features that grant it", () => {
    const page = doc("permissions.md");
    const operations = [...read("provider/Live/LiveClient.cs").matchAll(/new\("(\w+)", HttpMethod/g)].map(([, name]) => name);
    const others = [...read("provider/Live/SecurityTokenClient.cs").matchAll(/new\("(\w+)", Version/g)].map(([, name]) => name);
    assert.deepEqual([operations.length, others.length], [13, 3]);
    for (const operation of operations) {
        const reads = operation.startsWith("Describe") ? ", `readOnly`" : "";
        const feature = operation.includes("Monitor") ? "monitor" : "relay";
        assert.ok(page.includes(`| \`live:${operation}\` | \`${feature}\`${reads} |`), operation);
    }
    for (const operation of others) assert.ok(page.includes(operation), operation);
});

test("each resource's page tells cost with source and date, states, what a change does, import and time limits", () => {
    for (const page of ["relay-task.md", "monitor-session.md"]) {
        const text = doc(page);
        const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
        for (const title of [/^Cost$/, /^Inputs$/, /^States$/, /^What a change does/, /^Outputs$/, /mporting$/, /^Time limits$/])
            assert.ok(sections.some(section => title.test(section)), `${page} has no section ${title}`);
        const cost = /^## Cost\n([^]*?)^## /m.exec(text)[1];
        assert.match(cost, /https:\/\/www\.alibabacloud\.com\/help\//, page);
        assert.match(cost, /\b20\d\d\b/, page);
    }
});

test("the first page leads to every other, and its front matter is what the registry asks for", () => {
    const first = doc("_index.md");
    for (const page of fs.readdirSync(path.join(ROOT, "docs")).filter(file => file.endsWith(".md") && file !== "_index.md"))
        assert.ok(first.includes(`](${page})`), page);
    for (const page of ["_index.md", "installation-configuration.md"]) assert.match(doc(page), /^---\ntitle: .+\nmeta_desc: .+\nlayout: package\n---\n/);
});

/** The anchors of a page, as GitHub makes them from headings. */
const anchors = text => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));

test("every link to a section leads to one", () => {
    const files = ["README.md", ...["docs", "examples"].flatMap(folder => fs.readdirSync(path.join(ROOT, folder), { recursive: true })
        .filter(file => file.endsWith(".md")).map(file => path.join(folder, file)))];
    const links = files.flatMap(file => [...read(file).matchAll(/\]\((?!https?:)([^)\s#]*)#([^)\s]+)\)/g)]
        .map(([, target, anchor]) => ({ file, anchor, page: target ? path.join(path.dirname(file), target) : file })));
    assert.ok(links.length > 30);
    assert.deepEqual(links.filter(({ page, anchor }) => !anchors(read(page)).includes(anchor)), []);
});
