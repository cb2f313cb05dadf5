// Pictures of specifications, with a message where the libraries that draw them are missing.

import { createRequire } from 'node:module';
import { NO_PNG, NoChartsError, type PngParts, pngOf, svgOf } from '../report/index.js';
import { fileError } from '../scenario/index.js';
import { bytesOf } from './files.js';

/**
 * SVG of a Vega-Lite specification. Throws an InputError where vega and vega-lite are not installed.
 * @param flag that asks for it. @param hint how to do without. @param onWarning hears what the libraries think is wrong with it.
 */
export async function drawn(
  spec: Readonly<Record<string, unknown>>,
  flag: string,
  hint?: string,
  onWarning?: (text: string) => void,
): Promise<string> {
  try {
    return await svgOf(spec, onWarning);
  } catch (error) {
    if (error instanceof NoChartsError) throw fileError(flag, error.message, hint);
    throw error;
  }
}

/** PNG of an SVG. Throws an InputError where resvg or the fonts are not installed. */
export async function pngDrawn(svg: string, flag: string): Promise<Uint8Array> {
  try {
    return await pngOf(svg, pngParts());
  } catch (error) {
    if (error instanceof NoChartsError) throw fileError(flag, error.message, 'or ask for .svg');
    throw error;
  }
}

const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

function pngParts(): PngParts {
  return {
    wasm: installed('@resvg/resvg-wasm/index_bg.wasm'),
    fonts: FONTS.map((name) => installed(`dejavu-fonts-ttf/ttf/${name}`)),
  };
}

function installed(name: string): Uint8Array {
  const bytes = bytesOf(pathOf(name) ?? '');
  if (bytes === undefined) throw new NoChartsError(NO_PNG);
  return bytes;
}

/** Where a file of a package lies; undefined if the package is not installed. */
export function pathOf(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
}
