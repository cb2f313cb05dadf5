// `kubelapse import`: a scenario from what kubectl prints, from a folder of manifests, or from a cluster trace.

import { closeSync, createReadStream, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parse as csvParser } from 'csv-parse';
import { BUILT_IN } from '../../catalogue.js';
import { plural } from '../../report/index.js';
import {
  Anonymiser,
  ClusterImporter,
  DEFAULT_MAPPING,
  type Dropped,
  droppedOf,
  filesOf,
  filesOfTimed,
  kindByFile,
  loadDefinitionOf,
  NO_NODES,
  NODES_HINT,
  ObjectError,
  objectReader,
  readMapping,
  simkubeEvents,
  type TextOfFile,
  TraceImporter,
  type TraceRow,
  timedLoad,
  timedTrace,
} from '../../scenario/import/index.js';
import {
  fileError,
  formatDiagnostics,
  HEAD_CHARACTERS,
  InputError,
  type LoadedScenario,
  ManifestFields,
  type PassedOver,
  type ScenarioPoint,
  scenarioJsonSchema,
  sortedOut,
  yamlValue,
} from '../../scenario/index.js';
import { csvRow, linesText, visible } from '../../text/index.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, scenarioAt } from '../extensions.js';
import {
  Confinement,
  checkFolder,
  fileChunks,
  filesBelow,
  folderOf,
  headOf,
  isFile,
  isFolder,
  isOwnFile,
  isThere,
  joinPath,
  lockFolder,
  openOrdinary,
  readBytes,
  readingRules,
  readText,
  realPathOf,
  refuseOwnInputs,
  standardInputChunks,
  wasOwnFile,
  writeAllWhole,
  writingRules,
} from '../files/index.js';
import { print, say, sayLine } from '../print.js';

export interface ImportArguments {
  /** Files of objects, folders of manifests, or `-`. */
  readonly sources: readonly string[];
  readonly nodes?: string | undefined;
  readonly pods?: string | undefined;
  readonly mapping?: string | undefined;
  readonly from: number | undefined;
  readonly lasts?: number | undefined;
  readonly name: string;
  readonly dir: string;
  readonly anonymise: boolean;
  /** Nodes are assumed where there are none. */
  readonly assumeNodes: boolean;
  readonly salt: string;
  readonly quiet: boolean;
}

/** Whether somebody's work would go with it. */
const existsWords = (path: string): string =>
  wasOwnFile(path) && !isOwnFile(path) ? 'already exists, and was changed since kubelapse wrote it' : 'already exists';

export async function importCommand(args: ImportArguments): Promise<number> {
  const { name, dir } = args;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw fileError(`--name ${name}`, 'is not a name for a scenario', 'use lower-case letters, digits and "-"');
  }
  const scenario = joinPath(dir, `${name}.yaml`);
  if (isThere(scenario) && !writingRules().force)
    throw fileError(scenario, existsWords(scenario), 'choose another --name, or add --force to replace it');
  checkFolder(dir, 'name another folder with --dir');
  const target = new ImportTarget(args);
  target.check();
  const sources = args.sources.map(sourceAt);
  const imported = await importedFrom(args, sources);
  const unlock = lockFolder(dir);
  try {
    target.write(imported.files, sources);
  } finally {
    unlock();
  }
  if (!args.quiet) print(listed(imported));
  try {
    const { points, untouched } = await scenarioAt(scenario);
    if (!args.quiet) print(loudOf(untouched) + sized(scenario, points[0]!));
    if (!args.quiet) sayLine(`next: kubelapse validate ${scenario}`);
    return ExitCode.Ok;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(`${visible(scenario)} is written, but cannot be run as it is:\n${formatDiagnostics(error.diagnostics)}`);
    return ExitCode.Failed;
  }
}

/** Where an import goes: a scenario and a folder of manifests that is kubelapse's alone. */
class ImportTarget {
  readonly #args: ImportArguments;
  readonly #folder: string;

  constructor(args: ImportArguments) {
    this.#args = args;
    this.#folder = joinPath(args.dir, 'manifests', args.name);
  }

  /** Throws an InputError if something is in the way, whatever the import has in it. */
  check(): void {
    const { sources } = this.#args;
    const real = realPathOf(this.#folder);
    const itself = sources.find((source) => source !== '-' && realPathOf(source) === real);
    if (itself !== undefined) {
      const hint = 'choose another --name: what is imported is never replaced';
      throw fileError(itself, 'is the folder to import, and also where its manifests would be written', hint);
    }
    this.#refuseForeign(() => writingRules().force);
  }

  /** Writes the files, the scenario last. Removes what an earlier import left: its names may be those that this one hides. */
  write(files: readonly TextOfFile[], sources: readonly Source[]): void {
    const { dir } = this.#args;
    const [scenario, ...manifests] = files.map(({ path, text }) => ({ path: joinPath(dir, path), text }));
    const kept = new Set(manifests.map(({ path }) => path));
    const stale = this.#entries().filter((path) => !kept.has(path));
    refuseOwnInputs([...kept, scenario!.path, ...stale], this.#inputs(sources));
    this.#refuseForeign((path) => writingRules().force && kept.has(path));
    const path = joinPath(dir, 'scenario.schema.json');
    const schema = isThere(path) ? [] : [{ path, text: `${JSON.stringify(scenarioJsonSchema(BUILT_IN), null, 2)}\n` }];
    writeAllWhole([...manifests, ...schema, scenario!], stale, { force: true, root: dir });
  }

  /** Throws an InputError at what is in the folder and is not as kubelapse has left it. @param may be replaced all the same. */
  #refuseForeign(may: (path: string) => boolean): void {
    const foreign = this.#entries().filter((path) => !isOwnFile(path) && !(may(path) && isFile(path)));
    if (foreign.length === 0) return;
    const more = foreign.length > NAMED ? ` and ${foreign.length - NAMED} more` : '';
    const named = foreign.slice(0, NAMED).map((path) => path.slice(this.#folder.length + 1));
    throw fileError(
      this.#folder,
      `holds files that kubelapse did not write, or that were changed since: ${named.join(', ')}${more}`,
      'move them away, or choose another --name',
    );
  }

  /** What is in the folder. */
  #entries(): string[] {
    if (!isFolder(this.#folder)) return [];
    return readdirSync(this.#folder)
      .sort()
      .map((name) => joinPath(this.#folder, name));
  }

  #inputs(sources: readonly Source[]): string[] {
    const { nodes, pods, mapping } = this.#args;
    return [...sources.flatMap(({ files }) => files), ...[nodes, pods, mapping].flatMap((file) => file ?? [])];
  }
}

/** Names of files that a message has at most. */
const NAMED = 5;

interface Imported {
  readonly files: readonly TextOfFile[];
  readonly dropped: readonly Dropped[];
  readonly passedOver?: readonly PassedOver[];
  readonly notes: readonly string[];
}

/** Notes that are told one by one. */
const NOTES_SHOWN = 10;

function listed({ dropped, notes, passedOver = [] }: Imported): string {
  const loud = dropped.filter(({ step }) => step === 'answer');
  const quiet = dropped.filter(({ step }) => step === 'nothing');
  const lines = loud.length > 0 ? ['left out, although it changes the answer:'] : [];
  for (const { what, count, why } of loud) lines.push(`  ${count} × ${what}: ${why}`);
  if (quiet.length > 0) lines.push('left out:');
  for (const { what, count } of quiet) lines.push(`  ${count} × ${what}`);
  if (passedOver.length > 0) lines.push('passed over:');
  for (const { file, why } of passedOver.slice(0, NOTES_SHOWN)) lines.push(`  ${file}: ${why}`);
  if (passedOver.length > NOTES_SHOWN) lines.push(`  … and ${passedOver.length - NOTES_SHOWN} more files`);
  lines.push(...notes.slice(0, NOTES_SHOWN));
  if (notes.length > NOTES_SHOWN) lines.push(`… and ${notes.length - NOTES_SHOWN} more like these`);
  return linesText(lines);
}

/** What is in the manifests, and changes the answer without being in a run. */
function loudOf(untouched: LoadedScenario['untouched']): string {
  const loud = untouched.filter(({ step }) => step === 'answer');
  if (loud.length === 0) return '';
  const lines = loud.map(({ what, count, why }) => `  ${count} × ${what}: ${why}`);
  return linesText(['kept in the manifests, and not in a run, although it changes the answer:', ...lines]);
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

async function importedFrom(args: ImportArguments, sources: readonly Source[]): Promise<Imported> {
  if (args.nodes !== undefined || args.pods !== undefined) return await fromTrace(args);
  const [source, ...others] = args.sources;
  if (source === undefined || source === '-' || !isFile(source)) return await fromObjects(args, sources);
  const head = headOf(source, HEAD_CHARACTERS) ?? '';
  const isTimed = loadDefinitionOf(head) !== undefined || isSimkube(source, head);
  if (!isTimed) return await fromObjects(args, sources);
  if (others.length > 0) throw fileError(others[0]!, `cannot be imported together with ${source}`);
  if (args.anonymise) throw fileError('--anonymise', 'is for dumps of clusters');
  if (!args.assumeNodes) throw fileError(source, 'says nothing of nodes', NODES_HINT);
  return await fromTimed(args, source, head);
}

/** By its name, or by the words that its events begin with: MessagePack has them as they are. */
const isSimkube = (file: string, head: string): boolean => /\.sktrace$/.test(file) || head.includes('applied_objs');

/** A load definition, or a trace of SimKube. */
async function fromTimed({ name }: ImportArguments, source: string, head: string): Promise<Imported> {
  const fields = new ManifestFields((await commandCatalogue()).workloadKinds.all);
  const tool = loadDefinitionOf(head);
  const place = new Confinement(folderOf(source));
  try {
    const timed =
      tool === undefined
        ? timedTrace(simkubeEvents(readBytes(source)), fields)
        : timedLoad(readText(source), (path) => place.read(path, 'its definition names it as a template'));
    const files = filesOfTimed(name, timed, fields, tool === undefined ? 'a trace of SimKube' : `a load of ${tool}`);
    return { files, dropped: droppedOf(timed), notes: timed.notes };
  } catch (error) {
    if (error instanceof RangeError) throw fileError(source, error.message);
    throw error;
  }
}

async function fromObjects(args: ImportArguments, sources: readonly Source[]): Promise<Imported> {
  if (sources.length === 0) {
    const hint =
      'kubectl get nodes,deployments,… -A -o json | kubelapse import -; or a folder of manifests; or --nodes and --pods';
    throw fileError('import', 'needs something to import', hint);
  }
  const importer = new ClusterImporter(await commandCatalogue(), { assumesNodes: args.assumeNodes });
  // All of them are looked at before the first is read.
  const passedOver = sources.flatMap((source) => source.passedOver);
  for (const { files, isFolder: isFound } of sources) if (!isFound) files.forEach(checkInput);
  for (const { files, isFolder: isFound } of sources) {
    for (const file of files) {
      const why = await readObjects(file, importer, isFound);
      if (why !== undefined) passedOver.push({ file, why });
    }
  }
  try {
    const cluster = importer.finish(args.anonymise ? new Anonymiser(args.salt) : undefined);
    return { ...cluster, passedOver, files: filesOf(args.name, cluster) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw fileError(args.sources.join(', '), error.message, error.message === NO_NODES ? NODES_HINT : undefined);
  }
}

/** What a source means. */
interface Source {
  readonly files: readonly string[];
  readonly passedOver: readonly PassedOver[];
  readonly isFolder: boolean;
}

/** The file, or all manifests of a folder and those below it, in order. A link in the folder must not lead out of it. */
function sourceAt(source: string): Source {
  const names = source === '-' ? undefined : filesBelow(source);
  if (names === undefined) return { files: [source], passedOver: [], isFolder: false };
  const place = new Confinement(source);
  const there = (name: string): string => {
    place.of(name);
    return joinPath(source, name);
  };
  const { files, passedOver } = sortedOut(names, (name) => headOf(there(name), HEAD_CHARACTERS) ?? '');
  if (files.length === 0) {
    const archive = names.find((name) => /\.(tar|tgz|gz|zip)$/.test(name));
    const hint = archive === undefined ? undefined : `unpack ${archive}`;
    throw fileError(source, 'holds no manifests: no .yaml, .yml or .json file with objects of Kubernetes', hint);
  }
  return {
    files: files.map(there),
    passedOver: passedOver.map(({ file, why }) => ({ file: joinPath(source, file), why })),
    isFolder: true,
  };
}

const SOURCE_HINT = 'name a file that kubectl wrote, a folder of manifests, or -';

function checkInput(file: string): void {
  if (file !== '-') closeSync(openOrdinary(file, SOURCE_HINT));
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 18;

/**
 * Reads a file piece by piece: what it holds is never in memory as a whole.
 * @param isFound nobody has named the file itself: what cannot be read is left out. @returns why it was passed over, if it was.
 */
async function readObjects(file: string, importer: ClusterImporter, isFound: boolean): Promise<string | undefined> {
  const name = file === '-' ? 'standard input' : file;
  let reader: ReturnType<typeof objectReader> | undefined;
  let objects = 0;
  const take = (object: unknown): void => {
    try {
      if (importer.add(object)) objects++;
    } catch (error) {
      if (!isFound || !(error instanceof ObjectError)) throw error;
      objects++;
      importer.leaveOut(error.message);
    }
  };
  try {
    for (const bytes of file === '-' ? standardInputChunks() : fileChunks(file, CHUNK, SOURCE_HINT)) {
      if (reader === undefined && (bytes[0] === 0xff || bytes[0] === 0xfe)) {
        throw fileError(name, 'is UTF-16, not UTF-8', 'in PowerShell: kubectl get … | Out-File -Encoding utf8 FILE');
      }
      if (reader === undefined && bytes.every((byte) => byte <= 0x20)) continue;
      reader ??= objectReader(bytes, readingRules().fileBytes, take, kindByFile(file, importer.workloadKinds));
      reader.write(bytes);
      // Lets signals through.
      await setImmediate();
    }
    reader?.end();
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    if (!isFound) throw error.in(name);
    importer.leaveOut(`${name}${error.line > 0 ? `:${error.line}` : ''}: ${error.message}`);
    return error.message;
  }
  if (isFound) return objects === 0 ? 'no object of Kubernetes' : undefined;
  if (reader === undefined) throw fileError(name, 'is empty');
  if (objects === 0) throw fileError(name, 'holds no Kubernetes objects', 'kubectl get … -o json, or manifests');
  return undefined;
}

async function fromTrace(args: ImportArguments): Promise<Imported> {
  const { nodes, pods, mapping: mappingFile } = args;
  if (nodes === undefined || pods === undefined) {
    throw fileError(
      nodes === undefined ? '--pods' : '--nodes',
      'needs the other list too: --nodes nodes.csv --pods pods.csv',
    );
  }
  if (args.sources.length > 0) throw fileError(args.sources[0]!, 'cannot be imported together with a trace');
  if (args.anonymise) throw fileError('--anonymise', 'is not needed for a trace: its names are not kept');
  for (const file of [nodes, pods]) closeSync(openOrdinary(file, 'name a CSV file with a header'));
  const mapping = mappingFile === undefined ? DEFAULT_MAPPING : readMapping(mappingFile, yamlOf(mappingFile));
  const importer = new TraceImporter({ name: args.name, mapping, from: args.from, lasts: args.lasts });
  await eachRow(nodes, (row) => importer.addNode(nodes, row));
  await eachRow(pods, (row) => importer.addPod(pods, row));
  if (importer.isEmpty) throw fileError(`${nodes}, ${pods}`, 'hold no nodes, or no pods');
  const { files, dropped, notes } = importer.finish();
  const left = [...dropped].map(([what, count]) => ({ what, count, step: 'nothing' as const }));
  return { files, dropped: left, notes };
}

function yamlOf(file: string): unknown {
  const read = yamlValue(readText(file, 'name a mapping file'));
  if (read === undefined) throw fileError(file, 'is not YAML');
  return read.value;
}

async function eachRow(file: string, take: (row: TraceRow) => void): Promise<void> {
  const rows = createReadStream(file).pipe(
    csvParser({ info: true, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true }),
  );
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header === undefined) header = record;
      else take({ line: info.lines, cells: csvRow(header, record) });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(file, `is not CSV: ${(error as Error).message}`);
  }
}
