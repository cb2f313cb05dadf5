// A thread that draws one specification, so that one which never comes to an end can be ended. Part of `kubelapse chart`.

import { parentPort, workerData } from 'node:worker_threads';
import { svgOf } from '../report/svg.js';

/** What comes of it. */
export type Drawing = { readonly svg: string; readonly warnings: readonly string[] } | { readonly error: string };

const warnings: string[] = [];
try {
  const svg = await svgOf(workerData as Readonly<Record<string, unknown>>, (text) => warnings.push(text));
  parentPort!.postMessage({ svg, warnings } satisfies Drawing);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  parentPort!.postMessage({ error: message } satisfies Drawing);
}
