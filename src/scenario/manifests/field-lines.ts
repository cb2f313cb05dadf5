// All fields of all kinds that are read, with what is made of each, for the reference. Part of the scenario.

import { singlePod, type WorkloadKind } from '../../control-plane/index.js';
import { type FieldLeaf, stepOf } from '../../format/field-tree.js';
import { namedKinds } from './kind-steps.js';
import { type ListedField, ManifestFields } from './manifest-fields.js';

/** One line of a table. */
export interface FieldUseLine {
  readonly name: string;
  /** "used", "changes nothing here" or "changes the answer". */
  readonly step: string;
  /** What a real cluster does with it, if it changes the answer. */
  readonly why: string;
}

export interface FieldUseTable {
  readonly title: string;
  readonly lines: readonly FieldUseLine[];
}

const WORDS = { used: 'used', nothing: 'changes nothing here', answer: '**changes the answer**' } as const;

function lineOf(name: string, leaf: FieldLeaf): FieldUseLine {
  const step = stepOf(typeof leaf === 'string' ? leaf : { changes: leaf.changes }, undefined);
  const some = typeof leaf !== 'string' && leaf.when !== undefined ? ', for some values' : '';
  const partly = typeof leaf !== 'string' && leaf.isPartlyUsed === true ? 'used, and ' : '';
  return { name, step: `${partly}${WORDS[step]}${some}`, why: typeof leaf === 'string' ? '' : leaf.changes };
}

const lineOfField = ({ path, leaf }: ListedField): FieldUseLine => lineOf(path, leaf);

/** A table for pods, one for each kind without what it shares with pods, and one for kinds that are not read. */
export function fieldUseTables(kinds: readonly WorkloadKind[]): FieldUseTable[] {
  const fields = new ManifestFields(kinds);
  const pod = fields.fieldsOf(singlePod.kind, true).filter(({ path }) => !isQuiet(path));
  const tables = fields.kinds
    .filter((kind) => kind !== singlePod.kind)
    .map((kind): FieldUseTable => {
      const template = fields.workload(kind)?.manifest.template.join('.');
      const own = fields
        .fieldsOf(kind, true)
        .filter(({ path }) => !isQuiet(path) && !(template !== undefined && path.startsWith(`${template}.`)));
      return { title: kind, lines: own.map(lineOfField) };
    });
  return [
    { title: 'Pod, and the template of every workload', lines: pod.map(lineOfField) },
    ...tables,
    {
      title: 'Kinds that are not read',
      lines: namedKinds().map(({ kind, group, leaf }) => lineOf(group === '' ? kind : `${kind} (${group})`, leaf)),
    },
  ];
}

/** Metadata that nobody looks at in any kind. */
const isQuiet = (path: string): boolean => /^metadata\./.test(path) && !/^metadata\.(labels|annotations)/.test(path);
