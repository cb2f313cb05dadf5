// What is known of container images, and where they come from. Part of the scenario's format.

import { z } from 'zod';
import { imageParameters } from '../../cri/index.js';
import { field, OURS, optional, otherwise, quantity, section } from '../../format/fields.js';

const { compressedBytes, layers } = imageParameters;

export const images = optional(
  z.array(
    z.strictObject({
      name: field(z.string(), 'image as in the manifests'),
      compressedSize: optional(quantity, 'size in the registry, that of its base included', {
        unit: 'bytes',
        default: `${compressedBytes.value / 1e6}M`,
      }),
      layers: optional(z.int().min(1).max(127), 'number of layers, those of its base included', {
        default: `${layers.value}`,
        source: 'no checkable figure; a median of 8 is often quoted',
      }),
      base: optional(z.string(), 'image of this list whose layers are the first layers of this one', {
        default: 'none: it shares nothing',
      }),
      present: otherwise(z.boolean(), false, 'on every node from the start'),
    }),
  ),
  'what is known of container images',
);

export const registry = section(
  z.strictObject({
    bandwidth: optional(quantity, 'total bandwidth to all nodes', {
      unit: 'bytes/s',
      default: 'no limit',
      source: OURS,
    }),
  }),
  'where images come from',
);
