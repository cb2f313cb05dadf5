// What unpacking one layer takes: pure rules. Part of the CRI.
// A layer is inflated, and what comes out is written file by file: one core for each layer, which the disk may hold up. The
// runtime does the two by turns; another program inflates beside it.

import type { Compression, Decompressor, LayerSpec } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import type { pullCosts } from './parameters.js';

type PullCosts = typeof pullCosts;

/** How a layer is packed and by what it is unpacked. */
export interface Unpacking {
  readonly compression: Compression;
  readonly decompressor: Decompressor;
}

/** CPU time of a layer on a core of speed 1, ns. */
export interface UnpackTime {
  /** From begin to end, on as many cores as it uses. */
  readonly takes: number;
  readonly cpu: number;
}

/** @param writes how much of the usual work of untarring and writing files there is. */
export function unpackTime(
  { compressedBytes, uncompressedBytes, files }: LayerSpec,
  { compression, decompressor }: Unpacking,
  costs: PullCosts,
  writes = 1,
): UnpackTime {
  const inflates =
    (compressedBytes * NS_PER_SECOND) / (costs.inflateBytesPerSecond.value * speedOf(compression, decompressor, costs));
  const written =
    ((uncompressedBytes * NS_PER_SECOND) / costs.writeBytesPerSecond.value + files * costs.perFile.value) * writes;
  const isBeside = compression === 'gzip' && decompressor !== 'runtime';
  return { takes: isBeside ? Math.max(inflates, written) : inflates + written, cpu: inflates + written };
}

/** How fast what is packed so is unpacked, against gzip by the runtime itself; Infinity: there is nothing to do. */
function speedOf(compression: Compression, decompressor: Decompressor, costs: PullCosts): number {
  if (compression === 'none') return Infinity;
  if (compression === 'zstd') return costs.zstdSpeed.value;
  const speeds = { runtime: 1, unpigz: costs.unpigzSpeed.value, igzip: costs.igzipSpeed.value };
  return speeds[decompressor];
}

/**
 * How long reading what a container needs at its start takes beside moving the bytes, where a layer is fetched as it is read, ns.
 * @param bytes compressed.
 */
export const lazyReadTime = (bytes: number, { lazyRead, lazyReadBytes, lazyReads }: PullCosts): number =>
  Math.ceil(Math.ceil(bytes / lazyReadBytes.value) / lazyReads.value) * lazyRead.value;
