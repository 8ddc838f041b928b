// The frame around every explorable: question, plots, controls, a summary in words that is also read aloud.
//
// - An explorable is a module named as its block says, which exports `start(panel, data)`; it builds itself from
//   the parts here and calls `panel.run(draw)`. Its arithmetic stands apart, in `<name>-model.js`.
// - `draw` runs once for each frame in which something changed, and returns the summary.
// - Colors are the page's custom properties, so themes need no script. Controls are the browser's own.

import { Plot } from "./plot.js";
import { State } from "./state.js";

const QUIET = 700; // ms without a change before the summary is read aloud
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A number for reading: fixed decimals, a true minus sign, no "−0.00".
export function fixed(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

// A number as it was chosen, with a true minus sign.
export const exact = (value) => String(value).replace("-", "−");

// Three significant digits, or a power of ten for what is out of scale.
export function short(value) {
  if (!Number.isFinite(value)) return "beyond all bounds";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) {
    const power = Math.floor(Math.log10(size));
    return `${fixed(value / 10 ** power, 1)} · 10${[...String(power)].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(sign)]).join("")}`;
  }
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

// Ascending values for a slider: even steps; or steps of a few percent, on round numbers.
export function even(from, to, step) {
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, n) => Number((from + n * step).toFixed(digits)));
}
const ROUND = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5];
export function decades(from, to) {
  const values = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += 1) {
    values.push(...ROUND.map((mantissa) => Number(`${mantissa}e${power}`)).filter((value) => value >= from && value <= to));
  }
  return values;
}

// Throws unless `data` holds finite numbers under each name, in arrays of the given shape (null: any length).
export function need(data, shapes) {
  const fits = (value, [length, ...rest]) =>
    length === undefined
      ? Number.isFinite(value)
      : Array.isArray(value) && value.length > 0 && (length === null || value.length === length) && value.every((one) => fits(one, rest));
  for (const [name, shape] of Object.entries(shapes)) {
    if (!fits(data[name], shape)) throw new Error(`its data lack a usable “${name}”`);
  }
}

class Panel {
  #draw = () => "";
  #waiting = false;
  #started = false;
  #said = make("div", { role: "status", class: "explore-said" });
  #summary = make("p", { class: "explore-summary" });
  #sliders = [];
  #plots = [];
  #timer = 0;

  constructor(box, data) {
    this.id = box.id.replace(/^explorable-/, "");
    this.box = box;
    this.body = make("div", { class: "explore-body" });
    this.plots = make("div", { class: "explore-plots" });
    this.controls = make("div", { class: "explore-controls" });
    this.buttons = make("div", { class: "explore-buttons" });
    const kind = make("span", { class: "explore-kind" }, "Explorable");
    this.body.append(
      make("p", { class: "explore-question" }, kind, " ", data.question),
      this.plots, this.controls, this.buttons, this.#summary, this.#said,
    );
  }

  state(fields) {
    this.values = new State(this.id, fields, () => this.changed());
    return this.values;
  }

  plot(options) {
    const plot = new Plot(options, () => this.changed({ aloud: false }));
    this.#plots.push(plot);
    (options.within ?? this.plots).append(plot.element);
    return plot;
  }

  // A slider for a field of the state; `text` writes its value with its unit, for eye and ear.
  slider(name, { label, text = String, title = "" }) {
    const values = this.values.values(name);
    const shown = make("span", { class: "explore-value", "aria-hidden": "true" });
    const input = make("input", { type: "range", min: 0, max: values.length - 1, step: 1, name });
    input.addEventListener("input", () => this.values.set({ [name]: values[Number(input.value)] }));
    const show = () => {
      const value = this.values[name];
      input.value = values.indexOf(value);
      shown.textContent = text(value);
      input.setAttribute("aria-valuetext", text(value));
      input.style.setProperty("--done", `${(100 * values.indexOf(value)) / (values.length - 1)}%`);
    };
    this.#sliders.push(show);
    const words = make("span", { class: "explore-name" }, label);
    this.controls.append(make("label", { class: "explore-slider", ...(title && { title }) }, words, shown, input));
  }

  // A row of choices, [value, words] each, of which `get` tells the one that is on.
  choice(name, { label, options, get, set }) {
    const box = make("fieldset", { class: "explore-choice" }, make("legend", {}, label));
    for (const [value, words] of options) {
      const input = make("input", { type: "radio", name: `${this.id}-${name}`, value });
      input.addEventListener("change", () => set(value));
      this.#sliders.push(() => { input.checked = get() === value; });
      box.append(make("label", {}, input, make("span", {}, words)));
    }
    this.controls.append(box);
  }

  button(label, action, { primary = false } = {}) {
    const button = make("button", { type: "button", ...(primary && { class: "primary" }) }, label);
    button.addEventListener("click", action);
    this.buttons.append(button);
    return button;
  }

  // A button that runs `tick(seconds since the last)` in every frame until it returns false, or is pressed again.
  // Where motion is not wanted, `finish` goes to the end at once.
  player({ play, pause = "Pause", begin = () => {}, tick, finish }) {
    let frame = 0;
    let last = 0;
    const button = this.button(play, () => (frame ? stop() : start()), { primary: true });
    const stop = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      button.textContent = play;
    };
    const step = (now) => {
      const going = document.visibilityState === "visible" && tick(Math.min(Math.max(now - last, 0) / 1000, 0.1)); // a frame may begin before it was asked for
      last = now;
      if (going) frame = requestAnimationFrame(step);
      else stop();
    };
    const start = () => {
      begin();
      if (calm.matches) finish();
      else run();
    };
    const run = () => {
      last = performance.now();
      button.textContent = pause;
      frame = requestAnimationFrame(step);
    };
    return { start: run, stop, finish, get running() { return frame !== 0; } };
  }

  resetButton(action = () => {}) {
    return this.button("Reset", () => {
      action();
      this.values.reset();
    });
  }

  // How the points in the plots are moved; said with each of them.
  hint(text) {
    const hint = make("p", { class: "explore-hint", id: `explore-hint-${this.id}` }, text);
    this.plots.after(hint);
    for (const handle of this.plots.querySelectorAll(".handle")) handle.setAttribute("aria-describedby", hint.id);
  }

  changed({ aloud = true } = {}) {
    if (!this.#started) return;
    if (aloud) this.#speakLater();
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#show();
    });
  }

  // Draws for the first time, and from now on whenever something changes.
  run(draw) {
    this.#draw = draw;
    this.box.append(this.body);
    this.box.hidden = false;
    try {
      for (const plot of this.#plots) plot.fit();
      this.#show();
    } catch (error) {
      this.body.remove();
      throw error;
    }
    this.#started = true;
    for (const plot of this.#plots) plot.watch();
  }

  #show() {
    for (const show of this.#sliders) show();
    this.#summary.textContent = this.#draw();
    for (const plot of this.#plots) plot.placeHandles();
  }

  #speakLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#said.textContent = this.#summary.textContent;
    }, QUIET);
  }
}

export const wantsCalm = () => calm.matches;

function dataOf(box) {
  const text = box.querySelector("script")?.textContent.trim();
  if (!text) throw new Error("its data are missing");
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("its data cannot be read");
  }
  if (typeof data?.question !== "string") throw new Error("its data lack a usable “question”");
  return data;
}

// Builds the explorable in its block and puts it in the place of its still.
export async function mount(box) {
  const data = dataOf(box);
  const { start } = await import(`./${box.dataset.name}.js`);
  start(new Panel(box, data), data);
  const figure = box.closest("[id^=fig-]") ?? box.parentElement;
  for (const image of figure.querySelectorAll("img.light-content, img.dark-content")) {
    image.classList.add("explored");
    image.closest(".zoom")?.querySelector(":scope > button")?.classList.add("explored");
  }
}
