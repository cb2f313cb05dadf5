// The made-up services whose rules are measured: names, virtual addresses, endpoints. Part of `kubelapse measure-kernel`.
// No clock and no chance: the same counts give the same services in the same order.

/** Addresses of pods, as kube-proxy knows them (`--cluster-cidr`): the client and all endpoints are in it. */
export const POD_NETWORK = '10.244.0.0/16';
/** Port of every service. */
export const SERVICE_PORT = 80;
/** Port of every endpoint. */
export const ENDPOINT_PORT = 8080;
/** The first /24 of the pod network is the client's. */
export const ENDPOINTS_MAX = 255 * 256;

const FIRST_ENDPOINT = 0x0af4_0100; // 10.244.1.0
const FIRST_VIRTUAL_ADDRESS = 0x0a60_0001; // 10.96.0.1
const ORDER_SEED = 1;

export interface MeasuredService {
  /** Namespace and name, as kube-proxy writes it into comments. */
  readonly name: string;
  readonly address: string;
  readonly endpoints: readonly string[];
}

/** Services number `from` … `from + count - 1`, each with this many endpoints of its own. */
export function makeServices(count: number, endpoints: number, from = 0): MeasuredService[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    return {
      name: `ns/svc-${number + 1}`,
      address: addressText(FIRST_VIRTUAL_ADDRESS + number),
      endpoints: Array.from({ length: endpoints }, (_, j) => addressText(FIRST_ENDPOINT + number * endpoints + j)),
    };
  });
}

const addressText = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');

/** A linear congruential generator: the same numbers on every machine. @returns a function that draws 0 … below - 1. */
export function lcg(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** In an order that has nothing to do with their numbers: kube-proxy goes through a Go map, which has none. */
export function shuffled<T>(items: readonly T[]): T[] {
  const draw = lcg(ORDER_SEED);
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
