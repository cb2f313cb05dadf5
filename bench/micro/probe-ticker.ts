// A whole engine at work: 150,000 entities that tick every 10 s, each tick an event with one keyed draw and a counter.
// Against the obvious way of writing it: closures over fastpriorityqueue, with the same draws. Which draw of its entity is
// next travels in the event on both sides: as its argument here, as a captured variable there.

import FastPriorityQueue from 'fastpriorityqueue';
import { createEventQueue, RandomStream, Simulation } from '../../src/engine/index.js';
import { key } from '../../test/fixtures/keys.js';
import { type BenchRow, compare } from '../harness.js';

const ENTITIES = 150_000;
const PERIOD = 10e9;
const PROBABILITY = 1e-5;

/** Returns a function that executes `ticks` further ticks. */
function onEngine(ticks: number): () => void {
  const simulation = new Simulation(createEventQueue('wheel'));
  const stream = new RandomStream('bench', 'probe');
  let failures = 0;
  const tick = simulation.on('tick', (entity, n) => {
    if (stream.uniform(key(entity), n) < PROBABILITY) failures++;
    simulation.schedule(simulation.now + PERIOD, tick, entity, n + 1);
  });
  const phase = new RandomStream('bench', 'phase');
  for (let i = 0; i < ENTITIES; i++) simulation.schedule(phase.below(PERIOD, key(i), 0), tick, i);
  const step = (PERIOD / ENTITIES) * ticks;
  return () => {
    simulation.runUntil(Math.floor(simulation.now + step));
    if (failures < 0) throw new Error('unreachable');
  };
}

function onClosures(ticks: number): () => void {
  interface Pending {
    time: number;
    sequence: number;
    run: () => void;
  }
  const queue = new FastPriorityQueue<Pending>(
    (a, b) => a.time < b.time || (a.time === b.time && a.sequence < b.sequence),
  );
  const stream = new RandomStream('bench', 'probe');
  let failures = 0;
  let sequence = 0;
  let now = 0;
  const schedule = (time: number, entity: number, n: number): void => {
    queue.add({
      time,
      sequence: sequence++,
      run: () => {
        if (stream.uniform(key(entity), n) < PROBABILITY) failures++;
        schedule(now + PERIOD, entity, n + 1);
      },
    });
  };
  const phase = new RandomStream('bench', 'phase');
  for (let i = 0; i < ENTITIES; i++) schedule(phase.below(PERIOD, key(i), 0), i, 0);
  return () => {
    for (let i = 0; i < ticks; i++) {
      const event = queue.poll()!;
      now = event.time;
      event.run();
    }
    if (failures < 0) throw new Error('unreachable');
  };
}

export async function benchProbeTicker(quick: boolean): Promise<BenchRow[]> {
  const ticks = quick ? 150_000 : 300_000;
  return compare({
    group: 'probe ticker, 150000 entities, every tick executed',
    baseline: 'closures + fastpriorityqueue',
    tasks: [
      { name: 'engine', run: onEngine(ticks) },
      { name: 'closures + fastpriorityqueue', run: onClosures(ticks) },
    ],
    operations: ticks,
    unit: 'events/s',
    quick,
  });
}
