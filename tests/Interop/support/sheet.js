"use strict";

const fs = require("node:fs");
const path = require("node:path");
const protobuf = require("protobufjs");
const { Any } = require("google-protobuf/google/protobuf/any_pb");
const { Struct, Value } = require("google-protobuf/google/protobuf/struct_pb");

const FOLDER = path.resolve(__dirname, "../../../provider/Protocol/Proto");

/** Fields that the official stubs themselves cannot write: this one names a class that its module forgot to import. */
const BROKEN = new Set([".pulumirpc.ViewStep.detailed_diff"]);

/** The protocol files of the plugin, read by a parser that shares nothing with the compiler that made the plugin's code. */
function load() {
    const root = new protobuf.Root();
    root.resolvePath = (_, file) => path.join(FOLDER, path.basename(file));
    for (const file of fs.readdirSync(FOLDER).filter(name => name.endsWith(".proto")))
        root.loadSync(file, { keepCase: true });
    root.resolveAll();
    return root;
}

/** Every message of a root, nested ones too, but for the well-known types. */
function messages(namespace) {
    return namespace.nestedArray.flatMap(member => member.fullName.startsWith(".google.protobuf")
        ? []
        : [...(member instanceof protobuf.Type ? [member] : []), ...(member.nestedArray ? messages(member) : [])]);
}

/** Every service of a root. */
function services(namespace) {
    return namespace.nestedArray.flatMap(member => member instanceof protobuf.Service ? [member] : member.nestedArray ? services(member) : []);
}

/** How the official generator spells the accessors of a field. */
function accessor(field) {
    const pascal = field.name.split("_").map(word => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join("");
    return pascal + (field.map ? "Map" : field.repeated ? "List" : "");
}

/** The stub's class for a message: nested ones hang from the one around them. */
function official(stubs, type) {
    const names = [];
    for (let at = type; at instanceof protobuf.Type; at = at.parent)
        names.unshift(at.name);
    const [package_] = type.fullName.slice(1).split(`.${names[0]}`);
    return stubs[package_]?.map(module => names.reduce((at, name) => at?.[name], module)).find(found => found);
}

/** A value that belongs to one field alone: `[for the stub, as plain data]`. */
function sample(stubs, field) {
    const mark = `${field.parent.name}.${field.name}`;
    const well = {
        ".google.protobuf.Struct": () => [Struct.fromJavaScript({ mark }), { fields: { mark: { stringValue: mark } } }],
        ".google.protobuf.Value": () => [Value.fromJavaScript(mark), { stringValue: mark }],
        ".google.protobuf.Any": () => {
            const any = new Any();
            any.setTypeUrl(mark);
            return [any, { type_url: mark }];
        },
    };
    if (field.resolvedType instanceof protobuf.Enum) {
        const number = Math.max(...Object.values(field.resolvedType.values));
        return [number, number];
    }
    if (field.resolvedType) {
        const name = field.resolvedType.fullName;
        if (well[name])
            return well[name]();
        const class_ = official(stubs, field.resolvedType);
        const message = new class_();
        // One level is enough: each message has its own turn.
        const inner = field.resolvedType.fieldsArray.find(({ type, repeated, map }) => type === "string" && !repeated && !map);
        if (!inner)
            return [message, {}];
        message[`set${accessor(inner)}`](mark);
        return [message, { [inner.name]: mark }];
    }
    switch (field.type) {
        case "string": return [mark, mark];
        case "bytes": return [Buffer.from(mark), Buffer.from(mark).toString("base64")];
        case "bool": return [true, true];
        case "double": return [1.5, 1.5];
        default: return [7, 7];
    }
}

/** What of a field is written wrongly by one side for the other; empty where both agree in both directions. */
function disagreements(stubs, type) {
    const class_ = official(stubs, type);
    if (!class_)
        return [`${type.fullName} is in no official stub`];

    const found = [];
    for (const field of type.fieldsArray) {
        if (BROKEN.has(field.fullName))
            continue;
        const name = accessor(field);
        if (typeof class_.prototype[`get${name}`] !== "function") {
            found.push(`${type.fullName}.${field.name} is not in the official stub`);
            continue;
        }

        const [value, plain] = sample(stubs, field);
        const theirs = new class_();
        if (field.map)
            theirs[`get${name}`]().set("key", value);
        else
            theirs[`set${name}`](field.repeated ? [value] : value);
        const expected = { [field.name]: field.map ? { key: plain } : field.repeated ? [plain] : plain };
        const bytes = Buffer.from(theirs.serializeBinary());

        let read;
        try {
            const message = type.decode(bytes);
            read = type.toObject(message, { bytes: String, longs: Number });
            // What was not understood does not survive being written again.
            const again = Buffer.from(class_.deserializeBinary(Buffer.from(type.encode(type.fromObject(expected)).finish())).serializeBinary());
            if (!again.equals(bytes))
                found.push(`${type.fullName}.${field.name}: the official stub reads something else than was written`);
        } catch (error) {
            found.push(`${type.fullName}.${field.name}: ${error.message}`);
            continue;
        }
        if (JSON.stringify(read) !== JSON.stringify(expected))
            found.push(`${type.fullName}.${field.name}: read as ${JSON.stringify(read)}`);
    }

    const known = new Set(type.fieldsArray.map(field => `set${accessor(field)}`));
    for (const name of Object.getOwnPropertyNames(class_.prototype)) {
        const field = name.startsWith("set") ? name : name.startsWith("get") && name.endsWith("Map") ? `set${name.slice(3)}` : undefined;
        if (field && !known.has(field))
            found.push(`${type.fullName}: the official stub's ${name} has no field here`);
    }
    return found;
}

module.exports = { BROKEN, disagreements, load, messages, services };
