// Fetches DynamoDB Local with Maven into a folder, once, for the tests of the state in DynamoDB. Prints the folder.
// Usage: node scripts/get-dynamodb-local.ts [FOLDER]. Exit 1 with the reason when there is no Maven or no Java.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '2.6.1';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, '.cache', `dynamodb-local-${version}`));

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

function fetchInto(target: string): void {
  for (const program of ['mvn', 'java']) {
    if (spawnSync(program, ['-version'], { stdio: 'ignore' }).status !== 0) {
      throw new Error(
        `${program} is not on this machine: install it, or run without the tests on DynamoDB Local`,
      );
    }
  }
  mkdirSync(dirname(target), { recursive: true });
  // Beside the target, and moved there when it is whole: an interrupted download is never taken for one.
  const work = mkdtempSync(`${target}.part-`);
  try {
    writeFileSync(join(work, 'pom.xml'), project);
    const args = ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${join(work, 'lib')}`];
    const maven = spawnSync('mvn', args, { cwd: work, encoding: 'utf8' });
    if (maven.status !== 0) throw new Error(`mvn ended with ${maven.status}\n${maven.stdout}${maven.stderr}`);
    renameSync(join(work, 'lib'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  if (!existsSync(folder)) fetchInto(folder);
  console.log(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
