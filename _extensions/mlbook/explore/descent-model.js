// Gradient descent on the mean squared error of a linear model with two weights; compared with
// mlbook.explore.descent by a test.

const GONE = 1e6; // times the loss at the start: from there on the steps only overflow

// Features with the given condition number of the loss: the whitened ones, the second direction shrunk, both turned.
export function stretched(data, condition) {
  const [cos, sin] = [Math.cos(data.angle), Math.sin(data.angle)];
  const narrow = 1 / Math.sqrt(condition);
  return data.features.map(([a, b]) => [cos * a - sin * narrow * b, sin * a + cos * narrow * b]);
}

// What the model is to predict: its best weights give the residuals, whatever the condition number.
export function targets(data, features) {
  const [w1, w2] = data.optimum;
  return features.map(([a, b], n) => a * w1 + b * w2 + data.residuals[n]);
}

export function meanSquaredError(features, wanted, [w1, w2]) {
  return features.reduce((sum, [a, b], n) => sum + (a * w1 + b * w2 - wanted[n]) ** 2, 0) / features.length;
}

// Gradient of the mean squared error over the rows with these numbers.
export function gradient(features, wanted, [w1, w2], rows) {
  let [g1, g2] = [0, 0];
  for (const row of rows) {
    const [a, b] = features[row];
    const error = a * w1 + b * w2 - wanted[row];
    g1 += error * a;
    g2 += error * b;
  }
  return [(2 * g1) / rows.length, (2 * g2) / rows.length];
}

// Weights and loss before each step and after the last. Ends early where the loss has left all bounds.
export function descend(data, { rate, condition, momentum, batch, start }) {
  const features = stretched(data, condition);
  const wanted = targets(data, features);
  const everyone = features.map((_, n) => n);
  let weights = start;
  let speed = [0, 0];
  const path = [weights];
  const losses = [meanSquaredError(features, wanted, weights)];
  for (let step = 0; step < data.steps; step += 1) {
    const rows = batch < features.length ? data.order.slice(step * batch, (step + 1) * batch) : everyone;
    const slope = gradient(features, wanted, weights, rows);
    speed = speed.map((one, axis) => momentum * one - rate * slope[axis]);
    weights = weights.map((one, axis) => one + speed[axis]);
    const loss = meanSquaredError(features, wanted, weights);
    path.push(weights);
    losses.push(loss);
    if (!(loss < GONE * losses[0])) break;
  }
  return { path, losses, minimum: meanSquaredError(features, wanted, data.optimum) };
}

// What became of a descent: "diverges", "arrives" (99 % of the way down, for good, from step `step` on), or "on the way".
export function outcome({ losses, minimum }, steps) {
  const above = losses.map((loss) => loss - minimum);
  const [first, last] = [above[0], above.at(-1)];
  if (losses.length <= steps || !(last <= 10 * first)) {
    return { kind: "diverges", step: above.findIndex((one) => !(one <= 10 * first)) };
  }
  const step = above.findLastIndex((one) => one > 0.01 * first) + 1;
  return step < above.length ? { kind: "arrives", step } : { kind: "on the way", left: last / first };
}
