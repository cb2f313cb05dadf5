// The kube-proxies of all nodes, as the other components see them. Part of kube-proxy.

import type { ApiAccess, Context, NodeId, ServiceId, ServiceLog } from '../../cluster/index.js';
import { keyWithin, type RandomStream } from '../../engine/index.js';
import type { XtablesLock } from '../../node/index.js';
import { EndpointChooser } from '../endpoints.js';
import type { ProxyMode } from '../proxy-mode.js';
import { RuleBook } from '../rule-book.js';
import { type ServiceShape, shapeOf } from '../service-shape.js';
import { ProxyOutages } from './outages.js';
import { ProxySyncs } from './proxy-syncs.js';
import { ProxyTable } from './proxy-table.js';
import { SyncRecord } from './sync-record.js';

export class KubeProxies {
  readonly mode: ProxyMode;
  /** What the services put into the kernels. */
  readonly book: RuleBook;
  readonly shapes: readonly ServiceShape[];
  readonly chooser: EndpointChooser;
  /** What is measured of their syncs. */
  readonly record: SyncRecord;
  /** What can go wrong with them. */
  readonly outages: ProxyOutages;
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #table: ProxyTable;
  readonly #order: RandomStream;
  readonly #totals: Float64Array;
  /** What is committed before is there when the run begins. */
  #seeded = false;

  constructor(context: Context, api: ApiAccess, mode: ProxyMode, xtablesLock: XtablesLock) {
    const { spec, recorder, nodes, streams } = context;
    const { kubeProxy, version, services, duration } = spec;
    const isPartial = kubeProxy.syncsPartially && mode.syncsPartially(version);
    const table = new ProxyTable(nodes.count);
    this.#context = context;
    this.#log = api.services;
    this.#table = table;
    this.mode = mode;
    this.shapes = services.map(shapeOf);
    this.chooser = new EndpointChooser(api.services, services, this.shapes, nodes, context.pods);
    const masquerades = kubeProxy.masquerades ? 1 : 0;
    this.book = new RuleBook(api.services, this.shapes, this.chooser, mode, masquerades, nodes.count);
    this.record = new SyncRecord(recorder, api.services, table, mode.metrics, { isPartial, duration });
    const { book, record } = this;
    const syncs = new ProxySyncs({ context, api, mode, table, book, record, isPartial, xtablesLock });
    this.outages = new ProxyOutages(context, mode, table, book, syncs);
    this.#order = streams.stream('kube-proxy/sync-order');
    this.#totals = new Float64Array(mode.kinds);
    api.watchServices((position) => {
      book.onCommitted(position);
      if (this.#seeded) syncs.onCommitted(position);
    });
    api.onReachable((node) => this.outages.onReachable(node));
  }

  /** Every node's kernel has the log as it stands: the state at the beginning of a run. */
  seed(): void {
    const newest = this.#log.length - 1;
    for (let node = 0; node < this.#table.count; node++) this.book.seed(node, newest);
    this.#table.seed(newest);
    this.#seeded = true;
  }

  /** Position in the service log that a node's rules have; -1: it has none. */
  positionOn(node: NodeId): number {
    return this.#table.inForce[node]!;
  }

  /** The same for one service: a sync in IPVS mode changes them one after the other, in an order of its own. */
  positionFor(node: NodeId, service: ServiceId): number {
    const table = this.#table;
    if (table.isSyncing[node] === 1 && this.mode.changesOneByOne && table.fails[node] === 0) {
      const elapsed = this.#context.simulation.now - table.startedAt[node]!;
      const { identities, nodes } = this.#context;
      const key = keyWithin(identities.services[service]!, nodes.keyOf(node));
      const place = this.#order.uniform(key, this.changesOf(service, table.observed[node]!));
      if (elapsed >= place * (table.endsAt[node]! - table.startedAt[node]!)) return table.observed[node]!;
    }
    return table.inForce[node]!;
  }

  /** How often a service has been written up to a position: where it stands among the others is another place each time. */
  changesOf(service: ServiceId, position: number): number {
    const entry = position < 0 ? -1 : this.#log.entryAt(service, position);
    return entry < 0 ? 0 : this.#log.nth[entry]!;
  }

  /** Nodes whose rules are older than the newest entry. */
  get nodesBehind(): number {
    return this.#table.behind(this.#log.length - 1);
  }

  /** One figure for the size of what a node has in its kernel: rules, servers or entries, by mode. */
  sizeOn(node: NodeId): number {
    const inForce = this.#table.inForce[node]!;
    if (inForce < 0) return 0;
    this.book.totals(node, inForce, this.#totals);
    return this.mode.size(this.#totals);
  }
}
