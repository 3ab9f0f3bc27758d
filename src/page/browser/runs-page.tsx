import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { HostFacts } from '../../core/manifest.ts';
import { maxRuns, type RunsPage as RunsPageData, type RunSummary } from '../viewer-data.ts';
import type { DataSource } from './data-source.ts';
import { dateTime, wholeNumber } from './format.ts';
import { useParam } from './hash-state.ts';
import { errorText, useLoaded, Waiting, type ViewProps } from './loading.tsx';
import { hostFacts } from './manifest-block.tsx';
import { Facts, ModelName } from './page-parts.tsx';
import { SearchField } from './search-field.tsx';

const stateClasses = { finished: 'chip good flat', running: 'chip flat', interrupted: 'chip doubtful flat' } as const;

function cellsText({ cells }: RunSummary): string {
  const total = Object.values(cells).reduce((sum, count) => sum + count, 0);
  const failed = (cells.failed ?? 0) + (cells.unavailable ?? 0);
  return `${cells.done ?? 0} of ${total} cells done${failed > 0 ? `, ${failed} failed` : ''}`;
}

/** What a run comes to: a sentence, none, or why it could not be found out. */
type FoundAnswer = { readonly text: string | undefined } | { readonly error: string };

/** A run that goes on, or was resumed, has another answer than before. */
function answerKey({ id, status, cells }: RunSummary): string {
  return JSON.stringify([id, status, cells]);
}

/** Finds out the answers of ended runs one after the other: each takes a bootstrap, and the server has other things to do. */
function useAnswers(source: DataSource, runs: readonly RunSummary[]): (run: RunSummary) => FoundAnswer | undefined {
  const [found, setFound] = useState<ReadonlyMap<string, FoundAnswer>>(new Map());
  const answerOf = (run: RunSummary): FoundAnswer | undefined =>
    run.answer === undefined ? found.get(answerKey(run)) : { text: run.answer };
  const next = runs.find((run) => run.status !== 'running' && answerOf(run) === undefined);
  const key = next && answerKey(next);
  useEffect(() => {
    if (next === undefined || key === undefined) return undefined;
    let isOvertaken = false;
    const keep = (answer: FoundAnswer): void => {
      if (!isOvertaken) setFound((before) => new Map(before).set(key, answer));
    };
    source.answer(next.id).then(
      (text) => keep({ text }),
      (error: unknown) => keep({ error: errorText(error) }),
    );
    return () => {
      isOvertaken = true;
    };
  }, [source, key]);
  return answerOf;
}

function Answer({ run, answer }: { readonly run: RunSummary; readonly answer: FoundAnswer | undefined }): VNode {
  if (answer !== undefined && 'error' in answer) return <p class="run-answer none">no answer: {answer.error}</p>;
  if (answer?.text !== undefined) return <p class="run-answer">{answer.text}</p>;
  const waiting = run.status === 'running' ? 'No answer yet: the run goes on.' : 'Finding the answer…';
  return <p class="run-answer none">{answer === undefined ? waiting : 'No answer: nothing was measured.'}</p>;
}

const mostNames = 3;

/** Names on a line, those that don't fit behind a click. */
function Names({ names, what }: { readonly names: readonly string[]; readonly what: string }): VNode {
  const shown = names.length > mostNames ? names.slice(0, mostNames - 1) : names;
  const list = shown.map((name, index) => (
    <span key={name}>
      <ModelName name={name} />
      {index < shown.length - 1 ? ' · ' : ''}
    </span>
  ));
  if (shown.length === names.length) return <>{list}</>;
  return (
    <>
      {list}{' '}
      <details class="rest">
        <summary>
          and {names.length - shown.length} more {what}
        </summary>
        <ul>
          {names.slice(shown.length).map((name) => (
            <li key={name}>
              <ModelName name={name} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

/** The machine in a few words: its GPUs, or its CPU. */
export function hostName({ cpuModel, cores, gpus }: HostFacts): string {
  if (gpus.length === 0) {
    const cpu = cpuModel
      .replaceAll(/\((?:R|TM)\)|\bCPU\b|\s@\s.*$|\s\d+-Core Processor\b/giu, '')
      .replaceAll(/\s+/gu, ' ');
    return `${cpu.trim()}, ${cores} cores`;
  }
  const kinds = Map.groupBy(gpus, (gpu) => gpu);
  return Array.from(kinds, ([gpu, { length }]) => (length === 1 ? gpu : `${length} × ${gpu}`)).join(', ');
}

function Host({ host }: { readonly host: HostFacts | undefined }): VNode {
  if (host === undefined) return <>not known: imported</>;
  return (
    <details class="rest">
      <summary>
        <bdi>{hostName(host)}</bdi>
      </summary>
      <Facts facts={[['Name', host.hostname], ...hostFacts(host)]} />
    </details>
  );
}

function Run({ run, answer }: { readonly run: RunSummary; readonly answer: FoundAnswer | undefined }): VNode {
  const { id, name, status, createdAtMs, models, tasks, host } = run;
  return (
    <li class="run" data-run={id}>
      <div class="run-head">
        <h2>
          <a href={`#/runs/${encodeURIComponent(id)}`}>{id}</a>
        </h2>
        <span class={stateClasses[status]}>{status}</span>
        <span class="count">
          <bdi>{name}</bdi> · {dateTime(createdAtMs)} · {cellsText(run)}
        </span>
      </div>
      <Answer run={run} answer={answer} />
      <dl class="run-facts">
        <div>
          <dt>{models.length === 1 ? 'Model' : 'Models'}</dt>
          <dd>
            <Names names={models} what="models" />
          </dd>
        </div>
        <div>
          <dt>{tasks.length === 1 ? 'Task' : 'Tasks'}</dt>
          <dd>
            <Names names={tasks} what="tasks" />
          </dd>
        </div>
        <div>
          <dt>Host</dt>
          <dd>
            <Host host={host} />
          </dd>
        </div>
      </dl>
    </li>
  );
}

export function RunList(props: {
  readonly page: RunsPageData;
  readonly search: string;
  readonly answerOf: (run: RunSummary) => FoundAnswer | undefined;
  readonly showMore: () => void;
}): VNode {
  const { page, search, answerOf, showMore } = props;
  const { runs, count } = page;
  if (count === 0) return <p class="nothing">{search === '' ? 'No runs in this store yet.' : 'No run matches.'}</p>;
  return (
    <>
      <p class="count" role="status">
        {wholeNumber(runs.length)} of {wholeNumber(count)} runs, the newest first
      </p>
      <ol class="runs">
        {runs.map((run) => (
          <Run key={run.id} run={run} answer={answerOf(run)} />
        ))}
      </ol>
      {runs.length < Math.min(count, maxRuns) ? (
        <button type="button" class="load-more" onClick={showMore}>
          Show more
        </button>
      ) : null}
    </>
  );
}

const pageRuns = 50;

/** The runs of the store, the newest first: what each comes to, of which models, on what. */
export function RunsPage({ source, version }: ViewProps): VNode {
  const [search, setSearch] = useParam('q');
  const [shown, setShown] = useParam('show', String(pageRuns));
  const limit = Math.min(maxRuns, Math.max(pageRuns, Math.trunc(Number(shown)) || 0));
  const { value: page, error } = useLoaded(() => source.runs({ search, limit }), [search, limit, version]);
  const answerOf = useAnswers(source, page?.runs ?? []);
  return (
    <section class="block">
      <h1 class="small">Runs</h1>
      <div class="toolbar">
        <SearchField search={search} placeholder="in ids, names and models" onSearch={setSearch} />
      </div>
      {page === undefined ? (
        <Waiting error={error} />
      ) : (
        <RunList page={page} search={search} answerOf={answerOf} showMore={() => setShown(String(limit + pageRuns))} />
      )}
    </section>
  );
}
