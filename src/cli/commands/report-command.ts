// `kubelapse report`: results as one HTML file that needs no network.

import { fileError } from '../../scenario/index.js';
import { ExitCode } from '../exit-code.js';
import { checkFile, folderOf, joinPath, lockFolder, refuseOwnInputs, writeWhole } from '../files/index.js';
import { REPORT_FILE } from '../pictures.js';
import { printDocument, sayLine } from '../print.js';
import { reportOf } from '../report-page.js';
import { filesOfResult } from '../results.js';

export interface ReportArguments {
  readonly results: readonly string[];
  readonly output?: string | undefined;
  readonly quiet: boolean;
}

export async function reportCommand({ results, output, quiet }: ReportArguments): Promise<number> {
  if (results.length > 1 && output === undefined) {
    throw fileError(
      'report',
      `was given ${results.length} results, but no file to write to`,
      'name a file with --output',
    );
  }
  const path = output ?? joinPath(results[0]!, REPORT_FILE);
  if (path !== '-') {
    checkFile(path, 'name a file with --output');
    refuseOwnInputs(
      [path],
      results.flatMap((dir) => filesOfResult(dir).filter((file) => file !== joinPath(dir, REPORT_FILE))),
    );
  }
  const page = await reportOf(results);
  if (path === '-') printDocument(page);
  else if (output === undefined) writeBeside(results[0]!, path, page);
  else writeWhole(path, page);
  if (!quiet && path !== '-') sayLine(`${path} written (${Math.ceil(page.length / 1024)} KiB)`);
  return ExitCode.Ok;
}

/** Into the folder of the results, while nobody else writes to it. */
function writeBeside(results: string, path: string, page: string): void {
  const unlock = lockFolder(results);
  try {
    writeWhole(path, page, { root: folderOf(results) });
  } finally {
    unlock();
  }
}
