// The table of versions in words, for `kubelapse explain versions` and the reference. Part of the scenario.

import { type MinorVersion, VERSION_FACTS, type VersionFact } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';

/** One line of the table. */
export interface VersionLine {
  /** Feature gate as Kubernetes calls it, else the fact as the model does. */
  readonly name: string;
  readonly isGate: boolean;
  /** Since when it is alpha, beta, GA; empty if it has no gate. */
  readonly stage: string;
  /** Since when it holds by default, or which value when. */
  readonly holds: string;
  /** The patch release in which the default turned, where it was one; empty otherwise. */
  readonly patch: string;
  readonly meaning: string;
  readonly source: string;
}

const seconds = (ns: number): string => `${ns / NS_PER_SECOND}s`;
const since = (version: MinorVersion): string => `since 1.${version}`;

/** `40s; 50s since 1.32`. */
export const durationByVersion = ({ values: [[, first], ...later] }: VersionFact<number>): string =>
  [seconds(first), ...later.map(([version, value]) => `${seconds(value)} ${since(version)}`)].join('; ');

function holds({ values }: VersionFact<boolean | number>): string {
  if (typeof values[0][1] === 'number') return durationByVersion({ values } as VersionFact<number>);
  const [[, first], ...later] = values;
  if (later.length === 0) return first ? 'on' : 'off';
  const turned = later.map(([version, value]) => `${value ? 'on' : 'off'} ${since(version)}`);
  return first ? `on; ${turned.join(', ')}` : turned.join(', ');
}

/** What differs between versions, in the order of the table. */
export const versionLines = (): VersionLine[] =>
  Object.entries(VERSION_FACTS as Readonly<Record<string, VersionFact<boolean | number>>>).map(([name, fact]) => ({
    name: fact.gate ?? name,
    isGate: fact.gate !== undefined,
    stage: (fact.stages ?? []).map(([version, stage]) => `${stage} ${since(version)}`).join(', '),
    holds: holds(fact),
    patch: fact.patch ?? '',
    meaning: fact.isOnlySaid === true ? `not modelled: ${fact.meaning}` : fact.meaning,
    source: fact.source,
  }));
