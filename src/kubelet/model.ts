// The numbers of kubelets, and what can be measured of one alone. Part of the kubelet.

import { type ComponentModel, numberAt } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import { KUBELET_FITS, kubeletCosts, kubeletParameters } from './parameters.js';
import { relistDuration } from './pleg/pleg.js';

export const kubeletModel: ComponentModel = {
  name: 'kubelet',
  constants: { kubelet: kubeletParameters },
  costs: { 'kubelet.costs': kubeletCosts },
  measures: [
    {
      name: 'relist_seconds',
      meaning: 'a relist of the PLEG in which nothing has changed',
      rule: 'a fixed part, and one for each pod',
      unit: 's',
      needs: ['pods'],
      isFitted: true,
      value: (parameters, at) => relistDuration(numberAt(at, 'pods'), parameters.of(kubeletCosts)) / NS_PER_SECOND,
    },
  ],
  fits: KUBELET_FITS,
};
