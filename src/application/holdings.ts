// What the containers hold of something that their node has so much of, and when they reach their limit or their most. Part of the
// application. Straight lines between two changes, as the node's supply has them; a container of which nothing is said has no events.

import { type ContainerId, type ContainerSpec, type Context, containersOf, type HeldAmount } from '../cluster/index.js';
import { ContainerState, type ContainersView } from '../cri/index.js';
import { type EventKind, type RandomStream, sample } from '../engine/index.js';
import type { NodeSupply } from '../node/index.js';

/** One thing to be held. */
export interface Holding {
  /** Names its draws and events. */
  readonly what: string;
  readonly supply: NodeSupply;
  /** What is said of a container; nothing if undefined. */
  heldOf(spec: ContainerSpec): HeldAmount | undefined;
  /** What it holds when it meets its limit; Infinity: there is none. */
  limitOf(spec: ContainerSpec, container: ContainerId): number;
  /** What of it can lie elsewhere, and is not missing on the node; nothing if absent. */
  elsewhere?(spec: ContainerSpec, container: ContainerId): number;
  /** It has met its limit. It goes on to take more if it still runs afterwards. */
  onLimit(container: ContainerId): void;
}

class HoldingColumns {
  /** What it held at an instant, which follows, and what it has taken in a second since. */
  amount = new Float64Array(0);
  since = new Float64Array(0);
  rate = new Float64Array(0);
  /** What of it lies elsewhere. */
  elsewhere = new Float64Array(0);
  /** 1: it has met its limit in its present run. */
  isOver = new Uint8Array(0);
}

export class Holdings {
  readonly #context: Context;
  readonly #containers: ContainersView;
  readonly #holding: Holding;
  readonly #draws: RandomStream;
  readonly #reached: EventKind;
  /** None before anybody holds any. */
  #columns: HoldingColumns | undefined;

  constructor(context: Context, containers: ContainersView, holding: Holding) {
    this.#context = context;
    this.#containers = containers;
    this.#holding = holding;
    this.#draws = context.streams.stream(`application/${holding.what}`);
    this.#reached = context.simulation.on(`application/${holding.what}-full`, (c, run) => this.#onReached(c, run));
  }

  /** How much a container holds now. */
  of(c: ContainerId): number {
    const own = this.#columns;
    if (own === undefined) return 0;
    return own.amount[c]! + (own.rate[c]! * (this.#context.simulation.now - own.since[c]!)) / 1e9;
  }

  /** Whether it has met its limit. */
  isOver(c: ContainerId): boolean {
    return this.#columns?.isOver[c] === 1;
  }

  /** A run of the container begins, or has been there for long when the simulation begins. */
  begin(c: ContainerId): void {
    const spec = this.#specOf(c);
    const held = this.#holding.heldOf(spec);
    if (held === undefined) return;
    this.#columns ??= this.#containers.with(new HoldingColumns());
    this.#columns.isOver[c] = 0;
    const { start, reaches } = held;
    const run = this.#containers.run[c]!;
    const after =
      reaches === undefined ? 0 : sample(reaches.after, this.#draws.uniform(this.#containers.keyOf(c), run));
    const most = reaches?.amount ?? start;
    this.#moveElsewhere(c, Math.min(most, this.#holding.elsewhere?.(spec, c) ?? 0));
    // What it would hold at once is a start with more.
    if (after < 1) this.#hold(c, most, 0);
    else this.#hold(c, start, ((most - start) / after) * 1e9);
    this.#expect(c, Math.min(most, this.#holding.limitOf(spec, c)));
  }

  /** Its limit has changed. */
  reconsider(c: ContainerId): void {
    const spec = this.#specOf(c);
    const held = this.#holding.heldOf(spec);
    if (held === undefined || this.#columns === undefined) return;
    if (!this.#runs(c, this.#containers.run[c]!)) return;
    this.#expect(c, Math.min(held.reaches?.amount ?? held.start, this.#holding.limitOf(spec, c)));
  }

  /** It takes no more, and gives nothing back. */
  keep(c: ContainerId): void {
    if (this.#columns !== undefined) this.#hold(c, this.of(c), 0);
  }

  /** It gives all of it back. */
  release(c: ContainerId): void {
    if (this.#columns === undefined) return;
    this.#hold(c, 0, 0);
    this.#moveElsewhere(c, 0);
    this.#columns.isOver[c] = 0;
  }

  /** When it will hold so much, in its present run, it is looked at again. */
  #expect(c: ContainerId, amount: number): void {
    const { simulation } = this.#context;
    const rate = this.#columns!.rate[c]!;
    const lacking = amount - this.of(c);
    const isAtLimit = this.#holding.limitOf(this.#specOf(c), c) <= amount;
    if (lacking <= 0 && !isAtLimit) return;
    if (lacking > 0 && !(rate > 0)) return;
    const after = lacking <= 0 ? 0 : (lacking / rate) * 1e9;
    simulation.schedule(simulation.now + Math.ceil(after), this.#reached, c, this.#containers.run[c]!);
  }

  /** It holds as much as it ever wants, or as it may. */
  #onReached(c: ContainerId, run: number): void {
    const own = this.#columns!;
    if (!this.#runs(c, run)) return;
    const spec = this.#specOf(c);
    const { start, reaches } = this.#holding.heldOf(spec)!;
    const most = reaches?.amount ?? start;
    const aim = own.isOver[c] === 1 ? most : Math.min(most, this.#holding.limitOf(spec, c));
    // Its limit has been raised since.
    if (this.of(c) < aim - 1) {
      this.#expect(c, aim);
      return;
    }
    if (own.isOver[c] === 1 || most < this.#holding.limitOf(spec, c)) {
      this.#hold(c, most, 0);
      return;
    }
    own.isOver[c] = 1;
    this.#holding.onLimit(c);
    if (this.#runs(c, run)) this.#expect(c, most);
  }

  #runs(c: ContainerId, run: number): boolean {
    return this.#containers.state[c] === ContainerState.Running && this.#containers.run[c] === run;
  }

  #moveElsewhere(c: ContainerId, amount: number): void {
    const own = this.#columns!;
    const more = amount - own.elsewhere[c]!;
    if (more === 0) return;
    own.elsewhere[c] = amount;
    this.#holding.supply.change(this.#context.pods.node[this.#containers.pod[c]!]!, -more, 0);
  }

  /** It holds so much from now on, and takes so much more a second. */
  #hold(c: ContainerId, amount: number, rate: number): void {
    const own = this.#columns!;
    const before = this.of(c);
    const rateBefore = own.rate[c]!;
    own.amount[c] = amount;
    own.rate[c] = rate;
    own.since[c] = this.#context.simulation.now;
    if (amount === before && rate === rateBefore) return;
    const node = this.#context.pods.node[this.#containers.pod[c]!]!;
    this.#holding.supply.change(node, amount - before, rate - rateBefore);
  }

  #specOf(c: ContainerId): ContainerSpec {
    return containersOf(this.#context, this.#containers.pod[c]!)[this.#containers.index[c]!]!;
  }
}
