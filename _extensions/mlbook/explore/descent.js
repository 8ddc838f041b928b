// How large may the learning rate be? A path of gradient descent over a valley that can be reshaped.

import { decades, even, exact, fixed, need, short } from "./core.js";
import { descend, outcome } from "./descent-model.js";
import { number, numbers } from "./state.js";

const BOUNDS = [-2.2, 2.2];
const PACE = 14; // steps a second when played
const TOP = 50; // of the chart of the loss
const LEVELS = Array.from({ length: 9 }, (_, n) => 0.03 * 2.5 ** n); // of the loss above its minimum

export function start(panel, data) {
  need(data, { features: [null, 2], residuals: [data.features?.length], order: [null], optimum: [2], start: [2], steps: [], angle: [], minimum: [] });
  const size = data.features.length;
  const inside = (list) => (list.length === 2 && list.every((one) => Math.abs(one) <= BOUNDS[1]) ? list : undefined);
  const state = panel.state({
    rate: number(data.settings.rate, decades(0.01, 2)),
    condition: number(data.settings.condition, decades(1, 100)),
    momentum: number(data.settings.momentum, even(0, 0.95, 0.05)),
    batch: number(data.settings.batch, data.batches),
    start: numbers(data.start, inside),
    step: number(data.steps, even(0, data.steps, 1)),
  });

  const axis = (label) => ({ domain: BOUNDS, label, ticks: [-2, -1, 0, 1, 2] });
  const map = panel.plot({
    title: "Loss over the two weights", label: "Loss as contours over the two weights, with the path of gradient descent",
    x: axis("weight 1"), y: axis("weight 2"), square: true, left: 30, handles: true,
  });
  const curve = panel.plot({
    title: "Loss after each step", label: "Loss after each step, on a logarithmic axis",
    x: { domain: [0, 1.03 * data.steps], label: "step" }, y: { domain: [data.minimum / 2, TOP], label: "mean squared error", log: true },
    height: 330, late: true,
  });

  panel.slider("rate", { label: "Learning rate", text: exact });
  panel.slider("condition", { label: "Ratio of the curvatures", text: exact });
  panel.slider("momentum", { label: "Momentum", text: (value) => (value ? fixed(value) : "none") });
  panel.slider("batch", { label: "Examples per step", text: (value) => (value === size ? `all ${size}` : `${value} of ${size}`) });
  panel.slider("step", { label: "Steps shown", text: (value) => `${value} of ${data.steps}` });

  let elapsed = 0;
  const player = panel.player({
    play: "Play the descent",
    begin: () => {
      elapsed = state.step < data.steps ? state.step : 0;
      state.set({ step: Math.floor(elapsed) });
    },
    tick: (seconds) => {
      elapsed += seconds * PACE;
      state.set({ step: Math.min(Math.floor(elapsed), data.steps) });
      return state.step < data.steps;
    },
    finish: () => state.set({ step: data.steps }),
  });
  panel.button("One step", () => {
    player.stop();
    state.set({ step: state.step < data.steps ? state.step + 1 : 0 });
  });
  panel.resetButton(player.stop);

  map.handle({
    label: () => "Start of the descent",
    get: () => state.start,
    set: (place) => state.set({ start: place }),
    text: () => `weight 1 ${fixed(state.start[0])}, weight 2 ${fixed(state.start[1])}`,
    look: "start",
  });

  panel.hint("Drag the ring, the start of the descent; or focus it and use the arrow keys, with Shift for larger steps.");

  panel.run(() => {
    const run = descend(data, state);
    const shown = Math.min(state.step, run.path.length - 1);
    valley(map, data, state.condition);
    map.line("rest", run.path, "faint orange");
    map.line("path", run.path.slice(0, shown + 1), "orange");
    map.mark("steps", "path", { d: dots(map, run.path.slice(0, shown + 1)), class: "beads orange" });
    map.dot("optimum", data.optimum, "ink", 3.5);
    map.words("optimum-name", data.optimum, "minimum", "", [7, 4]);
    map.dot("now", run.path[shown], "orange ringed", 5.5);
    curve.line("minimum", [[0, run.minimum], [data.steps, run.minimum]], "dashed ink");
    curve.words("minimum-name", [data.steps, run.minimum], "minimum", "end", [-4, 15]);
    const points = run.losses.map((loss, step) => [step, loss]);
    curve.line("rest", points, "faint orange");
    curve.line("path", points.slice(0, shown + 1), "orange");
    curve.dot("now", [shown, Math.min(run.losses[shown], TOP)], "orange ringed", 5.5);
    return summary(data, state, run, shown);
  });
}

// Ellipses of equal loss: the curvature along the valley is the one across it, divided by the condition number.
function valley(map, data, condition) {
  const [cx, cy] = [map.px(data.optimum[0]), map.py(data.optimum[1])];
  const unit = map.area.width / (BOUNDS[1] - BOUNDS[0]);
  const turn = `rotate(${(-data.angle * 180) / Math.PI} ${cx} ${cy})`;
  for (const [n, level] of [...LEVELS.entries()].reverse()) {
    const rx = unit * Math.sqrt(level);
    map.mark(`level-${n}`, "ellipse", { cx, cy, rx, ry: rx * Math.sqrt(condition), transform: turn, class: "level blue" });
  }
}

function dots(map, path) {
  return path
    .map(([x, y]) => [map.px(x), map.py(y)])
    .filter(([x, y]) => Math.abs(x) < 1e4 && Math.abs(y) < 1e4)
    .map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`)
    .join("");
}

function summary(data, state, run, shown) {
  const now = `After ${shown} ${shown === 1 ? "step" : "steps"} the loss is ${short(run.losses[shown])}; its minimum is ${short(run.minimum)}.`;
  const end = outcome(run, data.steps);
  const fate = {
    diverges: `The descent diverges: at step ${end.step} the loss is more than ten times further from the minimum than at the start.`,
    arrives: `From step ${end.step} on it has put 99% of the way down behind it.`,
    "on the way": `After all ${data.steps}, ${fixed(100 * (end.left ?? 0), end.left < 0.1 ? 1 : 0)}% of the way down is still ahead.`,
  }[end.kind];
  const limit = `With all ${data.features.length} examples in every step, learning rates below ${fixed(1 + state.momentum)} are stable here.`;
  return `${now} ${fate} ${limit}`;
}
