// SHA-256 (FIPS 180-4) of a text's UTF-8 bytes, as base64url without padding.

var ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
var constants = roundConstants();

// The fractional parts of the square and cube roots of the first primes, as the standard defines.
function roundConstants() {
  var cubes = [], squares = [], candidate = 2;
  function fraction(root) { return ((root - Math.floor(root)) * 4294967296) | 0; }
  function isPrime(n) {
    for (var d = 2; d * d <= n; d++) { if (n % d === 0) { return false; } }
    return true;
  }
  for (; cubes.length < 64; candidate++) {
    if (isPrime(candidate)) {
      if (squares.length < 8) { squares.push(fraction(Math.sqrt(candidate))); }
      cubes.push(fraction(Math.pow(candidate, 1 / 3)));
    }
  }
  return { k: cubes, h: squares };
}

function pushUtf8(bytes, code) {
  if (code < 0x80) { bytes.push(code); return; }
  if (code < 0x800) { bytes.push(0xc0 | code >> 6); }
  else {
    if (code < 0x10000) { bytes.push(0xe0 | code >> 12); }
    else { bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 63); }
    bytes.push(0x80 | code >> 6 & 63);
  }
  bytes.push(0x80 | code & 63);
}

function utf8(text) {
  var bytes = [];
  for (var i = 0; i < text.length; i++) {
    var unit = text.charCodeAt(i), next = text.charCodeAt(i + 1);
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
      i++;
    }
    pushUtf8(bytes, unit);
  }
  return bytes;
}

function padded(bytes) {
  var bits = bytes.length * 8;
  bytes.push(0x80);
  while (bytes.length % 64 !== 56) { bytes.push(0); }
  bytes.push(0, 0, 0, Math.floor(bits / 4294967296) & 255);
  bytes.push(bits >>> 24 & 255, bits >>> 16 & 255, bits >>> 8 & 255, bits & 255);
  return bytes;
}

function rotate(word, count) { return word >>> count | word << (32 - count); }

function schedule(bytes, start) {
  var w = [], i;
  for (i = 0; i < 16; i++) {
    var at = start + 4 * i;
    w.push(bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]);
  }
  for (; i < 64; i++) {
    var a = w[i - 15], b = w[i - 2];
    var s0 = rotate(a, 7) ^ rotate(a, 18) ^ a >>> 3;
    var s1 = rotate(b, 17) ^ rotate(b, 19) ^ b >>> 10;
    w.push((w[i - 16] + s0 + w[i - 7] + s1) | 0);
  }
  return w;
}

function block(h, w) {
  var s = h.slice();
  for (var i = 0; i < 64; i++) {
    var e = s[4], a = s[0];
    var t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & s[5] ^ ~e & s[6]);
    t1 = (t1 + constants.k[i] + w[i]) | 0;
    var t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & s[1] ^ a & s[2] ^ s[1] & s[2]);
    s = [(t1 + t2) | 0, s[0], s[1], s[2], (s[3] + t1) | 0, s[4], s[5], s[6]];
  }
  return h.map(function (word, i) { return (word + s[i]) | 0; });
}

function digest(text) {
  var bytes = padded(utf8(text)), h = constants.h, out = [];
  for (var start = 0; start < bytes.length; start += 64) { h = block(h, schedule(bytes, start)); }
  h.forEach(function (word) {
    out.push(word >>> 24 & 255, word >>> 16 & 255, word >>> 8 & 255, word & 255);
  });
  return out;
}

function base64url(bytes) {
  var text = '', left = 0, bits = 0;
  bytes.forEach(function (byte) {
    left = left << 8 | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET.charAt(left >> bits & 63);
      left &= (1 << bits) - 1;
    }
  });
  return bits ? text + ALPHABET.charAt(left << (6 - bits) & 63) : text;
}

exports.base64url = function (text) { return base64url(digest(text)); };
