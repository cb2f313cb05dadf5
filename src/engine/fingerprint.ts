// A digest of what was executed, in order. Part of the engine.
// Two runs with the same fingerprint executed the same events at the same times in the same order (up to a collision of
// a 64-bit hash); a determinism check compares fingerprints before it compares files.

export class Fingerprint {
  #a = 0x243f6a88;
  #b = 0x85a308d3 | 0;

  /** Takes one event into the digest. */
  add(time: number, kind: number, subject: number, argument: number): void {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (time | 0), 0x9e3779b1);
    b = Math.imul(b ^ ((time / 4294967296) | 0) ^ (a >>> 15), 0x85ebca77);
    a = Math.imul(a ^ subject ^ (b >>> 13), 0xc2b2ae3d);
    b = Math.imul(b ^ (argument | 0) ^ (kind << 24) ^ (a >>> 16), 0x27d4eb2f);
    this.#a = (a << 13) | (a >>> 19);
    this.#b = b ^ this.#a;
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
