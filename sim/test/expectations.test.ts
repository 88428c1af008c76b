/** What a scenario expects beside its oracles is looked at, all of it. */
import test from 'ava';
import { lp1Subject, play } from './play.ts';

test('what is expected of several hosts is expected of each: the second one alone can turn it red', (t) => {
  const text = `
title: bob's time is over before alice begins
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels, startsMs: 20000}
  bob: {on: lan, phrase: my hovercraft is full of eels, windowMs: 10000}
expect:
  - {notice: ended, host: [alice, bob], count: 0}
  - {sends: SHARE, host: [alice, bob], count: 0}
  - {lines: 0, host: [alice, bob]}
endsMs: 30000
`;
  const { verdict, expectations } = play(text, { subject: lp1Subject() });
  t.is(verdict, 'fail');
  t.deepEqual(
    expectations.map(({ what, held }) => `${what}: ${held}`),
    [
      'alice says ended 0 times: true',
      'bob says ended 0 times: false',
      'alice sends SHARE 0 times: true',
      'bob sends SHARE 0 times: true',
      '0 lines in authorized_keys of alice: true',
      '0 lines in authorized_keys of bob: true',
    ],
  );
});
