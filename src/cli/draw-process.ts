// A process that draws one specification of somebody's, so that one which never comes to an end, or takes all memory, can be
// ended and takes nobody with it. Part of `kubelapse chart`.

import { Worker } from 'node:worker_threads';
import { svgOf } from '../report/pictures/svg.js';
import { InputError } from '../scenario/index.js';
import { messageOf } from '../text/index.js';
import type { Drawing, DrawingOrder } from './drawing.js';
import { pngDrawn } from './drawn.js';

async function draw({ spec, png }: DrawingOrder): Promise<Drawing | { readonly error: string }> {
  const warnings: string[] = [];
  try {
    const svg = await svgOf(spec, (text) => warnings.push(text));
    return { svg, png: png ? await pngDrawn(svg, '') : undefined, warnings };
  } catch (error) {
    if (error instanceof InputError) {
      const { message, hint } = error.diagnostics[0]!;
      return { error: hint === undefined ? message : `${message} (${hint})` };
    }
    return { error: messageOf(error) };
  }
}

process.once('message', async (order: DrawingOrder) => {
  // Whoever asked may have been killed; the thread that draws hears nothing while it does.
  const end = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${order.seconds * 1000})`;
  new Worker(end, { eval: true }).unref();
  const drawing = await draw(order);
  process.send!(drawing, () => process.exit());
});
