// What the title of a chart says: the finding, computed from what is drawn. Part of the charts.

import { formatDuration } from '../../scenario/index.js';
import { figure, grouped, ratio } from '../texts/words.js';
import type { Quantity } from './figure.js';

/** A figure in base units as text: `2.9µs`, `12 %`, `1,234`. */
export function textOf(value: number, quantity: Quantity): string {
  switch (quantity) {
    case 'seconds':
      return formatDuration(Math.round(value * 1e9)).replace('us', 'µs');
    case 'ratio':
      return `${figure(value * 100)} %`;
    case 'bytes':
      return `${grouped(Math.round(value))} bytes`;
    case 'number':
      return Number.isInteger(value) ? grouped(value) : figure(value);
  }
}

/** Figures that differ by less than this share are called the same. */
const HARDLY = 0.005;
/** Figures that a title names. */
const NAMED = 3;

/** `Pod start: ipvs 2.9µs, iptables 95µs (33x)`, the least first; one figure alone without a name. */
export function rankedFinding(
  what: string,
  figures: readonly { readonly name: string; readonly value: number }[],
  quantity: Quantity,
): string {
  const sorted = figures.toSorted((a, b) => a.value - b.value);
  const [best, worst] = [sorted[0]!, sorted.at(-1)!];
  if (sorted.length === 1) return `${what}: ${textOf(best.value, quantity)}`;
  if (worst.value === best.value || worst.value / best.value - 1 < HARDLY) {
    return `${what}: ${textOf(best.value, quantity)}, the same ${sorted.length === 2 ? 'in both' : `in all ${sorted.length}`}`;
  }
  const others = sorted.length <= NAMED ? sorted.slice(1) : [worst];
  const texts = others.map(({ name, value }) => {
    const times = best.value > 0 ? ` (${ratio(value, best.value)})` : '';
    return `${name} ${textOf(value, quantity)}${times}`;
  });
  const between = sorted.length <= NAMED ? ', ' : ' … ';
  return `${what}: ${[`${best.name} ${textOf(best.value, quantity)}`, texts.join(', ')].join(between)}`;
}
