"use strict";

const provider = require("@pulumi/pulumi/proto/provider_pb");
const { struct } = require("./plugin");

/** The calls that the engine makes for one resource, with the fields it sets. */
class Resource {
    constructor(plugin, type, name) {
        this.plugin = plugin;
        this.type = type;
        this.name = name;
        this.urn = `urn:pulumi:dev::interop::${type}::${name}`;
    }

    async check(news, olds = {}) {
        const request = this.#named(new provider.CheckRequest());
        request.setOlds(struct(olds));
        request.setNews(struct(news));
        request.setRandomseed(Buffer.alloc(32, 7));
        const reply = await this.plugin.call("check", request);
        return {
            inputs: reply.getInputs().toJavaScript(),
            failures: reply.getFailuresList().map(failure => failure.toObject()),
        };
    }

    async diff({ id, inputs, outputs }, news, ignoreChanges = []) {
        const request = this.#named(new provider.DiffRequest());
        request.setId(id);
        request.setOlds(struct(outputs));
        request.setOldInputs(struct(inputs));
        request.setNews(struct(news));
        request.setIgnorechangesList(ignoreChanges);
        const reply = await this.plugin.call("diff", request);
        return {
            changes: reply.getChanges(),
            replaces: reply.getReplacesList(),
            deleteBeforeReplace: reply.getDeletebeforereplace(),
            hasDetailedDiff: reply.getHasdetaileddiff(),
            detailed: Object.fromEntries([...reply.getDetaileddiffMap().entries()].map(([path, diff]) => [path, diff.getKind()])),
        };
    }

    createRequest(inputs, { preview = false } = {}) {
        const request = this.#named(new provider.CreateRequest());
        request.setProperties(struct(inputs));
        request.setPreview(preview);
        return request;
    }

    async create(inputs, options) {
        const reply = await this.plugin.call("create", this.createRequest(inputs, options));
        return { id: reply.getId(), inputs, outputs: reply.getProperties().toJavaScript() };
    }

    /** What a refresh reads; undefined where the resource is gone. */
    async read({ id, inputs, outputs }) {
        const request = this.#named(new provider.ReadRequest());
        request.setId(id);
        if (outputs)
            request.setProperties(struct(outputs));
        if (inputs)
            request.setInputs(struct(inputs));
        const reply = await this.plugin.call("read", request);
        return reply.getId() === ""
            ? undefined
            : { id: reply.getId(), inputs: reply.getInputs().toJavaScript(), outputs: reply.getProperties().toJavaScript() };
    }

    async update({ id, inputs, outputs }, news, { preview = false } = {}) {
        const request = this.#named(new provider.UpdateRequest());
        request.setId(id);
        request.setOlds(struct(outputs));
        request.setOldInputs(struct(inputs));
        request.setNews(struct(news));
        request.setPreview(preview);
        const reply = await this.plugin.call("update", request);
        return { id, inputs: news, outputs: reply.getProperties().toJavaScript() };
    }

    async delete({ id, inputs, outputs }) {
        const request = this.#named(new provider.DeleteRequest());
        request.setId(id);
        request.setProperties(struct(outputs));
        request.setOldInputs(struct(inputs));
        await this.plugin.call("delete", request);
    }

    #named(request) {
        request.setUrn(this.urn);
        request.setName(this.name);
        request.setType(this.type);
        return request;
    }
}

module.exports = { Resource };
