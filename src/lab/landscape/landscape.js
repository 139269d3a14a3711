// Moves the paths of a landscape in time, and shows its surface in three dimensions. What they are is in the JSON block
// of the page; html.cc writes both.
"use strict";

// Time: all paths at one update. Without it the page shows the whole paths.

const data = JSON.parse(document.getElementById("data").textContent);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const byId = (id) => document.getElementById(id);
const contour = document.querySelector("svg.landscape"), losses = document.querySelector("svg.chart");
const tracks = data.paths.map((_, i) => contour.querySelector(`.way[data-path="${i}"]`));
const heads = data.paths.map((_, i) => contour.querySelector(`.head[data-path="${i}"] .mark`));
let update = data.last, playing = false, view = null;

// The last point of a path that is there after some updates.
function reached(path, at) {
  let low = 0, high = path.u.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (path.u[middle] <= at) low = middle; else high = middle - 1;
  }
  return low;
}

function lineTo(path, end) {
  let d = "";
  for (let k = 0; k <= end; ++k) d += (k ? "L" : "M") + path.p[2 * k] + " " + path.p[2 * k + 1];
  return d;
}

function dotsTo(path, end) {
  let d = "", x = 1e9, y = 1e9;
  for (let k = 0; k <= end; ++k) {
    const px = path.p[2 * k], py = path.p[2 * k + 1];
    if (Math.hypot(px - x, py - y) < 4) continue;
    d += "M" + px + " " + py + "h0";
    x = px; y = py;
  }
  return d;
}

function say(loss) {
  if (loss === null) return "\u2013";
  const size = Math.abs(loss);
  return size !== 0 && (size < 1e-3 || size >= 1e4) ? loss.toExponential(3) : size === 0 ? "0" : loss.toPrecision(4);
}

function show() {
  data.paths.forEach((path, i) => {
    const end = reached(path, update), [halo, track, dots] = tracks[i].children, line = lineTo(path, end);
    halo.setAttribute("d", line);
    track.setAttribute("d", line);
    dots.setAttribute("d", dotsTo(path, end));
    const x = path.p[2 * end], y = path.p[2 * end + 1], [left, top, width, height] = data.plot;
    const seen = x >= left && x <= left + width && y >= top && y <= top + height;
    heads[i].setAttribute("visibility", seen ? "visible" : "hidden");
    heads[i].setAttribute("transform", `translate(${x} ${y})`);
    if (byId("loss-" + i)) byId("loss-" + i).textContent = say(path.l[end]);
  });
  if (losses) thalweg.mark(losses, update);
  const slider = byId("time");
  slider.value = update;
  slider.setAttribute("aria-valuetext", `update ${Math.floor(update)} of ${data.last}`);
  byId("at").textContent = `update ${Math.floor(update)}`;
  if (view) view();
}

function go(to) {
  update = Math.max(0, Math.min(data.last, to));
  show();
}

function setPlaying(on) {
  playing = on;
  byId("play").textContent = on ? "Pause" : "Play";
  if (!on) return;
  if (update >= data.last) update = 0;
  let before = performance.now(), owed = 0;
  const frame = (time) => {
    if (!playing) return;
    owed += (time - before) / 8000 * data.last * byId("speed").value;
    before = time;
    // Those who prefer no motion get a picture now and then.
    if (!still.matches || owed >= data.last / 16) { go(update + owed); owed = 0; }
    if (update >= data.last) setPlaying(false); else requestAnimationFrame(frame);
  };
  show();
  requestAnimationFrame(frame);
}

if (data.last > 0) {
  byId("player").hidden = false;
  byId("play").addEventListener("click", () => setPlaying(!playing));
  byId("time").addEventListener("input", (event) => { setPlaying(false); go(+event.target.value); });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, button, canvas, [tabindex]")) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: () => go(Math.floor(update) - by), ArrowRight: () => go(Math.floor(update) + by),
      Home: () => go(0), End: () => go(data.last) };
    if (event.key === " ") setPlaying(!playing);
    else if (moves[event.key]) { setPlaying(false); moves[event.key](); } else return;
    event.preventDefault();
  });
  show();
}

// The surface in three dimensions: quads painted from back to front, path segments among them.

const grid = data.surface, canvas = byId("surface") || document.createElement("canvas");  // a curve has none
let turn = -0.6, tilt = 0.85, zoom = 1, waiting = false;

function colour(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
const blend = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
const rgb = (a) => `rgb(${a.join(",")})`;

function height(x, y) {
  const fx = Math.max(0, Math.min(1, x)) * (grid.n - 1), fy = Math.max(0, Math.min(1, y)) * (grid.m - 1);
  const i = Math.min(grid.n - 2, Math.floor(fx)), j = Math.min(grid.m - 2, Math.floor(fy));
  const z = (a, b) => Math.max(0, grid.z[b * grid.n + a]) / 1000, u = fx - i, v = fy - j;
  return (z(i, j) * (1 - u) + z(i + 1, j) * u) * (1 - v) + (z(i, j + 1) * (1 - u) + z(i + 1, j + 1) * u) * v;
}

function paint() {
  waiting = false;
  const box = canvas.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
  canvas.width = Math.round(box.width * sharp);
  canvas.height = Math.round(box.height * sharp);
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  const scale = Math.min(box.width / 1.45, box.height / 1.5) * zoom;
  const [sin, cos, up, flat] = [Math.sin(turn), Math.cos(turn), Math.cos(tilt), Math.sin(tilt)];
  const place = (x, y, z) => {
    const a = x - 0.5, b = y - 0.5, c = (z - 0.5) * 0.55, px = a * cos - b * sin, py = a * sin + b * cos;
    return [box.width / 2 + px * scale, box.height / 2 - (py * flat + c * up) * scale, py * up - c * flat];
  };
  const paper = colour("--paper"), hill = colour("--hill"), ink = colour("--ink"), things = [];
  const corner = (i, j) => place(i / (grid.n - 1), j / (grid.m - 1), grid.z[j * grid.n + i] / 1000);
  for (let j = 0; j + 1 < grid.m; ++j) {
    for (let i = 0; i + 1 < grid.n; ++i) {
      const at = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const zs = at.map(([a, b]) => grid.z[b * grid.n + a]);
      if (Math.min(...zs) < 0) continue;
      const points = at.map(([a, b]) => corner(a, b)), z = zs.reduce((s, v) => s + v, 0) / 4000;
      const shade = 0.3 * Math.max(0, Math.min(1, (zs[1] - zs[0]) / 300));
      const fill = rgb(blend(blend(paper, hill, 0.1 + 0.8 * z), ink, shade));
      things.push({ depth: points.reduce((s, p) => s + p[2], 0) / 4, points, fill });
    }
  }
  const [left, top, width, tall] = data.plot;
  data.paths.forEach((path, i) => {
    const end = reached(path, update);
    const shade = rgb(colour("--s" + i % 8));
    let last = null;
    for (let k = 0; k <= end; ++k) {
      const x = (path.p[2 * k] - left) / width, y = 1 - (path.p[2 * k + 1] - top) / tall;
      const outside = x < 0 || x > 1 || y < 0 || y > 1;
      const point = outside ? null : place(x, y, height(x, y) + 0.02);
      if (point && last) things.push({ depth: (point[2] + last[2]) / 2 - 0.1, line: [last, point], shade });
      if (point && k === end) things.push({ depth: point[2] - 0.13, head: point, shade });
      last = point;
    }
  });
  things.sort((a, b) => b.depth - a.depth);
  pen.lineJoin = pen.lineCap = "round";
  for (const thing of things) {
    pen.beginPath();
    if (thing.points) {
      thing.points.forEach((p, i) => i ? pen.lineTo(p[0], p[1]) : pen.moveTo(p[0], p[1]));
      pen.closePath();
      pen.fillStyle = pen.strokeStyle = thing.fill;
      pen.lineWidth = 0.7;
      pen.fill();
      pen.stroke();
    } else if (thing.line) {
      pen.moveTo(thing.line[0][0], thing.line[0][1]);
      pen.lineTo(thing.line[1][0], thing.line[1][1]);
      pen.strokeStyle = thing.shade;
      pen.lineWidth = 2.4;
      pen.stroke();
    } else {
      pen.arc(thing.head[0], thing.head[1], 5, 0, 7);
      pen.fillStyle = thing.shade;
      pen.strokeStyle = rgb(paper);
      pen.lineWidth = 1.5;
      pen.fill();
      pen.stroke();
    }
  }
}

view = () => {
  if (!grid) return;
  if (!waiting) requestAnimationFrame(paint);
  waiting = true;
};

function turnBy(a, b) {
  turn += a;
  tilt = Math.max(0.1, Math.min(1.5, tilt + b));
  view();
}
function zoomBy(factor) {
  zoom = Math.max(0.5, Math.min(4, zoom * factor));
  view();
}
const reset = () => { turn = -0.6; tilt = 0.85; zoom = 1; view(); };

if (grid) byId("solid").hidden = false;
let held = null;
canvas.addEventListener("pointerdown", (event) => {
  held = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!held) return;
  turnBy((event.clientX - held[0]) * 0.008, (event.clientY - held[1]) * 0.006);
  held = [event.clientX, event.clientY];
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });
const turns = { ArrowLeft: () => turnBy(-0.1, 0), ArrowRight: () => turnBy(0.1, 0), ArrowUp: () => turnBy(0, 0.08),
  ArrowDown: () => turnBy(0, -0.08), "+": () => zoomBy(1.15), "-": () => zoomBy(1 / 1.15), Home: reset };
canvas.addEventListener("keydown", (event) => {
  if (event.key === " " && data.last > 0) setPlaying(!playing);
  else if (turns[event.key]) turns[event.key](); else return;
  event.preventDefault();
});
for (const button of document.querySelectorAll("#solid button")) {
  button.addEventListener("click", () => turns[button.value]());
}
addEventListener("resize", view);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", view);
view();
