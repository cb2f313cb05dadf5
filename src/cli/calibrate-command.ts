// `kubelapse calibrate`: fits costs of the model to a user's own measurements and writes them as a profile.

import {
  type Calibration,
  calibrate,
  calibrationText,
  type Measurement,
  profileText,
  readMeasurements,
  readPrometheus,
} from '../experiment/index.js';
import { ConditionError, type Conditions } from '../run/index.js';
import { COSTS, type Diagnostic, fileError, InputError } from '../scenario/index.js';
import { ExitCode } from './exit-code.js';
import { readText, writeWhole } from './files.js';

export interface CalibrateArguments {
  readonly files: readonly string[];
  /** Conditions that hold for all measurements: `name=value`. */
  readonly at: readonly string[];
  readonly name: string;
  /** Where the profile goes; `-`: standard output. */
  readonly output: string;
  readonly quiet: boolean;
}

export function calibrateCommand(args: CalibrateArguments): number {
  const given = conditionsOf(args.at);
  const diagnostics: Diagnostic[] = [];
  const measurements = args.files.flatMap((file) => read(file, given, diagnostics));
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  const calibration = fitted(args.files, measurements);
  const lines = [...calibration.refused.map((text) => `not fitted: ${text}`), ...calibration.notes];
  if (calibration.fitted.length === 0) {
    const file = args.files.join(', ');
    const nothing: Diagnostic = {
      severity: 'error',
      file,
      line: 0,
      column: 0,
      field: '',
      message: 'tells no parameter',
    };
    throw new InputError([nothing, ...calibration.refused.map((message): Diagnostic => ({ ...nothing, message }))]);
  }
  if (!args.quiet && lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
  const profile = profileText(args.name, args.files, calibration);
  const table = calibrationText(calibration, (group, name) => COSTS[group]![name]!);
  if (args.output === '-') {
    process.stdout.write(profile);
    if (!args.quiet) process.stderr.write(table);
    return ExitCode.Ok;
  }
  writeWhole(args.output, profile);
  if (!args.quiet) {
    process.stdout.write(table);
    process.stderr.write(`${args.output} written; a scenario takes it by spec.profiles: [${args.output}]\n`);
  }
  return ExitCode.Ok;
}

function fitted(files: readonly string[], measurements: readonly Measurement[]): Calibration {
  try {
    return calibrate(measurements);
  } catch (error) {
    if (error instanceof ConditionError) throw fileError(files.join(', '), error.message);
    throw error;
  }
}

/** A CSV names its columns first; everything else comes from Prometheus. */
function read(file: string, given: Conditions, diagnostics: Diagnostic[]): Measurement[] {
  const text = readText(file);
  const header =
    text
      .replace(/^\uFEFF/, '')
      .split('\n')
      .find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const isCsv = header
    .split(',')
    .map((name) => name.trim())
    .includes('metric');
  return isCsv ? readMeasurements(file, text, given, diagnostics) : readPrometheus(file, text, given, diagnostics);
}

function conditionsOf(pairs: readonly string[]): Conditions {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0 || at === pair.length - 1)
        throw fileError(`--at ${pair}`, 'must be name=value, such as services=877');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
