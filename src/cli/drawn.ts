// Pictures of specifications: those of strangers in a process of their own, PNG with a message where what makes it is missing.

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { NO_PNG, NoPngError, type PngParts, pngOf } from '../report/index.js';
import { fileError } from '../scenario/index.js';
import { builtScript } from './built.js';
import type { Drawing, DrawingOrder } from './drawing.js';
import { atExit, bytesOf } from './files/index.js';

/** Seconds that a foreign specification may take, and megabytes. No published figure: charts of results take one second. */
const DRAWING_SECONDS = 20;
const DRAWING_MEGABYTES = 2048;

/**
 * A specification that somebody has written, drawn in a process of its own with limits of time and memory. Throws an Error that
 * says what is wrong with it. @param png whether a PNG is wanted as well.
 */
export async function drawnApart(spec: DrawingOrder['spec'], png: boolean): Promise<Drawing> {
  const child = fork(builtScript('draw-process.js'), [], {
    execArgv: [`--max-old-space-size=${DRAWING_MEGABYTES}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  const callOff = atExit(() => child.kill('SIGKILL'));
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const drawing = await new Promise<Drawing | { readonly error: string }>((done, fail) => {
      const late = (): void => fail(new Error(`takes longer than ${DRAWING_SECONDS} s to draw`));
      timer = setTimeout(late, DRAWING_SECONDS * 1000);
      child.once('message', (message) => done(message as Drawing));
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(endOf(code))));
      // A little more than here: it is for one whose caller was killed.
      child.send({ spec, png, seconds: DRAWING_SECONDS + 5 } satisfies DrawingOrder);
    });
    if ('error' in drawing) throw new Error(drawing.error.split('\n')[0]!);
    return drawing;
  } finally {
    clearTimeout(timer);
    callOff();
    child.kill('SIGKILL');
  }
}

/** V8 aborts a process that wants more memory than it may have; any other end is a defect. @param code null after a signal. */
const endOf = (code: number | null): string =>
  code === null || code === ABORTED
    ? `takes more than ${DRAWING_MEGABYTES} MiB of memory to draw`
    : `the process that draws ended with ${code}`;
const ABORTED = 134;

/** PNG of an SVG. Throws an InputError where resvg or the fonts are not installed. */
export async function pngDrawn(svg: string, flag: string): Promise<Uint8Array> {
  const [width, height] = sizeOf(svg);
  if (!(width * height <= PNG_POINTS_MAX)) {
    throw fileError(flag, `would be ${width} by ${height} points, too large for a PNG`, 'or ask for .svg');
  }
  try {
    return await pngOf(svg, pngParts());
  } catch (error) {
    if (error instanceof NoPngError) throw fileError(flag, error.message, 'or ask for .svg');
    throw error;
  }
}

/** Points of a picture that is made a PNG: four pixels each, four bytes a pixel. */
const PNG_POINTS_MAX = 25_000_000;

/** Width and height of an SVG as its first element says them. */
function sizeOf(svg: string): [number, number] {
  const head = svg.slice(0, 2000);
  const of = (name: string): number => Number(new RegExp(` ${name}="([\\d.e+]+)"`).exec(head)?.[1] ?? 0);
  return [of('width'), of('height')];
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
  if (bytes === undefined) throw new NoPngError(NO_PNG);
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
