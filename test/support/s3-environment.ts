// The AWS environment of a test: keys that open nothing, and no file or machine of the person who runs it is asked.

export function useTestCredentials(): void {
  process.env['AWS_ACCESS_KEY_ID'] = 'test-key';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test-secret';
  delete process.env['AWS_SESSION_TOKEN'];
  delete process.env['AWS_PROFILE'];
  process.env['AWS_REGION'] = 'us-east-1';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_CONFIG_FILE'] = '/dev/null';
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
}
