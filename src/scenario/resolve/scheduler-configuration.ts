// How the scheduler is configured: by fields of the scenario, or by a KubeSchedulerConfiguration as kube-scheduler reads it.
// Part of the scenario. Sources: pkg/scheduler/apis/config/v1/{defaults,default_plugins}.go, apis/config/validation.

import {
  EXTENSION_POINTS,
  type ExtensionPoint,
  type PartList,
  type PluginChoice,
  type SchedulerProfileSpec,
  type SchedulerSpec,
} from '../../cluster/index.js';
import { controlPlaneParameters, type SchedulerPlugin, type SchedulerShortcuts } from '../../control-plane/index.js';
import { formatPath, type Path } from '../../format/path.js';
import { itemsAt } from '../../format/selectors.js';
import { didYouMean } from '../../format/suggest.js';
import { isFields, type ObjectFields } from '../yaml/object-fields.js';

export const DEFAULT_SCHEDULER = 'default-scheduler';
export const CONFIGURATION_KIND = 'KubeSchedulerConfiguration';

/** Whether a document is one. */
export const isConfiguration = (value: unknown): boolean => isFields(value) && value.kind === CONFIGURATION_KIND;
const API_VERSIONS = ['kubescheduler.config.k8s.io/v1', 'kubescheduler.config.k8s.io/v1beta3'];

type Plugins = PartList<SchedulerPlugin>;

/** All plugins at their own weights. @param fields short ones of a scenario that change some. */
export const defaultPlugins = (plugins: Plugins, fields?: SchedulerShortcuts): PluginChoice[] =>
  plugins.all.map(({ name, weight, shortcut }) => ({
    name,
    points: [],
    weight: weight ?? 1,
    ...(fields === undefined ? {} : shortcut?.(fields)),
  }));

/** Every plugin of the catalogue, as kube-scheduler without a file has it. */
export const defaultScheduler = (plugins: Plugins, fields?: SchedulerShortcuts): SchedulerSpec => ({
  profiles: [
    { schedulerName: DEFAULT_SCHEDULER, percentageOfNodesToScore: 0, plugins: defaultPlugins(plugins, fields) },
  ],
  podInitialBackOff: controlPlaneParameters.backOffInitial.value,
  podMaxBackOff: controlPlaneParameters.backOffMax.value,
});

/** Extension points at which something is modelled, by the names of a configuration. */
const MODELLED: Readonly<Record<string, ExtensionPoint>> = Object.fromEntries(
  EXTENSION_POINTS.map((point) => [point, point]),
);
/** The others that a profile may name: plugins there are asked together with these. */
const OTHER_POINTS = ['queueSort', 'preFilter', 'preScore', 'reserve', 'permit', 'preBind', 'bind', 'postBind'];
/** Plugins of kube-scheduler about things that are not modelled; to name them changes nothing. */
const NOT_MODELLED = [
  'PrioritySort',
  'DefaultBinder',
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'VolumeBinding',
  'VolumeZone',
  'DynamicResources',
  'NodeDeclaredFeatures',
  'GangScheduling',
];

const TOP = [
  'apiVersion',
  'kind',
  'profiles',
  'percentageOfNodesToScore',
  'podInitialBackoffSeconds',
  'podMaxBackoffSeconds',
];
/** Fields that say how fast or how watched the scheduler is, which is said elsewhere or is not modelled. */
const PASSED_OVER = [
  'parallelism',
  'leaderElection',
  'clientConnection',
  'enableProfiling',
  'enableContentionProfiling',
  'delayCacheUntilActive',
];

/** Reads a configuration. Whatever is not known is refused, or named. @param readsBeta the version takes v1beta3, too. */
export function readSchedulerConfiguration(reader: ObjectFields, plugins: Plugins, readsBeta: boolean): SchedulerSpec {
  if (!isFields(reader.object) || reader.get(['kind']) !== CONFIGURATION_KIND) {
    reader.error(['kind'], `must be ${CONFIGURATION_KIND}, not ${JSON.stringify(reader.get(['kind']))}`);
    return defaultScheduler(plugins);
  }
  const versions = readsBeta ? API_VERSIONS : API_VERSIONS.slice(0, 1);
  if (reader.get(['apiVersion']) === undefined)
    reader.error(['apiVersion'], `is missing; must be ${versions.join(', ')}`);
  reader.oneOf(['apiVersion'], versions, versions[0]!);
  for (const field of Object.keys(reader.object)) {
    if (field === 'extenders') reader.error([field], 'is not modelled: an extender is a server of its own');
    else if (PASSED_OVER.includes(field)) {
      const instead =
        field === 'clientConnection' ? ': spec.controlPlane.scheduler.kubeAPIQPS and kubeAPIBurst say it' : '';
      reader.warn([field], `is not used${instead}`);
    } else if (!TOP.includes(field))
      reader.error(
        [field],
        'is not a field of KubeSchedulerConfiguration',
        didYouMean(field, [...TOP, ...PASSED_OVER]),
      );
  }
  const percentage = percentageAt(reader, ['percentageOfNodesToScore'], 0);
  const items = itemsAt(reader, ['profiles']);
  const profiles = items.map((at) => profileAt(reader, at, plugins, percentage));
  const names = profiles.map(({ schedulerName }) => schedulerName);
  names.forEach((name, i) => {
    if (names.length > 1 && reader.get([...items[i]!, 'schedulerName']) === undefined)
      reader.error(items[i]!, 'has no schedulerName: only a single profile may leave it out');
    else if (names.indexOf(name) < i)
      reader.error([...items[i]!, 'schedulerName'], `"${name}" is the name of another profile too`);
  });
  const seconds = (field: string, usual: number): number => {
    const value = reader.whole([field], usual / 1e9);
    if (value < 1) reader.error([field], `must be at least 1, not ${value}`);
    return value * 1e9;
  };
  const usual = defaultScheduler(plugins);
  const podInitialBackOff = seconds('podInitialBackoffSeconds', usual.podInitialBackOff);
  const podMaxBackOff = seconds('podMaxBackoffSeconds', usual.podMaxBackOff);
  if (podMaxBackOff < podInitialBackOff)
    reader.error(['podMaxBackoffSeconds'], 'must be at least podInitialBackoffSeconds');
  const [profile] = usual.profiles;
  return {
    profiles: profiles.length > 0 ? profiles : [{ ...profile!, percentageOfNodesToScore: percentage }],
    podInitialBackOff,
    podMaxBackOff,
  };
}

function percentageAt(reader: ObjectFields, at: Path, otherwise: number): number {
  const percentage = reader.whole(at, otherwise);
  if (percentage > 100) reader.error(at, `must be 0 to 100, not ${percentage}`);
  return percentage;
}

function profileAt(reader: ObjectFields, at: Path, plugins: Plugins, percentage: number): SchedulerProfileSpec {
  if (!isFields(reader.get(at))) reader.error(at, `must be a mapping, not ${JSON.stringify(reader.get(at))}`);
  refuseUnknown(reader, at, ['schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig']);
  return {
    schedulerName: reader.text([...at, 'schedulerName'], DEFAULT_SCHEDULER) || DEFAULT_SCHEDULER,
    percentageOfNodesToScore: percentageAt(reader, [...at, 'percentageOfNodesToScore'], percentage),
    plugins: withArgs(reader, [...at, 'pluginConfig'], chosen(reader, [...at, 'plugins'], plugins), plugins),
  };
}

/** A plugin while a profile is read: where it is asked. */
interface Choice {
  readonly name: string;
  weight: number;
  readonly points: Set<ExtensionPoint>;
}

/** Plugins of a profile: those by default, without the disabled ones, and with the enabled ones. */
function chosen(reader: ObjectFields, at: Path, plugins: Plugins): PluginChoice[] {
  refuseUnknown(reader, at, ['multiPoint', ...Object.keys(MODELLED), ...OTHER_POINTS]);
  const all = new Map<string, Choice>(
    defaultPlugins(plugins).map(({ name, weight }) => [name, { name, weight, points: new Set(EXTENSION_POINTS) }]),
  );
  /** Names of plugins that filter before the others. */
  const first: string[] = [];
  const change = (set: Path, points: readonly ExtensionPoint[], isEverywhere: boolean): void => {
    refuseUnknown(reader, set, ['enabled', 'disabled']);
    const seen = new Set<string>();
    for (const item of itemsAt(reader, [...set, 'disabled'])) {
      const name = nameAt(reader, item, plugins);
      for (const one of name === '*' ? [...all.keys()] : [name]) {
        if (isEverywhere) all.delete(one);
        else for (const point of points) all.get(one)?.points.delete(point);
      }
    }
    for (const item of itemsAt(reader, [...set, 'enabled'])) {
      refuseUnknown(reader, item, ['name', 'weight']);
      const name = nameAt(reader, item, plugins);
      if (!plugins.has(name)) continue;
      if (seen.has(name)) reader.error([...item, 'name'], `${name} is enabled a second time`);
      seen.add(name);
      const weight = reader.whole([...item, 'weight'], 0) || 1;
      const isNew = !all.has(name);
      const known = all.get(name) ?? { name, weight, points: new Set<ExtensionPoint>() };
      // Only these two say what scores weigh; a weight that is not given is 1.
      if (isEverywhere || points.includes('score')) known.weight = weight;
      // What is enabled here and everywhere comes first here.
      if (!isEverywhere && !isNew && points.includes('filter')) first.push(name);
      for (const point of points) known.points.add(point);
      all.set(name, known);
    }
  };
  change([...at, 'multiPoint'], EXTENSION_POINTS, true);
  for (const [field, point] of Object.entries(MODELLED)) change([...at, field], [point], false);
  for (const point of OTHER_POINTS) {
    if (reader.get([...at, point]) === undefined) continue;
    reader.warn([...at, point], 'is not used: only preEnqueue, filter, postFilter and score are modelled');
  }
  const place = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return [...all.values()]
    .filter(({ points }) => points.size > 0)
    .sort((a, b) => place(a.name) - place(b.name))
    .map(({ name, weight, points }) => ({
      name,
      weight,
      points: points.size === EXTENSION_POINTS.length ? [] : [...points],
    }));
}

/** The name of a plugin; one that is not known is refused. */
function nameAt(reader: ObjectFields, at: Path, plugins: Plugins): string {
  if (!isFields(reader.get(at))) {
    reader.error(at, `must be a mapping such as {name: NodeResourcesFit}, not ${JSON.stringify(reader.get(at))}`);
    return '';
  }
  const name = reader.text([...at, 'name'], '');
  if (name === '*' || plugins.has(name)) return name;
  const path: Path = [...at, 'name'];
  if (NOT_MODELLED.includes(name)) {
    reader.warn(path, `${name} is not modelled: naming it changes nothing`);
    return name;
  }
  const hint =
    didYouMean(name, plugins.names) ?? `there are: ${plugins.names.join(', ')}; others come with --extension`;
  reader.error(path, `no plugin is called ${JSON.stringify(name)}`, hint);
  return name;
}

function withArgs(reader: ObjectFields, at: Path, choices: PluginChoice[], plugins: Plugins): PluginChoice[] {
  const args = new Map<string, unknown>();
  for (const item of itemsAt(reader, at)) {
    refuseUnknown(reader, item, ['name', 'args']);
    const name = nameAt(reader, item, plugins);
    const path: Path = [...item, 'args'];
    if (reader.get(path) !== undefined && !isFields(reader.get(path))) {
      reader.error(path, `must be a mapping, not ${JSON.stringify(reader.get(path))}`);
      continue;
    }
    if (args.has(name)) reader.error([...item, 'name'], `${name} has arguments already`);
    if (!plugins.has(name) || reader.get(path) === undefined) continue;
    const of = plugins.get(name).args;
    if (of === undefined) {
      if (reader.get([...path, 'kind']) === undefined || Object.keys(reader.get(path) as object).length > 2)
        reader.warn(path, `${name} takes no arguments that are modelled: they are ignored`);
      continue;
    }
    refuseFields(reader, path, of.fields);
    args.set(name, of.read(reader, path));
  }
  return choices.map((choice) => (args.has(choice.name) ? { ...choice, args: args.get(choice.name) } : choice));
}

function refuseUnknown(reader: ObjectFields, at: Path, known: readonly string[]): void {
  const object = reader.get(at);
  if (!isFields(object)) {
    if (object !== undefined && object !== null && at.length > 2)
      reader.error(at, `must be a mapping with ${known.join(', ')}, not ${JSON.stringify(object)}`);
    return;
  }
  for (const field of Object.keys(object)) {
    if (known.includes(field)) continue;
    const hint = didYouMean(field, known) ?? `accepted: ${known.join(', ')}`;
    reader.error([...at, field], 'is not known here', hint);
  }
}

/** Refuses fields of arguments that a plugin does not read. @param known paths; `[]` for items, `.**` for all below. */
function refuseFields(reader: ObjectFields, at: Path, known: readonly string[]): void {
  const visit = (value: unknown, path: string, here: Path): void => {
    if (path !== '' && (known.includes(path) || known.includes(`${path}.**`))) return;
    const isPrefix = path === '' || known.some((one) => one.startsWith(`${path}.`) || one.startsWith(`${path}[]`));
    if (!isPrefix) {
      const siblings = known.map((one) => one.split(/[.[]/)[0]!);
      reader.error(
        here,
        'is not known here',
        didYouMean(path, siblings) ?? `accepted: ${[...new Set(siblings)].join(', ')}`,
      );
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(item, `${path}[]`, [...here, i]);
    } else if (isFields(value)) {
      for (const [key, child] of Object.entries(value)) {
        if (path === '' && (key === 'apiVersion' || key === 'kind')) continue;
        visit(child, path === '' ? key : `${path}.${key}`, [...here, key]);
      }
    }
  };
  visit(reader.get(at), '', at);
}

/** What speaks against settling one thing in two places. */
export const SETTLED_TWICE = `is settled by ${formatPath(['spec', 'controlPlane', 'scheduler', 'configuration'])} too; leave one of them out`;
