// The contract on a real S3 server, as strict as AWS in what it takes. Needs the program versitygw:
// go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

import { after, before, describe, test } from 'node:test';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import type { S3Location } from '../../lib/config/storage-url.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { findVersitygw, type RunningServer, startVersitygw } from '../support/versitygw.ts';

useTestCredentials();
const program = findVersitygw();

if (program === undefined) {
  test(
    'the S3 store on a real server',
    { skip: 'versitygw is not on this machine (see the head of this file)' },
    () => undefined,
  );
} else {
  let server: RunningServer;
  let places = 0;
  describe('a real S3 server', () => {
    before(async () => {
      server = await startVersitygw(program, ['contract']);
    });
    after(() => server.close());
    objectStoreContract(
      'versitygw',
      async () => {
        places += 1;
        const location: S3Location = {
          kind: 's3',
          bucket: 'contract',
          prefix: `place-${places}`,
          region: 'us-east-1',
          endpoint: server.endpoint,
          forcePathStyle: true,
        };
        return { store: await openS3ObjectStore(location), close: async () => undefined };
      },
      { manyObjects: 1100 },
    );
  });
}
