// Numbers that more than one runtime goes by. Part of the CRI.

import { type Parameter, parameter } from '../../cluster/index.js';
import { type Distribution, lognormal, milliseconds, mixture, uniform } from '../../engine/index.js';

export const ms = (median: number, sigma: number): Distribution => lognormal(milliseconds(median), sigma);

/** A rare slow sandbox beside the usual ones. */
export const withOutlier = (usual: Distribution): Distribution =>
  mixture(
    { weight: 0.998, distribution: usual },
    { weight: 0.002, distribution: uniform(milliseconds(1000), milliseconds(5000)) },
  );

export const CRIO_CRITEST =
  'CRI-O critest benchmark, saschagrunert/performabot#26 (2019), mean and standard deviation of 20 samples, as a lognormal';

/** A figure of CRI-O's benchmark that containerd is taken to share. */
const ofBoth = (duration: Distribution, meaning: string): Parameter<Distribution> =>
  parameter(duration, 's', meaning, `${CRIO_CRITEST}; containerd assumed equal`);

/** Calls that take the same time in both. */
export const SHARED_CALLS = {
  createContainer: ofBoth(ms(117, 0.28), 'CreateContainer'),
  stopContainer: parameter(ms(46, 0.29), 's', 'StopContainer beside the time the process takes', CRIO_CRITEST),
  stopPodSandbox: parameter(
    ms(161, 0.1),
    's',
    'StopPodSandbox without CNI DEL',
    `${CRIO_CRITEST}: 240 ms, less the DEL of a bridge; containerd assumed equal`,
  ),
  removeContainer: ofBoth(ms(26, 0.15), 'RemoveContainer'),
  removePodSandbox: ofBoth(ms(55, 0.21), 'RemovePodSandbox'),
} as const;
