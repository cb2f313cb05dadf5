// Objects that are the cluster's and no application's: priority classes, runtime classes, namespaces. Part of the scenario.
// What of a template follows from them is filled in as the API server does when it admits a pod.

import type { Labels, PodTemplate } from '../../cluster/index.js';
import { didYouMean } from '../../format/suggest.js';
import type {
  Manifests,
  ManifestTemplate,
  ManifestWorkload,
  PriorityClass,
  RuntimeClass,
} from '../manifests/manifests.js';

/** pkg/apis/scheduling/types.go: SystemCriticalPriority, and 1000 more for nodes. */
const SYSTEM: readonly Pick<PriorityClass, 'name' | 'value' | 'preempts'>[] = [
  { name: 'system-cluster-critical', value: 2_000_000_000, preempts: true },
  { name: 'system-node-critical', value: 2_000_001_000, preempts: true },
];

/** Tells of a workload; the field of its template. */
type Tell = (
  severity: 'error' | 'warning',
  workload: ManifestWorkload,
  field: string,
  message: string,
  hint?: string,
) => void;

export class ClusterObjects {
  readonly #priorities: readonly Pick<PriorityClass, 'name' | 'value' | 'preempts'>[];
  readonly #usual: Pick<PriorityClass, 'value' | 'preempts'>;
  readonly #runtimes: readonly RuntimeClass[];
  readonly #tell: Tell;
  readonly namespaces: Readonly<Record<string, Labels>>;

  constructor(all: readonly Manifests[], tell: Tell) {
    const classes = all.flatMap(({ priorityClasses }) => priorityClasses);
    this.#priorities = [...SYSTEM, ...classes];
    // Of several that are marked the one with the lowest value holds (plugin/pkg/admission/priority).
    const marked = classes.filter(({ globalDefault }) => globalDefault).sort((a, b) => a.value - b.value);
    this.#usual = marked[0] ?? { value: 0, preempts: true };
    this.#runtimes = all.flatMap(({ runtimeClasses }) => runtimeClasses);
    this.#tell = tell;
    const labelled = all.flatMap(({ namespaces }) => [...namespaces]);
    this.namespaces = Object.fromEntries(
      labelled.map(([name, labels]) => [name, { ...labels, 'kubernetes.io/metadata.name': name }]),
    );
  }

  /** Priority, and whether such pods may preempt others. */
  priorityOf(workload: ManifestWorkload): Pick<PodTemplate, 'priority' | 'preempts'> {
    const { priorityClassName: name } = workload.template;
    const known = this.#priorities.find((one) => one.name === name);
    if (name !== '' && known === undefined) {
      const names = this.#priorities.map((one) => one.name);
      const message = `no PriorityClass is called "${name}": its pods have priority ${this.#usual.value}`;
      this.#tell('warning', workload, 'spec.priorityClassName', message, didYouMean(name, names) ?? 'add its manifest');
    }
    const { value, preempts } = known ?? this.#usual;
    return { priority: value, preempts };
  }

  /** The template with what its RuntimeClass adds: overhead, and where such pods may run. */
  withRuntimeClass(workload: ManifestWorkload, template: ManifestTemplate): ManifestTemplate {
    const { runtimeClassName: name } = template;
    if (name === '') return template;
    const runtime = this.#runtimes.find((one) => one.name === name);
    if (runtime === undefined) {
      const names = this.#runtimes.map((one) => one.name);
      const message = `no RuntimeClass is called "${name}": its pods have no overhead`;
      this.#tell('warning', workload, 'spec.runtimeClassName', message, didYouMean(name, names) ?? 'add its manifest');
      return template;
    }
    const { nodeSelector, tolerations } = runtime;
    const { cpu = 0, memory = 0, ...others } = template.hasOverhead ? {} : runtime.overhead;
    const odd = Object.keys(nodeSelector).find(
      (key) => Object.hasOwn(template.nodeSelector, key) && template.nodeSelector[key] !== nodeSelector[key],
    );
    if (odd !== undefined) {
      const message = `asks for ${odd}=${template.nodeSelector[odd]}, its RuntimeClass ${name} for ${odd}=${nodeSelector[odd]}; Kubernetes refuses that`;
      this.#tell('error', workload, 'spec.nodeSelector', message);
    }
    return {
      ...template,
      cpuRequestMillis: template.cpuRequestMillis + cpu,
      cpuScoredMillis: template.cpuScoredMillis + cpu,
      memoryRequestBytes: template.memoryRequestBytes + memory,
      memoryScoredBytes: template.memoryScoredBytes + memory,
      resources: added(template.resources, others),
      nodeSelector: { ...template.nodeSelector, ...nodeSelector },
      tolerations: [...template.tolerations, ...tolerations],
    };
  }
}

const added = (
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> => {
  const sum: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
};
