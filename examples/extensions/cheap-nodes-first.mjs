// A scheduler score: nodes of cheaper pools first, by a label that says what a node costs an hour.
import { defineExtension } from 'kubelapse/extension';

const LABEL = 'example.com/price-per-hour';
/** The dearest node that can be told from a dearer one. */
const PRICE_MAX = 10;

/** @type {import('kubelapse/extension').SchedulerPlugin} */
const cheapNodesFirst = {
  name: 'CheapNodesFirst',
  meaning: `nodes with a lower ${LABEL} are preferred`,
  isLocal: true,
  weight: 100,
  create: ({ context: { nodes } }) => ({
    // Asked once for pods that are alike; it has the same to say of all pods.
    prepare: () => ({
      // 0 … 100, as every score of Kubernetes' scheduler.
      score: (node) => {
        const price = Number(nodes.labelOf(node, LABEL) ?? PRICE_MAX);
        return Math.round(100 * (1 - Math.min(price, PRICE_MAX) / PRICE_MAX));
      },
    }),
  }),
};

export default defineExtension({
  name: 'cheap-nodes-first',
  version: '1.0.0',
  parts: { schedulerPlugins: [cheapNodesFirst] },
});
