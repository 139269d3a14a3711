// Moves the paths of landscapes in time, and shows their surfaces in three dimensions. What they are is in the JSON block
// of the page, one object for each; html.cc writes both.
"use strict";
(() => {

const still = matchMedia("(prefers-reduced-motion: reduce)");

const superscripts = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

// The last point of a path that is there at a time.
function reached(path, time) {
  const at = time * path.unit + 1e-9;
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

// As number.cc writes it.
function say(loss) {
  if (loss === null) return "\u2013";
  const size = Math.abs(loss), sign = loss < 0 ? "\u2212" : "";
  if (size === 0) return "0";
  const [mantissa, power] = size.toExponential(3).split("e"), decimals = Math.max(0, 3 - power);
  if (size >= 1e-4 && size < 1e7) {
    return sign + size.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }
  const raised = [...String(+power)].map((c) => c === "-" ? "\u207b" : superscripts[c]).join("");
  return sign + +mantissa + "\u00d710" + raised;
}

// Time: all paths of a landscape at one update or epoch. Without it the page shows the whole paths.

class View {
  constructor(data) {
    this.data = data;
    this.root = document.getElementById(data.id);
    const contour = this.root.querySelector("svg.landscape");
    this.charts = [...this.root.querySelectorAll("svg.chart")].filter((svg) => svg.dataset.xName === data.unit);
    this.tracks = data.paths.map((_, i) => contour.querySelector(`.way[data-path="${i}"]`));
    this.heads = data.paths.map((_, i) => contour.querySelector(`.head[data-path="${i}"] .mark`));
    this.losses = [...this.root.querySelectorAll("td.now")];
    this.time = data.last;
    this.playing = false;
    if (data.last > 0) this.listen();
  }

  find(look) { return this.root.querySelector("." + look); }

  get words() {
    const epochs = this.data.unit === "epoch";
    return this.data.unit + " " + (epochs ? this.time.toFixed(2) : Math.floor(this.time));
  }

  show() {
    const [left, top, width, height] = this.data.plot;
    this.data.paths.forEach((path, i) => {
      const end = reached(path, this.time), [halo, track, dots] = this.tracks[i].children, line = lineTo(path, end);
      halo.setAttribute("d", line);
      track.setAttribute("d", line);
      dots.setAttribute("d", dotsTo(path, end));
      const x = path.p[2 * end], y = path.p[2 * end + 1];
      const seen = x >= left && x <= left + width && y >= top && y <= top + height;
      this.heads[i].setAttribute("visibility", seen ? "visible" : "hidden");
      this.heads[i].setAttribute("transform", `translate(${x} ${y})`);
      if (this.losses[i]) this.losses[i].textContent = say(path.l[end]);
    });
    for (const chart of this.charts) thalweg.mark(chart, this.time);
    this.slider.value = this.time;
    this.slider.setAttribute("aria-valuetext", `${this.words} of ${this.data.last}`);
    this.find("at").textContent = this.words;
    this.solid?.draw();
  }

  go(to) {
    this.time = Math.max(0, Math.min(this.data.last, to));
    this.show();
  }

  // From one update to the next.
  step(by) {
    const least = 1 / Math.max(...this.data.paths.map((path) => path.unit));
    this.go((Math.floor(this.time / least + 1e-9) + by) * least);
  }

  setPlaying(on) {
    const last = this.data.last;
    this.playing = on;
    this.find("play").textContent = on ? "Pause" : "Play";
    if (!on) return;
    if (this.time >= last) this.time = 0;
    let before = performance.now(), owed = 0;
    const frame = (now) => {
      if (!this.playing) return;
      owed += (now - before) / 8000 * last * this.find("speed").value;
      before = now;
      // Those who prefer no motion get a picture now and then.
      if (!still.matches || owed >= last / 16) { this.go(this.time + owed); owed = 0; }
      if (this.time >= last) this.setPlaying(false); else requestAnimationFrame(frame);
    };
    this.show();
    requestAnimationFrame(frame);
  }

  listen() {
    this.find("player").hidden = false;
    for (const told of document.querySelectorAll(".moves")) told.hidden = false;
    this.slider = this.find("time");
    this.find("play").addEventListener("click", () => this.setPlaying(!this.playing));
    this.slider.addEventListener("input", (event) => { this.setPlaying(false); this.go(+event.target.value); });
    this.show();
  }
}

const views = JSON.parse(document.getElementById("data").textContent).map((data) => new View(data));

// Of a page with one landscape keys need no focus.
if (views.length === 1 && views[0].data.last > 0) {
  const view = views[0];
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, button, canvas, [tabindex]")) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: () => view.step(-by), ArrowRight: () => view.step(by), Home: () => view.go(0),
      End: () => view.go(view.data.last) };
    if (event.key === " ") view.setPlaying(!view.playing);
    else if (moves[event.key]) { view.setPlaying(false); moves[event.key](); } else return;
    event.preventDefault();
  });
}

// The surface in three dimensions: quads painted from back to front, path segments among them, between its axes.

function colour(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
const blend = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
const rgb = (a) => `rgb(${a.join(",")})`;
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

function heightAt(grid, x, y) {
  const fx = Math.max(0, Math.min(1, x)) * (grid.n - 1), fy = Math.max(0, Math.min(1, y)) * (grid.m - 1);
  const i = Math.min(grid.n - 2, Math.floor(fx)), j = Math.min(grid.m - 2, Math.floor(fy));
  const z = (a, b) => Math.max(0, grid.z[b * grid.n + a]) / 1000, u = fx - i, v = fy - j;
  return (z(i, j) * (1 - u) + z(i + 1, j) * u) * (1 - v) + (z(i, j + 1) * (1 - u) + z(i + 1, j + 1) * u) * v;
}

function surfaceQuads(grid, place, paper, hill, ink) {
  const quads = [], corner = (i, j) => place(i / (grid.n - 1), j / (grid.m - 1), grid.z[j * grid.n + i] / 1000);
  for (let j = 0; j + 1 < grid.m; ++j) {
    for (let i = 0; i + 1 < grid.n; ++i) {
      const at = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const zs = at.map(([a, b]) => grid.z[b * grid.n + a]);
      if (Math.min(...zs) < 0) continue;
      const points = at.map(([a, b]) => corner(a, b)), z = zs.reduce((s, v) => s + v, 0) / 4000;
      const shade = 0.3 * Math.max(0, Math.min(1, (zs[1] - zs[0]) / 300));
      const fill = rgb(blend(blend(paper, hill, 0.1 + 0.8 * z), ink, shade));
      quads.push({ depth: points.reduce((s, p) => s + p[2], 0) / 4, points, fill });
    }
  }
  return quads;
}

function pathParts(view, place) {
  const [left, top, width, tall] = view.data.plot, parts = [];
  view.data.paths.forEach((path, i) => {
    const end = reached(path, view.time), shade = rgb(colour("--s" + i % 8));
    let last = null;
    for (let k = 0; k <= end; ++k) {
      const x = (path.p[2 * k] - left) / width, y = 1 - (path.p[2 * k + 1] - top) / tall;
      const outside = x < 0 || x > 1 || y < 0 || y > 1;
      const point = outside ? null : place(x, y, heightAt(view.data.surface, x, y) + 0.02);
      if (point && last) parts.push({ depth: (point[2] + last[2]) / 2 - 0.1, line: [last, point], shade });
      if (point && k === end) parts.push({ depth: point[2] - 0.13, head: point, shade });
      last = point;
    }
  });
  return parts;
}

function paintPart(pen, part, paper) {
  pen.beginPath();
  if (part.points) {
    part.points.forEach((p, i) => i ? pen.lineTo(p[0], p[1]) : pen.moveTo(p[0], p[1]));
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = part.fill;
    pen.lineWidth = 0.7;
    pen.fill();
  } else if (part.line) {
    pen.moveTo(part.line[0][0], part.line[0][1]);
    pen.lineTo(part.line[1][0], part.line[1][1]);
    pen.strokeStyle = part.shade;
    pen.lineWidth = 2.4;
  } else {
    pen.arc(part.head[0], part.head[1], 5, 0, 7);
    pen.fillStyle = part.shade;
    pen.strokeStyle = rgb(paper);
    pen.lineWidth = 1.5;
    pen.fill();
  }
  pen.stroke();
}

// The three edges of the box that no surface hides: of the floor the two in front, and the upright one at the left.
function edgesOf(place) {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => place(x, y, 0));
  const nearer = (a, b, c, d) => corners[a][2] + corners[b][2] < corners[c][2] + corners[d][2];
  const y = nearer(0, 1, 2, 3) ? 0 : 1, x = nearer(0, 3, 1, 2) ? 0 : 1;
  const most = corners.reduce((best, p, i) => p[0] < corners[best][0] ? i : best, 0);
  const [zx, zy] = [[0, 0], [1, 0], [1, 1], [0, 1]][most];
  return [(t) => place(t, y, 0), (t) => place(x, t, 0), (t) => place(zx, zy, t)];
}

function paintAxes(pen, axes, place, soft, paper) {
  const centre = place(0.5, 0.5, 0);
  pen.strokeStyle = pen.fillStyle = rgb(soft);
  pen.lineWidth = 1;
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const write = (words, x, y) => {
    pen.save();
    pen.lineWidth = 4;
    pen.strokeStyle = rgb(paper);
    pen.strokeText(words, x, y);
    pen.restore();
    pen.fillText(words, x, y);
  };
  edgesOf(place).forEach((edge, i) => {
    const from = edge(0), to = edge(1), mid = middle(from, to);
    // Away from the box, to which ticks, numbers and names point.
    const away = i === 2 ? [-1, 0] : [mid[0] - centre[0], Math.abs(mid[1] - centre[1])];
    const size = Math.hypot(...away) || 1, [ax, ay] = [away[0] / size, away[1] / size];
    pen.beginPath();
    pen.moveTo(from[0], from[1]);
    pen.lineTo(to[0], to[1]);
    pen.textAlign = ax < -0.3 ? "right" : ax > 0.3 ? "left" : "center";
    for (const [share, label] of axes[i].ticks) {
      const p = edge(share);
      pen.moveTo(p[0], p[1]);
      pen.lineTo(p[0] + 5 * ax, p[1] + 5 * ay);
      write(label, p[0] + 9 * ax, p[1] + 12 * ay);
    }
    pen.stroke();
    if (i === 2) {
      pen.textAlign = "right";
      write(axes[i].name, Math.max(pen.measureText(axes[i].name).width + 4, to[0] + 8), to[1] - 16);
    } else {
      write(axes[i].name, mid[0] + 34 * ax, mid[1] + 34 * ay);
    }
  });
}

class Solid {
  constructor(view, node) {
    this.view = view;
    this.canvas = node.querySelector("canvas");
    this.waiting = false;
    this.reset();
    node.hidden = false;
    this.listen(node);
  }

  reset() {
    [this.turn, this.tilt, this.zoom] = [-0.6, 0.85, 1];
    this.draw();
  }

  draw() {
    if (!this.waiting) requestAnimationFrame(() => this.paint());
    this.waiting = true;
  }

  paint() {
    this.waiting = false;
    const box = this.canvas.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * sharp);
    this.canvas.height = Math.round(box.height * sharp);
    const pen = this.canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const scale = Math.min(box.width / 1.75, box.height / 1.6) * this.zoom;
    const [sin, cos, up, flat] = [Math.sin(this.turn), Math.cos(this.turn), Math.cos(this.tilt), Math.sin(this.tilt)];
    const place = (x, y, z) => {
      const a = x - 0.5, b = y - 0.5, c = (z - 0.5) * 0.55, px = a * cos - b * sin, py = a * sin + b * cos;
      return [box.width / 2 + px * scale, box.height / 2 - (py * flat + c * up) * scale, py * up - c * flat];
    };
    const paper = colour("--paper"), grid = this.view.data.surface;
    const parts = [...surfaceQuads(grid, place, paper, colour("--hill"), colour("--ink")), ...pathParts(this.view, place)];
    parts.sort((a, b) => b.depth - a.depth);
    pen.lineJoin = pen.lineCap = "round";
    for (const part of parts) paintPart(pen, part, paper);
    paintAxes(pen, grid.axes, place, colour("--soft"), paper);
  }

  turnBy(a, b) {
    this.turn += a;
    this.tilt = Math.max(0.1, Math.min(1.5, this.tilt + b));
    this.draw();
  }

  zoomBy(factor) {
    this.zoom = Math.max(0.5, Math.min(4, this.zoom * factor));
    this.draw();
  }

  listen(node) {
    const canvas = this.canvas, view = this.view;
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      held = [event.clientX, event.clientY];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      this.turnBy((event.clientX - held[0]) * 0.008, (event.clientY - held[1]) * 0.006);
      held = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });
    const turns = { ArrowLeft: () => this.turnBy(-0.1, 0), ArrowRight: () => this.turnBy(0.1, 0),
      ArrowUp: () => this.turnBy(0, 0.08), ArrowDown: () => this.turnBy(0, -0.08), "+": () => this.zoomBy(1.15),
      "-": () => this.zoomBy(1 / 1.15), Home: () => this.reset() };
    canvas.addEventListener("keydown", (event) => {
      if (event.key === " " && view.data.last > 0) view.setPlaying(!view.playing);
      else if (turns[event.key]) turns[event.key](); else return;
      event.preventDefault();
    });
    for (const button of node.querySelectorAll("button")) button.addEventListener("click", () => turns[button.value]());
    addEventListener("resize", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }
}

const solid = document.querySelector(".solid");
if (solid && views[0]?.data.surface) views[0].solid = new Solid(views[0], solid);

})();
