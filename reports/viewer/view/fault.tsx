/** In the place of what did not come, so that nobody waits for it. */
import type { JSX } from 'preact';

export function Fault({ why }: { readonly why: string }): JSX.Element {
  return (
    <p class="fault" role="alert">
      {why}
    </p>
  );
}
