// Which series are shown, in all charts of a page at once: who hides ipvs in one does not want to see it in the next.
// Part of the pages.

export class Choice {
  readonly #hidden = new Set<string>();
  readonly #listeners = new Set<() => void>();

  /** @param dimension what the names are: the title of the colours. */
  isHidden(dimension: string, name: string): boolean {
    return this.#hidden.has(keyOf(dimension, name));
  }

  toggle(dimension: string, name: string): void {
    const key = keyOf(dimension, name);
    if (!this.#hidden.delete(key)) this.#hidden.add(key);
    for (const listener of this.#listeners) listener();
  }

  /** Calls back at each change. @returns ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const keyOf = (dimension: string, name: string): string => `${dimension}\n${name}`;
