// eBPF: three hash lookups (the address, a slot by a random number, the backend); within the cluster once, when the socket
// connects, and no packet is translated. Part of kube-proxy, for comparison.

import type { ArrivalRule, FirstPacketRule } from '../../first-packet.js';
import type { LookupParameters } from '../../parameters.js';

const LOOKUPS = 3;

export const ebpfFirstPacket =
  (p: LookupParameters): FirstPacketRule =>
  ({ isExternal }, cost) => {
    cost.traversed = LOOKUPS + (isExternal ? 1 : 0);
    // From outside a packet is translated, and an entry remembers how.
    cost.duration = LOOKUPS * p.hashLookup.value + p.ebpfConnect.value + (isExternal ? p.ebpfConntrackCreate.value : 0);
  };

/** A packet to a pod: its connection is looked for, and remembered. */
export const ebpfArrival =
  (p: LookupParameters): ArrivalRule =>
  (_services, _filter, cost) => {
    cost.traversed = 1;
    cost.duration = p.hashLookup.value + p.ebpfConntrackCreate.value;
  };
