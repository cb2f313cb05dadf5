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
    const { spec } = scenario.points[0]!;
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
        schedulerPlugins: [{ name: 'Faulty', meaning: 'throws', isLocal: true, create: () => ({ score: no }) }],
      }),
      TEXT,
      'scheduler plugin Faulty of extension faulty at 5',
    ],
  ])('%s names the part', (_, extension, text, expected) => {
    expect(said(extension, text)).toMatch(new RegExp(`^${expected.replaceAll(/[.()/]/g, '\\$&')}`));
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
