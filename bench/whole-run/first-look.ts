// The main scenario, one simulated hour in each kube-proxy mode, each in a process of its own: events, speed, memory.

import { fileURLToPath } from 'node:url';
import { inputsOf } from '../../src/cli/files/index.js';
import { runSteps } from '../../src/experiment/index.js';
import { type LoadedScenario, loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, figuresOf, inOwnProcess, type ProcessUse, processUse } from '../harness.js';

const PATH = 'scenarios/first-look.yaml';
const QUICK = ['spec.duration=10m', 'spec.faults[0].at=1m', 'spec.faults[1].at=6m'];

interface Measured extends ProcessUse {
  readonly eventsExecuted: number;
  readonly eventsRepresented: number;
  readonly wallSeconds: number;
}

export async function benchWholeRun(quick: boolean): Promise<BenchRow[]> {
  return load(quick).points.flatMap((point) => {
    const measured = inOwnProcess<Measured>(import.meta.url, point.index, quick);
    const simulated = point.spec.duration / 1e9;
    const name = `first-look, ${point.parameters[0]!.value}, ${simulated} simulated seconds`;
    const row = figuresOf(name);
    return [
      row('wall time', measured.wallSeconds, 's'),
      row('cpu time', measured.cpuSeconds, 's'),
      row('events executed', measured.eventsExecuted, 'events'),
      row('events represented', measured.eventsRepresented, 'events'),
      row('events executed per second', measured.eventsExecuted / measured.wallSeconds, 'events/s'),
      row('simulated seconds per wall second', simulated / measured.wallSeconds, 's/s'),
      row('peak memory', measured.peakBytes / 2 ** 20, 'MiB'),
    ];
  });
}

const load = (quick: boolean): LoadedScenario =>
  loadScenario({ path: PATH, ...inputsOf(PATH), set: quick ? QUICK : [] });

/** Runs one point and prints what it took; this is what the process of a point does. */
function measure(index: number, quick: boolean): void {
  const started = performance.now();
  const scenario = load(quick);
  const steps = runSteps(scenario, { point: index, replication: 0 }, {});
  let step = steps.next();
  while (!step.done) step = steps.next();
  const { counts } = step.value.result();
  const measured: Measured = {
    eventsExecuted: counts.eventsExecuted,
    eventsRepresented: counts.eventsRepresented,
    wallSeconds: (performance.now() - started) / 1000,
    ...processUse(),
  };
  process.stdout.write(JSON.stringify(measured));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  measure(Number(process.argv[2]), process.argv.includes('--quick'));
}
