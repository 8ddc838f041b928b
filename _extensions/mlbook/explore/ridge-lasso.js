// Why does the lasso drop features where ridge only shrinks them? Both as a ball that meets the ellipses of the loss.

import { decades, even, exact, fixed, need } from "./core.js";
import { number, numbers } from "./state.js";
import { excess, lasso, ridge } from "./ridge-lasso-model.js";

const BOUNDS = [-1.15, 1.15];
const PENALTIES = decades(0.01, 4);
const PACE = 22; // values of the penalty a second when played
const LEVELS = [0.03, 0.12, 0.3, 0.6, 1.1];
const SOLVERS = { ridge, lasso };

export function start(panel, data) {
  need(data, { correlation: [], optimum: [2] });
  if (data.names?.length !== 2) throw new Error("its data lack a usable “names”");
  const inside = (list) => (list.length === 2 && list.every((one) => Math.abs(one) <= BOUNDS[1]) ? list : undefined);
  const state = panel.state({
    penalty: number(data.settings.penalty, [0, ...PENALTIES]),
    correlation: number(data.correlation, even(-0.9, 0.9, 0.02)),
    optimum: numbers(data.optimum, inside),
  });

  const places = Object.keys(SOLVERS).map((name) => {
    const title = name === "ridge" ? "Ridge: a round ball" : "Lasso: a ball with corners";
    const axis = (n) => ({ domain: BOUNDS, label: `weight of ${data.names[n]}`, ticks: [-1, -0.5, 0, 0.5, 1] });
    const plot = panel.plot({
      title, label: `${name}: ellipses of equal loss and the ball of equal penalty, over the two weights`,
      x: axis(0), y: axis(1), square: true, handles: true,
    });
    plot.handle({
      label: () => `Optimum without penalty, in the picture of ${name}`,
      get: () => state.optimum,
      set: (place) => state.set({ optimum: place }),
      text: () => data.names.map((one, n) => `${one} ${fixed(state.optimum[n])}`).join(", "),
      look: "blue",
    });
    return [name, plot];
  });
  const profiles = Object.keys(SOLVERS).map((name) => [name, panel.plot({
    title: `Weights under ${name}`, label: `The two weights under ${name} against the penalty, on a logarithmic axis`,
    x: { domain: [PENALTIES[0], PENALTIES.at(-1)], label: "penalty", log: true },
    y: { domain: BOUNDS, label: "weight", ticks: [-1, -0.5, 0, 0.5, 1] }, height: 190, late: true,
  })]);

  panel.slider("penalty", { label: "Penalty", text: (value) => (value ? exact(value) : "none") });
  panel.slider("correlation", { label: "Feature correlation", text: (value) => fixed(value) });

  let elapsed = 0;
  const values = [0, ...PENALTIES];
  const player = panel.player({
    play: "Turn up the penalty",
    begin: () => {
      elapsed = state.penalty < values.at(-1) ? values.indexOf(state.penalty) : 0;
    },
    tick: (seconds) => {
      elapsed = Math.min(elapsed + seconds * PACE, values.length - 1);
      state.set({ penalty: values[Math.floor(elapsed)] });
      return elapsed < values.length - 1;
    },
    finish: () => state.set({ penalty: values.at(-1) }),
  });
  panel.resetButton(player.stop);

  panel.hint("Drag the ring, the best weights without penalty, in either picture; or focus it and use the arrow keys, with Shift for larger steps.");

  panel.run(() => {
    const paths = {};
    for (const [name, plot] of places) {
      paths[name] = values.map((penalty) => SOLVERS[name](state.correlation, state.optimum, penalty));
      geometry(plot, name, state, paths[name], paths[name][values.indexOf(state.penalty)]);
    }
    for (const [name, plot] of profiles) profile(plot, data, state, paths[name]);
    return summary(data, state, values, paths);
  });
}

function geometry(plot, name, state, path, solution) {
  const { correlation, optimum } = state;
  const unit = plot.area.width / (BOUNDS[1] - BOUNDS[0]);
  const [cx, cy] = [plot.px(optimum[0]), plot.py(optimum[1])];
  const ellipse = (mark, level, look) => plot.mark(mark, "ellipse", {
    cx, cy, class: look, transform: `rotate(-45 ${cx} ${cy})`,
    rx: unit * Math.sqrt(level / (1 + correlation)), ry: unit * Math.sqrt(level / (1 - correlation)),
  });
  for (const [n, level] of [...LEVELS.entries()].reverse()) ellipse(`level-${n}`, level, "level blue");
  plot.line("zero-x", [[BOUNDS[0], 0], [BOUNDS[1], 0]], "thin faint ink");
  plot.line("zero-y", [[0, BOUNDS[0]], [0, BOUNDS[1]]], "thin faint ink");
  const [ox, oy] = [plot.px(0), plot.py(0)];
  const size = unit * (name === "ridge" ? Math.hypot(...solution) : Math.abs(solution[0]) + Math.abs(solution[1]));
  plot.mark("ball", "path", {
    class: "ball orange",
    d: name === "ridge"
      ? `M${ox - size} ${oy}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`
      : `M${ox - size} ${oy}L${ox} ${oy - size}L${ox + size} ${oy}L${ox} ${oy + size}Z`,
  });
  ellipse("touching", excess(correlation, optimum, solution), "touching blue");
  plot.line("path", path, "orange");
  plot.dot("solution", solution, "orange ringed", 6);
  plot.legend([["blue", "equal loss"], ["orange", "equal penalty, and the path"]]);
}

function profile(plot, data, state, path) {
  const at = Math.max(state.penalty, PENALTIES[0]);
  plot.line("now", [[at, BOUNDS[0]], [at, BOUNDS[1]]], "thin muted");
  for (const [n, look] of [[0, "blue"], [1, "green long"]]) {
    plot.line(`weight-${n}`, PENALTIES.map((penalty, place) => [penalty, path[place + 1][n]]), look);
  }
  plot.legend([["blue", data.names[0]], ["green long", data.names[1]]]);
}

// From which penalty on each weight is exactly zero under the lasso; undefined where it never is.
function zeroFrom(values, path, axis) {
  const last = path.findLastIndex((weights) => weights[axis] !== 0);
  return values[last + 1];
}

function summary(data, state, values, paths) {
  const place = values.indexOf(state.penalty);
  const say = (one) => (one === 0 ? "exactly 0" : fixed(one));
  const [first, second] = data.names;
  const [r, l] = [paths.ridge[place], paths.lasso[place]];
  const now = `Weights of ${first} and ${second}: ridge ${say(r[0])} and ${say(r[1])}, lasso ${say(l[0])} and ${say(l[1])}.`;
  const drops = data.names
    .map((name, axis) => [name, zeroFrom(values, paths.lasso, axis)])
    .filter(([, penalty]) => penalty !== undefined)
    .sort((one, other) => one[1] - other[1])
    .map(([name, penalty]) => (penalty === 0 ? `${name} at once` : `${name} from a penalty of ${exact(penalty)} on`));
  const dropped = drops.length ? `The lasso drops ${drops.join(" and ")}; ridge only shrinks.` : "Neither drops a feature in this range.";
  return `${state.penalty ? `Penalty ${exact(state.penalty)}` : "No penalty"}. ${now} ${dropped}`;
}
