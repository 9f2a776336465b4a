'use strict';
// The options of tls.connect for what `configure` says, in the spelling of whatever Node this is.

var crypto = require('crypto');
var fs = require('fs');
var tls = require('tls');
var protocol = require('./protocol');

var NAMES = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' };
var TLS13_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:';

function read(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new protocol.Failure('protocol', error.message, error.code);
  }
}

function cipherList(names) {
  if (names && !tls.getCiphers) throw new protocol.Unimplemented('configure.ciphers');
  (names || []).forEach(function (name) {
    if (tls.getCiphers().indexOf(name.toLowerCase()) < 0) throw new protocol.Unimplemented('configure.ciphers ' + name);
  });
  return (tls.DEFAULT_MAX_VERSION === 'TLSv1.3' ? TLS13_SUITES : '') + (names ? names.join(':') : 'ALL:!aNULL') +
         (/^(0|1\.0)\./.test(process.versions.openssl) ? '' : ':@SECLEVEL=0');
}

// The ways to pin a version, newest first. The methods of TLS 1.1 and 1.2 came later than the versions themselves.
function pins(version) {
  var name = NAMES[version];
  if (tls.DEFAULT_MIN_VERSION) return [{ minVersion: name, maxVersion: name }];
  var ways = [{ secureProtocol: name.replace('.', '_') + '_method' }];
  var constants = require('constants');
  if (constants['SSL_OP_NO_' + name.replace('.', '_')]) {
    ways.push({ secureProtocol: 'SSLv23_method', secureOptions: allBut(name.replace('.', '_'), constants) });
  }
  return ways;
}

function allBut(name, constants) {
  return ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1_1', 'TLSv1_2'].reduce(function (flags, other) {
    return other === name ? flags : flags | constants['SSL_OP_NO_' + other];
  }, 0);
}

function supports(options) {
  try {
    (tls.createSecureContext || crypto.createCredentials)(options);
    return true;
  } catch (error) {
    return false;
  }
}

function check(options) {
  try {
    (tls.createSecureContext || crypto.createCredentials)(options);
  } catch (error) {
    throw new protocol.Failure('protocol', error.message, error.code);
  }
}

// Throws Unimplemented or a Failure of stage protocol.
exports.make = function (settings) {
  var pinned = NAMES.hasOwnProperty(settings.tls) ? pins(settings.tls).filter(supports)[0] : null;
  if (!pinned) throw new protocol.Unimplemented('configure.tls ' + settings.tls);
  pinned.servername = settings.serverName;
  pinned.rejectUnauthorized = true;
  pinned.ca = [read(settings.ca)];
  pinned.ciphers = cipherList(settings.ciphers);
  if (settings.certificate) {
    pinned.cert = read(settings.certificate.cert);
    pinned.key = read(settings.certificate.key);
  }
  check(pinned);
  return pinned;
};

// "1.2" for "TLSv1.2".
exports.versionOf = function (name) {
  return Object.keys(NAMES).filter(function (version) { return NAMES[version] === name; })[0] || null;
};
