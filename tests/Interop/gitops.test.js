"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const yaml = require("js-yaml");
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { Plugin, struct } = require("./support/plugin");
const { ROOT } = require("./support/sdk");

const read = name => fs.readFileSync(path.join(ROOT, "examples/gitops", name), "utf8");
const json = name => JSON.parse(read(`ram/${name}`));
const version = /<Version>(.+)<\/Version>/.exec(fs.readFileSync(path.join(ROOT, "Directory.Build.props"), "utf8"))[1];
const workflow = yaml.load(read(".github/workflows/live.yml"), { schema: yaml.CORE_SCHEMA });
const [account, binding, stack] = yaml.loadAll(read("kubernetes/stack.yaml"));
const dockerfile = read("kubernetes/Dockerfile");

let plugin;
before(async () => {
    plugin = await Plugin.start();
    await plugin.handshake();
    await plugin.configure({});
});
after(() => plugin.close());

/** The policy that the published plugin writes, configured without keys and endpoint. */
async function policy(...features) {
    const request = new provider.InvokeRequest();
    request.setTok("aliyun-live:index:getRamPolicy");
    request.setArgs(struct({ features }));
    request.setPreview(true);
    const reply = await plugin.call("invoke", request);
    assert.deepEqual(reply.getFailuresList(), []);
    return JSON.parse(reply.getReturn().toJavaScript().json);
}

test("the policies are those that getRamPolicy writes", async () => {
    assert.deepEqual(json("live-deploy.json"), await policy("relay", "monitor"));
    assert.deepEqual(json("live-drift.json"), await policy("readOnly"));
});

/** What a trust policy admits: `[issuer, audience, subject, provider]`. */
function trusted(name) {
    const { Version, Statement: [statement, ...others] } = json(name);
    const { "oidc:iss": [issuer], "oidc:aud": [audience], "oidc:sub": [subject], ...rest } = statement.Condition.StringEquals;
    assert.deepEqual([Version, others, rest, Object.keys(statement.Condition)], ["1", [], {}, ["StringEquals"]]);
    assert.deepEqual([statement.Effect, statement.Action], ["Allow", "sts:AssumeRole"]);
    return { issuer, audience, subject, provider: statement.Principal.Federated[0] };
}

test("a trust policy admits exactly the job that asks, and no wildcard", () => {
    const { up, drift } = workflow.jobs;
    assert.equal(trusted("live-deploy.trust-github.json").subject, `repo:example/live:environment:${up.environment}`);
    assert.equal(trusted("live-drift.trust-github.json").subject, "repo:example/live:ref:refs/heads/main");
    assert.equal(drift.environment, undefined);
    for (const name of fs.readdirSync(path.join(ROOT, "examples/gitops/ram")).filter(file => file.includes("trust"))) {
        const admitted = trusted(name);
        assert.equal(admitted.audience, "sts.aliyuncs.com", name);
        assert.match(admitted.issuer, /^https:\/\//, name);
        assert.match(admitted.provider, /^acs:ram::\d+:oidc-provider\/\w+$/, name);
        assert.ok(!JSON.stringify(admitted).includes("*"), name);
    }
});

test("a pull request's preview sees no credential, and only the other jobs ask for a token", () => {
    const { preview, up, drift } = workflow.jobs;
    assert.deepEqual(workflow.permissions, { contents: "read" });
    assert.equal(preview.permissions, undefined);
    assert.doesNotMatch(JSON.stringify({ preview, env: workflow.env }), /secrets\.|TOKEN|ALIBABA|ALICLOUD|ROLE/);
    for (const job of [up, drift]) assert.equal(job.permissions["id-token"], "write");
    assert.deepEqual(Object.entries(workflow.jobs).map(([name, job]) => [name, job.if]), [
        ["preview", "github.event_name == 'pull_request'"], ["up", "github.event_name == 'push'"], ["drift", "github.event_name == 'schedule'"],
    ]);
    assert.deepEqual(Object.keys(workflow.on), ["pull_request", "push", "schedule"]);
});

test("each job takes on its role with variables that the provider reads", () => {
    const known = fs.readFileSync(path.join(ROOT, "docs/installation-configuration.md"), "utf8");
    for (const [name, role] of [["up", "live-deploy"], ["drift", "live-drift"]]) {
        const job = workflow.jobs[name];
        assert.match(job.env.ALIBABA_CLOUD_ROLE_ARN, new RegExp(`:role/${role}$`));
        for (const variable of Object.keys(job.env).filter(each => each.startsWith("ALIBABA"))) assert.ok(known.includes(`\`${variable}\``), variable);
        const script = job.steps.map(step => step.run ?? "").join("\n");
        assert.match(script, /audience=sts\.aliyuncs\.com/);
        assert.match(script, />"\$ALIBABA_CLOUD_OIDC_TOKEN_FILE"/);
    }
    assert.match(workflow.jobs.up.steps.at(-1).run, /^pulumi up --yes --refresh/);
    assert.match(workflow.jobs.drift.steps.at(-1).run, /^pulumi preview --refresh --expect-no-changes/);
});

test("workflow, image and stack name the version and the archive of this plugin", () => {
    assert.equal(workflow.env.PLUGIN_VERSION, version);
    for (const job of Object.values(workflow.jobs))
        assert.match(job.steps.map(step => step.run ?? "").join("\n"), /pulumi-resource-aliyun-live-v\$PLUGIN_VERSION-linux-amd64\.tar\.gz[^]+pulumi plugin install resource aliyun-live "\$PLUGIN_VERSION" --file/);
    assert.ok(dockerfile.includes(`ARG PLUGIN_VERSION=${version}\n`));
    assert.ok(stack.spec.workspaceTemplate.spec.image.endsWith(`:${version}`));
    assert.equal(/ARG PULUMI_VERSION=(.+)/.exec(dockerfile)[1], workflow.env.PULUMI_VERSION);
});

test("the image holds the executable where the engine looks for this name and version", () => {
    const home = /PULUMI_HOME=(\S+)/.exec(dockerfile)[1];
    const [, archive, folder] = /^ADD --chown=\S+ (\S+) (\S+)$/m.exec(dockerfile);
    assert.equal(archive, "pulumi-resource-aliyun-live-v${PLUGIN_VERSION}-linux-${TARGETARCH}.tar.gz");
    assert.equal(folder, `${home}/plugins/resource-aliyun-live-v\${PLUGIN_VERSION}/`);
    assert.ok(dockerfile.includes(`RUN ${folder}pulumi-resource-aliyun-live --version`));
    assert.match(dockerfile, /PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true/);
});

/** The fields of the operator's custom resource that the manifest uses, from its definition of `pulumi.com/v1`. */
const FIELDS = {
    spec: ["serviceAccountName", "stack", "projectRepo", "repoDir", "branch", "refresh", "continueResyncOnCommitMatch", "resyncFrequencySeconds", "destroyOnFinalize", "envRefs", "workspaceTemplate"],
    workspace: ["image", "env", "podTemplate"],
};

test("the stack is one of the operator, runs under its service account and reads the account's token", () => {
    assert.deepEqual([stack.apiVersion, stack.kind], ["pulumi.com/v1", "Stack"]);
    assert.deepEqual(Object.keys(stack.spec).filter(field => !FIELDS.spec.includes(field)), []);
    const workspace = stack.spec.workspaceTemplate.spec;
    assert.deepEqual(Object.keys(workspace).filter(field => !FIELDS.workspace.includes(field)), []);
    assert.equal(stack.spec.serviceAccountName, account.metadata.name);
    assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: account.metadata.name, namespace: stack.metadata.namespace }]);

    const { containers: [container], volumes: [volume] } = workspace.podTemplate.spec;
    const [mount] = container.volumeMounts;
    const [{ serviceAccountToken: token }] = volume.projected.sources;
    const variables = Object.fromEntries(workspace.env.map(each => [each.name, each.value]));
    assert.equal(container.name, "pulumi");
    assert.equal(mount.name, volume.name);
    assert.equal(variables.ALIBABA_CLOUD_OIDC_TOKEN_FILE, `${mount.mountPath}/${token.path}`);

    const admitted = trusted("live-deploy.trust-kubernetes.json");
    assert.equal(admitted.audience, token.audience);
    assert.equal(admitted.subject, `system:serviceaccount:${stack.metadata.namespace}:${account.metadata.name}`);
    assert.equal(admitted.provider, variables.ALIBABA_CLOUD_OIDC_PROVIDER_ARN);
});

test("the page lists every file", () => {
    const page = read("README.md");
    const files = fs.readdirSync(path.join(ROOT, "examples/gitops"), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
        .map(entry => path.relative(path.join(ROOT, "examples/gitops"), path.join(entry.parentPath ?? entry.path, entry.name)));
    assert.deepEqual(files.filter(file => file !== "README.md" && !page.includes(`(${file})`)), []);
});
