// Images, registries, and how nodes pull. Part of the scenario.

import type { Catalogue } from '../../catalogue.js';
import { CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import type { ImageSpec, LayerSpec, PullSpec, RegistrySpec } from '../../cluster/index.js';
import { fullImageName } from '../../cluster/index.js';
import { imageParameters, type PullFeature, snapshotterOf } from '../../cri/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { bytes, ns, share } from '../../format/units.js';
import type { ScenarioDocument } from '../schema/index.js';
import type { Report } from './behavior.js';

type Spec = ScenarioDocument['spec'];
type Images = NonNullable<Spec['images']>;
type Image = Images[number];
type Registry = Spec['registry'];
type Pool = Spec['nodePools'][number];

export function imagesOf(images: Images, report: Report): Record<string, ImageSpec> {
  const names = images.map(({ name }) => name);
  const specs: Record<string, ImageSpec> = {};
  images.forEach((image, i) => {
    const { name, base } = image;
    const at: Path = ['spec', 'images', i];
    if (names.indexOf(name) !== i) report([...at, 'name'], `"${name}" is listed twice`);
    const found = base === undefined ? -1 : names.indexOf(base);
    if (base !== undefined && (found < 0 || found >= i)) {
      const what = found < 0 ? `no image of this list is called "${base}"` : `"${base}" must come before "${name}"`;
      report([...at, 'base'], what, found < 0 ? didYouMean(base, names) : undefined);
    }
    specs[name] = imageOf(image, found < 0 ? undefined : specs[base!], at, report);
  });
  return specs;
}

const layerOf = ({
  compressedSize,
  uncompressedSize,
  files,
}: Exclude<Image['layers'], number | undefined>[number]): LayerSpec => {
  const compressedBytes = bytes(compressedSize, 0);
  const uncompressedBytes = bytes(uncompressedSize, compressedBytes * imageParameters.compression.value);
  return { compressedBytes, uncompressedBytes, files: files ?? uncompressedBytes / imageParameters.bytesPerFile.value };
};

const total = (layers: readonly LayerSpec[], part: keyof LayerSpec): number =>
  layers.reduce((sum, layer) => sum + layer[part], 0);

function imageOf(image: Image, base: ImageSpec | undefined, at: Path, report: Report): ImageSpec {
  const { compressedSize, uncompressedSize, files, layers, compression, present, readAtStart } = image;
  const own = typeof layers === 'object' ? layers.map(layerOf) : undefined;
  if (own !== undefined) {
    for (const [name, given] of Object.entries({ compressedSize, uncompressedSize, files })) {
      if (given !== undefined)
        report([...at, name], 'follows from its layers, which are listed', 'leave one of both out');
    }
  }
  const compressedBytes =
    own === undefined
      ? bytes(compressedSize, imageParameters.compressedBytes.value)
      : total(own, 'compressedBytes') + (base?.compressedBytes ?? 0);
  if (base !== undefined && compressedBytes < base.compressedBytes)
    report([...at, 'compressedSize'], `is less than that of its base, ${base.compressedBytes} bytes`);
  checkBase(image, own?.length, base, at, report);
  return {
    compressedBytes,
    present,
    compression,
    ...(uncompressedSize === undefined ? {} : { uncompressedBytes: bytes(uncompressedSize, 0) }),
    ...(files === undefined ? {} : { files }),
    ...(typeof layers === 'number' ? { layers } : {}),
    ...(own === undefined ? {} : { ownLayers: own, allLayers: own.length + (base === undefined ? 0 : layersIn(base)) }),
    ...(image.base === undefined ? {} : { base: image.base }),
    ...(readAtStart === undefined ? {} : { readAtStart: share(readAtStart) }),
  };
}

/** Layers that an image may have: what overlayfs and the OCI runtimes take. */
const LAYERS_MAX = 127;

/** An image holds all that its base holds. */
function checkBase(
  { uncompressedSize, files, layers }: Image,
  own: number | undefined,
  base: ImageSpec | undefined,
  at: Path,
  report: Report,
): void {
  const inBase = base === undefined ? 0 : layersIn(base);
  const all = own === undefined ? 0 : inBase + own;
  if (all > LAYERS_MAX)
    report([...at, 'layers'], `makes ${all} layers with those of its base; an image has at most ${LAYERS_MAX}`);
  if (base === undefined) return;
  if (typeof layers === 'number' && layers < inBase)
    report([...at, 'layers'], `is less than the ${inBase} layers of its base`);
  if (
    uncompressedSize !== undefined &&
    base.uncompressedBytes !== undefined &&
    bytes(uncompressedSize, 0) < base.uncompressedBytes
  )
    report([...at, 'uncompressedSize'], `is less than that of its base, ${base.uncompressedBytes} bytes`);
  if (files !== undefined && base.files !== undefined && files < base.files)
    report([...at, 'files'], `is less than the ${base.files} files of its base`);
}

/** Layers of an image, those of its bases included. */
const layersIn = ({ layers, ownLayers, allLayers }: ImageSpec): number =>
  allLayers ?? layers ?? ownLayers?.length ?? imageParameters.layers.value;

/** Images as containers call them: one that is written otherwise is the same all the same. */
export function imagesByUse(
  images: Readonly<Record<string, ImageSpec>>,
  used: ReadonlySet<string>,
): Record<string, ImageSpec> {
  const byFullName = new Map(Object.entries(images).map(([name, image]) => [fullImageName(name), image]));
  const others = [...used].flatMap((name): [string, ImageSpec][] => {
    const image = byFullName.get(fullImageName(name));
    return image === undefined || Object.hasOwn(images, name) ? [] : [[name, image]];
  });
  return { ...images, ...Object.fromEntries(others) };
}

/** Entries about images that no container has: most often another name was meant. */
export function unmatched(
  { images = [], registries = [] }: Spec,
  used: ReadonlySet<string>,
): { readonly at: Path; readonly message: string; readonly hint?: string }[] {
  const names = [...used].map(fullImageName);
  const bases = new Set(images.flatMap(({ base }) => base ?? []));
  const like = (name: string): { hint?: string } => {
    const hint =
      didYouMean(name, [...used]) ??
      (used.size > 0 && used.size <= SHOWN ? `images: ${[...used].join(', ')}` : undefined);
    return hint === undefined ? {} : { hint };
  };
  return [
    ...images.flatMap(({ name }, i) =>
      names.includes(fullImageName(name)) || bases.has(name)
        ? []
        : [{ at: ['spec', 'images', i, 'name'], message: 'is not used: no container has this image', ...like(name) }],
    ),
    ...registries.flatMap(({ name }, i) =>
      names.some((image) => image.startsWith(`${name}/`))
        ? []
        : [
            {
              at: ['spec', 'registries', i, 'name'],
              message: `is not used: no image's full name begins with "${name}/"`,
              hint: `full names: ${names.slice(0, SHOWN).join(', ')}`,
            },
          ],
    ),
  ];
}

/** Names that a hint has at most. */
const SHOWN = 4;

/** That of all images first, then those with names. */
export function registriesOf({ registry, registries = [] }: Spec, report: Report): RegistrySpec[] {
  const names = registries.map(({ name }) => name);
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) report(['spec', 'registries', i, 'name'], `"${name}" is listed twice`);
  });
  return [registryOf('', registry), ...registries.map(({ name, ...rest }) => registryOf(name, rest))];
}

function registryOf(name: string, given: Registry): RegistrySpec {
  const { type, bandwidth, perNode, perConnection, firstByte, pullLimit, mirror, peerToPeer } = given;
  return {
    name,
    type,
    bytesPerSecond: bytes(bandwidth, Infinity),
    nodeBytesPerSecond: bytes(perNode, Infinity),
    ...(perConnection === undefined ? {} : { connectionBytesPerSecond: bytes(perConnection, 0) }),
    ...(firstByte === undefined ? {} : { firstByte: ns(firstByte) }),
    ...(pullLimit === undefined ? {} : { pullLimit: { pulls: pullLimit.pulls, per: ns(pullLimit.per) } }),
    ...(!mirror.enabled
      ? {}
      : {
          mirror: {
            bytesPerSecond: bytes(mirror.bandwidth, Infinity),
            isWarm: mirror.warm,
            ...(mirror.perConnection === undefined ? {} : { connectionBytesPerSecond: bytes(mirror.perConnection, 0) }),
          },
        }),
    ...(peerToPeer.unit === 'none'
      ? {}
      : { peers: { unit: peerToPeer.unit, bytesPerSecond: bytes(peerToPeer.bandwidth, Infinity) } }),
  };
}

/** Of a runtime that does not say it: as containerd. */
const LAYERS_AT_ONCE = 3;

/** How the nodes of a pool pull; refuses what their runtime cannot do. */
export function pullsOf(
  { containerRuntime }: Pool,
  runtimes: Catalogue['containerRuntimes'],
  pool: Path,
  report: Report,
): PullSpec {
  const given: Partial<NonNullable<typeof containerRuntime>> = containerRuntime ?? {};
  const name = given.name ?? CONTAINER_RUNTIME_DEFAULT;
  const runtime = runtimes.get(name);
  const snapshotter = snapshotterOf(given.snapshotter ?? 'overlayfs');
  const [major, minor = 0] = given.version?.split('.').map(Number) ?? [Infinity];
  const check = (feature: PullFeature): void => {
    if ((given[feature] ?? 1) === 1 || snapshotter.isParallel) return;
    const since = runtime.since?.[feature];
    const at: Path = [...pool, 'containerRuntime', feature];
    if (since === undefined) report(at, `${name} does one at a time`);
    else if (major! < since[0] || (major === since[0] && minor < since[1]))
      report(
        at,
        `${name} ${given.version} does one at a time; more come with ${since.join('.')}`,
        'snapshotter: soci-parallel does without',
      );
  };
  check('connectionsPerLayer');
  check('unpacksAtOnce');
  return {
    layersAtOnce: given.maxConcurrentDownloads ?? runtime.layersAtOnce?.value ?? LAYERS_AT_ONCE,
    connectionsPerLayer: given.connectionsPerLayer ?? 1,
    unpacksAtOnce: given.unpacksAtOnce ?? 1,
    decompressor: given.decompressor ?? 'runtime',
    snapshotter: snapshotter.name,
  };
}
