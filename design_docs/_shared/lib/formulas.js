// Items that are calculated from others: the twin of plugin/runtime/forms/formulas.py. Exact, with BigInt.

var AMOUNT = /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/;
var CURRENCY = /^[A-Z]{3}$/;
var PLACES = {money: 2, number: 6};
var LARGEST = 1e15, SMALLEST = 1e-6;

function big(value) { return BigInt(value); }

function ten(power) { return big('1' + '0'.repeat(power)); }

function unfit(text) { return {unfit: text}; }

function ofText(text, currency) {
  var parts = text.split('.'), behind = parts[1] || '';
  return {digits: big(parts[0] + behind), scale: behind.length, currency: currency};
}

function ofNumber(value) {
  return ofText(Math.abs(value) >= SMALLEST ? String(value) : '0', '');
}

// A number or an amount; what is none of these has its own problem, and counts as empty.
function read(value) {
  if (typeof value === 'number') {
    return isFinite(value) && Math.abs(value) < LARGEST ? ofNumber(value) : null;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) { return null; }
  if (typeof value.amount !== 'string' || typeof value.currency !== 'string') { return null; }
  if (!AMOUNT.test(value.amount) || !CURRENCY.test(value.currency)) { return null; }
  return ofText(value.amount, value.currency);
}

function rowsOf(value) {
  return (Array.isArray(value) ? value : []).filter(function (row) {
    return row !== null && typeof row === 'object' && !Array.isArray(row);
  });
}

function product(parts) {
  return parts.reduce(function (before, one) {
    if (!before || !one || (before.currency && one.currency)) { return null; }
    return {
      digits: before.digits * one.digits,
      scale: before.scale + one.scale,
      currency: before.currency || one.currency
    };
  }, {digits: big(1), scale: 0, currency: ''});
}

function added(parts) {
  var there = parts.filter(function (one) { return one !== null; });
  if (!there.length) { return null; }
  var currency = there[0].currency;
  if (there.some(function (one) { return one.currency !== currency; })) {
    throw unfit('These amounts are in different currencies.');
  }
  var scale = Math.max.apply(null, there.map(function (one) { return one.scale; }));
  var digits = there.reduce(function (sum, one) {
    return sum + one.digits * ten(scale - one.scale);
  }, big(0));
  return {digits: digits, scale: scale, currency: currency};
}

function result(formula, doc) {
  if (typeof formula === 'number') { return ofNumber(formula); }
  if (typeof formula === 'string') { return read(doc[formula]); }
  var operation = Object.keys(formula)[0], operands = formula[operation];
  if (operation === 'sum') {
    return added(rowsOf(doc[operands[0]]).map(function (row) { return read(row[operands[1]]); }));
  }
  var parts = operands.map(function (one) { return result(one, doc); });
  if (operation === 'times') { return product(parts); }
  return added(parts.map(function (one, i) {
    if (operation === 'plus' || i === 0 || !one) { return one; }
    return {digits: -one.digits, scale: one.scale, currency: one.currency};
  }));
}

// The digits at so many places; a half is rounded away from zero.
function rounded(amount, places) {
  if (amount.scale <= places) { return amount.digits * ten(places - amount.scale); }
  var unit = ten(amount.scale - places), negative = amount.digits < big(0);
  var digits = (big(2) * (negative ? -amount.digits : amount.digits) + unit) / (big(2) * unit);
  return negative ? -digits : digits;
}

function text(digits, places) {
  var negative = digits < big(0);
  var all = String(negative ? -digits : digits).padStart(places + 1, '0');
  return (negative ? '-' : '') + all.slice(0, -places) + '.' + all.slice(-places);
}

// The value of an item, null where nothing comes out. Throws {unfit: text}.
exports.calculated = function (formula, kind, doc) {
  var found = result(formula, doc), places = PLACES[kind];
  if (!found || Boolean(found.currency) !== (kind === 'money')) { return null; }
  var digits = rounded(found, places);
  if ((digits < big(0) ? -digits : digits) >= big(LARGEST) * ten(places)) {
    throw unfit('This becomes too large.');
  }
  var written = text(digits, places);
  return kind === 'money' ? {amount: written, currency: found.currency} : Number(written);
};
exports.rowsOf = rowsOf;
