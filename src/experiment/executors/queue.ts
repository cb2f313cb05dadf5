// Jobs on many machines: put into a queue, and their results taken from it. Part of the experiments. Node.js only.
// Whoever asks may be killed: jobs and results stay in the queue under names that say what they are the result of, and are
// found there when the same is asked again. Others may write to the queue: an answer that is not the record of its job is
// refused by name, and the job is asked for again; what nobody answers well is done here.

import type { Job } from '../jobs.js';
import type { Executor, ExecutorWatch, JobOutcome, LoadedAssignment } from './executor.js';
import { unpack } from './packed.js';
import { openQueue, type Queue } from './queue-connection.js';
import { asQueuedAnswer, packAssignment, type QueuedAnswer, type QueuedJob } from './queue-messages.js';
import { type SharedAssignment, ThreadPool } from './thread-pool.js';

/** Milliseconds between two looks at what has come. */
const LOOK_EVERY = 100;
/** Jobs in the queue at the same time, at most, and their characters: it is not to grow without bound. */
const WAITING_MAX = 1000;
const WAITING_CHARACTERS_MAX = 64 << 20;
/** Jobs that are looked at in one round, the oldest first. */
const LOOKED_AT = 200;
/** How long a queue that is unreachable is waited for at the end. */
const GIVEN_UP_MS = 2000;
/** Answers to a job that are refused before it is done here. */
const REFUSED_MAX = 3;
/** Characters of a name that somebody else has written which are told. */
const NAME_MAX = 80;

export interface QueueTold {
  /** A connection is lost: once. */
  onTrouble(message: string): void;
  /** An answer was refused, or a job is done here. */
  onRefused(message: string): void;
}

export class QueueExecutor implements Executor {
  readonly #url: string;
  readonly #build: string;
  readonly #told: QueueTold;
  #queue: Queue | undefined;
  /** For jobs that nobody answers well. */
  #own: ThreadPool | undefined;

  /** @param build which program this is. */
  constructor(url: string, build: string, told: QueueTold) {
    this.#url = url;
    this.#build = build;
    this.#told = told;
  }

  async run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    this.#queue ??= await openQueue(
      this.#url,
      once((error) => this.#told.onTrouble(error.message)),
    );
    const queue = this.#queue;
    const shared = packAssignment(assignment);
    const room = Math.max(1, Math.min(WAITING_MAX, Math.floor(WAITING_CHARACTERS_MAX / shared.assignment.length)));
    const own = new OwnWork(assignment, () => {
      this.#own ??= new ThreadPool(1);
      return this.#own;
    });
    /** Names of jobs that were put into the queue, in that order, and their places in `jobs`. */
    const asked = new Map<string, number>();
    const refusals = new Map<string, number>();
    let next = 0;
    /** What the queue does not take is done here: somebody has put something else where its data were. */
    const ask = async (id: string, index: number): Promise<void> => {
      try {
        await queue.add(id, { build: this.#build, job: jobs[index]!, ...shared } satisfies QueuedJob);
        asked.set(id, index);
      } catch (error) {
        doHere(id, index, `the queue does not accept it (${wordsOf(error)})`);
      }
    };
    const doHere = (id: string, index: number, why: string): void => {
      this.#told.onRefused(`job ${id}: ${why}; running it here`);
      asked.delete(id);
      own.add(index, jobs[index]!, id);
    };
    const refuse = async (id: string, index: number, why: string): Promise<void> => {
      const times = (refusals.get(id) ?? 0) + 1;
      refusals.set(id, times);
      if (times >= REFUSED_MAX) return doHere(id, index, why);
      this.#told.onRefused(`job ${id}: ${why}; asking for it again`);
      await ask(id, index);
    };
    const work = async (): Promise<void> => {
      while ((next < jobs.length || asked.size > 0 || own.isBusy) && !watch.isStopped()) {
        while (next < jobs.length && asked.size < room) {
          await ask(assignment.nameOf(jobs[next]!), next);
          next++;
        }
        const ids = [...asked.keys()].slice(0, LOOKED_AT);
        const states = await Promise.all(
          ids.map((id) => queue.stateOf(id).catch((error) => ({ problem: wordsOf(error) }))),
        );
        let isAny = own.deliver(watch);
        for (const [i, id] of ids.entries()) {
          if (watch.isStopped()) break;
          const index = asked.get(id)!;
          const state = states[i]!;
          if (typeof state !== 'string') doHere(id, index, `the queue cannot report its state (${state.problem})`);
          if (state === 'missing') await ask(id, index);
          if (state !== 'completed' && state !== 'failed') continue;
          isAny = true;
          const answer = await answerFor(queue, id);
          await queue.remove(id);
          const packed = 'packed' in answer ? Buffer.from(answer.packed, 'base64') : undefined;
          const expected = { name: id, job: jobs[index]!, scenario: assignment.scenario };
          if (packed !== undefined && unpack(packed, expected) !== undefined) {
            asked.delete(id);
            watch.done(index, { packed });
          } else await refuse(id, index, whyRefused(answer));
        }
        watch.progress(0);
        if (!isAny) await sleep(LOOK_EVERY);
      }
    };
    /** While the queue is unreachable nothing that is asked of it ends: a stop does not wait for that. */
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
    this.#own?.stop();
    await this.#own?.close();
    if (this.#queue !== undefined) await atMost(GIVEN_UP_MS, this.#queue.close());
    this.#queue?.disconnect();
  }
}

const wordsOf = (error: unknown): string => String((error as Error).message ?? error).slice(0, NAME_MAX);

/** What somebody has answered to a job, whatever that is. */
async function answerFor(queue: Queue, id: string): Promise<QueuedAnswer | { readonly problem: string }> {
  let result: Awaited<ReturnType<Queue['resultOf']>>;
  try {
    result = await queue.resultOf(id);
  } catch (error) {
    return { problem: `its answer cannot be read (${wordsOf(error)})` };
  }
  const { value, failedReason } = result;
  if (failedReason !== undefined && failedReason !== '') {
    return { problem: `the queue gave up on it: ${String(failedReason).slice(0, NAME_MAX)}` };
  }
  return asQueuedAnswer(value) ?? { problem: 'its answer is invalid' };
}

/** A failure is not believed either: it is seen to when the job is done here. */
function whyRefused(answer: QueuedAnswer | { readonly problem: string }): string {
  if ('problem' in answer) return answer.problem;
  if ('refused' in answer) {
    const { worker, reason } = answer.refused;
    return `worker ${worker.slice(0, NAME_MAX)} refused: ${reason}`;
  }
  if ('failure' in answer) return `a worker says that it failed: ${answer.failure.message.slice(0, NAME_MAX)}`;
  return 'its answer is not the record of this job';
}

/** Jobs that are done in a thread of this process, one after another. */
class OwnWork {
  readonly #assignment: LoadedAssignment;
  readonly #pool: () => ThreadPool;
  #shared: SharedAssignment | undefined;
  readonly #waiting: { readonly index: number; readonly job: Job; readonly name: string }[] = [];
  readonly #done: { readonly index: number; readonly outcome: JobOutcome }[] = [];
  #isWorking = false;

  constructor(assignment: LoadedAssignment, pool: () => ThreadPool) {
    this.#assignment = assignment;
    this.#pool = pool;
  }

  get isBusy(): boolean {
    return this.#isWorking || this.#waiting.length > 0 || this.#done.length > 0;
  }

  add(index: number, job: Job, name: string): void {
    this.#waiting.push({ index, job, name });
    if (!this.#isWorking) void this.#work();
  }

  /** Hands over what is finished. @returns whether anything was. */
  deliver(watch: ExecutorWatch): boolean {
    const isAny = this.#done.length > 0;
    for (const { index, outcome } of this.#done.splice(0)) watch.done(index, outcome);
    return isAny;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    const pool = this.#pool();
    this.#shared ??= pool.share(this.#assignment);
    for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) {
      const outcome = await pool.perform(this.#shared, one.job, one.name);
      if (outcome === undefined) break;
      this.#done.push({ index: one.index, outcome });
    }
    this.#isWorking = false;
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
