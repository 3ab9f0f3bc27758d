import type { VNode } from 'preact';
import type { Sample } from '../../core/sample.ts';
import type { CellSummary, ItemDetail } from '../viewer-data.ts';
import { fixed } from './format.ts';
import { Facts, type Fact } from './page-parts.tsx';

/** Foreign text: as text, whatever it holds. */
function Foreign({ text, label }: { readonly text: string; readonly label: string }): VNode {
  return (
    <pre class="foreign" tabIndex={0} role="group" aria-label={label} dir="auto">
      {text === '' ? <span class="count">(empty)</span> : text}
    </pre>
  );
}

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

function Prompt({ prompt }: { readonly prompt: string }): VNode {
  const choices = promptChoices(prompt);
  if (choices !== undefined) {
    return (
      <>
        <Foreign text={choices.context} label="Prompt" />
        <ol class="continuations">
          {choices.continuations.map((text, index) => (
            <li key={index}>
              <bdi>{text}</bdi>
            </li>
          ))}
        </ol>
      </>
    );
  }
  const messages = promptMessages(prompt);
  if (messages === undefined) return <Foreign text={prompt} label="Prompt" />;
  return (
    <>
      {messages.map(({ role, content }, index) => (
        <div key={index} class="message">
          <span class="chip flat">{role}</span>
          <Foreign text={content} label={`Prompt, ${role}`} />
        </div>
      ))}
    </>
  );
}

/** The verdict on one sample, in a word. */
export function verdictWord(verdict: {
  readonly score: number;
  readonly isUnparsed: boolean;
  readonly isFailed: boolean;
}): { readonly word: string; readonly mark: string; readonly tone: 'good' | 'bad' | 'doubtful' } {
  if (verdict.isFailed) return { word: 'failed', mark: '!', tone: 'doubtful' };
  if (verdict.isUnparsed) return { word: 'unparsed', mark: '?', tone: 'doubtful' };
  if (verdict.score >= 1) return { word: 'right', mark: '✓', tone: 'good' };
  if (verdict.score <= 0) return { word: 'wrong', mark: '✗', tone: 'bad' };
  return { word: `partly (${fixed(verdict.score, 2)})`, mark: '◐', tone: 'doubtful' };
}

function milliseconds(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

function SampleFacts({ sample }: { readonly sample: Sample }): VNode {
  const { times, outputTokens, promptTokens, reusedTokens, metrics } = sample;
  const facts: readonly Fact[] = [
    ['Prompt tokens', `${promptTokens}${reusedTokens > 0 ? ` (${reusedTokens} reused)` : ''}`],
    ['Output tokens', String(outputTokens)],
    ['Wait before sending', milliseconds(times && times.startedMs - times.scheduledMs)],
    [
      'Time to first token',
      milliseconds(times?.firstTokenMs === undefined ? undefined : times.firstTokenMs - times.startedMs),
    ],
    [
      'Time per output token',
      milliseconds(
        times?.firstTokenMs !== undefined && outputTokens > 1
          ? (times.lastTokenMs - times.firstTokenMs) / (outputTokens - 1)
          : undefined,
      ),
    ],
    ['Latency', milliseconds(times && times.lastTokenMs - times.startedMs)],
    ...Object.entries(metrics).map(([name, value]) => [name, fixed(value, 3)] as const),
  ];
  return <Facts facts={facts} isTight />;
}

function Answer({
  cell,
  sample,
}: {
  readonly cell: CellSummary | undefined;
  readonly sample: Sample | undefined;
}): VNode {
  const name = cell?.model ?? 'model';
  if (sample === undefined) {
    return (
      <article class="answer">
        <h3>
          <bdi>{name}</bdi>
        </h3>
        <p class="count">no answer to this item</p>
      </article>
    );
  }
  const { word, mark, tone } = verdictWord({ ...sample, isFailed: sample.failure !== undefined });
  return (
    <article class="answer">
      <h3>
        <bdi>{name}</bdi>
        <span class={`chip ${tone}`}>
          {mark} {word}
        </span>
        {sample.isTruncated ? <span class="chip doubtful">truncated</span> : null}
      </h3>
      <Facts
        facts={[
          ['Extracted answer', <bdi key="answer">{sample.answer === undefined ? '–' : sample.answer}</bdi>],
          ['Score', fixed(sample.score, 3)],
        ]}
        isTight
      />
      {sample.failure === undefined ? null : (
        <p class="doubtful">
          {sample.failure.reason}: {sample.failure.message}
        </p>
      )}
      <Foreign text={sample.output} label={`Output of ${name}`} />
      <SampleFacts sample={sample} />
    </article>
  );
}

/** One item: prompt, expected answer, and the answer of each model. */
export function SampleDetail(props: {
  readonly itemId: string;
  readonly detail: ItemDetail;
  readonly cells: ReadonlyMap<string, CellSummary>;
}): VNode {
  const { itemId, detail, cells } = props;
  const samples = detail.samples.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
  const prompts = new Set(samples.map(({ prompt }) => prompt));
  return (
    <div class="detail" aria-live="polite">
      <h2>
        <bdi>{itemId}</bdi>
      </h2>
      <h3>Expected</h3>
      <Foreign text={samples[0]?.expected ?? ''} label="Expected answer" />
      <div class="answers">
        {detail.samples.map(({ cellId, sample }) => (
          <Answer key={cellId} cell={cells.get(cellId)} sample={sample} />
        ))}
      </div>
      <details class="more" open>
        <summary>{prompts.size > 1 ? 'Prompts (they differ between the models)' : 'Prompt'}</summary>
        <div>
          {Array.from(prompts, (prompt) => (
            <Prompt key={prompt} prompt={prompt} />
          ))}
        </div>
      </details>
    </div>
  );
}
