// nftables: a verdict map finds the service, another the endpoint by a random number; nothing grows with the cluster.

import type { Lookup } from '../../cluster/index.js';
import { lookupParameters as p } from '../parameters.js';

export const nftablesLookup: Lookup = (question, answer) => {
  answer.endpoint = Math.floor(question.choice * question.endpoints);
  answer.traversed = p.nftablesExpressions.value;
  answer.duration =
    p.nftablesExpressions.value * p.nftablesExpression.value + 2 * p.hashLookup.value + p.conntrackCreate.value;
};
