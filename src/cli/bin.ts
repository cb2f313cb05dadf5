#!/usr/bin/env node
// The command's entry. `--version` alone is answered before anything is loaded, because scripts ask for it often.

import { VERSION } from '../version.js';

if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${VERSION}\n`);
} else {
  // Before the rest is loaded, which takes a while.
  const { endProcess, endOrphaned, hearSignals } = await import('./signals.js');
  hearSignals((signal) => endProcess(signal, 'stopped'));
  endOrphaned();
  const { main } = await import('./main.js');
  process.exitCode = await main(process.argv.slice(2));
}
