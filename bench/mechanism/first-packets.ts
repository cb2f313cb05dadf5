// First packets to every service in turn, from every node in turn: what benchmarks of choosing an endpoint repeat.

import { emptyRoute, type FirstPacket, PacketSource, ServiceAddress } from '../../src/cluster/index.js';
import { RandomStream } from '../../src/engine/index.js';
import type { Run } from '../../src/run/index.js';
import { key } from '../../test/fixtures/keys.js';

export interface FirstPacketsSize {
  readonly packets: number;
  readonly nodes: number;
  readonly services: number;
}

/** A function that makes tasks out of runs: each call routes `packets` first packets. Draws are made beforehand; they are not what is measured. */
export function firstPackets({ packets, nodes, services }: FirstPacketsSize): (run: Run) => () => void {
  const stream = new RandomStream('bench', 'lookup');
  const draws = Float64Array.from({ length: packets }, (_, i) => stream.uniform(key(0), i));
  const route = emptyRoute();
  return (run) => {
    const { routing } = run.cluster;
    const packet: FirstPacket = {
      node: 0,
      service: 0,
      address: ServiceAddress.ClusterIp,
      from: PacketSource.Pod,
      source: 1,
      sourcePort: 40_000,
      choice: 0,
      weight: 1,
    };
    return () => {
      for (let i = 0; i < packets; i++) {
        packet.node = i % nodes;
        packet.service = i % services;
        packet.choice = draws[i]!;
        routing.route(packet, route);
      }
    };
  };
}
