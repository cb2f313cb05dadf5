// ImageLocality: nodes that list the pod's images are preferred, large ones more. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/imagelocality/image_locality.go.

import type { NodeId } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';

const MEGABYTE = 1024 * 1024;
/** Less than this on a node is worth nothing; 1000 MB a container are worth all. */
const MIN_BYTES = 23 * MEGABYTE;
const MAX_CONTAINER_BYTES = 1000 * MEGABYTE;

/** 0 … 100: what the bytes of images that a node has are worth, each by the share of nodes that has it. */
export function localityScore(bytes: number, containers: number): number {
  const most = MAX_CONTAINER_BYTES * containers;
  const counted = Math.min(most, Math.max(MIN_BYTES, bytes));
  return Math.floor((100 * (counted - MIN_BYTES)) / (most - MIN_BYTES));
}

export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  meaning: 'nodes that have the images of a pod',
  // How many nodes have an image counts, too.
  isLocal: false,
  weight: 1,
  create: ({ nodes: info }) => ({
    prepare: ({ template: { containers } }) => {
      const images = containers.map(({ image }) => info.images.get(image)!);
      const areEverywhere = (): boolean => images.every(({ nodes }) => nodes === info.count);
      const were = areEverywhere();
      const isStale = (): boolean => areEverywhere() !== were;
      // Where all nodes have them it makes no difference, as long as that is so.
      if (were) return { isStale };
      return {
        isStale,
        score: (node: NodeId) => {
          let bytes = 0;
          for (const image of images) {
            if (image.on[node] === 1) bytes += Math.floor(image.bytes * (image.nodes / info.count));
          }
          return localityScore(bytes, containers.length);
        },
      };
    },
  }),
};
