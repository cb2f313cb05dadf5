// What goes wrong with the kube-proxies and their rules, and how they recover. Part of kube-proxy.

import type { Context, NodeId } from '../../cluster/index.js';
import { type EventKind, type RandomStream, tickAtOrAfter } from '../../engine/index.js';
import { runnerParameters } from '../parameters.js';
import type { ProxyMode } from '../proxy-mode.js';
import type { RuleBook } from '../rule-book.js';
import type { ProxySyncs } from './proxy-syncs.js';
import type { ProxyTable } from './proxy-table.js';
import { Trigger } from './sync-statistics.js';

export class ProxyOutages {
  readonly #context: Context;
  readonly #mode: ProxyMode;
  readonly #table: ProxyTable;
  readonly #book: RuleBook;
  readonly #syncs: ProxySyncs;
  readonly #canaryPhase: RandomStream;
  readonly #canary: EventKind;

  constructor(context: Context, mode: ProxyMode, table: ProxyTable, book: RuleBook, syncs: ProxySyncs) {
    this.#context = context;
    this.#mode = mode;
    this.#table = table;
    this.#book = book;
    this.#syncs = syncs;
    this.#canaryPhase = context.streams.stream('kube-proxy/save-phase');
    this.#canary = context.simulation.on('kube-proxy/canary', (node) => this.#onCanary(node));
  }

  // The node and its network ---------------------------------------------------------------------------------------------

  /** A node goes down: its kernel's rules are gone. */
  onNodeDown(node: NodeId): void {
    this.#syncs.stop(node);
    this.#loseRules(node);
    this.#table.isFlushed[node] = 0;
    this.#table.lists[node] = 0;
  }

  /** It has booted: all rules are written once the kubelet has started the proxy. */
  onNodeBoots(node: NodeId): void {
    this.#syncs.stop(node);
    this.#forget(node);
    // Something else still keeps it down.
    if (this.#context.nodes.up[node] === 0) return;
    if (this.#table.downs[node] === 0) this.#syncs.start(node, runnerParameters.startAfterBoot.value);
  }

  /** The watches of a node's proxy are cut: it observes nothing. A sync under way ends, and is tried again if it fails. */
  cutOff(node: NodeId): void {
    const table = this.#table;
    table.isCut[node] = 1;
    if (this.#syncs.isAsleep(node)) this.#syncs.wake(node);
    else if (table.isSyncing[node] === 0 && table.trigger[node] === Trigger.Changes) table.generation[node]! += 1;
  }

  /** The watches are back, and bring what happened meanwhile. */
  reconnect(node: NodeId): void {
    const table = this.#table;
    table.isCut[node] = 0;
    if (!this.#context.nodes.isOnNetwork(node) || table.downs[node]! > 0) return;
    if (table.lists[node] === 1) this.#syncs.start(node, 0);
    else if (table.isSyncing[node] === 0 && table.trigger[node] !== Trigger.Start) {
      this.#syncs.wake(node);
      this.#syncs.resume(node);
    }
  }

  /** Requests of a node are answered again: a process that waited for that lists everything. */
  onReachable(node: NodeId): void {
    if (this.#table.lists[node] === 1) this.#syncs.start(node, 0);
  }

  // The process ----------------------------------------------------------------------------------------------------------

  /** The process of a node's proxy ends; it is there again when {@link restart} was called as often. */
  kill(node: NodeId): void {
    this.#table.downs[node]! += 1;
    this.#table.lists[node] = 0;
    this.#syncs.stop(node);
  }

  /** The process is there again: its kernel has what it had, and all is written again. */
  restart(node: NodeId): void {
    this.#table.downs[node]! -= 1;
    this.#forget(node);
    if (this.#context.nodes.up[node] === 1 && this.#table.downs[node] === 0) this.#syncs.start(node, 0);
  }

  // Its rules ------------------------------------------------------------------------------------------------------------

  /** One more reason, or one less, for which every sync of a node fails. */
  changeFailures(node: NodeId, by: 1 | -1): void {
    this.#table.failures[node]! += by;
  }

  /** Something else flushes all rules. A proxy that has a canary looks for it every syncPeriod. */
  flush(node: NodeId): void {
    const { nodes, simulation, spec } = this.#context;
    const table = this.#table;
    if (!this.#mode.isFlushable) return;
    this.#loseRules(node);
    table.isFlushed[node] = 1;
    if (table.isSyncing[node] === 1) {
      // A full sync writes all that was there; a partial one refers to chains that are not.
      if (table.isFull[node] === 1) this.#syncs.measure(node, -1, table.observed[node]!);
      else table.fails[node] = 1;
    }
    if (!this.#mode.hasCanary) return;
    const { syncPeriod } = spec.kubeProxy;
    const phase = this.#canaryPhase.below(syncPeriod, nodes.keyOf(node), 0);
    simulation.schedule(tickAtOrAfter(phase, syncPeriod, simulation.now + 1), this.#canary, node);
  }

  /** The canary is gone: all rules are written. */
  #onCanary(node: NodeId): void {
    const table = this.#table;
    if (table.isFlushed[node] === 0) return;
    table.needsFull[node] = 1;
    table.isFlushed[node] = 0;
    const isFree = this.#syncs.isAsleep(node) || (table.isCut[node] === 1 && table.isSyncing[node] === 0);
    if (!isFree || table.downs[node]! > 0) return;
    this.#syncs.wake(node);
    this.#syncs.schedule(node, this.#context.simulation.now, Trigger.Canary);
  }

  #loseRules(node: NodeId): void {
    this.#table.inForce[node] = -1;
    this.#book.forget(node);
  }

  /** A new process knows nothing of what was done before. */
  #forget(node: NodeId): void {
    this.#table.needsFull[node] = 1;
    this.#table.lastFull[node] = -Infinity;
    this.#table.ignoreBefore[node] = this.#context.simulation.now;
    this.#table.trigger[node] = Trigger.Start;
  }
}
