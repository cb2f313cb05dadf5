// Light or dark, as the reader's system has it; always light on paper. Part of the pages.

import { SERIES_COLOURS, SHADES, type Theme } from '../report/pictures/chart-style.js';

const dark = window.matchMedia('(prefers-color-scheme: dark)');
let isPrinting = false;
const listeners = new Set<() => void>();

export const theme = (): Theme => (dark.matches && !isPrinting ? 'dark' : 'light');
export const shades = () => SHADES[theme()];
export const colourOf = (index: number): string => SERIES_COLOURS[theme()][index % SERIES_COLOURS.light.length]!;

/** Calls back when colours are to change. @returns ends that. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  for (const listener of listeners) listener();
}

dark.addEventListener('change', changed);
for (const [event, value] of [
  ['beforeprint', true],
  ['afterprint', false],
] as const) {
  window.addEventListener(event, () => {
    isPrinting = value;
    changed();
  });
}
