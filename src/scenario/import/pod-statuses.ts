// What the status of a pod tells of its containers: how long they took to start, when and how they ended, whether the pod waits.
// Part of the scenario. Pure rules; times of Kubernetes are whole seconds.

import type { KubeObject } from './kube-types.js';

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}
interface ContainerState {
  readonly running?: { readonly startedAt?: string };
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: Terminated;
}
interface Terminated {
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly reason?: string;
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** How a container ended. */
export interface ContainerEnd {
  readonly container: string;
  readonly seconds: number;
  readonly code: number;
  readonly isOutOfMemory: boolean;
}

const secondsOf = (time: string): number => Date.parse(time) / 1000;

/** Start-up times and lives beyond this are none: clocks differ, or a pod was forgotten. */
const SECONDS_MAX = 30 * 86_400;
const STARTUP_MAX = 3600;

const statusesOf = ({ status }: KubeObject, field: 'containerStatuses' | 'initContainerStatuses'): ContainerStatus[] =>
  (status?.[field] ?? []) as ContainerStatus[];

const conditionsOf = ({ status }: KubeObject): Condition[] => (status?.conditions ?? []) as Condition[];

/** From the start of a container to the pod's being ready, of containers with probes that never were restarted. */
export function startupsOf(pod: KubeObject): { readonly container: string; readonly seconds: number }[] {
  const ready = conditionsOf(pod).find(({ type, status }) => type === 'Ready' && status === 'True')?.lastTransitionTime;
  if (ready === undefined) return [];
  type Probed = { name: string; readinessProbe?: unknown; startupProbe?: unknown };
  const probed = new Set(
    ((pod.spec?.containers ?? []) as Probed[])
      .filter(({ readinessProbe, startupProbe }) => readinessProbe !== undefined || startupProbe !== undefined)
      .map(({ name }) => name),
  );
  const statuses = statusesOf(pod, 'containerStatuses');
  if (statuses.some(({ restartCount }) => (restartCount ?? 0) > 0)) return [];
  return statuses.flatMap(({ name, state }) => {
    const started = state?.running?.startedAt;
    if (started === undefined || !probed.has(name)) return [];
    const seconds = secondsOf(ready) - secondsOf(started);
    return seconds >= 0 && seconds < STARTUP_MAX ? [{ container: name, seconds }] : [];
  });
}

function endOf(container: string, terminated: Terminated | undefined): ContainerEnd[] {
  if (terminated?.startedAt === undefined || terminated.finishedAt === undefined) return [];
  const seconds = secondsOf(terminated.finishedAt) - secondsOf(terminated.startedAt);
  const { exitCode: code = 0, reason } = terminated;
  return seconds >= 0 && seconds < SECONDS_MAX
    ? [{ container, seconds, code, isOutOfMemory: reason === 'OOMKilled' }]
    : [];
}

/** Ends of its containers, those before the last restart among them. */
export const endsOf = (pod: KubeObject): ContainerEnd[] =>
  [...statusesOf(pod, 'initContainerStatuses'), ...statusesOf(pod, 'containerStatuses')].flatMap(
    ({ name, state, lastState }) => [...endOf(name, lastState?.terminated), ...endOf(name, state?.terminated)],
  );

/** Its main containers that were restarted. */
export const restartedOf = (pod: KubeObject): string[] =>
  statusesOf(pod, 'containerStatuses').flatMap(({ name, restartCount }) => ((restartCount ?? 0) > 0 ? [name] : []));

export type PodState = 'running' | 'pending' | 'held';

/** Reasons for waiting that nothing in the model brings to an end (pkg/kubelet/images, pkg/kubelet/kuberuntime). */
const STUCK = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|CreateContainer(Config)?Error)$/;
/** Of the scheduler's message: what a pod waits for that is not modelled. */
const UNMODELLED = /persistent ?volume|volume node affinity|volume zone|resource ?claim|device/i;

/** Whether it runs, waits for a node, or waits for something that is not modelled. */
export function podStateOf(pod: KubeObject): PodState {
  if (pod.status?.phase !== 'Pending') return 'running';
  const waits = ['initContainerStatuses', 'containerStatuses'] as const;
  const reasons = waits.flatMap((field) => statusesOf(pod, field).map(({ state }) => state?.waiting?.reason ?? ''));
  if (reasons.some((reason) => STUCK.test(reason))) return 'held';
  const scheduled = conditionsOf(pod).find(({ type }) => type === 'PodScheduled');
  return UNMODELLED.test(scheduled?.message ?? '') ? 'held' : 'pending';
}
