"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { ROOT } = require("./sdk");

/** A place in a text that something is put into when it is told. */
const HOLE = "…";

/**
 * The texts that a source file of the plugin puts together: its string literals, `+` between two of them resolved, holes as one sign,
 * comments left out.
 */
function texts(source) {
    const found = [];
    let joins = false;
    for (let at = 0; at < source.length;) {
        const comment = /^(\/\/.*|\/\*[^]*?\*\/)/.exec(source.slice(at, at + 2) === "//" || source.slice(at, at + 2) === "/*" ? source.slice(at) : "");
        if (comment) {
            at += comment[0].length;
        } else if (/^'(\\.|[^'\\])+'/.test(source.slice(at, at + 12))) {
            at += /^'(\\.|[^'\\])+'/.exec(source.slice(at, at + 12))[0].length;
        } else if (/^[$@]*"/.test(source.slice(at, at + 4))) {
            const literal = read(source, at);
            if (joins) found[found.length - 1].text += literal.text;
            else found.push({ text: literal.text, before: source.slice(Math.max(0, at - 200), at) });
            at = literal.end;
            joins = /^\s*\+\s*[$@]*"/.test(source.slice(at, at + 200));
            if (joins) at += /^\s*\+\s*/.exec(source.slice(at))[0].length;
        } else {
            at++;
        }
    }
    return found;
}

/** One literal, of any of the language's forms. */
function read(source, start) {
    const prefix = /^[$@]*/.exec(source.slice(start))[0];
    const quotes = /^"+/.exec(source.slice(start + prefix.length))[0];
    const raw = quotes.length >= 3;
    const holes = raw ? prefix.length : prefix.includes("$") ? 1 : 0;
    if (!raw && quotes.length === 2) return { text: "", end: start + prefix.length + 2 };
    let text = "";
    for (let at = start + prefix.length + (raw ? quotes.length : 1); ;) {
        if (raw ? source.startsWith(quotes, at) : source[at] === "\"") return { text: text.replace(/…+/g, HOLE), end: at + (raw ? quotes.length : 1) };
        if (!raw && source[at] === "\\") {
            text += source[at + 1] === "n" ? "\n" : source[at + 1];
            at += 2;
        } else if (holes === 1 && (source.startsWith("{{", at) || source.startsWith("}}", at))) {
            text += source[at];
            at += 2;
        } else if (holes > 0 && source.startsWith("{".repeat(holes), at)) {
            text += HOLE;
            at = afterHole(source, at + holes) + holes;
        } else {
            text += source[at++];
        }
    }
}

/** Where the expression in a hole ends. */
function afterHole(source, start) {
    for (let at = start, depth = 0; ;) {
        if (/^[$@]*"/.test(source.slice(at, at + 4))) {
            at = read(source, at).end;
        } else if (/^'(\\.|[^'\\])+'/.test(source.slice(at, at + 12))) {
            at += /^'(\\.|[^'\\])+'/.exec(source.slice(at, at + 12))[0].length;
        } else {
            if (source[at] === "}" && depth === 0) return at;
            depth += "({[".includes(source[at]) ? 1 : ")}]".includes(source[at]) ? -1 : 0;
            at++;
        }
    }
}

/** All texts of the plugin's sources below some folders that have a few words in a row, and so may reach a person. */
function sentences(...folders) {
    return folders.flatMap(folder => fs.readdirSync(path.join(ROOT, "provider", folder)).filter(file => file.endsWith(".cs"))
        .flatMap(file => texts(fs.readFileSync(path.join(ROOT, "provider", folder, file), "utf8"))
            .filter(({ text }) => /[a-z]\S* \S+ \S*[a-z]/i.test(text.replaceAll(HOLE, "x")))
            .map(({ text, before }) => ({ place: `${folder}/${file}`, text, before }))));
}

module.exports = { HOLE, sentences };
