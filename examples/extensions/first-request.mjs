// Two metrics that listen: how long a pod that is ready waits for its first request, and how often pods become unready.
import { defineExtension } from 'kubelapse/extension';

/** @type {import('kubelapse/extension').MetricType} */
const firstRequest = {
  name: 'example_pod_first_request_duration_seconds',
  title: 'First request to a ready pod',
  type: 'histogram',
  unit: 'seconds',
  labels: ['node_pool'],
  meaning: 'from when the API server says that a pod is ready until the first request reaches it',
  bounds: [0.1, 0.5, 1, 2, 5, 10, 30, 60],
  listen: ({ now, nodes, pods, histogram }) => {
    const byPool = nodes.pools.map(({ name }) => histogram(name));
    /** Pods that are ready and have had no request, with the instant since when. */
    const waiting = new Map();
    return {
      podReadyChanged: (pod, isReady) => {
        if (isReady) waiting.set(pod, now());
        else waiting.delete(pod);
      },
      requestReachedPod: (_service, pod) => {
        const since = waiting.get(pod);
        if (since === undefined) return;
        waiting.delete(pod);
        byPool[nodes.pool[pods.node[pod]]].record(now() - since);
      },
    };
  },
};

/** @type {import('kubelapse/extension').MetricType} */
const becameUnready = {
  name: 'example_pod_became_unready_total',
  title: 'Pods that became unready',
  type: 'counter',
  unit: 'total',
  labels: ['node_pool'],
  meaning: 'pods that were ready and are not any more, those that were deleted included',
  listen: ({ nodes, pods, counter }) => {
    const byPool = nodes.pools.map(({ name }) => counter(name));
    return {
      podReadyChanged: (pod, isReady) => {
        if (!isReady) byPool[nodes.pool[pods.node[pod]]].add();
      },
    };
  },
};

export default defineExtension({
  name: 'first-request',
  version: '1.0.0',
  parts: { metrics: [firstRequest, becameUnready] },
});
