// The image registry is slow or unavailable. Part of the faults.

import { share } from '../format/index.js';
import { faultType } from './fault.js';
import { lasts, leftShare, untilEnd } from './targets.js';

export const registrySlow = faultType({
  type: 'RegistrySlow',
  meaning: 'the image registry is slow or unavailable',
  fields: {
    duration: untilEnd('how long'),
    left: leftShare('share of its bandwidth that the registry has left, per stream and in total; 0%: every pull fails'),
  },
  read: (input) => ({ duration: lasts(input.duration), left: share(input.left) }),
  begin: (fault, { kubelets, leave }) => ({
    nodes: [],
    pods: [],
    undo: leave('registry', fault.left, (left) => kubelets.slowRegistry(left)),
  }),
  consequences: {},
  examples: [{ left: 0 }, { left: 0.2 }],
});
