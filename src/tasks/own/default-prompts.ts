import type { ByStyle, ResolvedTask } from '../../core/task-definition.ts';

type Known = Pick<ResolvedTask, 'answer' | 'by' | 'labels' | 'score' | 'unanswerable'>;

const lettered = '{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}\n{% endfor %}';

/**
 * What a task asks where its file has no prompt; plain ends where the answer begins, chat asks.
 *
 * @param context the column of texts that inputs are about, which then stands before them
 */
export function defaultPrompt(known: Known, context?: string): ByStyle<string> {
  const { plain, chat } = promptOf(known);
  if (context === undefined) return { plain, chat };
  const about = `{{ row[${JSON.stringify(context)}] }}\n\n`;
  return { plain: about + plain, chat: about + chat };
}

function promptOf({ answer, by, score, unanswerable }: Known): ByStyle<string> {
  switch (answer) {
    case 'label':
      return {
        plain: '{{ input }}\nCategory ({{ labels | join(", ") }}):',
        chat: '{{ input }}\n\nWhich category fits: {{ labels | join(", ") }}? Answer with the category alone.',
      };
    case 'choice':
      return by === 'likelihood'
        ? { plain: 'Question: {{ input }}\nAnswer:', chat: '{{ input }}' }
        : {
            plain: `Question: {{ input }}\n${lettered}Answer:`,
            chat: `Question: {{ input }}\n${lettered}\n\nAnswer with the letter of the right choice alone.`,
          };
    case 'text': {
      const otherwise = unanswerable === undefined ? '' : ` If there is no answer, write {{ unanswerable | tojson }}.`;
      const hint = unanswerable === undefined ? '' : `(If there is no answer, write {{ unanswerable | tojson }}.)\n`;
      return {
        plain: `{{ input }}\n${hint}Answer:`,
        chat: `{{ input }}\n\nAnswer as briefly as possible, with the answer alone.${otherwise}`,
      };
    }
    case 'number':
      return { plain: '{{ input }}\nAnswer (a number):', chat: '{{ input }}\n\nAnswer with the number alone.' };
    case 'json':
      return score.kind === 'json' && score.schema !== undefined
        ? {
            plain: '{{ input }}\nJSON that matches the schema {{ schema }}:',
            chat: '{{ input }}\n\nAnswer with JSON alone. It must match this JSON Schema:\n{{ schema }}',
          }
        : { plain: '{{ input }}\nJSON:', chat: '{{ input }}\n\nAnswer with JSON alone.' };
    case 'free':
      return { plain: '{{ input }}', chat: '{{ input }}' };
  }
}

/** Tokens that an answer may have: enough for the longest label, or for what the kind of answer needs. */
export function defaultMaxTokens({ answer, labels = [] }: Known): ByStyle<number> {
  switch (answer) {
    case 'label': {
      // Two bytes a token is more tokens than any tokenizer needs for words; chats may put a few words around it.
      const longest = Math.max(0, ...labels.map((label) => Math.ceil(Buffer.byteLength(label) / 2)));
      return { plain: Math.max(8, longest + 2), chat: Math.max(16, longest + 12) };
    }
    case 'choice':
      return { plain: 4, chat: 16 };
    case 'text':
    case 'number':
      return { plain: 32, chat: 64 };
    case 'json':
    case 'free':
      return { plain: 512, chat: 512 };
  }
}

/** A model that only completes text doesn't know where its answer ends; one that chats does. */
export function defaultStop({ answer }: Known): ByStyle<readonly string[]> {
  return { plain: answer === 'json' || answer === 'free' ? ['\n\n'] : ['\n'], chat: [] };
}
