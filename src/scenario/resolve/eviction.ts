// When a kubelet evicts pods: the thresholds of its configuration. Part of the scenario.
// Sources: pkg/kubelet/eviction/helpers.go (ParseThresholdConfig), pkg/kubelet/eviction/defaults_linux.go.

import { EVICTION_SIGNALS, type EvictionSignal, type EvictionThreshold, type Supply } from '../../cluster/index.js';
import { ns, share } from '../../format/index.js';
import type { Path } from '../../format/path.js';
import { parseQuantity } from '../../format/units.js';
import type { ScenarioDocument } from '../schema/index.js';
import { HARD_EVICTION_DEFAULTS } from '../schema/kubelet.js';
import type { Report } from './behavior.js';

type Kubelet = ScenarioDocument['spec']['nodePools'][number]['kubelet'];

/** What a node has of what the signals are about. */
export type Amounts = Readonly<Record<Supply, number>>;

const SIGNALS = Object.keys(EVICTION_SIGNALS) as EvictionSignal[];

/** How much must be left: a quantity, or a percentage of what there is. */
function leastOf(value: string | number, whole: number): number {
  return typeof value === 'string' && value.endsWith('%') ? Math.floor(whole * share(value)) : parseQuantity(value)!;
}

/** Whoever sets one hard threshold has no defaults for the others, unless the configuration asks for them. */
function hardOf({ evictionHard, mergeDefaultEvictionSettings }: Kubelet): NonNullable<Kubelet['evictionHard']> {
  if (evictionHard === undefined) return HARD_EVICTION_DEFAULTS;
  return mergeDefaultEvictionSettings ? { ...HARD_EVICTION_DEFAULTS, ...evictionHard } : evictionHard;
}

/** The thresholds of a pool's kubelets in the order in which they count: memory first, and hard before soft. */
export function evictionThresholds(kubelet: Kubelet, of: Amounts, at: Path, report: Report): EvictionThreshold[] {
  const { evictionSoft = {}, evictionSoftGracePeriod = {} } = kubelet;
  const hard = hardOf(kubelet);
  return SIGNALS.flatMap((signal) => {
    const thresholds: EvictionThreshold[] = [];
    const whole = of[EVICTION_SIGNALS[signal].of];
    const sudden = hard[signal];
    const soft = evictionSoft[signal];
    const after = evictionSoftGracePeriod[signal];
    if (sudden !== undefined) thresholds.push({ signal, least: leastOf(sudden, whole) });
    if (soft !== undefined && after === undefined)
      report([...at, 'evictionSoft', signal], 'needs a period in evictionSoftGracePeriod');
    if (soft === undefined && after !== undefined)
      report([...at, 'evictionSoftGracePeriod', signal], 'is for a threshold that evictionSoft does not have');
    if (soft !== undefined) thresholds.push({ signal, least: leastOf(soft, whole), softAfter: ns(after ?? '0s') });
    // A threshold of 0 or 0% turns the signal off.
    return thresholds.filter(({ least }) => least > 0);
  });
}
