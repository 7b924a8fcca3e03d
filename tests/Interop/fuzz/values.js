"use strict";

const fs = require("node:fs");
const path = require("node:path");

const SCHEMA = JSON.parse(fs.readFileSync(path.resolve(__dirname, "../../../schema.json"), "utf8"));
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SIGNATURES = [
    "1b47061264138c4ac30d75fd1eb44270", "c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7",
    "5cf8f73096256a8f31e491e813e4eb8e", "d0e6a833031e9bbcd3f4e8bde6ca49a4", "803fd3297a5875dc03ca845dda5d2a98", "unknown", "",
];
const SENTINELS = [
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "3eeb2bf0-c639-47a8-9e75-3b44932eb421", "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", "030794c1-ac77-496b-92df-f27374a8bd58", "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** Stands in stream keys; nothing that a person is told may hold it. */
const CANARY = "canary-stream-key-4711";

const TEXTS = [
    "", " ", "\0", "a\nb", "é", "日本語", "👩‍👩‍👧‍👦", "%s%n", "${x}", "../../etc/passwd", "rtmp://", "rtmp://a", "rtmp://push.example.com/a/b",
    "http://[::1", "https://example.com/%zz", `rtmp://u:${CANARY}@push.example.com/a/b`, `rtmp://push.example.com/a/b?auth_key=${CANARY}`,
    "2034-01-01T00:00:00Z", "2034-02-30T00:00:00Z", "9999-12-31T23:59:59.9999999+14:00", "0001-01-01T00:00:00-14:00", "2034-01-01",
    "-1", "1e999", "NaN", "true", "live", "url", "vod", "RTMP", "Running", "Stopped", "cn-shanghai", "xx-nowhere", "[]", "{}", "null", "﻿", "‮", "￿",
];
const NUMBERS = [0, -0, 1, -1, 0.5, 3, 60, 300, 301, 2 ** 31, 2 ** 53, -(2 ** 63), 1e19, 1e300, -1e300, 5e-324, NaN, Infinity, -Infinity];

/** Marks in a tree of values which the writer turns into bytes that no proper client would send. */
const RAW = Symbol("raw bytes instead of a text");
const raw = bytes => ({ [RAW]: bytes });

/** Generates property values: what the schema asks for, and everything else. */
class Values {
    constructor(random) {
        this.random = random;
    }

    /** Inputs of a resource, each property right or wrong, present or not. */
    inputs(token, wrong) {
        const { inputProperties } = SCHEMA.resources[token];
        return this.object(inputProperties, wrong);
    }

    object(properties, wrong) {
        const result = {};
        for (const [name, type] of Object.entries(properties)) {
            if (!this.random.once(4))
                result[name] = this.random.once(wrong) ? this.anything() : this.typed(type, name, wrong);
        }
        if (this.random.once(wrong))
            result[this.random.pick(["__internal", "__defaults", "version", "colour", "", "a.b", "a[0]", "\0", SIGNATURE, "constructor"])] = this.anything();
        return result;
    }

    typed(type, name, wrong) {
        const random = this.random;
        if (random.once(wrong * 3))
            return random.pick(SENTINELS);
        if (type.$ref?.startsWith("#/types/")) {
            const declared = SCHEMA.types[type.$ref.slice("#/types/".length)];
            if (declared.enum)
                return random.pick(declared.enum).value;
            return this.object(declared.properties, wrong);
        }
        switch (type.type) {
            case "array":
                return Array.from({ length: random.pick([0, 1, 1, 2, 3, 31]) }, () => this.typed(type.items, name, wrong));
            case "boolean": return random.once(2);
            case "integer": return random.pick([0, 1, 3, 60, 100, 300]);
            case "number": return random.pick([0, 0.5, 1]);
            case "string": return this.text(name);
            default: return this.anything(3);
        }
    }

    text(name) {
        const { random } = this;
        if (/Time$/.test(name))
            return random.pick(["2034-01-01T00:00:00Z", "2034-01-01T00:00:00.5+08:00", "2034-01-02T00:00:00Z"]);
        if (/Url/i.test(name))
            return random.pick(["rtmp", "http", "https"]) + `://h${random.below(99)}.example.com/a/b` + (random.once(2) ? `?auth_key=${CANARY}` : "");
        if (/domain/i.test(name))
            return "live.example.com";
        return random.pick(TEXTS);
    }

    /** Any value at all, to a depth. */
    anything(depth = 4) {
        const { random } = this;
        switch (random.below(depth > 0 ? 16 : 10)) {
            case 0: return null;
            case 1: return random.once(2);
            case 2: case 3: return random.pick(NUMBERS);
            case 4: case 5: return random.pick(TEXTS);
            case 6: return random.pick(SENTINELS);
            case 7: return raw(random.pick([Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xc0, 0x80]), random.bytes(8)]));
            case 8: return random.once(200) ? "x".repeat(1024 * 1024) : "x".repeat(random.below(3000));
            case 9: return random.once(200) ? Array.from({ length: 10_000 }, (_, index) => index) : [];
            case 10: return this.deep(random.once(10) ? random.pick([1023, 1024, 1025, 1200]) : random.pick([5, 40, 100]));
            case 11: case 12: return Array.from({ length: random.below(5) }, () => this.anything(depth - 1));
            case 13: return this.special(depth);
            default: return Object.fromEntries(Array.from({ length: random.below(5) }, () => [random.pick(TEXTS), this.anything(depth - 1)]));
        }
    }

    special(depth) {
        const { random } = this;
        const value = { [SIGNATURE]: random.once(10) ? this.anything(0) : random.pick(SIGNATURES) };
        for (const name of ["value", "secret", "dependencies", "urn", "id", "packageVersion", "hash", "text", "path", "uri", "assets"]) {
            if (random.once(4))
                value[name] = this.anything(depth - 1);
        }
        return value;
    }

    deep(levels) {
        let value = this.anything(0);
        const kind = this.random.below(3);
        for (let level = 0; level < levels; level++)
            value = kind === 0 ? [value] : kind === 1 ? { x: value } : { [SIGNATURE]: SIGNATURES[0], value };
        return value;
    }
}

/** Writes messages byte by byte, so that also what no proper client can write gets written. */
const wire = {
    varint(number) {
        const bytes = [];
        let rest = BigInt.asUintN(64, BigInt(number));
        do {
            bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
            rest >>= 7n;
        } while (rest > 0n);
        return Buffer.from(bytes);
    },

    field(number, bytes) {
        return Buffer.concat([wire.varint(number << 3 | 2), wire.varint(bytes.length), bytes]);
    },

    text(number, text) {
        return wire.field(number, Buffer.from(text));
    },

    double(number, value) {
        const bytes = Buffer.alloc(9);
        bytes[0] = number << 3 | 1;
        bytes.writeDoubleLE(value, 1);
        return bytes;
    },

    bool(number, value) {
        return Buffer.from([number << 3, value ? 1 : 0]);
    },

    struct(object) {
        return Buffer.concat(Object.entries(object).map(([name, value]) =>
            wire.field(1, Buffer.concat([wire.text(1, name), wire.field(2, wire.value(value))]))));
    },

    value(value) {
        if (value === null || value === undefined)
            return Buffer.from([1 << 3, 0]);
        if (value[RAW])
            return wire.field(3, value[RAW]);
        switch (typeof value) {
            case "number": return wire.double(2, value);
            case "boolean": return wire.bool(4, value);
            case "string": return wire.text(3, value);
            default: return Array.isArray(value)
                ? wire.field(6, Buffer.concat(value.map(item => wire.field(1, wire.value(item)))))
                : wire.field(5, wire.struct(value));
        }
    },
};

const RESOURCES = Object.keys(SCHEMA.resources);
const FUNCTIONS = Object.keys(SCHEMA.functions ?? {});

module.exports = { CANARY, FUNCTIONS, RESOURCES, Values, wire };
