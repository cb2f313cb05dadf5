// `kubelapse import`: a scenario from what kubectl prints, from a folder of manifests, or from a cluster trace.

import { closeSync, createReadStream, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { parse as csvParser } from 'csv-parse';
import { parse } from 'yaml';
import { plural } from '../report/index.js';
import {
  Anonymiser,
  ClusterImporter,
  DEFAULT_MAPPING,
  filesOf,
  objectReader,
  readMapping,
  type TextOfFile,
  TraceImporter,
  type TraceRow,
} from '../scenario/import/index.js';
import {
  fileError,
  formatDiagnostics,
  InputError,
  loadScenario,
  type ScenarioPoint,
  scenarioJsonSchema,
} from '../scenario/index.js';
import { linesText, visible } from '../text/index.js';
import { ExitCode } from './exit-code.js';
import {
  checkFolder,
  inputsOf,
  isFile,
  isFolder,
  joinPath,
  readText,
  removeFolder,
  writeAllWhole,
  writeWhole,
} from './files.js';
import { print, say, sayLine } from './print.js';

export interface ImportArguments {
  /** Files of objects, folders of manifests, or `-`. */
  readonly sources: readonly string[];
  readonly nodes?: string | undefined;
  readonly pods?: string | undefined;
  readonly mapping?: string | undefined;
  readonly from: number;
  readonly lasts?: number | undefined;
  readonly name: string;
  readonly dir: string;
  readonly anonymise: boolean;
  readonly salt: string;
  readonly force: boolean;
  readonly quiet: boolean;
}

export async function importCommand(args: ImportArguments): Promise<number> {
  const { name, dir } = args;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw fileError(`--name ${name}`, 'is not a name for a scenario', 'use lower-case letters, digits and "-"');
  }
  const scenario = joinPath(dir, `${name}.yaml`);
  if (existsSync(scenario) && !args.force)
    throw fileError(scenario, 'exists already', 'choose another --name, or add --force');
  checkFolder(dir, 'name another folder with --dir');
  const imported = args.nodes !== undefined || args.pods !== undefined ? await fromTrace(args) : fromObjects(args);
  // What an earlier import left there may have names that this one must not show.
  removeFolder(joinPath(dir, 'manifests', name));
  writeAllWhole(imported.files.map(({ path, text }) => ({ path: joinPath(dir, path), text })));
  const schema = joinPath(dir, 'scenario.schema.json');
  if (!existsSync(schema)) writeWhole(schema, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  if (!args.quiet) print(listed(imported));
  try {
    const { points } = loadScenario({ path: scenario, ...inputsOf(scenario) });
    if (!args.quiet) print(sized(scenario, points[0]!));
    if (!args.quiet) sayLine(`next: kubelapse validate ${scenario}`);
    return ExitCode.Ok;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(`${visible(scenario)} is written, but cannot be run as it is:\n${formatDiagnostics(error.diagnostics)}`);
    return ExitCode.Failed;
  }
}

interface Imported {
  readonly files: readonly TextOfFile[];
  readonly dropped: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

/** Notes that are told one by one. */
const NOTES_SHOWN = 10;

function listed({ dropped, notes }: Imported): string {
  const lines = dropped.size > 0 ? ['left out:'] : [];
  for (const [what, count] of dropped) lines.push(`  ${count} × ${what}`);
  lines.push(...notes.slice(0, NOTES_SHOWN));
  if (notes.length > NOTES_SHOWN) lines.push(`… and ${notes.length - NOTES_SHOWN} more such`);
  return linesText(lines);
}

function sized(scenario: string, { spec }: ScenarioPoint): string {
  const { nodePools, workloads, services } = spec;
  const nodes = nodePools.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${plural(nodes, 'node')} in ${plural(nodePools.length, 'pool')}`,
    plural(workloads.length, 'workload'),
    plural(services.length, 'service'),
  ];
  return linesText([`${scenario}: ${parts.join(', ')}`]);
}

function fromObjects(args: ImportArguments): Imported {
  const { sources } = args;
  if (sources.length === 0) {
    const hint =
      'kubectl get nodes,deployments,… -A -o json | kubelapse import -; or a folder of manifests; or --nodes and --pods';
    throw fileError('import', 'needs something to import', hint);
  }
  const importer = new ClusterImporter();
  for (const source of sources) for (const file of filesAt(source)) readObjects(file, importer);
  const cluster = importer.finish(args.anonymise ? new Anonymiser(args.salt) : undefined);
  try {
    return { ...cluster, files: filesOf(args.name, cluster) };
  } catch (error) {
    if (error instanceof RangeError) throw fileError(sources.join(', '), error.message);
    throw error;
  }
}

/** The file, or all manifests of a folder and those below it, in order. */
function filesAt(source: string): string[] {
  if (source === '-' || !isFolder(source)) return [source];
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (files.length === 0) throw fileError(source, 'holds no manifests: no .yaml, .yml or .json file');
  return files.map((name) => joinPath(source, name));
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 18;

/** Reads a file piece by piece: what it holds is never in memory as a whole. */
function readObjects(file: string, importer: ClusterImporter): void {
  const name = file === '-' ? 'standard input' : file;
  let reader: ReturnType<typeof objectReader> | undefined;
  const decoder = new TextDecoder();
  let objects = 0;
  try {
    for (const bytes of chunksOf(file)) {
      if (reader === undefined && (bytes[0] === 0xff || bytes[0] === 0xfe)) {
        throw fileError(name, 'is UTF-16, not UTF-8', 'in PowerShell: kubectl get … | Out-File -Encoding utf8 FILE');
      }
      const text = decoder.decode(bytes, { stream: true });
      if (reader === undefined && text.trim() === '') continue;
      reader ??= objectReader(text.replace(/^\uFEFF/, ''), (object) => {
        objects++;
        importer.add(object);
      });
      reader.write(text);
    }
    reader?.end();
  } catch (error) {
    if (error instanceof InputError || !(error instanceof Error) || 'code' in error) throw error;
    throw fileError(name, error.message);
  }
  if (reader === undefined) throw fileError(name, 'is empty');
  if (objects === 0) throw fileError(name, 'holds no Kubernetes objects', 'kubectl get … -o json, or manifests');
}

function* chunksOf(file: string): Generator<Uint8Array> {
  // For its messages about paths; a pipe is not looked at.
  if (file !== '-' && !existsSync(file)) readText(file, 'name a file that kubectl wrote, a folder of manifests, or -');
  const descriptor = file === '-' ? 0 : openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK);
  try {
    for (;;) {
      const read = readOnce(descriptor, buffer);
      if (read === 0) return;
      yield buffer.subarray(0, read);
    }
  } finally {
    if (file !== '-') closeSync(descriptor);
  }
}

function readOnce(descriptor: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      // A pipe that has nothing yet: look again in a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

async function fromTrace(args: ImportArguments): Promise<Imported> {
  const { nodes, pods, mapping: mappingFile } = args;
  if (nodes === undefined || pods === undefined) {
    throw fileError(
      nodes === undefined ? '--pods' : '--nodes',
      'needs the other list too: --nodes nodes.csv --pods pods.csv',
    );
  }
  if (args.sources.length > 0) throw fileError(args.sources[0]!, 'and a trace cannot be imported together');
  if (args.anonymise) throw fileError('--anonymise', 'is of no use for a trace: its names are not taken over');
  const mapping = mappingFile === undefined ? DEFAULT_MAPPING : readMapping(mappingFile, yamlOf(mappingFile));
  const importer = new TraceImporter({ name: args.name, mapping, from: args.from, lasts: args.lasts });
  await eachRow(nodes, (row) => importer.addNode(nodes, row));
  await eachRow(pods, (row) => importer.addPod(pods, row));
  if (importer.isEmpty) throw fileError(`${nodes}, ${pods}`, 'hold no nodes, or no pods');
  const { files, dropped, notes } = importer.finish();
  return { files, dropped, notes };
}

function yamlOf(file: string): unknown {
  try {
    return parse(readText(file, 'name a mapping file'));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(file, 'is not YAML');
  }
}

async function eachRow(file: string, take: (row: TraceRow) => void): Promise<void> {
  // For its messages about paths.
  if (!isFile(file)) readText(file, 'name a CSV file with a header');
  const rows = createReadStream(file).pipe(
    csvParser({ columns: true, info: true, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true }),
  );
  try {
    for await (const { record, info } of rows as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      take({ line: info.lines, cells: record });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(file, `is not CSV: ${(error as Error).message}`);
  }
}
