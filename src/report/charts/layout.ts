// Which parameter of a sweep goes where in a chart: along an axis, into colours, into panels. Part of the charts.

import type { FigureSeries } from './figure.js';
import type { ResultPoint } from './result-tables.js';

export interface Layout {
  /** Parameter along the x axis; undefined if none is a number. */
  readonly along: string | undefined;
  readonly colour: string | undefined;
  /** All others that tell points apart. */
  readonly panels: readonly string[];
}

/** Colours that one can still tell apart. */
const COLOURS_MAX = 8;
/** Panels that one can still read. */
const PANELS_MAX = 12;

/** Values of a parameter in the order in which points have them. */
const valuesOf = (points: readonly ResultPoint[], name: string): string[] => [
  ...new Set(points.map(({ parameters }) => parameters.get(name) ?? '')),
];

/** Parameters of a sweep, each once. */
export const parameterNames = (points: readonly ResultPoint[]): string[] => [
  ...new Set(points.flatMap(({ parameters }) => [...parameters.keys()])),
];

/** Parameters that tell the points apart. */
export const varying = (points: readonly ResultPoint[]): string[] =>
  parameterNames(points).filter((name) => valuesOf(points, name).length > 1);

const isNumeric = (points: readonly ResultPoint[], name: string): boolean =>
  valuesOf(points, name).every((value) => value !== '' && Number.isFinite(Number(value)));

/**
 * @param wanted what a user has chosen. @param hasOwnAxis the x axis is time or a figure: no parameter goes along it.
 */
export function layoutOf(points: readonly ResultPoint[], hasOwnAxis: boolean, wanted: Partial<Layout> = {}): Layout {
  const chosen = [wanted.along, wanted.colour, ...(wanted.panels ?? [])];
  const free = varying(points).filter((name) => !chosen.includes(name));
  const along = wanted.along ?? (hasOwnAxis ? undefined : free.find((name) => isNumeric(points, name)));
  const rest = free.filter((name) => name !== along);
  const colour =
    wanted.colour ??
    rest.find((name) => !isNumeric(points, name) && valuesOf(points, name).length <= COLOURS_MAX) ??
    rest.find((name) => valuesOf(points, name).length <= COLOURS_MAX);
  return { along, colour, panels: [...(wanted.panels ?? []), ...rest.filter((name) => name !== colour)] };
}

/** What the values of some parameters say of a point: `iptables`, or `services=100` where the value alone says little. */
export const whereOf = ({ parameters }: ResultPoint, names: readonly string[]): string =>
  names
    .map((name) => {
      const value = parameters.get(name) ?? '';
      return /^[a-z]/i.test(value) ? value : `${name}=${value}`;
    })
    .join(', ');

/** Panel and name of a series as one name. */
export const fullName = ({ panel, name }: Pick<FigureSeries, 'panel' | 'name'>): string =>
  [panel, name].filter((part) => part !== '').join(', ');

/** The points in panels that still fit, and how many panels are left out. */
export function fittingPoints(
  points: readonly ResultPoint[],
  { panels }: Layout,
): { readonly points: readonly ResultPoint[]; readonly leftOut: number } {
  const places = [...new Set(points.map((point) => whereOf(point, panels)))];
  const kept = new Set(places.slice(0, PANELS_MAX));
  return {
    points: points.filter((point) => kept.has(whereOf(point, panels))),
    leftOut: Math.max(0, places.length - PANELS_MAX),
  };
}

/** Panels that show the same are one, named after them all; no name if it is the only one left. */
export function mergedPanels(series: readonly FigureSeries[]): FigureSeries[] {
  const panels = [...new Set(series.map(({ panel }) => panel))];
  const contents = new Map<string, string[]>();
  for (const panel of panels) {
    const own = series.filter((one) => one.panel === panel).map(({ name, data }) => ({ name, data }));
    const content = JSON.stringify(own);
    contents.set(content, [...(contents.get(content) ?? []), panel]);
  }
  return [...contents.values()].flatMap((alike) => {
    const name = contents.size > 1 ? namesTogether(alike) : '';
    return series.filter(({ panel }) => panel === alike[0]).map((one) => ({ ...one, panel: name }));
  });
}

/** Characters of the name of a panel. */
const NAME_MAX = 36;

function namesTogether(names: readonly string[]): string {
  const all = names.join(' · ');
  return all.length <= NAME_MAX ? all : `${names[0]} and ${names.length - 1} more`;
}

/** What a subtitle says of panels that are one. */
export const mergedNote = (before: readonly FigureSeries[], after: readonly FigureSeries[]): string[] => {
  const count = new Set(before.map(({ panel }) => panel)).size;
  return count > 1 && after.every(({ panel }) => panel === '')
    ? [`The same at ${count === 2 ? 'both' : `all ${count}`} points.`]
    : [];
};
