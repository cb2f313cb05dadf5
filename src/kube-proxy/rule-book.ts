// What the services of the cluster put into a node's kernel, at every position of the service log. Part of kube-proxy.
// Counts of a service are the same on all nodes unless a policy says otherwise; so they are kept once, as running sums over
// the log: what a node has is one line of it, and what changed between two positions is the difference of two, less the
// entries that were replaced in between. For services that differ from node to node each node has a sum of its own.

import type { NodeId, ServiceId, ServiceLog } from '../cluster/index.js';
import { grown } from '../engine/index.js';
import type { EndpointChooser } from './endpoints.js';
import { LogRangeCache, RANGES } from './log-range-cache.js';
import type { CountObjects, ServiceShape } from './service-shape.js';

export class RuleBook {
  readonly kinds: number;
  /** Of the last {@link between}: ports of the services that changed, and endpoints that came or went. */
  changedPorts = 0;
  endpointChanges = 0;
  readonly #log: ServiceLog;
  readonly #shapes: readonly ServiceShape[];
  readonly #chooser: EndpointChooser;
  readonly #count: CountObjects;
  readonly #masquerades: number;
  readonly #dependsOnNode: readonly number[];
  /** What the service of an entry puts in, what all do from then on, and the sum over all entries; by position and kind. */
  #own: Int32Array;
  #totals: Int32Array;
  #sums: Float64Array;
  #ports = new Float64Array(1024);
  #changes = new Float64Array(1024);
  /** Of services that depend on the node: by node and kind, in force and under way. */
  readonly #onNode: Int32Array;
  readonly #underWay: Int32Array;
  readonly #scratch: Int32Array;
  /** What was added up last: counts by slot and kind, ports by slot. */
  readonly #ranges = new LogRangeCache();
  readonly #knownChanged: Float64Array;
  readonly #knownPorts = new Float64Array(RANGES);

  constructor(
    log: ServiceLog,
    shapes: readonly ServiceShape[],
    chooser: EndpointChooser,
    mode: { readonly count: CountObjects; readonly kinds: number },
    masquerades: number,
    nodes: number,
  ) {
    this.#log = log;
    this.#shapes = shapes;
    this.#chooser = chooser;
    this.#count = mode.count;
    this.kinds = mode.kinds;
    this.#masquerades = masquerades;
    this.#dependsOnNode = shapes.flatMap((shape, service) => (shape.dependsOnNode ? [service] : []));
    this.#own = new Int32Array(1024 * mode.kinds);
    this.#totals = new Int32Array(1024 * mode.kinds);
    this.#sums = new Float64Array(1024 * mode.kinds);
    const onNodes = this.#dependsOnNode.length > 0 ? nodes * mode.kinds : 0;
    this.#onNode = new Int32Array(onNodes);
    this.#underWay = new Int32Array(onNodes);
    this.#scratch = new Int32Array(mode.kinds);
    this.#knownChanged = new Float64Array(RANGES * mode.kinds);
  }

  /** Takes in the newest entry of the log. */
  onCommitted(position: number): void {
    const log = this.#log;
    const { kinds } = this;
    if (position >= this.#ports.length) this.#grow(position * 2);
    const service = log.service[position]!;
    const shape = this.#shapes[service]!;
    const before = log.previous[position]!;
    const at = position * kinds;
    if (!shape.dependsOnNode) {
      this.#chooser.choose(service, position, 0);
      this.#count(shape, this.#chooser.counts, this.#masquerades, this.#own, at);
    }
    for (let kind = 0; kind < kinds; kind++) {
      const own = this.#own[at + kind]!;
      const old = before < 0 ? 0 : this.#own[before * kinds + kind]!;
      this.#totals[at + kind] = (position > 0 ? this.#totals[at - kinds + kind]! : 0) + own - old;
      this.#sums[at + kind] = (position > 0 ? this.#sums[at - kinds + kind]! : 0) + own;
    }
    this.#ports[position] = (position > 0 ? this.#ports[position - 1]! : 0) + shape.ports;
    this.#changes[position] = (position > 0 ? this.#changes[position - 1]! : 0) + log.changes[position]!;
  }

  /** Adds up what a node has once the log up to a position is in force there. @param out counts by kind. */
  totals(node: NodeId, position: number, out: Float64Array): void {
    const { kinds } = this;
    for (let kind = 0; kind < kinds; kind++) {
      const shared = position < 0 ? 0 : this.#totals[position * kinds + kind]!;
      out[kind] = shared + (this.#onNode.length > 0 ? this.#onNode[node * kinds + kind]! : 0);
    }
  }

  /** One kind of {@link totals} on a node where the log up to a position is in force. */
  total(node: NodeId, position: number, kind: number): number {
    const { kinds } = this;
    const shared = position < 0 ? 0 : this.#totals[position * kinds + kind]!;
    return shared + (this.#onNode.length > 0 ? this.#onNode[node * kinds + kind]! : 0);
  }

  /**
   * What a sync has to do that brings a node from one position to another; -1: from nothing.
   * @param changed takes the counts of the services that changed, as they are now. @param total what all will have then.
   */
  between(node: NodeId, from: number, to: number, changed: Float64Array, total: Float64Array): void {
    const { kinds } = this;
    this.totals(node, to, total);
    const slot = this.#ranges.slotOf(from, to);
    if (!this.#ranges.holds(slot, from, to)) this.#addUp(from, to, slot);
    for (let kind = 0; kind < kinds; kind++) changed[kind] = this.#knownChanged[slot * kinds + kind]!;
    this.changedPorts = this.#knownPorts[slot]!;
    if (this.#onNode.length > 0) this.#changesOnNode(node, from, to, changed, total);
    this.endpointChanges = (to < 0 ? 0 : this.#changes[to]!) - (from < 0 ? 0 : this.#changes[from]!);
  }

  #addUp(from: number, to: number, slot: number): void {
    const { kinds } = this;
    const { next, service } = this.#log;
    const changed = this.#knownChanged;
    const at = slot * kinds;
    for (let kind = 0; kind < kinds; kind++) {
      const upTo = to < 0 ? 0 : this.#sums[to * kinds + kind]!;
      changed[at + kind] = upTo - (from < 0 ? 0 : this.#sums[from * kinds + kind]!);
    }
    let ports = (to < 0 ? 0 : this.#ports[to]!) - (from < 0 ? 0 : this.#ports[from]!);
    for (let entry = from + 1; entry <= to; entry++) {
      const later = next[entry]!;
      // A service that changed again counts once, as it is now.
      if (later < 0 || later > to) continue;
      ports -= this.#shapes[service[entry]!]!.ports;
      for (let kind = 0; kind < kinds; kind++) changed[at + kind]! -= this.#own[entry * kinds + kind]!;
    }
    this.#knownPorts[slot] = ports;
  }

  /** A node has the log up to a position when the run begins. */
  seed(node: NodeId, position: number): void {
    if (this.#onNode.length === 0) return;
    const { kinds } = this;
    this.#changesOnNode(node, -1, position, new Float64Array(kinds), new Float64Array(kinds));
    this.commit(node);
  }

  /** What {@link between} said of a node is in force now. */
  commit(node: NodeId): void {
    if (this.#onNode.length === 0) return;
    const at = node * this.kinds;
    for (let kind = 0; kind < this.kinds; kind++) {
      this.#onNode[at + kind]! += this.#underWay[at + kind]!;
      this.#underWay[at + kind] = 0;
    }
  }

  /** A node has no rules any more. */
  forget(node: NodeId): void {
    if (this.#onNode.length === 0) return;
    const at = node * this.kinds;
    this.#onNode.fill(0, at, at + this.kinds);
    this.#underWay.fill(0, at, at + this.kinds);
  }

  #changesOnNode(node: NodeId, from: number, to: number, changed: Float64Array, total: Float64Array): void {
    const { kinds } = this;
    const log = this.#log;
    const at = node * kinds;
    this.#underWay.fill(0, at, at + kinds);
    const take = (service: ServiceId): void => {
      const entry = log.entryAt(service, to);
      if (entry < 0 || entry <= from) return;
      const old = from < 0 ? -1 : log.entryAt(service, from);
      this.#countOn(node, service, entry);
      for (let kind = 0; kind < kinds; kind++) {
        changed[kind]! += this.#scratch[kind]!;
        this.#underWay[at + kind]! += this.#scratch[kind]!;
      }
      if (old < 0) return;
      this.#countOn(node, service, old);
      for (let kind = 0; kind < kinds; kind++) this.#underWay[at + kind]! -= this.#scratch[kind]!;
    };
    if (to - from > this.#dependsOnNode.length) for (const service of this.#dependsOnNode) take(service);
    else {
      for (let entry = from + 1; entry <= to; entry++) {
        const service = log.service[entry]!;
        const later = log.next[entry]!;
        if (this.#shapes[service]!.dependsOnNode && (later < 0 || later > to)) take(service);
      }
    }
    for (let kind = 0; kind < kinds; kind++) total[kind]! += this.#underWay[at + kind]!;
  }

  #countOn(node: NodeId, service: ServiceId, entry: number): void {
    this.#chooser.choose(service, entry, node);
    this.#count(this.#shapes[service]!, this.#chooser.counts, this.#masquerades, this.#scratch, 0);
  }

  #grow(positions: number): void {
    this.#own = grown(this.#own, new Int32Array(positions * this.kinds));
    this.#totals = grown(this.#totals, new Int32Array(positions * this.kinds));
    this.#sums = grown(this.#sums, new Float64Array(positions * this.kinds));
    this.#ports = grown(this.#ports, new Float64Array(positions));
    this.#changes = grown(this.#changes, new Float64Array(positions));
  }
}
