// Files to take along: tables, charts, the scenario. Part of the playground. What draws charts is loaded when one is asked for.

import { strToU8, zipSync } from 'fflate';
import type { Figure } from '../report/charts/figure.js';
import type { NamedResult, ScenarioFiles } from './messages.js';

function download(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Files as one archive. Times of files are left out of it: the same files are the same bytes. */
function zipped(files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const contents = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]));
  return zipSync(contents, { mtime: '1980-01-02' }) as Uint8Array<ArrayBuffer>;
}

export const downloadCsv = ({ name, texts }: NamedResult): void =>
  download(`${fileName(name)}-results.zip`, zipped(texts), 'application/zip');

export function downloadScenario({ scenario, files }: ScenarioFiles): void {
  const name = scenario.replace(/\.yaml$/, '');
  if (Object.keys(files).length === 1) download(scenario, files[scenario]!, 'application/yaml');
  else download(`${name}-scenario.zip`, zipped(files), 'application/zip');
}

const fileName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-');

async function svgOfFigure(figure: Figure): Promise<string> {
  const [{ svgOf }, { vegaLiteOf }] = await Promise.all([
    import('../report/pictures/svg.js'),
    import('../report/charts/vega-lite.js'),
  ]);
  return await svgOf(vegaLiteOf(figure));
}

export async function downloadSvg(figure: Figure): Promise<void> {
  download(`${figure.id}.svg`, await svgOfFigure(figure), 'image/svg+xml');
}

/** Pixels for one of the chart. */
const ZOOM = 2;

export async function downloadPng(figure: Figure): Promise<void> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await svgOfFigure(figure))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * ZOOM;
  canvas.height = image.height * ZOOM;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob !== null) download(`${figure.id}.png`, blob, 'image/png');
}
