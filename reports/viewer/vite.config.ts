/**
 * One script and one style sheet, to be put into a page that is opened from the disk: nothing is loaded later.
 *
 * ajv makes its validator by generating code, which a page may forbid (Content-Security-Policy without `unsafe-eval`). So
 * it is generated here, and the page gets the validator alone.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import { scenarioSchema } from '../../sim/scenario/schema.ts';

const validator: Plugin = {
  name: 'ready-made validator',
  enforce: 'pre',
  resolveId: { filter: { id: /^ajv\/dist\/2020\.js$/ }, handler: () => '\0validator' },
  load: { filter: { id: /^\0validator$/ }, handler: validatorCode },
};

function validatorCode(): string {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    verbose: true,
    code: { source: true, esm: true },
  });
  // As in sim/scenario/shape.ts, which finds this in the place of ajv.
  const code = standaloneCode(ajv, ajv.compile(scenarioSchema));
  return `${code}\nexport class Ajv2020 { compile() { return validate; } }\n`;
}

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  plugins: [validator],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/reports/viewer',
    emptyOutDir: false,
    target: 'es2023',
    reportCompressedSize: false,
    // A busy machine is no fault of a plugin's.
    rolldownOptions: { checks: { pluginTimings: false } },
    lib: {
      entry: 'main.tsx',
      name: 'lanpairViewer',
      formats: ['iife'],
      fileName: () => 'viewer.js',
      cssFileName: 'viewer',
    },
  },
});

export default config;
