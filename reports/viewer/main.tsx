/** Starts the viewer in its page (`page.ts`), and shows it while the address is one of its own (`route.ts`). */
import { render } from 'preact';
import { catalogueOf, withOpened } from './page.ts';
import { hashOf, type Route, routeOf, traceRoute } from './route.ts';
import { App } from './view/app.tsx';
import { Background } from './work/background.ts';
import { hiring, serve } from './work/hands.ts';
import './viewer.css';

/** The script that runs now, while it is run for the first time. */
const ownScript = typeof document === 'undefined' ? null : (document.currentScript?.textContent ?? null);

function start(): void {
  const root = document.getElementById('viewer');
  const pages = document.getElementById('pages');
  if (root === null) return;
  let catalogue = catalogueOf(document.getElementById('lanpair-scenarios')?.textContent ?? null);
  const background = new Background(hiring(ownScript));
  let current: Route | null = null;

  const show = (route: Route | null): void => {
    current = route;
    root.hidden = route === null;
    if (pages !== null) pages.hidden = route !== null;
    if (route === null) render(null, root);
    else if (typeof catalogue === 'string')
      render(
        <p class="trouble" role="alert">
          {catalogue}
        </p>,
        root,
      );
    else
      render(<App route={route} catalogue={catalogue} background={background} onRoute={go} onScenario={open} />, root);
  };

  /** Not once the reader has gone on: the address is another one before `hashchange` says so, and is theirs. */
  const isAt = (route: Route | null): boolean => {
    const there = routeOf(location.hash);
    return route !== null && there !== null && hashOf(there) === hashOf(route);
  };

  const go = (route: Route, how: 'push' | 'replace'): void => {
    const hash = hashOf(route);
    if (how === 'push') location.hash = hash;
    else if (hash !== location.hash && isAt(current)) {
      current = route;
      history.replaceState(null, '', hash);
    }
  };

  const open = (file: string, text: string): void => {
    if (typeof catalogue === 'string') return;
    const [more, name] = withOpened(catalogue, file, text);
    catalogue = more;
    go({ ...traceRoute, name }, 'push');
  };

  addEventListener('hashchange', () => {
    const route = routeOf(location.hash);
    if (route === null || current === null || hashOf(route) !== hashOf(current)) show(route);
  });
  show(routeOf(location.hash));
}

// The same script is the page's and its worker's.
if (typeof document === 'undefined') serve();
else if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
