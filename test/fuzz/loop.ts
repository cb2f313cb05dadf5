// The process that carries out inputs, told by the one that watches it: an input that takes too long, or all memory, ends
// this process and not the whole. Part of the fuzzer.

import { isDirect, kindOf } from './input.js';
import { type Result, Session } from './session.js';

/** What this process is to do. */
export interface Order {
  readonly root: string;
  readonly seed: string;
  readonly from: number;
  /** The last number, and one more. */
  readonly until: number;
  readonly kind?: string | undefined;
  /** Hands over the whole of what came out. */
  readonly verbose: boolean;
  /** Makes inputs only. */
  readonly dry?: boolean;
}

export interface KeptInput {
  readonly path: string | undefined;
  readonly folder: string;
  readonly args: readonly string[];
  /** base64. */
  readonly content: string;
}

export type Report =
  | { readonly type: 'ready'; readonly folder: string }
  | { readonly type: 'begin'; readonly number: number; readonly kind: string }
  | {
      readonly type: 'end';
      readonly number: number;
      readonly kind: string;
      readonly command: string;
      readonly code: string;
      readonly milliseconds: number;
      readonly growth: number;
      readonly faults: Result['faults'];
      /** Of an input with a fault, or if all was asked for. */
      readonly input?: KeptInput;
      readonly stdout?: string;
      readonly stderr?: string;
      readonly written?: readonly string[];
    }
  | { readonly type: 'done' };

const tell = (report: Report): void => {
  process.send!(report);
};

function reportOf(result: Result, verbose: boolean): Report {
  const { number, input, code, milliseconds, growth, faults, outcome } = result;
  const command = isDirect(input) ? input.kind : input.args.slice(0, 12).join(' ').slice(0, 300);
  const brief = { type: 'end', number, kind: input.kind, command, code, milliseconds, growth, faults } as const;
  if (faults.length === 0 && !verbose) return brief;
  const content = isDirect(input) ? input.direct.content : input.content;
  const kept = isDirect(input)
    ? { path: undefined, folder: input.kind, args: [] }
    : { path: input.path, folder: input.folder.name, args: input.args };
  const whole = { ...brief, input: { ...kept, content: content.toString('base64') } };
  if (outcome === undefined) return whole;
  return { ...whole, stdout: outcome.stdout, stderr: outcome.stderr, written: [...outcome.written.keys()] };
}

async function follow({ root, seed, from, until, kind, verbose, dry = false }: Order): Promise<void> {
  const session = await Session.begin(root);
  const end = (): never => {
    session.end();
    process.exit(0);
  };
  process.on('disconnect', end);
  tell({ type: 'ready', folder: session.folder });
  for (let number = from; number < until; number++) {
    const own = kindOf(seed, number);
    if (kind !== undefined && own !== kind) continue;
    tell({ type: 'begin', number, kind: own });
    tell(reportOf(dry ? session.make(seed, number) : await session.carryOut(seed, number), verbose));
    // So that messages get through, also the one that ends this.
    if (number % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  tell({ type: 'done' });
  session.end();
  process.disconnect();
}

process.once('message', (order: Order) => {
  follow(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(3);
  });
});
