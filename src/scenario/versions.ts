// The table of versions in words, for `kubelapse explain versions` and the reference. Part of the scenario.

import { type MinorVersion, VERSION_FACTS, type VersionFact } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';

/** One line of the table. */
export interface VersionLine {
  /** Feature gate as Kubernetes calls it, else the fact as the model does. */
  readonly name: string;
  readonly isGate: boolean;
  /** Since when, or which value when. */
  readonly holds: string;
  readonly meaning: string;
  readonly source: string;
}

const seconds = (ns: number): string => `${ns / NS_PER_SECOND}s`;
const since = (version: MinorVersion): string => `since 1.${version}`;

/** `40s; 50s since 1.32`. */
export const durationByVersion = ({ values: [[, first], ...later] }: VersionFact<number>): string =>
  [seconds(first), ...later.map(([version, value]) => `${seconds(value)} ${since(version)}`)].join('; ');

function holds({ gate, values }: VersionFact<boolean | number>): string {
  if (typeof values[0][1] === 'number') return durationByVersion({ values } as VersionFact<number>);
  const turned = values
    .slice(1)
    .map(([version, value]) => `${gate === undefined || value ? '' : 'off '}${since(version)}`);
  return gate === undefined ? turned.join(', ') : turned.length === 0 ? 'off' : `on ${turned.join(', ')}`;
}

/** What differs between versions, in the order of the table. */
export const versionLines = (): VersionLine[] =>
  Object.entries(VERSION_FACTS as Readonly<Record<string, VersionFact<boolean | number>>>).map(([name, fact]) => ({
    name: fact.gate ?? name,
    isGate: fact.gate !== undefined,
    holds: holds(fact),
    meaning: fact.meaning,
    source: fact.source,
  }));
