// When the kubelet of each node began, and how often. Part of the kubelet: probes begin differently after a start, and what
// was scheduled by the process before is void.

export class KubeletStarts {
  /** Long before the run began unless the kubelet has been restarted, ns. */
  readonly at: Float64Array;
  /** One more at each stop and start. */
  readonly count: Int32Array;

  constructor(nodes: number) {
    this.at = new Float64Array(nodes).fill(-Infinity);
    this.count = new Int32Array(nodes);
  }
}
