// A worker of the queue: takes jobs, runs each in a thread of its own so that its hold of them is renewed meanwhile, and
// gives back what came of it. Part of the experiments. Node.js only. A job may come from anybody who can write to the queue:
// what is none is refused, and one that would not fit into memory is, too.

import type { ExtensionModule } from '../../catalogue.js';
import { namedAs } from '../../extension/index.js';
import type { Job } from '../jobs.js';
import type { Assignment, JobOutcome } from './executor.js';
import { openWorker } from './queue-connection.js';
import { answerOf, asQueuedJob, type QueuedAnswer, type QueuedJob, unpackAssignment } from './queue-messages.js';
import { type SharedAssignment, ThreadPool } from './thread-pool.js';

export interface QueueServerOptions {
  readonly url: string;
  readonly threads: number;
  /** Memory that all runs together may take. */
  readonly memoryBytes: number;
  readonly build: string;
  /** Modules that whoever runs the worker has allowed: a job may need these, to the byte, and no others. */
  readonly modules: readonly ExtensionModule[];
  /** What it calls itself, such as host and process. */
  readonly name: string;
  /** What the jobs of an assignment are called: one that has the name of another is refused. */
  readonly namesOf: (assignment: Pick<Assignment, 'source' | 'options'>) => (job: Job) => string;
  readonly onDone: (id: string, outcome: 'done' | 'failed' | 'refused') => void;
  readonly onTrouble: (message: string) => void;
}

export interface QueueServer {
  /** Takes no more jobs; resolves when those under way are finished. */
  close(): Promise<void>;
}

interface Known {
  readonly shared: SharedAssignment;
  readonly nameOf: (job: Job) => string;
}

/** Assignments that are kept: workers of several sweeps change between them. */
const KEPT = 4;

/** Begins to work. Throws a QueueError if there is no queue. */
export async function serveQueue(options: QueueServerOptions): Promise<QueueServer> {
  const { url, threads, memoryBytes, build, modules, name, namesOf, onDone, onTrouble } = options;
  // Made when the first job comes: threads that are ended while they begin can take the process with them.
  let pool: ThreadPool | undefined;
  const assignments = new Map<string, Known>();
  const knownOf = (message: QueuedJob, threadPool: ThreadPool): Known | string => {
    let known = assignments.get(message.digest);
    if (known === undefined) {
      const assignment = unpackAssignment(message);
      if (assignment === undefined) return 'the job is damaged';
      const needed = assignment.source.extensions;
      const lacking = needed.find(({ digest }) => !modules.some((module) => module.digest === digest));
      if (lacking !== undefined) {
        return `it has no extension ${lacking.name} ${lacking.version} of these bytes; give it to the worker with --extension`;
      }
      // In the order of whoever asks, without those that were not asked for.
      const named = needed.flatMap(({ digest }) => namedAs(modules, needed).find((one) => one.digest === digest) ?? []);
      known = { shared: threadPool.share({ ...assignment, modules: named }), nameOf: namesOf(assignment) };
      const [oldest] = assignments.keys();
      if (assignments.size >= KEPT && oldest !== undefined) assignments.delete(oldest);
      assignments.set(message.digest, known);
    }
    return known;
  };
  const perform = async (id: string, data: unknown): Promise<QueuedAnswer> => {
    const refuse = (reason: string): QueuedAnswer => {
      onDone(id, 'refused');
      return { refused: { worker: name, reason } };
    };
    const message = asQueuedJob(data);
    if (message === undefined) return refuse('it is not a job of kubelapse');
    if (message.build !== build) {
      return refuse(`it runs kubelapse ${build}, the job comes from ${message.build}; use the same everywhere`);
    }
    pool ??= new ThreadPool(threads, memoryBytes / threads);
    const known = knownOf(message, pool);
    if (typeof known === 'string') return refuse(known);
    // Whoever asks finds the record by this name, and believes that it is of what the name says.
    if (known.nameOf(message.job) !== id) return refuse('the job has the name of another job');
    const outcome = (await pool.perform(known.shared, message.job, id)) as JobOutcome;
    onDone(id, 'packed' in outcome ? 'done' : 'failed');
    return answerOf(outcome);
  };
  const worker = await openWorker(url, threads, perform, (error) => onTrouble(error.message));
  return {
    async close() {
      await worker.close();
      await pool?.close();
    },
  };
}
