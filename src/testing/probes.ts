// What can be asked of a single part, away from a run: that it chooses from what it is handed and writes to nothing, that its luck
// does not depend on whom else it serves. Part of the contract kit.

import { ParameterSet } from '../cluster/index.js';
import type { Connection, LoadBalancer, RealServer } from '../kube-proxy/index.js';
import type { ArrivalParts, TrafficShape } from '../traffic/index.js';

/** Numbers that stand for draws: any that are spread over 0 … 1 do. */
const draw = (n: number): number => (n * 0.6180339887498949 + 0.1) % 1 || 0.5;

const CONNECTIONS = 60;

/** As the kernel sees it. */
type Server = { -readonly [K in keyof RealServer]: RealServer[K] };

const serversOf = (count: number): Server[] =>
  Array.from({ length: count }, (_, i) => ({ pod: i, address: 0x0a000001 + i, weight: 1, active: 0, inactive: 0 }));

const connection = (n: number): Connection => ({
  source: 0x0a100000 + (n % 7),
  sourcePort: 40_000 + n,
  destination: 0x0a600001,
  time: n * 1e6,
  choice: draw(n),
});

/** What is wrong with a load balancer. */
export function loadBalancerProblems(part: LoadBalancer): string[] {
  const { name } = part;
  const parts = { parameters: ParameterSet.DEFAULTS };
  const problems = new Set<string>();
  const made = (servers: readonly RealServer[]) => {
    const scheduler = part.create(parts);
    scheduler.onChanged(servers);
    return scheduler;
  };
  const history = (between: () => void): number[] => {
    const servers = serversOf(5);
    const scheduler = made(servers);
    return Array.from({ length: CONNECTIONS }, (_, n) => {
      between();
      const chosen = scheduler.choose(servers, connection(n)) as Server | undefined;
      if (chosen === undefined || !servers.includes(chosen)) {
        problems.add(
          `load balancer ${name}: choose returned none of the servers that it was handed, though all can take connections`,
        );
        return -1;
      }
      if (!(scheduler.compared >= 0))
        problems.add(
          `load balancer ${name}: compared is ${scheduler.compared}; say how many servers the choice has looked at`,
        );
      chosen.active++;
      return chosen.pod;
    });
  };
  const alone = history(() => {});
  const others = serversOf(3);
  const other = made(others);
  let n = 1000;
  const beside = history(() => void other.choose(others, connection(n++)));
  if (alone.some((pod, i) => pod !== beside[i])) {
    problems.add(
      `load balancer ${name}: its choices depend on those for another service; keep what it remembers in what create() returns, and draw with connection.choice`,
    );
  }
  const { turns, remembers } = other;
  if (turns !== true && remembers !== true) {
    const servers = serversOf(5);
    const first = made(servers).choose(servers, connection(7))?.pod;
    const scheduler = made(servers);
    scheduler.choose(servers, connection(3));
    if (scheduler.choose(servers, connection(7))?.pod !== first) {
      problems.add(
        `load balancer ${name}: the same connection to the same servers is sent elsewhere after another one; if it takes turns say turns: true, if it draws use connection.choice`,
      );
    }
  }
  const none = part.create(parts);
  none.onChanged([]);
  if (none.choose([], connection(1)) !== undefined)
    problems.add(`load balancer ${name}: chooses a server where there is none`);
  try {
    const frozen = Object.freeze(serversOf(4).map((server) => Object.freeze(server)));
    const scheduler = made(frozen);
    for (let i = 0; i < CONNECTIONS; i++) scheduler.choose(frozen, Object.freeze(connection(i)));
  } catch (error) {
    if (!isWrite(error)) throw error;
    problems.add(
      `load balancer ${name}: writes to servers or connections that it is handed; kubelapse counts connections itself`,
    );
  }
  return [...problems];
}

/** What is wrong with a traffic shape. @param settings as its `read` returns them. */
export function trafficShapeProblems(part: TrafficShape, settings: object): string[] {
  const { name } = part;
  const parts = (): ArrivalParts => ({
    segments: [{ start: 0, end: 60, rateAtStart: 5, rateAtEnd: 20 }],
    settings: Object.freeze({ ...settings }),
    gap: draw,
    draws: (purpose) => (n) => draw(n + purpose.length * 31),
  });
  const history = (between: () => void): number[] => {
    const arrivals = part.create(parts());
    const times: number[] = [];
    for (let from = 0, nth = 0; nth < CONNECTIONS && from < 60; nth++) {
      between();
      from = arrivals.next(from, nth);
      times.push(from);
    }
    return times;
  };
  const problems: string[] = [];
  const alone = history(() => {});
  if (alone.some((time, i) => Number.isNaN(time) || time < (alone[i - 1] ?? 0))) {
    problems.push(
      `traffic shape ${name}: next returned a time before \`from\`, or none: it must be at or after it, Infinity for never`,
    );
  }
  if (alone.length === CONNECTIONS && alone.every((time) => time === alone[0])) {
    problems.push(`traffic shape ${name}: next returns one instant again and again, so that no run would end`);
    return problems;
  }
  const other = part.create(parts());
  let [from, nth] = [0, 0];
  const beside = history(() => {
    if (from < 60) from = other.next(from, nth++);
  });
  if (alone.some((time, i) => time !== beside[i])) {
    problems.push(
      `traffic shape ${name}: its arrivals depend on those of another entry; keep what it remembers in what create() returns, and draw with gap and draws`,
    );
  }
  return problems;
}

/** Whether an error is one about a write to what is frozen. */
export const isWrite = (error: unknown): boolean =>
  error instanceof TypeError &&
  /read only|not extensible|Cannot (assign|add|delete|define)|object is not extensible/.test(error.message);
