// When a CronJob is due. Part of the workload controllers.
// Source: github.com/robfig/cron/v3 ParseStandard, which Kubernetes reads schedules with; the calendar itself is croner's.

import { Cron } from 'croner';
import { parseDuration } from '../../format/index.js';

/** Fields of five parts, as Kubernetes has them: numbers, names, ranges and steps, and nothing of other dialects. */
const PART = /^(\*|\?|\w+(-\w+)?)(\/\d+)?$/;
const NAMES = /^(\d+|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const EVERY = '@every ';
const UTC = ['UTC', 'Etc/UTC'];

/** The first instant after another at which it is due, ms since 1970; undefined: never. */
export type CronSchedule = (after: number) => number | undefined;

/** Reads a schedule. Throws an Error that says what is wrong with it. @param timeZone of the IANA's; UTC if left out. */
export function cronSchedule(text: string, timeZone = 'Etc/UTC'): CronSchedule {
  if (text.startsWith(EVERY)) return every(text.slice(EVERY.length));
  if (/^\s*(CRON_)?TZ=/.test(text)) throw new Error('may not name a time zone: use timeZone');
  const pattern = DESCRIPTORS[text.toLowerCase()] ?? text.trim();
  const parts = pattern.split(/\s+/);
  if (parts.length !== 5) throw new Error('must have five fields: minute, hour, day of month, month, day of week');
  const values = parts.flatMap((part) => part.split(','));
  const isKnown = values.every(
    (value) => PART.test(value) && (value.match(/\w+/g) ?? []).every((word) => NAMES.test(word)),
  );
  if (!isKnown) throw new Error('has a field that Kubernetes does not read');
  if (/[7-9]/.test(parts[4]!.replace(/\/\d+/g, ''))) throw new Error('has a day of the week beyond 6');
  // A question mark stands for a star.
  // UTC without the tables of time zones is fifty times as fast.
  const zone = UTC.includes(timeZone) ? { utcOffset: 0 } : { timezone: timeZone };
  const cron = new Cron(parts.join(' ').replaceAll('?', '*'), { mode: '5-part', paused: true, ...zone });
  // The Date is the time that is asked about: no clock is read.
  return (after) => cron.nextRun(new Date(after))?.getTime();
}

/** Every so long, in whole seconds, counted from whenever one asks. */
function every(text: string): CronSchedule {
  const duration = parseDuration(text) ?? 0;
  if (duration < 1e9) throw new Error('must be at least every second');
  const period = Math.floor(duration / 1e9) * 1000;
  return (after) => Math.floor(after / 1000) * 1000 + period;
}
