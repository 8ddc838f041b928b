// Axes in SVG at the size they are shown, with marks that are updated in place and points that can be dragged.

const SVG = "http://www.w3.org/2000/svg";
const REACH = 22; // px around a handle that catch a finger
const STEPS = 50; // key presses across the plot

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const round = (value) => Math.round(value * 100) / 100;
const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);

// Round numbers inside a domain, about `count` of them.
function ticksOf([low, high], count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.99);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

function powersOf([low, high]) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  return Array.from({ length: Math.floor(Math.log10(high) + 1e-9) - first + 1 }, (_, n) => 10 ** (first + n));
}

const tickText = (value) => value.toLocaleString("en").replace("-", "−");

let made = 0;

export class Plot {
  #marks = new Map();
  #handles = [];
  #resized;
  #options;

  // `x` and `y`: {domain, label, log, ticks}; `square` keeps both axes to one scale, else `height` in px.
  // On a narrow page a `late` plot stands below the controls.
  constructor(options, resized) {
    this.#options = options;
    this.#resized = resized;
    this.x = options.x;
    this.y = options.y;
    made += 1;
    const clip = `explore-clip-${made}`;
    const label = options.label;
    this.frame = draw("rect");
    this.ground = draw("g", { class: "axes", "aria-hidden": "true" });
    this.inside = draw("g", { "clip-path": `url(#${clip})`, "aria-hidden": "true" });
    this.above = draw("g");
    this.above.addEventListener("pointerdown", (event) => this.#grabNearest(event));
    // Or the page would scroll under the finger; Chromium passes over `touch-action` inside SVG.
    this.above.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.svg = draw("svg", { role: options.handles ? "group" : "img", "aria-label": label },
      draw("clipPath", { id: clip }, this.frame), this.ground, this.inside, this.above);
    this.element = document.createElement("div");
    this.element.className = options.late ? "explore-plot late" : "explore-plot";
    const title = document.createElement("p");
    title.className = "explore-title";
    title.append(options.title);
    this.element.append(title, this.svg);
  }

  // Names under the plot for looks of lines: [look, name] each.
  legend(entries) {
    if (this.names) return;
    this.names = document.createElement("p");
    this.names.className = "explore-legend";
    this.names.setAttribute("aria-hidden", "true");
    for (const [look, name] of entries) {
      const entry = document.createElement("span");
      entry.append(draw("svg", { width: 22, height: 8 }, draw("path", { d: "M1 4H21", class: `line ${look}` })), name);
      this.names.append(entry);
    }
    this.element.append(this.names);
  }

  // Takes the width there is.
  fit() {
    const width = Math.max(200, Math.floor(this.element.clientWidth));
    if (width === this.width) return false;
    this.width = width;
    const { square, height = 260 } = this.#options;
    const margin = { left: this.#options.left ?? 40, right: 10, top: 22, bottom: 40 };
    const inner = width - margin.left - margin.right;
    const [spanX, spanY] = [this.x, this.y].map(({ domain }) => domain[1] - domain[0]);
    const tall = square ? (inner * spanY) / spanX : height - margin.top - margin.bottom;
    this.area = { left: margin.left, top: margin.top, width: inner, height: tall };
    this.height = tall + margin.top + margin.bottom;
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${this.height}`, width, height: this.height })) {
      this.svg.setAttribute(name, value);
    }
    const [x, y] = [margin.left, margin.top];
    for (const [name, value] of Object.entries({ x, y, width: inner, height: tall })) this.frame.setAttribute(name, value);
    this.drawAxes();
    return true;
  }

  watch() {
    new ResizeObserver(() => this.element.clientWidth && this.fit() && this.#resized()).observe(this.element);
  }

  px(value) {
    return this.area.left + this.area.width * share(value, this.x);
  }

  py(value) {
    return this.area.top + this.area.height * (1 - share(value, this.y));
  }

  // Data coordinates of a place in the window.
  at({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect();
    const { left, top, width, height } = this.area;
    return [
      value((clientX - box.left - left) / width, this.x),
      value(1 - (clientY - box.top - top) / height, this.y),
    ];
  }

  drawAxes() {
    const { left, top, width, height } = this.area;
    const [right, bottom] = [left + width, top + height];
    const line = (x1, y1, x2, y2, look) => draw("line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), class: look });
    const text = (x, y, look, words) => draw("text", { x: round(x), y: round(y), class: look }, words);
    const xTicks = this.x.ticks ?? (this.x.log ? powersOf(this.x.domain) : ticksOf(this.x.domain, width / 55));
    const yTicks = this.y.ticks ?? (this.y.log ? powersOf(this.y.domain) : ticksOf(this.y.domain, height / 45));
    this.ground.replaceChildren(
      ...xTicks.flatMap((tick) => [
        line(this.px(tick), top, this.px(tick), bottom, "grid"),
        text(this.px(tick), bottom + 16, "tick middle", tickText(tick)),
      ]),
      ...yTicks.flatMap((tick) => [
        line(left, this.py(tick), right, this.py(tick), "grid"),
        text(left - 6, this.py(tick) + 4, "tick end", tickText(tick)),
      ]),
      line(left, bottom, right, bottom, "axis"),
      line(left, top, left, bottom, "axis"),
      text((left + right) / 2, bottom + 34, "name middle", this.x.label),
      text(4, 12, "name", this.y.label),
    );
  }

  // Draws or updates the mark called `name`; without attributes it goes.
  mark(name, tag, attributes) {
    let element = this.#marks.get(name);
    if (!attributes) {
      element?.remove();
      this.#marks.delete(name);
      return null;
    }
    if (!element) {
      element = draw(tag);
      this.#marks.set(name, element);
      this.inside.append(element);
    }
    for (const [key, one] of Object.entries(attributes)) element.setAttribute(key, one);
    return element;
  }

  // A line through points; where one is not finite or far outside, it ends.
  line(name, points, look) {
    const far = 20 * (this.area.width + this.area.height);
    let d = "";
    for (const [x, y] of points) {
      const [px, py] = [this.px(x), this.py(y)];
      if (!Number.isFinite(px) || !Number.isFinite(py)) break;
      d += `${d ? "L" : "M"}${round(clamp(px, [-far, far]))} ${round(clamp(py, [-far, far]))}`;
    }
    return this.mark(name, "path", { d, class: `line ${look}` });
  }

  dot(name, [x, y], look, radius = 4) {
    return this.mark(name, "circle", { cx: round(this.px(x)), cy: round(this.py(y)), r: radius, class: `dot ${look}` });
  }

  words(name, [x, y], text, look = "", [dx, dy] = [6, -6]) {
    const element = this.mark(name, "text", { x: round(this.px(x) + dx), y: round(this.py(y) + dy), class: `note ${look}` });
    element.textContent = text;
    return element;
  }

  // A point to drag, or to move by arrow keys (with Shift five steps at once).
  // `get` and `set` know its place, `text` says it; `shape` draws it around 0, 0; `key` may take other keys.
  handle({ label, get, set, text, look, reach = REACH, shape = () => draw("circle", { r: 8 }), tabbable = () => true, key = () => false, focus = () => {} }) {
    const group = draw("g", { class: `handle ${look}`, role: "slider", "aria-label": label(), "aria-valuemin": this.x.domain[0], "aria-valuemax": this.x.domain[1] },
      draw("circle", { r: reach, class: "reach" }), draw("circle", { r: 13, class: "ring" }), shape());
    const move = ([x, y]) => set([clamp(x, this.x.domain), clamp(y, this.y.domain)]);
    let grip = null;
    const grab = (event) => {
      event.preventDefault();
      group.focus({ preventScroll: true });
      group.setPointerCapture(event.pointerId);
      const [at, now] = [this.at(event), get()];
      grip = [now[0] - at[0], now[1] - at[1]];
    };
    group.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const at = this.at(event);
      move([at[0] + grip[0], at[1] + grip[1]]);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) group.addEventListener(end, () => { grip = null; });
    group.addEventListener("focus", focus);
    group.addEventListener("keydown", (event) => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key] ?? [0, 0];
      if (!dx && !dy) {
        if (key(event)) event.preventDefault();
        return;
      }
      event.preventDefault();
      const far = event.shiftKey ? 5 : 1;
      const [x, y] = get();
      const step = ({ domain }) => (far * (domain[1] - domain[0])) / STEPS;
      move([x + dx * step(this.x), y + dy * step(this.y)]);
    });
    const place = () => {
      const [x, y] = get();
      group.setAttribute("transform", `translate(${round(this.px(x))} ${round(this.py(y))})`);
      group.setAttribute("aria-label", label());
      group.setAttribute("aria-valuenow", round(x));
      group.setAttribute("aria-valuetext", text());
      group.setAttribute("tabindex", tabbable() ? 0 : -1);
    };
    this.#handles.push({ place, grab, get });
    this.above.append(group);
    return group;
  }

  placeHandles() {
    for (const { place } of this.#handles) place();
  }

  // Where points lie close together, the nearest one is taken, not the one drawn last.
  #grabNearest(event) {
    if (event.button !== 0) return;
    const [x, y] = this.at(event);
    const far = ({ get }) => Math.hypot(this.px(get()[0]) - this.px(x), this.py(get()[1]) - this.py(y));
    this.#handles.reduce((best, one) => (far(one) < far(best) ? one : best)).grab(event);
  }
}

// Where a value lies along an axis, from 0 to 1, and back.
function share(one, { domain: [low, high], log }) {
  return log ? Math.log(one / low) / Math.log(high / low) : (one - low) / (high - low);
}

function value(part, { domain: [low, high], log }) {
  return log ? low * (high / low) ** part : low + part * (high - low);
}
