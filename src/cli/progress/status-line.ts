import { truncateText } from '../../present/text-width.ts';
import { plainText } from '../../present/sanitise.ts';
import { sizeText } from '../../core/amount-text.ts';
import type { PullProgress } from '../../sources/pull.ts';
import type { CliContext } from '../context.ts';
import { progressKind } from './create-progress.ts';
import { createFramePainter } from './frame-painter.ts';

/** One line about the preparation of a run: downloads, checks, probes. */
export interface StatusLine extends Disposable {
  /** Such as `data of gsm8k/per@1`. */
  step(text: string): void;
  pull(progress: PullProgress): void;
}

const frameEveryMs = 250;
const lineEveryMs = 10_000;

/** A line that is redrawn on a terminal; elsewhere a line for each file and every ten seconds; nothing under `--quiet`. */
export function createStatusLine(context: CliContext): StatusLine {
  const { output, globals, environment } = context;
  const kind = progressKind(globals, output.stderr.isTTY === true, environment);
  return kind === 'tty' ? createTtyLine(context) : createPlainLine(context);
}

function createTtyLine({ output }: CliContext): StatusLine {
  const painter = createFramePainter(output.stderr, { isReflowing: false });
  let drawnMs = -Infinity;
  let told = '';

  function draw(text: string, isNew: boolean): void {
    if (!isNew && performance.now() - drawnMs < frameEveryMs) return;
    drawnMs = performance.now();
    painter.paint([truncateText(plainText(text), (output.stderr.columns ?? 80) - 1)]);
  }

  const close = (): void => painter.close();
  process.on('exit', close);
  output.divertNotes((text) => painter.printAbove(text, [told]));
  return {
    step(text) {
      told = truncateText(plainText(text), (output.stderr.columns ?? 80) - 1);
      draw(text, true);
    },
    pull(progress) {
      if (progress.note !== undefined) painter.printAbove(plainText(`${progress.file}: ${progress.note}`), []);
      draw(pullText(progress), false);
    },
    [Symbol.dispose]() {
      process.off('exit', close);
      output.divertNotes(undefined);
      painter.close();
    },
  };
}

function createPlainLine({ output }: CliContext): StatusLine {
  let place = '';
  let toldMs = -Infinity;
  return {
    step: (text) => output.detail(text),
    pull(progress) {
      if (progress.note !== undefined) output.note(`${progress.file}: ${progress.note}`);
      const now = `${progress.file} ${progress.phase}`;
      if (now === place && performance.now() - toldMs < lineEveryMs) return;
      // Checks and connections are over in a moment: worth a line only when they last.
      const isShort = progress.phase === 'connect' || progress.phase === 'verify' || progress.phase === 'unpack';
      const isNew = now !== place;
      place = now;
      if (isNew) toldMs = performance.now();
      if (isNew && isShort) return;
      toldMs = performance.now();
      output.note(pullText(progress));
    },
    [Symbol.dispose]() {},
  };
}

const phases: Readonly<Record<PullProgress['phase'], string>> = {
  wait: 'waiting for another process',
  connect: 'connecting',
  download: 'downloading',
  unpack: 'unpacking',
  verify: 'verifying',
  retry: 'retrying',
};

function pullText({ phase, file, bytesDone, bytesTotal }: PullProgress): string {
  const done = sizeText(bytesDone);
  const share = bytesTotal === undefined || bytesTotal === 0 ? '' : `, ${Math.floor((bytesDone / bytesTotal) * 100)} %`;
  const amount =
    bytesDone === 0 ? '' : ` ${done}${bytesTotal === undefined ? '' : ` of ${sizeText(bytesTotal)}`}${share}`;
  return `${phases[phase]} ${file}${amount}`;
}
