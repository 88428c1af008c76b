/**
 * The dictionary that adversaries guess from: phrases that people take when nobody makes them a better one, then every
 * ordered pair of some everyday words. A real attacker's has billions; this one shows whether guessing works at all.
 */
const common: readonly string[] = [
  'correct horse battery staple',
  'open sesame',
  'let me in',
  'password',
  'password1',
  'password123',
  'qwertyuiop',
  'iloveyou',
  'letmein',
  'trustno1',
  'welcome',
  'abracadabra',
  'swordfish',
  'hello world',
  'to be or not to be',
  'the cake is a lie',
  'winter is coming',
  'may the force be with you',
  'so long and thanks for all the fish',
  'the quick brown fox',
];

/** Animals, fruit, colours, things of a house. */
const everyday: readonly string[] =
  'cat dog horse tiger apple banana lemon orange red green purple coffee house garden river sunny'.split(' ');

export function dictionary(): readonly string[] {
  const pairs = everyday.flatMap((first) => everyday.map((second) => `${first} ${second}`));
  return [...common, ...pairs];
}
