'use strict';
// One whole connection: TCP, handshake, request, response, close.

var net = require('net');
var tls = require('tls');
var options = require('./options');
var protocol = require('./protocol');

// Calls `made(socket)` with the TLS socket before its handshake, `heard(socket)` as the response comes in and when the
// exchange is over, and `done(failure or undefined)` once the connection is closed, or has failed.
function Connection(tlsOptions, order, result, calls) {
  this.stage = 'connect';
  this.tlsOptions = tlsOptions;
  this.order = order;
  this.result = result;
  this.calls = calls;
  this.tcp = net.connect(order.port, order.host);
  this.tcp.once('connect', this.shakeHands.bind(this));
  this.tcp.on('error', this.fail.bind(this));
}

Connection.prototype.shakeHands = function () {
  this.stage = 'handshake';
  this.tcp.setNoDelay(true);
  this.tlsOptions.socket = this.tcp;
  try {
    this.socket = tls.connect(this.tlsOptions);
    this.calls.made(this.socket);
  } catch (error) {
    return this.fail(error);
  }
  this.socket.on('error', this.fail.bind(this));
  this.socket.once('secureConnect', this.exchange.bind(this));
  this.socket.once('end', this.finish.bind(this));
  this.socket.once('close', this.closed.bind(this));
};

Connection.prototype.exchange = function () {
  var self = this;
  this.stage = 'write';
  this.tell();
  if (this.order.readResponse) {
    this.result.response_bytes = 0;
    this.socket.on('data', function (data) {
      self.result.response_bytes += data.length;
      self.calls.heard(self.socket);
    });
  }
  if (this.order.request) {
    this.socket.write(this.order.request, 'utf8', this.written.bind(this));
  } else {
    this.written();
  }
};

Connection.prototype.tell = function () {
  this.result.resumed = this.socket.isSessionReused();
  this.result.version = this.socket.getProtocol ? options.versionOf(this.socket.getProtocol()) : null;
  this.result.cipher = this.socket.getCipher().name;
};

Connection.prototype.written = function () {
  if (this.stage !== 'write') return;
  this.stage = 'read';
  if (!this.order.readResponse) this.finish();
};

Connection.prototype.finish = function () {
  if (this.stage !== 'write' && this.stage !== 'read') return;
  this.stage = 'close';
  this.calls.heard(this.socket);
  this.socket.destroySoon();
};

// Before 0.12 a stream may be closed without an 'end'.
Connection.prototype.closed = function () {
  this.finish();
  if (this.stage === 'close') return this.end();
  this.fail(new Error('the connection was closed'));
};

// Node.js reads on while it closes: a server that has closed first answers our close_notify with a reset, which says
// nothing of what we did.
function isPeerGone(error) {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

Connection.prototype.fail = function (error) {
  if (this.stage === 'close' && isPeerGone(error)) {
    this.tcp.destroy();
    return this.end();
  }
  var stage = this.socket && this.socket.authorizationError ? 'verify' : this.stage;
  this.tcp.destroy();
  this.end(new protocol.Failure(stage, error.message, error.code));
};

Connection.prototype.end = function (failure) {
  if (this.stage === 'ended') return;
  this.stage = 'ended';
  this.calls.done(failure);
};

exports.Connection = Connection;
