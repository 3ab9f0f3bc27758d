/** What servers and files say of an answer that a filter held back: OpenAI, Anthropic, Google, Amazon, Zhipu. */
const words =
  /^(?:content_?filter(?:ed)?|safety|image_safety|refusal|recitation|blocklist|blocked|prohibited_content|spii|guardrail_intervened|sensitive)$/iu;

/** Whether a finish reason says that the answer was filtered or refused. */
export function isHeldBack(finishReason: string): boolean {
  return words.test(finishReason);
}
