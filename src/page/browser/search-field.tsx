import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const searchPauseMs = 180;

/** Searches when the typing pauses. */
export function SearchField(props: {
  readonly search: string;
  readonly placeholder: string;
  readonly onSearch: (search: string) => void;
}): VNode {
  const { search, placeholder, onSearch } = props;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="wide">
      Search
      <input
        type="search"
        value={search}
        placeholder={placeholder}
        onInput={(event) => {
          const { value } = event.currentTarget;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onSearch(value), searchPauseMs);
        }}
      />
    </label>
  );
}
