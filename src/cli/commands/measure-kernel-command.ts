// `kubelapse measure-kernel`: measures on this machine what kube-proxy's rules cost, in network namespaces of its own.

import { setImmediate } from 'node:timers/promises';
import { fileError } from '../../scenario/index.js';
import { ExitCode } from '../exit-code.js';
import { checkFile, writeWhole } from '../files/index.js';
import { BACKENDS, type Backend, MEASURED_MODES, type MeasuredMode } from '../measure-kernel/backends.js';
import { type MeasurePlan, measureBackend, REPEATS, tryBackend } from '../measure-kernel/measure.js';
import { type Machine, missingTools, noneLeft, refusalOf, thisMachine } from '../measure-kernel/requirements.js';
import { ENDPOINTS_MAX } from '../measure-kernel/services.js';
import { type Measurement, measurementsCsv } from '../measure-kernel/table.js';
import { ToolError } from '../measure-kernel/tool-error.js';
import { printDocument, sayLine } from '../print.js';
import { endProcess, hearSignals } from '../signals.js';

export interface MeasureKernelArguments {
  /** Numbers of services, separated by commas. */
  readonly services: string;
  /** Endpoints of each service. */
  readonly endpoints: string;
  /** Connections that are timed at each point. */
  readonly connections: string;
  /** iptables, nftables, ipvs, separated by commas. */
  readonly modes: string;
  /** File that is written; `-` is standard output. */
  readonly output: string;
  readonly quiet: boolean;
}

export async function measureKernelCommand(args: MeasureKernelArguments): Promise<number> {
  const plan = planOf(args);
  const modes = modesOf(args.modes);
  const tell = (line: string): void => {
    if (!args.quiet) sayLine(`${line}`);
  };
  // Testbeds clean up after themselves when the process exits. Nothing is half written then: files are written whole, at the end.
  const stopListening = hearSignals((signal) => endProcess(signal, 'stopped; nothing was written'));
  try {
    const wanted = BACKENDS.filter(({ mode }) => modes.has(mode));
    if (args.output !== '-') checkFile(args.output, 'name another file with --output');
    const machine = thisMachine();
    const refusal = refusalOf(machine, wanted);
    if (refusal !== undefined) throw refusal;
    const backends = await usable(machine, wanted, tell);
    write(args.output, measurementsCsv(await measureAll(backends, plan, tell)));
    if (args.output !== '-') tell(`${args.output} written`);
    return ExitCode.Ok;
  } catch (error) {
    await letSignalsCome();
    if (!(error instanceof ToolError)) throw error;
    sayLine(`kubelapse: the measurement failed, nothing was written: ${error.message}`);
    return ExitCode.Failed;
  } finally {
    stopListening();
  }
}

function write(output: string, csv: string): void {
  if (output === '-') printDocument(csv);
  else writeWhole(output, csv);
}

/** The backends that work here. Throws an InputError if none does. */
async function usable(machine: Machine, wanted: readonly Backend[], tell: (line: string) => void): Promise<Backend[]> {
  const found: Backend[] = [];
  const reasons: string[] = [];
  for (const backend of wanted) {
    const reason = await whyNot(machine, backend);
    if (reason === undefined) found.push(backend);
    else reasons.push(`${backend.label}: ${reason}`);
  }
  if (found.length === 0) throw noneLeft(reasons);
  for (const reason of reasons) tell(`skipped: ${reason}`);
  return found;
}

async function whyNot(machine: Machine, backend: Backend): Promise<string | undefined> {
  const missing = missingTools(machine, backend);
  if (missing.length > 0) return `${missing.join(' and ')} not on the PATH (apt-get install ${backend.package})`;
  try {
    await tryBackend(backend);
    return undefined;
  } catch (error) {
    await letSignalsCome();
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}

async function measureAll(
  backends: readonly Backend[],
  plan: MeasurePlan,
  tell: (line: string) => void,
): Promise<Measurement[]> {
  const all: Measurement[] = [];
  for (const backend of backends) {
    for await (const point of measureBackend(backend, plan)) {
      all.push(...point);
      tell(progressLine(backend, point));
    }
  }
  return all;
}

/** `nftables, 1000 services: first packet 0.25 ms, restore full 98.2 ms, …`: the medians. */
function progressLine({ label }: Backend, point: readonly Measurement[]): string {
  const medians = point.filter(({ quantile }) => quantile === 0.5);
  const texts = medians.map(
    ({ metric, value }) => `${metric.replace('_seconds', '').replaceAll('_', ' ')} ${(value * 1000).toFixed(3)} ms`,
  );
  return `${label}, ${point[0]!.services} services: ${texts.join(', ')}`;
}

/** Ctrl-C in a terminal may end a program that was called, too. The signal is the reason then, so it goes first. */
const letSignalsCome = (): Promise<void> => setImmediate();

/** Throws an InputError that names the flag. */
function planOf(args: MeasureKernelArguments): MeasurePlan {
  const services = args.services.split(',').map((text) => countOf('--services', text));
  const endpoints = countOf('--endpoints', args.endpoints);
  const connections = countOf('--connections', args.connections);
  const most = Math.floor(ENDPOINTS_MAX / endpoints) - REPEATS;
  if (most < Math.max(...services)) {
    const range =
      most < 1 ? `at most ${Math.floor(ENDPOINTS_MAX / (REPEATS + 1))} endpoints` : `at most ${most} services`;
    throw fileError(
      '--services',
      `has more endpoints than there are addresses: ${ENDPOINTS_MAX}`,
      `${range} with these flags`,
    );
  }
  return { services: [...new Set(services)].sort((a, b) => a - b), endpoints, connections };
}

function countOf(flag: string, text: string): number {
  const trimmed = text.trim();
  if (/^[1-9]\d{0,8}$/.test(trimmed)) return Number(trimmed);
  throw fileError(flag, `"${trimmed}" is not a count`, 'a whole number from 1');
}

function modesOf(text: string): Set<MeasuredMode> {
  const modes = text.split(',').map((word) => word.trim());
  const known: readonly string[] = MEASURED_MODES;
  const unknown = modes.find((mode) => !known.includes(mode));
  if (unknown !== undefined)
    throw fileError(
      '--modes',
      `"${unknown}" is not a mode that can be measured`,
      `${MEASURED_MODES.join(', ')}, separated by commas`,
    );
  return new Set(modes as MeasuredMode[]);
}
