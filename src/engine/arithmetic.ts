// Logarithm, exponential and the normal quantile in plain + - * / arithmetic. Part of the engine.
// The platform's Math.log and Math.exp differ in the last bit between processor architectures, and ** between versions
// of V8; IEEE 754 fixes the result of the four operations and of the square root. What is computed here is therefore
// the same on every machine and browser. Beside them, the lowest bit of a word.

const LN2_HIGH = 6.93147180369123816e-1; // ln 2 with its low 20 bits cleared: k * LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10; // the rest of ln 2
const SQRT2 = Math.SQRT2;
const TWO_POW_54 = 18014398509481984;

const bits = new DataView(new ArrayBuffer(8));

const LEAST_EXPONENT = -1022;
/** 2^k for k in -1022 … 1023: taken from here, since a number put together from its bits in memory has to wait for them. */
const POWERS_OF_TWO = Float64Array.from({ length: 2046 }, (_, i) => {
  bits.setUint32(0, (i + 1) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
});

/** 2^k for a whole k in -1022 … 1023. */
const powerOfTwo = (k: number): number => POWERS_OF_TWO[k - LEAST_EXPONENT]!;

/**
 * Natural logarithm, within 2 units in the last place of the exact value.
 * NaN for negative numbers, -Infinity for 0.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= TWO_POW_54;
    exponent = -54;
  }
  bits.setFloat64(0, x);
  const power = (bits.getUint32(0) >>> 20) - 1023;
  exponent += power;
  // Exact: a multiplication by a power of two changes no digit. The greatest has no inverse in the table.
  let mantissa = power === 1023 ? x * 0.5 * powerOfTwo(-1022) : x * powerOfTwo(-power);
  if (mantissa > SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh f with f = (m-1)/(m+1), |f| < 0.1716: the series in f^2 needs 11 terms for 53 bits.
  const f = (mantissa - 1) / (mantissa + 1);
  const s = f * f;
  let tail = 1 / 23;
  tail = tail * s + 1 / 21;
  tail = tail * s + 1 / 19;
  tail = tail * s + 1 / 17;
  tail = tail * s + 1 / 15;
  tail = tail * s + 1 / 13;
  tail = tail * s + 1 / 11;
  tail = tail * s + 1 / 9;
  tail = tail * s + 1 / 7;
  tail = tail * s + 1 / 5;
  tail = tail * s + 1 / 3;
  return exponent * LN2_HIGH + (2 * f + (2 * f * s * tail + exponent * LN2_LOW));
}

/** Natural exponential, within 2 units in the last place of the exact value; 0 below -745.2, Infinity above 709.8. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| <= 0.3466: the Taylor series needs 13 terms for 53 bits.
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 1 / 2;
  const e = 1 + (r + r * r * sum);
  if (k > 1023) return e * 2 * powerOfTwo(k - 1);
  if (k < -1022) return e * powerOfTwo(k + 54) * powerOfTwo(-54);
  return e * powerOfTwo(k);
}

/** ln(1 - u) for u in [0, 1), without losing digits for small u. */
export function logOneMinus(u: number): number {
  if (u > 0.01) return log(1 - u);
  // -(u + u^2/2 + u^3/3 + …): nine terms leave an error below 1e-18 of the sum for u <= 0.01.
  let sum = 1 / 9;
  for (let k = 8; k >= 1; k--) sum = sum * u + 1 / k;
  return -u * sum;
}

/**
 * Quantile of the standard normal distribution for 0 < p < 1, relative error about 1e-16.
 * Method and coefficients: M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * centralNumerator(r)) / centralDenominator(r);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const value =
    r <= 5 ? middleNumerator(r - 1.6) / middleDenominator(r - 1.6) : tailNumerator(r - 5) / tailDenominator(r - 5);
  return q < 0 ? -value : value;
}

/**
 * Value at x of the polynomial of degree 7 whose coefficients are given from the highest power down. Written out, since it is
 * on the path of every random delay: a loop over a list of coefficients takes twice as long.
 */
function degree7(
  x: number,
  c7: number,
  c6: number,
  c5: number,
  c4: number,
  c3: number,
  c2: number,
  c1: number,
  c0: number,
): number {
  return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0;
}

// biome-ignore format: coefficients stand in rows of four.
const centralNumerator = (r: number): number => degree7(
  r, 2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
  1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.387132872796366608,
);
// biome-ignore format: as above.
const centralDenominator = (r: number): number => degree7(
  r, 5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
  5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
);
// biome-ignore format: as above.
const middleNumerator = (r: number): number => degree7(
  r, 7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258,
  3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
);
// biome-ignore format: as above.
const middleDenominator = (r: number): number => degree7(
  r, 1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2, 1.4810397642748007459e-1,
  6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1,
);
// biome-ignore format: as above.
const tailNumerator = (r: number): number => degree7(
  r, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2,
  2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
);
// biome-ignore format: as above.
const tailDenominator = (r: number): number => degree7(
  r, 2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
  1.48753612908506148525e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1,
);

/** Place of the lowest bit that is set in a 32-bit word, 0 … 31; only valid for a word that is not 0. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
