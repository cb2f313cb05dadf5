// The API server answers nobody. Part of the faults.

import { faultType } from './fault.js';
import { lasts, untilEnd } from './targets.js';

export const apiServerOutage = faultType({
  type: 'ApiServerOutage',
  meaning: 'the API server does not answer',
  fields: { duration: untilEnd('how long no request is answered') },
  read: (input) => ({ duration: lasts(input.duration) }),
  begin: (_, { api }) => {
    api.setUnavailable(true);
    return { nodes: [], pods: [], undo: () => api.setUnavailable(false) };
  },
  consequences: {},
  examples: [{}],
});
