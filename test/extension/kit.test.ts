// The contract kit: the samples keep every promise, and parts that cheat are caught with a word on what to do instead.
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { defineExtension, type Extension, withExtension } from '../../src/extension/index.js';
import { simulate } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { assertExtension, benchExtension, checkExtension, type Problem } from '../../src/testing/index.js';
import { SAMPLES, sample, sampleScenario } from '../fixtures/extension.js';

describe('the samples', () => {
  it.each(SAMPLES)('%s keeps every promise', async (name) => {
    expect(checkExtension(await sample(name), { scenario: sampleScenario(name) })).toEqual([]);
  });
});

const told = (problems: readonly Problem[]): string[] => problems.map(({ check, message }) => `${check}: ${message}`);

/** A scenario of ours with the part in it, and without the name of a module. */
function scenarioWith(name: string, ...changes: readonly (readonly [string, string])[]) {
  const { path, read } = sampleScenario(name);
  const text = changes.reduce(
    (all, [from, to]) => {
      expect(all).toContain(from);
      return all.replace(from, to);
    },
    read(path).replace(/^ {2}extensions: .*\n/m, ''),
  );
  return { path, read: (file: string) => (file === path ? text : read(file)) };
}

const balancing = scenarioWith(
  'power-of-two-choices',
  ['duration: 2m', 'duration: 30s'],
  ['warmup: 20s', 'warmup: 0s'],
  ['values: [rr, lc, p2c]', 'values: [cheat]'],
  ['scheduler: p2c', 'scheduler: cheat'],
);
const metered = scenarioWith(
  'first-request',
  ['duration: 3m', 'duration: 90s'],
  ['  thresholds:\n    - { metric: example_pod_first_request_duration_seconds, expr: p(99) < 1m }\n', ''],
);

/** An extension with a load balancer whose scheduler is made by this. */
type PartOf<K extends keyof Extension['parts']> = NonNullable<Extension['parts'][K]>[number];

const cheat = (parts: Extension['parts']): Extension => defineExtension({ name: 'cheat', version: '1.0.0', parts });

const balancer = (create: PartOf<'loadBalancers'>['create'], name = 'cheat'): Extension =>
  cheat({ loadBalancers: [{ name, meaning: 'cheats', create }] });

const counter = (listen: PartOf<'metrics'>['listen']): Extension =>
  cheat({
    metrics: [{ name: 'cheat_total', type: 'counter', unit: 'total', labels: [], meaning: 'cheats', listen }],
  });

/** The scenario of a sample with two rates instead of two shapes. */
function readingOf(name: string) {
  const { path, read } = sampleScenario(name);
  const text = read(path)
    .replace(/^ {2}extensions: .*\n/m, '')
    .replace(
      /path: "spec.traffic\[0\].arrivals", values: .*\]/,
      'path: "spec.traffic[0].stages[0].target", values: [20, 40]',
    );
  return { path, read: () => text };
}

describe('an extension that is not caught', () => {
  it('has parts with what only they have, and scenarios that name it in any way', () => {
    class Least {
      readonly name = 'cheat';
      readonly meaning = 'a class';
      readonly #compared = 1;
      create() {
        return {
          compared: this.#compared,
          choose: ([first]: readonly unknown[]) => first as never,
          onChanged: () => {},
        };
      }
    }
    const { path, read } = sampleScenario('power-of-two-choices');
    const text = read(path)
      .replace(/^ {2}extensions: .*\n/m, '  extensions:\n    - ./cheat.mjs\n')
      .replaceAll('p2c', 'cheat');
    const problems = checkExtension(cheat({ loadBalancers: [new Least()] }), { scenario: { path, read: () => text } });
    expect(problems).toEqual([]);
  });
});

describe('a part that cheats is caught:', () => {
  it('by a clock', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers) => servers[Date.now() % servers.length],
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(/^clock: .*Date\.now is called: simulated time is handed over/),
    );
  });
  it('by new Date()', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers) => servers[new Date().getMilliseconds() % servers.length],
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(/^clock: .*new Date\(\) is called/),
    );
  });
  it('by Math.random, also where its error would be swallowed', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers) => servers[Math.floor(Math.random() * servers.length)],
      onChanged: () => {},
    }));
    const problems = told(checkExtension(extension, { scenario: balancing }));
    expect(problems).toContainEqual(expect.stringMatching(/^clock: .*Math\.random is called: draw with the handle/));
  });
  it.each<readonly [string, () => number]>([
    ['process\\.hrtime', () => process.hrtime()[0]],
    ['process\\.env', () => Object.keys(process.env).length],
    ['process\\.pid', () => process.pid],
    ['performance\\.timeOrigin', () => performance.timeOrigin],
    ['Math\\.hypot', () => Math.hypot(3, 4)],
    ['Date\\.prototype\\.getHours', () => new Date(0).getHours()],
  ])('by what is of one machine: %s', (what, of) => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers) => servers[Math.floor(of()) % servers.length],
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(new RegExp(`^clock: .*${what} is `)),
    );
  });
  it('by a promise', () => {
    const extension = counter(({ counter: cheats }) => ({
      podReadyChanged: async () => cheats().add(),
    }));
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^error: metric cheat_total.*: TypeError: podReadyChanged must not return a promise/),
    );
  });
  it('by functions whose last bit differs between machines', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers, { choice }) => servers[Math.floor(Math.exp(Math.log(choice)) * servers.length)],
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(/^clock: .*Math\.exp is called: its last bit differs between machines/),
    );
  });
  it('by state that all its schedulers share', () => {
    let n = 0;
    const extension = balancer(() => ({
      compared: 1,
      turns: true,
      choose: (servers) => servers[n++ % servers.length],
      onChanged: () => {},
    }));
    const problems = told(checkExtension(extension, { scenario: balancing }));
    expect(problems).toContainEqual(
      expect.stringMatching(/^same luck: .*depend on those for another service; keep what it remembers/),
    );
    expect(problems).toContainEqual(expect.stringMatching(/^(same bytes|hidden state): /));
  });
  it('by draws of its own that go on from one connection to the next', () => {
    const extension = balancer(() => {
      let state = 1;
      return {
        compared: 1,
        choose: (servers) => {
          state = (state * 48271) % 2147483647;
          return servers[state % servers.length];
        },
        onChanged: () => {},
      };
    });
    expect(told(checkExtension(extension, { scenario: balancing }))).toEqual([
      expect.stringMatching(/^same luck: .*the same connection to the same servers is sent elsewhere/),
    ]);
  });
  it('by writing to the servers that it is handed', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers) => {
        const [first] = servers;
        if (first !== undefined) (first as { active: number }).active += 1;
        return first;
      },
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(/^mutation: .*writes to servers or connections/),
    );
  });
  it('by writing to the scenario', () => {
    const extension = counter(({ spec }) => ({
      podReadyChanged: () => {
        (spec.nodePools[0] as { count: number }).count = 1;
      },
    }));
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^mutation: metric cheat_total at \S+ s, event \S+: TypeError: .*make a copy/),
    );
  });
  it('by a listener that changes what it listens to', () => {
    const extension = counter(({ pods, counter }) => {
      const cheats = counter();
      return {
        podReadyChanged: (pod) => {
          pods.stamps.ready[pod] = 1;
          cheats.add();
        },
      };
    });
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^mutation: metrics change the run that they listen to/),
    );
  });
  it('by what depends on how many events the engine executes, which nobody else sees', () => {
    const extension = defineExtension({
      name: 'cheat',
      version: '1.0.0',
      parts: {
        schedulerPlugins: [
          {
            name: 'Cheat',
            meaning: 'cheats',
            isLocal: false,
            weight: 100,
            create: ({ context }) => ({
              prepare: () => ({ score: (node) => (context.simulation.executed + node * 37) % 100 }),
            }),
          },
        ],
      },
    });
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^same bytes: the run differs where ticks that change nothing are executed one by one/),
    );
  });
  it('by an error, which names the part, the event and the simulated time', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: (servers, { time }) => {
        if (time > 5e9) throw new RangeError('lost count');
        return servers[0];
      },
      onChanged: () => {},
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(/^error: load balancer cheat at 5\.\d+ s, event traffic\/\S+: RangeError: lost count$/),
    );
  });
  it('by what one point of a sweep leaves for another', () => {
    const settings = readingOf('paired-arrivals');
    const loaded = (): Extension => {
      let rate: number | undefined;
      return cheat({
        trafficShapes: [
          {
            name: 'paired',
            meaning: 'cheats',
            create: ({ segments, gap }) => {
              rate ??= segments[0]!.rateAtStart;
              const kept = rate;
              return { next: (from, nth) => from + (0.5 + gap(nth)) / kept };
            },
          },
        ],
      });
    };
    expect(told(checkExtension(loaded(), { scenario: settings, fresh: loaded() }))).toContainEqual(
      expect.stringMatching(/^hidden state: /),
    );
  });
  it('by standing still', () => {
    const extension = cheat({
      trafficShapes: [{ name: 'paired', meaning: 'cheats', create: () => ({ next: (from) => from }) }],
    });
    expect(told(checkExtension(extension, { scenario: sampleScenario('paired-arrivals') }))).toContainEqual(
      'same luck: traffic shape paired: next returns one instant again and again, so that no run would end',
    );
  });
  it('by throwing where there is no server', () => {
    const extension = balancer(() => ({
      compared: 1,
      choose: ([first]) => Object.assign(first!, {}),
      onChanged: ([first]) => void first!.pod,
    }));
    expect(told(checkExtension(extension, { scenario: balancing }))).toContainEqual(
      expect.stringMatching(
        /^error: load balancer cheat, tried alone with servers that come and go, and none: TypeError: /,
      ),
    );
  });
  it('by recording nothing', () => {
    expect(
      told(
        checkExtension(
          counter(() => ({})),
          { scenario: metered },
        ),
      ),
    ).toContainEqual('use: metric cheat_total has recorded nothing in this scenario, so nothing is known of it');
  });
  it('by scores that are none', () => {
    const extension = cheat({
      schedulerPlugins: [
        {
          name: 'Cheat',
          meaning: 'cheats',
          isLocal: true,
          create: () => ({ prepare: () => ({ score: () => Number.NaN }) }),
        },
      ],
    });
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^error: scheduler plugin Cheat.*: TypeError: score must return a score of 0 to 100, not /),
    );
  });
  it('by scores of all nodes that are none, and by filters that do not say why', () => {
    const by = (prepared: object): Extension =>
      cheat({
        schedulerPlugins: [
          { name: 'Cheat', meaning: 'cheats', isLocal: false, create: () => ({ prepare: () => prepared }) },
        ],
      });
    const scoring = by({
      scoreAll: (_: Int32Array, count: number, scores: Float64Array) => void scores.fill(101, 0, count),
    });
    expect(told(checkExtension(scoring, { scenario: metered }))).toContainEqual(
      expect.stringMatching(
        /^error: scheduler plugin Cheat.*: TypeError: scoreAll must fill in scores of 0 to 100, not /,
      ),
    );
    expect(told(checkExtension(by({ filter: () => true }), { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^error: scheduler plugin Cheat.*: TypeError: filter must return 0, or a whole number/),
    );
  });
  it('by a table that changes the result that it reads', () => {
    const extension = cheat({
      tables: [
        {
          file: 'cheat.csv',
          meaning: 'cheats',
          columns: [{ name: 'restarts', unit: '', meaning: 'cheats', value: (restarts: number) => restarts }],
          *rows({ result }) {
            result.pods.stamps.ready.fill(0);
            yield result.restarts.length;
          },
        },
      ],
    });
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^mutation: table cheat.csv changes the result that it reads: make a copy/),
    );
  });
  it('by what it says of a node, if that changes while the node does not', () => {
    const extension = cheat({
      schedulerPlugins: [
        {
          name: 'Cheat',
          meaning: 'cheats',
          isLocal: true,
          weight: 100,
          create: () => {
            let asked = 0;
            return { prepare: () => ({ score: () => (asked++ * 37) % 100 }) };
          },
        },
      ],
    });
    expect(told(checkExtension(extension, { scenario: metered }))).toContainEqual(
      expect.stringMatching(/^hidden state: scheduler plugin Cheat says isLocal, .*: say isLocal: false/),
    );
  });
  it('by never being used', async () => {
    const { parts, ...rest } = await sample('power-of-two-choices');
    const unused = { name: 'unused', meaning: 'nobody names it', create: parts.loadBalancers![0]!.create };
    const both = { ...rest, parts: { loadBalancers: [...parts.loadBalancers!, unused] } };
    expect(told(checkExtension(both, { scenario: sampleScenario('power-of-two-choices') }))).toContainEqual(
      'use: load balancer unused is not used by the scenario, so nothing is known of it',
    );
  });
  it('and a test is told all of it at once', () => {
    const extension = balancer(() => ({ compared: 1, choose: ([first]) => first, onChanged: () => void Date.now() }));
    expect(() => assertExtension(extension, { scenario: balancing })).toThrow(
      /^extension cheat breaks \d+ promises:\n {2}clock: /,
    );
  });
});

describe('the benchmark', () => {
  it('runs both sides in turn, and compares the medians of what a clock says of each pair', () => {
    const catalogue = withExtension(
      BUILT_IN,
      balancer(() => ({ compared: 1, choose: ([first]) => first, onChanged: () => {} })),
    );
    const { spec } = loadScenario({ ...balancing, catalogue }).points[0]!;
    // Runs of one side take 30 ms and those of the other 20, by this clock; the first two only warm up.
    let [time, reads] = [0, 0];
    const clock = (): number => {
      if (reads % 2 === 1) time += reads % 4 === 1 ? 30 : 20;
      reads++;
      return time;
    };
    const outcome = benchExtension({ spec, catalogue }, { spec, catalogue }, clock, 3);
    expect(outcome).toEqual({ seconds: 0.03, baselineSeconds: 0.02, ratio: 1.5, events: outcome.events });
    expect([reads, outcome.events]).toEqual([16, simulate(spec, 'bench', { catalogue }).counts.eventsExecuted]);
  });
});
