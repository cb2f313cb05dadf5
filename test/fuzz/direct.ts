// Inputs that come from elsewhere than files: links to the playground, records of finished jobs, messages of the queue.
// Part of the fuzzer.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BUILT_IN } from '../../src/catalogue.js';
import type { Assignment } from '../../src/experiment/executors/executor.js';
import { type ExpectedRecord, pack, unpack } from '../../src/experiment/executors/packed.js';
import { Performer } from '../../src/experiment/executors/perform.js';
import {
  asQueuedAnswer,
  asQueuedJob,
  packAssignment,
  unpackAssignment,
} from '../../src/experiment/executors/queue-messages.js';
import { addressOf, type PlaygroundState, stateOf } from '../../src/playground/address.js';
import { briefOf, type RunRecord, recordOf, resultTexts, summaryText } from '../../src/report/index.js';
import { simulate } from '../../src/run/index.js';
import { cluster } from '../fixtures/cluster.js';
import { mutateText } from './mutate-text.js';
import { mutateTree } from './mutate-tree.js';
import type { Random } from './random.js';

/** What is wrong with how one was taken; undefined if nothing is. */
export type DirectFault = string | undefined;

export interface Direct {
  /** What was made, to be kept if it does harm. */
  readonly content: Buffer;
  readonly run: () => DirectFault;
}

const STATE: PlaygroundState = {
  scenario: 'single-node',
  a: { 'single-node.yaml': 'kind: Scenario\nspec: {}\n', 'manifests/web.yaml': 'kind: Deployment\n' },
  b: { 'single-node.yaml': 'kind: Scenario\n' },
};

/** A link: whatever it says, it is a state or nothing. */
export function linkOf(random: Random): Direct {
  const content = random.chance(0.5)
    ? mutateText(Buffer.from(addressOf(STATE)), Buffer.from('scenario=single-node&state=abc'), random)
    : Buffer.from(linkTo(mutateTree(STATE, 'json', random)));
  return { content, run: () => linkFault(content.toString('latin1')) };
}

/** The address of a state that is any JSON. */
function linkTo(json: Buffer): string {
  try {
    return addressOf(JSON.parse(json.toString()) as PlaygroundState);
  } catch {
    return `state=${json.toString('base64url')}`;
  }
}

/** A link that is read is the same by its own address. @param read how a state is read from an address. */
export function linkFault(address: string, read = stateOf): DirectFault {
  const state = read(address);
  if (state === undefined) return undefined;
  const again = read(addressOf(state));
  const isSame = JSON.stringify(again) === JSON.stringify(state);
  return isSame ? undefined : `its state is another one by its own address: ${JSON.stringify(state).slice(0, 200)}`;
}

export const SOURCE = {
  inputs: [{ path: 's.yaml', text: 'apiVersion: kubelapse.dev/v1alpha1\nkind: Scenario\n' }],
  seed: '1',
  set: [],
  sweep: [],
  thresholds: [],
  extensions: [],
};
export const OPTIONS = { queue: 'wheel', everyTick: false, checkInvariants: false, raw: false } as const;

export const RECORD = recordOf(
  { name: 'test', catalogue: BUILT_IN },
  { index: 0, parameters: [], replication: 0, result: simulate(cluster(), '42') },
);
export const NAME = 'name.p0.r0';
/** What a record is looked up for. */
const EXPECTED: ExpectedRecord = {
  name: NAME,
  job: { point: 0, replication: 0 },
  scenario: { name: 'test', seed: '42', points: [{ parameters: [] }], catalogue: BUILT_IN } as never,
};

/** A packed record or a message of the queue. */
export function messageOf(random: Random): Direct {
  if (random.chance(0.3)) {
    const whole = Buffer.from(pack(RECORD, NAME));
    const content = mutateText(whole, whole, random);
    return { content, run: () => recordFault(content, whole) };
  }
  if (random.chance(0.3)) {
    // A record that is whole, and is not what it should be.
    const json = mutateTree({ job: NAME, record: RECORD }, 'json', random);
    const content = Buffer.concat([createHash('sha256').update(json).digest(), gzipSync(json)]);
    return { content, run: () => shapeFault(content) };
  }
  if (random.chance(0.3)) {
    const content = mutateTree({ build: 'x', job: EXPECTED.job, ...ASSIGNMENT }, 'json', random);
    return { content, run: () => assignmentFault(content) };
  }
  if (random.chance(0.3)) {
    const content = mutateTree({ refused: { worker: 'w', reason: 'r' }, packed: 'x' }, 'json', random);
    return { content, run: () => answerFault(content) };
  }
  // A message that is whole, of an assignment that is not.
  const json = mutateTree({ source: SOURCE, options: OPTIONS }, 'json', random);
  const digest = createHash('sha256').update(json).digest('hex');
  const content = Buffer.from(
    JSON.stringify({ build: 'x', job: EXPECTED.job, assignment: gzipSync(json).toString('base64'), digest }),
  );
  return { content, run: () => assignmentFault(content) };
}

const ASSIGNMENT = packAssignment({ source: SOURCE, options: OPTIONS });

/** A damaged record is none. */
export function recordFault(packed: Uint8Array, whole: Uint8Array): DirectFault {
  const found = unpack(packed, EXPECTED);
  if (found === undefined) return undefined;
  return JSON.stringify(found) === JSON.stringify(unpack(whole, EXPECTED))
    ? undefined
    : 'a damaged record was taken for a whole one';
}

/** A record that is taken can be made into tables. @param use does something with it. */
export function shapeFault(packed: Uint8Array, use: (found: RunRecord) => unknown = used): DirectFault {
  const found = unpack(packed, EXPECTED);
  if (found === undefined) return undefined;
  try {
    use(found);
    return undefined;
  } catch (error) {
    return `a record was taken that is none: ${(error as Error).message}`;
  }
}

function used(found: RunRecord): unknown {
  const about = { name: 'x', question: '', seed: '1', thresholds: [], catalogue: BUILT_IN };
  return [summaryText({ ...about, records: [briefOf(found)] }), resultTexts(about, [found])];
}

/** An answer is none, or of one of the forms that there are. */
export function answerFault(content: Uint8Array): DirectFault {
  const value = parsed(content);
  const answer = value === undefined ? undefined : asQueuedAnswer(value.value);
  const isOne = answer === undefined || 'packed' in answer || 'failure' in answer || 'refused' in answer;
  return isOne ? undefined : 'an answer was taken that is none';
}

/** A job is refused, or carried out to an answer. @param perform carries it out. */
export function assignmentFault(content: Uint8Array, perform = performed): DirectFault {
  const message = asQueuedJob(parsed(content)?.value);
  const assignment = message === undefined ? undefined : unpackAssignment(message);
  if (assignment === undefined) return undefined;
  const answer = perform(assignment);
  return answer !== undefined && ('failure' in answer || 'packed' in answer) ? undefined : 'there is no answer';
}

function parsed(content: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(content).toString()) };
  } catch {
    return undefined;
  }
}

function performed(assignment: Omit<Assignment, 'modules'>): object | undefined {
  const steps = new Performer({ ...assignment, modules: [] }).perform(EXPECTED.job, NAME);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
