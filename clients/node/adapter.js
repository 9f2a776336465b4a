'use strict';
// Node's tls. `adapter.js get-session` asks for the session as the response comes in and at its end, `adapter.js session-event`
// keeps what the event 'session' hands over; either offers it through the option `session` of the next tls.connect.

var fs = require('fs');
var Connection = require('./connection').Connection;
var options = require('./options');
var protocol = require('./protocol');

var HAS_KEYLOG_EVENT = !/^v(\d|10|11)\./.test(process.version);

// When and how an application takes the session: `keep` is called with each one. Node before 0.12 has none left to give
// at the end of the response.
var DOORS = {
  'get-session': {
    made: function () {},
    heard: function (socket, keep) { keep(socket.getSession()); }
  },
  'session-event': {
    made: function (socket, keep, result) {
      result.tickets_received = 0;
      socket.on('session', function (session) {
        result.tickets_received += 1;
        keep(session);
      });
    },
    heard: function () {}
  }
};

function NodeTls(door) {
  this.library = 'Node.js';
  this.version = process.versions.node + ' (OpenSSL ' + process.versions.openssl + ')';
  this.door = door;
}

NodeTls.prototype.configure = function (settings) {
  if (settings.keylog && !HAS_KEYLOG_EVENT) throw new protocol.Unimplemented('configure.keylog');
  options.make(settings);
  this.settings = settings;
  this.newest = null;
  this.newestAfter = {};
};

NodeTls.prototype.choose = function (offer) {
  if (offer === 'none') return null;
  if (offer === 'latest') return this.newest;
  if (!(offer in this.newestAfter)) throw protocol.malformed('connection ' + offer + ' has not been made');
  return this.newestAfter[offer];
};

NodeTls.prototype.connect = function (order, result, done) {
  var self = this;
  var tlsOptions = options.make(this.settings);
  var offered = this.choose(order.offer);
  if (offered) tlsOptions.session = offered;

  function keep(session) {
    if (session) self.newest = self.newestAfter[order.connection] = session;
  }

  this.newestAfter[order.connection] = this.newest;
  this.connection = new Connection(tlsOptions, order, result, {
    made: function (socket) {
      if (self.settings.keylog) {
        socket.on('keylog', function (line) { fs.appendFileSync(self.settings.keylog, line); });
      }
      self.door.made(socket, keep, result);
    },
    heard: function (socket) { self.door.heard(socket, keep); },
    done: done
  });
};

// What Node throws where no application can catch it has ended the connection.
NodeTls.prototype.thrown = function (error) {
  if (!this.connection || this.connection.stage === 'ended') throw error;
  this.connection.fail(error);
};

if (process.argv.length !== 3 || !DOORS.hasOwnProperty(process.argv[2])) process.exit(89);
var adapter = new NodeTls(DOORS[process.argv[2]]);
process.on('uncaughtException', adapter.thrown.bind(adapter));
protocol.serve(adapter);
