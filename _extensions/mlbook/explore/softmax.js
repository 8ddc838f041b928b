// What decides where one class ends and the next begins? Softmax regression, trained again as its points are dragged.

import { decades, even, exact, fixed, make, need, short, wantsCalm } from "./core.js";
import { draw } from "./plot.js";
import { probabilities, region, train, zero } from "./softmax-model.js";
import { number } from "./state.js";

const COLORS = ["blue", "orange", "green"];
const ODDS = [1, 3, 10, 30, 100];
const PACE = 40; // training steps a second at first
const HISTORY = [1, 1e5]; // steps on the chart of the loss
const SHAPES = [
  () => draw("circle", { r: 6 }),
  () => draw("rect", { x: -5.4, y: -5.4, width: 10.8, height: 10.8 }),
  () => draw("path", { d: "M0-7.2 6.6 5H-6.6Z" }),
];

export function start(panel, data) {
  const size = data.points?.length;
  need(data, { points: [null, 2], labels: [size], center: [2], scale: [2], x: [2], y: [2] });
  if (data.classes?.length !== 3 || data.names?.length !== 2) throw new Error("its data lack a usable “classes” or “names”");
  const state = panel.state({
    penalty: number(data.settings.penalty, decades(0.001, 1)),
    chosen: number(1, even(1, size, 1)),
    moved: changes(data),
  });

  const map = panel.plot({
    title: "Regions of the three classes", label: "Points of three classes, and the regions in which each is the most likely",
    x: { domain: data.x, label: data.names[0] }, y: { domain: data.y, label: data.names[1] }, height: 360, handles: true,
  });
  const side = make("div", { class: "explore-side" });
  panel.plots.append(side);
  const bars = sideBars(side, data);
  const curve = panel.plot({
    title: "Loss while training", label: "Mean loss against the training steps, on a logarithmic axis",
    x: { domain: HISTORY, label: "training steps since zero weights", log: true, ticks: [1, 100, 10000] }, y: { domain: [0, 1.2], label: "mean loss" },
    height: 220, within: side,
  });

  // Training: from where the weights are, whenever something has changed.
  let points = [];
  let labels = [];
  let weights = zero(3);
  let losses = [];
  let steps = 0;
  let result = {};
  let seen = ""; // points and penalty that the weights were last trained for
  const go = (count) => {
    result = train(weights, points, labels, { penalty: state.penalty, steps: count });
    weights = result.weights;
    steps += result.steps;
    losses.push([Math.max(steps, 1), result.loss]);
    panel.changed();
  };
  const follow = () => {
    ({ points, labels } = current(data, state));
    if (wantsCalm()) go(5000);
    else if (!player.running) player.start();
  };

  const change = (n, x, y, label) => {
    const rest = state.moved.filter(([one]) => one !== n);
    state.set({ moved: [...rest, [n, x, y, label]] });
  };
  const raw = (n) => {
    const [, x, y, label] = state.moved.find(([one]) => one === n) ?? [n, ...data.points[n], data.labels[n]];
    return { place: [x, y], label };
  };
  const choose = (n) => state.chosen !== n + 1 && state.set({ chosen: n + 1 });
  const handles = data.points.map((_, n) => {
    const handle = map.handle({
      label: () => `Point ${n + 1}, ${data.classes[raw(n).label]}`,
      get: () => raw(n).place,
      set: ([x, y]) => change(n, x, y, raw(n).label),
      text: () => data.names.map((name, axis) => `${name} ${fixed(raw(n).place[axis])}`).join(", "),
      look: "point",
      reach: 13,
      shape: () => draw("g"),
      tabbable: () => state.chosen === n + 1,
      focus: () => choose(n),
      key: (event) => {
        const next = { PageDown: 1, PageUp: -1 }[event.key];
        if (next) handles.at((n + next) % size).focus();
        return Boolean(next);
      },
    });
    return handle;
  });

  panel.slider("penalty", { label: "Penalty", text: exact });
  panel.slider("chosen", { label: "Point chosen", text: (value) => `${value} of ${size}` });
  panel.choice("class", {
    label: "Class of this point",
    options: data.classes.map((name, label) => [label, name]),
    get: () => raw(state.chosen - 1).label,
    set: (label) => change(state.chosen - 1, ...raw(state.chosen - 1).place, label),
  });
  const player = panel.player({
    play: "Train from zero weights",
    begin: () => { [weights, losses, steps] = [zero(3), [], 0]; },
    tick: (seconds) => {
      go(Math.min(Math.ceil((PACE + 2.5 * steps) * seconds), 500)); // slow at first, when there is most to see
      return !result.done;
    },
    finish: () => {
      go(0);
      for (let count = 1; !result.done && steps < HISTORY[1]; count *= 2) go(count);
    },
  });
  panel.button("Ten more steps", () => {
    player.stop();
    go(10);
  });
  panel.resetButton(() => {
    player.stop();
    [weights, losses, steps] = [zero(3), [], 0];
    seen = "nothing";
  });

  panel.hint("Drag a point, or move the chosen one by arrow keys (with Shift in larger steps); Page Up and Page Down choose another.");

  ({ points, labels } = current(data, state));
  panel.run(() => {
    const now = JSON.stringify([state.moved, state.penalty]);
    if (!seen) player.finish();
    else if (now !== seen) follow();
    seen = now;
    regions(map, data, weights);
    handles.forEach((handle, n) => dress(handle, raw(n).label, state.chosen === n + 1));
    curve.line("loss", [[1, Math.log(3)], ...losses], "ink");
    curve.dot("now", losses.at(-1) ?? [1, Math.log(3)], "ink ringed", 5);
    const chosen = state.chosen - 1;
    const shares = probabilities(weights, points[chosen]);
    bars(shares, `Point ${state.chosen}, ${data.classes[labels[chosen]]}`);
    return summary(data, state, { points, labels, weights, shares, steps, result });
  });
}

// Field of the points that differ from the data's: [number, x, y, class] each.
function changes(data) {
  const fit = ([n, x, y, label]) => {
    const [known, sure] = [data.points[n] !== undefined, data.classes[label] !== undefined];
    const inside = (value, [low, high]) => value >= low && value <= high;
    return known && sure && inside(x, data.x) && inside(y, data.y);
  };
  return {
    value: [],
    write: (list) => [...list].sort((a, b) => a[0] - b[0]).map(([n, x, y, label]) => [n, x.toFixed(2), y.toFixed(2), label].join("_")).join("~"),
    read: (text) => {
      const list = text.split("~").map((part) => part.split("_").map(Number));
      return list.every((one) => one.length === 4 && fit(one)) ? list : undefined;
    },
  };
}

function current(data, { moved }) {
  const points = data.points.map((point) => point);
  const labels = [...data.labels];
  for (const [n, x, y, label] of moved) [points[n], labels[n]] = [[x, y], label];
  return { points: points.map((point) => standard(data, point)), labels };
}

const standard = ({ center, scale }, point) => point.map((one, axis) => (one - center[axis]) / scale[axis]);

function regions(map, data, weights) {
  const [[left, right], [low, high]] = [data.x, data.y];
  const box = [[left, low], [right, low], [right, high], [left, high]].map((corner) => standard(data, corner));
  const place = ([x, y]) => `${map.px(x * data.scale[0] + data.center[0]).toFixed(1)} ${map.py(y * data.scale[1] + data.center[1]).toFixed(1)}`;
  weights.forEach((_, k) => {
    for (const odds of ODDS) {
      const corners = region(weights, k, odds, box);
      const d = corners.length > 2 ? `M${corners.map(place).join("L")}Z` : "";
      map.mark(`region-${k}-${odds}`, "path", { d, class: `region ${COLORS[k]} ${odds === 1 ? "border" : ""}` });
    }
  });
}

// Gives a handle the shape and color of its class.
function dress(handle, label, chosen) {
  handle.classList.toggle("chosen", chosen);
  if (handle.dataset.label === String(label)) return;
  handle.dataset.label = label;
  handle.setAttribute("class", `handle point ${COLORS[label]} ${chosen ? "chosen" : ""}`);
  handle.lastChild.replaceChildren(SHAPES[label]());
}

// Bars of the three probabilities; returns what sets them.
function sideBars(side, data) {
  const title = make("p", { class: "explore-title" });
  const rows = data.classes.map((name, k) => {
    const shape = draw("svg", { width: 18, height: 18, viewBox: "-9 -9 18 18", class: `swatch ${COLORS[k]}`, "aria-hidden": "true" }, SHAPES[k]());
    const [bar, number] = [make("span", { class: `amount ${COLORS[k]}` }), make("span", { class: "share" })];
    return { row: make("li", {}, shape, make("span", {}, name), make("span", { class: "track" }, bar), number), bar, number };
  });
  side.append(make("div", { class: "explore-bars explore-plot" }, title, make("ul", {}, ...rows.map(({ row }) => row))));
  return (shares, words) => {
    title.textContent = `${words}: probabilities`;
    rows.forEach(({ bar, number }, k) => {
      bar.style.width = `${100 * shares[k]}%`;
      number.textContent = fixed(shares[k]);
    });
  };
}

function summary(data, state, { points, labels, weights, shares, steps, result }) {
  const right = points.filter((point, n) => {
    const all = probabilities(weights, point);
    return all.indexOf(Math.max(...all)) === labels[n];
  }).length;
  const best = shares.indexOf(Math.max(...shares));
  const state_ = result.done ? `converged after ${steps} steps` : `${steps} steps`;
  return `${right} of ${points.length} points lie in the region of their class. Mean loss with penalty ${short(result.loss)}, ${state_}. `
    + `Point ${state.chosen} is taken for ${data.classes[best]} with probability ${fixed(shares[best])}; it is ${data.classes[labels[state.chosen - 1]]}.`;
}
