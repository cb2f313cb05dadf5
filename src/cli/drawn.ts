// Charts as SVG, with a message where the libraries are missing.

import { NoChartsError, svgOf } from '../report/index.js';
import { fileError } from '../scenario/index.js';

/** Throws an InputError where vega and vega-lite are not installed. */
export async function drawn(spec: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    return await svgOf(spec);
  } catch (error) {
    if (error instanceof NoChartsError) throw fileError('--charts', error.message, 'or leave them out: --no-charts');
    throw error;
  }
}
