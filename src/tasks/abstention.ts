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
const isNot = "(?:is|are|was|were|has|have|can|could|does|do)(?: not|n't|not)(?: been| be)?";
const subject =
  '(?:(?:the|this|that|your|such|any|requested|exact|specific|relevant|necessary|asked) ){0,3}(?:question|answer|information|detail|data|it|this|that)s?(?: (?:to|for|about|asked|you asked|as asked|in)(?: \\S+){0,8}?)?';
const thing =
  '(?:(?:such|specific|relevant|explicit|clear|direct|correct|definite|possible|valid|enough|sufficient|further|mention|indication|information) ){0,2}(?:answer|information|mention|indication|evidence|detail|data|reference|statement|way)s?';
const given =
  '(?:mentioned|stated|given|provided|specified|said|available|found|answered|included|present|disclosed|indicated|discussed|described|addressed|named|listed|contained|possible|determinable|told|clear|answerable|identified|explained)';
/** The answer ends here, or a reason follows. */
const end = `(?=$|\\s*[.,;:!?(]|\\s+[-–—]|[–—]|\\s(?:because|since|as|given|due to|here)\\b|\\s${inSource}\\b)`;

const abstaining: readonly RegExp[] = [
  `(?:unanswerable|not answerable|n/a|not applicable|no answer|no valid answer|not enough information|no information)${end}`,
  `(?:${subject} )?(?:is|was|remains|seems|appears|would be|it's)(?: to be)? (?:therefore |thus |simply |an? )?(?:unanswerable|not answerable)\\b`,
  `(?:it|that|this)'s (?:an )?unanswerable\\b`,
  `(?:cannot|can't|can not|could not|couldn't|not) be (?:answered|determined|found|inferred|known|identified|derived|concluded|ascertained)${end}`,
  `${subject} (?:cannot|can't|can not|could not|couldn't) be (?:answered|determined|found|inferred|known|identified|derived|concluded|ascertained)\\b`,
  `(?:i|we) (?:am |are |'?m )?(?:really |simply )?(?:cannot|can't|can not|could not|couldn't|am unable to|unable to|not able to|do not|don't|did not|didn't) ${adverbs}(?:answer|determine|find|tell|say|know|infer|identify|locate|see an|see any|have (?:enough|any|the|an|sufficient)|(?:provide|give) (?:an?|the|you an|you the) answer)\\b`,
  `(?:i am|i'm|we are|we're) (?:unable|not able) to ${adverbs}(?:answer|determine|find|tell|say|identify|locate|(?:provide|give) (?:an?|the) answer)\\b`,
  `(?:it is |it's |this is |that is )(?:not possible|impossible|not clear|unclear|unknown|not known) (?:to (?:answer|determine|say|tell|know|find|identify|infer)|${inSource})\\b`,
  `(?:not possible|impossible|unable) to (?:answer|determine|say|tell|know|find|identify|infer)\\b`,
  `(?:${subject} )?(?:${isNot} |not |isn't )${adverbs}${given}${end}`,
  `not ${adverbs}${inSource}${end}`,
  `${subject} (?:(?:is |are |was )?not|isn't|aren't|wasn't) ${adverbs}${inSource}\\b`,
  `(?:the |this |that )?question (?:has no|does not have an?|doesn't have an?) answer\\b`,
  `${subject} .{0,150}\\b(?:but|and|which) ${source} (?:does not|doesn't|never|do not) ${adverbs}(?:say|mention|answer|provide|state|specify|give|contain)\\b`,
  `(?:\\S+ ){1,15}${isNot} ${adverbs}${given} ${inSource}\\b`,
  `(?:${source}|it|the author|the writer) (?:itself |alone |provided |given |above ){0,2}(?:does not|doesn't|did not|didn't|do not|don't|never|fails to|cannot|can't) ${adverbs}(?:say|mention|provide|state|specify|answer|contain|give|include|tell|indicate|explain|discuss|describe|address|identify|name|offer|reveal|list|have|cover|clarify|disclose|supply|note|define|make|refer|talk|speak|report)s?\\b`,
  `${source} (?:provided |given |above )?(?:has|contains|gives|provides|offers|makes|includes) no ${thing}\\b`,
  `${source} (?:is|remains) silent\\b`,
  `nothing (?:${inSource} |is |was ){1,2}(?:says?|mentions?|said|mentioned|stated|answers?|tells?|indicates?)\\b`,
  `there(?: is|'s| was| are) (?:no|not enough|insufficient|not any|not sufficient|not an?) ${thing}\\b`,
  `there (?:isn't|is not|aren't|are not) (?:any|enough|sufficient|an?) ${thing}\\b`,
  `no ${thing} (?:(?:is|are|can be|exists) )?(?:${given}|exists?|${inSource})${end}`,
  `no ${thing} (?:(?:is|are|was|were|can be|could be|has been) )?${given} ${inSource}\\b`,
  `no ${thing} (?:is|are|can be) (?:explicitly |directly |clearly )?${given}\\b`,
  `(?:insufficient|not enough|lack of|inadequate) (?:information|context|data|details|evidence)\\b`,
].map((pattern) => new RegExp(`^(?:${pattern})`, 'u'));

/** `None. The passage does not say.`: no answer alone, but before a sentence that abstains. */
const weakTerm = /^(?:none|unknown|unclear|undetermined|nothing|no|null)\s*[.,;:(–—-]+\s*/u;
/** `…, so the question is unanswerable.` */
const conclusion = /(?:[,:]|\b(?:is|so|thus|hence|therefore)[,:]?) (?:an? )?unanswerable(?: question)?\W{0,5}$/u;
const longest = 300;

/** Lower case, without quotes, markdown and brackets around it; apostrophes plain, single spaces. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[‘’]/gu, "'")
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
