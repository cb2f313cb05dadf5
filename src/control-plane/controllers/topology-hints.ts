// Which zone each endpoint of a Service with topology-mode Auto is for: pure rules. Part of the EndpointSlice controller.
// Source: k8s.io/endpointslice/topologycache. Each zone is to have endpoints in proportion to the CPU of its nodes; where that
// cannot be done without overloading some by more than a fifth, there are no hints, and all endpoints are for everybody.

/** How much more than its share an endpoint may get. */
const OVERLOAD_THRESHOLD = 0.2;

/** Share of the CPU of all nodes that are ready, by zone; empty if there are not two zones at least. */
export type ZoneShares = ReadonlyMap<number, number>;

/** @param cpu allocatable of the nodes that are ready, by zone. */
export function zoneShares(cpu: ReadonlyMap<number, number>): ZoneShares {
  const total = [...cpu.values()].reduce((sum, one) => sum + one, 0);
  if (cpu.size < 2 || total === 0) return new Map();
  return new Map([...cpu].map(([zone, one]) => [zone, one / total]));
}

const least = (share: number, endpoints: number): number => Math.ceil((share * endpoints) / (1 + OVERLOAD_THRESHOLD));

/** Endpoints that each zone should have; undefined if there are too few for all of them (getAllocations). */
function allocations(endpoints: number, shares: ZoneShares): ReadonlyMap<number, number> | undefined {
  if (shares.size < 2 || shares.size > endpoints) return undefined;
  const wanted = new Map<number, number>();
  let left = endpoints;
  for (const [zone, share] of shares) {
    const minimum = least(share, endpoints);
    left -= minimum;
    if (left < 0) return undefined;
    wanted.set(zone, Math.max(share * endpoints, minimum));
  }
  return wanted;
}

/**
 * The zone that each endpoint is for: its own, but for as many as zones with too many give to those with too few.
 * @param zones of the endpoints that are ready. @returns undefined: there are no hints.
 */
export function hintsFor(zones: readonly number[], shares: ZoneShares): number[] | undefined {
  const wanted = allocations(zones.length, shares);
  if (wanted === undefined) return undefined;
  const hints = [...zones];
  const { giving, receiving } = exchanges(zones, wanted);
  for (let i = 0; i < hints.length; i++) {
    const left = giving.get(hints[i]!) ?? 0;
    if (left === 0) continue;
    const [to] = [...receiving].find(([, count]) => count > 0) ?? [];
    if (to === undefined) break;
    giving.set(hints[i]!, left - 1);
    receiving.set(to, receiving.get(to)! - 1);
    hints[i] = to;
  }
  return hints;
}

/** How many endpoints zones give and receive, whole ones (getGivingAndReceivingZones). */
function exchanges(zones: readonly number[], wanted: ReadonlyMap<number, number>) {
  const surplus = new Map<number, number>();
  for (const zone of zones) surplus.set(zone, (surplus.get(zone) ?? 0) + 1);
  for (const [zone, count] of wanted) surplus.set(zone, (surplus.get(zone) ?? 0) - count);
  const tooMany = new Map([...surplus].filter(([, by]) => by > 0));
  const tooFew = new Map([...surplus].flatMap(([zone, by]) => (by < 0 ? [[zone, -by] as const] : [])));
  const giving = new Map<number, number>();
  const receiving = new Map<number, number>();
  for (;;) {
    const [from, given] = most(tooMany);
    const [to, received] = most(tooFew);
    // What gives is never given to, and the other way round: the rounds come to an end.
    if (given === 0 || received === 0 || given + received < 1) return { giving, receiving };
    giving.set(from, (giving.get(from) ?? 0) + 1);
    receiving.set(to, (receiving.get(to) ?? 0) + 1);
    tooMany.set(from, given - 1);
    tooFew.set(to, received - 1);
  }
}

/** The zone with the greatest number, the first of equal ones; 0 if none has more. */
function most(counts: ReadonlyMap<number, number>): [zone: number, count: number] {
  let best: [number, number] = [-1, 0];
  for (const [zone, count] of counts) if (count > best[1]) best = [zone, count];
  return best;
}

/** Whether hints that were right once leave a zone with too few endpoints, or none may be needed (serviceOverloaded). */
export function isOverloaded(hints: ArrayLike<number>, shares: ZoneShares): boolean {
  if (hints.length === 0) return false;
  if (shares.size === 0) return true;
  const counts = new Map<number, number>();
  for (let i = 0; i < hints.length; i++) counts.set(hints[i]!, (counts.get(hints[i]!) ?? 0) + 1);
  return [...shares].some(([zone, share]) => (counts.get(zone) ?? 0) < Math.max(1, least(share, hints.length)));
}
