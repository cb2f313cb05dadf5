// What the types refuse: the test is that this file compiles.
import { expect, it } from 'vitest';
import type { ContainerId, NodeId, PodId } from '../../src/cluster/index.js';
import type { Duration, Instant } from '../../src/engine/index.js';

it('a node is no pod, and a duration no instant', () => {
  const pod: PodId = 3;
  const node: NodeId = 4;
  const start: Instant = 5;
  const wait: Duration = 6;
  // @ts-expect-error a pod for a node
  const wrongNode: NodeId = pod;
  // @ts-expect-error a node for a container
  const wrongContainer: ContainerId = node;
  // @ts-expect-error a duration for an instant
  const wrongInstant: Instant = wait;
  const end: Instant = start + wait;
  expect([wrongNode, wrongContainer, wrongInstant, end]).toEqual([3, 4, 6, 11]);
});
