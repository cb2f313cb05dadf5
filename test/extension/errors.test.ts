// Errors inside a part: whatever of it throws, the part is named, with the event and the simulated time once there is one. What is no
// part's fault stays what it is.
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { defineExtension, type Extension, PartError, withExtension } from '../../src/extension/index.js';
import { recordOf } from '../../src/report/index.js';
import { Run } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { sampleScenario } from '../fixtures/extension.js';

const TEXT = sampleScenario('first-request')
  .read('examples/extensions/first-request.yaml')
  .replace(/^ {2}extensions: .*\n/m, '')
  .replace(/^ {2}thresholds:\n.*\n/m, '')
  .replace('duration: 3m', 'duration: 1m')
  .replace('at: 1m', 'at: 30s');

const readSample = (name: string): string => sampleScenario(name).read(`examples/extensions/${name}.yaml`);

const no = (): never => {
  throw new RangeError('no');
};
const extensionOf = (parts: Extension['parts']): Extension =>
  defineExtension({ name: 'faulty', version: '1.0.0', parts });
const metric = (listen: NonNullable<NonNullable<Extension['parts']['metrics']>[number]['listen']>): Extension =>
  extensionOf({ metrics: [{ name: 'm_total', type: 'counter', unit: 'total', labels: [], meaning: 'm', listen }] });
const fault = (more: object): Extension =>
  extensionOf({
    faults: [
      {
        type: 'Faulty',
        meaning: 'throws',
        fields: {},
        read: () => ({}),
        begin: () => ({ nodes: [], pods: [] }),
        consequences: {},
        examples: [],
        ...more,
      },
    ],
  });

/** What is said of a run with the extension, from reading its scenario to its tables. */
function said(extension: Extension, text = TEXT): string {
  const catalogue = withExtension(BUILT_IN, extension);
  try {
    const scenario = loadScenario({ path: 's.yaml', read: () => text, catalogue });
    const { spec } = scenario.points.at(-1)!;
    const run = new Run(spec, 'a', { catalogue });
    for (let piece = 1; piece <= 7; piece++) run.advanceTo(Math.floor((spec.duration * piece) / 7), 1000);
    run.advanceTo(spec.duration as number);
    recordOf(scenario, { index: 0, parameters: [], replication: 0, result: run.result() });
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(PartError);
    return (error as Error).message;
  }
}

const withFault = TEXT.replace('  faults:\n', '  faults:\n    - { type: Faulty, at: 20s }\n');

describe('an error', () => {
  it.each<readonly [string, Extension, string, string]>([
    ['while a scenario is read', fault({ read: no }), withFault, 'fault Faulty of extension faulty: RangeError: no'],
    [
      'at an event',
      fault({ begin: no }),
      withFault,
      'fault Faulty of extension faulty at 20 s, event fault/begins: RangeError: no',
    ],
    [
      'when a fault ends',
      fault({ begin: () => ({ nodes: [], pods: [], undo: no }) }),
      withFault,
      'fault Faulty of extension faulty at 20 s, event fault/ends: RangeError: no',
    ],
    ['before the first event', metric(no), TEXT, 'metric m_total of extension faulty: RangeError: no'],
    [
      'of a listener',
      metric(() => ({ faultBegan: no })),
      TEXT,
      'metric m_total of extension faulty at 30 s, event fault/begins: RangeError: no',
    ],
    [
      'in the rows of a table',
      extensionOf({
        tables: [
          {
            file: 'faulty.csv',
            meaning: 'throws',
            columns: [{ name: 'a', unit: '', meaning: 'a', value: () => 1 }],
            *rows() {
              yield {};
              no();
            },
          },
        ],
      }),
      TEXT,
      'table faulty.csv of extension faulty: RangeError: no',
    ],
    [
      'in a column',
      extensionOf({
        tables: [
          {
            file: 'faulty.csv',
            meaning: 'throws',
            columns: [{ name: 'a', unit: '', meaning: 'a', value: no }],
            rows: () => [{}],
          },
        ],
      }),
      TEXT,
      'table faulty.csv of extension faulty: RangeError: no',
    ],
    [
      'of a scheduler plugin',
      extensionOf({
        schedulerPlugins: [
          { name: 'Faulty', meaning: 'throws', isLocal: true, create: () => ({ prepare: () => ({ score: no }) }) },
        ],
      }),
      TEXT,
      'scheduler plugin Faulty of extension faulty at 5',
    ],
    [
      'of what a listener is not',
      metric(() => undefined as never),
      TEXT,
      'metric m_total of extension faulty: TypeError: what listen returns: must be an object, not undefined',
    ],
    [
      'of an event that there is not',
      metric(() => ({ podUnscheduleable: () => {} }) as never),
      TEXT,
      'metric m_total of extension faulty: TypeError: what listen returns.podUnscheduleable: is not known; did you mean podUnschedulable?',
    ],
    [
      'of what is not counted',
      metric(({ counter }) => ({ faultBegan: () => counter().add(-1) })),
      TEXT,
      'metric m_total of extension faulty at 30 s, event fault/begins: RangeError: m_total: a counter takes numbers, 0 or more, not -1',
    ],
    [
      'of what is no label',
      metric(({ counter }) => ({ faultBegan: () => counter('a').add() })),
      TEXT,
      'metric m_total of extension faulty at 30 s, event fault/begins: RangeError: m_total has labels',
    ],
    [
      'of a fault that hits nothing it could name',
      fault({ begin: () => {} }),
      withFault,
      'fault Faulty of extension faulty at 20 s, event fault/begins: TypeError: what begin returns: must be an object',
    ],
    [
      'of what a scheduler plugin makes',
      extensionOf({
        schedulerPlugins: [
          { name: 'Faulty', meaning: 'f', isLocal: true, create: () => ({ prepar: () => ({}) }) as never },
        ],
      }),
      TEXT,
      'scheduler plugin Faulty of extension faulty: TypeError: what create returns.prepar: is not known; did you mean prepare?',
    ],
    [
      'of a controller that makes a promise',
      extensionOf({ controllers: [{ name: 'faulty', meaning: 'f', create: (async () => ({})) as never }] }),
      TEXT,
      'controller faulty of extension faulty: TypeError: what create returns: must not be a promise',
    ],
  ])('%s names the part', (_, extension, text, expected) => {
    expect(said(extension, text)).toMatch(new RegExp(`^${expected.replaceAll(/[.()/]/g, '\\$&')}`));
  });
  it('of what a scheduler plugin prepares names the part, and what is wrong', () => {
    const prepare = () => ({ filtr: () => 0 });
    const plugin = { name: 'Faulty', meaning: 'f', isLocal: true, create: () => ({ prepare }) as never };
    expect(said(extensionOf({ schedulerPlugins: [plugin] }), TEXT)).toMatch(
      /^scheduler plugin Faulty of extension faulty at 5.* TypeError: what prepare returns\.filtr: is not known; did you mean filter\?/,
    );
  });
  it('over what a part has returned names the part, and is not looked for without end', () => {
    const balancing = readSample('power-of-two-choices')
      .replace(/^ {2}extensions: .*\n/m, '')
      .replaceAll('p2c', 'faulty');
    const balancer = extensionOf({
      loadBalancers: [
        {
          name: 'faulty',
          meaning: 'f',
          create: () => ({ compared: 1, choose: () => 3 as never, onChanged: () => {} }),
        },
      ],
    });
    expect(said(balancer, balancing)).toMatch(
      /^load balancer faulty of extension faulty at \S+ s, event traffic\/\S+: TypeError: choose must return one of the servers that it is handed, or undefined, not 3$/,
    );
    const arrivals = readSample('paired-arrivals')
      .replace(/^ {2}extensions: .*\n/m, '')
      .replace('arrivals: paired', 'arrivals: faulty')
      .replace('[poisson, paired]', '[poisson, faulty]');
    const shape = extensionOf({
      trafficShapes: [{ name: 'faulty', meaning: 'f', create: () => ({ next: (from) => from - 1 }) }],
    });
    expect(said(shape, arrivals)).toMatch(
      /^traffic shape faulty of extension faulty.*: TypeError: next must return an instant in s at or after /,
    );
  });
  it('that no part has thrown stays what it is', () => {
    const catalogue = withExtension(
      BUILT_IN,
      metric(() => ({})),
    );
    const scenario = loadScenario({ path: 's.yaml', read: () => TEXT, catalogue });
    const run = new Run(scenario.points[0]!.spec, 'a', {
      catalogue,
      onlooker: { over: () => ({ podReadyChanged: no }) },
    });
    expect(() => run.advanceTo(60e9)).toThrow(RangeError);
  });
});
