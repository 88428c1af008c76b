/** Had this message not arrived, or later, or twice. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Edits, type Rule, ruleFor } from '../history/edits.ts';
import type { Message, RunHistory } from '../history/history.ts';
import { Part } from './part.tsx';

interface Props {
  readonly message: Message;
  readonly history: RunHistory;
  readonly edits: Edits;
  readonly onEdit: (edits: Edits, at?: number) => void;
}

export function Otherwise({ message, history, edits, onEdit }: Props): JSX.Element {
  const [byMs, setByMs] = useState(500);
  const change = (does: Rule['does']) => (): void => {
    const rule = ruleFor(history, message, does, byMs);
    onEdit({ ...edits, rules: [...edits.rules, rule] }, history.moments[message.sender]?.n);
  };
  return (
    <Part title="What if it had been">
      <div class="jumps">
        <button type="button" onClick={change('drop')}>
          dropped
        </button>
        <button type="button" onClick={change('delay')}>
          later
        </button>
        <button type="button" onClick={change('repeat')}>
          repeated
        </button>
        <label class="inline">
          by
          <input
            type="number"
            min="1"
            max="600000"
            value={byMs}
            onChange={(event) =>
              setByMs(Math.min(600_000, Math.max(1, Math.floor(event.currentTarget.valueAsNumber || 1))))
            }
          />
          ms
        </label>
      </div>
    </Part>
  );
}
