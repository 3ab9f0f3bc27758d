import type { VNode } from 'preact';
import { type Answer, type Answers, namedModels } from '../../scoring/answer.ts';
import { answersHeadline, answerSentences, confidenceText, namedText, shortTitle } from '../../scoring/answer-text.ts';
import type { PageData } from '../page-data.ts';
import type { TextTable } from '../table-text.ts';
import { Block } from './block.tsx';
import type { PageView } from './board-view.ts';
import { fixed } from './format.ts';
import { Glance } from './glance.tsx';
import { ModelName } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';

/** Score of the first model that is named. */
function scoreOf(answer: Answer): number | undefined {
  const [first] = namedModels(answer);
  return answer.candidates.find(({ model }) => model === first)?.score;
}

function tableOf({ tasks }: Answers, scoreName: string): TextTable {
  return {
    caption: 'Which model for each task',
    headings: ['Task', 'Model', scoreName, 'How sure'],
    align: ['left', 'left', 'right', 'left'],
    rows: tasks.map((answer) => [
      shortTitle(answer),
      namedText(answer),
      fixed(scoreOf(answer), 3),
      confidenceText(answer),
    ]),
  };
}

const maxSentences = 3;

/** The sentences below the headline: of one task all, of several what each recommended model is like. */
function sentencesOf({ boards }: PageView): readonly string[] {
  const [only, ...others] = boards;
  if (only === undefined) return [];
  if (others.length === 0) return answerSentences(only.answer, [only.board]).slice(1);
  return boards
    .filter(({ answer }) => answer.kind === 'recommend')
    .slice(0, maxSentences)
    .flatMap(({ answer, board }) => {
      const [, like] = answerSentences(answer, [board]);
      return like === undefined ? [] : [`${shortTitle(answer)}: ${like}`];
    });
}

/** Which model, how sure that is, and why: before anything else. */
export function DecisionBlock({ view, data }: { readonly view: PageView; readonly data: PageData }): VNode {
  const { answers } = view;
  const scoreName = view.boards[0]?.scoreName ?? 'PER';
  return (
    <section class="decision" id="decision" aria-labelledby="decision-heading">
      <p class="eyebrow">{view.isDefault ? 'Which model to deploy' : 'With your settings'}</p>
      <h1 id="decision-heading">
        <bdi>{answersHeadline(answers)}</bdi>
      </h1>
      {sentencesOf(view).map((sentence) => (
        <p class="lead" key={sentence}>
          {sentence}
        </p>
      ))}
      <Glance view={view} data={data} />
      {answers.tasks.length < 2 ? null : (
        <Block id="by-task" title="By task" table={() => tableOf(answers, scoreName)}>
          <CellsTable
            caption="Which model for each task"
            headings={[{ text: 'Task' }, { text: 'Model' }, { text: scoreName, align: 'right' }, { text: 'How sure' }]}
            rows={answers.tasks.map((answer) => {
              const named = namedModels(answer);
              return {
                key: answer.tasks[0]?.taskId ?? '',
                ...(named.length === 0 && { rowClass: 'unscored' }),
                cells: [
                  shortTitle(answer),
                  named.length === 0
                    ? namedText(answer)
                    : named.map((model, index) => [index === 0 ? '' : ', ', <ModelName key={model} name={model} />]),
                  fixed(scoreOf(answer), 3),
                  <span key="sure" class="why">
                    {confidenceText(answer)}
                  </span>,
                ],
              };
            })}
          />
        </Block>
      )}
    </section>
  );
}
