// The CDK app: `npx cdk deploy`, or `npx cdk deploy -c settings=FILE`. docs/deploy.md

import { toPitrError } from '../lib/domain/errors.ts';
import { synthesizeApp } from '../lib/stack/pitr-app.ts';

try {
  synthesizeApp();
} catch (caught) {
  const { message, hint } = toPitrError(caught);
  console.error(hint === undefined ? message : `${message}\n  ${hint}`);
  // At once: the CDK would synthesize what there is when the process ends by itself.
  process.exit(1);
}
