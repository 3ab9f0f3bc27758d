import type { VNode } from 'preact';
import type { NotePlace, CodedNote } from '../../present/notes.ts';
import { Block } from './block.tsx';

/** `6 cells`, `2 tasks`. */
function countText(places: readonly NotePlace[]): string {
  const isOfTasks = places.every(({ model }) => model === '');
  const count = new Set(places.map(({ task, model }) => JSON.stringify([task, model]))).size;
  return `${count} ${isOfTasks ? 'task' : 'cell'}${count === 1 ? '' : 's'}`;
}

function Place({ place: { task, model, metrics, detail } }: { readonly place: NotePlace }): VNode {
  return (
    <li>
      {model === '' ? (
        task
      ) : (
        <>
          <bdi>{model}</bdi> on {task}
        </>
      )}
      {metrics === '' ? '' : `, ${metrics}`}
      {detail === '' ? '' : `: ${detail}`}
    </li>
  );
}

function Note({ note }: { readonly note: CodedNote }): VNode {
  const { code, isDoubt, term, text, todo, summary, places } = note;
  return (
    <li id={`note-${code}`}>
      <b class={isDoubt ? 'code doubtful' : 'code'}>{code}</b>
      <div>
        <p>
          {term === '' ? null : <span class={isDoubt ? 'chip doubtful' : 'chip'}>{term}</span>} {text} {todo}
        </p>
        <details class="on-paper">
          <summary>
            {countText(places)}
            {summary === '' ? '' : `: ${summary}`}
            <span class="off-screen"> (note {code})</span>
          </summary>
          <ul>
            {places.map((place) => (
              <Place key={JSON.stringify(place)} place={place} />
            ))}
          </ul>
        </details>
      </div>
    </li>
  );
}

/** Every note once: what it means, what to do about it, and where it applies. Tables refer to them by their codes. */
export function NotesBlock({ notes }: { readonly notes: readonly CodedNote[] }): VNode {
  const subtitle =
    notes.length === 0
      ? 'There are none: nothing speaks against these numbers.'
      : 'Letters beside numbers refer to these. Doubts come first; invalid numbers enter no score.';
  return (
    <Block id="notes" title="Notes" subtitle={subtitle}>
      <ul class="note-list">
        {notes.map((note) => (
          <Note key={note.code} note={note} />
        ))}
      </ul>
    </Block>
  );
}
