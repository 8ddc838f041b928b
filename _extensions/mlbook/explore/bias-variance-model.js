// Polynomial least squares on many samples at once, and what their errors are made of; compared with
// mlbook.explore.bias_variance by a test.

const GOLDEN = (Math.sqrt(5) - 1) / 2;

// Places in [−1, 1): every beginning of the sequence is spread evenly, and `offset` shifts it.
export function places(offset, count) {
  return Array.from({ length: count }, (_, n) => 2 * ((offset + n * GOLDEN) % 1) - 1);
}

export function truth(data, x) {
  return data.waves.reduce((sum, [size, frequency, phase]) => sum + size * Math.sin(frequency * x + phase), 0);
}

// The training set with this number: places, and the truth there with noise of this standard deviation.
export function sample(data, index, count, noise) {
  const xs = places(data.offsets[index], count);
  return { xs, ys: xs.map((x, n) => truth(data, x) + noise * data.errors[index][n]) };
}

// Least-squares fits of degrees 0 to `top`, evaluated on `grid`: one array per degree. Polynomials that are
// orthogonal on the sample (Forsythe 1957) give them all in one pass, and exactly where powers of x would not.
export function fits({ xs, ys }, grid, top) {
  const dot = (a, b) => a.reduce((sum, one, n) => sum + one * b[n], 0);
  let [before, now] = [xs.map(() => 0), xs.map(() => 1)];
  let [gridBefore, gridNow] = [grid.map(() => 0), grid.map(() => 1)];
  let [square, squareBefore] = [xs.length, 1];
  let fit = grid.map(() => 0);
  const all = [];
  for (let degree = 0; degree <= top; degree += 1) {
    const weight = dot(now, ys) / square;
    fit = fit.map((one, n) => one + weight * gridNow[n]);
    all.push(fit);
    const shift = now.reduce((sum, one, n) => sum + one * one * xs[n], 0) / square;
    const back = degree === 0 ? 0 : square / squareBefore;
    const next = (points, current, last) => current.map((one, n) => (points[n] - shift) * one - back * last[n]);
    [before, now] = [now, next(xs, now, before)];
    [gridBefore, gridNow] = [gridNow, next(grid, gridNow, gridBefore)];
    [squareBefore, square] = [square, dot(now, now)];
  }
  return all;
}

// Mean over the grid of squared bias and of variance over the samples, for each degree.
export function decompose(data, { count, noise }) {
  const samples = data.offsets.map((_, index) => fits(sample(data, index, count, noise), data.grid, data.top));
  const goal = data.grid.map((x) => truth(data, x));
  const mean = [];
  const bias = [];
  const variance = [];
  for (let degree = 0; degree <= data.top; degree += 1) {
    const middle = data.grid.map((_, n) => samples.reduce((sum, all) => sum + all[degree][n], 0) / samples.length);
    const around = data.grid.map((_, n) => samples.reduce((sum, all) => sum + (all[degree][n] - middle[n]) ** 2, 0) / samples.length);
    const average = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
    mean.push(middle);
    bias.push(average(middle.map((one, n) => (one - goal[n]) ** 2)));
    variance.push(average(around));
  }
  return { samples, mean, bias, variance };
}
