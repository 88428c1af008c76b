/** Results for CI: TAP 14 and JUnit XML. */
import type { Run } from './terminal.ts';

export function tapText(runs: readonly Run[]): string {
  const lines = runs.flatMap(({ result, file }, index) => {
    const { scenario, protocol, seed, verdict, failures, hash } = result;
    const name = `${scenario} (${protocol}, seed ${seed})`;
    if (verdict === 'pass') return [`ok ${index + 1} - ${name}`];
    const why = failures.map((failure) => `    - ${JSON.stringify(failure)}`);
    return [
      `not ok ${index + 1} - ${name}`,
      '  ---',
      `  file: ${JSON.stringify(file)}`,
      `  hash: ${hash}`,
      '  failures:',
      ...why,
      '  ...',
    ];
  });
  return `${['TAP version 14', `1..${runs.length}`, ...lines].join('\n')}\n`;
}

/** One suite for each conversation, one case for each run. */
export function junitText(runs: readonly Run[]): string {
  const protocols = [...new Set(runs.map(({ result }) => result.protocol))];
  const suites = protocols.map((protocol) => {
    const own = runs.filter(({ result }) => result.protocol === protocol);
    const failed = own.filter(({ result }) => result.verdict === 'fail').length;
    const skipped = own.filter(({ result }) => result.verdict === 'inconclusive').length;
    const cases = own.map(testCase).join('');
    return `  <testsuite name="${escape(protocol)}" tests="${own.length}" failures="${failed}" errors="0" skipped="${skipped}">\n${cases}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function testCase({ result, file }: Run): string {
  const { scenario, protocol, seed, title, verdict, failures } = result;
  const head = `    <testcase classname="${escape(`${protocol}.${scenario.replaceAll('/', '.')}`)}" name="${escape(`${title} (seed ${seed})`)}"`;
  if (verdict === 'pass') return `${head}/>\n`;
  // Readers know no attribute for the file.
  const text = escape([file, ...failures].join('\n'));
  const body =
    verdict === 'fail'
      ? `<failure message="${escape(failures[0] ?? '')}">${text}</failure>`
      : `<skipped message="${escape(failures[0] ?? '')}">${text}</skipped>`;
  return `${head}>${body}</testcase>\n`;
}

/** XML 1.0 allows no control characters but tab and line ends, not even as references. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
