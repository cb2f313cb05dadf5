// Single mechanisms: choosing an endpoint and costing a first packet, and quiet being free.

import { RandomStream, trialsUntilSuccess } from '../../src/engine/index.js';
import { LOOKUPS } from '../../src/kube-proxy/index.js';
import { type BenchRow, compare } from '../harness.js';

const LOOKUPS_A_CALL = 200_000;

export async function benchLookup(quick: boolean): Promise<BenchRow[]> {
  const stream = new RandomStream('bench', 'lookup');
  const answer = { endpoint: 0, traversed: 0, duration: 0 };
  const question = {
    ports: 2000,
    portsWithoutEndpoints: 0,
    endpoints: 15,
    position: 0,
    choice: 0,
    turn: 0,
    masquerades: 1,
  };
  return compare({
    group: 'first-packet lookup, 2000 services',
    baseline: 'iptables',
    tasks: (['iptables', 'ipvs', 'nftables'] as const).map((mode) => ({
      name: mode,
      run: () => {
        for (let i = 0; i < LOOKUPS_A_CALL; i++) {
          question.position = stream.uniform(0, i);
          question.choice = stream.uniform(1, i);
          question.turn = i;
          LOOKUPS[mode](question, answer);
        }
      },
    })),
    operations: LOOKUPS_A_CALL,
    unit: 'lookups/s',
    quick,
  });
}

/** The same failures of 150,000 probes over an hour: a draw a tick, or a draw a failure. */
export async function benchQuietIsFree(quick: boolean): Promise<BenchRow[]> {
  const stream = new RandomStream('bench', 'quiet');
  const entities = quick ? 5_000 : 50_000;
  const ticks = 360;
  const p = 1e-5;
  let failures = 0;
  return compare({
    group: `probe failures of ${entities} entities over 360 ticks`,
    baseline: 'one draw a tick',
    tasks: [
      {
        name: 'one draw until the next failure',
        run: () => {
          for (let entity = 0; entity < entities; entity++) {
            let n = 0;
            for (
              let at = trialsUntilSuccess(p, stream.uniform(entity, n++));
              at <= ticks;
              at += trialsUntilSuccess(p, stream.uniform(entity, n++))
            )
              failures++;
          }
        },
      },
      {
        name: 'one draw a tick',
        run: () => {
          for (let entity = 0; entity < entities; entity++) {
            for (let n = 0; n < ticks; n++) if (stream.uniform(entity, n) < p) failures++;
          }
          if (failures < 0) throw new Error('unreachable');
        },
      },
    ],
    operations: entities * ticks,
    unit: 'ticks/s',
    quick,
  });
}
