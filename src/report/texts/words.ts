// How the summary writes numbers and names. Part of the report.

import type { FinishedPoint } from '../../results/index.js';

/** 1234567 as 1,234,567, whatever the locale. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Three digits, no more than it needs. */
export const figure = (n: number): string => String(Number(n.toPrecision(3)));

/** `1 pod`, `1,234 pods`. */
export const plural = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;

/** `iptables`, or `count=3` where the value alone would be read as a figure. */
export const nameOf = ({ parameters }: Pick<FinishedPoint, 'parameters'>): string =>
  parameters
    .map(({ name, value }) => (/^[a-z]/i.test(String(value)) && typeof value === 'string' ? value : `${name}=${value}`))
    .join('/');

/** How many times as much as the base, to three digits. */
export function ratio(value: number, base: number): string {
  const quotient = value / base;
  return Math.abs(quotient - 1) < 0.005
    ? 'the same'
    : `${quotient < 1000 ? figure(quotient) : grouped(Number(figure(quotient)))}x`;
}

/** Lines of at most so many characters, broken between words. */
export function wrapped(text: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + word.length + 1 > characters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
