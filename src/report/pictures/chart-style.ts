// How charts look, as configuration of Vega-Lite: in light and in dark. Part of the report.

/** Colours that are told apart without seeing red and green, and in grey print by their lightness (Okabe and Ito). */
export const COLOURS = {
  blue: '#0072B2',
  orange: '#D55E00',
  sky: '#56B4E9',
  green: '#009E73',
  grey: '#555555',
} as const;

export type Theme = 'light' | 'dark';

/** Colours of series, in order; each comes with a dash or a shape of its own, so that none is told by colour alone. */
export const SERIES_COLOURS: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#777777', '#8C510A'],
  dark: ['#56B4E9', '#FF8A3D', '#2CC7A0', '#E8A3CC', '#F2C14E', '#9DB7FF', '#B5B5B5', '#D0A070'],
};

/** Dashes of series, in the same order. */
export const SERIES_DASHES = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 4],
  [12, 4],
  [1, 3],
  [6, 2, 1, 2, 1, 2],
];

interface Shades {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
}

export const SHADES: Readonly<Record<Theme, Shades>> = {
  light: { background: '#ffffff', text: '#111111', muted: '#555555', grid: '#e6e6e6', axis: '#888888' },
  dark: { background: '#15181d', text: '#f0f0f0', muted: '#b8bcc4', grid: '#30353d', axis: '#8a9099' },
};

/** Configuration of Vega-Lite. */
export function chartStyle(theme: Theme) {
  const { background, text, muted, grid, axis } = SHADES[theme];
  return {
    font: 'DejaVu Sans, Arial, sans-serif',
    background,
    view: { stroke: null },
    rule: { color: text },
    axis: {
      labelFontSize: 11,
      titleFontSize: 12,
      grid: true,
      gridColor: grid,
      domainColor: axis,
      tickColor: axis,
      labelColor: text,
      titleColor: text,
    },
    legend: {
      labelFontSize: 11,
      titleFontSize: 12,
      labelLimit: 320,
      symbolOpacity: 1,
      labelColor: text,
      titleColor: text,
    },
    title: { fontSize: 14, subtitleFontSize: 11, anchor: 'start', color: text, subtitleColor: muted, offset: 12 },
    header: { labelFontSize: 12, titleFontSize: 12, labelAnchor: 'start', labelColor: text, titleColor: text },
  };
}

export const CHART_STYLE = chartStyle('light');
