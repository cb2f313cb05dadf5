// Names the part in which an error was thrown. Part of the extensions: kubelapse's own parts are not wrapped.
// What is wrapped are the functions of a part and those of what they return, such as a load balancer's `choose`: there its
// code is entered from ours. Data that it returns is left as it is, or what is known by its identity would be lost.

import { ConditionError, isPromise, membersOf } from '../cluster/index.js';

/** An error inside a part that is not kubelapse's own. */
export class PartError extends Error {
  /** Such as `load balancer p2c of extension power-of-two-choices`. */
  readonly part: string;
  /** What was simulated when it was thrown; undefined before the first event. */
  event: { readonly name: string; readonly time: number } | undefined;
  readonly #original: string;

  constructor(part: string, cause: unknown) {
    super('', { cause });
    this.name = 'PartError';
    this.part = part;
    this.#original = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
    this.message = this.#text();
  }

  /** Says when it was, once: at which event, and at which simulated time, ns. */
  during(event: { readonly name: string; readonly time: number }): this {
    if (this.event !== undefined) return this;
    this.event = event;
    this.message = this.#text();
    return this;
  }

  #text(): string {
    const when = this.event === undefined ? '' : ` at ${this.event.time / 1e9} s, event ${this.event.name}`;
    return `${this.part}${when}: ${this.#original}`;
  }
}

type Call = (...args: never[]) => unknown;
type Members = Readonly<Record<PropertyKey, unknown>>;

/** Told when a function of a part is entered and left: for tests. */
export interface PartWatch {
  enter(): void;
  leave(): void;
}

/** What is wrong with what a function has returned, by the name of the function; undefined if nothing. */
export type Verifiers = Readonly<Record<string, (result: unknown, args: readonly unknown[]) => string | undefined>>;

/** What a function of a part makes, as far as it is looked at. */
export interface Inside {
  /** Of its functions. */
  readonly verify?: Verifiers | undefined;
  /** What one of them makes, by its name. */
  readonly makes?: (Inside & { readonly by: string }) | undefined;
}

/**
 * A part whose errors name it. @param label what it is called. @param inside what is looked at of what the part makes.
 * @param watch who else is told.
 */
export const guarded = <T extends object>(part: T, label: string, inside: Inside = {}, watch?: PartWatch): T =>
  new Guard(label, inside, watch).part(part) as T;

class Guard {
  readonly #label: string;
  readonly #inside: Inside;
  readonly #watch: PartWatch | undefined;

  constructor(label: string, inside: Inside, watch: PartWatch | undefined) {
    this.#label = label;
    this.#inside = inside;
    this.#watch = watch;
  }

  part(part: object): object {
    return this.#wrapped(part, (result) => this.#result(result));
  }

  /** What a function of a part returned: its own functions are watched, and what they return is left alone. */
  #result(result: unknown): unknown {
    if (typeof result === 'function') return this.#watched(result as Call, undefined, itself);
    if (typeof result !== 'object' || result === null || Array.isArray(result) || ArrayBuffer.isView(result))
      return result;
    if (isGenerator(result)) return this.#rows(result);
    return hasFunctions(result) ? this.#wrapped(result, this.#verified(this.#inside)) : result;
  }

  #verified({ verify = {}, makes }: Inside): Then {
    return (result, name, args) => {
      if (isPromise(result)) throw new TypeError(`${String(name)} must not return a promise: a run waits for nobody`);
      const problem = Object.hasOwn(verify, name) ? verify[name as string]!(result, args) : undefined;
      if (problem !== undefined) throw new TypeError(`${String(name)} ${problem}`);
      const isMade = makes?.by === name && typeof result === 'object' && result !== null;
      return isMade ? this.#wrapped(result, this.#verified(makes)) : result;
    };
  }

  *#rows(rows: Generator): Generator {
    const next = this.#watched(rows.next as Call, rows, itself) as () => IteratorResult<unknown>;
    for (let row = next(); row.done !== true; row = next()) yield row.value;
  }

  /** The same value, its functions watched. @param then what becomes of what they return. */
  #wrapped(source: object, then: Then): object {
    const copy = {};
    for (const name of membersOf(source)) {
      const member = (source as Members)[name];
      if (typeof member === 'function') define(copy, name, this.#watched(member as Call, source, then, name));
      else if (isListOfParts(member)) {
        // Such as the columns of a table.
        define(copy, name, Object.freeze(member.map((item) => this.#wrapped(item, itself))));
      } else {
        // Read each time: what a load balancer has compared is new after each choice.
        Object.defineProperty(copy, name, { get: () => (source as Members)[name], enumerable: true });
      }
    }
    return Object.freeze(copy);
  }

  /** No function of a contract has more than eight arguments; a list of them for each call would cost more than the call. */
  #watched(call: Call, owner: unknown, then: Then, name: PropertyKey = ''): Call {
    const bound = call as (this: unknown, ...args: unknown[]) => unknown;
    const label = this.#label;
    const watch = this.#watch;
    const guardedCall = (
      a?: unknown,
      b?: unknown,
      c?: unknown,
      d?: unknown,
      e?: unknown,
      f?: unknown,
      g?: unknown,
      h?: unknown,
    ): unknown => {
      try {
        return then(bound.call(owner, a, b, c, d, e, f, g, h), name, [a, b, c]);
      } catch (error) {
        throw named(error, label);
      }
    };
    if (watch === undefined) return guardedCall as Call;
    return ((...args: unknown[]) => {
      watch.enter();
      try {
        return guardedCall(...args);
      } finally {
        watch.leave();
      }
    }) as Call;
  }
}

/** What becomes of what a function has returned. @param args the first three of what it was handed. */
type Then = (result: unknown, name: PropertyKey, args: readonly unknown[]) => unknown;

const itself: Then = (value) => value;

const isGenerator = (value: object): value is Generator =>
  Symbol.iterator in value && typeof (value as Partial<Generator>).next === 'function';

const hasFunctions = (value: object): boolean =>
  membersOf(value).some((name) => typeof (value as Members)[name] === 'function');

const define = (of: object, name: PropertyKey, value: unknown): void => {
  Object.defineProperty(of, name, { value, enumerable: true });
};

const isListOfParts = (member: unknown): member is readonly object[] =>
  Array.isArray(member) &&
  member.some((item) => typeof item === 'object' && item !== null && Object.values(item).some(isFunction));

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** What a part says on purpose stays what it is. */
const named = (error: unknown, label: string): unknown =>
  error instanceof PartError || error instanceof ConditionError ? error : new PartError(label, error);
