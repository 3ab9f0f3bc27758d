import type { Interval } from '../../core/measurement.ts';

/** What became of the items with one right label, under one model. */
export interface ConfusionRow {
  /** The right label. */
  readonly label: string;
  readonly items: number;
  /** Labels that were given, and how often; in the order of {@link BoardAnswers.labels}. */
  readonly given: readonly (readonly [label: string, count: number])[];
  /** Answers that no label could be read from. */
  readonly unread: number;
  /** Answers that never came: the output ended in thoughts, or a filter held it back. */
  readonly cut: number;
  /** Requests that failed in the engine. */
  readonly failed: number;
}

/** A share with what it was counted from. */
export interface CountedShare {
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
}

/** How well a model knows one label. */
export interface LabelFigures {
  readonly label: string;
  /** Items of which it is the right label. */
  readonly support: number;
  /** Answers that gave it. */
  readonly given: number;
  /** Of both. */
  readonly right: number;
  /** Undefined where the label was never given. */
  readonly precision: CountedShare | undefined;
  /** Undefined where it is never the right one. */
  readonly recall: CountedShare | undefined;
  /** Undefined where precision or recall is. */
  readonly f1: CountedShare | undefined;
}

/** Mean of F1 over the labels that are right or given for at least one item; where one has none, it counts as 0. */
export interface MacroF1 {
  readonly value: number;
  readonly interval: Interval;
  readonly labels: number;
}

/** How a model does on one label after the other. */
export interface ModelLabels {
  readonly model: string;
  readonly items: number;
  /** By right label, in the order of {@link BoardAnswers.labels}; labels that are never right have none. */
  readonly rows: readonly ConfusionRow[];
  readonly figures: readonly LabelFigures[];
  readonly macroF1: MacroF1;
}

/** What one model answered to an item. */
export interface ListedAnswer {
  readonly kind: 'answer' | 'unread' | 'cut' | 'failed';
  /** Shortened; empty for none. */
  readonly text: string;
  readonly score: number;
}

export interface ListedItem {
  readonly itemId: string;
  /** Shortened. */
  readonly expected: string;
  /** As many as models of {@link ItemAgreement}; null where a model wasn't asked. */
  readonly answers: readonly (ListedAnswer | null)[];
}

/** Items of one sort: how many there are, and the first of them. */
export interface ItemList {
  readonly count: number;
  readonly first: readonly ListedItem[];
}

/** Items side by side: those that no model gets right, and those that some do. */
export interface ItemAgreement {
  readonly models: readonly string[];
  /** That at least two models answered. */
  readonly items: number;
  /** Every model answered each of them. */
  readonly isComplete: boolean;
  /** Scores between 0 and 1 occur: what isn't wholly right isn't missed. */
  readonly isGraded: boolean;
  /** Score 0 by all models that answered; first those where most of them say the same. */
  readonly missed: ItemList;
  /** Of the missed: at least two models give the same answer. */
  readonly missedAlike: number;
  /** Different scores; first those where the scores are furthest apart. */
  readonly disputed: ItemList;
}

/** How often one field of a JSON answer was right. */
export interface FieldFigures {
  /** Such as `address.city`. */
  readonly path: string;
  readonly right: number;
  /** Items whose right answer has the field. */
  readonly items: number;
  readonly interval: Interval;
}

export interface ModelFields {
  readonly model: string;
  readonly fields: readonly FieldFigures[];
}

/** What is to be said of the answers of all models to one task, beside their accuracy. Plain JSON. */
export interface BoardAnswers {
  /** Right labels, the commonest first, then those that were only given; empty where answers are no labels. */
  readonly labels: readonly string[];
  readonly byLabel: readonly ModelLabels[];
  /** Items share a passage or the like, of which intervals of labels know nothing. */
  readonly hasClusters: boolean;
  /** Undefined below two models. */
  readonly agreement: ItemAgreement | undefined;
  /** Of tasks whose answers are JSON. */
  readonly byField: readonly ModelFields[];
}
