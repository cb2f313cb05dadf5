// An SVG as a PNG, without a browser, and with fonts that are handed in: every machine draws the same. Part of the report.

/** What makes PNG is not installed. */
export class NoPngError extends Error {}

/** What drawing needs beside the picture; files that only the command line can read. */
export interface PngParts {
  /** resvg as WebAssembly: `index_bg.wasm` of @resvg/resvg-wasm. */
  readonly wasm: Uint8Array;
  /** TrueType fonts; the first family of the chart style must be among them. */
  readonly fonts: readonly Uint8Array[];
}

/** Pixels drawn for one of the chart: sharp in print and on screens of two pixels a point. */
const ZOOM = 2;

let initialised: Promise<unknown> | undefined;

/** Throws a {@link NoPngError} where @resvg/resvg-wasm is not installed. */
export async function pngOf(svg: string, { wasm, fonts }: PngParts): Promise<Uint8Array> {
  const { initWasm, Resvg } = await library();
  initialised ??= initWasm(wasm);
  await initialised;
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { loadSystemFonts: false, fontBuffers: [...fonts], defaultFontFamily: 'DejaVu Sans' },
  });
  try {
    return drawing.render().asPng();
  } finally {
    drawing.free();
  }
}

/** What to install for PNG. */
export const NO_PNG =
  'PNG needs @resvg/resvg-wasm and dejavu-fonts-ttf, which are not installed: npm install @resvg/resvg-wasm dejavu-fonts-ttf';

async function library() {
  try {
    return await import('@resvg/resvg-wasm');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NoPngError(NO_PNG);
  }
}
