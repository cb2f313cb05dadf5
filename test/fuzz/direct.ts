// Inputs that come from elsewhere than files: links to the playground, records of finished jobs, messages of the queue.
// Part of the fuzzer.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack, unpack } from '../../src/experiment/executors/packed.js';
import { Performer } from '../../src/experiment/executors/perform.js';
import { packAssignment, unpackAssignment } from '../../src/experiment/executors/queue-messages.js';
import { addressOf, type PlaygroundState, stateOf } from '../../src/playground/address.js';
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

const SOURCE = {
  inputs: [{ path: 's.yaml', text: 'apiVersion: kubelapse.dev/v1alpha1\nkind: Scenario\n' }],
  seed: '1',
  set: [],
  sweep: [],
  thresholds: [],
};
const OPTIONS = { queue: 'wheel', everyTick: false, checkInvariants: false, raw: false } as const;

/** A packed record or a message of the queue. */
export function messageOf(random: Random): Direct {
  if (random.chance(0.4)) {
    const whole = Buffer.from(pack({ any: 'record', of: [1, 2, 3] } as never));
    const content = mutateText(whole, whole, random);
    return { content, run: () => recordFault(content, whole) };
  }
  if (random.chance(0.3)) {
    const content = mutateTree(packAssignment({ source: SOURCE, options: OPTIONS }), 'json', random);
    return { content, run: () => assignmentFault(content) };
  }
  // A message that is whole, of an assignment that is not.
  const json = mutateTree({ source: SOURCE, options: OPTIONS }, 'json', random);
  const digest = createHash('sha256').update(json).digest('hex');
  const content = Buffer.from(JSON.stringify({ assignment: gzipSync(json).toString('base64'), digest }));
  return { content, run: () => assignmentFault(content) };
}

/** A damaged record is none. */
export function recordFault(packed: Uint8Array, whole: Uint8Array): DirectFault {
  const record = unpack(packed);
  if (record === undefined) return undefined;
  return JSON.stringify(record) === JSON.stringify(unpack(whole))
    ? undefined
    : 'a damaged record was taken for a whole one';
}

/** An assignment is refused with a message, or carried out to an answer. @param perform carries it out. */
export function assignmentFault(content: Uint8Array, perform = performed): DirectFault {
  let message: QueuedAssignment;
  try {
    message = JSON.parse(Buffer.from(content).toString());
  } catch {
    return undefined;
  }
  let assignment: ReturnType<typeof unpackAssignment>;
  try {
    assignment = unpackAssignment(message);
  } catch (error) {
    return error instanceof Error ? undefined : `it threw ${String(error)}`;
  }
  const answer = perform(assignment);
  return answer !== undefined && ('failure' in answer || 'packed' in answer) ? undefined : 'there is no answer';
}

type QueuedAssignment = Parameters<typeof unpackAssignment>[0];

function performed(assignment: ReturnType<typeof unpackAssignment>): object | undefined {
  const steps = new Performer(assignment).perform({ point: 0, replication: 0 });
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
