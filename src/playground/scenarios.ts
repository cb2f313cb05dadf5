// The scenarios that come with kubelapse, as the page offers them. Part of the playground.

import type { ScenarioFiles } from './messages.js';

const TEXTS: Readonly<Record<string, string>> = import.meta.glob(
  ['../../scenarios/*.yaml', '../../scenarios/manifests/**/*.yaml'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

const ROOT = '../../scenarios/';
const texts = new Map(Object.entries(TEXTS).map(([path, text]) => [path.slice(ROOT.length), text]));

/** Those first that are quick and tell much. */
const FIRST = [
  'single-node',
  'slow-start-liveness',
  'crashloop',
  'stale-endpoints',
  'node-death',
  'ipvs-schedulers',
  'first-look',
];

export const SCENARIO_NAMES: readonly string[] = [
  ...FIRST,
  ...[...texts.keys()]
    .filter((path) => !path.includes('/'))
    .map((path) => path.replace(/\.yaml$/, ''))
    .filter((name) => !FIRST.includes(name))
    .sort(),
];

/** The scenario with the files that its text names; undefined if there is none of that name. */
export function bundled(name: string): ScenarioFiles | undefined {
  const scenario = `${name}.yaml`;
  const text = texts.get(scenario);
  if (text === undefined) return undefined;
  const named = [...texts].filter(
    ([path]) => path.includes('/') && (text.includes(path) || text.includes(folderOf(path))),
  );
  return { scenario, files: Object.fromEntries([[scenario, text], ...named]) };
}

/** A folder below manifests/ that a scenario may name as a whole. */
const folderOf = (path: string): string => {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return folder === 'manifests' ? path : folder;
};
