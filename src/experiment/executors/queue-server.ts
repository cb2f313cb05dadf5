// A worker of the queue: takes jobs, runs each in a thread of its own so that its hold of them is renewed meanwhile, and
// gives back what came of it. Part of the experiments. Node.js only.

import type { JobOutcome } from './executor.js';
import { openWorker } from './queue-connection.js';
import { answerOf, type QueuedAnswer, type QueuedJob, unpackAssignment } from './queue-messages.js';
import { type SharedAssignment, ThreadPool } from './thread-pool.js';

export interface QueueServerOptions {
  readonly url: string;
  readonly threads: number;
  readonly build: string;
  /** What it calls itself, such as host and process. */
  readonly name: string;
  readonly onDone: (id: string, outcome: 'done' | 'failed' | 'refused') => void;
  readonly onTrouble: (message: string) => void;
}

export interface QueueServer {
  /** Takes no more jobs; resolves when those under way are finished. */
  close(): Promise<void>;
}

/** Assignments that are kept: workers of several sweeps change between them. */
const KEPT = 4;

/** Begins to work. Throws a QueueError if there is no queue. */
export async function serveQueue(options: QueueServerOptions): Promise<QueueServer> {
  const { url, threads, build, name, onDone, onTrouble } = options;
  const pool = new ThreadPool(threads);
  const assignments = new Map<string, SharedAssignment>();
  const sharedOf = (message: QueuedJob): SharedAssignment => {
    let shared = assignments.get(message.digest);
    if (shared === undefined) {
      shared = pool.share(unpackAssignment(message));
      const [oldest] = assignments.keys();
      if (assignments.size >= KEPT && oldest !== undefined) assignments.delete(oldest);
      assignments.set(message.digest, shared);
    }
    return shared;
  };
  const perform = async (id: string, data: unknown): Promise<QueuedAnswer> => {
    const message = data as QueuedJob;
    if (message.build !== build) {
      onDone(id, 'refused');
      return { refused: { worker: name, build } };
    }
    const outcome = (await pool.perform(sharedOf(message), message.job)) as JobOutcome;
    onDone(id, 'packed' in outcome ? 'done' : 'failed');
    return answerOf(outcome);
  };
  const worker = await openWorker(url, threads, perform, (error) => onTrouble(error.message)).catch(async (error) => {
    await pool.close();
    throw error;
  });
  return {
    async close() {
      await worker.close();
      await pool.close();
    },
  };
}
