// The text of a file with what the schema knows of it: completion, explanations, errors at their place. Part of the playground.

import { autocompletion, type CompletionContext } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { type Diagnostic as Lint, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'preact/hooks';
import type { Diagnostic } from '../scenario/diagnostics.js';
import type { Suggestion } from './messages.js';
import { placeAt } from './yaml-place.js';

interface EditorProps {
  readonly path: string;
  readonly text: string;
  /** Those of this file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined for files that are not in the format of scenarios. */
  readonly suggest: ((path: string) => Promise<readonly Suggestion[]>) | undefined;
  readonly onChange: (text: string) => void;
}

export function Editor({ path, text, diagnostics, suggest, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const completion = useRef(new Compartment());
  const heard = useRef(onChange);
  heard.current = onChange;

  useEffect(() => {
    view.current = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          basicSetup,
          yaml(),
          EditorView.contentAttributes.of({ 'aria-label': `text of ${path}` }),
          completion.current.of([]),
          EditorView.updateListener.of((update) => {
            const isTyped = update.transactions.some(
              (transaction) =>
                transaction.isUserEvent('input') ||
                transaction.isUserEvent('delete') ||
                transaction.isUserEvent('undo') ||
                transaction.isUserEvent('redo') ||
                transaction.isUserEvent('move'),
            );
            if (update.docChanged && isTyped) heard.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    return () => view.current?.destroy();
  }, [path]);

  // Sliders and links write into the text too.
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text, path]);

  useEffect(() => {
    const source = suggest === undefined ? [] : [(context: CompletionContext) => completionsAt(context, suggest)];
    view.current?.dispatch({ effects: completion.current.reconfigure(autocompletion({ override: source })) });
  }, [suggest, path]);

  useEffect(() => {
    const editor = view.current;
    if (editor !== undefined)
      editor.dispatch(
        setDiagnostics(
          editor.state,
          diagnostics.map((d) => lintOf(editor.state, d)),
        ),
      );
  }, [diagnostics, text, path]);

  return <div class="editor" ref={place} />;
}

async function completionsAt(context: CompletionContext, suggest: NonNullable<EditorProps['suggest']>) {
  const place = placeAt(context.state.doc.toString(), context.pos);
  if (place === undefined || (place.word === '' && !context.explicit)) return null;
  const suggestions = (await suggest(place.path)).filter(({ kind }) => (kind === 'value') === place.isValue);
  return {
    from: place.from,
    options: suggestions.map(({ label, detail, info, kind }) => ({
      label,
      detail,
      info,
      type: kind === 'field' ? 'property' : 'constant',
      apply: kind === 'field' ? `${label}: ` : label,
    })),
  };
}

/** A diagnostic at its place; of a whole file at its first line. */
function lintOf({ doc }: EditorState, { line, column, severity, field, message, hint }: Diagnostic): Lint {
  const at = doc.line(Math.min(Math.max(1, line), doc.lines));
  const from = Math.min(at.to, at.from + Math.max(0, column - 1));
  const text = `${field === '' ? '' : `${field}: `}${message}${hint === undefined ? '' : ` (${hint})`}`;
  return { from, to: Math.max(from, at.to), severity, message: text };
}
