"use strict";

const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "../../..");

/** The declaration that every SDK is generated from. */
const schema = JSON.parse(fs.readFileSync(path.join(ROOT, "schema.json"), "utf8"));

const last = token => token.split(":").at(-1).split("/").at(-1);
const pascal = name => name[0].toUpperCase() + name.slice(1);
const snake = name => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
const referenced = property => property.$ref && schema.types[property.$ref.slice("#/types/".length)];

/** The signatures of the SDK that `pulumi package add` generates for TypeScript, without code. */
function typescript() {
    const type = (property, side) => {
        const plain = side === "output" || side === "plain";
        const wrap = text => plain ? text : `pulumi.Input<${text}>`;
        const target = referenced(property);
        if (target?.enum) return wrap(last(property.$ref));
        if (target) return wrap(plain ? `types.output.${last(property.$ref)}` : `types.input.${last(property.$ref)}Args`);
        if (property.type === "array") return wrap(`${type(property.items, side)}[]`);
        return wrap({ string: "string", boolean: "boolean", integer: "number", number: "number" }[property.type] ?? "any");
    };
    const members = (properties, required, side) => Object.entries(properties)
        .map(([name, property]) => `    ${name}${required.includes(name) ? "" : "?"}: ${type(property, side)};\n`).join("");
    const outputs = (properties, required) => Object.entries(properties).map(([name, property]) =>
        `    readonly ${name}: pulumi.Output<${type(property, "output")}${required.includes(name) ? "" : " | undefined"}>;\n`).join("");

    let text = "import * as pulumi from \"@pulumi/pulumi\";\n";
    const nested = { input: "", output: "" };
    for (const [token, declared] of Object.entries(schema.types)) {
        const name = last(token);
        if (declared.enum) {
            const values = declared.enum.map(value => `    readonly ${value.name}: ${JSON.stringify(value.value)};\n`).join("");
            text += `export declare const ${name}: {\n${values}};\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];\n`;
        } else {
            nested.input += `export interface ${name}Args {\n${members(declared.properties, declared.required ?? [], "input")}}\n`;
            nested.output += `export interface ${name} {\n${members(declared.properties, declared.required ?? [], "output")}}\n`;
        }
    }
    text += `export declare namespace types {\nnamespace input {\n${nested.input}}\nnamespace output {\n${nested.output}}\n}\n`;
    for (const [token, resource] of Object.entries(schema.resources)) {
        const name = last(token);
        text += `export interface ${name}Args {\n${members(resource.inputProperties, resource.requiredInputs ?? [], "input")}}\n`
            + `export declare class ${name} extends pulumi.CustomResource {\n`
            + `    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ${name};\n`
            + outputs(resource.properties, resource.required ?? [])
            + `    constructor(name: string, args: ${name}Args, opts?: pulumi.CustomResourceOptions);\n}\n`;
    }
    text += `export interface ProviderArgs {\n${members(schema.provider.inputProperties, schema.provider.requiredInputs ?? [], "input")}}\n`
        + "export declare class Provider extends pulumi.ProviderResource {\n"
        + "    constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);\n}\n";
    for (const [token, called] of Object.entries(schema.functions)) {
        const [name, both] = [last(token), pascal(last(token))];
        text += `export interface ${both}Args {\n${members(called.inputs.properties, called.inputs.required ?? [], "plain")}}\n`
            + `export interface ${both}OutputArgs {\n${members(called.inputs.properties, called.inputs.required ?? [], "input")}}\n`
            + `export interface ${both}Result {\n${members(called.outputs.properties, called.outputs.required ?? [], "output")}}\n`
            + `export declare function ${name}(args?: ${both}Args, opts?: pulumi.InvokeOptions): Promise<${both}Result>;\n`
            + `export declare function ${name}Output(args?: ${both}OutputArgs, opts?: pulumi.InvokeOptions): pulumi.Output<${both}Result>;\n`;
    }
    return text;
}

/** As much of the Pulumi SDK for .NET as programs see, for no package source at hand is sure to have it. */
const PULUMI_FOR_DOTNET = `
global using System; global using System.Collections.Generic; global using System.Threading.Tasks;
namespace Pulumi
{
    public sealed class Output<T> { }
    public class Input<T>
    {
        public static implicit operator Input<T>(T value) => new();
        public static implicit operator Input<T>(Output<T> value) => new();
    }
    public sealed class InputList<T> : Input<System.Collections.Immutable.ImmutableArray<T>>, System.Collections.IEnumerable
    {
        public void Add(params Input<T>[] items) { }
        public System.Collections.IEnumerator GetEnumerator() => throw new NotSupportedException();
    }
    public abstract class ResourceArgs { }
    public class ResourceOptions { }
    public class CustomResourceOptions : ResourceOptions { }
    public abstract class CustomResource { public Output<string> Id => new(); public Output<string> Urn => new(); }
    public sealed class Config
    {
        public string? Get(string key) => null;
        public string Require(string key) => key;
        public Output<string> RequireSecret(string key) => new();
    }
    public static class Deployment
    {
        public static Task<int> RunAsync(Action program) => Task.FromResult(0);
        public static Task<int> RunAsync(Func<IDictionary<string, object?>> program) => Task.FromResult(program().Count);
    }
}
`;

/** The signatures of the SDK for .NET, with that part of Pulumi's own. */
function csharp() {
    const target = property => referenced(property)?.enum ? last(property.$ref) : referenced(property) && `Inputs.${last(property.$ref)}Args`;
    const simple = { string: "string", boolean: "bool", integer: "int", number: "double" };
    const element = property => target(property) ?? simple[property.type] ?? "object";
    const input = property => property.type === "array" ? `InputList<${element(property.items)}>` : `Input<${element(property)}>`;
    const output = property => property.type === "array"
        ? `System.Collections.Immutable.ImmutableArray<${element(property.items)}>` : element(property);
    const inputs = (properties, required) => Object.entries(properties).map(([name, property]) => property.type === "array"
        ? `public ${input(property)} ${pascal(name)} { get; set; } = new(); `
        : `public ${required.includes(name) ? `${input(property)} ${pascal(name)} { get; set; } = null!;` : `${input(property)}? ${pascal(name)} { get; set; }`} `).join("");

    let text = `${PULUMI_FOR_DOTNET}namespace Pulumi.AliyunLive\n{\n`;
    let nested = "";
    for (const [token, declared] of Object.entries(schema.types)) {
        const name = last(token);
        if (declared.enum) {
            const values = declared.enum.map(value => `public static ${name} ${value.name} => default; `).join("");
            text += `public readonly struct ${name} { ${values}}\n`;
        } else {
            nested += `public sealed class ${name}Args : ResourceArgs { ${inputs(declared.properties, declared.required ?? [])}}\n`;
        }
    }
    for (const [token, resource] of Object.entries(schema.resources)) {
        const name = last(token);
        const outputs = Object.entries(resource.properties).map(([key, property]) => `public Output<${output(property)}> ${pascal(key)} => new(); `).join("");
        text += `public sealed class ${name}Args : ResourceArgs { ${inputs(resource.inputProperties, resource.requiredInputs ?? [])}}\n`
            + `public sealed class ${name} : CustomResource { public ${name}(string name, ${name}Args args, CustomResourceOptions? options = null) { } ${outputs}}\n`;
    }
    return `${text}namespace Inputs\n{\n${nested}}\n}\n`;
}

/** What each constructor of an SDK takes: the names of a resource's or a type's properties, by the resource's or type's name. */
function properties() {
    const all = {};
    for (const [token, resource] of Object.entries(schema.resources)) all[last(token)] = Object.keys(resource.inputProperties);
    for (const [token, type] of Object.entries(schema.types)) {
        if (type.properties) all[`${last(token)}Args`] = Object.keys(type.properties);
    }
    return all;
}

/** The names of an enum's values, by the enum's name. */
const enums = () => Object.fromEntries(Object.entries(schema.types).filter(([, type]) => type.enum)
    .map(([token, type]) => [last(token), type.enum.map(value => value.name)]));

module.exports = { ROOT, csharp, enums, last, pascal, properties, schema, snake, typescript };
