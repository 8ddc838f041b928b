// Softmax regression on points in the plane; compared with scikit-learn by a test of mlbook.explore.softmax.
// The loss is the mean cross-entropy + penalty/2 · the sum of squared weights, intercepts not counted.

// Weights of each class: for the two standardized features, and an intercept.
export const zero = (classes) => Array.from({ length: classes }, () => [0, 0, 0]);

export function scores(weights, [x, y]) {
  return weights.map(([a, b, c]) => a * x + b * y + c);
}

export function probabilities(weights, point) {
  const raw = scores(weights, point);
  const top = Math.max(...raw);
  const powers = raw.map((one) => Math.exp(one - top));
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
}

export function lossAndGradient(weights, points, labels, penalty) {
  const slope = weights.map(([a, b]) => [penalty * a, penalty * b, 0]);
  let loss = weights.reduce((sum, [a, b]) => sum + (penalty / 2) * (a * a + b * b), 0);
  points.forEach((point, n) => {
    const shares = probabilities(weights, point);
    loss -= Math.log(Math.max(shares[labels[n]], 1e-300)) / points.length;
    shares.forEach((share, k) => {
      const error = (share - (k === labels[n])) / points.length;
      slope[k][0] += error * point[0];
      slope[k][1] += error * point[1];
      slope[k][2] += error;
    });
  });
  return { loss, slope };
}

// The largest step that never overshoots: one over a bound of the loss's curvature.
export function safeRate(points, penalty) {
  return 1 / (points.reduce((sum, [x, y]) => sum + x * x + y * y + 1, 0) / (2 * points.length) + penalty);
}

// Plain gradient descent; ends early where the slope has vanished.
export function train(weights, points, labels, { penalty, steps, still = 1e-5 }) {
  const rate = safeRate(points, penalty);
  let now = weights;
  let taken = 0;
  for (;;) {
    const { loss, slope } = lossAndGradient(now, points, labels, penalty);
    const steep = Math.max(...slope.flat().map(Math.abs));
    if (taken === steps || steep < still) return { weights: now, loss, steps: taken, done: steep < still };
    now = now.map((row, k) => row.map((one, n) => one - rate * slope[k][n]));
    taken += 1;
  }
}

// The part of a box where class `k` is at least `odds` times as likely as any other: a polygon, in standardized
// coordinates, because the logarithm of those odds is linear.
export function region(weights, k, odds, box) {
  let polygon = box;
  weights.forEach((other, j) => {
    if (j === k) return;
    const over = ([x, y]) => (weights[k][0] - other[0]) * x + (weights[k][1] - other[1]) * y + weights[k][2] - other[2] - Math.log(odds);
    polygon = polygon.flatMap((corner, n) => {
      const before = polygon.at(n - 1);
      const [here, there] = [over(corner), over(before)];
      const part = there / (there - here);
      const cut = [0, 1].map((axis) => before[axis] + part * (corner[axis] - before[axis]));
      return [...(here >= 0 !== there >= 0 ? [cut] : []), ...(here >= 0 ? [corner] : [])];
    });
  });
  return polygon;
}
