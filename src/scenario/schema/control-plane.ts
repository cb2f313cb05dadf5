// Limits and choices of the control plane. Part of the scenario's format.

import { z } from 'zod';
import { VERSION_FACTS } from '../../cluster/index.js';
import { controlPlaneParameters } from '../../control-plane/index.js';
import { duration, K, optional, otherwise, positive, section } from '../../format/fields.js';
import { durationByVersion } from '../versions.js';
import { featureGates } from './feature-gates.js';

const qps = (value: number, source: string, notes: { readonly default?: string } = {}) =>
  otherwise(positive, value, 'requests per second of its client', { unit: 'requests/s', source, ...notes });
const burst = (value: number, source: string) =>
  otherwise(z.int().min(1), value, 'burst of its client', { unit: 'requests', source });
const { schedulerQps, schedulerBurst, controllerQps, controllerBurst } = controlPlaneParameters;
const SCHEDULER_DEFAULTS = K('pkg/scheduler/apis/config/v1/defaults.go');
const CONTROLLER_DEFAULTS = K('k8s.io/controller-manager/config/v1alpha1/defaults.go');

export const controlPlane = z.strictObject({
  scheduler: section(
    z.strictObject({
      kubeAPIQPS: qps(schedulerQps.value, SCHEDULER_DEFAULTS),
      kubeAPIBurst: burst(schedulerBurst.value, SCHEDULER_DEFAULTS),
      scoringStrategy: otherwise(
        z.enum(['LeastAllocated', 'MostAllocated']),
        'LeastAllocated',
        'which nodes are filled first',
        {
          source: SCHEDULER_DEFAULTS,
        },
      ),
      balancedAllocationWeight: otherwise(z.int().min(0).max(100), 1, 'weight of using CPU and memory in balance', {
        source: SCHEDULER_DEFAULTS,
      }),
      configuration: optional(
        z.string().min(1),
        'file with a KubeSchedulerConfiguration: profiles, plugins with weights and arguments, percentageOfNodesToScore, back-off; takes the place of scoringStrategy and balancedAllocationWeight',
        { default: 'one profile, default-scheduler, with all plugins at their own weights' },
      ),
      podsPerSecondMax: optional(positive, 'maximum pods that it schedules per second', {
        unit: 'pods/s',
        default: 'limited only by the time of an attempt',
      }),
    }),
    'scheduler',
  ),
  controllerManager: section(
    z.strictObject({
      kubeAPIQPS: qps(controllerQps.value, CONTROLLER_DEFAULTS, {
        default: `${controllerQps.value}, for each kind of controller`,
      }),
      kubeAPIBurst: burst(controllerBurst.value, CONTROLLER_DEFAULTS),
      nodeMonitorGracePeriod: optional(duration, 'time without a heartbeat until a node is Unknown', {
        default: durationByVersion(VERSION_FACTS.nodeMonitorGracePeriod),
        source: K('pkg/controller/nodelifecycle/config/v1alpha1/defaults.go'),
      }),
      endpointUpdatesBatchPeriod: otherwise(duration, '0s', 'wait before a service is synced after a change of a pod', {
        source: K('pkg/controller/endpointslice/config/v1alpha1'),
      }),
    }),
    'kube-controller-manager',
  ),
  featureGates: featureGates('controlPlane'),
});
