// What a text becomes where it leaves kubelapse: property tests and the examples that the media are known for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  annotation,
  csvCell,
  fencedText,
  hasCommand,
  jsonText,
  linesText,
  markup,
  markupLines,
  metricsText,
  shellWord,
  terminalText,
  visible,
  visibleJson,
  wellFormed,
} from '../../src/text/index.js';

const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]/u;
const parts = fc.constantFrom(
  '\n',
  '\r\n',
  '\r',
  '\t',
  '\u001b[31m',
  '\u009b',
  '\u202e',
  '\ud800',
  '\0',
  '::',
  '##[',
  '`',
  '<',
  '&',
  '"',
  "'",
  '=',
  'web',
  'ü',
  '😀',
  '\\',
);
const texts = fc.oneof(
  fc.array(parts).map((some) => some.join('')),
  fc.string({ unit: 'binary' }),
);
const all = (check: (text: string) => void): void =>
  fc.assert(
    fc.property(texts, (text) => void check(text)),
    { seed: 1, numRuns: 2000 },
  );

describe('visible text', () => {
  it('writes out what is hidden and leaves the rest', () => {
    expect(visible('a\nb\r\t\u001b[0m\u009b\u202e\ufeff\ud800\u{e0041}ü😀')).toBe(
      'a\\nb\\r\\t\\u001b[0m\\u009b\\u202e\\ufeff\\ud800\\u{e0041}ü😀',
    );
  });
  it('hides nothing, in one line or in several', () => {
    all((text) => {
      expect(visible(text)).not.toMatch(HIDDEN);
      expect(linesText([text, text]).split('\n')).toHaveLength(3);
      expect(terminalText(text).replaceAll('\n', '')).not.toMatch(HIDDEN);
    });
  });
});

describe('a log of a CI', () => {
  it('has no command but ours', () => {
    expect(terminalText('::stop-commands::x\n  ::error::y\na::b\n##[group]z ##vso[task] ##teamcity[x] # ## [')).toBe(
      '\\u003a:stop-commands::x\n  \\u003a:error::y\na::b\n\\u0023#[group]z \\u0023#vso[task] \\u0023#teamcity[x] # ## [',
    );
    all((text) => expect(terminalText(text)).not.toMatch(/^\s*::|##(vso|teamcity)?\[/m));
  });
  it('an annotation is one line, whatever it says', () => {
    expect(annotation('a: b, c', 'x%\ny')).toBe('::error title=a%3A b%2C c::x%25\\ny\n');
    all((text) => expect(annotation(text, text)).toMatch(/^::error title=[^:,\n]*::[^\n]*\n$/));
  });
  it('has none in whatever else is printed there', () => {
    const all = ['##vso[x]', 'a ##[group]', '##teamcity[y]'];
    const written = (text: string) => [
      markup(text),
      markupLines(text),
      wellFormed(`<a>${text}</a>`),
      fencedText(text, 1000, 'cut'),
      jsonText({ [text]: text }),
      visibleJson({ text }),
      String(csvCell(text)),
    ];
    for (const text of all) {
      for (const one of written(text)) expect([one.length > text.length, hasCommand(one)]).toEqual([true, false]);
    }
    expect(fencedText('::stop-commands::x', 1000, 'cut')).toContain('\\u003a:stop-commands::x');
  });
});

describe('Markdown', () => {
  it('is a block that nothing in it ends', () => {
    expect(fencedText('a\n```\n<b>\n', 1000, 'cut')).toBe('````text\na\n```\n<b>\n````\n');
    all((text) => {
      const lines = fencedText(text, 10_000, 'cut').split('\n');
      const fence = lines[0]!.slice(0, -'text'.length);
      expect(fence).toMatch(/^`{3,}$/);
      expect(lines.slice(1, -2).filter((line) => line.includes(fence))).toEqual([]);
      expect(lines.at(-2)).toBe(fence);
    });
  });
  it('is cut at a line where there is no more room', () => {
    const text = fencedText('line one\nline two\nline three\n', 32, '… cut');
    expect(text).toBe('```text\nline one\n… cut\n```\n');
  });
});

describe('markup', () => {
  it('holds no element of the text and is well-formed', () => {
    expect(markup('<a href="x">\n&\'')).toBe('&lt;a href=&quot;x&quot;&gt;\\n&amp;&#39;');
    expect(markupLines('a:\n\tb\u001b')).toBe('a:\n\tb\\u001b');
    expect(wellFormed('<svg>\u0001\u001b</svg>\n')).toBe('<svg>\\u0001\\u001b</svg>\n');
    all((text) => {
      expect(markup(text)).not.toMatch(/[<>"']/);
      expect(markup(text)).not.toMatch(HIDDEN);
    });
  });
});

describe('the other media', () => {
  it('cells of CSV are on one line, and no formulas', () => {
    expect(['=1', '\n=1', '-1', '@x', 'a=b', '＝1'].map((text) => csvCell(text))).toEqual([
      "'=1",
      '\\n=1',
      "'-1",
      "'@x",
      'a=b',
      "'＝1",
    ]);
    expect([csvCell(-1), csvCell(true)]).toEqual([-1, true]);
  });
  it('OpenMetrics text keeps to one line and its quotes', () => {
    expect(metricsText('a"b\\c\nd\u001b')).toBe('a\\"b\\\\c\\nd\\u001b');
    all((text) => expect(metricsText(text).replaceAll(/\\./g, '')).not.toMatch(/["\n\\]/));
  });
  it('JSON is the same value, and nothing in it is hidden', () => {
    all((text) => {
      expect(JSON.parse(jsonText({ [text]: text }))).toEqual({ [text]: text });
      expect(jsonText(text)).not.toMatch(HIDDEN);
      expect(visibleJson({ text })).not.toMatch(HIDDEN);
      expect((JSON.parse(visibleJson({ text })) as { text: string }).text).toBe(visible(text));
    });
  });
  it('words of a shell say what they are', () => {
    expect(['a/b-1.yaml', 'two words', "it's", 'a\nb', 'x\\\n'].map(shellWord)).toEqual([
      'a/b-1.yaml',
      "'two words'",
      "'it'\\''s'",
      "$'a\\nb'",
      "$'x\\\\\\n'",
    ]);
  });
});
