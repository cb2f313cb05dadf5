// `kubelapse explain`: what a field means, every number of the model with its source, or what differs between versions.

import type { Catalogue } from '../../catalogue.js';
import { MINOR_VERSION_MAX, MINOR_VERSION_MIN } from '../../cluster/index.js';
import {
  didYouMean,
  type Explanation,
  explainField,
  formatParameter,
  longName,
  meaningOf,
  scenarioSchemaOf,
  versionLines,
} from '../../scenario/index.js';
import { shortened } from '../../text/index.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue } from '../extensions.js';
import { print, printLine, say, sayLine } from '../print.js';

export async function explainCommand(field: string, recursive: boolean): Promise<number> {
  return explained(field, recursive, await commandCatalogue());
}

function explained(field: string, recursive: boolean, catalogue: Catalogue): number {
  if (field === 'versions') return explainVersions();
  if (field === 'parameters' || field.startsWith('parameters.'))
    return explainParameters(field.slice('parameters.'.length), catalogue);
  if (field === 'measures' || field.startsWith('measures.'))
    return explainMeasures(field.slice('measures.'.length), catalogue);
  const output = outputText(field, catalogue);
  if (output !== undefined) {
    print(`${output.join('\n')}\n`);
    return ExitCode.Ok;
  }
  const explanation = explainField(field, scenarioSchemaOf(catalogue));
  if ('error' in explanation) {
    sayLine(`kubelapse: ${shortened(explanation.error)}`);
    return ExitCode.BadInput;
  }
  print(`${explanationText(explanation).join('\n')}\n`);
  if (recursive) {
    for (const { name } of explanation.fields) {
      printLine('');
      explained(`${explanation.path === 'scenario' ? '' : `${explanation.path}.`}${name}`, true, catalogue);
    }
  }
  return ExitCode.Ok;
}

/** What a metric or a table is; undefined if there is none of that name. */
function outputText(name: string, { metrics, metricDefinitions, tables }: Catalogue): string[] | undefined {
  const long = longName(name, metricDefinitions);
  if (metrics.has(long)) {
    const metric = metrics.get(long);
    const { shortNames = [], labels, bounds } = metric;
    return [
      `METRIC   ${metric.name}`,
      `TYPE     ${metric.type}`,
      `UNIT     ${metric.unit}`,
      ...(shortNames.length > 0 ? [`ALSO     ${shortNames.join(', ')}`] : []),
      ...(labels.length > 0 ? [`LABELS   ${labels.join(', ')}`] : []),
      ...(bounds === undefined ? [] : [`BUCKETS  ${bounds.join(', ')}`]),
      '',
      metric.meaning,
    ];
  }
  if (!tables.has(name)) return undefined;
  const { file, meaning, columns } = tables.get(name);
  const width = Math.max(...columns.map((column) => column.name.length));
  const lines = columns.map(
    (column) => `  ${column.name.padEnd(width)}  ${column.meaning}${column.unit === '' ? '' : ` (${column.unit})`}`,
  );
  return [`TABLE    ${file}`, '', meaning, '', 'COLUMNS', ...lines];
}

function explainVersions(): number {
  printLine(`Kubernetes 1.${MINOR_VERSION_MIN} to 1.${MINOR_VERSION_MAX}`);
  for (const { name, isGate, stage, holds, patch, meaning, source } of versionLines()) {
    print(`  ${name}${isGate ? ' (feature gate)' : ''}: ${holds}\n    ${meaning}\n`);
    if (stage !== '') print(`    stage: ${stage}\n`);
    if (patch !== '') print(`    patch: ${patch}\n`);
    print(`    source: ${source}\n`);
  }
  return ExitCode.Ok;
}

function explanationText({ path, type, notes, byKind, required, only, fields, options }: Explanation): string[] {
  const lines = [`FIELD    ${path}`, `TYPE     ${type}${required ? ', required' : ''}`];
  if (notes?.unit !== undefined) lines.push(`UNIT     ${notes.unit}`);
  if (notes?.default !== undefined) lines.push(`DEFAULT  ${notes.default}`);
  if (notes?.source !== undefined) lines.push(`SOURCE   ${notes.source}`);
  if (only.length > 0) lines.push(`ONLY     ${only.join(', ')}`);
  if (notes?.planned) lines.push('STATUS   not supported yet: refused');
  if (byKind !== undefined) {
    lines.push('', ...byKind.map((group) => `${group.kinds.join(', ')}\n  ${meaningOf(group.notes)}`));
  } else if (notes !== undefined) lines.push('', notes.description);
  if (fields.length > 0) {
    lines.push('', 'FIELDS');
    const width = Math.max(...fields.map(({ name }) => name.length));
    for (const child of fields) {
      const marks = [
        child.required ? 'required' : '',
        child.only.length > 0 ? `only ${child.only.join(', ')}` : '',
        child.notes?.planned ? 'not supported yet' : '',
      ].filter((m) => m !== '');
      lines.push(
        `  ${child.name.padEnd(width)}  ${child.byKind === undefined ? (child.notes?.description ?? child.type) : `differs by kind: kubelapse explain ${path}.${child.name}`}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`,
      );
    }
  }
  if (options.length > 0) lines.push('', 'ALSO IN THE FORMAT', ...options.map((option) => `  ${option}`));
  return lines;
}

/** What can be measured of one mechanism alone. */
function explainMeasures(name: string, { measures }: Catalogue): number {
  const wanted = name === '' ? measures.all : measures.all.filter((one) => one.name === name);
  if (wanted.length === 0) {
    say(
      `kubelapse: there is no measure "${name}" (${didYouMean(name, measures.names) ?? measures.names.join(', ')})\n`,
    );
    return ExitCode.BadInput;
  }
  for (const measure of wanted) {
    const { unit, meaning, rule, needs, optional = {}, isFitted } = measure;
    printLine(`${measure.name}${unit === '' ? '' : ` (${unit})`}${isFitted ? ', fitted by calibrate' : ''}`);
    print(`  ${meaning}\n`);
    if (rule !== undefined) print(`  rule: ${rule}\n`);
    if (needs.length > 0) print(`  needs: ${needs.join(', ')}\n`);
    const others = Object.entries(optional).map(([key, value]) => `${key} (${value === '' ? 'not said' : value})`);
    if (others.length > 0) print(`  may have: ${others.join(', ')}\n`);
  }
  return ExitCode.Ok;
}

function explainParameters(component: string, { parameters, costs }: Catalogue): number {
  const names = Object.keys(parameters);
  const wanted =
    component === '' ? names : names.filter((name) => name === component || name.startsWith(`${component}.`));
  if (wanted.length === 0) {
    say(`kubelapse: no parameters of "${component}" (${didYouMean(component, names) ?? names.join(', ')})\n`);
    return ExitCode.BadInput;
  }
  for (const name of wanted) {
    printLine(`${name}${Object.hasOwn(costs, name) ? ' (costs: a profile may change them)' : ''}`);
    for (const [key, parameter] of Object.entries(parameters[name]!)) {
      print(`  ${key}: ${formatParameter(parameter)}\n    ${parameter.meaning}\n    source: ${parameter.source}\n`);
    }
  }
  return ExitCode.Ok;
}
