/**
 * What the page does by itself: filters its tables, tells what is behind a mark, a dot or an arrow that is clicked, and marks in its navigation where the reader is. Everything else is
 * links and style sheets, so that a page without scripts shows all of it.
 *
 * The function is put into the page as its own text, so it uses nothing but what it is given. The types are those parts
 * of the browser's that it needs: the rest of the project has no business with a document.
 */

interface Element {
  hidden: boolean;
  value: string;
  textContent: string | null;
  readonly tagName: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelectorAll(selector: string): Iterable<Element>;
  closest(selector: string): Element | null;
  addEventListener(type: string, listen: (event: Happened) => void): void;
  focus(): void;
  readonly offsetParent: unknown;
}

interface Happened {
  readonly key?: string;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
  readonly target: Element;
  preventDefault(): void;
}

export interface Page {
  readonly document: Pick<Element, 'querySelectorAll' | 'addEventListener'> & {
    getElementById(id: string): Element | null;
  };
  readonly location: { readonly hash: string };
  addEventListener(type: string, listen: (event: Happened) => void): void;
}

export function behave(window: Page): void {
  const { document } = window;
  const fields = [...document.querySelectorAll('[data-filters]')];

  const filter = (table: string): void => {
    const words = fields
      .filter((field) => field.getAttribute('data-filters') === table)
      .flatMap((field) => field.value.toLowerCase().split(/\s+/))
      .filter((word) => word !== '');
    let shown = 0;
    let all = 0;
    for (const row of document.querySelectorAll(`#${table} > tbody > tr`)) {
      const text = `${row.getAttribute('data-words') ?? ''} ${row.textContent ?? ''}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      all++;
      if (!row.hidden) shown++;
    }
    const told = document.getElementById(`${table}-shown`);
    if (told !== null)
      told.textContent = `${words.length === 0 ? '' : `${shown} of `}${all} ${all === 1 ? 'row' : 'rows'}`;
  };
  for (const field of fields) {
    const table = field.getAttribute('data-filters') ?? '';
    field.addEventListener('input', () => filter(table));
    // A browser may have kept what was typed.
    if (field.value !== '') filter(table);
  }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey === true || event.metaKey === true || event.altKey === true) return;
    const isTyping = ['INPUT', 'SELECT', 'TEXTAREA'].includes(event.target.tagName);
    if (event.key === '/' && !isTyping) {
      const field = fields.find((one) => one.offsetParent !== null);
      if (field === undefined) return;
      event.preventDefault();
      field.focus();
    }
    if (event.key === 'Escape' && fields.includes(event.target)) {
      event.target.value = '';
      filter(event.target.getAttribute('data-filters') ?? '');
    }
  });

  // Where nothing points, as on a telephone, what is behind a mark, a dot, an arrow or a box is read at the foot of its page.
  document.addEventListener('click', (event) => {
    const part = event.target.closest('td.mark, figure circle, figure g');
    const [title] = part?.querySelectorAll('title') ?? [];
    const text = part?.getAttribute('title') ?? title?.textContent ?? null;
    const [told] = event.target.closest('.page')?.querySelectorAll('.told') ?? [];
    if (text !== null && told !== undefined) told.textContent = text;
  });

  const mark = (): void => {
    const at = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const page = at?.closest('.page')?.getAttribute('id') ?? 'overview';
    for (const link of document.querySelectorAll('nav a')) {
      if (link.getAttribute('href') === `#${page}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  };
  window.addEventListener('hashchange', mark);
  mark();
}
