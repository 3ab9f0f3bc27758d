import type { RunRecord } from '../../core/store.ts';
import type { CliContext } from '../context.ts';
import { styledFor } from '../output.ts';
import { createJsonlProgress, createPlainProgress, createQuietProgress } from './line-progress.ts';
import type { Progress } from './progress.ts';
import type { Outlook } from './time-left.ts';
import { createTtyProgress, type TtyProgressOptions } from './tty-progress.ts';

export type ProgressKind = 'tty' | 'plain' | 'jsonl' | 'quiet';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which display suits: flags first, then whether anybody watches a terminal. */
export function progressKind(
  flags: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined; readonly progress: boolean },
  isTerminal: boolean,
  environment: Environment,
): ProgressKind {
  if (flags.json === true) return 'jsonl';
  if (flags.quiet === true) return 'quiet';
  const isCi = environment['CI'] !== undefined && !['', '0', 'false'].includes(environment['CI']);
  return isTerminal && flags.progress && !isCi && environment['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

/**
 * Terminals known to re-wrap lines when they get narrower. Others are taken to cut them: then a few stale lines may stay
 * above the display, but nothing that was printed is lost.
 */
function isReflowingTerminal(environment: Environment): boolean {
  if (environment['STY'] !== undefined) return false;
  const marks = ['TMUX', 'VTE_VERSION', 'KITTY_WINDOW_ID', 'WT_SESSION', 'KONSOLE_VERSION', 'ALACRITTY_WINDOW_ID'];
  const programs = ['iTerm.app', 'vscode', 'WezTerm', 'ghostty', 'Apple_Terminal'];
  return marks.some((name) => environment[name] !== undefined) || programs.includes(environment['TERM_PROGRAM'] ?? '');
}

/**
 * The display of a run, on stderr; notes of the command go through it as long as it lives.
 *
 * @param speeds of earlier runs
 */
export function createProgress(
  context: CliContext,
  { suite, manifest: { timeLimitMs } }: Pick<RunRecord, 'suite' | 'manifest'>,
  speeds: Outlook['speeds'],
  { isElsewhere }: Pick<TtyProgressOptions, 'isElsewhere'> = {},
): Progress {
  const { output, globals, environment } = context;
  const sink = output.stderr;
  const now = (): number => performance.now();
  const lengths = { throughput: suite.windowSeconds * 1000, latency: suite.latencySeconds * 1000 };
  const outlook = { lengths, speeds, timeLimitMs };
  const progress = create(progressKind(globals, sink.isTTY === true, environment));
  output.divertNotes((text) => progress.note(text));
  return {
    handle(event) {
      progress.handle(event);
      const detail = event.type === 'cell-end' ? event.error?.detail : undefined;
      if (detail !== undefined) output.detail(detail);
    },
    note: (text) => progress.note(text),
    aside: (write) => progress.aside(write),
    framesDrawn: () => progress.framesDrawn(),
    [Symbol.dispose]() {
      output.divertNotes(undefined);
      progress[Symbol.dispose]();
    },
  };

  function create(kind: ProgressKind): Progress {
    switch (kind) {
      case 'jsonl':
        return createJsonlProgress(output, now);
      case 'quiet':
        return createQuietProgress(sink);
      case 'plain':
        return createPlainProgress({ sink, now, outlook });
      case 'tty':
        return createTtyProgress({
          sink,
          now,
          outlook,
          paint: (text, style) => styledFor(sink, globals.color, text, style),
          isReflowing: isReflowingTerminal(environment),
          isElsewhere,
          onResize: (listener) => listen('SIGWINCH', listener),
          onExit: (listener) => listen('exit', listener),
        });
    }
  }
}

function listen(event: 'SIGWINCH' | 'exit', listener: () => void): () => void {
  process.on(event, listener);
  return () => process.off(event, listener);
}
