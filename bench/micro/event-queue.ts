// Event queue alone, hold model: pop the earliest of `pending` events and push it again a random delay later.
// The wanted ratio is against fastpriorityqueue used the obvious way: a fresh object an event and a comparator.

import { createEventQueue, type EventQueue, QUEUE_NAMES, RandomStream, sample } from '../../src/engine/index.js';
import { key } from '../../test/fixtures/keys.js';
import { type BenchRow, compare } from '../harness.js';

const DELAYS = 1 << 16;

function delays(mean: number): Float64Array {
  const stream = new RandomStream('bench', 'hold');
  return Float64Array.from({ length: DELAYS }, (_, i) =>
    Math.floor(sample({ kind: 'exponential', mean }, stream.uniform(key(0), i))),
  );
}

/** Returns a function that performs `operations` holds on a queue that already has `pending` events. */
function hold(queue: EventQueue, pending: number, meanNs: number, operations: number): () => void {
  const delay = delays(meanNs);
  for (let i = 0; i < pending; i++) queue.push(delay[i % DELAYS]! + (i % 977), 1, i, 0);
  let at = 0;
  return () => {
    for (let i = 0; i < operations; i++) {
      queue.pop();
      queue.push(queue.time + delay[at++ & (DELAYS - 1)]!, 1, queue.subject, 0);
    }
  };
}

export async function benchEventQueue(quick: boolean): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const pending of quick ? [100_000] : [1_000, 100_000, 1_000_000]) {
    const operations = quick ? 200_000 : 500_000;
    const tasks = QUEUE_NAMES.map((name) => ({
      name,
      run: hold(createEventQueue(name), pending, 10e9, operations),
    }));
    rows.push(
      ...(await compare({
        group: `event queue, hold, ${pending} pending`,
        baseline: 'fastpriorityqueue',
        tasks,
        operations,
        unit: 'hold/s',
        quick,
      })),
    );
  }
  return rows;
}
