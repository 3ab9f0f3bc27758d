import type { Answers } from '../scoring/answer.ts';

/** Exit codes of docs/errors.md. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  someCellsFailed: 3,
  gateFailed: 4,
  environment: 5,
  gateInconclusive: 6,
  /** As sysexits calls what may work elsewhere or later (EX_TEMPFAIL). */
  otherMachine: 75,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Exit code of each error code; what a cell's own error (`PB_ENGINE`) ends as when nothing caught it. */
export const exitCodeByErrorCode: Readonly<Record<string, number>> = {
  PB_USAGE: exitCodes.usage,
  PB_CONFIG: exitCodes.usage,
  PB_UNKNOWN_NAME: exitCodes.usage,
  PB_INVALID_ITEM: exitCodes.usage,
  PB_TABLE: exitCodes.usage,
  PB_IMPORT: exitCodes.usage,
  PB_DATA: exitCodes.environment,
  PB_MODEL: exitCodes.environment,
  PB_DOWNLOAD: exitCodes.environment,
  PB_ENVIRONMENT: exitCodes.environment,
  PB_STORE: exitCodes.environment,
  PB_SERVER: exitCodes.environment,
  PB_LAUNCHER: exitCodes.environment,
  PB_UNSUPPORTED: exitCodes.environment,
  PB_ENGINE: exitCodes.someCellsFailed,
  PB_ANSWERS: exitCodes.someCellsFailed,
  PB_SCORER: exitCodes.someCellsFailed,
  PB_FENCED: exitCodes.someCellsFailed,
};

/** The gate's exit code, from the value that its words come from as well. */
export function gateExitCode(outcome: 'pass' | 'fail' | 'inconclusive'): number {
  const codes = { pass: exitCodes.done, fail: exitCodes.gateFailed, inconclusive: exitCodes.gateInconclusive } as const;
  return codes[outcome];
}

/** The exit code of an answer: 0 where a model is recommended, 6 where several are equal or it can't be said, 4 where none is usable. */
export function answerExitCode({ kind }: Pick<Answers, 'kind'>): number {
  const codes = {
    recommend: exitCodes.done,
    tie: exitCodes.gateInconclusive,
    unknown: exitCodes.gateInconclusive,
    none: exitCodes.gateFailed,
  } as const;
  return codes[kind];
}
