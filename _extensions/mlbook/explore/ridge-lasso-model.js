// Ridge and lasso with two standardized features; compared with mlbook.explore.ridge_lasso by a test.
// Both minimize ½ (w − optimum)ᵀ H (w − optimum) + penalty · size, with H = [[1, ρ], [ρ, 1]];
// the size is ½ |w|² for ridge, |w₁| + |w₂| for the lasso.

const ENOUGH = 1000; // rounds of coordinate descent; the error shrinks by ρ² in each

// H · w
function times(correlation, [w1, w2]) {
  return [w1 + correlation * w2, correlation * w1 + w2];
}

// Twice the loss above its minimum.
export function excess(correlation, optimum, weights) {
  const away = weights.map((one, axis) => one - optimum[axis]);
  const [a, b] = times(correlation, away);
  return away[0] * a + away[1] * b;
}

export function ridge(correlation, optimum, penalty) {
  const [a, b] = times(correlation, optimum);
  const diagonal = 1 + penalty;
  const determinant = diagonal ** 2 - correlation ** 2;
  return [(diagonal * a - correlation * b) / determinant, (diagonal * b - correlation * a) / determinant];
}

export function lasso(correlation, optimum, penalty) {
  const [a, b] = times(correlation, optimum);
  const soft = (value) => Math.sign(value) * Math.max(Math.abs(value) - penalty, 0);
  let [w1, w2] = optimum;
  for (let round = 0; round < ENOUGH; round += 1) {
    const [old1, old2] = [w1, w2];
    w1 = soft(a - correlation * w2);
    w2 = soft(b - correlation * w1);
    if (Math.abs(w1 - old1) + Math.abs(w2 - old2) < 1e-12) break;
  }
  return [w1, w2];
}
