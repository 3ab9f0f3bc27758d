/**
 * Sentences that say that a passage has no answer to a question.
 *
 * What an answer opens with counts, so that one which abstains and then guesses has abstained. A span of a passage may have
 * the same words ("no answer was given", "the unknown soldier", "None"), so that a term counts only where it is the whole
 * answer, or a reason follows; a sentence only where it speaks of the question, the answer or the passage in the present
 * tense, or names its source.
 */

import { normalizeSpan } from './squad-metric.ts';

/** Normal forms of whole answers that mean "no answer". */
const terms: ReadonlySet<string> = new Set(
  ['unanswerable', 'no answer', 'cannot be answered', "can't be answered", 'not answerable'].map(normalizeSpan),
);

const source =
  '(?:(?:the|this|that|your|provided|given|above|following|supplied) ){0,3}(?:passage|text|context|article|paragraph|excerpt|document|source|story|snippet|background|information)s?';
const inSource = `(?:in|by|from|within|on|using|with|based on|according to|anywhere in) ${source}`;
const adverbs =
  '(?:(?:explicitly|directly|clearly|specifically|actually|really|even|ever|seem to|appear to|itself|simply|definitively|currently) ){0,3}';
const isNot = '(?:is|are|was|were|has|have|can|could|does|do) ?not(?: been| be)?';
const subject =
  '(?:(?:the|this|that|your|such|any|requested|exact|specific|relevant|necessary|asked) ){0,3}(?:question|answer|information|detail|data|it|this|that)s?(?: (?:to|for|about|asked|you asked|as asked|in)(?: \\S+){0,8}?)?';
const thing =
  '(?:(?:such|specific|relevant|explicit|clear|direct|correct|definite|possible|valid|enough|sufficient|further|mention|indication|information) ){0,2}(?:answer|information|mention|indication|evidence|detail|data|reference|statement|way)s?';
const given =
  '(?:mentioned|stated|given|provided|specified|said|available|found|answered|included|present|disclosed|indicated|discussed|described|addressed|named|listed|contained|possible|determinable|told|clear|answerable|identified|explained)';
/** Of a whole answer: what a passage may say of other things is left out. */
const bareGiven =
  '(?:mentioned|stated|given|provided|specified|said|available|found|answered|disclosed|indicated|discussed|addressed|answerable)';
const toTell = '(?:answer|determine|say|tell|know|find|identify|infer|conclude)';
/** The answer ends here, or a reason follows. */
const end = `(?=$|\\s*[.,;:!?(]|\\s+[-–—]|[–—]|\\s(?:because|since|as|given|due to|here)\\b|\\s${inSource}\\b)`;

const abstaining: readonly RegExp[] = [
  `(?:(?:the |this )?question )?(?:unanswerable|undeterminable|not answerable|n/a|not applicable|no answer|no valid answer|not enough information|no information)${end}`,
  `(?:${subject} )?(?:is|was|remains|seems|appears|would be)(?: to be)? (?:therefore |thus |simply |an? )?(?:unanswerable|not answerable)\\b`,
  `(?:cannot|can not|could not|not) be (?:answered|determined|found|inferred|known|identified|derived|concluded|ascertained)${end}`,
  `${subject} (?:cannot|can not|could not) be (?:answered|determined|found|inferred|known|identified|derived|concluded|ascertained)\\b`,
  `(?:i|we) (?:am |are )?(?:really |simply )?(?:cannot|can not|could not|am unable to|unable to|not able to|do not|did not) ${adverbs}(?:answer|determine|find|tell|say|know|infer|identify|locate|see an|see any|have (?:enough|any|the|an|sufficient)|(?:provide|give) (?:an?|the|you an|you the) answer)\\b`,
  `(?:i am|i'm|we are|we're) (?:unable|not able) to ${adverbs}(?:answer|determine|find|tell|say|identify|locate|(?:provide|give) (?:an?|the) answer)\\b`,
  `(?:it|this|that) is (?:not possible|impossible|not clear|unclear|unknown|not known) (?:to ${toTell}|${inSource})\\b`,
  `(?:not possible|impossible|unable) to ${toTell}\\b`,
  `(?:cannot|can not|could not|unable to) ${toTell}${end}`,
  `not ${adverbs}${bareGiven}${end}`,
  `${subject} (?:${isNot}|not) ${adverbs}${given}${end}`,
  `not ${adverbs}${inSource}${end}`,
  `${subject} (?:(?:is |are |was )?not) ${adverbs}${inSource}\\b`,
  `(?:the |this |that )?question (?:has no|does not have an?) answer\\b`,
  `${subject} .{0,150}\\b(?:but|and|which) ${source} (?:does not|never|do not) ${adverbs}(?:say|mention|answer|provide|state|specify|give|contain)\\b`,
  `(?:\\S+ ){1,15}${isNot} ${adverbs}${given} ${inSource}\\b`,
  `(?:${source}|the author|the writer) (?:itself |alone |provided |given |above ){0,2}(?:does not|did not|do not|never|fails to|cannot) ${adverbs}(?:say|mention|provide|state|specify|answer|contain|give|include|tell|indicate|explain|discuss|describe|address|identify|name|offer|reveal|list|have|cover|clarify|disclose|supply|note|define|make|refer|talk|speak|report)s?\\b`,
  `it (?:does not|did not) ${adverbs}(?:say|mention|state|specify|answer|tell|indicate)\\b`,
  `${source} (?:provided |given |above )?(?:has|contains|gives|provides|offers|makes|includes) no ${thing}\\b`,
  `${source} (?:is silent|remains silent|lacks|does not${end}|(?:says|mentions|states|tells us) nothing|leaves (?:it|this|that|the question))`,
  `there (?:is|was|are|were) no (?:\\S+ ){1,6}${inSource}\\b`,
  `nothing (?:${inSource} |is |was ){1,2}(?:says?|mentions?|said|mentioned|stated|answers?|tells?|indicates?)\\b`,
  `there (?:is|was|are) (?:no|not enough|insufficient|not any|not sufficient|not an?) ${thing}\\b`,
  `no ${thing} (?:(?:is|are|can be|exists) )?(?:${given}|exists?|${inSource})${end}`,
  `no ${thing} (?:(?:is|are|was|were|can be|could be|has been) )?${given} ${inSource}\\b`,
  `no ${thing} (?:is|are|can be) (?:explicitly |directly |clearly )?${given}\\b`,
  `(?:insufficient|not enough|inadequate) (?:information|context|data|details|evidence)(?:${end}| to ${toTell}\\b| about\\b)`,
].map((pattern) => new RegExp(`^(?:${pattern})`, 'u'));

/** `None. The passage does not say.`: no answer alone, but before a sentence that abstains. */
const weakTerm = /^(?:none|unknown|unclear|undetermined|nothing|no|null)\s*[.,;:(–—-]+\s*/u;
/** `…, so the question is unanswerable.` */
const conclusion =
  /(?:[,:;]|\b(?:is|say|write|so|thus|hence|therefore)[,:]?) (?:an? )?unanswerable(?: question)?\W{0,5}$/u;
const longest = 300;

/** Lower case, without quotes, markdown and brackets around it; apostrophes plain, single spaces. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[‘’]/gu, "'")
    .replaceAll("can't", 'cannot')
    .replaceAll("n't", ' not')
    .replaceAll(/\b(it|that|there)'s\b/gu, '$1 is')
    .replaceAll(/[*_`"“”«»[\]<>]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .replace(/^[('\s]+/u, '')
    .trim();
}

/** Whether an answer says that there is none; one that says nothing doesn't. */
export function isAbstention(answer: string): boolean {
  const start = answer.slice(0, longest);
  if (terms.has(normalizeSpan(start))) return true;
  const said = plain(start);
  const sentence = said.replace(weakTerm, '');
  const isSaid = [said, sentence].some((text) => text !== '' && abstaining.some((pattern) => pattern.test(text)));
  return isSaid || conclusion.test(plain(answer.slice(-longest)));
}
