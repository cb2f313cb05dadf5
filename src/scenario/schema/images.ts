// What is known of container images, and where they come from. Part of the scenario's format.

import { z } from 'zod';
import { COMPRESSIONS, PEER_UNITS, REGISTRY_TYPES } from '../../cluster/index.js';
import { imageParameters, pullCosts } from '../../cri/index.js';
import {
  duration,
  field,
  OURS,
  optional,
  otherwise,
  percentage,
  quantity,
  section,
  someQuantity,
  someTime,
} from '../../format/fields.js';

const { bytesPerFile, compressedBytes, compression, layers, readAtStart } = imageParameters;
const { fetchBytesPerSecond, ecrBytesPerSecond, nearBytesPerSecond, firstByte } = pullCosts;

const BYTES_PER_SECOND = { unit: 'bytes/s' } as const;
const mb = (value: number): string => `${value / 1e6}M`;
const FILES = 100_000_000;

export const images = optional(
  z.array(
    z.strictObject({
      name: field(z.string(), 'image as in the manifests'),
      compressedSize: optional(quantity, 'size in the registry, that of its base included', {
        unit: 'bytes',
        default: `the sum of its layers if they are listed, else ${mb(compressedBytes.value)}`,
      }),
      uncompressedSize: optional(quantity, 'size on the disk of a node, that of its base included', {
        unit: 'bytes',
        default: `${compression.value} times the compressed size`,
        source: compression.source,
      }),
      files: optional(z.int().min(0).max(FILES), 'number of files in all its layers, those of its base included', {
        default: `one for each ${bytesPerFile.value / 1e3} kB of the uncompressed size`,
        source: bytesPerFile.source,
      }),
      layers: optional(
        z.union([
          z.int().min(1).max(127),
          z
            .array(
              z.strictObject({
                compressedSize: field(quantity, 'its size in the registry', { unit: 'bytes' }),
                uncompressedSize: optional(quantity, 'its size on the disk of a node', {
                  unit: 'bytes',
                  default: `${compression.value} times the compressed size`,
                }),
                files: optional(z.int().min(0).max(FILES), 'its files', {
                  default: `one for each ${bytesPerFile.value / 1e3} kB`,
                }),
              }),
            )
            .min(1)
            .max(127),
        ]),
        'number of layers, those of its base included, which are then of equal size; or a list of its own layers, which come after those of its base',
        {
          default: `${layers.value}`,
          source: 'no checkable figure; a median of 8 is often quoted',
        },
      ),
      compression: otherwise(z.enum(COMPRESSIONS), 'gzip', 'how its layers are packed', {
        source: 'containerd#13559 (2026): 15 of 15 popular images',
      }),
      base: optional(z.string(), 'image of this list whose layers are the first layers of this one', {
        default: 'none: it shares nothing',
      }),
      present: otherwise(z.boolean(), false, 'on every node from the start'),
      readAtStart: optional(
        percentage,
        'share of it that its containers read when they start: what a lazy snapshotter fetches before anything else',
        { default: `${readAtStart.value * 100}%`, source: readAtStart.source },
      ),
    }),
  ),
  'what is known of container images',
);

const connection = (source: string) =>
  optional(someQuantity, 'what one connection carries, in the median: each has luck of its own', {
    ...BYTES_PER_SECOND,
    default: source,
  });

const registryFields = {
  type: otherwise(
    z.enum(REGISTRY_TYPES),
    'docker-hub',
    `what a connection to it carries: docker-hub ${mb(fetchBytesPerSecond.value)}, ecr ${mb(ecrBytesPerSecond.value)}, near ${mb(nearBytesPerSecond.value)} bytes a second`,
    { source: `${fetchBytesPerSecond.source}; ${ecrBytesPerSecond.source}; ${nearBytesPerSecond.source}` },
  ),
  bandwidth: optional(someQuantity, 'total bandwidth to all nodes', {
    ...BYTES_PER_SECOND,
    default: 'no limit',
    source: OURS,
  }),
  perNode: optional(someQuantity, 'bandwidth to one node', { ...BYTES_PER_SECOND, default: 'no limit', source: OURS }),
  perConnection: connection('that of its type'),
  firstByte: optional(
    duration,
    'from a request until its answer begins; a pull waits for four of them: token, index, manifest and configuration',
    { default: `${firstByte.value / 1e6}ms`, source: firstByte.source },
  ),
  pullLimit: optional(
    z.strictObject({
      pulls: field(z.int().min(0), 'pulls that are answered in that time', { unit: 'pulls' }),
      per: field(someTime, 'how long'),
    }),
    'pulls by all nodes together after which it answers 429: they share one address',
    { default: 'no limit' },
  ),
  mirror: section(
    z.strictObject({
      enabled: otherwise(z.boolean(), false, 'there is one'),
      bandwidth: optional(someQuantity, 'total bandwidth to all nodes', { ...BYTES_PER_SECOND, default: 'no limit' }),
      perConnection: connection(mb(nearBytesPerSecond.value)),
      warm: otherwise(
        z.boolean(),
        false,
        'it has every layer from the start, and not only those that were asked for before',
      ),
    }),
    'a cache between the registry and the nodes: what it does not have it passes on at the speed of the registry, and keeps',
  ),
  peerToPeer: section(
    z.strictObject({
      unit: otherwise(
        z.enum(['none', ...PEER_UNITS]),
        'none',
        'none: nodes give each other nothing; layers: a node gives others the layers that it has (Spegel); pieces: and also those that it is still fetching, so that the registry sends each once (Dragonfly, Kraken)',
      ),
      bandwidth: optional(someQuantity, 'what one node takes and gives at most', {
        ...BYTES_PER_SECOND,
        default: 'what its link carries',
      }),
    }),
    'nodes give each other what they have fetched',
  ),
};

export const registry = section(z.strictObject(registryFields), 'where images come from');

export const registries = optional(
  z.array(
    z.strictObject({
      name: field(
        z.string().min(1),
        'what the names of its images begin with, up to a slash: its host, or host and path',
      ),
      ...registryFields,
    }),
  ),
  'registries of their own for images whose names begin with theirs; registry is that of all others',
);
