// Parts of one kind by their names: what a catalogue is made of. Part of the cluster vocabulary.

export class PartList<T> {
  /** In the order in which they were listed. */
  readonly all: readonly T[];
  readonly names: readonly string[];
  readonly #kind: string;
  readonly #byName = new Map<string, T>();

  /** @param kind what they are, for messages. Throws a RangeError if two have one name. */
  constructor(kind: string, nameOf: (part: T) => string, parts: readonly T[]) {
    this.#kind = kind;
    this.all = Object.freeze([...parts]);
    this.names = Object.freeze(parts.map(nameOf));
    for (const part of parts) {
      const name = nameOf(part);
      if (this.#byName.has(name))
        throw new RangeError(`the name ${name} is taken: there is one among the ${kind}s already`);
      this.#byName.set(name, part);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The part of that name. Throws a RangeError that tells what there is if there is none. */
  get(name: string): T {
    const part = this.#byName.get(name);
    if (part === undefined) {
      throw new RangeError(`no ${this.#kind} is called "${name}"; there are: ${this.names.join(', ')}`);
    }
    return part;
  }
}
