// Looks at the simulator once a second and changes in place what has changed.
// Texts come from requests, so none of them is ever read as HTML.
"use strict";

const find = (selector, root = document) => root.querySelector(selector);
const node = name => find(`#${name}`);

/** Makes an element with attributes and children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Writes a text only where it differs: nothing is selected, read or laid out anew for nothing. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function mark(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Puts a state's word, shape and colour on an element. */
function wear(element, state, word, attribute = "data-state") {
  mark(element, attribute, state);
  mark(find("use", element), "href", `#shape-${state}`);
  write(find("[data-f=word]", element), word);
}

/** Keeps one child per item, by key, in the order of the items; children that stay are the same elements. */
function keep(parent, items, key, create, fill) {
  const known = new Map([...parent.children].filter(child => child.dataset.key).map(child => [child.dataset.key, child]));
  let last = [...parent.children].filter(child => !child.dataset.key).at(-1) ?? null;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (!child) {
      child = create(item);
      child.dataset.key = name;
    }
    known.delete(name);
    const place = last ? last.nextSibling : parent.firstChild;
    if (child !== place) parent.insertBefore(child, place);
    fill(child, item);
    last = child;
  }
  for (const child of known.values()) child.remove();
}

const fromTemplate = name => node(name).content.firstElementChild.cloneNode(true);

/** The parts of a copy of a template, by the names in data-f. */
function parts(element) {
  element.parts ??= Object.fromEntries([...element.querySelectorAll("[data-f]")].map(part => [part.dataset.f, part]));
  return element.parts;
}

// ---- Times. All of them are UTC, as the service has them.

const moment = text => Date.parse(text);
const iso = time => new Date(time).toISOString();
const clock = time => iso(time).slice(11, 19);
const day = time => iso(time).slice(0, 10);

const dated = text => `${day(moment(text))} ${clock(moment(text))}`;

/** A time as short as it can be told from now. */
const shortly = (time, now) => day(time) === day(now) ? clock(time) : `${day(time)} ${clock(time)}`;

/** A length of time in its two largest units, or in the largest alone. */
function length(seconds, roughly = false) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return "0 s";
  const [name, size] = units[first];
  const rest = !roughly && units[first + 1] && Math.floor(whole % size / units[first + 1][1]);
  return `${Math.floor(whole / size)} ${name}${rest ? ` ${rest} ${units[first + 1][0]}` : ""}`;
}

const duration = milliseconds => milliseconds < 9.95 ? `${milliseconds.toFixed(1)} ms`
  : milliseconds < 9950 ? `${Math.round(milliseconds)} ms`
  : `${(milliseconds / 1000).toFixed(1)} s`;

/** Time between two calls, in simulated time. */
const gap = milliseconds => milliseconds < 1000 ? `${Math.max(0, milliseconds)} ms`
  : milliseconds < 60000 ? duration(milliseconds)
  : length(milliseconds / 1000, true);

// ---- What is said.

/** Shown in the line under the top, and read out. */
function tell(text, bad = false) {
  write(node("news"), text);
  mark(node("news"), "data-bad", bad);
}

let before = new Map();

/** Tells the changes of states since the last look; the first look has none. */
function tellChanges(state) {
  const all = [...state.tasks, ...state.sessions];
  const changed = all.filter(item => before.size > 0 && before.get(item.id) !== item.state);
  const text = changed.map(item => {
    const { reason } = item.history.at(-1);
    return before.has(item.id) ? `${item.name}: ${before.get(item.id)} → ${item.state} (${reason})` : `${item.name}: new, ${item.state}`;
  });
  const more = text.length > 4 ? ` · ${text.length - 4} more` : "";
  if (text.length > 0) tell(`${clock(moment(state.now))}  ${text.slice(0, 4).join(" · ")}${more}`);
  before = new Map([["", ""], ...all.map(item => [item.id, item.state])]);
}

// ---- What is done.

/** Asks the admin door to do something, tells what came of it, and looks at once. */
async function act(method, path, body, said) {
  try {
    const reply = await fetch(`/simulator/${path}`, { method, body: body && JSON.stringify(body) });
    if (reply.ok) tell(said);
    else tell(`Not done: ${(await reply.json()).error}`, true);
  } catch {
    tell("Not done: the simulator does not answer.", true);
  }
  await look();
}

/** A button that is not there to be pressed keeps its focus, and says why. */
function allow(button, allowed, why = "") {
  mark(button, "aria-disabled", !allowed);
  if (button.title !== why) button.title = why;
}

function onPress(button, does) {
  button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || does());
}

function label(button, text, object) {
  write(button, text);
  mark(button, "aria-label", `${text}: ${object}`);
}

// ---- Timelines.

const SPANS = [60, 120, 300, 600, 1200, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000, 31536000, 315360000];
const TICKS = [10, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000, 7776000, 86400000];

/** The stretch of time that is drawn. It stays where it is while time passes, until now comes near its end. */
function stretch(state) {
  const now = moment(state.now);
  const shown = [...visibleTasks(state), ...state.sessions.filter(session => !gone(session))];
  const chosen = node("range").value;
  const first = chosen === "all" ? Math.min(now - 1000, ...shown.map(item => moment(item.created))) : now - Number(chosen) * 1000;
  // The shortest one whose beginning, rounded down to a tick, leaves some of it for what is to come.
  const begins = place => Math.floor(first / (TICKS[place] * 1000)) * TICKS[place] * 1000;
  const fitting = SPANS.findIndex((span, place) => now < begins(place) + span * 900);
  const place = fitting < 0 ? SPANS.length - 1 : fitting;
  return { now, from: begins(place), to: Math.max(begins(place) + SPANS[place] * 1000, now), tick: TICKS[place] * 1000 };
}

const at = (time, axis) => (time - axis.from) / (axis.to - axis.from) * 100;

function ticks(axis) {
  const times = [];
  for (let time = Math.ceil(axis.from / axis.tick) * axis.tick; time < axis.to; time += axis.tick) times.push(time);
  return times.slice(0, 40);
}

function drawAxis(axis) {
  const text = time => axis.tick >= 86400000 ? day(time) : axis.tick >= 60000 ? clock(time).slice(0, 5) : clock(time);
  const inside = ticks(axis).filter(time => at(time, axis) > 4 && at(time, axis) < 96);
  keep(node("axis"), inside, time => time, () => make("span"), (label, time) => {
    label.style.left = `${at(time, axis)}%`;
    write(label, clock(time) === "00:00:00" ? day(time).slice(5) : text(time));
  });
}

/** Bars for what was, a thin line for what is planned, a line for now. */
function drawTimeline(element, item, axis) {
  const pieces = ticks(axis).map(time => ({ kind: "tick", key: `t${time}`, left: at(time, axis) }));
  item.history.forEach((change, place) => {
    const from = moment(change.at);
    const next = item.history[place + 1];
    const to = next ? moment(next.at) : axis.now;
    const over = change.state === "Exit" || change.state === "Deleted";
    const title = over
      ? `${change.state} at ${shortly(from, axis.now)}: ${change.reason}`
      : `${change.state} from ${shortly(from, axis.now)} for ${length((to - from) / 1000)}: ${change.reason}`;
    if (over) pieces.push({ kind: "end", key: `e${place}`, left: at(from, axis), title });
    if (over || to <= axis.from || to - from < 1) return;
    const left = Math.max(at(from, axis), 0);
    pieces.push({ kind: "was", key: `w${place}`, left, width: at(to, axis) - left, state: change.state, title });
  });
  const ended = item.state === "Exit" || item.state === "Deleted";
  if (!ended && item.end) {
    const start = moment(item.start);
    const end = moment(item.end);
    const left = at(axis.now, axis);
    const [starts, ends] = [`starts at ${shortly(start, axis.now)}`, `ends at ${shortly(end, axis.now)}`];
    if (item.state === "Idle" && start < axis.to) pieces.push({ kind: "start", key: "ps", left: at(start, axis), title: starts });
    if (end > axis.now) pieces.push({ kind: "plan", key: "p", left, width: Math.min(at(end, axis), 100) - left, title: ends });
    if (end > axis.now && end < axis.to) pieces.push({ kind: "end", key: "pe", left: at(end, axis), title: ends });
  }
  pieces.push({ kind: "now", key: "now", left: at(axis.now, axis) });
  keep(element, pieces, piece => piece.key, piece => make("i", { class: piece.kind }), (bar, piece) => {
    bar.style.left = `${piece.left}%`;
    if (piece.width !== undefined) bar.style.width = `${Math.max(piece.width, 0)}%`;
    if (piece.state) mark(bar, "data-state", piece.state);
    if (piece.title) mark(bar, "title", piece.title);
  });
  const said = item.history.slice(-6).map(change => `${change.state} from ${shortly(moment(change.at), axis.now)} (${change.reason})`);
  mark(element, "aria-label", `Timeline of ${item.name}: ${said.join(", ")}`);
}

// ---- Tasks.

const ended = task => task.state === "Exit";
const visibleTasks = state => node("show-ended").checked
  ? [...state.tasks.filter(task => !ended(task)), ...state.tasks.filter(ended)]
  : state.tasks.filter(task => !ended(task));

function createTask(first) {
  const element = fromTemplate("task");
  const part = parts(element);
  const path = `tasks/${first.id}`;
  element.item = first;
  part.more.id = `more-${first.id}`;
  mark(part.more, "aria-label", `Details of ${first.name}`);
  part.more.setAttribute("role", "group");
  part.moreButton.setAttribute("aria-controls", part.more.id);
  onPress(part.sourceButton, () => element.item.sourceLost
    ? act("POST", `${path}/restore-source`, null, `The source of ${element.item.name} is back.`)
    : act("POST", `${path}/lose-source`, null, `The source of ${element.item.name} is lost.`));
  onPress(part.runButton, () => element.item.state === "Offline"
    ? act("POST", `${path}/start`, null, `Started ${element.item.name} behind the stack’s back.`)
    : act("POST", `${path}/stop`, null, `Stopped ${element.item.name} behind the stack’s back.`));
  onPress(part.deleteButton, () => {
    part.moreButton.focus();
    return act("POST", `${path}/delete`, null, `Deleted ${element.item.name} behind the stack’s back.`);
  });
  onPress(part.moreButton, () => {
    part.more.hidden = !part.more.hidden;
    mark(part.moreButton, "aria-expanded", !part.more.hidden);
    fillMore(part.more, element.item);
  });
  return element;
}

/** An address without the scheme that goes without saying. */
const short = address => address.replace(/^rtmp:\/\//, "");

function reason(task) {
  if (task.conflict) return `${task.conflict} pushes there`;
  if (task.reason) return task.reason;
  return task.sourceLost ? "source lost" : "";
}

function fillTask(element, task, axis) {
  const part = parts(element);
  element.item = task;
  const { now } = axis;
  write(part.name, task.name || "(no name)");
  if (part.name.title !== task.name) part.name.title = task.name;
  wear(part.state, task.state, task.state);
  write(part.why, ended(task) ? `${reason(task)}, ${shortly(moment(task.ended), now)}` : reason(task));
  if (part.why.title !== part.why.textContent) part.why.title = part.why.textContent;
  drawTimeline(part.timeline, task, axis);
  write(part.source, `${task.sources.length > 1 ? `${task.sources.length} × ` : ""}${short(task.sources[0] ?? "nothing")}`);
  write(part.destination, short(task.destination));
  write(part.region, task.region);
  const start = moment(task.start);
  const end = moment(task.end);
  const until = end - now < 86400000 ? `ends in ${length((end - now) / 1000)}` : `ends ${day(end)}`;
  const due = ended(task) ? "" : ` · ${start > now ? `starts in ${length((start - now) / 1000)}` : until}`;
  // What changes every second stands last: nothing moves.
  write(part.facts, `${task.billedMinutes} min billed${due}`);
  for (const button of [part.sourceButton, part.runButton, part.deleteButton]) button.hidden = ended(task);
  label(part.sourceButton, task.sourceLost ? "Restore source" : "Lose source", task.name);
  label(part.runButton, task.state === "Offline" ? "Start" : "Stop", task.name);
  allow(part.runButton, task.state !== "Idle", task.state === "Idle" ? "It has not started yet." : "");
  label(part.deleteButton, "Delete", task.name);
  label(part.moreButton, "Details", task.name);
  if (!part.more.hidden) fillMore(part.more, task);
}

function fillMore(element, task) {
  if (!element.firstChild) {
    element.append(
      make("div", {}, make("h4", {}, "Changes of state"), make("table", {}, make("tbody"))),
      make("div", {}, make("h4", {}, "As the service has it"), make("dl")));
  }
  keep(find("tbody", element), task.history.map((change, place) => ({ ...change, place })), change => change.place,
    () => make("tr", {}, make("td"), make("td"), make("td")),
    (row, change) => [dated(change.at), change.state, change.reason].forEach((text, place) => write(row.cells[place], text)));
  define(find("dl", element), [
    ["Task id", task.id],
    ["Source", `${task.sourceType}${task.sourceProtocol ? ` · ${task.sourceProtocol}` : ""}`],
    ...task.sources.map((source, place) => [task.sources.length > 1 ? `Source ${place}` : "Address", source]),
    ["Destination", task.destination],
    ["Time", `${dated(task.start)} – ${dated(task.end)}`],
    ["Retries", `${task.retryCount} × ${task.retryInterval} s`],
    ["Playing", `repeat ${task.repeatNumber}, offset ${task.offset} s, file ${task.fileIndex}`],
    ["Callback", task.callback || "none"],
    ["Interruptions", String(task.interruptions)],
  ]);
}

/** Fills a list of terms and their texts. */
function define(list, entries) {
  const items = entries.flatMap(([term, text], place) =>
    [{ key: `t${place}`, name: "dt", text: term }, { key: `d${place}`, name: "dd", text }]);
  keep(list, items, item => item.key, item => make(item.name), (element, item) => write(element, item.text));
}

// ---- Sessions.

const TEMPLATES = { lp_ld: "low definition", lp_sd: "standard definition", lp_hd: "high definition", lp_ud: "ultra-high definition" };
const ALARMS = {
  fpsLowThres: value => `frame rate below ${value}`,
  brLowThres: value => `bitrate below ${value}`,
  brHighThres: value => `bitrate above ${value}`,
  eofDurationThresSec: value => `interrupted for ${value} s`,
};
const gone = session => session.state === "Deleted";

function createSession(first) {
  const element = fromTemplate("session");
  const part = parts(element);
  const path = `monitors/${first.id}`;
  element.item = first;
  element.tabIndex = -1;
  onPress(part.runButton, () => element.item.state === "Running"
    ? act("POST", `${path}/stop`, null, `Stopped ${element.item.name} behind the stack’s back.`)
    : act("POST", `${path}/start`, null, `Started ${element.item.name} behind the stack’s back.`));
  onPress(part.deleteButton, () => {
    node("sessions").focus();
    return act("POST", `${path}/delete`, null, `Deleted ${element.item.name} behind the stack’s back.`);
  });
  return element;
}

const percent = part => `${Math.round(part * 1000) / 10} %`;
const loudness = volume => volume === null ? "" : volume === 0 ? "silent" : `volume ${volume}`;

function fillSession(element, session, axis) {
  const part = parts(element);
  element.item = session;
  write(part.name, session.name);
  wear(part.state, session.state, session.state);
  const placed = session.inputs.filter(input => input.place);
  const unplaced = session.inputs.filter(input => !input.place);
  drawScreen(part.screen, placed, session.name);
  mark(part.screen, "data-on", session.state === "Running");
  const names = unplaced.map(input => input.name || input.url || input.layoutId).join(", ");
  write(part.unplaced, unplaced.length > 0 ? `No size stated, so not drawn: ${names}` : "");
  const alarms = Object.entries(session.thresholds).map(([name, value]) => ALARMS[name]?.(value) ?? `${name} ${value}`);
  define(part.facts, [
    ["Picture", TEMPLATES[session.template] ?? session.template],
    ["Address", session.address],
    ["Alarms", alarms.join(", ") || "none"],
    ["Sent to", [session.callback, session.dingTalk].filter(Boolean).join(", ") || "nobody"],
  ]);
  drawTimeline(part.timeline, session, axis);
  label(part.runButton, session.state === "Running" ? "Stop" : "Start", session.name);
  label(part.deleteButton, "Delete", session.name);
}

function drawScreen(screen, inputs, name) {
  const box = ({ name, place, volume }) => `${name || "an input"}: ${percent(place.width)} × ${percent(place.height)} at `
    + `${percent(place.x)}, ${percent(place.y)}, ${loudness(volume) || "volume not stated"}`;
  const content = inputs.length > 0 ? `. ${inputs.map(box).join(". ")}` : ": nothing has a place in it";
  mark(screen, "aria-label", `Picture of ${name}${content}`);
  const items = inputs.length > 0 ? inputs.map((input, place) => ({ input, key: `i${place}` })) : [{ key: "void" }];
  keep(screen, items, item => item.key, item => item.input
    ? make("div", {}, make("span", {}, make("b"), make("span")), make("span"))
    : make("div", { class: "void" }, "No input has a place in the picture"),
  (element, { input }) => {
    if (!input) return;
    const { x, y, width, height } = input.place;
    for (const [side, part] of Object.entries({ left: x, top: y, width, height })) element.style[side] = `${part * 100}%`;
    const [number, title] = element.firstChild.children;
    write(number, String(input.layoutId ?? input.index ?? ""));
    write(title, input.name || input.url);
    write(element.lastChild, loudness(input.volume));
    if (element.title !== box(input)) element.title = box(input);
  });
}

// ---- Calls.

/** Shape, word, and what there is to add. */
function result(call) {
  if (call.waits) return ["waits", "waiting", call.done ? "already done" : ""];
  if (call.code === null) return ["done", "done", String(call.status)];
  if (call.status === 0) return ["lost", "no answer", call.done ? "but done" : "not done"];
  return call.done ? ["lost", "failed", `${call.status}, but done`] : ["refused", "refused", String(call.status)];
}

/** The name of what a call is about, where it can be told. */
function object(call, names) {
  const parameters = call.parameters;
  const id = parameters.TaskId ?? parameters.MonitorId;
  return (id && (names.get(id) ?? id)) || parameters.TaskName || parameters.MonitorName
    || (parameters.DstUrl && `to ${short(parameters.DstUrl)}`) || "";
}

function createCall() {
  const element = fromTemplate("call");
  const part = parts(element);
  const details = element.rows[1];
  onPress(part.operation, () => {
    details.hidden = !details.hidden;
    mark(part.operation, "aria-expanded", !details.hidden);
    if (part.more.firstChild) return;
    const call = element.item;
    part.more.append(make("dl"));
    const parameters = Object.entries(call.parameters).map(([name, text]) => [name, text || "(empty)"]);
    define(find("dl", part.more), [...parameters, ["Method", call.method], ["Request id", call.requestId]]);
  });
  return element;
}

function fillCall(element, call, previous, names) {
  const part = parts(element);
  element.item = call;
  write(part.at, clock(moment(call.at)));
  mark(part.at, "title", call.at);
  write(part.gap, previous ? `+${gap(moment(call.at) - moment(previous.at))}` : "");
  write(part.operation, call.operation || "(no action)");
  if (part.operation.title !== call.operation) part.operation.title = call.operation;
  write(part.object, object(call, names));
  const [shape, word, addition] = result(call);
  wear(part.result, shape, word, "data-result");
  write(part.status, addition);
  write(part.code, call.code ?? "");
  write(part.took, call.took === null ? (call.waits ? "…" : "–") : duration(call.took));
}

let seen = 0;

function fillCalls(state) {
  const scroll = node("calls-scroll");
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
  const names = new Map([...state.tasks, ...state.sessions].map(item => [item.id, item.name]));
  const places = new Map(state.calls.map((call, place) => [call, place]));
  keep(node("calls"), state.calls, call => call.number, createCall,
    (element, call) => fillCall(element, call, state.calls[places.get(call) - 1], names));
  node("calls").hidden = state.calls.length === 0;
  node("calls-empty").hidden = state.calls.length > 0;
  scroll.hidden = state.calls.length === 0;
  write(node("calls-count"), String(state.callsTotal));
  allow(node("forget"), state.callsTotal > 0);
  if (atEnd || state.callsTotal < seen) {
    scroll.scrollTop = scroll.scrollHeight;
    seen = state.callsTotal;
  }
  const fresh = state.callsTotal - seen;
  node("to-latest").hidden = fresh <= 0;
  write(node("to-latest"), `↓ ${fresh} new`);
}

// ---- The whole page.

const KINDS = Object.fromEntries([...node("kind").options].filter(option => !option.dataset.code).map(option => [option.value, option.text]));
const hits = count => count === 1 ? "once" : `${count} times`;

function fillFaults(state) {
  const items = state.faults.length > 0
    ? state.faults.map((fault, place) => ({
      key: `f${place}`,
      text: `${fault.left} × ${fault.operation === "*" ? "any operation" : fault.operation}: ${fault.code ?? KINDS[fault.kind]}`
        + (fault.kind === "FailAfterDoing" ? ", although done" : ""),
    }))
    : [{ key: "none", text: "Nothing is armed." }];
  keep(node("faults"), items, item => item.key, () => make("li"), (element, item) => {
    write(element, item.text);
    if (element.title !== item.text) element.title = item.text;
  });
  allow(node("disarm"), state.faults.length > 0);
  if (node("operation").options.length > 1) return;
  node("operation").append(...state.operations.map(name => make("option", { value: name }, name)));
}

function fillTop(state) {
  const now = moment(state.now);
  write(node("date"), day(now));
  write(node("now"), clock(now));
  mark(node("now"), "datetime", state.now);
  write(node("moved"), state.moved > 0 ? `${length(state.moved)} ahead of this machine` : "as this machine’s clock");
  allow(node("to-next"), state.next !== null);
  write(node("next"), state.next ? `${state.next.taskName} ${state.next.what} in ${length(state.next.in)}` : "nothing is due");
}

let latest = null;

function show(state) {
  latest = state;
  fillTop(state);
  const tasks = visibleTasks(state);
  const axis = stretch(state);
  node("tasks-empty").hidden = state.tasks.length > 0;
  node("tasks-hidden").hidden = state.tasks.length === 0 || tasks.length > 0;
  node("axis").hidden = tasks.length === 0;
  write(node("tasks-count"), String(state.tasks.filter(task => !ended(task)).length));
  write(node("ended-count"), String(state.tasks.filter(ended).length));
  drawAxis(axis);
  keep(node("task-list"), tasks, task => task.id, createTask, (element, task) => fillTask(element, task, axis));
  const sessions = state.sessions.filter(session => !gone(session));
  node("sessions-empty").hidden = sessions.length > 0;
  node("left-out").hidden = state.leftOut === 0;
  write(node("left-out"), `${state.leftOut} more that have ended or are older are not shown; GET /simulator/state has them.`);
  write(node("sessions-count"), String(sessions.length));
  keep(node("session-list"), sessions, session => session.id, createSession, (element, session) => fillSession(element, session, axis));
  fillFaults(state);
  fillCalls(state);
  write(node("commands"), [`pulumi config set aliyun-live:endpoint ${location.origin}`, ...state.configure].join("\n"));
}

/** Says whether the simulator answers; what is shown stays when it does not. */
function link(on) {
  mark(node("link"), "data-on", on);
  write(node("link"), on ? "updates every second" : "no answer, trying again");
}

let timer = 0;
let looking = false;

/** Looks once, shows it, and looks again right after the simulated clock's next full second. */
async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  let wait = 2000;
  try {
    const reply = await fetch("/simulator/console", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    const state = await reply.json();
    link(true);
    tellChanges(state);
    show(state);
    wait = 1010 - moment(state.now) % 1000;
  } catch (error) {
    if (!(error instanceof TypeError && error.message.includes("fetch")) && error.name !== "TimeoutError") console.error(error);
    link(false);
  }
  looking = false;
  if (!document.hidden) timer = setTimeout(look, wait);
}

node("address").textContent = location.host;
for (const button of document.querySelectorAll("[data-by]"))
  onPress(button, () => act("POST", "clock", { by: Number(button.dataset.by) }, `The clock was moved ${button.getAttribute("aria-label")}.`));
onPress(node("to-next"), () => act("POST", "clock", { by: Math.max(0, latest.next.in) },
  `The clock was moved to where ${latest.next.taskName} ${latest.next.what}.`));
onPress(node("throttle"), () =>
  act("POST", "fail", { operation: "*", kind: "Refuse", code: "Throttling.User", status: 400, times: 5 }, "The next 5 calls are throttled."));
onPress(node("disarm"), () => act("DELETE", "fail", null, "Nothing is armed any more."));
onPress(node("forget"), () => act("DELETE", "calls", null, "The calls are forgotten."));
onPress(node("to-latest"), () => {
  node("calls-scroll").scrollTop = node("calls-scroll").scrollHeight;
  node("calls-scroll").focus();
  show(latest);
});
onPress(node("copy"), async () => {
  await navigator.clipboard.writeText(node("commands").textContent);
  tell("The commands are copied.");
});
node("fault").addEventListener("submit", event => {
  event.preventDefault();
  const operation = node("operation").value;
  const [kind] = node("kind").selectedOptions;
  const times = Number(node("times").value);
  const { code, status, age } = kind.dataset;
  act("POST", "fail", { operation, kind: kind.value, times, ...(code && { code, status }), ...(age && { age }) },
    `Armed for ${operation === "*" ? "any operation" : operation}: ${kind.text}, ${hits(times)}.`);
});
for (const name of ["show-ended", "range"]) node(name).addEventListener("change", () => latest && show(latest));
document.addEventListener("visibilitychange", () => document.hidden || look());
look();
