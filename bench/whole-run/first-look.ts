// The main scenario, one simulated hour in each kube-proxy mode: events, seconds simulated a second, memory.

import { readerFor } from '../../src/cli/files.js';
import { runPoints } from '../../src/experiment/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, round } from '../harness.js';

const PATH = 'scenarios/first-look.yaml';

export async function benchWholeRun(quick: boolean): Promise<BenchRow[]> {
  const set = quick ? ['spec.duration=10m', 'spec.faults[0].at=1m', 'spec.faults[1].at=6m'] : [];
  const scenario = loadScenario({ path: PATH, read: readerFor(PATH), set });
  const rows: BenchRow[] = [];
  let peak = 0;
  for (const point of scenario.points) {
    globalThis.gc?.();
    const cpu = process.cpuUsage();
    let result: { eventsExecuted: number; eventsRepresented: number } | undefined;
    for (const progress of runPoints({ ...scenario, points: [point] })) {
      peak = Math.max(peak, process.memoryUsage().rss);
      if (progress.point !== undefined) result = progress.point.result.counts;
    }
    const used = process.cpuUsage(cpu);
    const seconds = (used.user + used.system) / 1e6;
    const name = `first-look, ${point.parameters[0]!.value}, ${point.spec.duration / 1e9} simulated seconds`;
    const row = (what: string, count: number, unit: string): BenchRow => ({
      name: `${name}: ${what}`,
      ratio: null,
      count: round(count),
      unit,
    });
    rows.push(
      row('cpu time', seconds, 's'),
      row('events executed', result!.eventsExecuted, 'events'),
      row('events represented', result!.eventsRepresented, 'events'),
      row('events executed per second', result!.eventsExecuted / seconds, 'events/s'),
      row('simulated seconds per cpu second', point.spec.duration / 1e9 / seconds, 's/s'),
    );
  }
  rows.push({
    name: 'first-look: peak memory, all modes in one process',
    ratio: null,
    count: round(peak / 2 ** 20),
    unit: 'MiB',
  });
  return rows;
}
