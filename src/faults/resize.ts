// Pods are resized in place, as `kubectl patch --subresource resize` does it. Part of the faults.

import { z } from 'zod';
import { type ContainerResize, type ContainerSpec, qosClassOf, resizedTemplate, templateOf } from '../cluster/index.js';
import {
  field,
  optional,
  otherwise,
  parseCpuMillis,
  parseIntOrPercent,
  parseQuantity,
  part,
  quantity,
} from '../format/index.js';
import { faultType } from './fault.js';

const amounts = (what: string) =>
  optional(
    z.strictObject({
      cpu: optional(quantity, 'CPU', { unit: 'cores' }),
      memory: optional(quantity, 'memory', { unit: 'bytes' }),
    }),
    what,
    { default: 'as they are' },
  );
type Amounts = { readonly cpu?: string | number | undefined; readonly memory?: string | number | undefined };

const read = (requests: Amounts = {}, limits: Amounts = {}): ContainerResize => ({
  ...(requests.cpu === undefined ? {} : { cpuRequestMillis: parseCpuMillis(requests.cpu)! }),
  ...(limits.cpu === undefined ? {} : { cpuLimitMillis: parseCpuMillis(limits.cpu)! }),
  ...(requests.memory === undefined ? {} : { memoryRequestBytes: parseQuantity(requests.memory)! }),
  ...(limits.memory === undefined ? {} : { memoryLimitBytes: parseQuantity(limits.memory)! }),
});

/** Containers that a resize is about: the one that it names, or all main ones. */
const meant =
  (container: string | undefined) =>
  ({ name, role }: Pick<ContainerSpec, 'name' | 'role'>): boolean =>
    container === undefined ? role === 'main' : name === container && role !== 'init';

export const resize = faultType({
  type: 'Resize',
  meaning: 'pods get other requests and limits while they run',
  fields: {
    target: field(
      z.string().regex(/^(deployment|replicaset|replicationcontroller|statefulset|daemonset|job|pod)\/.+$/, {
        error:
          'must be deployment/<name>, statefulset/<name>, daemonset/<name>, replicaset/<name>, job/<name> or pod/<name>',
      }),
      'workload whose pods are resized, as in the manifest, all copies; pods that come later have the size of their template',
    ),
    copies: otherwise(part, '100%', 'how many of the copies'),
    pods: otherwise(part, '100%', 'how many ready pods of each'),
    container: optional(z.string(), 'container that is resized', { default: 'every container but init containers' }),
    requests: amounts('new requests'),
    limits: amounts('new limits'),
  },
  read: (input, at, reader) => {
    const to = read(input.requests, input.limits);
    if (Object.keys(to).length === 0) reader.report(at, 'has neither requests nor limits: there is nothing to resize');
    const workloads = reader.workloads(input.target, input.copies, at);
    const isMeant = meant(input.container);
    for (const workload of workloads.slice(0, 1)) {
      const template = reader.template(workload);
      if (input.container !== undefined && !template.containers.some(isMeant)) {
        const names = template.containers.map(({ name }) => name).join(', ');
        reader.report(
          [...at, 'container'],
          `no container of ${input.target} is called "${input.container}"`,
          `its containers: ${names}`,
        );
      }
      const { containers } = resizedTemplate(template, isMeant, to);
      const over = containers.find(
        (one) => one.cpuRequestMillis > one.cpuLimitMillis || one.memoryRequestBytes > one.memoryLimitBytes,
      );
      if (over !== undefined) reader.report(at, `container ${over.name} would ask for more than its limit`);
      const qosClass = qosClassOf(containers);
      if (qosClass !== template.qosClass)
        reader.report(at, `would make the pods ${qosClass}, which are ${template.qosClass}; Kubernetes refuses that`);
    }
    return {
      workloads,
      pods: parseIntOrPercent(input.pods)!,
      to,
      ...(input.container === undefined ? {} : { container: input.container }),
    };
  },
  begin: ({ workloads, pods: amount, container, to }, { api, context, pickPods }) => {
    const pods = pickPods(workloads, amount);
    const isMeant = meant(container);
    for (const pod of pods) {
      const before = api.sizesOf(pod)?.desired ?? templateOf(context, pod);
      if (context.spec.version.resizesInPlace) api.resizePod(pod, resizedTemplate(before, isMeant, to));
    }
    return { nodes: [], pods };
  },
  consequences: { exits: ['resize', 'oom'] },
  withoutEffect: ({ version }) =>
    version.resizesInPlace
      ? undefined
      : `Kubernetes 1.${version.minor} does not resize pods in place unless InPlacePodVerticalScaling is on`,
  examples: [
    { pods: { percent: 100 }, to: { cpuRequestMillis: 200 } },
    { pods: { percent: 50 }, to: { memoryRequestBytes: 200e6, memoryLimitBytes: 900e6 } },
    { pods: { percent: 100 }, to: { cpuRequestMillis: 3500 } },
  ],
});
