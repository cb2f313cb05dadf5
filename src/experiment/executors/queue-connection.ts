// The queue that many machines share: BullMQ on Redis or PostgreSQL, by the scheme of its URL. Part of the experiments.
// Node.js only. Account and encryption are in the URL: redis://user:password@host, rediss://…, postgres://…?sslmode=require.

/** One queue for all who ask, and all who work. */
const QUEUE_NAME = 'kubelapse';

/** A queue that cannot be used: wrong URL, missing library, nobody there. */
export class QueueError extends Error {
  /** Whether the URL is valid, but no server answered. */
  readonly isUnavailable: boolean;

  constructor(message: string, isUnavailable = false) {
    super(message);
    this.isUnavailable = isUnavailable;
  }
}

/**
 * A worker that is alive renews its hold of a job at half of this; a job that nobody holds is taken over by another at its
 * next look. No published figure: BullMQ's own 30 s, shorter, because runs are short, and are repeated from their beginning.
 */
const LOCK_MS = 10_000;
const STALLED_LOOK_MS = 5_000;
/** Times that a job is taken over before it counts as one that kills its workers. No published figure. */
const TAKEN_OVER_MAX = 50;
/** How long a connection may take. */
const CONNECT_MS = 10_000;

type Backend = 'redis' | 'postgres';

export function backendOf(url: string): Backend | undefined {
  if (/^rediss?:\/\//.test(url)) return 'redis';
  return /^postgres(ql)?:\/\//.test(url) ? 'postgres' : undefined;
}

/** Names of parameters of a URL whose values are nobody's business. */
const SECRET_NAME = /pass|pwd|secret|token|key|auth/i;

/** The URL without its password, whether that stands before the host or among the parameters. */
export const withoutPassword = (url: string): string =>
  url
    // Whatever stands between the first colon of the account and the last @, also if it is no URL.
    .replace(/^((?:[\w.-]+=)?(?:(?:[\w+.-]+:)?\/+)?[^:@\s/]*):[\s\S]*@/, '$1:…@')
    .replace(/([?&])([^=&#]*)=([^&#]*)/g, (all, mark: string, name: string) =>
      SECRET_NAME.test(name) ? `${mark}${name}=…` : all,
    );

/** A message without the passwords of a URL, however libraries write them. */
export function withoutSecrets(message: string, url: string): string {
  const user = /^[\w+.-]+:\/+[^:@\s/]*:([\s\S]*)@/.exec(url)?.[1];
  const parameters = [...url.matchAll(/[?&]([^=&#]*)=([^&#]*)/g)].flatMap(([, name, value]) =>
    SECRET_NAME.test(name!) ? [value!] : [],
  );
  return [...(user === undefined ? [] : [user]), ...parameters]
    .flatMap((secret) => [secret, decoded(secret)])
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '…'), message.replaceAll(url, withoutPassword(url)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What is done with a queue, whichever it is on. */
export interface Queue {
  /** Adds a job under a name of its own; one that is there under this name, finished or not, stays as it is. */
  add(id: string, data: unknown): Promise<void>;
  /** `missing`, `waiting`, `active`, `completed`, `failed`. */
  stateOf(id: string): Promise<string>;
  /** What a completed job returned, or why it failed. */
  resultOf(id: string): Promise<{ readonly value?: unknown; readonly failedReason?: string | undefined }>;
  /** Removes a job that is not under way. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
  /** Gives the connection up, whether it is there or not. */
  disconnect(): void;
}

/** Takes jobs from a queue. */
export interface QueueWorker {
  /** Lets jobs under way come to their end. */
  close(): Promise<void>;
}

/** How long a result waits for whoever asked, in seconds. */
const KEPT_S = 86_400;

/** Throws a {@link QueueError}. */
export async function openQueue(url: string, onError: (error: Error) => void): Promise<Queue> {
  const { classes, connection, disconnect } = await connected(url);
  const queue = new classes.Queue(QUEUE_NAME, {
    connection,
    // Results are asked for by name: events that repeat them would only take room.
    streams: { events: { maxLen: 100 } },
  } as never);
  queue.on('error', (error: Error) => onError(new Error(withoutSecrets(error.message, url))));
  await queue.waitUntilReady();
  return {
    async add(id, data) {
      const kept = { age: KEPT_S };
      await queue.add('run', data, { jobId: id, removeOnComplete: kept, removeOnFail: kept, attempts: 1 });
    },
    async stateOf(id) {
      const state: string = await queue.getJobState(id);
      return state === 'unknown' ? 'missing' : state;
    },
    async resultOf(id) {
      const job = await queue.getJob(id);
      return job === undefined || job === null ? {} : { value: job.returnvalue, failedReason: job.failedReason };
    },
    async remove(id) {
      await queue.remove(id).catch(() => 0);
    },
    async close() {
      await queue.close();
      disconnect();
    },
    disconnect,
  };
}

/** Works on jobs, `concurrency` of them at the same time. Throws a {@link QueueError}. */
export async function openWorker(
  url: string,
  concurrency: number,
  perform: (id: string, data: unknown) => Promise<unknown>,
  onError: (error: Error) => void,
): Promise<QueueWorker> {
  const { classes, connection, disconnect } = await connected(url);
  const worker = new classes.Worker(
    QUEUE_NAME,
    (job: { id?: string; data: unknown }) => perform(job.id ?? '', job.data),
    {
      connection,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_LOOK_MS,
      maxStalledCount: TAKEN_OVER_MAX,
    } as never,
  );
  worker.on('error', (error: Error) => onError(new Error(withoutSecrets(error.message, url))));
  await worker.waitUntilReady();
  return {
    async close() {
      await worker.close();
      disconnect();
    },
  };
}

type Classes = Pick<typeof import('bullmq'), 'Queue' | 'Worker'>;

interface Connected {
  readonly classes: Classes;
  /** What they connect with. */
  readonly connection: unknown;
  /** Ends what they leave open, which is what they were given. */
  disconnect(): void;
}

/** The classes for the backend of a URL; looks whether somebody is there. Throws a {@link QueueError}. */
async function connected(url: string): Promise<Connected> {
  const backend = backendOf(url);
  if (backend === undefined) throw new QueueError('must begin with redis://, rediss:// or postgres://');
  if (!URL.canParse(url)) throw new QueueError('is not a URL such as redis://user:password@host:6379');
  const needed = backend === 'postgres' ? 'bullmq ioredis pg' : 'bullmq ioredis';
  const bullmq = await library(() => import('bullmq'), needed);
  if (backend === 'postgres') {
    await library(() => import('pg'), needed);
    await reachPostgres(url);
    const { createPostgresBackend, withBackend } = bullmq;
    // Without `migrate` a fresh database has no tables, and a worker says so thousands of times a second.
    return {
      classes: withBackend(createPostgresBackend) as unknown as Classes,
      connection: { connectionString: url, migrate: true },
      disconnect: () => {},
    };
  }
  const { Redis } = await library(() => import('ioredis'), needed);
  const first = made(
    url,
    () => new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_MS, retryStrategy: () => null }),
  );
  let reason: Error | undefined;
  first.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await first.connect();
    await first.ping();
  } catch (error) {
    throw new QueueError(`cannot be reached: ${withoutSecrets(reasonOf(reason ?? error), url)}`, true);
  } finally {
    first.disconnect();
  }
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  return { classes: bullmq, connection, disconnect: () => connection.disconnect() };
}

/** The library throws at some URLs that are URLs. */
function made<T>(url: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new QueueError(`cannot be used: ${withoutSecrets(reasonOf(error), url)}`);
  }
}

async function reachPostgres(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = made(url, () => new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS }));
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    throw new QueueError(`cannot be reached: ${withoutSecrets(reasonOf(error), url)}`, true);
  } finally {
    await client.end().catch(() => {});
  }
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as Error & { code?: string };
  return message === undefined || message === '' ? (code ?? 'no answer') : message;
};

async function library<T>(load: () => Promise<T>, name: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new QueueError(`needs libraries that are not installed: npm install ${name}`);
  }
}
