import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { awsError, type ServiceCall } from '../../lib/aws/aws-errors.ts';
import { PitrError } from '../../lib/domain/errors.ts';

const call: ServiceCall = {
  place: 'function f',
  action: 'lambda:InvokeFunction',
  unavailable: 'AWS_UNAVAILABLE',
};

function named(name: string, status?: number): Error {
  const error = new Error('told so');
  error.name = name;
  return Object.assign(error, status === undefined ? {} : { $metadata: { httpStatusCode: status } });
}

const coded = (code: string) => Object.assign(new Error('connect'), { code });

const cases: readonly (readonly [PitrError['code'], readonly Error[]])[] = [
  [
    'AWS_DENIED',
    [
      named('AccessDeniedException', 400),
      named('AuthorizationErrorException', 403),
      named('KmsAccessDeniedException', 400),
      named('KMSAccessDeniedException', 502),
      named('ExpiredTokenException', 400),
      named('CredentialsProviderError'),
      named('SomethingNew', 403),
    ],
  ],
  [
    'AWS_UNAVAILABLE',
    [
      named('ThrottlingException', 400),
      named('ThrottledException', 429),
      named('TooManyRequestsException', 429),
      named('KMSThrottlingException', 400),
      named('ExecutionLimitExceeded', 400),
      named('InternalFailure', 500),
      named('InternalException'),
      named('ServiceException', 500),
      named('TimeoutError'),
      named('Whatever', 503),
      coded('ECONNREFUSED'),
      coded('ENOTFOUND'),
    ],
  ],
  [
    'INVALID_INPUT',
    [
      named('ResourceNotFoundException', 400),
      named('StateMachineDoesNotExist', 400),
      named('NotFoundException', 404),
    ],
  ],
  ['INTERNAL', [named('ValidationException', 400), named('RequestTooLargeException', 413)]],
];

describe('a failed call of a service', () => {
  for (const [code, errors] of cases) {
    for (const error of errors) {
      const name = 'code' in error ? String(error.code) : error.name;
      test(`${name} is ${code}, with place, action and cause`, () => {
        const found = awsError(error, call);
        assert.equal(found.code, code);
        assert.match(found.message, /^function f: /);
        assert.match(found.message, new RegExp(name));
        assert.equal(found.cause, error);
        assert.ok((found.hint ?? '').length > 5);
      });
    }
  }

  test('an error of ours stays as it is, and what is no error becomes one', () => {
    const ours = new PitrError('INVALID_INPUT', 'told before');
    assert.equal(awsError(ours, call), ours);
    assert.equal(awsError('thrown text', call).code, 'INTERNAL');
  });

  test('a denied call names the action that is to be allowed', () => {
    const { message, hint } = awsError(named('AccessDeniedException', 400), call);
    assert.equal(message, 'function f: lambda:InvokeFunction is denied (AccessDeniedException)');
    assert.match(hint ?? '', /allow lambda:InvokeFunction/);
  });
});
