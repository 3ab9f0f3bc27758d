import type { RequestFailure } from '../../core/engine.ts';

/** A request that can't be answered, whatever happens to the others; becomes its failure. */
export class RequestFault extends Error {
  readonly reason: RequestFailure['reason'];
  readonly promptTokens: number | undefined;
  /** A content filter refused the prompt: that is an answer, of a sort. */
  readonly isFiltered: boolean;

  constructor(
    reason: RequestFailure['reason'],
    message: string,
    promptTokens?: number,
    { isFiltered = false }: { readonly isFiltered?: boolean } = {},
  ) {
    super(message);
    this.reason = reason;
    this.promptTokens = promptTokens;
    this.isFiltered = isFiltered;
  }
}
