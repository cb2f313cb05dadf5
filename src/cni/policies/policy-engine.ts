// Who carries NetworkPolicies out on a node: the contract. Part of the CNI.

import type { NetworkPolicySpec } from '../../cluster/index.js';
import type { Distribution } from '../../engine/index.js';
import type { policyParameters } from '../parameters.js';

export type PolicyParameters = typeof policyParameters;

/** One apply by an agent that has the CPU it wants. */
export interface PolicyApply {
  /** How long it takes, ns. */
  readonly takes: number;
  /** CPU of the agent for it, ns, on so many threads. */
  readonly cpuTime: number;
  readonly threads: number;
}

export interface PolicyEngine {
  readonly name: string;
  /** What it adds to a first packet for the policies of one end, at least one, ns. */
  readonly firstPacket: (policies: number, p: PolicyParameters) => number;
  /** What it adds to each later packet of a connection for the policies of one end, merged or not, ns. */
  readonly laterPacket: (policies: number, p: PolicyParameters) => number;
  /** A pod has its address until a node's policies know it. */
  readonly memberDelay: (p: PolicyParameters) => Distribution;
  /** CPU of the agent of a node for one pod more, or fewer, that a rule speaks of, ns: one after another. */
  readonly memberWork: (p: PolicyParameters) => number;
  /** What a node with so many of the pods that a policy selects has to do for it. */
  readonly apply: (policy: NetworkPolicySpec, endpoints: number, p: PolicyParameters) => PolicyApply;
  /** Each policy is work of its own; otherwise an apply takes in all that has come before it begins. */
  readonly appliesEach: boolean;
  /** It writes under the xtables lock. */
  readonly takesXtablesLock: boolean;
}
