/** A part of what is told beside the diagram, under a title. */
import type { ComponentChildren, JSX } from 'preact';

export function Part({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
