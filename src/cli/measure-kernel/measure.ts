// What is measured, in which order. Part of `kubelapse measure-kernel`.

import type { Backend, Command } from './backends.js';
import { ENDPOINT_PORT, lcg, type MeasuredService, makeServices, SERVICE_PORT, shuffled } from './services.js';
import { type MeasuredMetric, type Measurement, quantileOf } from './table.js';
import { Testbed } from './testbed.js';

export interface MeasurePlan {
  /** Numbers of services, ascending. */
  readonly services: readonly number[];
  /** Endpoints of each service. */
  readonly endpoints: number;
  /** Connections that are timed at each point. */
  readonly connections: number;
}

/** How often each programming time is measured; a point needs that many services more. */
export const REPEATS = 3;
/** Connections before those that count. */
const WARM_UP = 50;
const TARGETS_SEED = 2;
const MEDIAN = 0.5;
const FIRST_PACKET_QUANTILES = [0.1, MEDIAN, 0.9, 0.99];
const NANOSECOND_DIGITS = 9;

/**
 * Tries a backend with one service and another that is added, and a connection to each. Throws a ToolError that says why it
 * cannot be measured.
 */
export async function tryBackend(backend: Backend): Promise<void> {
  const testbed = await Testbed.open();
  const connect = ({ address }: MeasuredService): Promise<number[]> =>
    testbed.connect({ targets: [address], port: SERVICE_PORT, warmUp: 0 });
  try {
    const [first, added] = makeServices(2, 2) as [MeasuredService, MeasuredService];
    await runAll(testbed, backend.prepare([first, added]));
    await testbed.run(backend.writeAll([first]));
    await connect(first);
    await testbed.run(backend.writeOne([first], added));
    await connect(added);
    await connect(first);
    if (backend.save !== undefined) await testbed.run(backend.save);
    await runAll(testbed, backend.clear);
  } finally {
    testbed.close();
  }
}

/** Measures one backend in a network of its own; yields the rows of one number of services at a time, of none first. */
export async function* measureBackend(backend: Backend, plan: MeasurePlan): AsyncGenerator<Measurement[]> {
  const testbed = await Testbed.open();
  try {
    yield await measureBase(testbed, backend, plan);
    for (const count of plan.services) yield await measurePoint(testbed, backend, plan, count);
  } finally {
    testbed.close();
  }
}

/** Connections straight to an endpoint, while the kernel has no rules. */
async function measureBase(testbed: Testbed, backend: Backend, plan: MeasurePlan): Promise<Measurement[]> {
  const [server] = makeServices(1, 1)[0]!.endpoints;
  const targets = Array.from({ length: WARM_UP + plan.connections }, () => server!);
  const times = await testbed.connect({ targets, port: ENDPOINT_PORT, warmUp: WARM_UP });
  return rows(backend, 0, 0, 'first_packet_seconds', times, FIRST_PACKET_QUANTILES);
}

async function measurePoint(
  testbed: Testbed,
  backend: Backend,
  { endpoints, connections }: MeasurePlan,
  count: number,
): Promise<Measurement[]> {
  const services = shuffled(makeServices(count, endpoints));
  const full = await writeAllTimes(testbed, backend, services);
  const targets = drawTargets(services, WARM_UP + connections);
  const firstPacket = await testbed.connect({ targets, port: SERVICE_PORT, warmUp: WARM_UP });
  const save = await saveTimes(testbed, backend);
  const one = await writeOneTimes(testbed, backend, services, makeServices(REPEATS, endpoints, count));
  await runAll(testbed, backend.clear);
  const of = (metric: MeasuredMetric, times: readonly number[], quantiles?: readonly number[]): Measurement[] =>
    rows(backend, count, count * endpoints, metric, times, quantiles);
  return [
    ...of('first_packet_seconds', firstPacket, FIRST_PACKET_QUANTILES),
    ...of('restore_full_seconds', full),
    ...of('restore_one_seconds', one),
    ...of('save_seconds', save),
  ];
}

/** Leaves all services written. */
async function writeAllTimes(
  testbed: Testbed,
  backend: Backend,
  services: readonly MeasuredService[],
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    if (i > 0) await runAll(testbed, backend.clear);
    await runAll(testbed, backend.prepare(services));
    times.push(await testbed.run(backend.writeAll(services)));
  }
  return times;
}

/** None where a sync does not read. */
async function saveTimes(testbed: Testbed, { save }: Backend): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; save !== undefined && i < REPEATS; i++) times.push(await testbed.run(save));
  return times;
}

/** Adds one service after another to those that are there. */
async function writeOneTimes(
  testbed: Testbed,
  backend: Backend,
  services: readonly MeasuredService[],
  added: readonly MeasuredService[],
): Promise<number[]> {
  const times: number[] = [];
  for (const [i, service] of added.entries())
    times.push(await testbed.run(backend.writeOne([...services, ...added.slice(0, i)], service)));
  return times;
}

/** Every service is as likely as any other, and as likely to be far down the list. */
function drawTargets(services: readonly MeasuredService[], count: number): string[] {
  const draw = lcg(TARGETS_SEED);
  return Array.from({ length: count }, () => services[draw(services.length)]!.address);
}

/** One row a quantile; none without observations. */
function rows(
  { mode, backend }: Backend,
  services: number,
  endpoints: number,
  metric: MeasuredMetric,
  times: readonly number[],
  quantiles: readonly number[] = [MEDIAN],
): Measurement[] {
  if (times.length === 0) return [];
  const samples = times.length;
  return quantiles.map((quantile) => {
    const value = Number(quantileOf(times, quantile).toFixed(NANOSECOND_DIGITS));
    return { metric, mode, backend, services, endpoints, quantile, value, samples };
  });
}

async function runAll(testbed: Testbed, commands: readonly Command[]): Promise<void> {
  for (const command of commands) await testbed.run(command);
}
