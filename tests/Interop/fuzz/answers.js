"use strict";

const http = require("node:http");
const { once } = require("node:events");

const TASK = {
    TaskId: "x", TaskStatus: 0, TaskInvalidReason: "", CurrentOffset: 0, CurrentFileIndex: 0,
    TaskInfo: {
        TaskId: "x", TaskName: "n", StartTime: "2034-01-01T00:00:00Z", EndTime: "2034-01-01T01:00:00Z", SourceType: "live", SourceProtocol: "rtmp",
        SourceUrls: ["rtmp://a.example.com/b/c"], DstUrl: "rtmp://push.example.com/a/b", RepeatNumber: 0, Offset: 0, FileIndex: 0, RetryCount: 3,
        RetryInterval: 60, CallbackURL: "",
    },
};
const MONITOR = {
    MonitorId: "x", MonitorName: "n", Domain: "live.example.com", Status: 0, Region: "cn-shanghai", OutputTemplate: "lp_hd", AudioFrom: 0,
    CallbackUrl: "", MonitorConfig: "{\"fpsLowThres\":0.5}", OutputUrls: { RtmpUrl: "rtmp://a.example.com/b/c" }, StartTime: "", StopTime: "",
    InputList: [{ Index: 1, InputUrl: "rtmp://a.example.com/b/c", LayoutConfig: { FillMode: "none", PositionNormalized: [0, 0], SizeNormalized: [1, 1] }, PlayConfig: { VolumeRate: 1 } }],
};
const ANSWERS = {
    CreateLivePullToPush: { RetCode: 0, Description: "OK", TaskId: "x" },
    DescribeLivePullToPush: { RetCode: 0, Description: "OK", ...TASK },
    DescribeLivePullToPushList: { Total: 1, PageNumber: 1, PageSize: 100, TaskList: [TASK] },
    CreateLiveStreamMonitor: { MonitorId: "x" },
    DescribeLiveStreamMonitorList: { Total: 1, LiveStreamMonitorList: [MONITOR] },
};

/** A service that answers each request with JSON that is bent, cut, enormous or something else altogether. */
class HostileService {
    #random;

    constructor(random) {
        this.#random = random;
        this.requests = 0;
    }

    async start() {
        this.server = http.createServer((request, response) => this.#answer(request, response));
        this.server.listen(0, "127.0.0.1");
        await once(this.server, "listening");
        this.address = `http://127.0.0.1:${this.server.address().port}`;
    }

    stop() {
        this.server.closeAllConnections();
        this.server.close();
    }

    #answer(request, response) {
        this.requests++;
        const random = this.#random;
        const action = request.headers["x-acs-action"];
        let body = JSON.stringify(this.#bend({ RequestId: "R", ...ANSWERS[action] ?? { RetCode: 0, TaskId: "x" } }));
        let status = 200;
        switch (random.below(14)) {
            case 0: body = body.slice(0, random.below(body.length)); break;
            case 1: body = random.bytes(random.below(300)); break;
            case 2: body = "[".repeat(random.pick([10, 64, 1000, 100_000])); break;
            case 3: body = `{"RequestId":"R","TaskId":"${"x".repeat(random.pick([10, 1_000_000, 9_000_000]))}"}`; break;
            case 4: body = random.pick(["", "null", "1", "\"x\"", "[]", "<html></html>", "{\"a\":1e999}", "{\"RequestId\":\"\\ud800\"}", "﻿{}"]); break;
            case 5: case 6:
                status = random.pick([400, 401, 403, 404, 429, 500, 503, 302, 204, 418, 599]);
                body = JSON.stringify(this.#bend({ Code: random.pick(["CodeTaskNotExist", "Throttling.User", "SignatureDoesNotMatch", "", "x"]), Message: "m", RequestId: "R" }));
                break;
            case 7: request.socket.destroy(); return;
            case 8:
                response.writeHead(200, { "content-length": String(body.length + 10) });
                response.write(body);
                request.socket.end();
                return;
            default: break;
        }
        const headers = {};
        if (random.once(10))
            headers.date = random.pick(["x", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]);
        if (random.once(10))
            headers["x-acs-retry-after"] = random.pick(["x", "-1", "99999999999999", "0"]);
        if (random.once(10))
            headers["content-type"] = random.pick(["text/html", "application/json;charset=utf-7", "x"]);
        response.writeHead(status, headers);
        response.end(status === 204 ? undefined : body);
    }

    /** A copy with some fields missing, of another type, or of another value. */
    #bend(value) {
        const random = this.#random;
        if (random.once(25)) {
            return random.pick([
                null, true, 0, -1, 1.5, 1e300, 2 ** 53, "", "x", "é", "2034-99-01", "9999999999999999999", [], {}, [null], [[[]]], { x: null }, 5, -2147483649, "{", "{\"a\":[",
            ]);
        }
        if (Array.isArray(value))
            return value.map(item => this.#bend(item));
        if (value && typeof value === "object")
            return Object.fromEntries(Object.entries(value).filter(() => !random.once(25)).map(([name, item]) => [name, this.#bend(item)]));
        return value;
    }
}

module.exports = { HostileService };
