// How fast each node starts pods, and what it is busy with meanwhile. Part of the kubelet.
// Time counts while at least one pod is on its way: from when its kubelet learns of it until its containers have started. The
// work that disk, CPU and API client are asked for counts in that time only.

import type { Context, NodeId, PodId } from '../../cluster/index.js';
import { grown } from '../../engine/index.js';

/** Work that a node was asked for so far. */
export interface NodeWork {
  /** ns. */
  readonly disk: number;
  readonly cpu: number;
  readonly requests: number;
  /** How long somebody on it lacked CPU, ns. */
  readonly lacking: number;
}

/** What of its starting time, ns, a node spent on what; shares 0 … 1 of its disk, its CPU and its requests a second. */
export interface NodeBusy {
  readonly startingTime: number;
  readonly diskBusy: number;
  readonly cpuBusy: number;
  /** Share in which somebody on it lacked CPU. */
  readonly cpuLacking: number;
  readonly apiClientBusy: number;
}

const OnItsWay = { Never: 0, Now: 1, Over: 2 } as const;

export class NodeStarts {
  readonly #context: Context;
  readonly #work: (node: NodeId) => NodeWork;
  #state = new Uint8Array(0);
  /** By node: pods that have started, and pods on their way since an instant… */
  readonly started: Int32Array;
  readonly #onTheirWay: Int32Array;
  readonly #since: Float64Array;
  /** … at which this was the work. */
  readonly #workThen = new Map<number, NodeWork>();
  /** Time in which pods were on their way, ns, and the work in it. */
  readonly #time: Float64Array;
  readonly #disk: Float64Array;
  readonly #cpu: Float64Array;
  readonly #requests: Float64Array;
  readonly #lacking: Float64Array;

  /** @param work of a node so far. */
  constructor(context: Context, work: (node: NodeId) => NodeWork) {
    this.#context = context;
    this.#work = work;
    const { count } = context.nodes;
    this.started = new Int32Array(count);
    this.#onTheirWay = new Int32Array(count);
    this.#since = new Float64Array(count);
    this.#time = new Float64Array(count);
    this.#disk = new Float64Array(count);
    this.#cpu = new Float64Array(count);
    this.#requests = new Float64Array(count);
    this.#lacking = new Float64Array(count);
  }

  /** The kubelet has observed a pod. */
  begin(pod: PodId): void {
    if (pod >= this.#state.length) this.#state = grown(this.#state, new Uint8Array(Math.max(1024, pod * 2)));
    if (this.#state[pod] !== OnItsWay.Never) return;
    this.#state[pod] = OnItsWay.Now;
    const node = this.#context.pods.node[pod]!;
    if (this.#onTheirWay[node]!++ > 0) return;
    this.#since[node] = this.#context.simulation.now;
    this.#workThen.set(node, this.#work(node));
  }

  /** It has started, or never will. */
  end(pod: PodId, hasStarted: boolean): void {
    if (this.#state[pod] !== OnItsWay.Now) return;
    this.#state[pod] = OnItsWay.Over;
    const node = this.#context.pods.node[pod]!;
    if (hasStarted) this.started[node]! += 1;
    if (--this.#onTheirWay[node]! === 0) this.#close(node);
  }

  /** What of its starting time, ns, a node spent on what; shares 0 … 1 of its disk, its CPU and its requests a second. */
  of(node: NodeId): NodeBusy {
    if (this.#onTheirWay[node]! > 0) {
      this.#close(node);
      this.#since[node] = this.#context.simulation.now;
      this.#workThen.set(node, this.#work(node));
    }
    const startingTime = this.#time[node]!;
    const share = (work: number): number => (startingTime === 0 ? 0 : Math.min(1, work / startingTime));
    const { kubeApiQps } = this.#context.nodes.poolOf(node).kubelet;
    return {
      startingTime,
      diskBusy: share(this.#disk[node]!),
      cpuBusy: share(this.#cpu[node]!),
      cpuLacking: share(this.#lacking[node]!),
      apiClientBusy: share((this.#requests[node]! * 1e9) / kubeApiQps),
    };
  }

  #close(node: NodeId): void {
    const then = this.#workThen.get(node)!;
    const now = this.#work(node);
    this.#time[node]! += this.#context.simulation.now - this.#since[node]!;
    this.#disk[node]! += now.disk - then.disk;
    this.#cpu[node]! += now.cpu - then.cpu;
    this.#lacking[node]! += now.lacking - then.lacking;
    this.#requests[node]! += now.requests - then.requests;
  }
}
