/** One message of a chat prompt. */
export interface PromptMessage {
  readonly role: string;
  readonly content: string;
}

function isMessage(value: unknown): value is PromptMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'role' in value &&
    typeof value.role === 'string' &&
    'content' in value &&
    typeof value.content === 'string'
  );
}

/** The messages of a prompt that was sent as a chat; undefined for any other. */
export function promptMessages(prompt: string): readonly PromptMessage[] | undefined {
  if (!prompt.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(prompt);
    return Array.isArray(parsed) && parsed.length > 0 && parsed.every(isMessage) ? parsed : undefined;
  } catch {
    // A plain prompt that begins with a bracket.
    return undefined;
  }
}

/** What a log-likelihood task asks: how likely each continuation is after the context. */
export interface PromptChoices {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** Context and continuations of a prompt that was scored, not answered; undefined for any other. */
export function promptChoices(prompt: string): PromptChoices | undefined {
  if (!prompt.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(prompt) as Partial<PromptChoices>;
    const { context, continuations } = parsed;
    const areTexts = Array.isArray(continuations) && continuations.every((text) => typeof text === 'string');
    return typeof context === 'string' && areTexts ? { context, continuations } : undefined;
  } catch {
    // A plain prompt that begins with a brace.
    return undefined;
  }
}
