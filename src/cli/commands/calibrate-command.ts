// `kubelapse calibrate`: fits costs of the model to a user's own measurements and writes them as a profile.

import type { Catalogue } from '../../catalogue.js';
import { ConditionError, type Conditions } from '../../cluster/index.js';
import {
  type Calibration,
  calibrate,
  calibrationText,
  conditionNames,
  type Measurement,
  profileText,
  readMeasurements,
  readPrometheus,
} from '../../experiment/calibrate/index.js';
import { type Diagnostic, didYouMean, fileError, InputError } from '../../scenario/index.js';
import { linesText } from '../../text/index.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue } from '../extensions.js';
import { checkFile, readText, refuseOwnInputs, writeWhole } from '../files/index.js';
import { print, printDocument, say, sayLine } from '../print.js';

export interface CalibrateArguments {
  readonly files: readonly string[];
  /** Conditions that hold for all measurements: `name=value`. */
  readonly at: readonly string[];
  readonly name: string;
  /** Where the profile goes; `-`: standard output. */
  readonly output: string;
  readonly quiet: boolean;
}

export async function calibrateCommand(args: CalibrateArguments): Promise<number> {
  const catalogue = await commandCatalogue();
  if (args.output !== '-') {
    checkFile(args.output, 'name another file with --output');
    refuseOwnInputs([args.output], args.files);
  }
  const diagnostics: Diagnostic[] = [];
  const notes: string[] = [];
  const measurements = args.files.flatMap((file) =>
    read(file, conditionsOf(args.at, file, args.files, catalogue), catalogue, diagnostics, notes),
  );
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  const calibration = fitted(args.files, measurements, catalogue);
  if (calibration.fitted.length === 0) {
    const file = args.files.join(', ');
    const nothing: Diagnostic = {
      severity: 'error',
      file,
      line: 0,
      column: 0,
      field: '',
      message: 'has nothing that a parameter can be fitted to',
    };
    const reasons = [...calibration.refused, ...calibration.notes, ...notes];
    throw new InputError([nothing, ...reasons.map((message): Diagnostic => ({ ...nothing, message }))]);
  }
  const lines = [...calibration.refused.map((text) => `not fitted: ${text}`), ...notes, ...calibration.notes];
  if (!args.quiet && lines.length > 0) say(linesText(lines));
  const profile = profileText(args.name, args.files, calibration);
  const table = calibrationText(calibration);
  if (args.output === '-') {
    printDocument(profile);
    if (!args.quiet) say(table);
    return ExitCode.Ok;
  }
  writeWhole(args.output, profile);
  if (!args.quiet) {
    print(table);
    sayLine(`${args.output} written; name it in spec.profiles, by its path from the scenario’s folder`);
  }
  return ExitCode.Ok;
}

function fitted(files: readonly string[], measurements: readonly Measurement[], catalogue: Catalogue): Calibration {
  try {
    return calibrate(measurements, catalogue);
  } catch (error) {
    if (error instanceof ConditionError) throw fileError(files.join(', '), error.message);
    throw error;
  }
}

/** A CSV names its columns first; everything else comes from Prometheus. */
function read(
  file: string,
  given: Conditions,
  catalogue: Catalogue,
  diagnostics: Diagnostic[],
  notes: string[],
): Measurement[] {
  const text = readText(file, MEASUREMENTS);
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const header = lines.find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  if (/^\s*"?metric"?\s*;/.test(header))
    throw fileError(file, 'has semicolons between its columns: commas are expected');
  if (header.includes('\0')) throw fileError(file, 'is not a text file', MEASUREMENTS);
  const isCsv = header
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .includes('metric');
  return isCsv
    ? readMeasurements(file, text, given, catalogue, diagnostics)
    : readPrometheus(file, text, given, catalogue, diagnostics, notes);
}

const MEASUREMENTS =
  'a CSV with a column metric, a text exposition, or the JSON of a query: docs/guides/calibration.md';

/** What `--at name=value` says of a file; `--at file:name=value` is of that file only. */
function conditionsOf(
  pairs: readonly string[],
  file: string,
  files: readonly string[],
  catalogue: Catalogue,
): Conditions {
  const conditions = conditionNames(catalogue);
  return Object.fromEntries(
    pairs.flatMap((pair): [string, string][] => {
      const own = files.find((name) => pair.startsWith(`${name}:`));
      const rest = own === undefined ? pair : pair.slice(own.length + 1);
      const at = rest.indexOf('=');
      if (at <= 0 || at === rest.length - 1)
        throw fileError(`--at ${pair}`, 'must be name=value, such as services=877');
      const name = rest.slice(0, at);
      if (!conditions.includes(name)) {
        throw fileError(
          `--at ${pair}`,
          `"${name}" is not a condition`,
          didYouMean(name, conditions) ?? conditions.join(', '),
        );
      }
      return own === undefined || own === file ? [[name, rest.slice(at + 1)]] : [];
    }),
  );
}
