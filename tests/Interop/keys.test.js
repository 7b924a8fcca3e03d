"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { once } = require("node:events");
const { default: Credential } = require("@alicloud/credentials");
const { default: Util } = require("@alicloud/openapi-util");
const { Plugin } = require("./support/plugin");
const { Resource } = require("./support/resource");

const OTHER_PROFILE = "on-call";

/**
 * Files of the command line and of the client libraries, as people have them, by the address of a portal on this machine and the home directory.
 */
const FILES = {
    "a pair of keys": () => ({ json: { current: "default", profiles: [{ name: "default", mode: "AK", access_key_id: "id-a", access_key_secret: "secret-a" }] } }),
    "the current profile among several": () => ({
        json: {
            current: "second",
            profiles: [
                { name: "default", mode: "AK", access_key_id: "id-no", access_key_secret: "secret-no" },
                { name: "second", mode: "AK", access_key_id: "id-b", access_key_secret: "secret-b", region_id: "cn-beijing", output_format: "json", language: "zh" },
            ],
        },
    }),
    "temporary keys": () => ({
        json: { current: "s", profiles: [{ name: "s", mode: "StsToken", access_key_id: "STS.c", access_key_secret: "secret-c", sts_token: "token/c+1==" }] },
    }),
    "keys that a command prints": (_, home) => ({
        json: { current: "e", profiles: [{ name: "e", mode: "External", process_command: `cat ${home}/printed` }] },
        printed: { mode: "AK", access_key_id: "id-d", access_key_secret: "secret-d" },
    }),
    "temporary keys that a command prints": (_, home) => ({
        json: {
            current: "e",
            profiles: [{ name: "e", mode: "External", process_command: `cat ${home}/printed` }],
        },
        printed: { mode: "StsToken", access_key_id: "STS.e", access_key_secret: "secret-e", sts_token: "token-e" },
    }),
    "keys of a single sign-on": address => ({
        json: {
            current: "sso",
            profiles: [{
                name: "sso", mode: "CloudSSO", cloud_sso_sign_in_url: address, cloud_sso_account_id: "1", cloud_sso_access_config: "ac-1",
                access_token: "login", cloud_sso_access_token_expire: Math.floor(Date.now() / 1000) + 3600,
            }],
        },
    }),
    "the libraries' own file": () => ({ ini: "[default]\ntype = access_key\naccess_key_id = id-f\naccess_key_secret = secret-f\n" }),
    "the libraries' own file, as editors on Windows leave it": () => ({
        ini: "\r\n# keys\r\n; more keys\r\n[other]\r\ntype=access_key\r\naccess_key_id=id-no\r\naccess_key_secret=secret-no\r\n\r\n[default]\r\n"
            + "  type  =  access_key  \r\naccess_key_id=id-g\r\naccess_key_secret   =secret-g\r\nregion_id = cn-shanghai\r\n",
    }),
    "the libraries' own file, with quotes and remarks": () => ({
        ini: "[default]\ntype = \"access_key\"\naccess_key_id = 'id-h' \naccess_key_secret = secret-h ; of the laptop\nrole_name = # none\n",
    }),
    "both files, of which the command line's goes first": () => ({
        json: { current: "default", profiles: [{ name: "default", mode: "AK", access_key_id: "id-i", access_key_secret: "secret-i" }] },
        ini: "[default]\ntype = access_key\naccess_key_id = id-no\naccess_key_secret = secret-no\n",
    }),
    "a broken file of the command line, and one of the libraries": () => ({
        json: { current: "lost", profiles: [] }, ini: "[default]\ntype = access_key\naccess_key_id = id-j\naccess_key_secret = secret-j\n",
    }),
};

/** The same where the environment names a profile. */
const NAMED = {
    "a named profile of the command line": () => ({
        json: {
            current: "default",
            profiles: [
                { name: "default", mode: "AK", access_key_id: "id-no", access_key_secret: "secret-no" },
                { name: OTHER_PROFILE, mode: "StsToken", access_key_id: "STS.k", access_key_secret: "secret-k", sts_token: "token-k" },
            ],
        },
    }),
    "a named section of the libraries' own file": () => ({
        ini: `[default]\ntype = access_key\naccess_key_id = id-no\naccess_key_secret = secret-no\n[${OTHER_PROFILE}]\ntype = access_key\naccess_key_id = id-l\naccess_key_secret = secret-l\n`,
    }),
};

describe("Alibaba's @alicloud/credentials and the plugin take the same keys from the same files", { timeout: 120_000 }, () => {
    const surroundings = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(ALI|OSS_|LIVE_)/.test(name)));
    let home;
    let service;
    let address;
    let requests = [];
    const plugins = {};

    before(async () => {
        home = fs.mkdtempSync(path.join(os.tmpdir(), "aliyun-live-keys-"));
        // Stands for the service, which refuses, and for the portal of the single sign-on.
        service = http.createServer((request, response) => {
            if (request.url === "/cloud-credentials") {
                const CloudCredential = { AccessKeyId: "STS.sso", AccessKeySecret: "secret-sso", SecurityToken: "token-sso", Expiration: new Date(Date.now() + 3_600_000).toISOString() };
                response.end(JSON.stringify({ CloudCredential, RequestId: "R" }));
            } else {
                requests.push(request);
                response.writeHead(403).end(JSON.stringify({ Code: "Forbidden.RAM", Message: "none", RequestId: "R" }));
            }
        }).listen(0, "127.0.0.1");
        await once(service, "listening");
        address = `http://127.0.0.1:${service.address().port}`;
        for (const [name, ALIBABA_CLOUD_PROFILE] of [["plain", ""], ["named", OTHER_PROFILE]]) {
            plugins[name] = await Plugin.start({ environment: { ...Object.fromEntries(Object.keys(process.env).filter(key => !(key in surroundings)).map(key => [key, ""])), HOME: home, ALIBABA_CLOUD_PROFILE } });
            await plugins[name].handshake();
        }
    });

    after(async () => {
        await Promise.all(Object.values(plugins).map(plugin => plugin.close()));
        service?.closeAllConnections();
        service?.close();
        fs.rmSync(home, { recursive: true, force: true });
    });

    const write = ({ json, ini, printed }) => {
        for (const folder of [".aliyun", ".alibabacloud"])
            fs.rmSync(path.join(home, folder), { recursive: true, force: true });
        const put = (name, text) => {
            fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
            fs.writeFileSync(path.join(home, name), text, { mode: 0o600 });
        };
        if (json)
            put(".aliyun/config.json", JSON.stringify(json, null, "\t"));
        if (ini)
            put(".alibabacloud/credentials", ini);
        if (printed)
            put("printed", JSON.stringify(printed));
    };

    /** The keys that the official library finds: it looks at the environment of this process. */
    const official = async profile => {
        const kept = { ...process.env };
        for (const name of Object.keys(process.env).filter(name => !(name in surroundings)))
            delete process.env[name];
        Object.assign(process.env, { HOME: home }, profile && { ALIBABA_CLOUD_PROFILE: profile });
        try {
            const { accessKeyId, accessKeySecret, securityToken } = await new Credential().getCredential();
            return { accessKeyId, accessKeySecret, securityToken: securityToken || undefined };
        } finally {
            delete process.env.ALIBABA_CLOUD_PROFILE;
            Object.assign(process.env, kept);
        }
    };

    /** One request of the plugin, for which it looked for its keys anew. */
    const ours = async plugin => {
        requests = [];
        await plugin.configure({ endpoint: address, region: "cn-shanghai" });
        await new Resource(plugin, "aliyun-live:index:RelayTask", "keys").read({ id: "cn-shanghai/nobody" })
            .then(() => assert.fail("it should have been refused"), error => assert.match(error.details, /Forbidden\.RAM/, error.details));
        return requests[0];
    };

    for (const [kind, files, profile] of [["plain", FILES], ["named", NAMED, OTHER_PROFILE]]) {
        for (const [name, make] of Object.entries(files)) {
            test(name, async () => {
                write(make(address, home));
                const keys = await official(profile);
                assert.doesNotMatch(keys.accessKeyId, /-no$/, "the file says something else");
                const request = await ours(plugins[kind]);
                assert.match(request.headers.authorization, new RegExp(`Credential=${keys.accessKeyId},`));
                assert.equal(request.headers["x-acs-security-token"], keys.securityToken);
                // The secret is proved by what was signed with it.
                const url = new URL(request.url, address);
                const headers = Object.fromEntries(Object.entries(request.headers).filter(([header]) => header !== "authorization"));
                const again = Util.getAuthorization(
                    { method: request.method, pathname: url.pathname, query: Object.fromEntries(url.searchParams), headers },
                    "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], keys.accessKeyId, keys.accessKeySecret);
                assert.equal(request.headers.authorization, again);
            });
        }
    }
});
