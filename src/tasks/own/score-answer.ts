import type { OwnRecord, ResolvedTask, TaskScore } from '../../core/task-definition.ts';
import type { ItemScore } from '../../core/task.ts';
import { answerOnly } from '../answer-only.ts';
import { type ExactDecimal, formatDecimal, isWithin, parseDecimal } from '../exact-decimal.ts';
import { createLabelReader, type LabelReader } from '../read-label.ts';
import { choiceLetter, parseLetter } from '../read-letter.ts';
import { answerSpan } from '../read-span.ts';
import { wordKey } from '../whole-words.ts';
import { undecorated } from '../undecorated.ts';
import { readNumber } from './number-text.ts';
import type { RightAnswers } from './right-answers.ts';
import { rowFacts } from './row-facts.ts';
import { scoreJson } from './score-json.ts';
import { type OwnScorer, scoreByModule } from './score-own-module.ts';
import { createTextScorer } from './score-text.ts';
import { settingError, type SettingSource } from './setting-error.ts';

/** The verdict on one answer. */
export type AnswerScorer = (record: OwnRecord, output: string) => ItemScore;

/**
 * Scores answers as a definition says.
 *
 * @throws {ConfigError} if the scorer of the user's own is missing, or a pattern is none
 */
export function createAnswerScorer(
  definition: ResolvedTask,
  file: SettingSource,
  scorer: OwnScorer | undefined,
): AnswerScorer {
  const { score, labels = [], decimal = '.' } = definition;
  const rightOf = (record: OwnRecord): RightAnswers => rowFacts(definition, record).right;
  switch (score.kind) {
    case 'module':
      if (scorer === undefined) throw settingError(file, 'score', `the module ${score.path} was not loaded`);
      return (record, output) => scoreByModule(scorer, score.path, output, record);
    case 'number': {
      const tolerance = parseDecimal(String(score.tolerance)) ?? { numerator: 0n, denominator: 1n };
      return (record, output) => scoreNumber(rightOf(record), readNumber(output, decimal), tolerance);
    }
    case 'json':
      return (record, output) => scoreJson(answerOnly(output), rightOf(record).json, score.schema);
    case 'choice':
    case 'letter':
      return (record, output) => {
        const { choices, right } = rowFacts(definition, record);
        return scoreChoice(choices?.texts ?? [], right, output, score.kind);
      };
    case 'label': {
      const read = createLabelReader(labels);
      return (record, output) => scoreLabel(rightOf(record), read(output));
    }
    case 'exact':
    case 'contains':
    case 'f1':
    case 'rouge_l':
    case 'regex': {
      if (definition.answer === 'label') {
        const read = wholeLabelReader(labels);
        return (record, output) => scoreLabel(rightOf(record), read(output));
      }
      const scoreText = createTextScorer({ ...definition, score }, file);
      return (record, output) => scoreText(rightOf(record), output);
    }
  }
}

/** Reads a label where the answer is nothing else, quotes, markdown and a leading "Answer:" aside. */
function wholeLabelReader(labels: readonly string[]): LabelReader {
  return (output) => {
    const key = wordKey(answerSpan(output));
    const alike = labels.filter((label) => wordKey(undecorated(label)) === key);
    return alike.length > 1 ? alike.find((label) => label === answerSpan(output)) : alike[0];
  };
}

/** @param predicted undefined where no label could be read */
function scoreLabel({ texts }: RightAnswers, predicted: string | undefined): ItemScore {
  const isRight = predicted !== undefined && texts.includes(predicted);
  return {
    value: isRight ? 1 : 0,
    answer: predicted,
    isUnparsed: predicted === undefined,
    metrics: {},
    detail: { gold: isRight ? predicted : (texts[0] ?? ''), ...(predicted !== undefined && { predicted }) },
  };
}

function scoreChoice(
  texts: readonly string[],
  { positions }: RightAnswers,
  output: string,
  kind: Extract<TaskScore['kind'], 'choice' | 'letter'>,
): ItemScore {
  const position = kind === 'letter' ? parseLetter(output, texts.length) : readChoice(output, texts);
  const isRight = position !== undefined && positions.includes(position);
  const letter = position === undefined ? undefined : choiceLetter(position);
  const gold = choiceLetter(isRight ? position : (positions[0] ?? 0));
  return {
    value: isRight ? 1 : 0,
    answer: letter,
    isUnparsed: position === undefined,
    metrics: {},
    detail: { gold, ...(letter !== undefined && { predicted: letter }), choices: texts.length },
  };
}

/**
 * Reads a choice out of an answer: the letter where that is all; the choice that the first line is, in full; else a letter
 * as `parseLetter` finds it; else the only choice whose text is named.
 *
 * @returns its position, or undefined
 */
function readChoice(output: string, texts: readonly string[]): number | undefined {
  const isLetter = undecorated(output).length === 1;
  const span = wordKey(answerSpan(output));
  const inFull = isLetter
    ? []
    : texts
        .keys()
        .filter((index) => wordKey(undecorated(texts[index] ?? '')) === span)
        .toArray();
  if (inFull.length === 1) return inFull[0];
  const letter = parseLetter(output, texts.length);
  if (letter !== undefined) return letter;
  const named = createLabelReader(texts)(output);
  return named === undefined ? undefined : texts.indexOf(named);
}

/** @param tolerance absolute: the largest difference that still counts as right */
function scoreNumber({ numbers }: RightAnswers, found: ExactDecimal | undefined, tolerance: ExactDecimal): ItemScore {
  const answer = found === undefined ? undefined : formatDecimal(found);
  return {
    value: found !== undefined && numbers.some((number) => isWithin(found, number, tolerance)) ? 1 : 0,
    answer,
    isUnparsed: found === undefined,
    metrics: {},
    ...(answer !== undefined && { detail: { read: answer } }),
  };
}
