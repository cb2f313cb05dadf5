// The text of a file with what the schema knows of it: completion, explanations, errors at their place. Part of the playground.

import { autocompletion, type CompletionContext } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { type Diagnostic as Lint, setDiagnostics } from '@codemirror/lint';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
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

/** A change that was not made in the editor. */
const fromOutside = Annotation.define<boolean>();

export function Editor({ path, text, diagnostics, suggest, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const completion = useRef(new Compartment());
  const heard = useRef(onChange);
  /** Texts that were typed here and have not come back yet: while one is on its way, the next may have been typed. */
  const typed = useRef<string[]>([]);
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
            const isOutside = update.transactions.some((transaction) => transaction.annotation(fromOutside));
            if (!update.docChanged || isOutside) return;
            const now = update.state.doc.toString();
            typed.current.push(now);
            heard.current(now);
          }),
        ],
      }),
    });
    return () => view.current?.destroy();
  }, [path]);

  // Sliders and links write into the text too.
  useEffect(() => {
    const editor = view.current;
    const echo = typed.current.indexOf(text);
    typed.current.splice(0, echo + 1);
    if (editor === undefined || echo >= 0 || editor.state.doc.toString() === text) return;
    typed.current = [];
    const changes = { from: 0, to: editor.state.doc.length, insert: text };
    editor.dispatch({ changes, annotations: fromOutside.of(true) });
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
  return { from, to: Math.max(from, at.to), severity: severity === 'note' ? 'info' : severity, message: text };
}
