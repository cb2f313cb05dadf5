// Numbers of the machine: what kubelet and runtime use, and how the kernel shares CPU. Part of the machine.

import { type ComponentModel, parameter } from '../cluster/index.js';
import { milliseconds } from '../engine/index.js';

const REST =
  'kubernetes#16943 (2016), test/e2e/node/kubelet_perf.go and kubernetes#128422 (2024): 0.024 cores with 10 pods, 0.09 with 40, 0.35 allowed with 100';

export const nodeParameters = {
  systemWeight: parameter(
    100,
    'weight',
    'cpu.weight of system.slice, in which kubelet and container runtime are, and of a kernel thread',
    'systemd: CPUWeight, default',
  ),
} as const;

/** What looks after the pods of a node uses while nothing happens. */
export const restParameters = {
  kubelet: parameter(0.01, 'cores', 'CPU of a kubelet at rest without pods', REST),
  kubeletPerPod: parameter(0.0014, 'cores', 'and for each pod, with its first container', REST),
  kubeletPerContainer: parameter(0.0006, 'cores', 'and for each further container of it', `${REST}; split assumed`),
  runtime: parameter(0.0045, 'cores', 'CPU of a container runtime at rest', REST),
  runtimePerPod: parameter(0.00095, 'cores', 'and for each pod', REST),
} as const;

/** How the runtime does its work. */
export const runtimeWorkParameters = {
  threads: parameter(
    2,
    'threads',
    'threads of runtime, shim, kubelet and systemd that work on one call at a time',
    'no published figure: 0.45 core seconds for a start that takes 0.26 s without its network',
  ),
  call: parameter(
    milliseconds(225),
    'ns',
    'CPU of one such call: half of a start',
    'as cri.contention cpuStart, whose half RunPodSandbox is',
  ),
} as const;

export const nodeModel: ComponentModel = {
  name: 'node',
  constants: { node: nodeParameters },
  costs: { 'node.rest': restParameters, 'node.runtime-work': runtimeWorkParameters },
  measures: [],
  fits: [],
};
