// The app of this project, for `npx cdk deploy` in its repository: one stack, held against the AWS Solutions rules of cdk-nag at
// each synth. Not packed: whoever installs the package has an app of their own.

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PitrStack } from './pitr-stack.ts';

/**
 * Context: `settings`, the settings file (pitr.yaml); `stack`, the name of the stack (TidbPitr); `lambdas`, the folder of the
 * functions (lambdas/); `dashboard`, `false` for none. Errors: those of TidbPitr.
 */
export function synthesizeApp(): void {
  const app = new App();
  const context = (name: string): string | undefined => app.node.tryGetContext(name);
  const lambdaFolder = context('lambdas');
  const isShown = `${context('dashboard') ?? true}` !== 'false';
  new PitrStack(app, context('stack') ?? 'TidbPitr', {
    settingsFile: context('settings') ?? 'pitr.yaml',
    dashboard: isShown,
    ...(lambdaFolder === undefined ? {} : { lambdaFolder }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}
