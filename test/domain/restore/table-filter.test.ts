import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../../lib/domain/errors.ts';
import { allTables, parseTableFilter } from '../../../lib/domain/restore/table-filter.ts';

function selected(filter: string | readonly string[], names: readonly string[]): string[] {
  const { selects } = parseTableFilter(filter);
  return names.filter((name) => {
    const dot = name.indexOf('.');
    return selects(name.slice(0, dot), name.slice(dot + 1));
  });
}

function refusal(text: string): PitrError {
  try {
    parseTableFilter(text);
  } catch (error) {
    if (error instanceof PitrError) return error;
    throw error;
  }
  assert.fail(`${text} was accepted`);
}

const TABLES = ['shop.orders', 'shop.tmp_1', 'shop.tmp_keep', 'audit.events'];

test('a rule selects what both of its patterns match whole', () => {
  assert.deepEqual(selected('shop.orders', [...TABLES, 'shop.orders2', 'xshop.orders']), ['shop.orders']);
  assert.deepEqual(selected('shop.*', TABLES), ['shop.orders', 'shop.tmp_1', 'shop.tmp_keep']);
  assert.deepEqual(selected('*.*', TABLES), TABLES);
  assert.deepEqual(selected('s?op.tmp_?', [...TABLES, 'sop.tmp_1']), ['shop.tmp_1']);
  assert.deepEqual(selected('*.*e*', TABLES), ['shop.orders', 'shop.tmp_keep', 'audit.events']);
});

test('the last rule that matches decides', () => {
  assert.deepEqual(selected('shop.*,!shop.tmp_*', TABLES), ['shop.orders']);
  assert.deepEqual(selected('!shop.tmp_*,shop.*', TABLES), ['shop.orders', 'shop.tmp_1', 'shop.tmp_keep']);
  assert.deepEqual(selected('shop.*,!shop.tmp_*,shop.tmp_keep', TABLES), ['shop.orders', 'shop.tmp_keep']);
});

test('a repeated flag goes on with the rules, and spaces around a rule do not count', () => {
  assert.deepEqual(selected([' shop.* ', '! shop.tmp_*'], TABLES), ['shop.orders']);
  assert.deepEqual(selected('shop.* ,\t!shop.tmp_*', TABLES), ['shop.orders']);
});

test('only negations mean all but those, and no rule means all', () => {
  assert.deepEqual(selected('!shop.tmp_*', TABLES), ['shop.orders', 'audit.events']);
  assert.deepEqual(selected(['!shop.*', '!audit.*'], TABLES), []);
  assert.equal(parseTableFilter([]), allTables);
  assert.equal(allTables.selects('a', 'b'), true);
});

test('names compare without regard to case, in classes too', () => {
  assert.deepEqual(selected('SHOP.Orders', TABLES), ['shop.orders']);
  assert.deepEqual(selected('shop.orders', ['Shop.ORDERS']), ['Shop.ORDERS']);
  assert.deepEqual(selected('s.[A-C]', ['s.a', 's.B', 's.c', 's.d']), ['s.a', 's.B', 's.c']);
  assert.deepEqual(selected('s.[a-c]', ['s.A', 's.D']), ['s.A']);
  assert.deepEqual(selected('s.[!a-c]', ['s.A', 's.D']), ['s.D']);
  assert.deepEqual(selected('s.ÄÖİ', ['s.äöİ', 's.äö']), ['s.äöİ']);
});

test('a class holds single signs and ranges, both ends inside', () => {
  assert.deepEqual(selected('s.t[0-35]', ['s.t0', 's.t3', 's.t4', 's.t5', 's.t', 's.t00']), [
    's.t0',
    's.t3',
    's.t5',
  ]);
  assert.deepEqual(selected('s.[b-b]', ['s.a', 's.b', 's.c']), ['s.b']);
  assert.deepEqual(selected('s.[a-]', ['s.a', 's.-', 's.b']), ['s.a', 's.-']);
  assert.deepEqual(selected('s.[\\]\\^!]', ['s.]', 's.^', 's.!', 's.x']), ['s.]', 's.^', 's.!']);
  assert.deepEqual(selected('s.[😀-😂]', ['s.😁', 's.😃']), ['s.😁']);
});

test('quoted names and escaped signs stand for themselves', () => {
  const { selects } = parseTableFilter('`my.db`."a,b*",`a``b`."c""d",x.a\\.b');
  assert.equal(selects('my.db', 'a,b*'), true);
  assert.equal(selects('my.db', 'a,bc'), false);
  assert.equal(selects('a`b', 'c"d'), true);
  assert.equal(selects('x', 'a.b'), true);
  assert.equal(selects('x', 'acb'), false);
  assert.equal(parseTableFilter('my-db.$t_1').selects('my-db', '$T_1'), true);
});

test('a filter that cannot be read says where and what was expected', () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['', 1, /database name/],
    ['shop', 5, /dot and a table pattern/],
    ['shop.', 6, /table name/],
    ['.t', 1, /database name/],
    ['a.b.c', 4, /comma or the end/],
    ['a.b,', 5, /database name/],
    ['a.b,,c.d', 5, /database name/],
    ['!!a.b', 2, /database name/],
    ['a.b c.d', 5, /comma or the end/],
    ['`a.b', 5, /` to close/],
    ['``.b', 2, /between the quotes/],
    ['a.[b', 5, /\] to close/],
    ['a.[]', 4, /sign of the class/],
    ['a.[z-a]', 6, /not before "z"/],
    ['a.[^a]', 4, /! to negate/],
    ['a.\\b', 4, /no letter or digit/],
    ['a.b\\', 5, /no letter or digit/],
    ['/re/.b', 1, /regular expressions are not read/],
    ['@file', 1, /filter files are not read/],
    ['a.(b)', 3, /table name/],
  ];
  for (const [text, position, expected] of cases) {
    const error = refusal(text);
    assert.equal(error.code, 'INVALID_TABLE_FILTER', text);
    assert.equal(error.details.position, position, text);
    assert.match(error.message, expected);
  }
});

test('a pattern with many stars against a long name ends at once', () => {
  const { selects } = parseTableFilter(`s.${'*a'.repeat(40)}b`);
  assert.equal(selects('s', 'a'.repeat(5000)), false);
});

test('a pattern matches as its regular expression does', () => {
  const sign = fc.constantFrom('a', 'b', 'B', '_');
  const token = fc.constantFrom('a', 'b', '_', '*', '?', '[ab]', '[!a]');
  fc.assert(
    fc.property(
      fc.array(token, { minLength: 1, maxLength: 6 }),
      fc.array(sign, { minLength: 1, maxLength: 7 }),
      (tokens, signs) => {
        const source = tokens
          .map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace('!', '^')))
          .join('');
        const name = signs.join('');
        const expected = new RegExp(`^${source}$`).test(name.toLowerCase());
        assert.equal(parseTableFilter(`s.${tokens.join('')}`).selects('s', name), expected);
      },
    ),
    { seed: 9, numRuns: 3000 },
  );
});

test('whatever is typed is a filter or an error of ours, and any quoted name can be selected', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      try {
        parseTableFilter(name).selects('a', 'b');
      } catch (error) {
        assert.ok(error instanceof PitrError && error.code === 'INVALID_TABLE_FILTER');
      }
      assert.ok(parseTableFilter(`s.\`${name.replaceAll('`', '``')}\``).selects('s', name));
    }),
    { seed: 10, numRuns: 2000 },
  );
});
