// Lets every chart of a page be zoomed (drag, double-click, keys) and read off (a crosshair with the values of all
// series). Scales and numbers are taken from the drawing, as chart.cc wrote it. A page that is redrawn calls
// thalweg.attach(document): the charts keep their zoom. thalweg.mark(svg, x) shows a line at a number of its x axis.
"use strict";
(() => {

// What a drawing says.

function scaleOf(from, to, lo, hi, kind) {
  const log = kind === "log";
  const into = log ? Math.log10 : Number, back = log ? (x) => 10 ** x : Number;
  const a = into(lo), span = into(hi) - a;
  return {
    from, to, lo, hi, kind, log,
    at: (x) => from + (into(x) - a) / span * (to - from),
    number: (place) => back(a + (place - from) / (to - from) * span),
  };
}

function readScale(text) {
  const word = text.split(" ");
  return scaleOf(+word[0], +word[1], +word[2], +word[3], word[4]);
}

// Markers, labels and upright lines stand where their `transform` says.
function readPlaced(node, x, y) {
  const [px, py] = node.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
  const upright = node.classList.contains("upright");
  const note = node.querySelector("title")?.textContent;
  return { node, upright, note, x: x.number(px), y: upright ? null : y.number(py) };
}

function readLine(group, x, y) {
  const path = group.querySelector("path:not(.mark)"), points = [];
  const found = path ? path.getAttribute("d").matchAll(/([MLh])([-\d.]+)(?: ([-\d.]+))?/g) : [];
  for (const [, command, px, py] of found) {
    if (command === "h") points[points.length - 1].dot = true;
    else points.push({ x: x.number(+px), y: y.number(+py), begins: command === "M" });
  }
  const marks = [...group.querySelectorAll(".mark")].map((mark) => readPlaced(mark, x, y));
  if (!path) points.push(...marks);
  return { name: group.dataset.name, group, path, points, marks };
}

// The number of points that stand at x or before it, less 1.
function latest(points, x) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x <= x) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// Numbers as number.cc writes them.

const superscripts = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const raised = (n) => String(n).replace("-", "\u207b").replace(/\d/g, (d) => superscripts[d]);
const decade = (x) => Math.floor(Math.log10(Math.abs(x)) + 1e-9);

function print(x, step) {
  const plain = x === 0 || Math.abs(x) >= 1e-3 && Math.abs(x) < 1e7 || step >= Math.abs(x) * 10;
  const power = plain ? 0 : decade(x);
  const decimals = Math.min(9, Math.max(0, power - decade(step)));
  const text = (x / 10 ** power).toLocaleString("en-US",
    { minimumFractionDigits: plain ? decimals : 0, maximumFractionDigits: decimals });
  return text.replace("-", "\u2212") + (plain ? "" : "\u00d710" + raised(power));
}

function niceStep(span, most) {
  const unit = 10 ** decade(span / most);
  return unit * ([1, 2, 5].find((nice) => span / most <= nice * unit * (1 + 1e-9)) || 10);
}

function ticksOf(scale, most) {
  const ticks = [];
  if (scale.log && scale.hi / scale.lo >= 10) {
    const stride = Math.ceil(Math.log10(scale.hi / scale.lo) / 6);
    const digits = scale.hi / scale.lo < 300 ? [1, 2, 5] : [1];
    for (let power = decade(scale.lo); power <= decade(scale.hi); power += stride) {
      for (const digit of digits) ticks.push([digit * 10 ** power, 10 ** power]);
    }
    return ticks.filter(([tick]) => tick >= scale.lo * (1 - 1e-9) && tick <= scale.hi * (1 + 1e-9));
  }
  const step = Math.max(scale.kind === "whole" ? 1 : 0, niceStep(scale.hi - scale.lo, most));
  for (let i = Math.ceil(scale.lo / step - 1e-9); i * step <= scale.hi + 1e-9 * step; ++i) ticks.push([i * step, step]);
  return ticks;
}

// One chart: what it draws for a span of its x axis, and where its cursor stands.

function made(tag, look) {
  const node = document.createElement(tag);
  node.className = look;
  return node;
}

class Chart {
  constructor(svg) {
    this.svg = svg;
    this.x = this.wholeX = readScale(svg.dataset.x);
    this.y = this.wholeY = readScale(svg.dataset.y);
    this.still = [...svg.querySelectorAll(":scope > .scale")];
    this.lines = [...svg.querySelectorAll(":scope > [data-name]")].map((g) => readLine(g, this.x, this.y));
    const placed = svg.querySelectorAll(":scope > [data-name] > .mark, :scope > .label, :scope > .upright");
    this.placed = [...placed].map((node) => readPlaced(node, this.x, this.y));
    this.places = [...new Set(this.lines.flatMap((line) => line.points.map((p) => p.x)))]
      .sort((a, b) => a - b).map((x) => ({ x }));
    this.span = svg.querySelector(":scope > .span");
    if (this.span) this.spanned = ["x", "width"].map((name) => +this.span.getAttribute(name));
    for (const bands of svg.querySelectorAll(":scope > .bands")) bands.remove();
    this.group = [svg.dataset.xName, svg.dataset.x].join(" ");
    this.frame();
  }

  node(tag, attributes, parent = this.svg) {
    const node = document.createElementNS(this.svg.namespaceURI, tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    parent.append(node);
    return node;
  }

  frame() {
    const { from, to } = this.wholeX, bottom = this.wholeY.from, top = this.wholeY.to;
    const box = { x: from, y: top, width: to - from, height: bottom - top };
    const id = this.svg.getAttribute("aria-labelledby").split(" ")[0] + "-zoomed";
    const clip = { x: from - 5, y: top - 5, width: box.width + 10, height: box.height + 10 };
    this.node("rect", clip, this.node("clipPath", { id }));
    this.clip = "url(#" + id + ")";
    this.moved = this.node("g", { class: "scale" });
    this.svg.prepend(this.moved);
    this.cursor = this.node("g", { class: "cursor", visibility: "hidden" });
    this.rule = this.node("path", {}, this.cursor);
    this.selection = this.node("rect", { ...box, class: "selection", visibility: "hidden" });
    this.plot = made("div", "plot");
    this.svg.replaceWith(this.plot);
    this.tip = made("div", "tip");
    this.tip.setAttribute("aria-hidden", "true");
    this.spoken = made("output", "spoken");
    this.back = made("button", "back");
    this.back.type = "button";
    this.back.textContent = "Whole range";
    this.tip.hidden = this.back.hidden = true;
    this.plot.append(this.svg, this.tip, this.back, this.spoken);
    this.svg.setAttribute("tabindex", "0");
    this.svg.setAttribute("role", "application");
    this.svg.setAttribute("aria-roledescription", "chart");
  }

  get zoomed() { return this.x !== this.wholeX; }

  show(lo, hi) {
    const whole = this.wholeX, from = whole.from, to = whole.to;
    this.x = lo <= whole.lo && hi >= whole.hi ? whole : scaleOf(from, to, lo, hi, whole.kind);
    this.y = this.zoomed ? this.fit(lo, hi) : this.wholeY;
    for (const line of this.lines) this.drawLine(line);
    for (const one of this.placed) this.put(one);
    if (this.span) this.drawSpan();
    for (const part of this.still) part.style.display = this.zoomed ? "none" : "";
    this.back.hidden = !this.zoomed;
    this.moved.replaceChildren();
    if (this.zoomed) this.drawScale();
  }

  fit(lo, hi) {
    const all = this.lines.flatMap((line) => line.points.filter((p) => p.x >= lo && p.x <= hi).map((p) => p.y));
    if (!all.length) return this.wholeY;
    const { from, to, kind, log } = this.wholeY;
    const low = all.reduce((a, b) => Math.min(a, b)), high = all.reduce((a, b) => Math.max(a, b));
    if (log) return scaleOf(from, to, low / 1.1, high * 1.1, kind);
    const margin = high > low ? (high - low) * 0.05 : Math.abs(high) / 50 || 1;
    return scaleOf(from, to, low - margin, high + margin, kind);
  }

  drawLine({ group, path, points }) {
    group.style.clipPath = this.zoomed ? this.clip : "";
    const at = (p) => this.x.at(p.x).toFixed(2) + " " + this.y.at(p.y).toFixed(2);
    path?.setAttribute("d", points.map((p) => (p.begins ? "M" : "L") + at(p) + (p.dot ? "h0" : "")).join(""));
  }

  // What stands outside of the range is hidden.
  put({ node, upright, x, y }) {
    const px = this.x.at(x), py = upright ? 0 : this.y.at(y);
    const outside = px < this.x.from - 1 || px > this.x.to + 1 ||
      !upright && this.zoomed && (py > this.y.from + 1 || py < this.y.to - 1);
    node.setAttribute("transform", `translate(${px.toFixed(2)} ${py.toFixed(2)})`);
    node.style.display = outside ? "none" : "";
  }

  drawSpan() {
    const [left, width] = this.spanned, number = this.wholeX.number;
    const held = (place) => Math.min(this.x.to, Math.max(this.x.from, place));
    const lo = held(this.x.at(number(left))), hi = held(this.x.at(number(left + width)));
    this.span.setAttribute("x", lo);
    this.span.setAttribute("width", hi - lo);
  }

  drawScale() {
    const x = this.x, y = this.y, data = this.svg.dataset;
    const text = (look, left, top, words) =>
      this.node("text", { class: look, x: left, y: top }, this.moved).textContent = words;
    for (const [tick, step] of ticksOf(y, 6)) {
      this.node("path", { class: "grid", d: `M${x.from} ${y.at(tick)}H${x.to}` }, this.moved);
      text("y", x.from - 9, y.at(tick) + 5, print(tick, step) + data.unit);
    }
    for (const [tick, step] of ticksOf(x, 6)) {
      this.node("path", { class: "axis", d: `M${x.at(tick)} ${y.from}v5` }, this.moved);
      text("x", x.at(tick), y.from + 22, print(tick, step));
    }
    this.node("path", { class: "axis", d: `M${x.from} ${y.from}H${x.to}` }, this.moved);
    text("x name", (x.from + x.to) / 2, y.from + 44, data.xName + (x.log ? " (log scale)" : ""));
    text("name", 0, 16, data.yName + (y.log ? " (log scale)" : ""));
  }

  nearest(x) {
    const i = latest(this.places, x), place = this.places;
    if (i < 0) return 0;
    const here = this.x.at(x);
    const nextIsNearer = i + 1 < place.length && this.x.at(place[i + 1].x) - here < here - this.x.at(place[i].x);
    return nextIsNearer ? i + 1 : i;
  }

  // A line at a number of the x axis.
  mark(x) {
    if (!this.marked) {
      const node = this.node("g", { class: "upright now" });
      this.node("path", { d: `M0 ${this.wholeY.to}V${this.wholeY.from}` }, node);
      this.placed.push(this.marked = { node, upright: true });
    }
    this.marked.x = x;
    this.put(this.marked);
  }
}

// Zoom and cursor. Charts over the same x axis move together.

const state = new Map();
let charts = [];
const kin = (chart) => charts.filter((other) => other.group === chart.group);
const key = (chart) => chart.svg.dataset.xName;

function zoom(chart, lo, hi) {
  const whole = chart.wholeX;
  lo = Math.max(lo, whole.lo);
  hi = Math.min(hi, whole.hi);
  const least = whole.log ? 1.0001 : (whole.hi - whole.lo) / 1e5;
  if (!(whole.log ? hi / lo > least : hi - lo > least)) return;
  if (lo <= whole.lo && hi >= whole.hi) state.delete(key(chart));
  else state.set(key(chart), [lo, hi]);
  for (const other of kin(chart)) {
    other.show(lo, hi);
    point(other, null);
  }
}

function valueOf(chart, p) {
  const y = chart.wholeY, place = y.at(p.y), fine = Math.abs(y.number(place + 0.01) - p.y);
  return print(p.y, Math.max(fine, 10 ** (decade(p.y || 1) - 3))) + chart.svg.dataset.unit;
}

// What each series says at x: a line its latest point, markers alone only one that stands there.
function rowsAt(chart, x) {
  const near = 1e-9 * Math.abs(x);
  return chart.lines.map((line) => {
    const p = line.points[latest(line.points, x + near)];
    if (!p || !line.path && p.x < x - near) return null;
    const note = line.marks.find((mark) => Math.abs(mark.x - x) <= near)?.note;
    return { line, p, text: valueOf(chart, p), note };
  }).filter(Boolean);
}

function point(chart, x, told) {
  chart.at = x;
  chart.cursor.setAttribute("visibility", x === null ? "hidden" : "visible");
  if (x === null || !told) chart.tip.hidden = true;
  if (x === null) return;
  const rows = rowsAt(chart, x), place = chart.x.at(x);
  chart.rule.setAttribute("d", `M${place} ${chart.y.to}V${chart.y.from}`);
  for (const old of [...chart.cursor.querySelectorAll("circle")]) old.remove();
  for (const { line, p } of rows) {
    if (p.x < chart.x.lo) continue;
    const cy = Math.max(chart.y.to, chart.y.at(p.y));
    const dot = chart.node("circle", { cx: chart.x.at(p.x), cy, r: 4 }, chart.cursor);
    dot.style.fill = colourOf(line);
  }
  if (told) tell(chart, x, rows, place, told === "aloud");
}

const colourOf = (line) =>
  line.path ? getComputedStyle(line.path).stroke : getComputedStyle(line.marks[0].node).fill;

function headOf(chart, x) {
  const whole = chart.wholeX;
  const step = whole.kind === "whole" ? Math.max(1, (whole.hi - whole.lo) / 1e5) : 10 ** (decade(x || 1) - 3);
  return chart.svg.dataset.xName + " " + print(x, step);
}

function tell(chart, x, rows, place, aloud) {
  const head = made("p", "");
  head.textContent = headOf(chart, x);
  const list = rows.flatMap(({ line, text, note }) => {
    const row = made("p", ""), mark = made("i", ""), number = made("b", ""), more = made("p", "");
    mark.style.background = colourOf(line);
    number.textContent = text;
    row.append(mark, line.name + " ", number);
    more.textContent = note;
    return note ? [row, more] : [row];
  });
  chart.tip.replaceChildren(head, ...list);
  chart.tip.hidden = false;
  const width = chart.plot.clientWidth, left = place / chart.svg.viewBox.baseVal.width * width;
  const own = chart.tip.offsetWidth, right = left + 14 + own <= width;
  chart.tip.style.left = Math.max(0, right ? left + 14 : left - 14 - own) + "px";
  if (!aloud) return;
  const said = rows.map(({ line, text, note }) => line.name + " " + text + (note ? ", " + note : ""));
  chart.spoken.textContent = [head.textContent, ...said].join(". ");
}

function pointAll(chart, x, told) {
  for (const other of kin(chart)) point(other, x, other === chart ? told : null);
}

// Pointer.

function numberAt(chart, event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.svg.getScreenCTM().inverse());
  return chart.x.number(Math.min(chart.x.to, Math.max(chart.x.from, at.x)));
}

function select(chart, a, b) {
  const left = chart.x.at(Math.min(a, b)), right = chart.x.at(Math.max(a, b));
  chart.selection.setAttribute("x", left);
  chart.selection.setAttribute("width", right - left);
  chart.selection.setAttribute("visibility", "visible");
  return right - left;
}

function handlePointer(chart) {
  const svg = chart.svg;
  let begin = null, width = 0;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    begin = numberAt(chart, event);
    width = 0;
    if (event.pointerType === "mouse") svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const x = numberAt(chart, event);
    if (begin !== null) width = select(chart, begin, x);
    if (chart.places.length) pointAll(chart, chart.places[chart.nearest(x)].x, "shown");
  });
  const end = () => {
    begin = null;
    chart.selection.setAttribute("visibility", "hidden");
  };
  svg.addEventListener("pointerup", (event) => {
    const from = begin, to = numberAt(chart, event);
    end();
    if (from !== null && width > 8) zoom(chart, Math.min(from, to), Math.max(from, to));
  });
  svg.addEventListener("pointercancel", end);
  svg.addEventListener("pointerleave", () => { if (begin === null) pointAll(chart, null); });
  svg.addEventListener("dblclick", () => zoom(chart, -Infinity, Infinity));
  chart.back.addEventListener("click", () => {
    zoom(chart, -Infinity, Infinity);
    svg.focus({ preventScroll: true });
  });
}

// Keyboard.

function near(chart, factor) {
  const x = chart.x, at = chart.at ?? null, place = x.at(at ?? x.number((x.from + x.to) / 2));
  const to = (p) => x.number(place + (p - place) * factor);
  zoom(chart, to(x.from), to(x.to));
  if (at !== null) pointAll(chart, at, "shown");
}

function goTo(chart, i) {
  const places = chart.places, x = chart.x;
  if (!places.length) return;
  const to = places[Math.min(places.length - 1, Math.max(0, i))].x, span = x.hi - x.lo;
  if (!x.log && to > x.hi) zoom(chart, Math.min(to, chart.wholeX.hi) - span, Math.min(to, chart.wholeX.hi));
  else if (!x.log && to < x.lo) zoom(chart, to, to + span);
  pointAll(chart, to, "aloud");
}

function step(chart, by) {
  const at = chart.at ?? null;
  if (at !== null) goTo(chart, chart.nearest(at) + by);
  else goTo(chart, by > 0 ? latest(chart.places, chart.x.lo * (1 - 1e-9)) + 1 : latest(chart.places, chart.x.hi));
}

function handleKeys(chart) {
  const far = () => Math.max(1, Math.round(chart.places.length / 20));
  const keys = {
    ArrowRight: (event) => step(chart, event.shiftKey ? far() : 1),
    ArrowLeft: (event) => step(chart, event.shiftKey ? -far() : -1),
    Home: () => goTo(chart, 0),
    End: () => goTo(chart, Infinity),
    "+": () => near(chart, 0.5),
    "=": () => near(chart, 0.5),
    "-": () => near(chart, 2),
    Escape: () => {
      if (chart.zoomed) zoom(chart, -Infinity, Infinity);
      else pointAll(chart, null);
    },
  };
  chart.svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](event);
  });
  chart.svg.addEventListener("blur", () => pointAll(chart, null));
}

const hintText = matchMedia("(hover: none)").matches ? "Drag across a chart to zoom in; Whole range zooms out." :
  "Drag across a chart to zoom in; double-click or press Escape to zoom out. " +
  "With the keyboard, arrow keys read values; plus and minus zoom.";

function attach(root) {
  charts = [...root.querySelectorAll("svg[data-x][data-y]")].map((svg) => new Chart(svg));
  for (const chart of charts) {
    handlePointer(chart);
    handleKeys(chart);
    const kept = state.get(key(chart));
    if (kept && kept[0] < chart.wholeX.hi) chart.show(kept[0], Math.min(kept[1], chart.wholeX.hi));
  }
  if (!charts.length) return;
  const hint = made("p", "hint");
  hint.textContent = hintText;
  // Before all of what the first chart stands in.
  let place = charts[0].plot;
  for (let node = place; node && node.tagName !== "SECTION"; node = node.parentElement) {
    if (node.matches(".view, .choices, .charts, figure")) place = node;
  }
  place.before(hint);
}

window.thalweg = { attach, mark: (svg, x) => charts.find((chart) => chart.svg === svg)?.mark(x) };
attach(document);

})();
