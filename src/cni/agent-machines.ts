// The agents of the nodes, as far as they compete with others for CPU: the contract. Part of the CNI.

import type { NodeId } from '../cluster/index.js';

export interface AgentMachines {
  /** How fast a thread of the agent would run: more than 0, at most 1. */
  speed(node: NodeId): number;
  /**
   * The agent is to do one more piece of work. @param work CPU time, ns. @param servers pieces that it works on at a time.
   * @returns when it will be done.
   */
  work(node: NodeId, work: number, servers: number): number;
}
