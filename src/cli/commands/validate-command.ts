// `kubelapse validate`: says everything that is wrong with scenarios, and what of their manifests the model does not use.

import { plural } from '../../report/index.js';
import { estimateMemoryBytes, podCount } from '../../run/index.js';
import { formatDiagnostics, InputError } from '../../scenario/index.js';
import { linesText } from '../../text/index.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, scenarioAt } from '../extensions.js';
import { profileAt, readText } from '../files/index.js';
import { refuseTooLarge } from '../memory.js';
import { print, say } from '../print.js';

export async function validateCommand(
  paths: readonly string[],
  set: readonly string[],
  quiet: boolean,
): Promise<number> {
  let code: number = ExitCode.Ok;
  for (const path of paths) {
    try {
      const text = await validateOne(path, set);
      if (!quiet) print(text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      say(formatDiagnostics(error.diagnostics));
      code = ExitCode.BadInput;
    }
  }
  return code;
}

async function validateProfile(path: string): Promise<string> {
  const { name, changes } = profileAt(path, await commandCatalogue());
  return linesText([`${path}: ok: profile ${name}, ${plural(changes.length, 'cost')} changed`]);
}

async function validateOne(path: string, set: readonly string[]): Promise<string> {
  if (/^kind: *Profile *$/m.test(readText(path))) return await validateProfile(path);
  const scenario = await scenarioAt(path, { set });
  say(formatDiagnostics(scenario.warnings));
  const { spec } = scenario.points[0]!;
  const nodes = spec.nodePools.reduce((sum, pool) => sum + pool.count, 0);
  refuseTooLarge(scenario);
  const mebibytes = Math.ceil(estimateMemoryBytes(spec) / 2 ** 20);
  const lines = [
    `${path}: ok: ${plural(scenario.points.length, 'point')}, ${plural(nodes, 'node')}, ` +
      `${plural(podCount(spec), 'pod')}, ${plural(spec.services.length, 'service')}, about ${mebibytes} MiB`,
  ];
  if (scenario.notes.length > 0)
    lines.push('assumed, where nothing is said (exit in the behavior of an application says otherwise):');
  for (const { message } of scenario.notes) lines.push(`  ${message}`);
  if (scenario.passedOver.length > 0) lines.push('passed over:');
  for (const { file, why } of scenario.passedOver) lines.push(`  ${file}: ${why}`);
  const quiet = scenario.untouched.filter(({ step }) => step === 'nothing');
  if (quiet.length > 0) lines.push('of the manifests, changes nothing here:');
  for (const { what, count } of quiet) lines.push(`  ${what}${count > 1 ? ` (${count} objects)` : ''}`);
  return linesText(lines);
}
