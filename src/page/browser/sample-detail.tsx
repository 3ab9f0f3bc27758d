import type { VNode } from 'preact';
import { cutTexts, cutWords } from '../../core/cut-text.ts';
import type { Sample } from '../../core/sample.ts';
import { promptChoices, promptMessages } from '../../present/prompt-text.ts';
import type { ItemDetail } from '../viewer-data.ts';
import { fixed, wholeNumber } from './format.ts';
import { Facts, type Fact, ModelName } from './page-parts.tsx';
import type { ChosenModel } from './sample-choice.ts';

/** Foreign text: as text, whatever it holds. */
function Foreign({ text, label }: { readonly text: string; readonly label: string }): VNode {
  return (
    <pre class="foreign" tabIndex={0} role="group" aria-label={label} dir="auto">
      {text === '' ? <span class="count">(empty)</span> : text}
    </pre>
  );
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

const cutMarks = { budget_cut: '…', content_filter: '⊘' } as const;

/** The verdict on one sample, in a word. */
export function verdictWord(verdict: {
  readonly score: number;
  readonly isUnparsed: boolean;
  readonly cut?: Sample['cut'];
  readonly isFailed: boolean;
}): { readonly word: string; readonly mark: string; readonly tone: 'good' | 'bad' | 'doubtful' } {
  if (verdict.isFailed) return { word: 'failed', mark: '!', tone: 'doubtful' };
  if (verdict.cut !== undefined) return { word: cutWords[verdict.cut], mark: cutMarks[verdict.cut], tone: 'doubtful' };
  if (verdict.isUnparsed) return { word: 'unreadable', mark: '?', tone: 'doubtful' };
  if (verdict.score >= 1) return { word: 'right', mark: '✓', tone: 'good' };
  if (verdict.score <= 0) return { word: 'wrong', mark: '✗', tone: 'bad' };
  return { word: `partly (${fixed(verdict.score, 2)})`, mark: '◐', tone: 'doubtful' };
}

function milliseconds(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

function SampleFacts({ sample }: { readonly sample: Sample }): VNode {
  const { times, outputTokens, promptTokens, reusedTokens, metrics, thoughts, thinkingTokens } = sample;
  const facts: readonly Fact[] = [
    ['Prompt tokens', `${promptTokens ?? 'not known'}${reusedTokens > 0 ? ` (${reusedTokens} reused)` : ''}`],
    ['Output tokens', String(outputTokens ?? 'not known')],
    ...(thoughts === undefined && thinkingTokens === undefined
      ? []
      : [['Thinking tokens', thinkingTokens === undefined ? 'not known' : `${thinkingTokens} of these`] as const]),
    ['Wait before sending', milliseconds(times && times.startedMs - times.scheduledMs)],
    [
      'Time to first token',
      milliseconds(times?.firstTokenMs === undefined ? undefined : times.firstTokenMs - times.startedMs),
    ],
    [
      'Time per output token',
      milliseconds(
        times?.firstTokenMs !== undefined && outputTokens !== undefined && outputTokens > 1
          ? (times.lastTokenMs - times.firstTokenMs) / (outputTokens - 1)
          : undefined,
      ),
    ],
    ['Latency', milliseconds(times && times.lastTokenMs - times.startedMs)],
    ...Object.entries(metrics).map(([name, value]) => [name, fixed(value, 3)] as const),
  ];
  return <Facts facts={facts} isTight />;
}

/** Apart from the answer, and folded: they are long, and no part of what is scored. */
function Thoughts({ thoughts, model }: { readonly thoughts: string; readonly model: string }): VNode {
  return (
    <details class="more">
      <summary>Thoughts, never scored</summary>
      <Foreign text={thoughts} label={`Thoughts of ${model}`} />
    </details>
  );
}

function Answer(props: { readonly model: ChosenModel; readonly sample: Sample | undefined }): VNode {
  const { model, sample } = props;
  const { letter, cell } = model;
  const name = (
    <>
      <span>{letter}</span> <ModelName name={cell.model} />
    </>
  );
  if (sample === undefined) {
    return (
      <article class="answer">
        <h3>{name}</h3>
        <p class="count">no answer to this item</p>
      </article>
    );
  }
  const { word, mark, tone } = verdictWord({ ...sample, isFailed: sample.failure !== undefined });
  return (
    <article class="answer">
      <h3>
        {name}
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
      {sample.cut === undefined ? null : <p class="doubtful">{cutTexts[sample.cut]}; it counts as wrong</p>}
      {sample.thoughts === undefined ? null : <Thoughts thoughts={sample.thoughts} model={cell.model} />}
      <Foreign text={sample.output} label={`Output of ${cell.model}`} />
      <SampleFacts sample={sample} />
    </article>
  );
}

/** One item: prompt, expected answer, and the answer of each model. */
export function SampleDetail(props: {
  readonly itemId: string;
  readonly detail: ItemDetail;
  readonly models: readonly ChosenModel[];
}): VNode {
  const { itemId, detail, models } = props;
  const samples = detail.samples.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
  const prompts = new Set(samples.map(({ prompt }) => prompt));
  const [first] = samples;
  return (
    <div class="detail" aria-live="polite">
      <h2>
        <bdi>{detail.question}</bdi>
      </h2>
      <p class="count">
        item {first === undefined ? '' : wholeNumber(first.position + 1)} · id <bdi>{itemId}</bdi>
      </p>
      <h3>Expected</h3>
      <Foreign text={first?.expected ?? ''} label="Expected answer" />
      <div class="answers">
        {models.flatMap((model) => {
          // A model that was just shown has none until its answer is there.
          const found = detail.samples.find(({ cellId }) => cellId === model.cell.id);
          return found === undefined ? [] : [<Answer key={found.cellId} model={model} sample={found.sample} />];
        })}
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
