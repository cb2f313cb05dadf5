// What fits into this machine's memory.

import { totalmem } from 'node:os';
import { estimateKeptBytes, estimateMemoryBytes, podCount } from '../run/index.js';
import { fileError, type InputError, type LoadedScenario, type ScenarioPoint } from '../scenario/index.js';

/** Share of the machine's memory that runs may take. */
const MEMORY_SHARE = 0.8;

/** Bytes that the runs of a process may take. */
export const memoryLimit = (): number => MEMORY_SHARE * Math.min(process.constrainedMemory() || Infinity, totalmem());

/** Memory that each point takes, looked at while the scenario is loaded. */
export class MemoryNeeds {
  readonly #limit = memoryLimit();
  #most = 0;

  /** Throws an InputError if the point would not fit into this machine's memory. */
  readonly look =
    (path: string) =>
    ({ spec }: ScenarioPoint): void => {
      const bytes = estimateMemoryBytes(spec);
      this.#most = Math.max(this.#most, bytes);
      const need = `about ${gib(bytes)} for ${podCount(spec)} pods`;
      if (bytes > this.#limit) throw tooLarge(path, need, this.#limit, 'lower replicas, copies or nodes');
    };

  /** Runs that fit into memory at the same time. */
  get fitting(): number {
    return this.#most === 0 ? 1 : Math.max(1, Math.floor(this.#limit / this.#most));
  }
}

/** Throws an InputError if a scenario whose results are all kept would not fit into this machine's memory. */
export function refuseTooLarge(scenario: LoadedScenario): void {
  const limit = memoryLimit();
  let kept = 0;
  for (const { spec } of scenario.points) {
    const bytes = kept + estimateMemoryBytes(spec);
    kept += estimateKeptBytes(spec);
    if (bytes <= limit) continue;
    const points = scenario.points.length > 1 ? ` at ${scenario.points.length} points` : '';
    const need = `about ${gib(bytes)} for ${podCount(spec)} pods${points}`;
    throw tooLarge(scenario.inputs[0]!.path, need, limit, 'lower replicas, copies, nodes or the points of the sweep');
  }
}

const tooLarge = (path: string, need: string, limit: number, hint: string): InputError =>
  fileError(path, `does not fit into this machine's memory: ${need}, ${gib(limit)} may be used`, hint);

const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
