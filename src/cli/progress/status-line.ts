import { truncateText } from '../../present/text-width.ts';
import { plainText } from '../../present/sanitise.ts';
import type { ProbeStep } from '../../app/known-speeds.ts';
import { clockText, sizeText } from '../../core/amount-text.ts';
import type { PullProgress } from '../../sources/pull.ts';
import type { CliContext } from '../context.ts';
import { progressKind } from './create-progress.ts';
import { createFramePainter } from './frame-painter.ts';

/** One line about the preparation of a run: downloads, checks, probes. */
export interface StatusLine extends Disposable {
  /** Such as `data of gsm8k/per@2`. */
  step(text: string): void;
  pull(progress: PullProgress): void;
  /** What a probe does now, with the time since it began. */
  probe(step: ProbeStep): void;
}

const frameEveryMs = 250;
const clockEveryMs = 1000;
const lineEveryMs = 10_000;

/**
 * A line that is redrawn on a terminal; elsewhere a line for each file, every ten seconds, and for each model of a probe;
 * nothing under `--quiet`.
 */
export function createStatusLine(context: CliContext): StatusLine {
  const { output, globals, environment } = context;
  const kind = progressKind(globals, output.stderr.isTTY === true, environment);
  return kind === 'tty' ? createTtyLine(context) : createPlainLine(context);
}

/** Tells a probe's step anew each second, with the time since the first one. */
function createProbeClock(tell: (text: string) => void): { show(step: ProbeStep): void } & Disposable {
  const startedMs = performance.now();
  let shown: ProbeStep | undefined;
  const tick = (): void => {
    if (shown !== undefined) tell(`${probeText(shown)} · ${clockText(performance.now() - startedMs)}`);
  };
  const timer = setInterval(tick, clockEveryMs).unref();
  return {
    show(step) {
      shown = step;
      tick();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function createTtyLine({ output }: CliContext): StatusLine {
  const painter = createFramePainter(output.stderr, { isReflowing: false });
  let drawnMs = -Infinity;
  let told = '';
  let clock: ReturnType<typeof createProbeClock> | undefined;

  function draw(text: string, isNew: boolean): void {
    if (!isNew && performance.now() - drawnMs < frameEveryMs) return;
    drawnMs = performance.now();
    painter.paint([truncateText(plainText(text), (output.stderr.columns ?? 80) - 1)]);
  }

  function tell(text: string): void {
    told = truncateText(plainText(text), (output.stderr.columns ?? 80) - 1);
    draw(text, true);
  }

  const close = (): void => painter.close();
  process.on('exit', close);
  output.divertNotes((text) => painter.printAbove(text, [told]));
  return {
    step: tell,
    pull(progress) {
      if (progress.note !== undefined) painter.printAbove(plainText(`${progress.file}: ${progress.note}`), []);
      draw(pullText(progress), false);
    },
    probe(step) {
      clock ??= createProbeClock(tell);
      clock.show(step);
    },
    [Symbol.dispose]() {
      clock?.[Symbol.dispose]();
      process.off('exit', close);
      output.divertNotes(undefined);
      painter.close();
    },
  };
}

function createPlainLine({ output }: CliContext): StatusLine {
  let place = '';
  let toldMs = -Infinity;
  let steppedMs = performance.now();
  let probedModel: string | undefined;
  return {
    step(text) {
      // A step is over in a moment, or one of many: now and then one is told.
      if (performance.now() - steppedMs < lineEveryMs) return output.detail(text);
      steppedMs = performance.now();
      return output.note(text);
    },
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
    probe(step) {
      if (step.model !== probedModel)
        output.note(`${step.model}: measuring its speed (cell ${step.cell} of ${step.cells})`);
      probedModel = step.model;
    },
    [Symbol.dispose]() {},
  };
}

function probeText({ cell, cells, model, taskId }: ProbeStep): string {
  return `measuring speed: cell ${cell} of ${cells}, ${model} ${taskId === undefined ? 'is loading' : `on ${taskId}`}`;
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
