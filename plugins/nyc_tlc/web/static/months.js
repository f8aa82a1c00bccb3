// The page "Taxi months": draws the JSON of ./data, and starts runs through Airflow's own API.
// Everything from the server is set as text, never as HTML.
"use strict";

const API = "../../api/v2";
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"];
const ACTIVE = ["running", "waiting for publication", "queued"];
const NOT_LOADED = ["missing", "unknown", "failed"];
const FAST = 3000;
const SLOW = 60000;

let shown = null; // the JSON that is drawn
const drawn = {}; // each taxi's JSON as text, to draw only those that changed
let warehouse = new URLSearchParams(location.search).get("warehouse") || "postgres";
let selection = null; // {taxi, anchor, month}: from anchor to month
let drag = null; // {taxi, from}: the mouse button went down there
let inPanel = ""; // the months that the panel shows, as text
let busyUntil = 0; // runs were started: look often until then
let timer = 0;

// --- Theme -------------------------------------------------------------------------------------
// Airflow keeps its choice in localStorage, as "light", "dark" or "system".

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  const chosen = localStorage.getItem("theme");
  const dark = chosen === "dark" || (chosen !== "light" && prefersDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
followTheme();
addEventListener("storage", followTheme);
prefersDark.addEventListener("change", followTheme);

// --- Small helpers -----------------------------------------------------------------------------

const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const number = (value) => value.toLocaleString("en-US");
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
const sum = (values) => values.reduce((total, value) => total + (value || 0), 0);
const monthName = (month) => `${MONTHS[+month.slice(5) - 1]} ${month.slice(0, 4)}`;

function short(value) {
  return Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const unit = Math.min(units.length - 1, bytes ? Math.floor(Math.log10(bytes) / 3) : 0);
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`;
}

function ago(time) {
  const minutes = Math.round((Date.now() - new Date(time)) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 90) return `${plural(minutes, "minute")} ago`;
  if (minutes < 36 * 60) return `${plural(Math.round(minutes / 60), "hour")} ago`;
  return `${plural(Math.round(minutes / 1440), "day")} ago`;
}

const markOf = (state) => shown.states.find((each) => each.state === state).mark;
const mark = (state) => el("span", { class: "mark", "data-state": state, "aria-hidden": "true" }, markOf(state));

// Inside Airflow's frame a link must open in the whole window. The frame itself may not do that, but a
// click on a link of Airflow's own document may.
function link(href, ...text) {
  const open = (event) => {
    if (window.parent === window) return;
    event.preventDefault();
    const outside = window.parent.document.createElement("a");
    outside.href = new URL(href, location.href).href;
    outside.click();
  };
  return el("a", { href, onclick: open }, ...text);
}

const runAddress = (dagId, runId) =>
  `../../dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`;

async function ask(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const detail = typeof body.detail === "string" ? body.detail : JSON.stringify(body.detail || "");
  throw new Error(`${answer.status} ${answer.statusText}. ${detail}`);
}

const send = (method, address, body) =>
  ask(address, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// --- Data --------------------------------------------------------------------------------------

async function refresh() {
  clearTimeout(timer);
  try {
    shown = await ask(`data?warehouse=${encodeURIComponent(warehouse)}`);
    draw();
  } catch (error) {
    say(`Could not read the months: ${error.message} If you are logged out, log in to Airflow again.`, true);
  }
  const active = shown && allMonths().some((each) => ACTIVE.includes(each.state));
  timer = setTimeout(poll, active || Date.now() < busyUntil ? FAST : SLOW);
}

function poll() {
  if (document.hidden) timer = setTimeout(poll, FAST);
  else refresh();
}

const allMonths = () => shown.taxis.flatMap((taxi) => taxi.months);
const taxiOf = (name) => shown.taxis.find((each) => each.taxi === name);

function say(text, isError = false) {
  $("message").textContent = text;
  $("message").className = isError ? "error" : "";
  $("message").hidden = !text;
}

// --- Drawing -----------------------------------------------------------------------------------

function draw() {
  const focused = document.activeElement && document.activeElement.id;
  drawWarehouses();
  drawSource();
  drawMessage();
  drawLegend();
  drawTaxis();
  if (selection && !(drag && drag.over)) showSelection();
  if (focused && $(focused)) $(focused).focus();
}

// While runs are active, this comes every few seconds: a taxi whose months are the same stays as it is.
function drawTaxis() {
  const cards = shown.taxis.map((taxi) => {
    const text = JSON.stringify([warehouse, taxi]);
    const old = $(`card-${taxi.taxi}`);
    if (old && drawn[taxi.taxi] === text) return old;
    drawn[taxi.taxi] = text;
    return card(taxi);
  });
  const area = $("taxis");
  if (cards.length !== area.children.length || cards.some((each, index) => each !== area.children[index])) {
    area.replaceChildren(...cards);
  }
  area.setAttribute("aria-busy", "false");
}

function drawWarehouses() {
  const names = { postgres: "Postgres", bigquery: "BigQuery" };
  const choose = (each) => () => {
    warehouse = each;
    closePanel();
    refresh();
  };
  $("warehouses").replaceChildren(...shown.warehouses.map((each) =>
    el("button", { id: `in-${each}`, "aria-pressed": String(each === shown.warehouse), onclick: choose(each) },
      names[each])));
}

function drawSource() {
  const { checked_at: at, can_check: may, dag_id: dagId } = shown.source;
  const text = at ? `Source checked ${ago(at)}` : "Source not checked yet";
  const check = async () => {
    try {
      await confirmed({
        title: "Check what TLC publishes", action: "Check now", dagIds: [dagId],
        text: "Starts a run of tlc_source. It asks TLC's server about every month and downloads nothing.",
      }, () => send("POST", `${API}/dags/${dagId}/dagRuns`, { logical_date: null }));
    } catch (error) {
      say(`Could not start ${dagId}: ${error.message}`, true);
    }
  };
  $("source").replaceChildren(el("span", { title: at || "" }, text),
    ...(may ? [el("button", { class: "small", id: "check", onclick: check }, "Check now")] : []));
}

function drawMessage() {
  if (shown.error) say(`The ledger cannot be read. ${shown.error}`, true);
  else if (shown.empty) say("The ledger has no months yet. Choose a month to load it, or load the months of a year.");
  else if (!shown.source.checked_at) {
    say("It is not known yet which months are published. Unpause the DAG tlc_source, or choose Check now.");
  } else say("");
}

function drawLegend() {
  const months = allMonths();
  const counted = shown.states
    .map(({ state }) => [state, months.filter((each) => each.state === state).length])
    .filter(([, count]) => count);
  $("legend").replaceChildren(...counted.map(([state, count]) =>
    el("li", {}, mark(state), el("span", {}, el("b", {}, number(count)), ` ${state}`))));
}

function card(taxi) {
  const loaded = taxi.months.filter((each) => each.rows !== undefined);
  const totals = `${number(loaded.length)} of ${plural(taxi.months.length, "month")} · ` +
    `${short(sum(loaded.map((each) => each.rows)))} rows · ${size(sum(loaded.map((each) => each.bytes)))}`;
  const years = [...new Set(taxi.months.map((each) => each.month.slice(0, 4)))].reverse()
    .map((year) => [year, taxi.months.filter((each) => each.month.startsWith(year))]);
  const largest = Math.max(1, ...taxi.months.map((each) => each.bytes || each.source_bytes || 0));
  const head = el("tr", { role: "row" }, el("td", { role: "presentation" }),
    ...MONTHS.map((name) => el("th", { scope: "col", role: "columnheader", "aria-label": name }, name.slice(0, 3))),
    el("th", { scope: "col", role: "columnheader", class: "total" }, "Rows"), el("td", { role: "presentation" }));
  const grid = el("table", { class: "grid", role: "grid", "aria-label": `${taxi.name}: years and months`,
    "aria-multiselectable": "true", onkeydown: (event) => moveByKey(event, taxi),
    onclick: (event) => clickOn(event, taxi), onpointerdown: (event) => startDrag(event, taxi),
    onpointerover: (event) => dragOver(event, taxi) },
    el("thead", { role: "rowgroup" }, head),
    el("tbody", { role: "rowgroup" }, ...years.map(([year, months]) => row(taxi, year, months, largest))));
  return el("section", { class: "card", id: `card-${taxi.taxi}`, "aria-label": taxi.name },
    el("div", {}, el("h2", {}, link(`../../dags/${taxi.dag_id}`, taxi.name)), el("span", { class: "muted" }, totals)), grid);
}

function row(taxi, year, months, largest) {
  const of = Object.fromEntries(months.map((each) => [+each.month.slice(5), each]));
  const cells = MONTHS.map((_, index) => of[index + 1]
    ? cell(taxi, of[index + 1], largest) : el("td", { role: "gridcell", "aria-label": "no data" }));
  const rows = sum(months.map((each) => each.rows));
  const missing = months.filter((each) => NOT_LOADED.includes(each.state));
  const load = el("button", { class: "small", id: `load-${taxi.taxi}-${year}`, tabindex: "0",
    "aria-label": `Load ${plural(missing.length, "month")} of ${year} that are not loaded`,
    onclick: () => offer(taxi, missing, false) }, `Load ${missing.length}`);
  return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, year), ...cells,
    el("td", { class: "total", role: "gridcell" }, rows ? short(rows) : "–"),
    el("td", { class: "act", role: "gridcell" }, taxi.can_trigger && missing.length ? load : ""));
}

function cell(taxi, month, largest) {
  const facts = [month.state];
  if (month.tasks) facts.push(`${month.tasks_ended} of ${plural(month.tasks, "task")} ended`);
  if (month.rows !== undefined) facts.push(`${number(month.rows)} rows`);
  const bytes = month.bytes || month.source_bytes;
  if (bytes) facts.push(size(bytes));
  const label = `${monthName(month.month)}: ${facts.join(", ")}`;
  const last = taxi.months[taxi.months.length - 1].month;
  const stop = selection && selection.taxi === taxi.taxi ? selection.month : last;
  const node = el("td", { class: "cell", role: "gridcell", id: idOf(taxi, month.month), "data-state": month.state,
    "aria-label": label, title: label, tabindex: month.month === stop ? "0" : "-1",
    "aria-selected": String(isSelected(taxi, month)) }, markOf(month.state));
  if (month.state.startsWith("loaded")) {
    node.style.setProperty("--shade", `${Math.round(14 + 46 * Math.sqrt((bytes || 0) / largest))}%`);
  }
  if (month.tasks) node.style.setProperty("--ended", `${Math.round(100 * month.tasks_ended / month.tasks)}%`);
  return node;
}

const idOf = (taxi, month) => `${taxi.taxi}-${month}`;

// --- Selection ---------------------------------------------------------------------------------

function isSelected(taxi, { month }) {
  if (!selection || selection.taxi !== taxi.taxi) return false;
  const [first, last] = [selection.anchor, selection.month].sort();
  return first <= month && month <= last;
}

function select(taxi, month, extend) {
  const anchor = extend && selection && selection.taxi === taxi.taxi ? selection.anchor : month;
  markSelected(taxi, anchor, month);
  showSelection();
  $(idOf(taxi, month)).focus();
  $(idOf(taxi, month)).scrollIntoView({ block: "nearest" }); // the panel makes the page narrower
}

function markSelected(taxi, anchor, month) {
  selection = { taxi: taxi.taxi, anchor, month };
  const selected = taxi.months.filter((each) => isSelected(taxi, each)).map((each) => $(idOf(taxi, each.month)));
  unmark(selected);
  selected.forEach((node) => node.setAttribute("aria-selected", "true"));
  const grid = $(`card-${taxi.taxi}`);
  grid.querySelectorAll('.cell[tabindex="0"]').forEach((node) => { node.tabIndex = -1; });
  $(idOf(taxi, month)).tabIndex = 0;
}

function unmark(except = []) {
  document.querySelectorAll('[aria-selected="true"]').forEach((node) => {
    if (!except.includes(node)) node.setAttribute("aria-selected", "false");
  });
}

function monthAt(event, taxi) {
  const node = event.target.closest(".cell");
  return node && node.id.slice(taxi.taxi.length + 1);
}

function clickOn(event, taxi) {
  const month = monthAt(event, taxi);
  if (month) select(taxi, month, event.shiftKey);
}

// With the mouse; a finger scrolls. The panel opens when the button is up, because it moves the cells.
function startDrag(event, taxi) {
  const from = monthAt(event, taxi);
  drag = from && event.button === 0 && event.pointerType !== "touch" && !event.shiftKey ? { taxi: taxi.taxi, from } : null;
}

function dragOver(event, taxi) {
  if (drag && !(event.buttons & 1)) endDrag(); // let go outside of the window
  const month = monthAt(event, taxi);
  if (!drag || !month || drag.taxi !== taxi.taxi || !(drag.over || month !== drag.from)) return;
  drag.over = month;
  markSelected(taxi, drag.from, month);
}

function endDrag() {
  if (drag && drag.over) {
    showSelection();
    $(`${drag.taxi}-${drag.over}`).focus();
  }
  drag = null;
}

function moveByKey(event, taxi) {
  const cellNode = event.target.closest(".cell");
  if (!cellNode) return;
  const months = taxi.months.map((each) => each.month);
  const at = months.indexOf(cellNode.id.slice(taxi.taxi.length + 1));
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 12, ArrowDown: -12, Home: -at, End: months.length - 1 - at }[event.key];
  if (event.key === "Escape") return closePanel();
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    select(taxi, months[at], event.shiftKey);
    $("panel").focus();
  } else if (step !== undefined) {
    event.preventDefault();
    const next = months[at + step];
    if (!next) return;
    if (event.shiftKey) select(taxi, next, true);
    else {
      cellNode.tabIndex = -1;
      $(idOf(taxi, next)).tabIndex = 0;
      $(idOf(taxi, next)).focus();
    }
  }
}

// --- Side panel --------------------------------------------------------------------------------

function closePanel() {
  const back = selection && $(`${selection.taxi}-${selection.month}`);
  selection = null;
  inPanel = "";
  $("panel").hidden = true;
  document.body.classList.remove("with-panel");
  unmark();
  if (back) back.focus();
}

function showSelection() {
  const taxi = taxiOf(selection.taxi);
  const months = taxi ? taxi.months.filter((each) => isSelected(taxi, each)) : [];
  if (!months.length) return closePanel();
  const text = JSON.stringify([warehouse, taxi.taxi, months]);
  if (text === inPanel) return;
  inPanel = text;
  $("panel").hidden = false;
  document.body.classList.add("with-panel");
  const title = months.length === 1 ? monthName(months[0].month)
    : `${monthName(months[0].month)} to ${monthName(months[months.length - 1].month)}`;
  const close = el("button", { class: "small", "aria-label": "Close details", onclick: closePanel }, "✕");
  const parts = [el("header", {}, el("div", {}, el("div", { class: "muted" }, taxi.name), el("h2", {}, title)), close)];
  parts.push(...(months.length === 1 ? [badge(months[0].state)] : [summary(months)]), actions(taxi, months));
  const body = el("div", { id: "details" });
  $("panel").replaceChildren(...parts, body);
  if (months.length === 1) showDetails(taxi, months[0], body);
}

const badge = (state) => el("div", { class: "badge" }, mark(state), state);

function summary(months) {
  const lines = shown.states
    .map(({ state }) => [state, months.filter((each) => each.state === state).length])
    .filter(([, count]) => count)
    .map(([state, count]) => el("div", { class: "badge" }, mark(state), `${number(count)} ${state}`));
  const facts = [["Months", number(months.length)], ["Rows", number(sum(months.map((each) => each.rows)))],
    ["Loaded files", size(sum(months.map((each) => each.bytes)))]];
  return el("div", {}, ...lines.flatMap((line) => [line, el("br")]), el("h3", {}, "Together"), list(facts));
}

function actions(taxi, months) {
  const missing = months.filter((each) => NOT_LOADED.includes(each.state));
  const loaded = months.filter((each) => each.rows !== undefined && !ACTIVE.includes(each.state));
  const buttons = [];
  if (taxi.can_trigger && missing.length) {
    buttons.push(el("button", { class: "primary", id: "load", onclick: () => offer(taxi, missing, false) },
      months.length === 1 ? "Load this month" : `Load ${plural(missing.length, "month")}`));
  }
  if (taxi.can_trigger && loaded.length) {
    buttons.push(el("button", { id: "again", onclick: () => offer(taxi, loaded, true) },
      months.length === 1 ? "Load it again" : `Load ${plural(loaded.length, "month")} again`));
  }
  return el("div", { class: "actions" }, ...buttons);
}

async function showDetails(taxi, month, body) {
  if (month.run_id) {
    const ended = month.tasks ? ` · ${month.tasks_ended} of ${plural(month.tasks, "task")} ended` : "";
    body.append(el("p", {}, link(runAddress(taxi.dag_id, month.run_id), "Active run"), ended));
  }
  if (month.error) body.append(el("h3", {}, "Error"), el("p", { class: "text" }, month.error));
  if (month.source_bytes) body.append(list([["Source has", size(month.source_bytes)]]));
  if (shown.error || month.rows === undefined && !month.error && month.state !== "failed" && !ACTIVE.includes(month.state)) return;
  try {
    const { loads, rejects, report } = await ask(`data/${shown.warehouse}/${taxi.taxi}/${month.month}`);
    const merged = loads.find((load) => load.outcome === "merged");
    body.append(...(merged ? loadFacts(merged, report) : []), ...rejectFacts(rejects, merged), ...history(loads));
  } catch (error) {
    body.append(el("p", { class: "text" }, `Could not read the details: ${error.message}`));
  }
}

function list(facts) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", {}, ...known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

const when = (time) => el("time", { datetime: time }, new Date(time).toLocaleString());
// A load by `airflow tlc load` has no run in Airflow.
const runOf = ({ dag_id: dagId, run_id: runId }) =>
  dagId.startsWith("tlc_") ? link(runAddress(dagId, runId), runId) : dagId;
// Of the task that failed, or of the merge.
function logOf({ dag_id: dagId, run_id: runId, task_id: failedTask, outcome }) {
  const task = outcome === "merged" ? "merge" : failedTask;
  return dagId.startsWith("tlc_") && task ? link(`${runAddress(dagId, runId)}/tasks/${encodeURIComponent(task)}`, `log of ${task}`) : "";
}
const rowOf = ({ load_id: id, row_address: address }) => address ? link(address, String(id)) : String(id);

function loadFacts(load, report) {
  const odd = [["Outside of the month", load.pickups_outside_month], ["Negative totals", load.negative_totals],
    ["Without vendor", load.null_vendors], ["Sharing an id", load.rows_sharing_id]]
    .filter(([, count]) => count !== null && count !== undefined);
  const unknown = load.unknown_columns || [];
  return [
    el("h3", {}, "Loaded"),
    list([["Rows", number(load.rows_merged || 0)], ["Size", size(load.bytes || 0)], ["When", when(load.finished_at)],
      ["By run", runOf(load)], ["Log", logOf(load)], ["Ledger row", rowOf(load)], ["Source", load.url],
      ["SHA-256", load.sha256 && el("span", { class: "mono" }, load.sha256)],
      ["Report", report ? link(report, "Days and zones") : null]]),
    ...(odd.length ? [el("h3", {}, "Oddities (loaded all the same)"),
      list(odd.map(([name, count]) => [name, number(count)]))] : []),
    ...(unknown.length ? [el("h3", {}, "Columns that the contract does not know"),
      el("p", { class: "text mono" }, unknown.join("\n"))] : []),
  ];
}

function rejectFacts(rejects, load) {
  if (!rejects.length) return [];
  const all = load && load.rows_rejected > rejects.length ? `${number(load.rows_rejected)} rejected rows, the first of them` : "Rejected rows";
  const lines = rejects.map((each) => `line ${each.line}: ${each.reason}\n${each.raw}`);
  return [el("h3", {}, all), el("p", { class: "text mono" }, lines.join("\n\n"))];
}

function history(loads) {
  if (!loads.length) return [];
  const line = (load) => {
    const failed = load.outcome !== "merged";
    const what = failed ? `failed in ${load.task_id || "?"}: ${load.error_class || ""}` : `${number(load.rows_merged || 0)} rows`;
    const log = logOf(load);
    return el("li", {}, when(load.finished_at), ` · ${what}`, el("br"),
      el("span", { class: "muted" }, runOf(load), ...(log ? [" · ", log] : [])));
  };
  return [el("h3", {}, "History"), el("ol", { class: "history" }, ...loads.map(line))];
}

// --- Actions -----------------------------------------------------------------------------------

function offer(taxi, months, again) {
  const bytes = months.map((each) => each.source_bytes || (again ? each.bytes : 0));
  const known = bytes.filter(Boolean).length;
  const rows = sum(months.map((each) => again ? each.rows : 0));
  const files = known === months.length ? size(sum(bytes))
    : known ? `${size(sum(bytes))} for ${plural(known, "month")}, the rest is not known` : "size not known";
  const range = months.length === 1 ? months[0].month : `${months[0].month} to ${months[months.length - 1].month}`;
  const text = `${plural(months.length, "month")} of ${taxi.name} (${range}). Files: ${files}. ` +
    (again ? `Rows that are loaded now: ${number(rows)}; they are replaced.` : "Rows: known after the load.") +
    (months.some((each) => each.state === "unknown") ? " A month that is not published is skipped." : "");
  confirmed({
    title: again ? `Load ${plural(months.length, "month")} again?` : `Load ${plural(months.length, "month")}?`,
    text, action: again ? "Load again" : "Load", dagIds: [taxi.dag_id],
  }, async (progress) => {
    for (const [index, { month }] of months.entries()) {
      progress(`Starting run ${index + 1} of ${months.length}…`);
      const conf = { month, ...(again ? { force: true } : {}), ...(months.length > 1 ? { if_unpublished: "skip" } : {}) };
      await send("POST", `${API}/dags/${taxi.dag_id}/dagRuns`, { logical_date: null, conf });
    }
    $("live").textContent = `${plural(months.length, "run")} started.`;
  });
}

// Asks, then does it; the dialog stays open with the error where it fails. A DAG that is paused can be
// unpaused here, because its runs would only wait.
async function confirmed({ title, text, action, dagIds: [dagId] }, act) {
  const dialog = $("dialog");
  const status = el("p", { role: "status", class: "muted" });
  const unpause = el("input", { type: "checkbox", id: "unpause" });
  const paused = el("div");
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const start = el("button", { type: "button", class: "primary", id: "confirm", autofocus: "", onclick: async () => {
    start.disabled = true;
    try {
      if (unpause.checked) await send("PATCH", `${API}/dags/${dagId}`, { is_paused: false });
      await act((line) => { status.textContent = line; });
      dialog.close();
    } catch (error) {
      status.textContent = `Airflow refused: ${error.message}`;
      start.disabled = false;
    }
    busyUntil = Date.now() + 120000;
    refresh();
  } }, action);
  dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), el("p", {}, text), paused, status,
    el("div", { class: "actions" }, cancel, start));
  dialog.showModal();
  start.focus();
  try {
    const dag = await ask(`${API}/dags/${dagId}`);
    if (dag.is_paused) {
      paused.append(el("label", {}, unpause, el("span", {},
        `Unpause ${dagId}. It is paused, so its runs wait. Unpausing starts its schedule too.`)));
    }
  } catch (error) {
    status.textContent = `Could not ask whether ${dagId} is paused: ${error.message}`;
  }
}

addEventListener("pointerup", endDrag);
addEventListener("pointercancel", endDrag);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("dialog").open && selection) closePanel();
});
document.addEventListener("DOMContentLoaded", refresh);
