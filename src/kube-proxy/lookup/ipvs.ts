// IPVS: a hash lookup that misses in the connection table, one that hits in the service table, then round robin.

import type { Lookup } from '../../cluster/index.js';
import { lookupParameters as p } from '../parameters.js';

export const ipvsLookup: Lookup = (question, answer) => {
  // Services share the buckets of the table: half a bucket's list is walked on average.
  const entries = Math.floor((question.position * question.ports) / p.ipvsServiceBuckets.value) + 1;
  answer.endpoint = question.turn % question.endpoints;
  answer.traversed = 2 + entries;
  answer.duration =
    2 * p.hashLookup.value + entries * p.listEntry.value + p.conntrackCreate.value + p.ipvsConnectionCreate.value;
};
