// What a process has to take away before it ends, however it ends: files that are not finished, locks. What a process that was
// killed has left behind is removed by the next one that works in the same folder. Part of the command's files.

const wanted = new Set<() => void>();
let isListening = false;

/** Has something done when the process ends, unless it is called off. @returns calls it off. */
export function atExit(work: () => void): () => void {
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      for (const one of [...wanted].reverse()) quietly(one);
    });
  }
  wanted.add(work);
  return () => wanted.delete(work);
}

/** For what is of no use to tell: the process ends, or it was told already. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See above.
  }
}
