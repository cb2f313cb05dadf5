// Names the part in which an error was thrown. Part of the extensions: kubelapse's own parts are not wrapped.
// What is wrapped are the functions of a part and those of what they return, such as a load balancer's `choose`: there its
// code is entered from ours. Data that it returns is left as it is, or what is known by its identity would be lost.

import { ConditionError } from '../cluster/index.js';

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

/** A part whose errors name it. @param label what it is called. */
export const guarded = <T extends object>(part: T, label: string): T =>
  wrapped(part, label, (result) => wrappedResult(result, label)) as T;

/** What a function of a part returned: its own functions are watched, and what they return is left alone. */
function wrappedResult(result: unknown, label: string): unknown {
  if (typeof result === 'function') return watched(result as Call, undefined, label, itself);
  if (typeof result !== 'object' || result === null || Array.isArray(result) || ArrayBuffer.isView(result))
    return result;
  if (isGenerator(result)) return watchedRows(result, label);
  return hasFunctions(result) ? wrapped(result, label, itself) : result;
}

const itself = (value: unknown): unknown => value;

const isGenerator = (value: object): value is Generator =>
  Symbol.iterator in value && typeof (value as Partial<Generator>).next === 'function';

function* watchedRows(rows: Iterable<unknown>, label: string): Generator {
  try {
    yield* rows;
  } catch (error) {
    throw named(error, label);
  }
}

const hasFunctions = (value: object): boolean =>
  membersOf(value).some((name) => typeof (value as Members)[name] === 'function');

/** Names of its own members, and of those that its class gives it. */
function membersOf(value: object): PropertyKey[] {
  const names = new Set<PropertyKey>();
  let at: object | null = value;
  while (at !== null && at !== Object.prototype) {
    for (const name of Reflect.ownKeys(at)) if (name !== 'constructor') names.add(name);
    at = Object.getPrototypeOf(at) as object | null;
  }
  return [...names];
}

/** The same value, its functions watched. @param then what becomes of what they return. */
function wrapped(source: object, label: string, then: (result: unknown) => unknown): object {
  const copy = {};
  for (const name of membersOf(source)) {
    const member = (source as Members)[name];
    if (typeof member === 'function') define(copy, name, watched(member as Call, source, label, then));
    else if (isListOfParts(member)) {
      // Such as the columns of a table.
      const items = member.map((item) => wrapped(item, label, itself));
      define(copy, name, Object.freeze(items));
    } else {
      // Read each time: what a load balancer has compared is new after each choice.
      Object.defineProperty(copy, name, { get: () => (source as Members)[name], enumerable: true });
    }
  }
  return Object.freeze(copy);
}

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

/** No function of a contract has more than eight arguments; a list of them for each call would cost more than the call. */
function watched(call: Call, owner: unknown, label: string, then: (result: unknown) => unknown): Call {
  const bound = call as (this: unknown, ...args: unknown[]) => unknown;
  return function guardedCall(a?, b?, c?, d?, e?, f?, g?, h?): unknown {
    try {
      return then(bound.call(owner, a, b, c, d, e, f, g, h));
    } catch (error) {
      throw named(error, label);
    }
  } as (...args: unknown[]) => unknown as Call;
}
