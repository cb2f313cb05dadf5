// The search for the largest or smallest number at which something holds: bracketing, bisection, and a look whether it is
// so simple. Part of the experiments. A generator: it asks for a number, and is told what was found there.

/** What is known of a number. `undecided` counts as not shown to hold, `invalid` is beyond what the field may be. */
export type Finding = 'holds' | 'fails' | 'undecided' | 'invalid';

export interface SearchOptions {
  readonly direction: 'maximise' | 'minimise';
  /** Whole numbers. */
  readonly lower: number;
  /** Undefined: as far as it takes. */
  readonly upper?: number | undefined;
  /** The answer is this near to the next number at which it does not hold, as a share of it; at least next to it. */
  readonly precision: number;
  /** Further numbers that are tried between what is known, to find whether more is always harder. */
  readonly checks: number;
}

export interface Answer {
  /** The number; undefined if there is none. */
  readonly best: number | undefined;
  /** The nearest number beyond at which it does not hold; undefined if the end of the range holds. */
  readonly beyond: number | undefined;
  /** Numbers that are on the wrong side: they fail although harder ones hold, or hold although easier ones fail. */
  readonly exceptions: readonly number[];
  /** Up to here, from the easy end, everything that was tried holds; undefined if nothing does. */
  readonly safe: number | undefined;
}

/** Without an upper end the range is doubled so often at most. */
const DOUBLINGS = 40;

/**
 * Searches. `maximise`: it holds for small numbers and ends at some; `minimise`: it begins at some.
 * Yields numbers to try, each once.
 */
export function* search(options: SearchOptions): Generator<number, Answer, Finding> {
  const found = new Map<number, Finding>();
  const { direction, lower, upper } = options;
  const isGrowing = direction === 'maximise';
  function* isHeld(value: number): Generator<number, boolean, Finding> {
    const known = found.get(value);
    if (known !== undefined) return known === 'holds';
    const finding = yield value;
    found.set(value, finding);
    return finding === 'holds';
  }
  // The last number that is like the lower end, and the first one that is not.
  const atLower = yield* isHeld(lower);
  if (atLower !== isGrowing) return answerOf(found, options, isGrowing ? undefined : lower);
  let near = lower;
  let far: number | undefined;
  if (upper !== undefined) {
    if ((yield* isHeld(upper)) === isGrowing) {
      yield* checked(options, lower, upper, isHeld);
      return answerOf(found, options, isGrowing ? upper : undefined);
    }
    far = upper;
  } else {
    for (let i = 0; i < DOUBLINGS && far === undefined; i++) {
      const next = Math.max(near * 2, near + 1);
      const isLike = (yield* isHeld(next)) === isGrowing;
      // What is too large for the field is no larger one that might hold.
      if (found.get(next) === 'invalid' && !isGrowing) return answerOf(found, options, undefined);
      if (isLike) near = next;
      else far = next;
    }
  }
  while (far !== undefined && far - near > Math.max(1, options.precision * near)) {
    const middle = between(near, far);
    if ((yield* isHeld(middle)) === isGrowing) near = middle;
    else far = middle;
  }
  const best = isGrowing ? near : far;
  yield* checked(options, lower, upper ?? Math.max(...found.keys()), isHeld);
  return answerOf(found, options, best);
}

/** Over a wide range the geometric middle: as many steps per decade. */
function between(near: number, far: number): number {
  const middle = near > 0 && far / near > 4 ? Math.round(Math.sqrt(near * far)) : Math.floor((near + far) / 2);
  return Math.min(far - 1, Math.max(near + 1, middle));
}

/** Tries numbers spread over the range, whatever is thought to be known of them. */
function* checked(
  { checks }: SearchOptions,
  lower: number,
  upper: number,
  isHeld: (value: number) => Generator<number, boolean, Finding>,
): Generator<number, void, Finding> {
  for (let i = 1; i <= checks; i++) yield* isHeld(Math.round(lower + ((upper - lower) * i) / (checks + 1)));
}

function answerOf(found: ReadonlyMap<number, Finding>, { direction }: SearchOptions, best: number | undefined): Answer {
  const tried = [...found].sort(([a], [b]) => a - b);
  const isGrowing = direction === 'maximise';
  const easyFirst = isGrowing ? tried : tried.toReversed();
  const firstNot = easyFirst.findIndex(([, finding]) => finding !== 'holds');
  const safe = firstNot < 0 ? easyFirst.at(-1)?.[0] : easyFirst[firstNot - 1]?.[0];
  const isBeyond = (value: number): boolean => best !== undefined && (isGrowing ? value > best : value < best);
  const beyond = easyFirst.find(([value, finding]) => isBeyond(value) && finding !== 'holds')?.[0];
  // Undecided ones are no exceptions: more replications might tell.
  const exceptions = tried.flatMap(([value, finding]) => {
    if (best === undefined) return finding === 'holds' ? [value] : [];
    return (isBeyond(value) ? finding === 'holds' : finding === 'fails') ? [value] : [];
  });
  return { best, beyond, exceptions, safe };
}
