// How charts look, as configuration of Vega-Lite. Part of the report.

/** Colours that are told apart without seeing red and green, and in grey print by their lightness (Okabe and Ito). */
export const COLOURS = {
  blue: '#0072B2',
  orange: '#D55E00',
  sky: '#56B4E9',
  green: '#009E73',
  grey: '#555555',
} as const;

export const CHART_STYLE = {
  font: 'DejaVu Sans, Arial, sans-serif',
  background: 'white',
  view: { stroke: null },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    grid: true,
    gridColor: '#e6e6e6',
    domainColor: '#888',
    tickColor: '#888',
  },
  legend: { labelFontSize: 11, titleFontSize: 12, labelLimit: 320 },
  title: { fontSize: 14, subtitleFontSize: 11, anchor: 'start', subtitleColor: '#555', offset: 12 },
  header: { labelFontSize: 12, titleFontSize: 12, labelAnchor: 'start' },
};
