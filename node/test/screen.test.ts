/** What is told at a narrow terminal: broken between words, and nothing that is copied is broken. */

import test from 'ava';
import fc from 'fast-check';
import { folded } from '../screen.ts';

test('a long line goes on under its beginning', (t) => {
  t.is(
    folded('  0:39  phrase proven by ann@bob:~/annex; a moment, in case another machine knows it', 40),
    ['  0:39  phrase proven by', '        ann@bob:~/annex; a moment, in', '        case another machine knows it'].join(
      '\n',
    ),
  );
  t.is(
    folded('   Next: run lanpair doctor on the other machine', 30),
    '   Next: run lanpair doctor on\n   the other machine',
  );
  t.is(folded('12. Note: nobody else was heard', 20), '12. Note: nobody\n    else was heard');
});

test('what fits stays as it is; bold letters have no width', (t) => {
  for (const text of ['', '  0:00  looking on eth0', '\u001b[1mAll is well here.\u001b[22m'])
    t.is(folded(text, 23), text);
});

test('a command, a row of a table and a long word stay whole', (t) => {
  for (const text of [
    '  0:41  git clone bob.lanpair:annex',
    '        for git: export GIT_SSH_COMMAND="ssh -i /home/ann/.local/state/lanpair/id_ed25519"',
    '   Next: sudo nft insert rule inet filter input udp dport 55556-55557 accept',
    '  eth0       10.86.0.11      lp1',
    'x'.repeat(60),
  ])
    t.is(folded(text, 20), text);
});

test('no word is lost, and none is broken', (t) => {
  const words = fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'é', ':', '1', '🐇') }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(words, fc.integer({ min: 10, max: 100 }), (said, columns) => {
      const lines = folded(`  0:00  ${said.join(' ')}`, columns).split('\n');
      t.deepEqual(lines.join(' ').split(/ +/).slice(2), said);
      for (const line of lines.slice(1))
        t.true(Array.from(line).length <= columns || line.trim().split(' ').length === 1);
    }),
  );
});
