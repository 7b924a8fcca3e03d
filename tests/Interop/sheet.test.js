"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const protobuf = require("protobufjs");
const { BROKEN, disagreements, load, messages, services } = require("./support/sheet");

const PROTO = "@pulumi/pulumi/proto/";

/** The official stubs by package. Those without `_pb` of their own (health, resolver) belong to other projects. */
const STUBS = {
    "pulumirpc": ["provider", "alias", "errors", "engine", "resource_status", "plugin"].map(name => require(`${PROTO}${name}_pb`)),
    "google.rpc": [require(`${PROTO}status_pb`)],
    "codegen": [require(`${PROTO}codegen/loader_pb`), require(`${PROTO}codegen/mapper_pb`)],
};

const SERVICES = {
    "pulumirpc.ResourceProvider": require(`${PROTO}provider_grpc_pb`).ResourceProviderService,
    "pulumirpc.Engine": require(`${PROTO}engine_grpc_pb`).EngineService,
    "pulumirpc.ResourceStatus": require(`${PROTO}resource_status_grpc_pb`).ResourceStatusService,
    "codegen.Loader": require(`${PROTO}codegen/loader_grpc_pb`).LoaderService,
    "codegen.Mapper": require(`${PROTO}codegen/mapper_grpc_pb`).MapperService,
};

/** Messages of which the Node SDK ships no stub; their numbers are held by golden bytes in the .NET tests. */
const WITHOUT_STUB = /^\.(grpc\.health\.v1|pulumirpc\.Package)/;

const root = load();
const covered = messages(root).filter(type => !WITHOUT_STUB.test(type.fullName));

test("every message of the protocol is read by the official stubs as written here, and the reverse, field by field", () => {
    assert.ok(covered.length > 60, `${covered.length} messages`);
    assert.deepEqual(covered.flatMap(type => disagreements(STUBS, type)), []);
});

/** Gives a field another number, as an error in a protocol file would. */
function renumber(type, field, number) {
    field.id = number;
    type.setup();
}

test("a field whose number is changed here is noticed, whichever it is", () => {
    const unnoticed = [];
    const fields = covered.flatMap(type => type.fieldsArray).filter(field => !BROKEN.has(field.fullName));
    for (const field of fields) {
        const type = field.parent;
        const number = field.id;
        renumber(type, field, number + 1000);
        if (disagreements(STUBS, type).length === 0)
            unnoticed.push(field.fullName);
        renumber(type, field, number);
    }

    assert.ok(fields.length > 200, `${fields.length} fields`);
    assert.deepEqual(unnoticed, []);
    assert.deepEqual(covered.flatMap(type => disagreements(STUBS, type)), [], "numbers put back");
});

test("every enum value has the official number", () => {
    const enums = type => [...type.nestedArray ?? []].filter(member => member instanceof protobuf.Enum);
    const official = {
        Mode: STUBS.pulumirpc[0].CheckRequest.AutonamingOptions.Mode,
        DiffChanges: STUBS.pulumirpc[0].DiffResponse.DiffChanges,
        Kind: STUBS.pulumirpc[0].PropertyDiff.Kind,
        LogSeverity: STUBS.pulumirpc[3].LogSeverity,
        Status: STUBS.pulumirpc[4].ViewStep.Status,
        Op: STUBS.pulumirpc[4].ViewStep.Op,
    };
    const ours = [root.lookup("pulumirpc"), ...covered].flatMap(enums);
    assert.deepEqual(ours.map(({ name }) => name).sort(), Object.keys(official).sort());
    for (const { name, values } of ours)
        assert.deepEqual({ ...values }, official[name], name);
});

test("every service has the official calls, with their paths, messages and streams", () => {
    for (const service of services(root).filter(({ fullName }) => !/Health|PackageResolver/.test(fullName))) {
        const name = service.fullName.slice(1);
        const calls = service.methodsArray.map(method => ({
            path: `/${name}/${method.name}`, requestStream: !!method.requestStream, responseStream: !!method.responseStream,
        }));
        const official = Object.values(SERVICES[name]).map(({ path, requestStream, responseStream }) => ({ path, requestStream, responseStream }));
        const sorted = list => list.sort((one, other) => one.path.localeCompare(other.path));
        assert.deepEqual(sorted(calls), sorted(official), name);
    }
});
