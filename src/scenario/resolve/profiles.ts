// Profiles: what a machine, a kernel or a version of a plugin costs, if not what the defaults say. Part of the scenario.
// A profile is a file of its own with a name and sources, so that a difference in speed is never a hidden factor.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
import type { AnyParameter, ParameterChange } from '../../cluster/index.js';
import { type Distribution, fixed, lognormal, mean } from '../../engine/index.js';
import { distribution } from '../../format/distributions.js';
import { formatPath, type Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { parseExactDuration, parseQuantity } from '../../format/units.js';
import type { Diagnostic } from '../diagnostics.js';
import { API_VERSION, type DistributionInput } from '../schema/index.js';
import { readDocument } from '../yaml/document.js';
import { BehaviorReader } from './behavior.js';

const text = (what: string) => z.string({ error: `must be ${what}` }).min(1);

export const profileSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Profile'),
  metadata: z.strictObject({
    name: text('the name of the machine, kernel or version'),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.strictObject({
    parameters: z.record(
      z.string(),
      z.record(
        z.string(),
        z.strictObject({
          value: z.unknown().refine((value) => value !== undefined && value !== null, { error: 'is missing' }),
          source: text('where the value comes from: a publication, or how it was measured'),
        }),
      ),
    ),
  }),
});

const CONSTANTS_HINT = 'those that Kubernetes lets you set are fields of the scenario';

export interface Profile {
  readonly name: string;
  readonly file: string;
  readonly changes: readonly ParameterChange[];
}

/** Reads a profile; what is wrong with it is added to `diagnostics`. @param catalogue the costs that there are. */
export function readProfile(
  file: string,
  source: string,
  { costs, parameters: all }: Pick<Catalogue, 'costs' | 'parameters'>,
  diagnostics: Diagnostic[],
): Profile {
  const nothing: Profile = { name: file, file, changes: [] };
  const read = readDocument(profileSchema, 'a profile', file, source, diagnostics);
  if (read === undefined) return nothing;
  const { locate } = read;
  const { metadata, spec } = read.value;
  const changes: ParameterChange[] = [];
  for (const [group, parameters] of Object.entries(spec.parameters)) {
    const known = Object.hasOwn(costs, group) ? costs[group] : undefined;
    const refuse = (at: Path, what: 'key' | 'value', message: string, hint: string): void => {
      const field = formatPath(at);
      diagnostics.push({ severity: 'error', ...locate(at, what), field, message, hint });
    };
    const at: Path = ['spec', 'parameters', group];
    if (known === undefined) {
      const groups = Object.keys(costs);
      if (Object.hasOwn(all, group)) {
        refuse(at, 'key', 'holds constants and choices of the model, which a profile cannot change', CONSTANTS_HINT);
      } else refuse(at, 'key', 'is not a group of costs', didYouMean(group, groups) ?? `groups: ${groups.join(', ')}`);
      continue;
    }
    for (const [name, { value, source: from }] of Object.entries(parameters)) {
      const usual = Object.hasOwn(known, name) ? known[name] : undefined;
      if (usual === undefined) {
        const names = Object.keys(known);
        refuse(
          [...at, name],
          'key',
          'is not a parameter',
          didYouMean(name, names) ?? `parameters: ${names.join(', ')}`,
        );
        continue;
      }
      const place: Path = [...at, name, 'value'];
      const problems: string[] = [];
      const parsed = parsedValue(usual, value, (message) => problems.push(message));
      for (const message of problems) refuse(place, 'value', message, `default: ${exampleOf(usual)}`);
      if (parsed !== undefined) {
        changes.push({ group, name, parameter: { ...usual, value: parsed, source: `${metadata.name}: ${from}` } });
      }
    }
  }
  return { name: metadata.name, file, changes };
}

/** What these profiles change, later ones over earlier ones. */
export const costsOf = (profiles: readonly Profile[]): ParameterChange[] => profiles.flatMap(({ changes }) => changes);

type Refuse = (message: string) => void;

/** Longest cost of one thing, ns. */
const COST_MAX = 3600e9;

/** What something is divided by. */
const isRate = ({ unit }: AnyParameter): boolean => /\/s$|^1\/s$/.test(unit);

function parsedValue(usual: AnyParameter, value: unknown, refuse: Refuse): number | Distribution | undefined {
  if (typeof usual.value !== 'number') return distributionOf(usual.unit, value, refuse);
  if (usual.unit === 'ns') {
    const ns = typeof value === 'string' ? parseExactDuration(value) : undefined;
    if (ns === undefined) refuse(`must be a duration such as 50ns, 12.5us or 4ms, not ${JSON.stringify(value)}`);
    else if (ns > COST_MAX) refuse(`must be at most 1h, not ${value}`);
    return ns;
  }
  const number = quantityOf(value);
  if (number === undefined) refuse(`must be a number (${usual.unit}), not ${JSON.stringify(value)}`);
  else if (number === 0 && isRate(usual)) refuse('must be more than 0');
  return number;
}

const quantityOf = (value: unknown): number | undefined =>
  typeof value === 'number' || typeof value === 'string' ? parseQuantity(value) : undefined;

function distributionOf(unit: string, value: unknown, refuse: Refuse): Distribution | undefined {
  if (unit === 's') {
    const parsed = distribution.safeParse(value);
    if (parsed.success) {
      const found = new BehaviorReader((_path, message) => refuse(message)).distribution(
        parsed.data as DistributionInput,
        [],
      );
      if (mean(found) > COST_MAX) refuse('must be at most 1h on average');
      return found;
    }
    refuse(`must be a duration or a distribution such as {distribution: lognormal, p50: 65ms, sigma: 0.35}`);
    return undefined;
  }
  const plain = quantityOf(value);
  if (plain === 0) refuse('must be more than 0');
  if (plain !== undefined) return fixed(plain);
  const { distribution: kind, p50, sigma, ...rest } = (value ?? {}) as Record<string, unknown>;
  const median = quantityOf(p50);
  const isLognormal = kind === 'lognormal' && Object.keys(rest).length === 0 && typeof sigma === 'number' && sigma >= 0;
  if (isLognormal && median !== undefined && median > 0) return lognormal(median, sigma);
  refuse(`must be a number of ${unit}, or {distribution: lognormal, p50: 62M, sigma: 0.35}`);
  return undefined;
}

/** A value as a profile writes it. */
export function exampleOf({ value, unit }: AnyParameter): string {
  if (typeof value === 'number') return unit === 'ns' ? durationText(value) : `${Number(value.toPrecision(5))}`;
  const write = unit === 's' ? durationText : (n: number): string => `${Number(n.toPrecision(4))}`;
  switch (value.kind) {
    case 'lognormal':
      return `{distribution: lognormal, p50: ${write(value.median)}, sigma: ${Number(value.sigma.toPrecision(4))}}`;
    case 'fixed':
      return write(value.value);
    case 'uniform':
      return `{distribution: uniform, min: ${write(value.low)}, max: ${write(value.high)}}`;
    case 'mixture':
      return `{distribution: mixture, parts: [${value.parts
        .map((part) => `{weight: ${part.weight}, of: ${exampleOf({ value: part.distribution, unit } as AnyParameter)}}`)
        .join(', ')}]}`;
    default:
      return value.kind;
  }
}

/** Five digits, never with an exponent, which no duration is written with. */
function plainText(value: number): string {
  const text = `${Number(value.toPrecision(5))}`;
  return text.includes('e')
    ? Number(text)
        .toFixed(20)
        .replace(/\.?0+$/, '') || '0'
    : text;
}

/** ns in the unit in which the number is short. */
export function durationText(ns: number): string {
  const [unit, name] =
    (
      [
        [1e9, 's'],
        [1e6, 'ms'],
        [1e3, 'us'],
      ] as const
    ).find(([size]) => ns >= size) ?? ([1, 'ns'] as const);
  return `${plainText(ns / unit)}${name}`;
}
