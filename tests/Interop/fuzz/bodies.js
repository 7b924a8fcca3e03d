"use strict";

const { FUNCTIONS, RESOURCES, wire } = require("./values");

const SERVICE = "/pulumirpc.ResourceProvider/";
const CALLS = [
    "Handshake", "Parameterize", "GetSchema", "CheckConfig", "DiffConfig", "Invoke", "Call", "Check", "Diff", "Create", "Read", "List", "Update",
    "Delete", "Construct", "GetPluginInfo", "GetMapping", "GetMappings",
];

/** Generates request bodies: proper messages with hostile values in them, and their bytes broken at random. */
class Bodies {
    #corpus = [];

    /** @param known Inputs to start from: `{ method, body }`, with the body in base64. */
    constructor(random, values, known = []) {
        this.random = random;
        this.values = values;
        this.known = known.map(({ method, body }) => ({ method, body: Buffer.from(body, "base64") }));
    }

    /** A call whose message is well-formed, whatever its values are: `{ method, body }`. */
    proper() {
        const { random, values } = this;
        const method = random.pick(["Check", "Check", "Diff", "Diff", "Create", "Update", "Read", "Delete", "CheckConfig", "DiffConfig", "Invoke", "List"]);
        const type = random.once(30) ? random.pick(["", "x", "aliyun-live:index:Nothing"]) : random.pick(RESOURCES);
        const map = () => wire.struct(values.inputs(type in { } ? type : RESOURCES.includes(type) ? type : RESOURCES[0], random.pick([3, 10, 1000])));
        const urn = random.once(30) ? random.pick(["", "urn:pulumi:dev::fuzz", "::::", "urn:pulumi:a::b::c$$::"]) : `urn:pulumi:dev::fuzz::${type}::name`;
        const id = random.pick(["", "cn-shanghai/x", "cn-shanghai/", "/", "x", "xx-nowhere/1", "cn-shanghai/a/b", "é", "\0", "x".repeat(3000)]);
        const paths = number => Buffer.concat(Array.from({ length: random.pick([0, 0, 1, 3]) }, () =>
            wire.text(number, random.pick(["endTime", "*", "inputList[*].inputUrl", "a[", "[\"", "a..b", "[99999999999]", "\"", "x".repeat(2000), "[\"\\"]))));
        const named = (name, kind) => random.once(5) ? Buffer.alloc(0) : Buffer.concat([wire.text(name, "name"), wire.text(kind, type)]);
        const limit = number => wire.double(number, random.pick([0.05, 0.1, -1, NaN, 0.05, 1e-300]));
        // Previews, so that no generated task is made; the others end soon by their time limit.
        const body = Buffer.concat({
            Check: () => [wire.text(1, urn), wire.field(2, map()), wire.field(3, map()), wire.field(5, random.bytes(random.pick([0, 1, 32]))), named(6, 7)],
            CheckConfig: () => [wire.text(1, urn), wire.field(3, wire.struct({ region: values.anything(), endpoint: values.anything(), assumeRole: values.anything() }))],
            Diff: () => [wire.text(1, id), wire.text(2, urn), wire.field(3, map()), wire.field(4, map()), paths(5), wire.field(6, map()), named(7, 8)],
            DiffConfig: () => [wire.text(2, urn), wire.field(4, wire.struct({ region: values.anything() })), paths(5), wire.field(6, wire.struct({ assumeRole: values.anything() }))],
            Create: () => [wire.text(1, urn), wire.field(2, map()), limit(3), wire.bool(4, !random.once(10)), named(5, 6)],
            Read: () => [wire.text(1, id), wire.text(2, urn), ...random.once(3) ? [] : [wire.field(3, map()), wire.field(4, map())], named(5, 6), limit(10)],
            Update: () => [wire.text(1, id), wire.text(2, urn), wire.field(3, map()), wire.field(4, map()), limit(5), paths(6), wire.bool(7, !random.once(4)), wire.field(8, map()), named(9, 10)],
            Delete: () => [wire.text(1, id), wire.text(2, urn), wire.field(3, map()), limit(4), wire.field(5, map()), named(6, 7)],
            Invoke: () => [wire.text(1, random.pick([...FUNCTIONS, "aliyun-live:index:nothing", ""])), wire.field(2, wire.struct(values.object({}, 1))), wire.bool(7, true)],
            List: () => [wire.text(1, type), wire.field(2, wire.struct(values.object({}, 1))), Buffer.from([3 << 3, 5, 4 << 3, random.below(5)]), wire.text(5, random.pick(["", "1", "-1", "x"]))],
        }[method]());
        if (this.#corpus.length < 200 || random.once(20))
            this.#corpus[random.below(200)] = { method, body };
        return { method, body };
    }

    /** A call whose bytes were changed, cut, doubled or made up. */
    broken() {
        const { random } = this;
        const start = [...this.known, ...this.#corpus.filter(Boolean)];
        const { method, body } = start.length > 0 && !random.once(10) ? random.pick(start) : this.proper();
        return { method: random.once(5) ? random.pick(CALLS) : method, body: this.mutate(body) };
    }

    mutate(body) {
        const { random } = this;
        let bytes = Buffer.from(body);
        for (let count = random.pick([1, 1, 2, 5, 20]); count > 0; count--) {
            const at = random.below(bytes.length + 1);
            switch (random.below(7)) {
                case 0: if (at < bytes.length) bytes[at] ^= 1 << random.below(8); break;
                case 1: if (at < bytes.length) bytes[at] = random.pick([0, 0x7f, 0x80, 0xff]); break;
                case 2: bytes = bytes.subarray(0, at); break;
                case 3: bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(9)), bytes.subarray(at)]); break;
                case 4: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(50))]); break;
                case 5: bytes = Buffer.concat([bytes, bytes.subarray(at)]).subarray(0, 4_000_000); break;
                default: bytes = random.once(20) ? random.bytes(random.below(200)) : bytes; break;
            }
            bytes = Buffer.from(bytes);
        }
        return bytes;
    }
}

module.exports = { Bodies, SERVICE };
