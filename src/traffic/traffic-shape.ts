// How connections follow each other at a given rate: the contract. Part of the traffic; a file a shape under
// shapes/, and the catalogue lists them.

import type { z } from 'zod';
import type { Path } from '../format/index.js';
import type { RateSegment } from './arrivals.js';

/** Fields of an entry of the traffic, beside which those of shapes stand. */
export const TRAFFIC_FIELDS: readonly string[] = [
  'from',
  'to',
  'port',
  'address',
  'stages',
  'arrivals',
  'clients',
  'think',
  'trace',
  'sampling',
  'keepAlive',
  'requestSize',
  'responseSize',
  'timeout',
  'retries',
  'retryBackOff',
];

/** What a shape is made of, for one entry of the traffic. Draws are the entry's own: its n-th is the same in any run. */
export interface ArrivalParts {
  /** Connections a second over time. */
  readonly segments: readonly RateSegment[];
  /** What {@link TrafficShape.read} returned. */
  readonly settings: object;
  /** Uniform number for the n-th connection. */
  readonly gap: (nth: number) => number;
  /** Uniform numbers of a purpose of its own. */
  readonly draws: (purpose: string) => (n: number) => number;
}

export interface Arrivals {
  /** When the n-th connection arrives, at or after `from`; s, Infinity: never. Asked for in order. */
  next(from: number, nth: number): number;
}

export interface TrafficShape {
  readonly name: string;
  /** What it looks like, for the schema. */
  readonly meaning: string;
  /** Fields of its own beside `arrivals`, each of them optional. */
  readonly fields?: z.ZodRawShape;
  /** Reads them; what it returns is plain data. */
  read?(input: object, at: Path, report: (path: Path, message: string, hint?: string) => void): object;
  /** It cannot be thinned out: every connection is simulated, and none stands for several. */
  readonly isSimulatedWhole?: boolean;
  create(parts: ArrivalParts): Arrivals;
}

/** A shape as its file writes it, with the types of its own fields and settings. */
export interface TypedShape<F extends z.ZodRawShape, S extends object>
  extends Omit<TrafficShape, 'fields' | 'read' | 'create'> {
  readonly fields: F;
  read(input: z.infer<z.ZodObject<F>>, at: Path, report: (path: Path, message: string, hint?: string) => void): S;
  create(parts: Omit<ArrivalParts, 'settings'> & { readonly settings: S }): Arrivals;
}

/** What `read` has returned is what `create` is handed: the one place where that is taken on trust. */
export const trafficShape = <F extends z.ZodRawShape, S extends object>(of: TypedShape<F, S>): TrafficShape =>
  of as unknown as TrafficShape;
