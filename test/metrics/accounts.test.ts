// What components count themselves: settled, forgotten at the end of the warm-up, recorded once.
import { describe, expect, it } from 'vitest';
import { Recorder } from '../../src/metrics/index.js';

describe('accounts', () => {
  it('are settled and recorded when the run has ended, in the order in which they were registered', () => {
    const recorder = new Recorder();
    const calls: string[] = [];
    recorder.own({ settle: () => calls.push('settle a'), record: () => calls.push('record a') });
    recorder.own({ reset: () => calls.push('reset b'), record: () => calls.push('record b') });
    recorder.settle();
    expect(calls.splice(0)).toEqual(['settle a']);
    recorder.finish();
    expect(calls).toEqual(['settle a', 'record a', 'record b']);
  });
  it('forget the warm-up, in which nothing is measured', () => {
    const recorder = new Recorder();
    recorder.measuring = false;
    let total = 0;
    recorder.ownTotal('kubelapse_registry_saturated_seconds_total', () => total, 1e9);
    const counter = recorder.counter('kubelapse_image_pulls_total', 'success');
    total = 5e9;
    counter.add();
    recorder.endWarmup();
    total = 7e9;
    counter.add();
    recorder.finish();
    expect(recorder.allCounters().map(({ metric, value }) => [metric, value])).toEqual([
      ['kubelapse_image_pulls_total', 1],
      ['kubelapse_registry_saturated_seconds_total', 2],
    ]);
  });
});
