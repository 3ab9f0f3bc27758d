import type { VNode } from 'preact';
import { decide, type BoardDecision } from '../decision.ts';
import type { PageData } from '../page-data.ts';
import type { TextTable } from '../table-text.ts';
import { Block } from './block.tsx';
import type { PageView } from './board-view.ts';
import { fixed, percent } from './format.ts';
import { Glance } from './glance.tsx';
import { Bar, ModelName } from './page-parts.tsx';
import { CellsTable, type CellsTableProps } from './tables.tsx';

const leadTexts = {
  clear: 'significant lead',
  tied: 'lead within noise',
  unknown: 'confidence unknown',
  alone: 'no comparison',
} as const;

function why({ advantages, costs, runnerUp }: BoardDecision): string {
  if (runnerUp === undefined) return 'the only model with a score';
  const text = [advantages.join(', '), costs.length === 0 ? '' : `but ${costs.join(', ')}`].filter(
    (part) => part !== '',
  );
  return text.length === 0 ? `practically equal to ${runnerUp}` : `compared with ${runnerUp}: ${text.join('; ')}`;
}

function tableOf(boards: readonly BoardDecision[], scoreName: string): TextTable {
  return {
    caption: 'Best model of each task',
    headings: ['Task', 'Best model', scoreName, 'P(1st)', 'Lead', 'Why'],
    align: ['left', 'left', 'right', 'right', 'left', 'left'],
    rows: boards.map((board) => [
      board.title,
      board.winner ?? 'none',
      fixed(board.score, 3),
      percent(board.support),
      board.winner === undefined ? '–' : leadTexts[board.lead],
      board.winner === undefined ? '–' : why(board),
    ]),
  };
}

/** Which model, with what confidence, and why: before anything else. */
export function DecisionBlock({ view, data }: { readonly view: PageView; readonly data: PageData }): VNode {
  const decision = decide(view.boards.map(({ decision: own }) => own));
  const scoreName = view.boards[0]?.scoreName ?? 'PER';
  return (
    <section class="decision" id="decision" aria-labelledby="decision-heading">
      <p class="eyebrow">{view.isDefault ? 'Which model to deploy' : 'With your settings'}</p>
      <h1 id="decision-heading">
        <bdi>{decision.headline}</bdi>
      </h1>
      <p class="lead">{decision.detail}</p>
      <Glance view={view} data={data} />
      {decision.boards.length < 2 ? null : (
        <Block id="by-task" title="By task" table={() => tableOf(decision.boards, scoreName)}>
          <CellsTable
            caption="The best model of each task"
            headings={[
              { text: 'Task' },
              { text: 'Best model', help: 'The model with the highest score' },
              { text: scoreName, align: 'right' },
              { text: 'P(1st)' },
              { text: 'Why' },
            ]}
            rows={decision.boards.map(decisionRow)}
          />
        </Block>
      )}
    </section>
  );
}

function decisionRow(board: BoardDecision): CellsTableProps['rows'][number] {
  const { winner, score, support, lead, tied, isDoubtful, title, taskId } = board;
  if (winner === undefined) {
    return { key: taskId, rowClass: 'unscored', cells: [title, 'no model has a score', '–', '–', '–'] };
  }
  return {
    key: taskId,
    cells: [
      title,
      <>
        <ModelName name={winner} />
        {isDoubtful ? <span class="chip doubtful">doubtful numbers</span> : null}
      </>,
      fixed(score, 3),
      <span key="sure" class="sure">
        <span class="number">{percent(support)}</span>
        {support === undefined ? null : <Bar share={support} isStrong />}
        <span class="reason">{leadTexts[lead]}</span>
      </span>,
      <span key="why" class="why">
        {why(board)}
        {tied.length === 0 ? null : <span class="reason">not distinguishable from {tied.join(', ')}</span>}
      </span>,
    ],
  };
}
