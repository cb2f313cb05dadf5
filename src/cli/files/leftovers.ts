// What a process has to take away before it ends, however it ends: files that are not finished, locks. What a process that was
// killed has left behind is removed by the next one that works in the same folder. Part of the command's files.

const wanted = new Set<() => void>();
let isListening = false;

/** Runs something when the process ends, unless it is cancelled. @returns cancels it. */
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

/** Ignores errors that need no report: the process is ending, or they were reported already. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See above.
  }
}
