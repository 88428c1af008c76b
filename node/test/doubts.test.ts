/** Whom a name leads to, against what the peer itself lists: what is doubted, and what is not. */
import test from 'ava';
import { doubtText, makeNames } from '../doubts.ts';

/** Asks for the name, and says what is doubtful of it where the peer lists these. */
function doubted(answers: readonly string[], listed: readonly string[]): readonly string[] {
  const names = makeNames((_, done) => done(null, answers));
  names.resolve({ kind: 'addresses', name: 'bob.local' }, () => undefined);
  const found = names.doubts(listed);
  return found.flatMap(([name, addresses]) => [name, ...addresses]);
}

test('an address that the peer does not list is doubted, in whatever family it was heard', (t) => {
  t.deepEqual(doubted(['10.0.0.66'], ['10.0.0.2', 'fe80::2']), ['bob.local', '10.0.0.66']);
  t.deepEqual(doubted(['10.0.0.2', 'fd00::66'], ['10.0.0.2']), ['bob.local', 'fd00::66']);
});

test('its own addresses are not, however they are written', (t) => {
  t.deepEqual(doubted(['10.0.0.2', 'fe80::2%eth0', 'FD00:0::2'], ['fe80::2', 'fd00::2', '10.0.0.2']), []);
});

test('who says nothing of his addresses, or has more than he can say, leaves nothing to doubt by', (t) => {
  t.deepEqual(doubted(['10.0.0.66'], []), []);
  t.deepEqual(
    doubted(
      ['10.0.0.66'],
      Array.from({ length: 12 }, (_, i) => `10.0.0.${i + 2}`),
    ),
    [],
  );
});

test('a name is doubted once for each time that it is asked for', (t) => {
  const names = makeNames((_, done) => done(null, ['10.0.0.66']));
  names.resolve({ kind: 'addresses', name: 'bob.local' }, () => undefined);
  t.is(names.doubts(['10.0.0.2']).length, 1);
  t.is(names.doubts(['10.0.0.2']).length, 0);
});

test('what the network says of a name does not move the cursor', (t) => {
  t.false(/[^ -~]/.test(doubtText('bob\u001b[2J', 'bob.local', ['10.0.0.66\u0007'])));
});
