import type { VNode } from 'preact';
import { glossary } from '../../present/glossary.ts';
import type { LoadedPage, PageData } from '../page-data.ts';
import { AnswersBlock } from './answers-block.tsx';
import { Block } from './block.tsx';
import { usePageView } from './board-view.ts';
import { RankBlock, SizeBlock, TokensBlock, TradeOffBlock } from './chart-block.tsx';
import { Controls } from './controls.tsx';
import { DecisionBlock } from './decision-block.tsx';
import { dateTime } from './format.ts';
import type { SampleLinks } from './item-lists.tsx';
import { LadderBlock } from './ladder-block.tsx';
import { ManifestBlock, ReproduceBlock } from './manifest-block.tsx';
import { NotesBlock } from './notes-block.tsx';
import { Facts, Jump } from './page-parts.tsx';
import { ScoreboardBlock } from './scoreboard-block.tsx';
import { ServerBlock } from './server-block.tsx';

function subtitleOf({ runs, report, createdAtMs }: PageData): string {
  const [run] = runs;
  const parts =
    run === undefined || runs.length > 1
      ? [runs.length > 1 ? `${runs.length} runs` : report.run?.name, dateTime(createdAtMs)]
      : [run.id, dateTime(run.createdAtMs), report.run?.host];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** The terms of the page, closed until someone looks one up. */
export function GlossaryBlock(): VNode {
  return (
    <Block id="glossary" title="Glossary">
      {glossary.map(({ title, entries, isOfMarks }) => (
        <details key={title} class={isOfMarks ? '' : 'on-paper'}>
          <summary>{title}</summary>
          <Facts facts={entries.map(({ term, meaning }) => [term, meaning])} />
        </details>
      ))}
    </Block>
  );
}

/** One report, the decision first. */
export function ReportContent(props: {
  readonly page: LoadedPage;
  /** Where samples are, in the viewer. */
  readonly links?: SampleLinks | undefined;
}): VNode {
  const { page, links } = props;
  const view = usePageView(page);
  const { data } = page;
  return (
    <>
      <DecisionBlock view={view} data={data} />
      {view.boards.length === 0 ? null : <Controls view={view} />}
      {(data.report.notes ?? []).map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      {view.boards.map((board) => (
        <ScoreboardBlock key={board.id} view={board} />
      ))}
      {(data.ladders ?? []).map((ladder, index) => (
        <LadderBlock key={ladder.table.caption} ladder={ladder} id={`ladder-${index + 1}`} />
      ))}
      <TradeOffBlock boards={view.boards} />
      <TokensBlock boards={view.boards} />
      <SizeBlock boards={view.boards} data={data} />
      <RankBlock boards={view.boards} />
      {view.boards.map((board) => (
        <AnswersBlock key={board.id} view={board} links={links} />
      ))}
      {(data.servers ?? []).map((server, index) => (
        <ServerBlock key={server.table.caption} server={server} id={`server-${index + 1}`} />
      ))}
      <ManifestBlock data={data} />
      <ReproduceBlock data={data} />
      <NotesBlock notes={view.notes.all} />
      <GlossaryBlock />
    </>
  );
}

/** The page of a report file. */
export function ReportPage({ page }: { readonly page: LoadedPage }): VNode {
  const { data } = page;
  const answered = data.report.scoreboards.findIndex(({ answerDetails }) => answerDetails !== undefined);
  return (
    <>
      <header class="page-head">
        <div class="brand">
          perbench <span>report</span>
        </div>
        <div class="run-name">
          <strong>{data.runs.length === 1 ? data.runs[0]?.name : 'Scoreboards'}</strong>
          <span>{subtitleOf(data)}</span>
        </div>
        <nav aria-label="Parts of the report">
          <Jump to="decision">Decision</Jump>
          {data.report.scoreboards.length === 0 ? null : <Jump to="board-1">Scoreboards</Jump>}
          <Jump to="trade-off">Cost</Jump>
          <Jump to="ranks">Ranks</Jump>
          {answered === -1 ? null : <Jump to={`board-${answered + 1}-answers`}>Answers</Jump>}
          <Jump to="manifest">Manifest</Jump>
          <Jump to="notes">Notes</Jump>
          <Jump to="glossary">Glossary</Jump>
        </nav>
      </header>
      <main>
        <ReportContent page={page} />
      </main>
      <footer class="page-foot">
        Written by perbench {data.perbenchVersion} on {dateTime(data.createdAtMs)}. Self-contained: loads nothing from
        the network.
      </footer>
    </>
  );
}
