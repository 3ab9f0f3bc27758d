import { outcomes, type Outcome, type QueriedCell } from '../../core/store.ts';
import { maxCells, type CellSummary } from '../viewer-data.ts';

/** A model of the chosen task. */
export interface ChosenModel {
  readonly cell: CellSummary;
  /** Stays with the model, whichever others are shown. */
  readonly letter: string;
  readonly isShown: boolean;
  /** What its answer must be; undefined for any, and where it isn't shown. */
  readonly outcome: Outcome | undefined;
}

/** What of a run's samples is looked at. */
export interface SampleChoice {
  readonly taskId: string;
  /** All of the task, in the order of the run. */
  readonly models: readonly ChosenModel[];
  /** Only items that two of the shown models have different scores for. */
  readonly isDisputed: boolean;
  readonly search: string;
  readonly itemId: string;
}

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  right: 'right',
  wrong: 'wrong',
  unparsed: 'unreadable',
  truncated: 'truncated',
  cut: 'cut or filtered',
  failed: 'failed',
};

/** `A` to `Z`, then `AA`. */
export function columnLetter(index: number): string {
  const letter = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? letter : columnLetter(Math.floor(index / 26) - 1) + letter;
}

function words(params: ReadonlyMap<string, string>, key: string): readonly string[] {
  return (params.get(key) ?? '').split(' ').filter((word) => word !== '');
}

/** The choice in the address, as far as the cells have it. */
export function choiceOf(params: ReadonlyMap<string, string>, cells: readonly CellSummary[]): SampleChoice {
  const taskId = params.get('task') ?? cells[0]?.taskId ?? '';
  const own = cells.filter((cell) => cell.taskId === taskId);
  const named = own.filter(({ id }) => words(params, 'cells').includes(id));
  const shown = (named.length > 0 ? named : own).slice(0, maxCells);
  const models = own.map((cell, index): ChosenModel => {
    const isShown = shown.includes(cell);
    const outcome = isShown ? outcomes.find((name) => words(params, name).includes(cell.id)) : undefined;
    return { cell, letter: columnLetter(index), isShown, outcome };
  });
  return {
    taskId,
    models,
    isDisputed: shown.length > 1 && params.has('differ'),
    search: params.get('q') ?? '',
    itemId: params.get('item') ?? '',
  };
}

export function shownModels({ models }: SampleChoice): readonly ChosenModel[] {
  return models.filter(({ isShown }) => isShown);
}

export function queriedCells(choice: SampleChoice): readonly QueriedCell[] {
  return shownModels(choice).map(({ cell, outcome }) => ({ id: cell.id, outcome }));
}

/** Settings after a model was shown or hidden; none where all are shown. */
export function withModel(choice: SampleChoice, cellId: string, isShown: boolean): Readonly<Record<string, string>> {
  const shown = choice.models.filter((model) => (model.cell.id === cellId ? isShown : model.isShown));
  return { cells: shown.length === choice.models.length ? '' : shown.map(({ cell }) => cell.id).join(' ') };
}

/** Settings after another outcome was wanted of a model. */
export function withOutcome(
  { models }: SampleChoice,
  cellId: string,
  wanted: Outcome | undefined,
): Readonly<Record<string, string>> {
  const outcomeOf = (model: ChosenModel): Outcome | undefined => (model.cell.id === cellId ? wanted : model.outcome);
  return Object.fromEntries(
    outcomes.map((name) => [
      name,
      models
        .filter((model) => outcomeOf(model) === name)
        .map(({ cell }) => cell.id)
        .join(' '),
    ]),
  );
}

/** Settings for another task: its cells are others. */
export function withTask(task: string): Readonly<Record<string, string>> {
  return { task, cells: '', item: '', ...Object.fromEntries(outcomes.map((name) => [name, ''])) };
}

/** The filters in words, such as `A right, B wrong`; empty where there are none. */
export function filterText(choice: SampleChoice): string {
  return [
    ...shownModels(choice).flatMap(({ letter, outcome }) =>
      outcome === undefined ? [] : [`${letter} ${outcomeWords[outcome]}`],
    ),
    ...(choice.isDisputed ? ['different scores'] : []),
  ].join(', ');
}

/** How many of the models have a column. */
export function modelsText(choice: SampleChoice): string {
  const shown = shownModels(choice).length;
  const all = choice.models.length;
  return shown === all ? `Models: all ${all} shown` : `Models: ${shown} of ${all} shown`;
}
