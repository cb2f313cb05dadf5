// `--sweep path=a,b,c` and ranges: parameters of a sweep from the command line. Part of the scenario.

import { fileError } from '../diagnostics.js';
import { yamlValue } from '../yaml/yaml-source.js';
import { type Override, parsePath } from './overrides.js';

interface SweepFlag {
  readonly path: string;
  readonly source: string;
  readonly values?: readonly unknown[];
  readonly range?: Readonly<Record<string, unknown>>;
}

/** The sweep of a document with the parameters of the flags in place of its own on the same paths, or added. */
export function sweepOverride(document: unknown, flags: readonly string[]): Override[] {
  if (flags.length === 0) return [];
  const wanted = flags.map(parseSweepFlag);
  const twice = wanted.findIndex(({ path }, i) => wanted.findIndex((other) => other.path === path) !== i);
  if (twice >= 0) throw fileError(wanted[twice]!.source, 'sweeps a path that another --sweep sweeps too');
  const own = ownSweep(document);
  const parameters: Record<string, unknown>[] = own.parameters.map((parameter) => {
    const flag = wanted.find(({ path }) => path === parameter.path);
    return flag === undefined ? parameter : { name: parameter.name, ...fieldsOf(flag) };
  });
  for (const flag of wanted) {
    if (own.parameters.some(({ path }) => path === flag.path)) continue;
    parameters.push({ name: nameOf(flag.path, parameters), ...fieldsOf(flag) });
  }
  const source = wanted.map((flag) => flag.source).join(' ');
  return [{ path: ['spec', 'sweep'], value: { ...own.rest, parameters }, source }];
}

const fieldsOf = ({ path, values, range }: SweepFlag): Record<string, unknown> =>
  range === undefined ? { path, values } : { path, range };

function ownSweep(document: unknown): {
  parameters: readonly Readonly<Record<string, unknown>>[];
  rest: Readonly<Record<string, unknown>>;
} {
  const sweep = (document as { spec?: { sweep?: { parameters?: unknown } } } | null)?.spec?.sweep;
  if (typeof sweep !== 'object' || sweep === null || !Array.isArray(sweep.parameters))
    return { parameters: [], rest: {} };
  const { parameters, ...rest } = sweep;
  return { parameters: parameters.filter((p) => typeof p === 'object' && p !== null), rest };
}

function parseSweepFlag(text: string): SweepFlag {
  const source = `--sweep ${text}`;
  const at = text.indexOf('=');
  const path = text.slice(0, at);
  if (at <= 0 || parsePath(path) === undefined) {
    throw fileError(source, 'must be path=a,b,c or path=from:to:step, such as spec.kubeProxy.mode=iptables,ipvs');
  }
  const value = text.slice(at + 1);
  const range = rangeOf(value);
  if (range !== undefined) return { path, source, range };
  const read = yamlValue(`[${value}]`);
  if (read === undefined) {
    throw fileError(
      source,
      `the values ${JSON.stringify(value)} are not a YAML list`,
      'put values with special characters in quotes',
    );
  }
  const values = read.value;
  if (!Array.isArray(values) || values.length === 0) throw fileError(source, 'gives no values');
  return { path, source, values };
}

/** `1:10:3` by steps, `1:1000:x10` by a factor, `1:10:n4` four values. */
function rangeOf(text: string): Record<string, unknown> | undefined {
  const end = '(\\d+(?:\\.\\d+)?(?:[a-zµ]+[\\d.a-zµ]*)?)';
  const match = new RegExp(`^${end}:${end}:(x|n)?${end}$`).exec(text);
  if (match === null) return undefined;
  const [, from, to, kind, last] = match as unknown as string[];
  const number = (word: string): number | string => (/^[\d.]+$/.test(word) ? Number(word) : word);
  const way = kind === 'x' ? 'factor' : kind === 'n' ? 'points' : 'step';
  return { from: number(from!), to: number(to!), [way]: number(last!) };
}

/** The last name of a path as a column's name, with the names before it as far as it takes to be the only one. */
function nameOf(path: string, others: readonly { readonly name?: unknown }[]): string {
  const words = parsePath(path)!
    .filter((step) => typeof step === 'string')
    .map((step) =>
      step
        .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
        .replace(/[^a-z0-9_]/g, '_')
        .replace(/^[^a-z]+/, ''),
    );
  for (let from = words.length - 1; from >= 0; from--) {
    const name = words.slice(from).join('_');
    if (name !== '' && !others.some((other) => other.name === name)) return name;
  }
  return `parameter_${others.length}`;
}
