"use strict";

// Writes the tables of the pages in docs/ from schema.json, between marks; everything else in a page is written by hand.
//   node eng/docs.js           rewrites the pages
//   node eng/docs.js --check   names the pages that are stale, and fails where there is one

const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "..");
const DOCS = path.join(ROOT, "docs");
const BLOCK = /(<!-- generated: ([^>]+) -->)[^]*?(<!-- end of generated -->)/g;

const schema = JSON.parse(fs.readFileSync(path.join(ROOT, "schema.json"), "utf8"));

const last = token => token.split(":").at(-1);
const typeOf = property => property.$ref?.startsWith("#/types/") && schema.types[property.$ref.slice("#/types/".length)];
const cell = text => text.replaceAll("|", "\\|");
const words = property => cell(property.description.split(" Environment: ")[0]);

/** A property's type as a reader calls it; types of the package are links to their own tables. */
function typeName(property) {
    if (property.$ref?.startsWith("#/types/")) {
        const name = last(property.$ref);
        return `[${name}](#${name.toLowerCase()})`;
    }
    if (property.type === "array") return `list of ${typeName(property.items)}`;
    return { boolean: "true or false", integer: "whole number", number: "number", string: "text" }[property.type] ?? "any value";
}

const table = (head, ...rows) => [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows.map(row => `| ${row.join(" | ")} |`)].join("\n");

function inputs(properties, required, head = "property") {
    const rows = Object.entries(properties).map(([name, property]) => {
        const standing = required.includes(name) ? "required" : property.default !== undefined ? `\`${property.default}\`` : "–";
        return [`\`${name}\``, typeName(property) + (property.secret ? ", secret" : ""), standing, words(property)];
    });
    return table([head, "type", "default", "description"], ...rows);
}

function outputs(properties, head = "output") {
    const rows = Object.entries(properties).map(([name, property]) => [`\`${name}\``, typeName(property) + (property.secret ? ", secret" : ""), words(property)]);
    return table([head, "type", "description"], ...rows);
}

/** The types that properties refer to, and those that these refer to, each once. */
function referred(properties, found = new Map()) {
    for (const property of Object.values(properties)) {
        const inner = property.items ?? property;
        const type = typeOf(inner);
        if (!type || found.has(inner.$ref)) continue;
        found.set(inner.$ref, type);
        referred(type.properties ?? {}, found);
    }
    return found;
}

const types = properties => [...referred(properties)].map(([reference, type]) => `### ${last(reference)}\n\n${type.description}\n\n` + (type.enum
    ? table(["value", "meaning"], ...type.enum.map(value => [`\`${value.value}\``, cell(value.description)]))
    : inputs(type.properties, type.required ?? []))).join("\n\n");

function config(properties = schema.config.variables, prefix = "") {
    return Object.entries(properties).flatMap(([name, property]) => {
        const variables = /Environment: (.+)\.$/.exec(property.description)?.[1].split(", ").join("<br>") ?? "–";
        const row = [`\`${prefix}${name}\``, variables, property.secret ? "yes" : "no", words(property)];
        return [row, ...(typeOf(property)?.properties ? config(typeOf(property).properties, `${prefix}${name}.`) : [])];
    });
}

function functions() {
    return Object.entries(schema.functions).map(([token, called]) => `## ${last(token)}\n\n${called.description}\n\n`
        + `${inputs(called.inputs.properties, called.inputs.required ?? [], "argument")}\n\n${outputs(called.outputs.properties, "result")}`).join("\n\n");
}

const allOf = part => Object.assign({}, ...Object.values(schema.functions).map(called => called[part].properties));

const GENERATORS = {
    config: () => table(["setting", "environment", "secret", "meaning"], ...config()),
    functions,
    "types of functions": () => types({ ...allOf("inputs"), ...allOf("outputs") }),
};
for (const [token, resource] of Object.entries(schema.resources)) {
    const inputNames = Object.keys(resource.inputProperties);
    const own = Object.fromEntries(Object.entries(resource.properties).filter(([name]) => !inputNames.includes(name)));
    GENERATORS[`inputs of ${last(token)}`] = () => inputs(resource.inputProperties, resource.requiredInputs ?? []);
    GENERATORS[`outputs of ${last(token)}`] = () => outputs(own);
    GENERATORS[`types of ${last(token)}`] = () => types({ ...resource.inputProperties, ...own });
}

/** A page with its blocks as the schema has them now. */
function refreshed(text, page) {
    return text.replace(BLOCK, (whole, start, what, end) => {
        if (!GENERATORS[what]) throw new Error(`docs/${page} asks for "${what}"; there is ${Object.keys(GENERATORS).join(", ")}`);
        return `${start}\n\n${GENERATORS[what]()}\n\n${end}`;
    });
}

/** Every page with a block: `{ page, text, now }`. */
const pages = () => fs.readdirSync(DOCS).filter(file => file.endsWith(".md")).map(page => {
    const text = fs.readFileSync(path.join(DOCS, page), "utf8");
    return { page, text, now: refreshed(text, page) };
});

module.exports = { GENERATORS, pages };

if (require.main === module) {
    const stale = pages().filter(({ text, now }) => text !== now);
    if (process.argv[2] === "--check") {
        for (const { page } of stale) console.error(`docs/${page} is stale: run make docs`);
        process.exitCode = stale.length > 0 ? 1 : 0;
    } else {
        for (const { page, now } of stale) {
            fs.writeFileSync(path.join(DOCS, page), now);
            console.error(`docs/${page}`);
        }
    }
}
