/** Scenarios as tests write them: YAML, read as files are, so that every test of a run is a test of the reader too. */
import {
  type RunOptions,
  type RunResult,
  readScenario,
  runScenario,
  type Scenario,
  type Subject,
  subjects,
  vocabulary,
} from '../index.ts';

export function scenarioOf(text: string): Scenario {
  const result = readScenario(text, { file: 'test.yaml', name: 'test/test', vocabulary });
  if (!result.ok)
    throw new Error(result.problems.map(({ line, what, next }) => `${line}: ${what}. ${next}`).join('\n'));
  return result.scenario;
}

export function annexSubject(): Subject {
  return subjectNamed('annex');
}

/** On the symbolic suite. */
export function lp1Subject(): Subject {
  return subjectNamed('lp1');
}

function subjectNamed(name: string): Subject {
  const subject = subjects.get(name);
  if (subject === undefined) throw new Error(`${name} is not there`);
  return subject;
}

export function play(
  text: string,
  options: RunOptions & { readonly seed?: number; readonly subject?: Subject } = {},
): RunResult {
  const scenario = scenarioOf(text);
  return runScenario(scenario, options.subject ?? annexSubject(), options.seed ?? scenario.seed, options);
}

/** Two with one phrase on one segment; `more` is the rest of the file. */
export function couple(more: string, network = '{}', bob = ''): string {
  return `
title: two pair
protocols: {annex: pass}
network: {lan: ${network}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 2000${bob}}
${more}
`;
}
