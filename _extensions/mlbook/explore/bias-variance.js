// Where does the error of a flexible model come from? One polynomial, fitted to many training sets at once.

import { even, fixed, need, short } from "./core.js";
import { decompose, sample, truth } from "./bias-variance-model.js";
import { number } from "./state.js";

const HEIGHT = [-2.4, 2.4];
const ERRORS = [0.001, 10];
const PACE = 3; // training sets a second when played

export function start(panel, data) {
  const sets = data.offsets?.length;
  need(data, { offsets: [null], errors: [sets, data.counts?.at(-1)], waves: [null, 3], grid: [null], counts: [null], top: [] });
  const state = panel.state({
    degree: number(data.settings.degree, even(0, data.top, 1)),
    noise: number(data.settings.noise, even(0, 1, 0.05)),
    count: number(data.settings.count, data.counts),
    shown: number(1, even(1, sets, 1)),
  });
  const curves = panel.plot({
    title: `Fits to ${sets} training sets`, label: `The polynomials fitted to ${sets} training sets, their mean, and the truth`,
    x: { domain: [-1, 1], label: "x" }, y: { domain: HEIGHT, label: "y" }, height: 330,
  });
  const chart = panel.plot({
    title: "What the error is made of", label: "Squared bias, variance, noise and their sum against the degree, on a logarithmic axis",
    x: { domain: [-0.4, data.top + 0.4], label: "degree", ticks: even(0, data.top, 2) }, y: { domain: ERRORS, label: "mean squared error", log: true },
    height: 330, left: 48, late: true,
  });

  panel.slider("degree", { label: "Polynomial degree" });
  panel.slider("noise", { label: "Noise, std. deviation", text: (value) => fixed(value) });
  panel.slider("count", { label: "Points per set", text: (value) => `${value} points` });
  panel.slider("shown", { label: "Set shown", text: (value) => `${value} of ${sets}` });

  let elapsed = 0;
  const turn = () => state.set({ shown: (state.shown % sets) + 1 });
  const player = panel.player({
    play: "Play through the sets",
    begin: () => { elapsed = 0; },
    tick: (seconds) => {
      elapsed += seconds;
      if (elapsed > 1 / PACE) {
        elapsed = 0;
        turn();
      }
      return true;
    },
    finish: turn,
  });
  panel.resetButton(player.stop);

  let key = "";
  let parts = null;
  panel.run(() => {
    const now = `${state.count} ${state.noise}`;
    if (now !== key) parts = decompose(data, state);
    key = now;
    drawFits(curves, data, state, parts);
    drawParts(chart, data, state, parts);
    return summary(state, parts);
  });
}

function drawFits(plot, data, state, { samples, mean }) {
  const along = (values) => data.grid.map((x, n) => [x, values[n]]);
  samples.forEach((all, n) => plot.line(`fit-${n}`, along(all[state.degree]), "thin fainter orange"));
  plot.line("truth", along(data.grid.map((x) => truth(data, x))), "bold blue");
  plot.line("mean", along(mean[state.degree]), "bold orange long");
  plot.line("shown", along(samples[state.shown - 1][state.degree]), "thin ink");
  const { xs, ys } = sample(data, state.shown - 1, state.count, state.noise);
  const d = xs.map((x, n) => `M${plot.px(x).toFixed(1)} ${plot.py(ys[n]).toFixed(1)}h0`).join("");
  plot.mark("points", "path", { d, class: "beads ink" });
  plot.legend([["bold blue", "truth"], ["bold orange long", "mean of the fits"], ["thin ink", "one fit, its points"]]);
}

function drawParts(plot, data, state, { bias, variance }) {
  const noise = state.noise ** 2;
  const line = (name, values, look) => plot.line(name, values.map((one, degree) => [degree, Math.max(one, 1e-9)]), look);
  plot.line("now", [[state.degree, ERRORS[0]], [state.degree, ERRORS[1]]], "thin muted");
  line("noise", bias.map(() => noise), "dashed muted");
  line("bias", bias, "blue");
  line("variance", variance, "orange");
  line("sum", bias.map((one, degree) => one + variance[degree] + noise), "ink bold");
  const at = [["bias", bias, "blue"], ["variance", variance, "orange"], ["sum", bias.map((one, n) => one + variance[n] + noise), "ink"]];
  for (const [name, values, look] of at) plot.dot(`${name}-now`, [state.degree, Math.max(values[state.degree], 1e-9)], `${look} ringed`, 5);
  plot.legend([["blue", "bias²"], ["orange", "variance"], ["dashed muted", "noise"], ["ink bold", "sum"]]);
}

function summary(state, { bias, variance }) {
  const noise = state.noise ** 2;
  const sums = bias.map((one, degree) => one + variance[degree] + noise);
  const best = sums.indexOf(Math.min(...sums));
  const { degree } = state;
  const place = degree === best
    ? "No other degree does better."
    : `Degree ${best} does best: ${short(sums[best])}; this one has too ${degree < best ? "much bias" : "much variance"}.`;
  return `Degree ${degree}: bias² ${short(bias[degree])} + variance ${short(variance[degree])} + noise ${short(noise)} = ${short(sums[degree])}. ${place}`;
}
