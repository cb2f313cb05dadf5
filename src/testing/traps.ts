// Catches code that asks for what differs from machine to machine or from run to run. Part of the contract kit.

/** Functions whose results ECMAScript leaves to those who implement it. */
const MATH = [
  ...['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'pow', 'cbrt', 'hypot'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
];
/** Of dates, what depends on the time zone. */
const LOCAL = [
  'getHours',
  'getDate',
  'getDay',
  'getMonth',
  'getFullYear',
  'getTimezoneOffset',
  'toString',
  'toLocaleString',
];

/** What no part may use, by the words for it, and what it does instead. */
const FORBIDDEN: readonly {
  readonly what: string;
  readonly instead: string;
  readonly owner: () => object;
  readonly member: string;
}[] = [
  ...(['random'] as const).map((member) => trap('Math', () => Math, member, 'draw with the handle that you are given')),
  ...MATH.map((member) =>
    trap('Math', () => Math, member, 'its last bit differs between machines: kubelapse/extension has exp and log'),
  ),
  ...LOCAL.map((member) =>
    trap(
      'Date.prototype',
      () => Date.prototype,
      member,
      'machines are in other time zones: simulated time is handed over',
    ),
  ),
  trap('Date', () => Date, 'now', 'simulated time is handed over: now(), or context.simulation.now'),
  trap('performance', () => performance, 'now', 'simulated time is handed over: now(), or context.simulation.now'),
  trap(
    'performance',
    () => performance,
    'timeOrigin',
    'simulated time is handed over: now(), or context.simulation.now',
  ),
  ...['hrtime', 'uptime', 'cpuUsage', 'memoryUsage', 'pid', 'env', 'platform', 'arch', 'version'].map((member) =>
    trap(
      'process',
      () => globalThis.process ?? {},
      member,
      'it is of one machine: what a part needs stands in the scenario',
    ),
  ),
  trap('crypto', () => crypto, 'getRandomValues', 'draw with the handle that you are given'),
  trap('crypto', () => crypto, 'randomUUID', 'draw with the handle that you are given'),
];

function trap(name: string, owner: () => object, member: string, instead: string) {
  return { what: `${name}.${member}`, instead, owner, member };
}

/** Timers and promises end after the run has: nothing of them may matter. */
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;

/**
 * Does something while such calls are watched. They are let through, so that the rest is checked, too.
 * @returns what it returned, and a line for each kind of call. @param isOwn whether the stack of a call leads through a part.
 */
export function withTraps<T>(work: () => T, isOwn: () => boolean): { readonly result: T; readonly calls: string[] } {
  const calls = new Set<string>();
  const undo: (() => void)[] = [];
  const watch = (owner: object, member: string, what: string, instead: string): void => {
    const original = Object.getOwnPropertyDescriptor(owner, member) ?? inherited(owner, member);
    if (original === undefined) return;
    const isInherited = !Object.hasOwn(owner, member);
    undo.push(() => {
      if (isInherited) Reflect.deleteProperty(owner, member);
      else Object.defineProperty(owner, member, original);
    });
    if (typeof original.value !== 'function') {
      Object.defineProperty(owner, member, {
        configurable: true,
        enumerable: original.enumerable ?? true,
        get: () => {
          if (isOwn()) calls.add(`${what} is read: ${instead}`);
          return original.get === undefined ? original.value : (original.get.call(owner) as unknown);
        },
      });
      return;
    }
    const call = original.value as (...args: unknown[]) => unknown;
    Object.defineProperty(owner, member, {
      configurable: true,
      writable: true,
      enumerable: original.enumerable ?? true,
      value: function watched(this: unknown, ...args: unknown[]) {
        if (isOwn()) calls.add(`${what} is called: ${instead}`);
        return call.apply(this ?? owner, args);
      },
    });
  };
  for (const { owner, member, what, instead } of FORBIDDEN) watch(owner(), member, what, instead);
  for (const name of TIMERS) {
    watch(
      globalThis,
      name,
      name,
      'nothing that happens later can be part of a run: schedule an event of the simulation',
    );
  }
  const UsualDate = globalThis.Date;
  globalThis.Date = watchedDate(UsualDate, () => {
    if (isOwn()) calls.add('new Date() is called: simulated time is handed over: now(), or context.simulation.now');
  });
  try {
    return { result: work(), calls: [...calls].sort() };
  } finally {
    globalThis.Date = UsualDate;
    for (const restore of undo.reverse()) restore();
  }
}

function inherited(owner: object, member: string): PropertyDescriptor | undefined {
  for (let at: object | null = owner; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, member);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same class, except that it says when it is asked for the present. */
const watchedDate = (usual: DateConstructor, onNow: () => void): DateConstructor =>
  new Proxy(usual, {
    construct: (target, args: unknown[], newTarget) => {
      if (args.length === 0) onNow();
      return Reflect.construct(target, args, newTarget) as object;
    },
    apply: (target, self, args: unknown[]) => {
      onNow();
      return Reflect.apply(target, self, args) as unknown;
    },
  });
