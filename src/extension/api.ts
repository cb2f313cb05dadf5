/**
 * What extensions are written with: `import { … } from 'kubelapse/extension'`. It is handed to a module by the program that loads
 * it, so that schemas, numbers and parts are those of this program. The guide "Extensions" builds a part of each kind.
 *
 * @module kubelapse/extension
 */

export { BUILT_IN } from '../catalogue.js';
export type {
  ClusterSpec,
  ComponentModel,
  Context,
  Fit,
  Journal,
  Measure,
  MetricParts,
  MetricType,
  NodeId,
  NodeTable,
  Observed,
  Parameter,
  ParameterSet,
  PodId,
  PodTable,
  PodTemplate,
  ServiceId,
  WorkloadId,
} from '../cluster/index.js';
export { choiceAt, numberAt, parameter } from '../cluster/index.js';
export type { AddQueue, Ipam, NetworkPlugin, NetworkVariant, PodCidr } from '../cni/index.js';
export {
  Blocks,
  iptablesPolicies,
  nodeRanges,
  type PolicyEngine,
  path as packetPath,
  plugin as addAndDel,
  STAGES as PATH_STAGES,
  stage as pathStage,
  statelessPolicies,
} from '../cni/index.js';
export { hostLocalQueue } from '../cni/plugins/host-local.js';
export { ebpfPolicies } from '../cni/policies/ebpf.js';
export type { ControllerType, NodeInfo, PodToPlace, SchedulerPlugin, WorkloadKind } from '../control-plane/index.js';
export type { ContainerRuntime } from '../cri/index.js';
export type { Distribution, EntityKey } from '../engine/index.js';
export {
  entityKey,
  exp,
  exponential,
  fixed,
  keyWithin,
  log,
  lognormal,
  logOneMinus,
  mean,
  NS_PER_MICROSECOND,
  NS_PER_MILLISECOND,
  NS_PER_SECOND,
  normalQuantile,
  quantile,
  sample,
  uniform,
} from '../engine/index.js';
export type { FaultHit, FaultReach, FaultReader, FaultType } from '../faults/index.js';
export { faultType, NODES_HIT } from '../faults/index.js';
export { hitNodes, lasts, longer, readNodes, untilEnd } from '../faults/targets.js';
export {
  duration,
  field,
  ns,
  optional,
  otherwise,
  parseQuantity,
  percentage,
  positive,
  quantity,
  section,
  share,
  someTime,
} from '../format/index.js';
export type { Connection, IpvsScheduler, LoadBalancer, ProxyMode, RealServer } from '../kube-proxy/index.js';
export { nothing, periodFields } from '../kube-proxy/index.js';
export type { MetricDefinition } from '../metrics/index.js';
export { Histogram } from '../metrics/index.js';
export type { Cell, Column, FinishedPoint, RunResult, Table } from '../results/index.js';
export { column, nodeName, podName, seconds, statistics, workloadOf } from '../results/index.js';
export type { ArrivalParts, Arrivals, TrafficShape } from '../traffic/index.js';
export { arrivalAfter, rateAt, trafficShape } from '../traffic/index.js';
export { defineExtension, type Extension } from './extension.js';
export type * from './types.js';
export * as z from './zod.js';
