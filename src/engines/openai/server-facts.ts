/** Programs whose ways beyond the protocol are known. */
export type ServerFlavour = 'llama-server' | 'vllm' | 'sglang' | 'ollama' | 'unknown';

/** What a server tells of itself and of one model. */
export interface ServerFacts {
  readonly flavour: ServerFlavour;
  readonly version: string | undefined;
  /** Name that requests carry. */
  readonly servedName: string;
  /** Tokens that one sequence may hold; undefined where nobody says. */
  readonly contextTokens: number | undefined;
  readonly trainedContextTokens: number | undefined;
  readonly parameters: number | undefined;
  readonly weightsBytes: number | undefined;
  readonly vocabularySize: number | undefined;
  readonly quantisation: string | undefined;
  readonly chatTemplate: string | undefined;
  /** Sequences that the server decodes at once; undefined where it doesn't tell. */
  readonly slots: number | undefined;
  /** Text of the token that begins every sequence. */
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
}
