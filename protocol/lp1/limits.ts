/** How long everything takes, and how much there may be of it: SPEC.md sections 7 and 8. */

/** In ms. A pair is a range for the driver to draw within. */
export const times = {
  /** Gaps between BEACONs, each times 0.8 to 1.2; the last one repeats. */
  beacon: [500, 1000, 2000, 4000, 8000, 16_000, 20_000],
  /** A first BEACON that no person waits for. */
  spread: 250,
  rest: 5000,
  echo: [200, 300],
  /** What a candidate's work leads to leaves after this, so that its time says nothing about the work. */
  cover: [5, 25],
  repeat: 200,
  repeatMax: 8000,
  crowd: 1000,
  unit: 50,
  key: 167,
  multicast: 500,
  calm: 200,
  /** What waits because of `calm` has been said after this, late timers allowed for. */
  calmMax: 600,
  linger: 16_000,
  /** After a cancel before anybody's proof: most likely nobody has stored anything. */
  lingerKeyed: 4000,
  /** After a peer's CANCEL: our answer to it may be lost, and is asked for again. */
  lingerTold: 2000,
} as const;

export const limits = {
  datagramBytes: 1200,
  beaconBytes: 96,
  /** Proven places of all candidates together, so no more candidates than that. When full, who has most of them loses one. */
  candidates: 256,
  /** Times that a SHARE with one cookie of a place is said before another one's turn comes. */
  cookieTries: 2,
  /** Times that a SHARE is said to one port before another port of that iid and address may end its turn. */
  shareTries: 2,
  /** Further places to which READY and DONE are repeated. */
  also: 3,
  echoes: 64,
  others: 99,
  /** Places that replays may have answers sent to within `calm`; candidates and bonds always have theirs. */
  said: 256,
  watch: 16,
  bonds: 64,
  /** Units of work that may be saved up; 20 a second come in. An honest pair alone needs 3. */
  units: 6,
  /** Keys that may be saved up; 6 a second come in. */
  keys: 6,
  multicasts: 5,
  /** Of them, what a READY to the group leaves for BEACONs. */
  spared: 2,
  /** What a CONFIRM to the group leaves for READYs and BEACONs. */
  sparedByConfirm: 3,
  /** Of the READYs to the group every so many has its CONFIRM before it. */
  everyConfirm: 4,
  /** Times that a READY is said before it goes to the groups as well. */
  unheard: 3,
  /** Repetitions to a candidate that says nothing new: about a minute. It is answered again when it does. */
  repeats: 14,
  /** Copies of an answer to an unproven source: 3 * 96 B for 96 B (RFC 9000 section 8.1). */
  copies: 3,
} as const;
