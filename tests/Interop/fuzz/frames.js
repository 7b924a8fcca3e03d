"use strict";

const net = require("node:net");

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TYPES = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, push: 5, ping: 6, goaway: 7, window: 8, continuation: 9 };

function frame(type, flags, stream, payload = Buffer.alloc(0), length = payload.length) {
    const header = Buffer.alloc(9);
    header.writeUIntBE(length & 0xffffff, 0, 3);
    header[3] = type;
    header[4] = flags;
    header.writeUInt32BE(stream >>> 0, 5);
    return Buffer.concat([header, payload]);
}

/** Header fields as literals, neither indexed nor Huffman-coded. */
function block(fields) {
    const text = value => {
        const bytes = Buffer.from(value, "latin1");
        return Buffer.concat([bytes.length < 127 ? Buffer.from([bytes.length]) : length(bytes.length), bytes]);
    };
    const length = number => {
        const bytes = [127];
        for (number -= 127; number >= 128; number >>= 7)
            bytes.push(number & 127 | 128);
        return Buffer.from([...bytes, number]);
    };
    return Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])));
}

/** Generates what a client may throw at an HTTP/2 server: proper calls, bent in one place or in many, cut off anywhere. */
class Frames {
    constructor(random) {
        this.random = random;
    }

    /** Pieces of a connection's bytes, in order; after the last one the connection is reset. */
    session() {
        const { random } = this;
        const pieces = [random.once(40) ? random.bytes(24) : PREFACE];
        if (!random.once(20))
            pieces.push(frame(TYPES.settings, 0, 0, this.#settings()));
        for (let stream = 1, count = 1 + random.below(4); count > 0; count--, stream += 2)
            pieces.push(...this.#call(random.once(20) ? random.pick([0, 2, 1, 0x7fffffff, 0xffffffff]) : stream));
        if (random.once(4)) {
            const bytes = Buffer.concat(pieces);
            return [bytes.subarray(0, random.below(bytes.length))];
        }
        if (random.once(4))
            pieces.splice(random.below(pieces.length), 1);
        return pieces;
    }

    #settings() {
        const { random } = this;
        return Buffer.concat(Array.from({ length: random.below(4) }, () => {
            const bytes = Buffer.alloc(6);
            bytes.writeUInt16BE(random.pick([1, 2, 3, 4, 5, 6, 99]), 0);
            bytes.writeUInt32BE(random.pick([0, 1, 16, 16384, 65535, 0x7fffffff, 0xffffffff]), 2);
            return bytes;
        }));
    }

    #call(stream) {
        const { random } = this;
        const method = random.pick(["GetPluginInfo", "GetSchema", "Check", "List", "Cancel", "Nothing", ""]);
        const fields = [
            [":method", random.once(15) ? random.pick(["GET", "PUT", "CONNECT", "post", ""]) : "POST"],
            [":scheme", random.once(30) ? random.pick(["https", "", "ftp"]) : "http"],
            [":path", random.once(10) ? random.pick(["", "*", "/", "//", "/%00", "/\xff", "/pulumirpc.ResourceProvider/", "/a?b", "/" + "x".repeat(9000)]) : `/pulumirpc.ResourceProvider/${method}`],
            [":authority", random.once(30) ? random.pick(["", "\0", "a b"]) : "127.0.0.1"],
            ["te", "trailers"],
            ["content-type", random.once(10) ? random.pick(["", "text/html", "application/json", "application/grpc-web", "application/grpc+proto", "APPLICATION/GRPC"]) : "application/grpc"],
        ];
        if (random.once(8))
            fields.push(["grpc-timeout", random.pick(["1n", "1m", "0S", "-1S", "99999999H", "999999999H", "S", "1", "1x", "", "\xff"])]);
        if (random.once(8))
            fields.push(["grpc-encoding", random.pick(["identity", "gzip", "deflate", "x"])]);
        if (random.once(15))
            fields.push(["x-large", "x".repeat(random.pick([100, 8000, 33000, 70000]))]);
        if (random.once(15))
            fields.push([random.pick(["", "UPPER", ":status", ":path", "connection", "a b", "\0", "content-length"]), random.pick(["", "1", "close", "\r\nx: y"])]);
        if (random.once(15))
            fields.splice(random.below(4), 1);
        if (random.once(40))
            for (let count = 0; count < 300; count++)
                fields.push([`x-${count}`, "y"]);

        let head = block(fields);
        if (random.once(15))
            head = Buffer.concat([head.subarray(0, random.below(head.length)), random.bytes(random.below(6))]);
        const frames = [];
        const end = random.once(15) ? 1 : 0;
        if (head.length > 16384 || random.once(8)) {
            const size = random.pick([1 + random.below(200), 16384]);
            const first = head.subarray(0, size);
            frames.push(frame(TYPES.headers, end, stream, first));
            // Many small pieces are a test of patience, not of parsing; a few dozen tell the same.
            const step = Math.max(size, Math.ceil(head.length / 40));
            for (let at = size; at < head.length; at += step)
                frames.push(frame(TYPES.continuation, at + step >= head.length ? 4 : 0, stream, head.subarray(at, Math.min(at + step, head.length))));
        } else {
            frames.push(frame(TYPES.headers, end | 4, stream, head));
        }

        for (const piece of this.#body())
            frames.push(frame(TYPES.data, 0, stream, piece));
        if (!random.once(6))
            frames.push(frame(TYPES.data, 1, stream));

        while (random.once(3))
            frames.splice(random.below(frames.length + 1), 0, this.#stray(stream));
        return frames;
    }

    #body() {
        const { random } = this;
        const message = random.bytes(random.pick([0, 0, 1, 50]));
        const prefix = Buffer.alloc(5);
        prefix[0] = random.once(8) ? random.pick([1, 2, 255]) : 0;
        prefix.writeUInt32BE(random.once(8) ? random.pick([0, 1, message.length + 1, 0x7fffffff, 0x80000000, 0xffffffff]) : message.length, 1);
        let bytes = Buffer.concat([prefix, message]);
        if (random.once(8))
            bytes = Buffer.concat([bytes, bytes]);
        if (random.once(8))
            bytes = bytes.subarray(0, random.below(bytes.length));
        return random.once(4) ? Array.from(bytes, octet => Buffer.from([octet])) : [bytes];
    }

    #stray(stream) {
        const { random } = this;
        const number = () => {
            const bytes = Buffer.alloc(4);
            bytes.writeUInt32BE(random.pick([0, 1, 8, 0x7fffffff, 0xffffffff]));
            return bytes;
        };
        switch (random.below(9)) {
            case 0: return frame(TYPES.reset, 0, stream, number());
            case 1: return frame(TYPES.window, 0, random.pick([0, stream]), number());
            case 2: return frame(TYPES.ping, random.once(2) ? 1 : 0, random.once(5) ? 1 : 0, random.bytes(random.once(5) ? 7 : 8));
            case 3: return frame(TYPES.settings, random.once(3) ? 1 : 0, random.once(5) ? 1 : 0, this.#settings());
            case 4: return frame(TYPES.goaway, 0, 0, random.bytes(8));
            case 5: return frame(TYPES.push, 4, stream, random.bytes(12));
            case 6: return frame(TYPES.priority, 0, stream, random.bytes(random.pick([4, 5])));
            case 7: return frame(random.below(256), random.below(256), stream, random.bytes(random.below(20)), random.pick([0, 5, 20, 16385, 0xffffff]));
            default: return frame(random.pick([10, 99, 255]), 0, stream, random.bytes(3));
        }
    }
}

/** What a server lets a client send before it gives leave for more. */
const WINDOW = 65_535;

/**
 * Makes one proper call over a connection of its own and looks for the status in the bytes of the answer, whatever the length of its headers:
 * `{ code, message }`, or `{ why }` where none comes in time. The plugin's server writes headers as plain text.
 */
async function rawCall(port, headers, message, milliseconds) {
    const socket = net.connect(port, "127.0.0.1");
    let why = "the connection was closed";
    socket.on("error", error => { why = error.message; });
    socket.setTimeout(milliseconds, () => {
        why = `nothing came for ${milliseconds / 1000} s`;
        socket.destroy();
    });
    const fields = Object.entries({ ":scheme": "http", ":authority": "127.0.0.1", ...headers }).sort(([one], [other]) => Number(other[0] === ":") - Number(one[0] === ":"));
    const pieces = Array.from({ length: Math.ceil(message.length / 16_384) }, (_, index) => frame(TYPES.data, 0, 1, message.subarray(index * 16_384, (index + 1) * 16_384)));
    const most = Buffer.alloc(4);
    most.writeUInt32BE(0x7fff0000 - WINDOW);
    socket.write(Buffer.concat([PREFACE, frame(TYPES.settings, 0, 0), frame(TYPES.window, 0, 0, most), frame(TYPES.headers, 4, 1, block(fields)), ...pieces, frame(TYPES.data, 1, 1)]));
    let bytes = Buffer.alloc(0);
    try {
        for await (const data of socket) {
            bytes = Buffer.concat([bytes, data]);
            const found = /grpc-status.(\d+)/s.exec(bytes.toString("latin1"));
            if (found)
                return { code: found[1], message: "" };
        }
    } catch {
        // The connection broke off: there is no status.
    } finally {
        socket.destroy();
    }
    return { why };
}

module.exports = { Frames, rawCall };
