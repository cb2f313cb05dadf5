// Jobs on many machines: put into a queue, and their results taken from it. Part of the experiments. Node.js only.
// Whoever asks may be killed: jobs and results stay in the queue under names that say what they are the result of, and are
// found there when the same is asked again.

import type { Job } from '../jobs.js';
import type { Executor, ExecutorWatch, LoadedAssignment } from './executor.js';
import { unpack } from './packed.js';
import { openQueue, type Queue, WorkerRefusedError } from './queue-connection.js';
import { packAssignment, type QueuedAnswer, type QueuedJob } from './queue-messages.js';

/** Milliseconds between two looks at what has come. */
const LOOK_EVERY = 100;
/** Jobs in the queue at the same time, at most, and their characters: it is not to grow without bound. */
const WAITING_MAX = 1000;
const WAITING_CHARACTERS_MAX = 64 << 20;
/** Jobs that are looked at in one round, the oldest first. */
const LOOKED_AT = 200;
/** How long a queue that is away is waited for at the end. */
const GIVEN_UP_MS = 2000;
/** Times that a damaged result is asked for again. */
const DAMAGED_MAX = 3;

export class QueueExecutor implements Executor {
  readonly #url: string;
  readonly #build: string;
  readonly #namesOf: (assignment: LoadedAssignment) => (job: Job) => string;
  readonly #onTrouble: (message: string) => void;
  #queue: Queue | undefined;

  /**
   * @param build which program this is. @param namesOf names for the jobs of an assignment that say what they are the result of, without `:`.
   * @param onTrouble hears of connections that are lost, once each.
   */
  constructor(
    url: string,
    build: string,
    namesOf: (assignment: LoadedAssignment) => (job: Job) => string,
    onTrouble: (message: string) => void,
  ) {
    this.#url = url;
    this.#build = build;
    this.#namesOf = namesOf;
    this.#onTrouble = onTrouble;
  }

  async run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    this.#queue ??= await openQueue(
      this.#url,
      once((error) => this.#onTrouble(error.message)),
    );
    const queue = this.#queue;
    const nameOf = this.#namesOf(assignment);
    const shared = packAssignment(assignment);
    const room = Math.max(1, Math.min(WAITING_MAX, Math.floor(WAITING_CHARACTERS_MAX / shared.assignment.length)));
    /** Names of jobs that were put into the queue, in that order, and their places in `jobs`. */
    const asked = new Map<string, number>();
    const damaged = new Map<string, number>();
    let next = 0;
    const ask = (id: string, job: Job): Promise<void> =>
      queue.add(id, { build: this.#build, job, ...shared } satisfies QueuedJob);
    const work = async (): Promise<void> => {
      while ((next < jobs.length || asked.size > 0) && !watch.isStopped()) {
        while (next < jobs.length && asked.size < room) {
          const job = jobs[next]!;
          const id = nameOf(job);
          await ask(id, job);
          asked.set(id, next++);
        }
        const ids = [...asked.keys()].slice(0, LOOKED_AT);
        const states = await Promise.all(ids.map((id) => queue.stateOf(id)));
        let isAny = false;
        for (const [i, id] of ids.entries()) {
          if (watch.isStopped()) break;
          const index = asked.get(id)!;
          if (states[i] === 'missing') await ask(id, jobs[index]!);
          if (states[i] !== 'completed' && states[i] !== 'failed') continue;
          isAny = true;
          const answer = await this.#answer(queue, id);
          await queue.remove(id);
          if (answer === undefined && (damaged.get(id) ?? 0) < DAMAGED_MAX) {
            damaged.set(id, (damaged.get(id) ?? 0) + 1);
            await ask(id, jobs[index]!);
            continue;
          }
          asked.delete(id);
          watch.done(
            index,
            answer ?? { failure: { kind: 'defect', message: 'its result came damaged again and again' } },
          );
        }
        watch.progress(0);
        if (!isAny) await sleep(LOOK_EVERY);
      }
    };
    /** While the queue is away nothing that is asked of it ends: a stop does not wait for that. */
    let isOver = false;
    const stopped = async (): Promise<void> => {
      while (!watch.isStopped() && !isOver) await sleep(LOOK_EVERY);
      if (!isOver) await sleep(GIVEN_UP_MS);
    };
    try {
      await Promise.race([work(), stopped()]);
    } finally {
      isOver = true;
      // What nobody waits for any more; those under way come to their end.
      const removed = Promise.all([...asked.keys()].map((id) => queue.remove(id)));
      await atMost(GIVEN_UP_MS, removed);
    }
  }

  async close(): Promise<void> {
    if (this.#queue !== undefined) await atMost(GIVEN_UP_MS, this.#queue.close());
    this.#queue?.disconnect();
  }

  /** Undefined if it is damaged or gone. Throws a {@link WorkerRefusedError} if a worker refused it. */
  async #answer(queue: Queue, id: string) {
    const { value, failedReason } = await queue.resultOf(id);
    if (failedReason !== undefined && failedReason !== '') {
      return { failure: { kind: 'defect', message: `the queue gave it up: ${failedReason}` } } as const;
    }
    const answer = value as QueuedAnswer | undefined | null;
    if (answer === undefined || answer === null) return undefined;
    if ('refused' in answer) {
      const { worker, build } = answer.refused;
      await queue.remove(id);
      throw new WorkerRefusedError(
        `worker ${worker} refused: it is kubelapse ${build}, this is ${this.#build}; use the same everywhere`,
      );
    }
    if ('failure' in answer) return answer;
    const packed = Buffer.from(answer.packed, 'base64');
    return unpack(packed) === undefined ? undefined : { packed };
  }
}

/** Waits for work, but no longer than that. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Hears the first of what may come again and again. */
function once(hear: (error: Error) => void): (error: Error) => void {
  let isHeard = false;
  return (error) => {
    if (!isHeard) hear(error);
    isHeard = true;
  };
}
