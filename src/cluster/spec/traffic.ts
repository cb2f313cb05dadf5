// Clients of the services. Part of the cluster's spec.

import type { Distribution, Duration } from '../../engine/index.js';

/** Request rate per second that moves in straight lines between points. */
export interface RateStage {
  readonly duration: Duration;
  readonly target: number;
}

/** When requests come. */
export type ArrivalSpec =
  /** Whatever became of those before. */
  | {
      readonly kind: 'open';
      readonly stages: readonly RateStage[];
      /** Name of one of the catalogue's traffic shapes, and what it was told beside it. */
      readonly process: string;
      readonly settings?: object;
    }
  /** At these instants, ns, not falling. */
  | { readonly kind: 'trace'; readonly times: readonly number[] }
  /** So many clients send one after the other, with a pause after each answer. */
  | { readonly kind: 'closed'; readonly clients: number; readonly think: Distribution };

/** Where requests come from: processes of all nodes, pods of an application, or outside the cluster. */
export type ClientSource =
  | { readonly kind: 'nodes' }
  | { readonly kind: 'app'; readonly app: string }
  | { readonly kind: 'outside' };

export interface TrafficSpec {
  readonly from: ClientSource;
  /** Indices of the services; each connection goes to one of them, all alike. */
  readonly services: readonly number[];
  readonly address: 'clusterIP' | 'nodePort' | 'loadBalancer';
  /** Index of the port that is meant, of each of the services. */
  readonly ports: readonly number[];
  readonly arrivals: ArrivalSpec;
  /** Real connections that one simulated connection stands for. */
  readonly weight: number;
  /** Requests that a connection carries, one after the other; and the pause from an answer to the next. */
  readonly requestsPerConnection: number;
  readonly requestInterval: Distribution;
  /** Bytes of a request and of its answer; 0: they fit into a packet. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** A client gives a request up after so long. */
  readonly timeout: Duration;
  /** How often it tries again what has failed, and how long it waits before the first time, doubled at each. */
  readonly retries: number;
  readonly retryBackOff: Duration;
}
