import type { VNode } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

export interface NumberFieldProps {
  readonly label: string;
  /** What stands in it now, as a reader types it. */
  readonly text: string;
  readonly placeholder?: string;
  /** Takes what was typed. @returns what was expected where it can't be read */
  readonly onType: (text: string) => string | undefined;
}

/** A field for an amount with its unit; it says what it expects where it can't read one. */
export function NumberField({ label, text, placeholder, onType }: NumberFieldProps): VNode {
  const [typed, setTyped] = useState(text);
  const [expected, setExpected] = useState<string>();
  const id = useId();
  useEffect(() => {
    setTyped(text);
    setExpected(undefined);
  }, [text]);
  return (
    <>
      <input
        type="text"
        class="typed"
        aria-label={label}
        aria-invalid={expected !== undefined}
        aria-describedby={expected === undefined ? undefined : id}
        placeholder={placeholder}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={(event) => setExpected(onType(event.currentTarget.value))}
      />
      {expected === undefined ? null : (
        <span class="expected" id={id} role="alert">
          expected {expected}
        </span>
      )}
    </>
  );
}
