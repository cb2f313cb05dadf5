// What a controller has still to do, and who does it: the work queue of client-go with its workers. Part of the control plane.
// Source: k8s.io/client-go/util/workqueue. A key that waits already is not added again; one that is in work is taken once more
// when it is done, so that no two workers have the same one.

import { Fifo } from '../../engine/index.js';

export class WorkQueue {
  readonly #waiting = new Fifo();
  readonly #isWaiting = new Set<number>();
  readonly #inWork = new Set<number>();
  readonly #workers: number;
  readonly #take: (key: number) => void;

  /** @param workers keys in work at once. @param take begins the work on a key, of which {@link done} is the end. */
  constructor(workers: number, take: (key: number) => void) {
    this.#workers = workers;
    this.#take = take;
  }

  add(key: number): void {
    if (this.#isWaiting.has(key)) return;
    this.#isWaiting.add(key);
    if (this.#inWork.has(key)) return;
    this.#waiting.push(key);
    this.#work();
  }

  /** The work on a key is over. */
  done(key: number): void {
    this.#inWork.delete(key);
    if (this.#isWaiting.has(key)) this.#waiting.push(key);
    this.#work();
  }

  #work(): void {
    while (this.#inWork.size < this.#workers && this.#waiting.length > 0) {
      const key = this.#waiting.shift();
      this.#isWaiting.delete(key);
      this.#inWork.add(key);
      this.#take(key);
    }
  }
}
